//! What benchmarks and tests rely on, checked with a strict parser that shares no code with the
//! generator.

mod common;

use std::ops::Range;

use corpus::python::{Generator, generate};

use self::common::{MEGABYTE, assert_no_gap_is_left, contains, has_shape, lines, percent};

const LEVELS: [&str; 5] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
const TRACEBACK: &str = "Traceback (most recent call last):\n";

/// The level of a line that starts a record.
fn level(line: &[u8]) -> Option<&'static str> {
    const START: &str = "0000-00-00 00:00:00,000 - ";
    let (start, rest) = line.split_at_checked(START.len())?;
    let level = LEVELS.into_iter().find(|level| rest.starts_with(level.as_bytes()))?;
    (has_shape(start, START) && rest[level.len()..].starts_with(b" - ")).then_some(level)
}

fn records(text: &[u8]) -> Vec<&[u8]> {
    common::records(text, |line| level(line).is_some())
}

fn line_count(record: &[u8]) -> usize {
    lines(record).count()
}

#[test]
fn the_summary_agrees_with_a_strict_parser() {
    for seed in 0..5 {
        let mut text = Vec::new();
        let summary = Generator::new(seed).write_lines(&mut text, 4 * MEGABYTE);
        let records = records(&text);
        let tracebacks = records.iter().filter(|record| contains(record, TRACEBACK)).count();
        assert!(records.iter().all(|record| level(record).is_some()));
        assert_eq!(summary.lines, lines(&text).count() as u64);
        assert_eq!(summary.records, records.len() as u64);
        assert_eq!(summary.tracebacks, tracebacks as u64);
        assert_eq!(summary.well_formed(), summary.records);
    }
}

#[test]
fn lines_have_their_usual_length() {
    for seed in 0..10 {
        let text = generate(seed, 4 * MEGABYTE);
        let mean = text.len() as f64 / lines(&text).count() as f64;
        assert!((100.0..110.0).contains(&mean), "seed {seed}: {mean}");
    }
}

#[test]
fn the_mix_is_that_of_a_real_service() {
    for seed in 0..5 {
        let text = generate(seed, 20 * MEGABYTE);
        let records = records(&text);
        let check = |what, range: Range<f64>, condition: &dyn Fn(&[u8]) -> bool| {
            let percent = percent(&records, |record| condition(record));
            assert!(range.contains(&percent), "seed {seed}: {what}: {percent:.2}%");
        };
        for (wanted, range) in LEVELS.into_iter().zip([9.0..13.0, 80.0..85.0, 3.5..6.0, 1.0..2.5, 0.1..0.4]) {
            check(wanted, range, &|record| level(record) == Some(wanted));
        }
        check("tracebacks", 0.45..0.55, &|record| contains(record, TRACEBACK));
        check("long messages", 0.25..0.35, &|record| line_count(record) > 1 && !contains(record, TRACEBACK));
        check("empty messages", 0.05..0.3, &|record| record.ends_with(b" - \n"));
        check("without ASCII alone", 0.3..2.0, &|record| !record.is_ascii());
    }
}

#[test]
fn tracebacks_are_of_all_kinds() {
    let text = generate(1, 100 * MEGABYTE);
    let records = records(&text);
    let tracebacks: Vec<_> = records.into_iter().filter(|record| contains(record, TRACEBACK)).collect();
    let check = |what, range: Range<f64>, condition: &dyn Fn(&[u8]) -> bool| {
        let percent = percent(&tracebacks, |record| condition(record));
        assert!(range.contains(&percent), "{what}: {percent:.2}%");
    };
    check("errors", 85.0..92.0, &|record| level(record) == Some("ERROR"));
    check("several frames", 99.0..100.1, &|record| record.split(|&byte| byte == b'\n').count() > 5);
    check("of one exception while another was handled", 15.0..25.0, &|record| {
        contains(record, "\n\nDuring handling of")
    });
    check("of one exception by another", 5.0..12.0, &|record| contains(record, "\n\nThe above exception was"));
    check("carets", 55.0..65.0, &|record| contains(record, "^^^^"));
    check("carets in tildes", 10.0..25.0, &|record| contains(record, "~~^^") || contains(record, "~^~"));
    check("groups", 0.5..3.0, &|record| contains(record, "\n  + Exception Group Traceback"));
    check("in the place of the message", 3.0..7.0, &|record| contains(&record[..70], " - Traceback (most"));
    check("below an empty message", 0.3..3.0, &|record| contains(&record[..40], " - \n"));
}

#[test]
fn all_text_is_utf_8_and_complete() {
    let text = generate(1, 10 * MEGABYTE);
    assert!(std::str::from_utf8(&text).is_ok());
    assert_no_gap_is_left(&text);
}

#[test]
fn time_does_not_go_back() {
    let text = generate(1, 10 * MEGABYTE);
    let records = records(&text);
    assert!(records[0].starts_with(b"2025-11-06 10:30:15,"));
    assert!(records.windows(2).all(|pair| pair[0][..23] <= pair[1][..23]));
}
