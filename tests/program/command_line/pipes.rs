//! Readers that have had enough, writers that take their time, and a disk that is full.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::super::lp::{Session, line, lines, record};

#[test]
fn records_do_not_wait_for_more_input() {
    for threads in ["1", "4"] {
        let mut session = Session::start(&["--threads", threads], usize::MAX);
        for number in 0..20 {
            session.send(line(number));
            assert_eq!(session.record(), record(number), "{threads} threads");
        }
        // A line that comes in parts is one record, and several that come at once are several.
        let several = lines(20..23);
        let (start, end) = several.split_at(50);
        session.send(start);
        session.send(end);
        for number in 20..23 {
            assert_eq!(session.record(), record(number));
        }
        session.send(line(23).trim_end());
        session.finish();
        assert_eq!(session.record(), record(23));
        let (status, stderr) = session.wait();
        assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
    }
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    for threads in ["1", "4"] {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        std::fs::write(&log, lines(0..50_000)).unwrap();
        // With the exit status of lp, not of head.
        let script = "{ \"$0\" parse --threads \"$1\" \"$2\"; echo \"status $?\" >&2; } | head -n 1";
        let output =
            Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_lp"), threads]).arg(&log).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), record(0));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "status 0\n", "{threads} threads");
    }
}

/// As in `tail -f log | lp parse | head -n 1`: the program notices with the next record that nobody reads it.
#[test]
fn a_reader_that_has_enough_ends_a_run_whose_input_goes_on() {
    for threads in ["1", "4"] {
        let mut session = Session::start(&["--threads", threads], 1);
        session.send(line(0));
        assert_eq!(session.record(), record(0));
        session.wait_for_closed_output();
        session.send(line(1));
        // Other tests start programs, and for a moment each has a copy of this pipe's reading end: then a record may
        // find a reader still, and it takes another to notice.
        for number in 2..100 {
            if session.ends_within(Duration::from_millis(500)) {
                break;
            }
            let _ = session.try_send(line(number));
        }
        let (status, stderr) = session.wait();
        assert_eq!((status.code(), stderr.as_str()), (Some(0), ""), "{threads} threads");
    }
}

/// Time for every thread to begin to wait for input.
const A_MOMENT: Duration = Duration::from_millis(300);

/// Neither does the end of a run wait for more input.
#[test]
fn a_bad_line_ends_a_run_whose_input_goes_on() {
    for threads in ["1", "4"] {
        let mut session = Session::start(&["--on-error", "fail", "--threads", threads], usize::MAX);
        session.send(line(0));
        assert_eq!(session.record(), record(0));
        thread::sleep(A_MOMENT);
        session.send("words\n");
        let (status, stderr) = session.wait();
        assert_eq!(status.code(), Some(1), "{threads} threads");
        assert!(stderr.contains("record 2"), "{stderr}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_a_run_whose_input_goes_on() {
    for threads in ["1", "4"] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut session = Session::start_into(&["--threads", threads], full);
        thread::sleep(A_MOMENT);
        session.send(line(0));
        let (status, message) = session.wait();
        assert_eq!(status.code(), Some(1), "{threads} threads");
        assert!(message.starts_with("lp: cannot write the standard output"), "{message}");
        assert!(message.contains("No space left"), "{message}");
        assert_eq!(message.lines().count(), 1);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn alerts_that_cannot_be_written_are_not_forgotten() {
    for (stderr, code) in [("/dev/full", 1), ("/dev/null", 0)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lp"));
        command.args(["parse", "--alert-5xx", "-"]);
        let failed = line(0).replace("\" 200 5", "\" 502 5");
        let log = tempfile::tempfile().unwrap();
        (&log).write_all(failed.as_bytes()).unwrap();
        (&log).seek(SeekFrom::Start(0)).unwrap();
        let stderr = OpenOptions::new().write(true).open(stderr).unwrap();
        let status = command.stdin(log).stdout(Stdio::null()).stderr(stderr).status().unwrap();
        assert_eq!(status.code(), Some(code));
    }
}
