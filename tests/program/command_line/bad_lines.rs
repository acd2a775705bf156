//! `--on-error`, `--summary`, and what they say of lines that do not parse.

use super::super::lp::{line, lines, parse, record, records};

/// Four good lines and three bad ones, one of them too long.
fn log() -> String {
    let bad_status = line(9).replace(" 200 ", " 2x0 ");
    let long = line(9).replace("curl", &"x".repeat(200));
    [lines(1..3), bad_status, line(3), "\n".to_owned(), long, line(4)].concat()
}

#[test]
fn drop_leaves_bad_lines_out() {
    for threads in ["1", "4"] {
        let ended = parse(["--on-error", "drop", "--max-record", "150", "--threads", threads]).stdin(log()).run();
        ended.assert_quiet_success();
        assert_eq!(ended.stdout(), records(1..5));
    }
}

#[test]
fn fail_ends_at_the_first_bad_line_and_says_which_it_is() {
    for (log, want, texts) in [
        (log(), records(1..3), ["standard input: ", "record 3,", "byte 61,", "status_code"]),
        (
            [lines(1..2000), "\n".to_owned(), line(2)].concat(),
            records(1..2000),
            ["", "record 2000,", "byte 0,", "empty"],
        ),
        ("words".to_owned(), String::new(), ["", "record 1,", "byte 5,", "timestamp"]),
    ] {
        for threads in ["1", "4"] {
            let ended = parse(["--on-error", "fail", "--threads", threads]).stdin(&log).run();
            ended.assert_failure(&texts);
            assert_eq!(ended.stdout(), want);
        }
    }
}

#[test]
fn fail_names_the_file_and_counts_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let paths = ["good", "bad", "never"].map(|name| directory.path().join(name));
    for (path, log) in paths.iter().zip([lines(1..4), line(4) + "words\n", line(5)]) {
        std::fs::write(path, log).unwrap();
    }
    let ended = parse(["--on-error", "fail"]).args(&paths).run();
    ended.assert_failure(&[&format!("{}: record 2,", paths[1].display())]);
    assert_eq!(ended.stdout(), records(1..5));
}

/// The words of each line of a summary, without the figures that are never the same.
fn summary(stderr: &str) -> Vec<Vec<&str>> {
    let words = stderr.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    words.map(|words| if words[0] == "time" { vec!["time"] } else { words }).collect()
}

#[test]
fn the_summary_counts_lines_records_reasons_and_bytes() {
    let log = log();
    let bytes = log.len().to_string();
    for threads in ["1", "4"] {
        let options = ["--summary", "--format", "nginx-combined", "--max-record", "150", "--threads", threads];
        let kept = parse(options).stdin(&log).run();
        assert_eq!(kept.code, Some(0));
        assert_eq!(
            summary(&kept.stderr),
            [
                vec!["lines", "7"],
                vec!["records", "4"],
                vec!["rejected", "3"],
                vec!["1", "empty_line"],
                vec!["1", "unterminated_quote"],
                vec!["1", "invalid_number"],
                vec!["truncated", "1"],
                vec!["bytes", &bytes],
                vec!["time"],
            ]
        );
        let dropped = parse(options).args(["--on-error", "drop"]).stdin(&log).run();
        let difference: Vec<_> =
            summary(&dropped.stderr).into_iter().filter(|line| !summary(&kept.stderr).contains(line)).collect();
        assert_eq!(difference, [vec!["dropped", "3"]]);
        assert!(kept.stderr.lines().any(|line| line.starts_with("time ") && line.ends_with("/s")));
    }
}

#[test]
fn the_summary_counts_all_inputs_and_those_that_could_not_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let paths = ["a", "missing", "b"].map(|name| directory.path().join(name));
    std::fs::write(&paths[0], lines(1..3)).unwrap();
    std::fs::write(&paths[2], line(3)).unwrap();
    let ended = parse(["--summary", "--format", "nginx-combined"]).args(&paths).run();
    assert_eq!((ended.code, ended.stdout()), (Some(1), records(1..4).as_str()));
    let bytes = lines(1..4).len().to_string();
    let (message, rest) = ended.stderr.split_once('\n').unwrap();
    assert!(message.contains("missing: "), "{message}");
    assert_eq!(
        summary(rest),
        [
            vec!["lines", "3"],
            vec!["records", "3"],
            vec!["rejected", "0"],
            vec!["bytes", &bytes],
            vec!["time"],
            vec!["unreadable", "1"],
        ]
    );
}

#[test]
fn the_summary_of_a_run_that_failed_counts_what_was_read() {
    let log = line(1) + "words\n";
    let ended = parse(["--summary", "--format", "nginx-combined", "--on-error", "fail"]).stdin(&log).run();
    assert_eq!((ended.code, ended.stdout()), (Some(1), record(1).as_str()));
    let (message, rest) = ended.stderr.split_once('\n').unwrap();
    assert!(message.contains("record 2"), "{message}");
    let bytes = summary(rest).into_iter().find(|words| words[0] == "bytes").unwrap()[1];
    // It may have read on, or not.
    let bytes: usize = bytes.parse().unwrap();
    assert!((line(1).len()..=log.len()).contains(&bytes), "{bytes} bytes");
}

#[test]
fn without_a_terminal_there_is_no_summary_unless_asked_for() {
    let ended = parse(["-"]).stdin(log()).run();
    ended.assert_quiet_success();
    assert_eq!(ended.stdout().lines().count(), 7);
    assert!(ended.stdout().starts_with(&record(1)));
}
