//! The container `lp` of a pod.

use std::fs::{self, Permissions};
use std::io::Read;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::super::following::Following;
use super::manifest;
use super::metrics::Metrics;

/// The user of the container.
const USER: u32 = 65532;

/// How much memory it may use at most, in bytes: half of its limit.
const MOST_MEMORY: u64 = 16 << 20;

/// The container with its volumes. It can be stopped or killed and started again, and goes on with the same state.
pub(super) struct Sidecar {
    lp: Following,
    environment: Vec<(&'static str, String)>,
    /// What all processes have written so far, as the log of the container has it.
    stdout: Arc<Mutex<Vec<u8>>>,
    /// What takes that of the process that runs.
    reader: Option<JoinHandle<()>>,
}

impl Sidecar {
    /// A container that has not been started, as the manifest has it, for the logs in this folder.
    pub(super) fn new(manifest: &str, logs: &Path) -> Self {
        let lp = Following::prepare(&manifest::file(manifest, "lp.toml"));
        let state = lp.path("state");
        fs::create_dir(&state).unwrap();
        if is_root() {
            // As in the pod, lp owns its state, and may read the logs and not write them.
            chown(&state, Some(USER), Some(USER)).unwrap();
            for folder in [lp.dir(), logs] {
                fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
            }
        }
        let environment = vec![
            ("LOGS", logs.to_str().unwrap().to_owned()),
            ("STATE", state.to_str().unwrap().to_owned()),
            ("LISTEN", "127.0.0.1:0".to_owned()),
        ];
        Self { lp, environment, stdout: Arc::default(), reader: None }
    }

    /// With a variable of the environment.
    pub(super) fn env(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// Starts it, and waits until it is ready.
    #[track_caller]
    pub(super) fn start(&mut self) {
        assert!(self.reader.is_none(), "it runs already");
        let mut command = if is_root() {
            let mut command = Command::new(self.lp.program_for_others());
            command.uid(USER).gid(USER);
            command
        } else {
            Command::new(env!("CARGO_BIN_EXE_lp"))
        };
        command.current_dir("/").env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        let stdout = self.lp.start_by(command.stdin(Stdio::null()).stdout(Stdio::piped()));
        self.reader = Some(collect(stdout.unwrap(), &self.stdout));
        self.lp.wait_until("it is ready", Following::is_ready);
        assert_eq!(self.lp.get("/livez").0, 200);
    }

    /// Stops it as Kubernetes does: it must end well.
    #[track_caller]
    pub(super) fn stop(&mut self) {
        self.assert_little_memory();
        self.lp.stop();
        self.read_to_the_end();
    }

    /// Kills it.
    #[track_caller]
    pub(super) fn kill(&mut self) {
        self.assert_little_memory();
        self.lp.kill();
        self.read_to_the_end();
    }

    fn read_to_the_end(&mut self) {
        self.reader.take().expect("it runs").join().unwrap();
    }

    /// What it has written to stdout so far, all processes together.
    pub(super) fn stdout(&self) -> String {
        let bytes = self.stdout.lock().unwrap();
        match std::str::from_utf8(&bytes) {
            Ok(text) => text.to_owned(),
            // The last character is not there yet.
            Err(error) if error.error_len().is_none() => {
                String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned()
            }
            Err(error) => panic!("lp writes what is not UTF-8: {error}"),
        }
    }

    /// What it has written to stderr.
    pub(super) fn stderr(&self) -> String {
        self.lp.text("stderr")
    }

    /// A file on the volume for its state.
    pub(super) fn state(&self, name: &str) -> PathBuf {
        self.lp.path("state").join(name)
    }

    /// What is in such a file; nothing where there is none.
    pub(super) fn written(&self, name: &str) -> String {
        fs::read_to_string(self.state(name)).unwrap_or_default()
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.lp.address().expect("it runs")
    }

    /// The page for Prometheus.
    pub(super) fn metrics_page(&self) -> String {
        let (status, body) = self.lp.get("/metrics");
        assert_eq!(status, 200, "{body}");
        body
    }

    pub(super) fn metrics(&self) -> Metrics {
        Metrics::read(&self.metrics_page())
    }

    #[track_caller]
    fn assert_little_memory(&self) {
        let peak = self.lp.peak_memory();
        assert!(peak <= MOST_MEMORY, "lp has used {peak} bytes");
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        if thread::panicking() {
            say(&format!("the sidecar said:\n{}", self.stderr()));
        }
    }
}

#[expect(clippy::print_stderr, reason = "a test has failed")]
fn say(text: &str) {
    eprintln!("{text}");
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Reads a pipe to its end, in a thread of its own.
fn collect(mut pipe: ChildStdout, collected: &Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    let collected = Arc::clone(collected);
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(length @ 1..) = pipe.read(&mut buffer) {
            collected.lock().unwrap().extend_from_slice(&buffer[..length]);
        }
    })
}
