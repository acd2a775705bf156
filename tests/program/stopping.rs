//! What a service writes when it is told to end: the last lines of a program that has ended before it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::following::Following;

const CONFIG: &str = r#"
[checkpoint]
path = "DIR/checkpoint"

[[source]]
type = "file"
paths = ["DIR/app.log"]
python_format = "%(levelname)s:%(name)s:%(message)s"

[[sink]]
type = "file"
path = "DIR/out.log"
encoding = "raw"

[http]
listen = "127.0.0.1:0"
"#;

fn start(config: &str) -> Following {
    let mut lp = Following::prepare(config);
    append(&lp, "INFO:app:begins\nINFO:app:works\n");
    lp.start_until_ready();
    lp.wait_until("the first record", |lp| lp.text("out.log").lines().count() == 1);
    lp
}

fn append(lp: &Following, text: &str) {
    let mut log = OpenOptions::new().create(true).append(true).open(lp.path("app.log")).unwrap();
    log.write_all(text.as_bytes()).unwrap();
}

/// Stops it, and says how long that took.
fn stop(lp: &mut Following) -> Duration {
    let begun = Instant::now();
    lp.stop();
    begun.elapsed()
}

#[test]
fn the_last_line_before_a_stop_is_written() {
    let mut lp = start(&format!("{CONFIG}\n[run]\nquiet = \"3s\"\n"));
    append(&lp, "CRITICAL:app:out of memory\n");
    stop(&mut lp);
    assert_eq!(lp.text("out.log"), lp.text("app.log"));
    // There is nothing to wait for now.
    lp.start_until_ready();
    let took = stop(&mut lp);
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(lp.text("out.log"), lp.text("app.log"));
}

#[test]
fn a_traceback_that_goes_on_at_a_stop_is_one_record() {
    let mut lp = start(&CONFIG.replace("\"raw\"", "\"json\""));
    append(&lp, "ERROR:app:failed\nTraceback (most recent call last):\n");
    lp.signal("TERM");
    for part in ["  File \"app.py\", line 1\n", "    wo", "rk()\n", "ValueError: no\n"] {
        thread::sleep(Duration::from_millis(100));
        append(&lp, part);
    }
    assert_eq!(lp.wait().code(), Some(0), "{}", lp.text("stderr"));
    let out = lp.text("out.log");
    let last = r#""message":"failed","traceback":"Traceback (most recent call last):\n  File \"app.py\", line 1\n    work()\nValueError: no""#;
    assert!(out.lines().count() == 3 && out.lines().last().unwrap().contains(last), "{out}");
}

#[test]
fn a_log_that_is_written_all_the_time_is_not_waited_for() {
    // Longer than a stop may take, so nothing is given out before another record follows.
    let mut lp = start(&format!("{CONFIG}\n[run]\nquiet = \"8s\"\ngrace = \"20s\"\n"));
    let is_over = AtomicBool::new(false);
    let path = lp.path("app.log");
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut log = OpenOptions::new().append(true).open(path).unwrap();
            for number in 0.. {
                log.write_all(format!("ERROR:app:{number}\nTraceback\n").as_bytes()).unwrap();
                log.write_all(b"ValueError\n").unwrap();
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                thread::sleep(Duration::from_millis(2));
            }
        });
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(500));
            let took = stop(&mut lp);
            lp.start_again();
            assert!(took < Duration::from_millis(1500), "{took:?}");
        }
        is_over.store(true, Ordering::SeqCst);
    });
    append(&lp, "INFO:app:ends\nINFO:app:behind it\n");
    lp.wait_until("the end", |lp| lp.text("out.log").ends_with("INFO:app:ends\n"));
    stop(&mut lp);
    assert_eq!(lp.text("out.log"), lp.text("app.log"));
}

/// The system tells nothing of where it has gone, and the next start does not find it.
#[test]
fn the_end_of_a_log_that_is_gone_is_written() {
    for (waits, is_compressed) in [(true, false), (false, false), (false, true)] {
        let mut lp = start(CONFIG);
        append(&lp, "ERROR:app:failed\nINFO:app:the end");
        lp.wait_until("the error", |lp| lp.text("out.log").ends_with("failed\n"));
        let log = lp.text("app.log");
        if is_compressed {
            fs::rename(lp.path("app.log"), lp.path("app.log.1")).unwrap();
            fs::write(lp.path("app.log.1.gz"), b"\x1f\x8b").unwrap();
            fs::remove_file(lp.path("app.log.1")).unwrap();
        } else {
            fs::remove_file(lp.path("app.log")).unwrap();
        }
        if waits {
            lp.wait_until("the end", |lp| lp.text("out.log").ends_with("the end\n"));
            lp.wait_until("nothing is waited for", |lp| {
                lp.value(&format!("lp_file_lag_bytes{{path=\"{}/app.log\"}}", lp.dir().display())) == 0.0
            });
        }
        stop(&mut lp);
        assert_eq!(lp.text("out.log"), format!("{log}\n"));
        lp.start_until_ready();
        stop(&mut lp);
        assert_eq!(lp.text("out.log"), format!("{log}\n"));
        assert!(!lp.said().contains("lost"), "{}", lp.said());
    }
}
