//! Times, read by regular expressions and jiff.

use std::sync::LazyLock;

use jiff::civil::Date;
use lp_core::Timestamp;
use regex::bytes::{Captures, Regex};

/// What has the shape of a time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Read {
    /// `None` where no calendar or clock has it, or it is beyond what a timestamp holds.
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) fraction_digits: u8,
    pub(crate) len: usize,
}

/// `06/Nov/2025:10:30:15 +0000`.
pub(crate) fn clf(text: &[u8]) -> Option<Read> {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
        let shape =
            r"(?-u)\A([0-9]{2})/([A-Za-z]{3})/([0-9]{4}):([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})";
        Regex::new(shape).unwrap()
    });
    let parts = SHAPE.captures(text)?;
    let month =
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(' ').position(|name| name.as_bytes() == &parts[2]);
    let nanos = month.and_then(|month| {
        let date = (number(&parts, 3), month as i64 + 1, number(&parts, 1));
        let time = (number(&parts, 4), number(&parts, 5), number(&parts, 6));
        nanos(date, time, offset(&parts[7], number(&parts, 8), number(&parts, 9))?)
    });
    Some(read(nanos, 0, parts[0].len()))
}

/// `2025-11-06T10:30:15+00:00`, and what people make of it.
pub(crate) fn iso(text: &[u8]) -> Option<Read> {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
        let date = "([0-9]{4})(?:-([0-9]{2})-|/([0-9]{2})/)([0-9]{2})";
        let shape = format!(r"(?-u)\A{date}[Tt ]([0-9]{{2}}):([0-9]{{2}}):([0-9]{{2}})(?:[.,]([0-9]+))?");
        Regex::new(&shape).unwrap()
    });
    static OFFSET: LazyLock<[Regex; 4]> = LazyLock::new(|| {
        [
            r"(?-u)\A([Zz])",
            r"(?-u)\A ?([+-])([0-9]{2}):([0-9]{2})(?:[^0-9]|\z)",
            r"(?-u)\A ?([+-])([0-9]{2})([0-9]{2})(?:[^0-9]|\z)",
            r"(?-u)\A([+-])([0-9]{2})(?:[^0-9]|\z)",
        ]
        .map(|shape| Regex::new(shape).unwrap())
    });
    let parts = SHAPE.captures(text)?;
    let month = if parts.get(2).is_some() { 2 } else { 3 };
    let date = (number(&parts, 1), number(&parts, month), number(&parts, 4));
    let time = (number(&parts, 5), number(&parts, 6), number(&parts, 7));
    let fraction = parts.get(8).map_or(&b""[..], |digits| digits.as_bytes());
    let mut len = parts[0].len();
    let mut ahead = Some(0);
    if let Some(parts) = OFFSET.iter().find_map(|shape| shape.captures(&text[len..])) {
        if !parts[1].eq_ignore_ascii_case(b"z") {
            let minutes = if parts.get(3).is_some() { number(&parts, 3) } else { 0 };
            ahead = offset(&parts[1], number(&parts, 2), minutes);
        }
        len += parts.iter().skip(1).flatten().map(|part| part.end()).max().unwrap();
    }
    let seconds = ahead.and_then(|ahead| nanos(date, time, ahead));
    Some(read(seconds.map(|seconds| seconds + billionths(fraction)), fraction.len(), len))
}

/// Seconds since the epoch.
pub(crate) fn epoch(text: &[u8]) -> Option<Read> {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?-u)\A(-?)([0-9]+)(?:\.([0-9]+))?").unwrap());
    let parts = SHAPE.captures(text)?;
    let fraction = parts.get(3).map_or(&b""[..], |digits| digits.as_bytes());
    // More than fits is beyond the range in any case.
    let seconds: i128 = std::str::from_utf8(&parts[2]).unwrap().parse().unwrap_or(i128::MAX).min(i128::from(u64::MAX));
    let nanos = seconds * 1_000_000_000 + billionths(fraction);
    let nanos = if parts[1].is_empty() { nanos } else { -nanos };
    let read = read(Some(nanos), fraction.len(), parts[0].len());
    // A number has no shape that says that it is a time.
    read.timestamp.is_some().then_some(read)
}

fn read(nanos: Option<i128>, digits: usize, len: usize) -> Read {
    let timestamp = nanos.and_then(|nanos| i64::try_from(nanos).ok()).map(Timestamp::from_nanos);
    Read { timestamp, fraction_digits: digits.min(9) as u8, len }
}

fn number(parts: &Captures<'_>, group: usize) -> i64 {
    std::str::from_utf8(&parts[group]).unwrap().parse().unwrap()
}

fn billionths(digits: &[u8]) -> i128 {
    let digits = std::str::from_utf8(digits).unwrap();
    format!("{digits:0<9}")[..9].parse().unwrap()
}

fn offset(sign: &[u8], hours: i64, minutes: i64) -> Option<i64> {
    let seconds = hours * 3600 + minutes * 60;
    (hours < 24 && minutes < 60).then_some(if sign == b"-" { -seconds } else { seconds })
}

/// Nanoseconds since the epoch.
fn nanos(date: (i64, i64, i64), time: (i64, i64, i64), ahead: i64) -> Option<i128> {
    let date = Date::new(date.0 as i16, date.1 as i8, date.2 as i8).ok()?;
    let days = date.since(Date::constant(1970, 1, 1)).unwrap().get_days();
    let (hour, minute, second) = time;
    let seconds = i64::from(days) * 86_400 + hour * 3600 + minute * 60 + second - ahead;
    (hour < 24 && minute < 60 && second <= 60).then_some(i128::from(seconds) * 1_000_000_000)
}
