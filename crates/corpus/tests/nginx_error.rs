//! What benchmarks and tests rely on, checked with a strict parser that shares no code with the
//! generator.

mod common;

use std::collections::HashSet;
use std::net::IpAddr;
use std::ops::Range;

use corpus::nginx_error::{Generator, generate};

use self::common::{MEGABYTE, assert_no_gap_is_left, contains, has_shape, lines, percent};

const START: &str = "0000/00/00 00:00:00";

#[derive(Debug)]
struct Record<'a> {
    level: &'a str,
    has_connection: bool,
    message: &'a [u8],
    client: Option<IpAddr>,
    /// What stands behind the server.
    rest: &'a [u8],
}

impl Record<'_> {
    fn has(&self, key: &str) -> bool {
        contains(self.rest, &format!(", {key}: \""))
    }
}

fn starts_record(line: &[u8]) -> bool {
    line.split_at_checked(START.len()).is_some_and(|(start, rest)| has_shape(start, START) && rest.starts_with(b" ["))
}

fn records(text: &[u8]) -> Vec<&[u8]> {
    common::records(text, starts_record)
}

/// A record, or nothing if it is none.
fn parse(record: &[u8]) -> Option<Record<'_>> {
    let record = record.strip_suffix(b"\n")?;
    let rest = record[START.len()..].strip_prefix(b" [")?;
    let (level, rest) = split_once(rest, "] ")?;
    let (process, rest) = split_once(rest, ": ")?;
    let (process, thread) = split_once(process, "#")?;
    let number = rest.strip_prefix(b"*").and_then(|rest| split_once(rest, " "));
    let (has_connection, rest) = match number {
        Some((number, rest)) => (number.iter().all(u8::is_ascii_digit), rest),
        None => (false, rest),
    };
    let level = std::str::from_utf8(level).ok()?;
    let is_number = !process.is_empty() && process.iter().all(u8::is_ascii_digit);
    let known = ["info", "notice", "warn", "error", "crit", "alert", "emerg"].contains(&level);
    if !known || !is_number || process != thread || rest.is_empty() {
        return None;
    }
    let Some((message, context)) = split_last(rest, ", client: ") else {
        return Some(Record { level, has_connection, message: rest, client: None, rest: b"" });
    };
    let (client, context) = split_once(context, ", server: ")?;
    let client = std::str::from_utf8(client).ok()?.parse().ok()?;
    let server = context.iter().position(|&byte| byte == b',').unwrap_or(context.len());
    let rest = &context[server..];
    let complete = rest.is_empty() || rest.starts_with(b", request: \"") && rest.ends_with(b"\"");
    complete.then_some(Record { level, has_connection, message, client: Some(client), rest })
}

fn split_at_part<'a>(text: &'a [u8], part: &str, at: Option<usize>) -> Option<(&'a [u8], &'a [u8])> {
    at.map(|at| (&text[..at], &text[at + part.len()..]))
}

fn split_once<'a>(text: &'a [u8], part: &str) -> Option<(&'a [u8], &'a [u8])> {
    split_at_part(text, part, text.windows(part.len()).position(|window| window == part.as_bytes()))
}

fn split_last<'a>(text: &'a [u8], part: &str) -> Option<(&'a [u8], &'a [u8])> {
    split_at_part(text, part, text.windows(part.len()).rposition(|window| window == part.as_bytes()))
}

#[test]
fn the_summary_agrees_with_a_strict_parser() {
    for seed in 0..5 {
        let mut text = Vec::new();
        let summary = Generator::new(seed).write_lines(&mut text, 4 * MEGABYTE);
        let records = records(&text);
        for record in &records {
            assert!(parse(record).is_some(), "{}", record.escape_ascii());
        }
        assert_eq!(summary.lines, lines(&text).count() as u64);
        assert_eq!(summary.records, records.len() as u64);
        assert_eq!(summary.well_formed(), summary.records);
        assert_eq!(summary.tracebacks, 0);
    }
}

/// nginx cuts what is longer.
#[test]
fn records_are_no_longer_than_nginx_writes_them() {
    for seed in 0..10 {
        assert!(records(&generate(seed, 4 * MEGABYTE)).iter().all(|record| record.len() <= 2048));
    }
}

#[test]
fn the_mix_is_that_of_a_real_server() {
    for seed in 0..5 {
        let text = generate(seed, 10 * MEGABYTE);
        let raw = records(&text);
        let records: Vec<_> = raw.iter().filter_map(|record| parse(record)).collect();
        let check = |what, range: Range<f64>, condition: &dyn Fn(&Record<'_>) -> bool| {
            let percent = percent(&records, condition);
            assert!(range.contains(&percent), "seed {seed}: {what}: {percent:.2}%");
        };
        for (level, range) in [
            ("info", 5.0..9.0),
            ("notice", 3.0..6.0),
            ("warn", 5.0..9.0),
            ("error", 74.0..84.0),
            ("crit", 2.0..4.0),
            ("alert", 0.1..0.4),
            ("emerg", 0.01..0.15),
        ] {
            check(level, range, &|record| record.level == level);
        }
        check("no connection", 3.5..5.5, &|record| !record.has_connection);
        check("no client", 5.0..7.0, &|record| record.client.is_none());
        check("no request", 12.0..14.0, &|record| record.rest.is_empty());
        check("IPv6", 12.0..18.0, &|record| matches!(record.client, Some(IpAddr::V6(_))));
        check("several lines", 0.8..1.2, &|record| record.message.contains(&b'\n'));

        check("missing files", 26.0..34.0, &|record| record.message.starts_with(b"open() \"/var/www/html/"));
        check("timeouts", 8.0..14.0, &|record| record.message.starts_with(b"upstream timed out (110: "));
        check("limits", 4.0..8.0, &|record| record.message.starts_with(b"limiting requests, excess: "));
        check("handshakes", 3.0..6.0, &|record| record.message.starts_with(b"SSL_do_handshake() failed "));
        check("refused by rule", 3.0..6.0, &|record| record.message == b"access forbidden by rule");
        check("PHP", 2.5..4.5, &|record| record.message.starts_with(b"FastCGI sent in stderr: \""));

        check("upstreams", 30.0..45.0, &|record| record.has("upstream"));
        check("subrequests", 0.5..2.0, &|record| record.has("subrequest"));
        check("referrers", 40.0..60.0, &|record| record.has("referrer"));
        check("hosts", 85.0..90.0, &|record| record.has("host"));
        check("not UTF-8", 0.2..0.8, &|record| std::str::from_utf8(record.rest).is_err());
        check("quotes inside", 0.1..1.0, &|record| contains(record.rest, "=\""));
    }
}

#[test]
fn messages_and_clients_are_many() {
    let text = generate(1, 10 * MEGABYTE);
    let records = records(&text);
    let parsed: Vec<_> = records.iter().filter_map(|record| parse(record)).collect();
    let clients: HashSet<_> = parsed.iter().filter_map(|record| record.client).collect();
    let messages: HashSet<_> = parsed.iter().map(|record| record.message).collect();
    assert!(clients.len() > 3000, "{} clients", clients.len());
    assert!(messages.len() > 10_000, "{} messages", messages.len());
}

#[test]
fn all_text_is_complete() {
    assert_no_gap_is_left(&generate(1, 10 * MEGABYTE));
}

#[test]
fn time_does_not_go_back() {
    let text = generate(1, 10 * MEGABYTE);
    let records = records(&text);
    assert!(records[0].starts_with(b"2025/11/06 10:30:15 ["));
    assert!(records.windows(2).all(|pair| pair[0][..START.len()] <= pair[1][..START.len()]));
}
