//! Beside the rotators that people have: logrotate in its ways, and the handlers of Python's `logging`. (nginx, which is told to open its
//! log again, is with the sidecars.)

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
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
    let is_done = AtomicBool::new(false);
    let written = thread::scope(|scope| {
        let writer = scope.spawn(|| write_until(&log, holds_file, &is_done));
        for round in 0..ROUNDS {
            thread::sleep(Duration::from_millis(150));
            let state = lp.path("state");
            let output = Command::new(logrotate_program()).arg("-f").arg("-s").arg(&state).arg(&conf).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            if round % 3 == 1 {
                // What is compressed before it was written cannot be read any more: neither before the kill nor behind it.
                thread::sleep(Duration::from_millis(200));
                lp.kill();
                let seen = lp.text("stderr").len();
                lp.start_again();
                lp.wait_until("it reads on", |lp| lp.text("stderr")[seen..].contains("followed from"));
                thread::sleep(Duration::from_millis(200));
            }
        }
        thread::sleep(Duration::from_millis(150));
        is_done.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    // What logrotate has lost between copy and truncation was perhaps read before.
    let kept = if holds_file { kept(&lp.path("logs")) } else { (0..written).collect() };
    assert_written_once(&mut lp, &kept);
}

/// Writes lines until it is told to stop, and returns how many. Opens the file for each, unless it holds it open.
fn write_until(log: &Path, holds_file: bool, is_done: &AtomicBool) -> usize {
    let open = || OpenOptions::new().create(true).append(true).open(log).unwrap();
    let mut held: Option<File> = holds_file.then(open);
    let mut number = 0;
    while !is_done.load(Ordering::Relaxed) {
        let text = line(number);
        match &mut held {
            Some(file) => file.write_all(text.as_bytes()).unwrap(),
            None => open().write_all(text.as_bytes()).unwrap(),
        }
        number += 1;
        if number % 20 == 0 {
            thread::sleep(Duration::from_millis(2));
        }
    }
    number
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
    format!("[2025-11-06 10:30:15] message {number}\n")
}

/// The number of a line.
fn number(line: &str) -> usize {
    line.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{line:?}"))
}

/// The numbers of the lines that are in the files of a folder.
fn kept(folder: &Path) -> BTreeSet<usize> {
    let paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.iter().flat_map(|path| fs::read_to_string(path).unwrap().lines().map(number).collect::<Vec<_>>()).collect()
}

/// All these lines come out, and each line once and in order.
#[track_caller]
fn assert_written_once(lp: &mut Following, kept: &BTreeSet<usize>) {
    let last = format!("message {}\n", kept.last().unwrap());
    lp.wait_until("the last line", |lp| lp.text("out").ends_with(&last));
    lp.stop();
    let out: Vec<usize> = lp.text("out").lines().map(number).collect();
    let found: BTreeSet<usize> = out.iter().copied().collect();
    let missing: Vec<_> = kept.difference(&found).collect();
    assert!(missing.is_empty(), "{} of {} are missing: {missing:?}\n{}", missing.len(), kept.len(), lp.text("stderr"));
    assert!(
        out.is_sorted_by(|a, b| a < b),
        "each once and in order: {:?}",
        out.windows(2).find(|two| two[0] >= two[1])
    );
}

/// Where Debian has it.
fn logrotate_program() -> &'static str {
    if Path::new("/usr/sbin/logrotate").exists() { "/usr/sbin/logrotate" } else { "logrotate" }
}
