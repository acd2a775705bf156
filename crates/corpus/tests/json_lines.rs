//! What benchmarks and tests rely on, checked with a JSON parser that shares no code with the
//! generator.

mod common;

use std::collections::HashSet;
use std::ops::Range;

use corpus::Summary;
use corpus::json_lines::{Generator, generate};
use serde_json::{Map, Value};

use self::common::{MEGABYTE, assert_no_gap_is_left, contains, has_shape, lines, percent};

const MEMBERS: [&str; 8] = ["time", "level", "logger", "msg", "request_id", "duration", "status", "http"];

/// The object of a line, or nothing if it is not as documented.
fn parse(line: &[u8]) -> Option<Map<String, Value>> {
    let Value::Object(object) = serde_json::from_slice(line).ok()? else {
        return None;
    };
    let text = |name: &str| object[name].as_str();
    let complete = object.keys().eq(MEMBERS)
        && has_shape(text("time")?.as_bytes(), "0000-00-00T00:00:00.000Z")
        && ["debug", "info", "warning", "error", "critical"].contains(&text("level")?)
        && text("logger")?.starts_with("shop.")
        && !text("msg")?.is_empty()
        && text("request_id")?.len() == 36
        && object["duration"].is_f64()
        && (200..600).contains(&object["status"].as_u64()?)
        && object["http"].as_object()?.keys().eq(["method", "path", "client", "bytes"]);
    complete.then_some(object)
}

#[test]
fn all_lines_are_valid_and_counted() {
    for seed in 0..3 {
        let mut text = Vec::new();
        let summary = Generator::new(seed).write_lines(&mut text, 4 * MEGABYTE);
        for line in lines(&text) {
            assert!(parse(line).is_some(), "{}", line.escape_ascii());
        }
        let lines = lines(&text).count() as u64;
        assert_eq!(summary, Summary { lines, records: lines, ..Summary::default() });
    }
}

#[test]
fn the_mix_is_that_of_a_real_service() {
    for seed in 0..3 {
        let text = generate(seed, 10 * MEGABYTE);
        let lines: Vec<_> = lines(&text).collect();
        let check = |what, range: Range<f64>, condition: &dyn Fn(&[u8]) -> bool| {
            let percent = percent(&lines, |line| condition(line));
            assert!(range.contains(&percent), "seed {seed}: {what}: {percent:.2}%");
        };
        for (level, range) in [
            ("info", 75.0..85.0),
            ("debug", 8.0..14.0),
            ("warning", 5.0..9.0),
            ("error", 1.0..2.5),
            ("critical", 0.02..0.3),
        ] {
            check(level, range, &|line| contains(line, &format!("\"level\":\"{level}\"")));
        }
        check("escapes", 3.0..6.0, &|line| line.contains(&b'\\'));
        check("escaped ü", 0.3..1.0, &|line| contains(line, "\\u00fc"));
        check("surrogates", 0.1..0.5, &|line| contains(line, "\\ud83d\\ude00"));
        check("without ASCII alone", 2.0..5.0, &|line| !line.is_ascii());
        check("exponents", 2.0..6.0, &|line| contains(line, "e-05,"));
        check("server errors", 0.5..3.0, &|line| contains(line, "\"status\":50"));
    }
}

#[test]
fn messages_and_paths_are_many() {
    let text = generate(1, 4 * MEGABYTE);
    let objects: Vec<_> = lines(&text).filter_map(parse).collect();
    let different =
        |value: &dyn Fn(&Map<String, Value>) -> String| objects.iter().map(value).collect::<HashSet<_>>().len();
    let messages = different(&|object| object["msg"].to_string());
    let paths = different(&|object| object["http"]["path"].to_string());
    let identities = different(&|object| object["request_id"].to_string());
    assert!(messages > 5000, "{messages} messages");
    assert!(paths > 5000, "{paths} paths");
    assert_eq!(identities, objects.len());
}

#[test]
fn all_text_is_complete() {
    assert_no_gap_is_left(&generate(1, 10 * MEGABYTE));
}

#[test]
fn time_does_not_go_back() {
    let text = generate(1, 10 * MEGABYTE);
    let starts: Vec<_> = lines(&text).map(|line| &line[..b"{\"time\":\"2025-11-06T10:30:15.123Z".len()]).collect();
    assert!(starts[0].starts_with(b"{\"time\":\"2025-11-06T10:30:15."));
    assert!(starts.is_sorted());
}
