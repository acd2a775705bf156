//! The parser of an application's lines against regular expressions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod mutation;
mod seen;

use std::sync::LazyLock;

use lp_core::format::app::{App, MESSAGE};
use lp_core::{Batch, Format, Reason, Slot, Timestamp, Zone};
use mutation::{chosen, log, mutated, words};
use proptest::prelude::*;
use proptest::sample::Index;
use regex::bytes::{Captures, Regex};
use seen::{Limits, assert_pieces_do_not_matter, limits, records, split};

fn regex(pattern: &str) -> Regex {
    let local = r"(?<y>\d{4})(?:-(?<m1>\d\d)-|/(?<m2>\d\d)/)(?<d>\d\d)[ Tt](?<H>\d\d):(?<M>\d\d):(?<S>\d\d)(?:[.,](?<fraction>\d+))?";
    // An offset ends where no digit follows, and there must be what follows.
    let offset = r"(?:[Zz]|[+-](?<oh>[01]\d|2[0-3])(?::?(?<om>[0-5]\d))?| (?<spaced>[+-](?:[01]\d|2[0-3]):?[0-5]\d))?";
    let pattern = pattern.replace("TIME", "LOCALOFFSET").replace("LOCAL", local).replace("OFFSET", offset);
    Regex::new(&format!("(?s-u){}", pattern.replace(r"\d", "[0-9]"))).unwrap()
}

/// Times in brackets, and with a space behind.
static BRACKETED: LazyLock<Regex> = LazyLock::new(|| regex(r"^\[(?<time>TIME)\] ?"));
static BARE: LazyLock<Regex> = LazyLock::new(|| regex(r"^(?<time>TIME) "));
static AT_THE_END: LazyLock<Regex> = LazyLock::new(|| regex(r"^(?<time>TIME)$"));
/// Up to where it can be seen that there is no such day or minute.
static LOCAL: LazyLock<Regex> = LazyLock::new(|| regex(r"^\[?(?<time>LOCAL)"));

/// What a clock shows, if clocks can.
fn clock(time: &Captures<'_>) -> Option<jiff::civil::DateTime> {
    let number =
        |name| time.name(name).map(|part| std::str::from_utf8(part.as_bytes()).unwrap().parse::<i16>().unwrap());
    let part = |name| number(name).unwrap() as i8;
    let month = number("m1").or(number("m2")).unwrap() as i8;
    let minute = jiff::civil::DateTime::new(number("y").unwrap(), month, part("d"), part("H"), part("M"), 0, 0).ok()?;
    (part("S") <= 60).then_some(minute)
}

/// The moment in UTC.
fn moment(time: &Captures<'_>) -> Result<(Timestamp, u8), Reason> {
    let text = |name| time.name(name).map_or("", |part| std::str::from_utf8(part.as_bytes()).unwrap());
    let minute = clock(time).ok_or(Reason::InvalidTime)?;
    let minute = minute.duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0)).as_secs();
    let offset: String = [text("spaced"), text("oh"), text("om")].concat().replace([':', '+', '-'], "");
    let offset = format!("{offset:0<4}").parse::<i128>().unwrap();
    let offset = (offset / 100 * 60 + offset % 100) * 60;
    // Of the whole time only the offset may have a sign behind the day.
    let offset = if text("time")[11..].contains('-') { -offset } else { offset };
    let seconds = i128::from(minute) + text("S").parse::<i128>().unwrap() - offset;
    let digits = &text("fraction")[..text("fraction").len().min(9)];
    let nanos: i128 = format!("{digits:0<9}").parse().unwrap();
    let nanos = i64::try_from(seconds * 1_000_000_000 + nanos).map_err(|_| Reason::TimeOutOfRange)?;
    Ok((Timestamp::from_nanos(nanos), digits.len() as u8))
}

fn starts(line: &[u8]) -> bool {
    let matches = |regex: &Regex| regex.captures(line).is_some_and(|time| clock(&time).is_some());
    let impossible = LOCAL.captures(line).is_some_and(|time| clock(&time).is_none());
    impossible || matches(&BRACKETED) || matches(&BARE) || matches(&AT_THE_END)
}

fn assert_naive_agrees(log: &[u8], limits: Limits) {
    let mut batch = Limits { capacity: usize::MAX, ..limits }.batch().with_time_places();
    App::new().parse(log, &mut batch);
    let want = split(log, starts);
    assert_eq!(batch.len(), want.len());
    for (record, (range, first_line)) in batch.records(log).zip(want) {
        let text = record.raw();
        let name = text.escape_ascii().to_string();
        assert_eq!(record.offset(), range.start);
        assert!(log[range.clone()].starts_with(text));
        let line = &text[..first_line.min(text.len())];
        let cut = line.len() < first_line;
        let time = [&*BRACKETED, &*AT_THE_END, &*BARE].into_iter().find_map(|regex| regex.captures(line));
        // What the line was cut in may be the time or its offset.
        let is_cut = |time: &Captures<'_>| {
            let behind = &line[time.name("time").unwrap().end()..];
            cut && behind.iter().all(|byte| b" +-:0123456789".contains(byte))
        };
        let time = time.filter(|time| clock(time).is_some() && !is_cut(time));
        let Some(time) = time else {
            let reason = record.error().unwrap_or_else(|| panic!("{name}")).reason();
            assert_eq!(reason == Reason::EmptyLine, line.is_empty(), "{name}");
            assert_eq!(record.get(MESSAGE), None, "{name}");
            continue;
        };
        assert_eq!(record.get(MESSAGE), Some(&text[time[0].len()..]), "{name}");
        match moment(&time) {
            Ok((moment, digits)) => {
                assert_eq!((record.timestamp(), record.fraction_digits()), (Some(moment), digits), "{name}");
                assert_eq!(record.time_place(), Some(time.name("time").unwrap().range()), "{name}");
                assert_eq!(record.error(), None);
            }
            Err(reason) => {
                assert_eq!(record.timestamp(), None);
                assert_eq!(record.error().map(|error| error.reason()), Some(reason), "{name}");
            }
        }
    }
}

fn line() -> BoxedStrategy<Vec<u8>> {
    const INSERTS: &[&str] =
        &[" ", "[", "]", "Z", "+01:00", " -0800", "+99", " +9900", ".123456789012", ",5", "\n", "\r", "9", "T", "\0"];
    let date = chosen(&[
        "2025-11-06",
        "2025-11-06",
        "2025/11/06",
        "2024-02-29",
        "2025-02-29",
        "1969-12-31",
        "9999-12-31",
        "2025-11/06",
    ]);
    let between = chosen(&[" ", " ", "T", "t", "  ", ""]);
    let time =
        prop_oneof![3 => chosen(&["10:30:15", "10:30:16", "10:31:00"]), 1 => words("[0-2][0-9]:[0-6][0-9]:[0-6][0-9]")];
    let fraction = prop_oneof![2 => Just(Vec::new()), 2 => words("[.,][0-9]{3}"), 1 => words("[.,:][0-9]{0,12}")];
    let offset = prop_oneof![
        3 => Just(Vec::new()),
        2 => chosen(&["Z", "z", "+00:00", "+01:00", "-0800", "+05", " +0000", " -08:00", " +05"]),
        1 => words(" ?[+-][0-9]{1,5}"),
        1 => words("[+-][0-9]{2}:[0-9]{1,3}"),
    ];
    let message = prop_oneof![3 => words("[ -~]{0,20}"), 1 => chosen(&["", "a\n b\n", "\t", "\u{e9}"])];
    let around = proptest::sample::select(vec![
        ("[", "] "),
        ("[", "] "),
        ("", " "),
        ("", " "),
        ("", ""),
        ("[", ""),
        ("[", " "),
        ("", "]"),
        ("[", "]"),
    ]);
    let time = (date, between, time, fraction, offset)
        .prop_map(|parts| [parts.0, parts.1, parts.2, parts.3, parts.4].concat());
    let ordinary = (around, time, message).boxed();
    let ordinary = ordinary
        .prop_map(|((before, behind), time, message)| [before.as_bytes(), &time, behind.as_bytes(), &message].concat())
        .boxed();
    prop_oneof![
        6 => ordinary.clone(),
        4 => mutated(ordinary, INSERTS),
        1 => prop::collection::vec(any::<u8>(), 0..60),
        2 => words("[ -~]{0,30}"),
        1 => Just(Vec::new()),
    ]
    .boxed()
}

proptest! {
    #[test]
    fn a_naive_reader_reads_the_same(log in log(line(), 0..10), limits in limits()) {
        assert_naive_agrees(&log, limits);
    }

    #[test]
    fn pieces_and_batches_do_not_matter(
        log in log(line(), 0..12), cuts in prop::collection::vec(any::<Index>(), 0..8), limits in limits(),
    ) {
        let format = App::new();
        assert_pieces_do_not_matter(&format, &log, &cuts, limits);
        let unlimited = Limits { capacity: usize::MAX, ..limits };
        prop_assert_eq!(records(&format, &log, limits), records(&format, &log, unlimited));
    }
}

/// Time, message and error of a lone record.
fn check(text: &str, time: Option<&str>, message: Option<&str>, error: Option<(Reason, Slot, u32)>) {
    let mut batch = Batch::new();
    let format = App::new().with_zone(Zone::fixed(-3600).unwrap());
    assert_eq!(format.parse(text.as_bytes(), &mut batch), text.len());
    assert_eq!(batch.len(), 1, "{text}");
    let record = batch.record(text.as_bytes(), 0).unwrap();
    let digits = usize::from(record.fraction_digits());
    assert_eq!(record.timestamp().map(|time| format!("{time:.digits$}")).as_deref(), time, "{text}");
    assert_eq!(record.get(MESSAGE), message.map(str::as_bytes), "{text}");
    assert_eq!(record.severity(), None);
    assert_eq!(record.error().map(|error| (error.reason(), error.slot(), error.at())), error, "{text}");
}

#[test]
fn times_and_messages() {
    let good = |text, time, message| check(text, Some(time), Some(message), None);
    good("[2025-11-06 10:30:15] Processing request...\n", "2025-11-06T11:30:15Z", "Processing request...");
    good("2025-11-06T10:30:15.123Z x\r\n", "2025-11-06T10:30:15.123Z", "x");
    good("2025-11-06 10:30:15,5 a\n  b\n\nc\n", "2025-11-06T11:30:15.5Z", "a\n  b\n\nc");
    good("[2025-11-06 10:30:15 +0100] [123] [INFO] Booting", "2025-11-06T09:30:15Z", "[123] [INFO] Booting");
    good("[2025-11-06T10:30:15,123][INFO ][node] x", "2025-11-06T11:30:15.123Z", "[INFO ][node] x");
    good("2025/11/06 10:30:15  x ", "2025-11-06T11:30:15Z", " x ");
    good("2025-11-06 10:30:15 +0100 x", "2025-11-06T09:30:15Z", "x");
    good("2025-11-06 10:30:15 +0100x", "2025-11-06T11:30:15Z", "+0100x");
    good("2025-11-06 10:30:15 +9900 points", "2025-11-06T11:30:15Z", "+9900 points");
    good("2025-11-06 10:30:15\nx", "2025-11-06T11:30:15Z", "\nx");
    good("[2025-11-06 10:30:15]", "2025-11-06T11:30:15Z", "");
}

#[test]
fn what_is_no_record() {
    let message = Slot::Field(MESSAGE);
    check("\n", None, None, Some((Reason::EmptyLine, Slot::Timestamp, 0)));
    check("x\n y", None, None, Some((Reason::InvalidTime, Slot::Timestamp, 0)));
    check("[x", None, None, Some((Reason::InvalidTime, Slot::Timestamp, 1)));
    check("[2025-02-30 10:30:15] x", None, None, Some((Reason::InvalidTime, Slot::Timestamp, 1)));
    check("9999-02-28 10:30:15 x", None, Some("x"), Some((Reason::TimeOutOfRange, Slot::Timestamp, 0)));
    let time = Some("2025-11-06T11:30:15Z");
    check("2025-11-06 10:30:15x", time, None, Some((Reason::UnexpectedByte, message, 19)));
    check("[2025-11-06 10:30:15 x] y", time, None, Some((Reason::UnexpectedByte, message, 20)));
    check("[2025-11-06 10:30:15", time, None, Some((Reason::Missing, message, 20)));
}
