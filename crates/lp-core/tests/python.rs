//! Python's `logging`: what was printed from records is read back as those records, and what is no such log as regular
//! expressions read it.
//!
//! Ambiguous lines are not generated: values before the message have none of the signs that stand between them, nor do
//! lines behind a record's first; no message ends with a line end that a traceback follows, or begins like a traceback;
//! and a level that is not known has no known one behind it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "python/formats.rs"]
mod formats;
#[path = "python/naive.rs"]
mod naive;
#[path = "python/records.rs"]
mod records;

use formats::Format as Text;
use lp_core::format::python::{LEVEL, LOGGER, MESSAGE, Python, Style, TRACEBACK};
use lp_core::{Batch, Format, Record, Severity, TimeFormat, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use records::{Logged, NUMBERS, TEXTS};

fn compile(format: &Text) -> Python {
    let date = format.date_format.map(|date| TimeFormat::compile(&date.replace("+0200", "%z")).unwrap());
    let python = Python::compile(&format.text(), format.style, date.as_ref());
    python.unwrap_or_else(|error| panic!("{}: {error}", format.text())).with_level("LOUD", Severity::FATAL)
}

/// The record says what was logged: everything.
fn check(record: &Record<'_>, logged: &Logged, format: &Text, python: &Python) {
    let schema = python.schema();
    let text = |field| record.get(field).map(|text| std::str::from_utf8(text).unwrap());
    let shown = |name: &str| {
        let attribute = format.attributes.iter().find(|attribute| attribute.name == name)?;
        Some(attribute.shown(&logged.text(name, format)))
    };
    assert_eq!(record.error(), None);
    assert_eq!(text(MESSAGE), Some(logged.message.as_str()));
    assert_eq!(text(TRACEBACK), logged.traceback.as_deref());
    assert_eq!(text(LEVEL).map(str::to_owned), shown("levelname"));
    assert_eq!(text(LOGGER).map(str::to_owned), shown("name"));

    let known = format.has("levelname") || format.has("levelno");
    assert_eq!(record.severity(), logged.severity.filter(|_| known));

    let (has_time, has_created) = (format.has("asctime") && format.date_is_whole(), format.has("created"));
    let millis_are_written = has_created || has_time && (format.date_format.is_none() || format.has("msecs"));
    let millis = if millis_are_written { logged.millis } else { logged.millis - logged.millis.rem_euclid(1000) };
    let time = (has_time || has_created).then(|| Timestamp::from_nanos(millis * 1_000_000));
    assert_eq!(record.timestamp(), time);
    if time.is_some() {
        let digits = if has_created {
            6
        } else if millis_are_written {
            3
        } else {
            0
        };
        assert_eq!(record.fraction_digits(), digits);
    }

    for attribute in &format.attributes {
        let name = attribute.name;
        let logged = shown(name);
        match name {
            "message" | "levelname" | "name" | "created" => assert_eq!(schema.field(name).is_some(), name == "message"),
            "asctime" if format.date_is_whole() => assert_eq!(schema.field(name), None),
            "msecs" if format.date_format.is_some() && has_time => assert_eq!(schema.field(name), None),
            _ => {
                let field = schema.field(name).unwrap();
                assert_eq!(text(field).map(str::to_owned), logged, "{name}");
                if NUMBERS.contains(&name) || name == "levelno" {
                    assert_eq!(record.integer(field), logged.map(|number| number.parse().unwrap()), "{name}");
                } else {
                    assert!(TEXTS.contains(&name) || matches!(name, "asctime" | "msecs" | "relativeCreated"));
                }
            }
        }
    }
}

fn format_and_records() -> impl Strategy<Value = (Text, Vec<Logged>)> {
    formats::format().prop_flat_map(|format| {
        let records = vec(records::logged(&format), 1..5);
        (Just(format), records)
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_parsed((format, logged) in format_and_records(), capacity in 1_usize..6) {
        let python = compile(&format);
        let printed: Vec<String> = logged.iter().map(|logged| logged.print(&format)).collect();
        let log = printed.iter().map(|record| format!("{record}\n")).collect::<String>().into_bytes();
        let mut logged = printed.iter().zip(&logged);
        let mut batch = Batch::new().with_capacity(capacity);
        let mut rest = &log[..];
        while !rest.is_empty() {
            let taken = python.parse(rest, &mut batch);
            assert!(taken == rest.len() || batch.is_full());
            for record in batch.records(rest) {
                let (printed, logged) = logged.next().expect("no more records than were logged");
                assert_eq!(String::from_utf8_lossy(record.raw()), *printed, "{}", format.text());
                check(&record, logged, &format, &python);
            }
            rest = &rest[taken..];
        }
        assert!(logged.next().is_none(), "a record for each that was logged");
    }

    #[test]
    fn a_regular_expression_reads_the_same(
        number in 0..naive::FORMATS.len(), pieces in vec(prop::sample::select(naive::PIECES.to_vec()), 0..40),
    ) {
        let (text, pattern) = naive::FORMATS[number];
        let python = Python::compile(text, Style::Percent, None).unwrap();
        let log = pieces.concat().trim_start_matches('\n').as_bytes().to_vec();
        let mut batch = Batch::new();
        python.parse(&log, &mut batch);
        let want = naive::read(pattern, &log);
        assert_eq!(batch.len(), want.len());
        for (record, want) in batch.records(&log).zip(want) {
            assert_eq!(record.raw(), want.raw);
            let Some(values) = want.values else {
                assert!(record.error().is_some());
                continue;
            };
            assert_eq!((record.error(), record.timestamp().is_some()), (None, text.contains("asctime")));
            assert_eq!((record.get(MESSAGE), record.get(TRACEBACK)), (Some(&want.message[..]), want.traceback.as_deref()));
            for (name, value) in values {
                let field = if name == "name" { Some(LOGGER) } else { python.schema().field(name) };
                assert_eq!(record.get(field.unwrap()), Some(&value[..]), "{name}");
            }
        }
    }

    #[test]
    fn any_text_compiles_or_says_where_it_is_wrong(
        text in "([ -~]|%\\([a-z]{1,7}\\)-?[0-9]{0,2}[sdx]|\\{[a-z]{1,7}(:[*<>^]{0,2}[0-9]{0,2})?\\}|\\$[a-z]{1,8}|\u{e9}|\n){0,12}",
    ) {
        for style in [Style::Percent, Style::Brace, Style::Dollar] {
            if let Err(error) = Python::compile(&text, style, None) {
                prop_assert!(text.get(error.at()).is_some(), "{:?} of {text:?}", error.at());
            }
        }
    }
}

#[test]
fn a_value_is_filled_up_to_its_width_and_no_further() {
    // Signs before the level and behind it, and whether they fill it up.
    for (text, fits) in [
        ("{levelname:*>8s}|{message}", (|before, behind| (before, behind) == (4, 0)) as fn(usize, usize) -> bool),
        ("{levelname:*<8s}|{message}", |before, behind| (before, behind) == (0, 4)),
        ("{levelname:*^8s}|{message}", |before, behind| before + behind == 4),
    ] {
        let python = Python::compile(text, Style::Brace, None).unwrap();
        for (before, behind) in (0..12).flat_map(|before| (0..12).map(move |behind| (before, behind))) {
            let line = format!("{}INFO{}|m", "*".repeat(before), "*".repeat(behind));
            assert_eq!(python.starts_record(line.as_bytes()), fits(before, behind), "{text} {line}");
        }
    }
}

/// A fraction of a second that never ends is no time.
#[test]
fn a_time_has_so_many_bytes() {
    let python = Python::compile("%(asctime)s %(message)s", Style::Percent, None).unwrap();
    let starts =
        |digits: usize| python.starts_record(format!("2025-11-06 10:30:15,{} m", "0".repeat(digits)).as_bytes());
    assert!(starts(1000));
    assert!(!starts(1010));
}
