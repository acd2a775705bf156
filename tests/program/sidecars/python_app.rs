//! The program in Python that a manifest holds.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::super::scripts::NEEDS_PYTHON;
use super::{manifest, signal};

pub(super) struct PythonApp {
    process: Child,
    _dir: TempDir,
}

impl PythonApp {
    /// Starts it as the container does, with its logs in this folder.
    pub(super) fn start(manifest: &str, logs: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_by(manifest, logs, environment, &[])
    }

    /// Starts it by another program in Python, which comes first with its arguments.
    pub(super) fn start_by(manifest: &str, logs: &Path, environment: &[(&str, &str)], by: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("app.py");
        std::fs::write(&path, manifest::file(manifest, "app.py")).unwrap();
        let mut python = Command::new("python3");
        // Local time is UTC, as it is in containers.
        python.arg("-I").args(by).arg(path).env("TZ", "UTC").env("LOGS", logs).envs(environment.iter().copied());
        let process = python.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect(NEEDS_PYTHON);
        Self { process, _dir: dir }
    }

    /// The next line that it prints.
    pub(super) fn says(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Stops it as Kubernetes does.
    pub(super) fn stop(mut self) {
        assert!(self.process.try_wait().unwrap().is_none(), "it has ended by itself");
        signal(&self.process, "TERM");
        self.process.wait().unwrap();
    }
}

impl Drop for PythonApp {
    /// Kills it, if it has not been stopped.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
