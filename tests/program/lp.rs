//! The program, run.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// No run takes as long, unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// An ordinary line that asks for `/number`.
pub(crate) fn line(number: usize) -> String {
    format!("192.0.2.1 - - [06/Nov/2025:10:30:15 +0000] \"GET /{number} HTTP/1.1\" 200 5 \"-\" \"curl/8.4.0\"\n")
}

/// The record of that line.
pub(crate) fn record(number: usize) -> String {
    format!(
        "{{\"timestamp\":\"2025-11-06T10:30:15Z\",\"severity\":\"INFO\",\"client_ip\":\"192.0.2.1\",\"user\":null,\
         \"method\":\"GET\",\"path\":\"/{number}\",\"protocol\":\"HTTP/1.1\",\"status_code\":200,\"response_size\":5,\
         \"referer\":null,\"user_agent\":\"curl/8.4.0\"}}\n"
    )
}

/// Several of these lines.
pub(crate) fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers.map(line).collect()
}

/// The records of these lines.
pub(crate) fn records(numbers: std::ops::Range<usize>) -> String {
    numbers.map(record).collect()
}

/// A run of the program to its end.
pub(crate) struct Lp(assert_cmd::Command);

pub(crate) fn lp(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Lp {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_lp"));
    command.args(args).timeout(PATIENCE);
    Lp(command)
}

/// `lp parse` with these arguments.
pub(crate) fn parse(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Lp {
    lp(["parse"]).args(args)
}

/// `lp run` with this configuration.
pub(crate) fn run(config: impl AsRef<OsStr>) -> Lp {
    lp(["run", "-c"]).args([config])
}

/// `lp check` of this configuration.
pub(crate) fn check(config: impl AsRef<OsStr>) -> Lp {
    lp(["check", "-c"]).args([config])
}

impl Lp {
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.0.args(args);
        self
    }

    pub(crate) fn file(self, path: impl AsRef<OsStr>) -> Self {
        self.args([path])
    }

    /// With a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// In this working directory.
    pub(crate) fn in_dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.0.current_dir(dir);
        self
    }

    /// What the program reads from its standard input; nothing unless this is called.
    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.write_stdin(bytes.as_ref());
        self
    }

    #[track_caller]
    pub(crate) fn run(mut self) -> Ended {
        let output = self.0.output().unwrap();
        let stderr = String::from_utf8(output.stderr).expect("messages are UTF-8");
        Ended { code: output.status.code(), stdout: output.stdout, stderr }
    }
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit status; none if it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("the output is UTF-8")
    }

    #[track_caller]
    pub(crate) fn assert_quiet_success(&self) {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""));
    }

    /// The exit status is 1, and there is one message, which holds all these texts.
    #[track_caller]
    pub(crate) fn assert_failure(&self, texts: &[&str]) {
        assert_eq!(self.code, Some(1), "{}", self.stderr);
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        assert!(self.stderr.starts_with("lp: "), "{}", self.stderr);
        for text in texts {
            assert!(self.stderr.contains(text), "{text:?} is not in {:?}", self.stderr);
        }
    }
}

/// A run that is talked to while it goes on.
pub(crate) struct Session {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Session {
    /// Starts `lp parse` with these arguments. After so many lines its standard output is closed.
    pub(crate) fn start(args: &[&str], closed_after: usize) -> Self {
        let mut session = Self::start_into(args, Stdio::piped());
        let stdout = session.child.stdout.take().unwrap();
        let (sender, lines) = channel();
        session.lines = lines;
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().take(closed_after) {
                // Nobody listens any more where a test has failed.
                let _ = sender.send(line.unwrap() + "\n");
            }
        });
        session
    }

    /// Starts `lp parse` with these arguments, with its records going somewhere else.
    pub(crate) fn start_into(args: &[&str], stdout: impl Into<Stdio>) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lp"))
            .arg("parse")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { stdin: child.stdin.take(), child, lines: channel().1 }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    #[track_caller]
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).unwrap();
    }

    /// Fails where the program has ended.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stdin.as_mut().unwrap().write_all(bytes.as_ref())
    }

    /// Ends the standard input.
    pub(crate) fn finish(&mut self) {
        self.stdin = None;
    }

    /// The next record.
    #[track_caller]
    pub(crate) fn record(&mut self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a record")
    }

    /// Waits until the standard output has been closed.
    #[track_caller]
    pub(crate) fn wait_for_closed_output(&mut self) {
        let more = self.lines.recv_timeout(PATIENCE);
        assert_eq!(more, Err(std::sync::mpsc::RecvTimeoutError::Disconnected));
    }

    /// Whether the program ends before so much time has gone by.
    pub(crate) fn ends_within(&mut self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        while self.child.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// The exit status, and what was said on stderr.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> (ExitStatus, String) {
        assert!(self.ends_within(PATIENCE), "the program does not end");
        let stderr = std::io::read_to_string(self.child.stderr.take().unwrap()).unwrap();
        (self.child.wait().unwrap(), stderr)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // It has ended already, unless a test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
