//! What a run that follows files does when something around it fails: it waits, says so, and loses and doubles nothing.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::thread::{self, sleep};
use std::time::Duration;

use super::following::Following;

const SOURCE: &str = r#"
[[source]]
type = "file"
paths = ["DIR/logs/*.log"]
format = "app"
start = "checkpoint"

[checkpoint]
path = "DIR/state/checkpoint"
every = "100ms"
"#;

const FILE: &str = r#"
[[sink]]
type = "file"
path = "DIR/out/out"
encoding = "raw"
"#;

fn start(sink: &str) -> Following {
    let lp = Following::prepare(&format!("{SOURCE}{sink}"));
    for folder in ["logs", "state", "out"] {
        fs::create_dir(lp.path(folder)).unwrap();
    }
    lp
}

fn line(number: usize) -> String {
    format!("[2025-11-06 10:30:15] message {number:06} {}\n", "x".repeat(60))
}

fn append(lp: &Following, name: &str, numbers: std::ops::Range<usize>) {
    let mut file = OpenOptions::new().create(true).append(true).open(lp.path("logs").join(name)).unwrap();
    file.write_all(numbers.map(line).collect::<String>().as_bytes()).unwrap();
}

/// What a stage has seen before a kill it knows after it: what it has left out stays out, and it leaves out nothing else.
#[test]
fn kills_beside_a_stage_that_leaves_records_out() {
    /// Texts, each of which comes so often, mixed with those before it. What is known of so many is noted after each chunk or nearly so.
    const TEXTS: usize = 300;
    const OFTEN: usize = 2000;
    let stage = "[[stage]]\ntype = \"dedup\"\nwindow = \"1h\"\n[run]\nthreads = 2\nchunk_size = \"4KiB\"\n";
    let mut lp = start(&format!("{FILE}{stage}"));
    thread::scope(|scope| {
        let log = OpenOptions::new().create(true).append(true).open(lp.path("logs/a.log")).unwrap();
        let writer = scope.spawn(move || {
            for text in 0..TEXTS {
                let lines: String = (0..OFTEN).map(|back| line(text.saturating_sub(back % 8))).collect();
                (&log).write_all(lines.as_bytes()).unwrap();
                sleep(Duration::from_millis(6));
            }
        });
        for pause in [40, 90, 20, 130, 60].iter().cycle().take_while(|_| !writer.is_finished()) {
            lp.start_again();
            lp.wait_until("it has begun", |lp| lp.text("out/out").len() > 1);
            sleep(Duration::from_millis(*pause));
            lp.kill();
        }
    });
    lp.start_again();
    append(&lp, "a.log", TEXTS..TEXTS + 1);
    assert_written(&mut lp, TEXTS + 1);
}

/// Waits until all these lines are in the output, each once and in order.
#[track_caller]
fn assert_written(lp: &mut Following, count: usize) {
    let expected: String = (0..count).map(line).collect();
    lp.wait_until("all lines", |lp| lp.text("out/out").len() >= expected.len());
    let written = lp.text("out/out");
    let same = written.lines().zip(expected.lines()).take_while(|(line, expected)| line == expected).count();
    let len = written.lines().count();
    assert!(written == expected, "each of {count} lines once and in order: {len}, {same} right\n{}", lp.text("stderr"));
}

/// Mounts a file system of this size, or tells that this user may not.
fn mount(size: &str, at: &Path) -> bool {
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(at).status();
    let mounted = mounted.is_ok_and(|status| status.success());
    if !mounted {
        let _ = writeln!(std::io::stderr(), "skipped: only root may mount a file system");
    }
    mounted
}

/// Unmounts what a test has mounted, however it ends.
struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// Runs until the disk of the output is full, and once more or on when there is room; then all these lines must be there.
#[track_caller]
fn with_a_full_disk(
    count: usize,
    while_it_is_full: impl FnOnce(&mut Following),
    when_there_is_room: impl FnOnce(&mut Following),
) {
    let mut lp = start(FILE);
    let out = lp.path("out");
    if !mount("256k", &out) {
        return;
    }
    let _mounted = Mounted(&out);
    lp.start_again();
    append(&lp, "app.log", 0..6000);
    lp.wait_until("lp says that the disk is full", |lp| lp.text("stderr").contains("free some space"));
    while_it_is_full(&mut lp);
    assert!(Command::new("mount").args(["-o", "remount,size=8m"]).arg(&out).status().unwrap().success());
    when_there_is_room(&mut lp);
    assert_written(&mut lp, count);
    lp.stop();
    assert_written_at_end(&lp, count);
}

#[test]
#[ignore = "mounts a file system: cargo test --test program -- --ignored"]
fn a_full_disk_is_waited_for() {
    with_a_full_disk(7000, |lp| append(lp, "app.log", 6000..7000), |_| {});
}

#[test]
#[ignore = "mounts a file system: cargo test --test program -- --ignored"]
fn a_kill_while_the_disk_is_full() {
    with_a_full_disk(6000, Following::kill, Following::start_again);
}

/// A limit on the size of files, which kills whoever does not expect it.
#[test]
fn a_file_that_is_as_large_as_it_may_be_is_waited_for() {
    let mut lp = start(FILE);
    append(&lp, "app.log", 0..1000);
    // In blocks of 512 or 1024 bytes. It is on all files, so there must be room for the checkpoint and what is said.
    let limited = "ulimit -S -f 64; exec \"$0\" \"$@\"";
    lp.start_by(Command::new("sh").args(["-c", limited, env!("CARGO_BIN_EXE_lp")]));
    lp.wait_until("lp says so", |lp| lp.text("stderr").contains("ulimit -f"));
    let raised = Command::new("prlimit").args(["--fsize=unlimited:", "--pid", &lp.id().to_string()]).status().unwrap();
    assert!(raised.success());
    assert_written(&mut lp, 1000);
    lp.stop();
}

#[track_caller]
fn assert_written_at_end(lp: &Following, count: usize) {
    assert!(lp.text("out/out") == (0..count).map(line).collect::<String>(), "nothing more comes at the end");
}

/// While nobody reads its output, logs are rotated away; none of it is lost, and the memory does not grow.
#[test]
fn a_reader_that_does_not_read() {
    let mut lp = start("[[sink]]\ntype = \"stdout\"\nencoding = \"raw\"\n");
    let stdout = lp.start_with_stdout();
    let mut count = 0;
    for rotation in 0..5 {
        append(&lp, "app.log", count..count + 4000);
        count += 4000;
        // Longer than it takes to see a file.
        sleep(Duration::from_millis(1100));
        fs::rename(lp.path("logs/app.log"), lp.path(&format!("logs/app.log.{rotation}"))).unwrap();
    }
    append(&lp, "app.log", count..count + 10);
    count += 10;
    let memory = lp.peak_memory();
    assert!(memory < 24 << 20, "{memory} bytes");
    let lines = BufReader::new(stdout).lines().take(count).map(|line| line.unwrap() + "\n");
    assert!(lines.eq((0..count).map(line)), "each line once and in order");
    lp.stop();
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_written_later() {
    let mut lp = start(FILE);
    lp.start_again();
    append(&lp, "app.log", 0..10);
    assert_written(&mut lp, 10);
    lp.wait_until("a checkpoint", |lp| lp.path("state/checkpoint").exists());
    fs::rename(lp.path("state"), lp.path("away")).unwrap();
    append(&lp, "app.log", 10..20);
    lp.wait_until("lp says so", |lp| lp.text("stderr").contains("checkpoint"));
    assert_written(&mut lp, 20);
    fs::rename(lp.path("away"), lp.path("state")).unwrap();
    let before = fs::metadata(lp.path("state/checkpoint")).unwrap().modified().unwrap();
    append(&lp, "app.log", 20..30);
    lp.wait_until("a checkpoint again", |lp| {
        fs::metadata(lp.path("state/checkpoint")).is_ok_and(|file| file.modified().unwrap() > before)
    });
    lp.kill();
    lp.start_again();
    append(&lp, "app.log", 30..40);
    assert_written(&mut lp, 40);
    lp.stop();
}

#[test]
fn a_damaged_checkpoint_is_set_aside() {
    let mut lp = start(FILE);
    lp.start_again();
    append(&lp, "app.log", 0..10);
    assert_written(&mut lp, 10);
    lp.stop();
    let damage = |lp: &Following, names: &[&str]| {
        for name in names {
            let path = lp.path("state").join(name);
            if let Ok(mut bytes) = fs::read(&path) {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(path, bytes).unwrap();
            }
        }
    };
    // The journal has all that was in them.
    damage(&lp, &["checkpoint", "checkpoint.previous"]);
    lp.start_again();
    append(&lp, "app.log", 10..20);
    assert_written(&mut lp, 20);
    assert!(lp.text("stderr").contains("damaged"), "{}", lp.text("stderr"));
    lp.stop();
    damage(&lp, &["checkpoint", "checkpoint.previous"]);
    fs::write(lp.path("state").join("checkpoint.journal"), "nothing").unwrap();
    fs::remove_file(lp.path("out/out")).unwrap();
    lp.start_again();
    append(&lp, "app.log", 20..30);
    // The rule for starting holds again.
    assert_written(&mut lp, 30);
    lp.stop();
}

/// What is written would come in again, and be written again.
#[test]
fn a_link_to_an_output_is_not_followed() {
    let mut lp = start(FILE);
    lp.start_again();
    append(&lp, "app.log", 0..10);
    assert_written(&mut lp, 10);
    fs::hard_link(lp.path("out/out"), lp.path("logs/hard.log")).unwrap();
    symlink(lp.path("out/out"), lp.path("logs/soft.log")).unwrap();
    for name in ["hard.log", "soft.log"] {
        lp.wait_until("it is told", |lp| lp.text("stderr").contains(&format!("{name}: what is read is written")));
    }
    append(&lp, "app.log", 10..20);
    assert_written(&mut lp, 20);
    lp.stop();
    assert_written_at_end(&lp, 20);
}

#[test]
fn two_on_one_checkpoint() {
    let mut lp = start(FILE);
    lp.start_again();
    lp.wait_until("it has begun", |lp| lp.path("out/out").exists());
    let second = Command::new(env!("CARGO_BIN_EXE_lp")).args(["run", "-c"]).arg(lp.path("lp.toml")).output().unwrap();
    let told = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{told}");
    assert!(told.contains("used by another process"), "{told}");
    append(&lp, "app.log", 0..10);
    assert_written(&mut lp, 10);
    lp.stop();
}

/// A file that cannot be read, and one on which reading fails, do not keep the others from being read.
#[test]
fn files_that_cannot_be_read() {
    let mut lp = start(FILE);
    // Nothing is mapped at its beginning, so reading there fails.
    symlink("/proc/self/mem", lp.path("logs/broken.log")).unwrap();
    fs::create_dir(lp.path("logs/folder.log")).unwrap();
    append(&lp, "taken.log", 10..20);
    lp.open_to_nobody();
    fs::set_permissions(lp.path("logs/taken.log"), fs::Permissions::from_mode(0o000)).unwrap();
    lp.start_as_nobody();
    append(&lp, "app.log", 0..10);
    assert_written(&mut lp, 10);
    lp.wait_until("lp says so", |lp| lp.text("stderr").contains("taken.log"));
    fs::set_permissions(lp.path("logs/taken.log"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_written(&mut lp, 20);
    lp.stop();
}
