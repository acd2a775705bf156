//! Which format each file is in is told from its first records.

use crate::lp::{line, lines, parse, records};

const PYTHON: &str = "2025-11-06 10:30:15,123 - ERROR - failed\nTraceback (most recent call last):\nValueError: x\n";

#[test]
fn each_file_has_its_own_format() {
    let directory = tempfile::tempdir().unwrap();
    let paths = ["access.log", "app.log"].map(|name| directory.path().join(name));
    std::fs::write(&paths[0], lines(1..3)).unwrap();
    std::fs::write(&paths[1], PYTHON).unwrap();
    for threads in ["1", "3"] {
        let ended = parse(["--summary", "--threads", threads]).args(&paths).run();
        assert_eq!(ended.code, Some(0));
        let (access, python) = ended.stdout().split_at(records(1..3).len());
        assert_eq!(access, records(1..3));
        assert_eq!(
            python,
            "{\"timestamp\":\"2025-11-06T10:30:15.123Z\",\"severity\":\"ERROR\",\"level\":\"ERROR\",\"logger\":null,\
             \"message\":\"failed\",\"traceback\":\"Traceback (most recent call last):\\nValueError: x\"}\n"
        );
        let told: Vec<_> = ended.stderr.lines().filter(|line| line.starts_with("format ")).collect();
        assert_eq!(told.len(), 2, "{}", ended.stderr);
        assert!(told[0].ends_with("access.log: nginx-combined"), "{}", told[0]);
        assert!(told[1].ends_with("app.log: python '%(asctime)s - %(levelname)s - %(message)s'"), "{}", told[1]);
    }
}

#[test]
fn nothing_is_said_where_nobody_looks() {
    let ended = parse([""; 0]).stdin(&lines(1..3)).run();
    assert_eq!((ended.code, ended.stdout(), ended.stderr.as_str()), (Some(0), records(1..3).as_str(), ""));
}

#[test]
fn two_formats_in_one_log() {
    let log = format!("{}{PYTHON}{}{PYTHON}{}", line(1), line(2), line(3));
    for threads in ["1", "3"] {
        let ended = parse(["--summary", "--threads", threads]).stdin(&log).run();
        assert_eq!(ended.code, Some(0));
        let out: Vec<_> = ended.stdout().lines().collect();
        assert_eq!(out.len(), 5, "{}", ended.stdout());
        for (number, is_python) in [false, true, false, true, false].into_iter().enumerate() {
            assert_eq!(out[number].contains("\"traceback\":\"Traceback"), is_python, "{}", out[number]);
            assert_eq!(out[number].contains("\"client_ip\""), !is_python, "{}", out[number]);
        }
        assert!(ended.stderr.contains("nginx-combined, and python in between"), "{}", ended.stderr);
    }
}

#[test]
fn what_nothing_explains_is_kept() {
    let ended = parse(["--summary"]).stdin("one\ntwo\n").run();
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stdout().lines().count(), 2);
    assert!(ended.stdout().lines().all(|line| line.contains("\"parse_error\"")));
    assert!(ended.stderr.contains("none is recognised"), "{}", ended.stderr);
}

#[test]
fn an_empty_input_is_in_no_format() {
    let ended = parse(["--summary"]).stdin("").run();
    assert_eq!((ended.code, ended.stdout()), (Some(0), ""));
    assert!(!ended.stderr.contains("format "), "{}", ended.stderr);
}
