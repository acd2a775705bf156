//! Well-formed lines, read by a regular expression.

use std::sync::LazyLock;

use jiff::fmt::strtime;
use lp_core::format::access::{self, Access};
use lp_core::{Batch, Field, Format, Reason, Record, Severity, Slot, Timestamp};
use proptest::prelude::*;
use regex::bytes::{Captures, Regex};

use super::lines;

static COMBINED: LazyLock<Regex> = LazyLock::new(|| grammar(r#" "(?<referer>TEXT)" "(?<agent>TEXT)" ?(?<extra>.*)"#));
static COMMON: LazyLock<Regex> = LazyLock::new(|| grammar("(?: (?<extra>.*))?"));

/// Both formats up to the size, and what follows it in one of them.
fn grammar(rest: &str) -> Regex {
    let grammar = [
        r"(?s-u)^(?<client>(?:[^\x00-\x20]*, )*[^\x00-\x20]*[^\x00-\x20,]) [^\x00-\x20]+ (?<user>TEXT) ",
        r#"\[(?<time>\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "(?<request>TEXT)" "#,
        r"(?<status>[0-9]{3}|-) (?<size>[0-9]+|-)",
        rest,
        "$",
    ];
    Regex::new(&grammar.concat().replace("TEXT", r#"(?:[^"\\]|\\.)*"#)).unwrap()
}

static REQUEST: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("(?s-u)^(?<method>[^ ]+) (?<path>.+) (?<protocol>HTTP/[^ ]*)$").unwrap());

/// What the time of a line is, or what is wrong with it.
fn time(text: &[u8]) -> Result<Timestamp, Reason> {
    const MONTHS: &str = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
    let text = std::str::from_utf8(text).unwrap();
    let (day, month, time, zone) = (&text[..3], &text[3..6], &text[6..17], &text[21..]);
    let second: i64 = text[18..20].parse().unwrap();
    let zone_exists = &zone[1..3] < "24" && &zone[3..] < "60";
    if !MONTHS.split(' ').any(|name| name == month) || second > 60 || !zone_exists {
        return Err(Reason::InvalidTime);
    }
    let minute = format!("{day}{month}{time} {zone}");
    let minute = strtime::parse("%d/%b/%Y:%H:%M %z", minute)
        .and_then(|parts| parts.to_datetime()?.to_zoned(parts.offset().unwrap().to_time_zone()))
        .map_err(|_| Reason::InvalidTime)?;
    Timestamp::from_seconds(minute.timestamp().as_second() + second).ok_or(Reason::TimeOutOfRange)
}

/// What the record must say of the line that the expression took apart: everything.
fn check(record: &Record<'_>, line: &Captures<'_>, combined: bool) {
    let part = |name| line.name(name).map(|part| part.as_bytes());
    let value = |name| part(name).filter(|text| *text != b"-");
    let at = |name| line.name(name).unwrap().start() as u32;
    let mut errors = Vec::new();

    assert_eq!(record.get(access::CLIENT_IP), value("client"));
    assert_eq!(record.get(access::USER), value("user"));
    let request = part("request").unwrap();
    let parts = REQUEST.captures(request);
    for (field, name) in [(access::METHOD, "method"), (access::PATH, "path"), (access::PROTOCOL, "protocol")] {
        let want = parts.as_ref().map(|parts| parts.name(name).unwrap().as_bytes());
        assert_eq!(record.get(field), want, "{name}");
    }
    assert_eq!(record.get(access::REQUEST), value("request").filter(|_| parts.is_none()));

    let time = time(part("time").unwrap());
    assert_eq!(record.timestamp(), time.ok());
    errors.extend(time.err().map(|reason| (reason, Slot::Timestamp, at("time"))));

    let status = value("status").map(|digits| std::str::from_utf8(digits).unwrap().parse().unwrap());
    assert_eq!(record.integer(access::STATUS_CODE), status);
    assert_eq!(record.severity(), status.map(|status| Severity::from_status(status as u16)));

    let size = value("size").map(|digits| std::str::from_utf8(digits).unwrap().parse::<u64>());
    let size = size.map(|size| size.ok().filter(|size| *size < u64::MAX));
    assert_eq!(record.integer(access::RESPONSE_SIZE), size.flatten());
    if size == Some(None) {
        errors.push((Reason::NumberTooLarge, Slot::Field(access::RESPONSE_SIZE), at("size")));
    }

    let extra: Field = if combined { access::EXTRA } else { access::COMMON_EXTRA };
    assert_eq!(record.get(extra), part("extra").filter(|text| !text.is_empty()));
    if combined {
        assert_eq!(record.get(access::REFERER), value("referer"));
        assert_eq!(record.get(access::USER_AGENT), value("agent"));
    }

    let error = record.error().map(|error| (error.reason(), error.slot(), error.at()));
    assert_eq!(error, errors.first().copied());
    assert_eq!(record.truncated(), None);
}

/// Whether the line is well formed; if so, the record says what the expression does.
fn is_well_formed(line: &[u8], combined: bool) -> bool {
    let (grammar, format) = match combined {
        true => (&*COMBINED, Access::combined()),
        false => (&*COMMON, Access::common()),
    };
    let Some(captures) = grammar.captures(line) else { return false };
    let mut batch = Batch::new();
    // One carriage return belongs to the terminator, any before it to the line.
    let input = [line, b"\r\n"].concat();
    assert_eq!(format.parse(&input, &mut batch), input.len());
    let records: Vec<_> = batch.records(&input).collect();
    let [record] = &records[..] else { panic!("not one record: {records:?}") };
    assert_eq!(record.raw(), line);
    check(record, &captures, combined);
    true
}

proptest! {
    #[test]
    fn a_regular_expression_reads_the_same(combined in lines::combined(), ordinary in lines::ordinary()) {
        prop_assert!(is_well_formed(&combined, true));
        // A combined line is a common one with something extra.
        prop_assert!(is_well_formed(&ordinary, false));
    }

    #[test]
    fn a_regular_expression_reads_the_same_of_mutated_lines(line in lines::mutated()) {
        for line in line.split(|&byte| byte == b'\n') {
            is_well_formed(line, true);
            is_well_formed(line, false);
        }
    }
}
