//! The program that is measured: `lp run` with a configuration, from its start to its end.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::metrics::Metrics;
use super::usage::Usage;
use super::{LOG, Setting};

/// How long something may take that needs no time.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder with the followed log, and what lp writes.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new(setting: &Setting) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("lp-sidecar-").tempdir_in(&setting.folder);
        Ok(Self(folder.with_context(|| format!("cannot make a folder in {}", setting.folder.display()))?))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path(LOG)
    }
}

/// lp, running.
pub(super) struct Lp {
    process: Process,
    address: SocketAddr,
    stderr: PathBuf,
}

impl Lp {
    /// Runs this configuration, in which `${FOLDER}` is the folder, and waits until it tells where its metrics are.
    pub(super) fn start(setting: &Setting, folder: &Folder, config: &str) -> anyhow::Result<Self> {
        Self::spawn(setting, folder, config, Stdio::null())
    }

    /// The same, with what it writes to its standard output.
    pub(super) fn start_piped(setting: &Setting, folder: &Folder, config: &str) -> anyhow::Result<(Self, ChildStdout)> {
        let mut lp = Self::spawn(setting, folder, config, Stdio::piped())?;
        let stdout = lp.process.0.stdout.take().context("no standard output")?;
        Ok((lp, stdout))
    }

    fn spawn(setting: &Setting, folder: &Folder, config: &str, stdout: Stdio) -> anyhow::Result<Self> {
        let path = folder.path("lp.toml");
        fs::write(&path, config).with_context(|| format!("cannot write {}", path.display()))?;
        let stderr = folder.path("stderr");
        let process = Command::new(&setting.lp)
            .arg("run")
            .arg("-c")
            .arg(path)
            .env("FOLDER", folder.0.path())
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(File::create(&stderr)?)
            .spawn()
            .with_context(|| format!("cannot run {}; cargo build --release makes it", setting.lp.display()))?;
        let mut process = Process(process);
        let start = Instant::now();
        let address = loop {
            let said = fs::read_to_string(&stderr)?;
            if let Some(address) = address(&said) {
                break address;
            }
            let is_over = process.0.try_wait()?.is_some() || start.elapsed() > PATIENCE;
            anyhow::ensure!(!is_over, "lp has not started; it says:\n{said}");
            thread::sleep(Duration::from_millis(1));
        };
        Ok(Self { process, address, stderr })
    }

    pub(super) fn usage(&self) -> anyhow::Result<Usage> {
        Usage::of(self.process.0.id()).with_context(|| self.said())
    }

    pub(super) fn metrics(&self) -> anyhow::Result<Metrics> {
        Metrics::scrape(self.address).with_context(|| self.said())
    }

    /// Waits until so many records have been given to the sink `records`. An error if it gets none for long, or too many.
    pub(super) fn wait_for_records(&self, records: u64) -> anyhow::Result<Metrics> {
        let (mut last, mut since) = (0, Instant::now());
        loop {
            let metrics = self.metrics()?;
            let written = metrics.records_to("records");
            if written == records {
                return Ok(metrics);
            }
            if written != last {
                (last, since) = (written, Instant::now());
            }
            let is_hopeless = written > records || since.elapsed() > PATIENCE;
            anyhow::ensure!(
                !is_hopeless,
                "{records} lines were written, and {written} records came out\n{}",
                self.said()
            );
            // They are not told more often than a few times a second.
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Tells it to stop. An error if it says that something went wrong.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.process.0), Signal::TERM)?;
        let status = self.process.0.wait()?;
        anyhow::ensure!(status.success(), "lp ended with {status}; {}", self.said());
        Ok(())
    }

    /// The last of what it has told, for errors.
    fn said(&self) -> String {
        let said = fs::read(&self.stderr).unwrap_or_default();
        format!("lp said:\n{}", String::from_utf8_lossy(&said[said.len().saturating_sub(2000)..]))
    }
}

/// Ended at last, whatever has failed.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where it serves its metrics, if it has told it.
fn address(said: &str) -> Option<SocketAddr> {
    let line = said.lines().find_map(|line| line.strip_prefix("lp: metrics and health are served at http://"))?;
    line.strip_suffix('/')?.parse().ok()
}

/// The size of a file that lp writes; 0 if it is not there.
pub(super) fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}
