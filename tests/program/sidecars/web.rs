//! Sidecars of a real nginx, whose logs are moved away while it runs.

use std::fs;
use std::ops::Range;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use super::super::nginx::server::Server;
use super::super::scripts::{assert_same_json, script, web};
use super::sidecar::Sidecar;
use super::{assert_same_lines, eventually};

const ACCESS: &str = "access.log";
const ERROR: &str = "error.log";
/// The access log in one piece.
const WHOLE: &str = "whole.log";

#[test]
#[ignore = "needs nginx: cargo test --test program -- --ignored"]
fn both_logs_are_streamed_and_so_many_of_them_are_kept() {
    let mut web = Web::start();
    let mut lp = Sidecar::new("1-web-logs.yaml", web.logs());
    let rotated: Vec<_> = (1..=25).map(|hours| lp.state(&format!("web-{}.log", hours_ago(hours)))).collect();
    rotated.iter().for_each(|path| fs::write(path, "").unwrap());
    lp.start();
    web.ask(0..100);
    web.rotate();
    web.ask(100..150);
    lp.stop();
    web.ask(150..200);
    lp.start();
    web.ask(200..250);
    web.stop();

    let (access, errors) = (web.log(ACCESS), web.log(ERROR));
    assert!(access.lines().count() >= 250 && errors.lines().count() >= 50);
    eventually("all lines are streamed", || lp.stdout().len() >= access.len() + errors.len());
    lp.stop();
    let stdout = lp.stdout();
    // Only the time of the error log begins with year and month.
    let is_error = |line: &&str| line.starts_with("20") && line.as_bytes().get(4) == Some(&b'/');
    let (from_errors, from_access): (Vec<_>, Vec<_>) = stdout.split_inclusive('\n').partition(is_error);
    assert_same_lines(&from_access.concat(), &access);
    // While nginx opens its logs anew, its processes write to the old error log and to the new one.
    let sorted = |mut lines: Vec<&str>| {
        lines.sort_unstable();
        lines.concat()
    };
    assert_same_lines(&sorted(from_errors), &sorted(errors.split_inclusive('\n').collect()));

    assert_same_lines(&lp.written("web.log"), &stdout);
    let (old, young) = rotated.split_last().unwrap();
    assert!(young.iter().all(|path| path.exists()), "one of the last 24 logs is gone");
    assert!(!old.exists(), "more than 24 logs are kept");
}

#[test]
#[ignore = "needs nginx and Python: cargo test --test program -- --ignored"]
fn each_line_gets_a_mark_and_its_time() {
    let mut web = Web::start();
    let mut lp = Sidecar::new("2-prefixed-lines.yaml", web.logs());
    lp.start();
    web.ask(0..60);
    web.rotate();
    web.ask(60..120);
    web.stop();

    let log = web.log(ACCESS);
    let times = times(&web);
    let expected: Vec<_> =
        log.lines().zip(&times).map(|(line, time)| format!("[PROCESSED] {time} - {line}\n")).collect();
    assert_eq!((expected.len(), times.len()), (120, 120));
    eventually("all lines are written", || lp.stdout().lines().count() >= expected.len());
    lp.stop();
    assert_same_lines(&lp.stdout(), &expected.concat());

    // The script says when it reads a line. (Not beside lp: `tail -F` now and then loses lines when a log is moved.)
    let replaced = Loop::start(&web.logs().join(WHOLE));
    let untimed = |text: &str| -> String {
        text.split_inclusive('\n').map(|line| line.split_once("Z - ").expect(line).1).collect()
    };
    let written = replaced.written(expected.len());
    assert_same_lines(&untimed(&lp.stdout()), &untimed(&written));
}

#[test]
#[ignore = "needs nginx and Python: cargo test --test program -- --ignored"]
fn access_lines_become_json_and_5xx_alerts() {
    let mut web = Web::start();
    let mut lp = Sidecar::new("3-processor.yaml", web.logs());
    lp.start();
    web.ask(0..60);
    web.rotate();
    web.ask(60..90);
    lp.stop();
    web.ask(90..100);
    lp.start();
    web.ask(100..120);
    web.stop();

    let expected = processed(&web);
    assert_eq!(expected.stdout.lines().count(), 120);
    let alerts = |lp: &Sidecar| -> String {
        lp.stderr().split_inclusive('\n').filter(|line| line.starts_with("ALERT: ")).collect()
    };
    eventually("all lines are written", || {
        lp.stdout().lines().count() >= 120 && alerts(&lp).lines().count() >= expected.stderr.lines().count()
    });
    lp.stop();
    assert_same_json(&expected.stdout, &lp.stdout(), "");
    assert!(assert_same_json(&expected.stderr, &alerts(&lp), "ALERT: ") >= 30);
}

#[test]
#[ignore = "needs nginx: cargo test --test program -- --ignored"]
fn entries_are_forwarded_and_counted() {
    let mut web = Web::start();
    let mut lp = Sidecar::new("4-forwarder.yaml", web.logs()).env("EVERY", "1s");
    lp.start();
    web.ask(0..60);
    web.rotate();
    web.ask(60..120);
    web.stop();

    let counted = |lp: &Sidecar| -> usize {
        let counts = lp.stderr();
        counts.lines().filter_map(|line| line.strip_suffix(" new entries")?.parse::<usize>().ok()).sum()
    };
    eventually("all entries are counted", || counted(&lp) >= 120);
    let metrics = lp.metrics();
    assert_eq!(metrics.sum("lp_output_records_total", r#"sink="forwarded""#), 120.0);
    assert_eq!(metrics.sum("lp_input_records_total", ""), 120.0);
    lp.stop();
    assert_eq!(counted(&lp), 120);
    assert_same_lines(&lp.stdout(), &web.log(ACCESS));
}

/// An nginx and its logs.
pub(super) struct Web(Server);

impl Web {
    pub(super) fn start() -> Self {
        Self(web::started())
    }

    /// The folder of the logs.
    pub(super) fn logs(&self) -> &Path {
        self.0.dir()
    }

    pub(super) fn ask(&self, numbers: Range<usize>) {
        web::ask(&self.0, numbers);
    }

    /// Moves the logs away, as the containers do each hour.
    fn rotate(&self) {
        for log in [ACCESS, ERROR] {
            fs::rename(self.logs().join(log), self.logs().join(log).with_extension("log.1")).unwrap();
        }
        self.0.reopen();
        // The master and its worker say so to the old log, before they let go of it.
        let old = || fs::read_to_string(self.logs().join("error.log.1")).unwrap();
        eventually("nginx opens its logs anew", || old().matches("reopening logs").count() >= 2);
    }

    pub(super) fn stop(&mut self) {
        self.0.stop();
    }

    /// All of a log, also what has been moved away.
    fn log(&self, name: &str) -> String {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        read(self.logs().join(name).with_extension("log.1")) + &read(self.logs().join(name))
    }
}

/// What the processor makes of the whole access log.
fn processed(web: &Web) -> super::super::scripts::Written {
    let whole = web.logs().join(WHOLE);
    fs::write(&whole, web.log(ACCESS)).unwrap();
    script("processor.py", [whole])
}

/// The time of each line of the access log, as the processor reads it.
fn times(web: &Web) -> Vec<String> {
    let records = processed(web).stdout;
    let time =
        |line| serde_json::from_str::<serde_json::Value>(line).unwrap()["timestamp"].as_str().unwrap().to_owned();
    records.lines().map(time).collect()
}

/// So many hours ago, as it stands in the name of a rotated file.
fn hours_ago(hours: u64) -> String {
    let time = SystemTime::now() - Duration::from_secs(hours * 3600);
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let output = Command::new("date").args(["--utc", "+%Y%m%dT%H%M%SZ", "--date", &format!("@{seconds}")]).output();
    String::from_utf8(output.unwrap().stdout).unwrap().trim_end().to_owned()
}

/// The loop over `tail -F` that is replaced.
struct Loop {
    shell: Child,
    output: tempfile::NamedTempFile,
}

impl Loop {
    fn start(log: &Path) -> Self {
        let output = tempfile::NamedTempFile::new().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/sidecars/prefix.sh");
        let mut shell = Command::new("sh");
        // A group of their own, as there are several processes, and none of them ends.
        shell.arg(script).arg(log).process_group(0).stdout(output.reopen().unwrap()).stderr(Stdio::null());
        Self { shell: shell.spawn().unwrap(), output }
    }

    /// So many lines, which it has written or will write.
    fn written(&self, lines: usize) -> String {
        let read = || fs::read_to_string(self.output.path()).unwrap();
        eventually("the script has written all lines", || read().lines().count() >= lines);
        read()
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = Command::new("sh").args(["-c", &format!("kill -s KILL -- -{}", self.shell.id())]).status();
        let _ = self.shell.wait();
    }
}
