//! The parser of JSON lines against serde_json, its scanners against each other, and through JSON and back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "json/lines.rs"]
mod lines;
mod mutation;
#[path = "json/naive.rs"]
mod naive;
mod seen;

use lp_core::encode::{JsonEncoder, Output};
use lp_core::format::json::{Json, MEMBERS, MESSAGE, SEVERITY_TEXT};
use lp_core::{Batch, Format, Kind, Reason, Severity, Zone};
use mutation::log;
use proptest::prelude::*;
use proptest::sample::Index;
use seen::{Limits, assert_pieces_do_not_matter, limits, records};

/// What is printed for a log.
fn printed(log: &[u8]) -> Vec<u8> {
    let mut batch = Batch::new();
    let mut output = Output::new();
    Json::new().parse(log, &mut batch);
    JsonEncoder::new(Json::new().schema()).encode(&batch, log, &mut output);
    output.as_bytes().to_vec()
}

/// The lines of a log, without their terminators.
fn lines_of(log: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = log.split(|&byte| byte == b'\n').collect();
    if lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines.iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn every_member_comes_out_as_it_was_logged(log in log(lines::object(), 0..12)) {
        let output = printed(&log);
        let (lines, printed) = (lines_of(&log), lines_of(&output));
        prop_assert_eq!(lines.len(), printed.len());
        for (line, printed) in lines.into_iter().zip(printed) {
            let want = naive::expected(line);
            prop_assert_eq!(naive::printed(printed), want, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn the_fast_scanner_equals_the_careful_one(log in log(lines::line(), 0..20), limits in limits()) {
        let want = records(&Json::new().careful(), &log, Limits { capacity: usize::MAX, ..limits });
        prop_assert_eq!(&records(&Json::new(), &log, limits), &want);
        prop_assert_eq!(&records(&Json::new().careful(), &log, limits), &want);
    }

    #[test]
    fn what_is_json_is_what_serde_takes(log in log(lines::line(), 0..12)) {
        let mut batch = Batch::new();
        Json::new().parse(&log, &mut batch);
        prop_assert_eq!(batch.len(), lines_of(&log).len());
        for (record, line) in batch.records(&log).zip(lines_of(&log)) {
            let reason = record.error().map(|error| error.reason());
            let want = match naive::members(line) {
                _ if line.is_empty() => Some(Reason::EmptyLine),
                Err(naive::No::Json) => Some(Reason::InvalidJson),
                Err(naive::No::Object) => Some(Reason::NotAnObject),
                Ok(_) => None,
            };
            let is_deep = line.iter().filter(|byte| matches!(byte, b'{' | b'[')).count() > 1024;
            let of_values = [Reason::InvalidTime, Reason::TimeOutOfRange, Reason::DuplicateKey].map(Some);
            prop_assert!(reason == want || want.is_none() && of_values.contains(&reason) || is_deep, "{:?} {:?}", reason, want);
        }
    }

    /// Every line is an object, with lp's own keys once each; and read again it is printed the same.
    #[test]
    fn what_lp_printed_is_printed_again(log in log(lines::line(), 0..12)) {
        let output = printed(&log);
        for line in lines_of(&output) {
            let members = naive::members(line).unwrap();
            for own in ["timestamp", "severity", "message"] {
                prop_assert_eq!(members.iter().filter(|member| member.key == own).count(), 1);
            }
            if members.last().is_some_and(|last| last.value.starts_with("{\"reason\":\"")) {
                for own in ["severity_text", "parse_error", "truncated"] {
                    prop_assert!(members.iter().filter(|member| member.key == own).count() <= 1);
                }
            }
        }
        let again = printed(&output);
        prop_assert_eq!(again.escape_ascii().to_string(), output.escape_ascii().to_string());
    }

    #[test]
    fn how_a_log_is_cut_does_not_matter(log in log(lines::line(), 0..12), cuts: [Index; 3], limits in limits()) {
        assert_pieces_do_not_matter(&Json::new(), &log, &cuts, limits);
    }

    #[test]
    fn what_a_batch_held_before_does_not_matter(before in log(lines::line(), 0..12), log in log(lines::line(), 0..12)) {
        let mut batch = Batch::new();
        let mut output = Output::new();
        Json::new().parse(&before, &mut batch);
        Json::new().parse(&log, &mut batch);
        JsonEncoder::new(Json::new().schema()).encode(&batch, &log, &mut output);
        prop_assert_eq!(output.as_bytes(), printed(&log));
    }
}

/// A line after one that differs from it in a single byte, and before it, for every byte.
#[test]
fn the_fast_scanner_sees_every_byte() {
    for line in [
        &br#"{"time":"2025-11-06T10:30:15.123Z","level":"info","msg":"a \"b\"","c":[1,{"d":-0.5e3}],"status":404}"#[..],
        br#" { "severity" : "high" , "\u006dsg" : null , "a":{} }  "#,
    ] {
        let mut log = Vec::new();
        for place in 0..line.len() {
            for byte in 0..=u8::MAX {
                let start = log.len();
                log.extend_from_slice(line);
                log[start + place] = byte;
                log.push(b'\n');
                log.extend_from_slice(line);
                log.push(b'\n');
            }
        }
        assert_eq!(records(&Json::new(), &log, Limits::NONE), records(&Json::new().careful(), &log, Limits::NONE));
    }
}

/// Lines that simd-json gets alone, or not at all.
#[test]
fn long_lines() {
    let mut log = Vec::new();
    for len in [4000, 4096, 5000, (64 << 10) - 40, 64 << 10, 70_000, 1 << 20, (1 << 20) + 1] {
        for text in ["x", "[", "\\\"", "ü"] {
            let close = if text == "[" { "]" } else { "" };
            let text = text.repeat(len / text.len());
            let value =
                if close.is_empty() { format!("\"{text}\"") } else { format!("[{}]", "1,".repeat(len / 2) + "1") };
            log.extend_from_slice(format!("{{\"a\":{value},\"msg\":\"m\",\"b\":2}}\n").as_bytes());
            log.extend_from_slice(b"{\"ts\":1762425015}\n{}\n");
        }
    }
    let seen = records(&Json::new(), &log, Limits { bytes: Batch::DEFAULT_LIMIT, ..Limits::NONE });
    assert_eq!(seen, records(&Json::new().careful(), &log, Limits { bytes: Batch::DEFAULT_LIMIT, ..Limits::NONE }));
    let mut batch = Batch::new();
    Json::new().parse(&log, &mut batch);
    assert_eq!(batch.errors().count(), batch.truncated().count());
    assert!(batch.errors().len() > 0);
}

/// As deep as may be, and one deeper.
#[test]
fn both_scanners_have_one_limit_on_nesting() {
    for [open, close] in [["[", "]"], ["{\"b\":", "}"]] {
        for depth in [2, 1022, 1023, 1024, 1025, 1026, 5000] {
            let nested = format!("{{\"a\":{}1{}}}", open.repeat(depth - 1), close.repeat(depth - 1));
            for log in [nested.clone(), format!("{{\"c\":1}}\n{nested}\n{{\"c\":1}}")] {
                let want = records(&Json::new().careful(), log.as_bytes(), Limits::NONE);
                assert_eq!(records(&Json::new(), log.as_bytes(), Limits::NONE), want);
            }
            let mut batch = Batch::new();
            Json::new().parse(nested.as_bytes(), &mut batch);
            assert_eq!(batch.errors().len(), usize::from(depth > 1024), "{depth}");
        }
    }
}

/// A record that was cut, where what is left of it happens to be whole, has lp's own `truncated`.
#[test]
fn a_member_is_not_taken_for_the_mark_of_a_cut() {
    let line = br#"{"a":1,"truncated":2,"b":3}"#;
    let log = [&line[..], &[b' '; 100]].concat();
    let mut batch = Batch::with_limit(line.len() as u32);
    let mut output = Output::new();
    Json::new().parse(&log, &mut batch);
    JsonEncoder::new(Json::new().schema()).encode(&batch, &log, &mut output);
    let want = "{\"timestamp\":null,\"severity\":null,\"message\":\"{\\\"a\\\":1,\\\"truncated\\\":2,\\\"b\\\":3}\",\
        \"a\":1,\"b\":3,\"parse_error\":{\"reason\":\"duplicate_key\",\"field\":\"members\",\"at\":7},\"truncated\":127}\n";
    assert_eq!(String::from_utf8_lossy(output.as_bytes()), want);
}

#[test]
fn the_fields_of_a_record() {
    let log = br#"{"a":1, "severity":"high", "b":[2], "event":"x", "c": 3, "asctime":"2025-11-06 10:30:15", "d":null}"#;
    let mut batch = Batch::new().with_time_places();
    Json::new().with_zone(Zone::fixed(3600).unwrap()).parse(log, &mut batch);
    let record = batch.record(log, 0).unwrap();
    assert_eq!(record.timestamp().unwrap().to_string(), "2025-11-06T09:30:15Z");
    assert_eq!(&log[record.time_place().unwrap()], br#""2025-11-06 10:30:15""#);
    assert_eq!(record.severity(), None);
    assert_eq!(record.get(SEVERITY_TEXT), Some(&br#""high""#[..]));
    assert_eq!(record.get(MESSAGE), Some(&br#""x""#[..]));
    let pieces = MEMBERS.map(|field| record.get(field).map(|piece| std::str::from_utf8(piece).unwrap()));
    assert_eq!(pieces, [Some("\"a\":1"), Some("\"b\":[2]"), Some("\"c\": 3"), Some("\"d\":null")]);
    let kinds: Vec<Kind> = Json::new().schema().fields().iter().map(|field| field.kind()).collect();
    assert_eq!(kinds, [Kind::Json, Kind::Json, Kind::Members, Kind::Members, Kind::Members, Kind::Members]);
}

#[test]
fn levels_can_be_added() {
    let log = b"{\"level\":\"AUDIT\"}\n{\"level\":\"audit\"}\n{\"severity\":\"info\"}\n";
    let json = Json::new()
        .with_level("AUDIT", Severity::INFO)
        .with_level("AUDIT", Severity::WARN)
        .with_level("info", Severity::DEBUG);
    let mut batch = Batch::new();
    json.parse(log, &mut batch);
    let severities: Vec<_> = batch.records(log).map(|record| record.severity()).collect();
    assert_eq!(severities, [Some(Severity::WARN), None, Some(Severity::DEBUG)]);
}

#[test]
fn nothing_is_allocated_for_a_record() {
    let line =
        br#"{"time":"2025-11-06T10:30:15.123Z","level":"info","msg":"a \"b\"","c":[1,{"d":-0.5e3}],"status":404}"#;
    let log = [&line[..], b"\n{\"ts\":1,\"big\":1e400}\n{\"severity\":\"x\"}\nno\n\n{\"time\":\"x\",\"a\":1}\n"]
        .concat()
        .repeat(1000);
    let mut batch = Batch::new();
    let first = allocation_counter::measure(|| assert_eq!(Json::new().parse(&log, &mut batch), log.len()));
    assert!(first.count_total > 0);
    let second = allocation_counter::measure(|| assert_eq!(Json::new().parse(&log, &mut batch), log.len()));
    assert_eq!(second.count_total, 0);
}
