//! The container `lp` of a pod.

use std::fs::{self, Permissions};
use std::io::Read;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::metrics::Metrics;
use super::{eventually, http, manifest, signal};

/// The user of the container.
const USER: u32 = 65532;

/// How much memory it may use at most, in KiB: half of its limit.
const MOST_MEMORY: u64 = 16 * 1024;

/// How long it may take to stop.
const GRACE: Duration = Duration::from_secs(10);

/// The container with its volumes. It can be stopped or killed and started again, and goes on with the same state.
pub(super) struct Sidecar {
    /// Holds the program, its configuration, and the folder of its state.
    dir: TempDir,
    program: PathBuf,
    environment: Vec<(&'static str, String)>,
    process: Option<Process>,
    /// What all processes have written so far, as the log of the container has it.
    stdout: Collected,
    stderr: Collected,
}

struct Process {
    child: Child,
    readers: [JoinHandle<()>; 2],
    address: SocketAddr,
}

impl Sidecar {
    /// A container that has not been started, as the manifest has it, for the logs in this folder.
    pub(super) fn new(manifest: &str, logs: &Path) -> Self {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("lp.toml"), manifest::file(manifest, "lp.toml")).unwrap();
        fs::create_dir(dir.path().join("state")).unwrap();
        let mut program = PathBuf::from(env!("CARGO_BIN_EXE_lp"));
        if is_root(dir.path()) {
            // As in the pod, lp is nobody who may write the logs. The user may not see the folder of the program.
            let visible = dir.path().join("lp");
            fs::hard_link(&program, &visible).or_else(|_| fs::copy(&program, &visible).map(drop)).unwrap();
            program = visible;
            chown(dir.path().join("state"), Some(USER), Some(USER)).unwrap();
            for folder in [dir.path(), logs] {
                fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
            }
        }
        let environment = vec![
            ("LOGS", logs.to_str().unwrap().to_owned()),
            ("STATE", dir.path().join("state").to_str().unwrap().to_owned()),
            ("LISTEN", "127.0.0.1:0".to_owned()),
        ];
        Self { dir, program, environment, process: None, stdout: Collected::default(), stderr: Collected::default() }
    }

    /// With a variable of the environment.
    pub(super) fn env(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// Starts it, and waits until it is ready.
    #[track_caller]
    pub(super) fn start(&mut self) {
        assert!(self.process.is_none());
        let mut command = Command::new(&self.program);
        command.args(["run", "-c"]).arg(self.dir.path().join("lp.toml")).current_dir("/").env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if is_root(self.dir.path()) {
            command.uid(USER).gid(USER);
        }
        let said = self.stderr.len();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let readers = [self.stdout.read(child.stdout.take().unwrap()), self.stderr.read(child.stderr.take().unwrap())];

        let mut address = None;
        eventually("lp says where it listens", || {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "lp has ended: {ended:?}\n{}", self.stderr.text());
            address = address_in(&self.stderr.text()[said..]);
            address.is_some()
        });
        let address = address.unwrap();
        self.process = Some(Process { child, readers, address });
        eventually("lp is ready", || http::get(address, "/readyz").is_ok_and(|answer| answer.status == 200));
        assert_eq!(http::get(address, "/livez").unwrap().status, 200);
    }

    /// Stops it as Kubernetes does: it must end well.
    #[track_caller]
    pub(super) fn stop(&mut self) {
        self.assert_little_memory();
        let mut process = self.process.take().unwrap();
        signal(&process.child, "TERM");
        let deadline = Instant::now() + GRACE;
        while process.child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        let status = process.child.try_wait().unwrap();
        process.end();
        let stderr = self.stderr();
        assert_eq!(status.expect("lp does not stop").code(), Some(0), "{stderr}");
    }

    /// Kills it.
    #[track_caller]
    pub(super) fn kill(&mut self) {
        self.assert_little_memory();
        self.process.take().unwrap().end();
    }

    /// What it has written to stdout so far, all processes together.
    pub(super) fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it has written to stderr.
    pub(super) fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// A file on the volume for its state.
    pub(super) fn state(&self, name: &str) -> PathBuf {
        self.dir.path().join("state").join(name)
    }

    /// What is in such a file; nothing where there is none.
    pub(super) fn written(&self, name: &str) -> String {
        fs::read_to_string(self.state(name)).unwrap_or_default()
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.process.as_ref().expect("it runs").address
    }

    /// The page for Prometheus.
    pub(super) fn metrics_page(&self) -> String {
        let answer = http::get(self.address(), "/metrics").unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    pub(super) fn metrics(&self) -> Metrics {
        Metrics::read(&self.metrics_page())
    }

    /// The most that it has had in memory.
    #[track_caller]
    fn assert_little_memory(&self) {
        let id = self.process.as_ref().expect("it runs").child.id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        let most: u64 = most.expect("the peak of resident memory").parse().unwrap();
        assert!(most <= MOST_MEMORY, "lp has used {most} KiB");
    }
}

impl Process {
    /// Kills it, if it has not ended.
    fn end(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for reader in self.readers {
            reader.join().unwrap();
        }
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
        if thread::panicking() {
            say(&format!("the sidecar said:\n{}", self.stderr()));
        }
    }
}

#[expect(clippy::print_stderr, reason = "a test has failed")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// Whether the tests are run by root, who has made this folder.
fn is_root(dir: &Path) -> bool {
    fs::metadata(dir).unwrap().uid() == 0
}

/// An address on the loopback interface that is named in a text.
fn address_in(text: &str) -> Option<SocketAddr> {
    let from = text.find("127.0.0.1:")?;
    let address = text[from..].split(|char: char| !char.is_ascii_digit() && char != '.' && char != ':').next()?;
    // A line that is not complete may not name all of it.
    text[from..].contains('\n').then(|| address.trim_end_matches(['.', ':']).parse().ok())?
}

/// What threads have read from pipes.
#[derive(Clone, Default)]
struct Collected(Arc<Mutex<Vec<u8>>>);

impl Collected {
    fn read(&self, mut pipe: impl Read + Send + 'static) -> JoinHandle<()> {
        let collected = self.0.clone();
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(length @ 1..) = pipe.read(&mut buffer) {
                collected.lock().unwrap().extend_from_slice(&buffer[..length]);
            }
        })
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Up to the last character that is whole.
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap();
        match std::str::from_utf8(&bytes) {
            Ok(text) => text.to_owned(),
            Err(error) if error.error_len().is_none() => {
                String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned()
            }
            Err(error) => panic!("lp writes what is not UTF-8: {error}"),
        }
    }
}
