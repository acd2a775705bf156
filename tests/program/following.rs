//! `lp run` that follows files in a folder of its own, until it is stopped.

mod served;

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Nothing takes as long, unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Following {
    dir: TempDir,
    child: Option<Child>,
    /// How much was in `stderr` before it was started last.
    said_before: usize,
}

impl Following {
    /// Starts it with this configuration, in which `DIR` is the folder.
    pub(crate) fn start(config: &str) -> Self {
        let mut following = Self::prepare(config);
        following.start_again();
        following
    }

    /// Writes this configuration and does not start it yet.
    pub(crate) fn prepare(config: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let config = config.replace("DIR", dir.path().to_str().unwrap());
        fs::write(dir.path().join("lp.toml"), config).unwrap();
        Self { dir, child: None, said_before: 0 }
    }

    pub(crate) fn start_again(&mut self) {
        self.start_by(Command::new(env!("CARGO_BIN_EXE_lp")).stdin(Stdio::null()));
    }

    /// Starts it with a pipe as its standard output.
    pub(crate) fn start_with_stdout(&mut self) -> ChildStdout {
        self.start_by(Command::new(env!("CARGO_BIN_EXE_lp")).stdout(Stdio::piped())).unwrap()
    }

    /// Lets everybody read and write what is in the folder now.
    pub(crate) fn open_to_nobody(&self) {
        let status = Command::new("chmod").args(["-R", "a+rwX"]).arg(self.dir()).status().unwrap();
        assert!(status.success());
    }

    /// Starts it without the rights of root, whom permissions do not hold back. The folder must be
    /// [open](Self::open_to_nobody) to it.
    pub(crate) fn start_as_nobody(&mut self) {
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            return self.start_again();
        }
        let lp = self.program_for_others();
        self.start_by(Command::new("setpriv").args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(lp));
    }

    /// The program beside its files: it may be in a folder that only its owner can enter.
    pub(crate) fn program_for_others(&self) -> PathBuf {
        let lp = self.path("lp");
        if !lp.exists() {
            let program = env!("CARGO_BIN_EXE_lp");
            fs::hard_link(program, &lp).or_else(|_| fs::copy(program, &lp).map(drop)).unwrap();
        }
        lp
    }

    /// Starts it by a command, to which the arguments are added. Returns its standard output if that is a pipe.
    pub(crate) fn start_by(&mut self, command: &mut Command) -> Option<ChildStdout> {
        self.said_before = self.text("stderr").len();
        let stderr = File::options().create(true).append(true).open(self.path("stderr")).unwrap();
        let mut child = command.args(["run", "-c"]).arg(self.path("lp.toml")).stderr(stderr).spawn().unwrap();
        let stdout = child.stdout.take();
        self.child = Some(child);
        stdout
    }

    /// The most memory that it has had, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What is in a file; nothing if it is not there.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// What it has said on its standard error since it was started last.
    pub(crate) fn said(&self) -> String {
        self.text("stderr").split_off(self.said_before)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Waits until something is so.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none(), "{what}: lp has ended: {}", self.text("stderr"));
            assert!(Instant::now() < deadline, "{what}: {}", self.text("stderr"));
            sleep(Duration::from_millis(10));
        }
    }

    /// Sends SIGKILL.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Asks it to end, as the system does when a pod is deleted, and waits for that.
    #[track_caller]
    pub(crate) fn stop(&mut self) {
        self.signal("TERM");
        let status = self.wait();
        assert_eq!(status.code(), Some(0), "{}", self.text("stderr"));
    }

    #[track_caller]
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "lp does not end: {}", self.text("stderr"));
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
