//! The aggregator, whose pod is deleted and made again while the service logs.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::super::scripts::script;
use super::python_app::PythonApp;
use super::sidecar::Sidecar;
use super::{assert_same_lines, eventually};

const MANIFEST: &str = "5-aggregator.yaml";

/// An hour after all others, so that all intervals before it are over.
const LAST: &str = "2025-11-06 23:00:00,000 - INFO - the end\n";

#[test]
#[ignore = "needs Python: cargo test --test program -- --ignored"]
fn sums_and_errors_are_right_after_the_pod_was_deleted() {
    let logs = TempDir::new().unwrap();
    let mut lp = Sidecar::new(MANIFEST, logs.path());
    let beginning = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64().to_string();
    for life in 0..7 {
        lp.start();
        let app = service(logs.path(), &beginning);
        sleep(Duration::from_millis(1100 + 130 * life));
        // Deleted: first the service is stopped. Or the machine dies, where nobody is first.
        match life % 3 {
            0 => {
                app.stop();
                lp.stop();
            }
            1 => {
                lp.kill();
                sleep(Duration::from_millis(150));
                drop(app);
            }
            _ => {
                drop(app);
                lp.kill();
            }
        }
    }
    OpenOptions::new().append(true).open(logs.path().join("app.log")).unwrap().write_all(LAST.as_bytes()).unwrap();

    let whole = logs.path().join("whole.log");
    fs::write(&whole, whole_log(logs.path())).unwrap();
    let [summary, errors] = ["summary", "errors"].map(|name| logs.path().join(name));
    script("aggregator.py", [&whole, &summary, &errors]);
    let [summary, errors] = [summary, errors].map(|path| fs::read_to_string(path).unwrap());
    // The interval of the last record is not over.
    let summary = summary.strip_suffix("INFO:1, WARN:0, ERROR:0\n").unwrap();
    assert!(summary.lines().count() >= 30, "{summary}");
    assert!(errors.contains("\nThe above exception was") && errors.contains(" - CRITICAL - "), "{errors}");

    lp.start();
    eventually("all intervals are summed up", || lp.written("summary.log").len() >= summary.len());
    lp.stop();
    assert_same_lines(&lp.written("summary.log"), summary);
    assert_same_lines(&lp.written("errors.log"), &errors);
}

/// The service, that logs as fast as it can for lp to have something to do.
fn service(logs: &Path, beginning: &str) -> PythonApp {
    let clock = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/sidecars/fast_clock.py");
    let environment = [("LOG_BYTES", "200000"), ("PAUSE", "0.0005")];
    PythonApp::start_by(MANIFEST, logs, &environment, &[clock.to_str().unwrap(), beginning])
}

/// The files that the service has put aside, the oldest first, and the one that it writes.
fn whole_log(logs: &Path) -> String {
    let aside = |number: usize| logs.join(format!("app.log.{number}"));
    assert!(aside(1).exists(), "no file was put aside");
    assert!(!aside(9).exists(), "the service has thrown a file away");
    let old = (1..9).rev().map(aside).filter(|path| path.exists());
    let paths = old.chain([logs.join("app.log")]);
    paths.map(|path: PathBuf| fs::read_to_string(path).unwrap()).collect()
}
