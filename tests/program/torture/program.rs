//! The program, run beside the writer, killed and started again.

use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::checker::Outputs;

/// What is followed, and what is written.
const CONFIG: &str = r#"
[[source]]
name = "json"
type = "file"
paths = ["logs/json/*.log", "logs/link/current.log"]
format = "json"
start = "checkpoint"

[[source]]
name = "python"
type = "file"
paths = ["logs/python/service.log", "logs/python/worker.log"]
python_format = "%(asctime)s - %(levelname)s - %(message)s"

[[source]]
name = "app"
type = "file"
# Rotated files match too.
paths = ["logs/app/app*", "logs/small/*.log"]
format = "app"

[[stage]]
type = "count"
name = "levels"
by = ["severity"]
every = "2s"
lateness = "5s"

[[sink]]
name = "raw"
type = "file"
path = "out/raw.log"
encoding = "raw"

[[sink]]
name = "errors"
type = "file"
path = "out/errors.ndjson"
where = "severity >= ERROR"

[[sink]]
name = "rotated"
type = "file"
path = "out/rotated.ndjson"
rotate = { size = "300KB" }

[[sink]]
name = "counts"
type = "file"
path = "out/counts.ndjson"
input = ["levels"]

# Holds everything up when nobody reads it.
[[sink]]
name = "held"
type = "stdout"
encoding = "raw"

[checkpoint]
path = "state/checkpoint"
every = "500ms"

[run]
threads = 2
chunk_size = "64KiB"
# Far longer than the writer takes for a record, but where it says so.
quiet = "3s"
grace = "20s"
"#;

/// The program takes no longer for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program in its folder, running or not.
pub(super) struct Program {
    folder: PathBuf,
    address: SocketAddr,
    running: Option<Child>,
    is_held: Arc<AtomicBool>,
}

impl Program {
    /// Makes the configuration, for logs in `logs`.
    pub(super) fn new(folder: &Path) -> Self {
        for name in ["out", "state"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        // Free now, and so soon after most likely too.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        fs::write(folder.join("lp.toml"), format!("{CONFIG}\n[http]\nlisten = \"{address}\"\npaths = 1000\n")).unwrap();
        fs::write(folder.join("second.toml"), CONFIG).unwrap();
        Self { folder: folder.to_owned(), address, running: None, is_held: Arc::new(AtomicBool::new(false)) }
    }

    fn command(&self, config: &str) -> Command {
        let log = OpenOptions::new().append(true).create(true).open(self.folder.join("stderr")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lp"));
        command
            .args(["run", "-c", config])
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        command
    }

    /// Starts it, and waits until it is ready.
    pub(super) fn start(&mut self) {
        let mut child = self.command("lp.toml").spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let is_held = Arc::clone(&self.is_held);
        thread::spawn(move || drain(stdout, &is_held));
        self.running = Some(child);
        self.wait_until("it is ready", |program| {
            program.get("/readyz").is_some_and(|text| text.starts_with("HTTP/1.1 200"))
        });
    }

    pub(super) fn signal(&self, signal: Signal) {
        let child = self.running.as_ref().unwrap();
        kill_process(Pid::from_child(child), signal).unwrap();
    }

    pub(super) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.running.take().unwrap().wait().unwrap();
    }

    /// Asks it to end, which it must do in good order.
    pub(super) fn terminate(&mut self) {
        self.signal(Signal::TERM);
        let status = self.wait();
        assert_eq!(status.code(), Some(0), "after SIGTERM; see {}", self.folder.join("stderr").display());
    }

    fn wait(&mut self) -> ExitStatus {
        let mut child = self.running.take().unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            match child.try_wait().unwrap() {
                Some(status) => return status,
                None if Instant::now() > deadline => {
                    child.kill().unwrap();
                    panic!("it does not end; see {}", self.folder.display());
                }
                None => thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// A second one on the same checkpoint refuses to start, and does not touch anything.
    pub(super) fn refuses_a_second_one(&self) {
        let output = self.command("second.toml").stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("used by another process"), "{said}");
    }

    /// While it is held, one of its outputs takes nothing.
    pub(super) fn hold(&self, is_held: bool) {
        self.is_held.store(is_held, Ordering::SeqCst);
    }

    /// Waits until all that is written has been read and is in a checkpoint. Nothing may be written meanwhile.
    pub(super) fn wait_until_calm(&mut self) {
        // By then it knows all files; and as long after that, all that it will know of them is in a checkpoint.
        thread::sleep(Duration::from_millis(1500));
        let (mut last, mut since) = (None, Instant::now());
        self.wait_until("it is calm", |program| {
            let now = (program.metric("lp_file_lag_bytes", ""), program.written());
            if last.replace(now) != Some(now) {
                since = Instant::now();
            }
            since.elapsed() > Duration::from_millis(2200)
        });
        thread::sleep(Duration::from_millis(900));
    }

    /// Waits until nothing has come out for so long.
    pub(super) fn wait_until_silent(&mut self, time: Duration) {
        let (mut last, mut since) = (None, Instant::now());
        self.wait_until("it is silent", |program| {
            let now = program.written();
            if last.replace(now) != Some(now) {
                since = Instant::now();
            }
            since.elapsed() > time
        });
    }

    /// How many bytes it says are lost. (A file that has several names may be known by any of them.)
    pub(super) fn lost(&self) -> u64 {
        self.metric("lp_lost_bytes_total", "")
    }

    fn wait_until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            let ended = self.running.as_mut().unwrap().try_wait().unwrap();
            let stderr = self.folder.join("stderr");
            assert_eq!(ended, None, "it ended while waiting until {what}; see {}", stderr.display());
            assert!(Instant::now() < deadline, "not after {PATIENCE:?}: {what}; see {}", stderr.display());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The length of the output.
    fn written(&self) -> u64 {
        fs::metadata(self.folder.join("out/raw.log")).map_or(0, |metadata| metadata.len())
    }

    /// The sum of a metric over all whose labels hold a text.
    fn metric(&self, name: &str, label: &str) -> u64 {
        let text = self.get("/metrics").unwrap_or_default();
        let is_it = |line: &&str| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])) && line.contains(label)
        };
        let value = |line: &str| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
        text.lines().filter(is_it).filter_map(value).sum::<f64>() as u64
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// What it has written.
    pub(super) fn outputs(&self) -> Outputs {
        let out = self.folder.join("out");
        let read = |name: &str| fs::read(out.join(name)).unwrap_or_default();
        let mut rotated: Vec<_> = fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| {
                // Time, and a number from the second one of a second on.
                let stamp = name.strip_prefix("rotated-")?.strip_suffix(".ndjson")?;
                let (time, number) = stamp.split_at(16);
                Some((
                    time.to_owned(),
                    number.strip_prefix('-').map_or(1, |number| number.parse::<u32>().unwrap()),
                    name,
                ))
            })
            .collect();
        rotated.sort();
        let mut all: Vec<u8> = rotated.iter().flat_map(|(_, _, name)| read(name)).collect();
        all.extend(read("rotated.ndjson"));
        Outputs { raw: read("raw.log"), errors: read("errors.ndjson"), rotated: all, counts: read("counts.ndjson") }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            // A test has failed.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The end of a path as it stands in a label.
/// Reads what nobody wants, but while it is held.
fn drain(mut stdout: ChildStdout, is_held: &AtomicBool) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        while is_held.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(10));
        }
        match stdout.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}
