//! Beside the rotators that people have: logrotate in its ways, and the handlers of Python's `logging`. (nginx, which is told to open its
//! log again, is with the sidecars.)

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::following::Following;

const CONFIG: &str = r#"
[[source]]
type = "file"
paths = ["DIR/logs/app.log"]
format = "app"
start = "checkpoint"

[[sink]]
type = "file"
path = "DIR/out"
encoding = "raw"

[checkpoint]
path = "DIR/checkpoint"
every = "100ms"
"#;

/// Rotations of one test.
const ROUNDS: usize = 6;

#[test]
#[ignore = "needs logrotate: cargo test --test program -- --ignored"]
fn logrotate_moves_and_creates() {
    logrotate("create 0644", false);
}

#[test]
#[ignore = "needs logrotate: cargo test --test program -- --ignored"]
fn logrotate_copies_and_truncates() {
    logrotate("copytruncate", true);
}

#[test]
#[ignore = "needs logrotate: cargo test --test program -- --ignored"]
fn logrotate_compresses_at_once() {
    logrotate("create 0644\n compress", false);
}

#[test]
#[ignore = "needs logrotate: cargo test --test program -- --ignored"]
fn logrotate_compresses_later() {
    logrotate("create 0644\n compress\n delaycompress", false);
}

#[test]
#[ignore = "needs Python: cargo test --test program -- --ignored"]
fn python_rotates_by_size() {
    python("size");
}

#[test]
#[ignore = "needs Python: cargo test --test program -- --ignored"]
fn python_rotates_by_time() {
    python("time");
}

/// A service that writes on, and logrotate that is called now and then; lp is killed once in a while.
fn logrotate(ways: &str, holds_file: bool) {
    let mut lp = start();
    let log = lp.path("logs/app.log");
    let conf = lp.path("logrotate.conf");
    fs::write(&conf, format!("{} {{\n rotate 100\n missingok\n {ways}\n}}\n", log.display())).unwrap();
    // logrotate wants to be sure of who may write there.
    let _ = Command::new("chmod").arg("0644").arg(&conf).status();
    // What is compressed before it was opened or, before a kill, written cannot be read any more.
    let leaves_nothing = ways.ends_with(" compress");
    let (written, is_done) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let _done = DoneOnDrop(&is_done);
        scope.spawn(|| write_until(&log, holds_file, &written, &is_done));
        // What is rotated before lp has seen the first file of the log is none of its business.
        lp.wait_until("it follows", |lp| !lp.text("out").is_empty());
        for round in 0..ROUNDS {
            thread::sleep(Duration::from_millis(150));
            let state = lp.path("state");
            let output = Command::new(logrotate_program()).arg("-f").arg("-s").arg(&state).arg(&conf).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            if leaves_nothing {
                wait_until_kept(&mut lp, &written);
            }
            if round % 3 == 1 {
                lp.kill();
                lp.start_again();
                wait_until_kept(&mut lp, &written);
            }
        }
        thread::sleep(Duration::from_millis(150));
    });
    // What logrotate has lost between copy and truncation was perhaps read before.
    let kept = if holds_file { kept(&lp.path("logs")) } else { (0..written.into_inner()).collect() };
    assert_written_once(&mut lp, &kept);
}

/// Waits until lp has written what is in the logs by now, and a checkpoint says so: what was written behind that is read again.
#[track_caller]
fn wait_until_kept(lp: &mut Following, written: &AtomicUsize) {
    let by_now = written.load(Ordering::Relaxed);
    lp.wait_until("what is in the logs is written", |lp| {
        let out = lp.text("out");
        let whole = out.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().next_back().and_then(number).is_some_and(|last| last >= by_now)
    });
    // The first one that is saved may be of a moment before.
    for _ in 0..2 {
        let saved = |lp: &Following| fs::metadata(lp.path("checkpoint")).ok().map(|metadata| metadata.ino());
        let before = saved(lp);
        lp.wait_until("a checkpoint", |lp| saved(lp) != before);
    }
}

/// Whatever becomes of a test, its writer ends.
struct DoneOnDrop<'a>(&'a AtomicBool);

impl Drop for DoneOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Writes lines until it is told to stop, and tells how many. Opens the file for each, unless it holds it open.
fn write_until(log: &Path, holds_file: bool, written: &AtomicUsize, is_done: &AtomicBool) {
    File::create(log).unwrap();
    let open = || OpenOptions::new().append(true).open(log);
    let mut held: Option<File> = holds_file.then(|| open().unwrap());
    while !is_done.load(Ordering::Relaxed) {
        let text = line(written.load(Ordering::Relaxed));
        match &mut held {
            Some(file) => file.write_all(text.as_bytes()).unwrap(),
            // If it is not there, logrotate is about to make it, and does not bear that somebody else does.
            None => match open() {
                Ok(mut file) => file.write_all(text.as_bytes()).unwrap(),
                Err(_) => continue,
            },
        }
        if written.fetch_add(1, Ordering::Relaxed) % 20 == 19 {
            thread::sleep(Duration::from_millis(2));
        }
    }
}

fn python(how: &str) {
    let mut lp = start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/rotators/handlers.py");
    let status = Command::new("python3").arg(script).arg(how).arg(lp.path("logs/app.log")).status().unwrap();
    assert!(status.success());
    let count = kept(&lp.path("logs")).len();
    assert!(fs::read_dir(lp.path("logs")).unwrap().count() > 3, "it was rotated");
    assert_written_once(&mut lp, &(0..count).collect());
}

fn start() -> Following {
    let lp = Following::start(CONFIG);
    fs::create_dir(lp.path("logs")).unwrap();
    lp
}

fn line(number: usize) -> String {
    format!("[2025-11-06 10:30:15] message {number}.\n")
}

/// The number of a line; `None` if it ends in the middle, as in a copy that was made while it was written.
fn number(line: &str) -> Option<usize> {
    line.strip_suffix('.')?.rsplit(' ').next()?.parse().ok()
}

/// The numbers of the lines that are in the files of a folder.
fn kept(folder: &Path) -> BTreeSet<usize> {
    let paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths
        .iter()
        .flat_map(|path| fs::read_to_string(path).unwrap().lines().filter_map(number).collect::<Vec<_>>())
        .collect()
}

/// All these lines come out, and each line once and in order.
#[track_caller]
fn assert_written_once(lp: &mut Following, kept: &BTreeSet<usize>) {
    let last = format!("message {}.\n", kept.last().unwrap());
    lp.wait_until("the last line", |lp| lp.text("out").ends_with(&last));
    lp.stop();
    let out: Vec<usize> = lp.text("out").lines().filter_map(number).collect();
    let found: BTreeSet<usize> = out.iter().copied().collect();
    let missing: Vec<_> = kept.difference(&found).collect();
    assert!(missing.is_empty(), "{} of {} are missing: {missing:?}\n{}", missing.len(), kept.len(), lp.text("stderr"));
    assert!(
        out.is_sorted_by(|a, b| a < b),
        "each once and in order: {:?}\n{}",
        out.windows(2).find(|two| two[0] >= two[1]),
        lp.text("stderr")
    );
}

/// Where Debian has it.
fn logrotate_program() -> &'static str {
    if Path::new("/usr/sbin/logrotate").exists() { "/usr/sbin/logrotate" } else { "logrotate" }
}
