//! Files and streams of every kind.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::super::lp::{line, lines, lp, parse, record, records};

/// A directory with some files, given by name and content.
fn directory(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(directory.path().join(name), content).unwrap();
    }
    directory
}

#[test]
fn files_are_read_in_order_and_a_missing_one_does_not_stop_the_others() {
    let files = directory(&[("c", line(1).as_bytes()), ("a", lines(2..4).as_bytes()), ("b", line(4).as_bytes())]);
    let path = |name: &str| files.path().join(name);
    for threads in ["1", "4"] {
        let ended = parse(["--threads", threads]).args(["c", "missing", "a", "b"].map(path)).run();
        ended.assert_failure(&["missing: ", "No such file"]);
        assert_eq!(ended.stdout(), records(1..5), "{threads} threads");
    }
}

#[test]
fn every_file_that_cannot_be_read_is_named() {
    let files = directory(&[("a", line(1).as_bytes())]);
    let path = |name: &str| files.path().join(name);
    let ended = parse(["x", "a", "y"].map(path)).run();
    assert_eq!((ended.code, ended.stdout()), (Some(1), record(1).as_str()));
    let messages: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    for (message, name) in messages.into_iter().zip(["x", "y"]) {
        assert!(message.contains(path(name).to_str().unwrap()), "{message}");
    }
}

#[test]
fn a_directory_is_an_error_that_names_it() {
    let directory = directory(&[]);
    let path = directory.path().to_str().unwrap();
    let ended = parse([path]).run();
    ended.assert_failure(&[path, "directory"]);
    assert_eq!(ended.stdout(), "");
}

/// It is no part of the first record, whoever tells the format, and in raw output it is left out.
#[test]
fn a_byte_order_mark_is_skipped() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let marked = ["\u{FEFF}", &lines(1..4)].concat();
    gzip.write_all(marked.as_bytes()).unwrap();
    for log in [marked.into_bytes(), gzip.finish().unwrap()] {
        for format in ["auto", "nginx-combined"] {
            let ended = parse(["--format", format]).stdin(&log).run();
            ended.assert_quiet_success();
            assert_eq!(ended.stdout(), records(1..4), "{format}");
        }
        assert_eq!(parse(["--output", "raw"]).stdin(&log).run().stdout(), lines(1..4));
        assert!(lp(["explain", "--json"]).stdin(&log).run().stdout().starts_with("{\"line\":\"192.0.2.1"));
    }
    assert_eq!(parse(["-"]).stdin("\u{FEFF}").run().stdout(), "");
}

#[test]
fn text_in_utf_16_is_an_error_that_says_what_to_do() {
    let text: Vec<u8> = ["\u{FEFF}", &lines(1..3)].concat().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files = directory(&[("a", &text), ("b", line(4).as_bytes())]);
    let ended = parse(["a", "b"].map(|name| files.path().join(name))).run();
    ended.assert_failure(&["a: ", "UTF-16", "iconv -f UTF-16 -t UTF-8"]);
    assert_eq!(ended.stdout(), record(4));
}

#[test]
fn a_file_that_may_not_be_read_is_an_error_that_names_it() {
    let files = directory(&[("secret", line(1).as_bytes()), ("open", line(2).as_bytes())]);
    let path = |name: &str| files.path().join(name);
    fs::set_permissions(path("secret"), Permissions::from_mode(0o000)).unwrap();
    if File::open(path("secret")).is_ok() {
        // Whoever runs the test may read everything.
        return;
    }
    let ended = parse(["secret", "open"].map(path)).run();
    ended.assert_failure(&["secret: ", "Permission denied"]);
    assert_eq!(ended.stdout(), record(2));
}

#[test]
fn an_empty_input_gives_nothing() {
    let files = directory(&[("empty", b"")]);
    for ended in [parse([files.path().join("empty")]).run(), parse(["-"]).run(), parse([""; 0]).run()] {
        ended.assert_quiet_success();
        assert_eq!(ended.stdout(), "");
    }
}

#[test]
fn junk_gives_a_record_for_every_line() {
    // Every byte, then every byte with a line feed behind it, then bytes that look random.
    let mut junk: Vec<u8> = (0..=255).collect();
    junk.extend((0..=255).flat_map(|byte| [byte, b'\n']));
    let mut state = 1_u32;
    junk.extend((0..200_000).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    }));
    junk.push(b'\n');
    let line_feeds = junk.iter().filter(|&&byte| byte == b'\n').count();
    for threads in ["1", "4"] {
        let ended = parse(["--threads", threads]).stdin(&junk).run();
        ended.assert_quiet_success();
        let records: Vec<Value> = ended.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(records.len(), line_feeds);
        assert!(records.iter().all(|record| record["parse_error"]["reason"].is_string()));
    }
}

#[test]
fn carriage_returns_and_nul_bytes_lose_no_line() {
    for (log, want) in [
        (lines(1..3).replace('\n', "\r\n"), records(1..3)),
        (line(1).trim_end().to_owned(), record(1)),
        (format!("{}\r", line(1).trim_end()), record(1)),
    ] {
        let ended = parse(["-"]).stdin(&log).run();
        ended.assert_quiet_success();
        assert_eq!(ended.stdout(), want, "{log:?}");
    }

    // A hole, as a file has where it was cut while somebody still wrote to it.
    let log = [line(1), "\0".repeat(100_000), line(2), line(3)].concat();
    let ended = parse(["-"]).stdin(&log).run();
    ended.assert_quiet_success();
    let output = ended.stdout();
    let hole = output.strip_prefix(&record(1)).unwrap().strip_suffix(&record(3)).unwrap();
    let hole: Value = serde_json::from_str(hole).unwrap();
    assert_eq!(hole["message"], format!("{}{}", "\0".repeat(100_000), line(2).trim_end()));
    assert_eq!(hole["parse_error"]["field"], "client_ip");
}

#[test]
fn a_dash_is_the_standard_input_and_has_its_place_among_the_files() {
    let files = directory(&[("a", line(1).as_bytes()), ("b", line(4).as_bytes())]);
    let [a, b] = ["a", "b"].map(|name| files.path().join(name));
    let dash = || PathBuf::from("-");
    for (paths, want) in [
        (vec![a.clone(), dash(), b.clone()], records(1..5)),
        // There is nothing left for the second dash.
        (vec![dash(), dash()], records(2..4)),
        (vec![dash(), b, dash(), a.clone()], [records(2..5), record(1)].concat()),
        (vec![a], record(1)),
    ] {
        let ended = parse(&paths).stdin(lines(2..4)).run();
        ended.assert_quiet_success();
        assert_eq!(ended.stdout(), want, "{paths:?}");
    }
}

#[test]
fn a_last_line_without_a_line_feed_stays_apart_from_the_next_file() {
    let files = directory(&[("a", line(1).trim_end().as_bytes()), ("b", line(2).as_bytes())]);
    let ended = parse(["a", "b"].map(|name| files.path().join(name))).run();
    ended.assert_quiet_success();
    assert_eq!(ended.stdout(), records(1..3));
}

/// A name may hold what a terminal obeys, and a line feed that makes one message look like two.
#[test]
fn a_name_with_control_characters_is_never_printed_raw() {
    let names: [&[u8]; 4] = [b"a\x1B[31mb", b"a\nlp: b\rc", b"a\xC2\x9B31mb\x7F", b"a\xFF\x1Bb"];
    let directory = directory(&[]);
    for name in names {
        let path = directory.path().join(std::ffi::OsStr::from_bytes(name));
        let missing = parse([&path]).run();
        missing.assert_failure(&["No such file"]);

        fs::write(&path, "not a record\n").unwrap();
        let bad_line = parse(["--on-error", "fail"]).file(&path).run();
        bad_line.assert_failure(&["record 1"]);

        fs::write(&path, b"\x1F\x8B\x08\x00").unwrap();
        let cut = parse([&path]).run();
        cut.assert_failure(&["gzip"]);

        for ended in [missing, bad_line, cut] {
            let message = ended.stderr.trim_end_matches('\n');
            assert!(!message.contains(char::is_control), "{message:?}");
        }
        fs::remove_file(&path).unwrap();
    }
}

/// What somebody else has read of the standard input is not read again.
#[test]
fn a_standard_input_that_was_begun_is_read_on() {
    let files = directory(&[("log", lines(1..5).as_bytes())]);
    let output = Command::new("sh")
        .args(["-c", "read -r first && printf '%s\\n' \"$first\" && exec \"$0\" parse", env!("CARGO_BIN_EXE_lp")])
        .stdin(File::open(files.path().join("log")).unwrap())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), line(1) + &records(2..5));
    assert!(output.status.success() && output.stderr.is_empty());
}

/// It would read what it wrote until the disk is full.
#[test]
fn a_file_is_never_read_and_written_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("access.log");
    let text = "words\n".repeat(100_000);
    std::fs::write(&log, &text).unwrap();
    for arguments in [vec![log.as_path()], vec![]] {
        let output = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
        let input = std::fs::File::open(&log).unwrap();
        let ended = std::process::Command::new(env!("CARGO_BIN_EXE_lp"))
            .arg("parse")
            .args(arguments)
            .stdin(input)
            .stdout(output)
            .stderr(std::process::Stdio::piped())
            .output()
            .unwrap();
        let message = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{message}");
        assert!(message.contains("the input is the output"), "{message}");
        assert_eq!(std::fs::read_to_string(&log).unwrap(), text);
    }
}
