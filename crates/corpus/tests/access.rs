//! What benchmarks and tests rely on, checked with a strict parser that shares no code with the
//! generator.

mod common;

use std::collections::{HashMap, HashSet};

use corpus::access::{Generator, generate};

use self::common::{MEGABYTE, lines, percent};

#[derive(Debug)]
struct Record<'a> {
    address: &'a str,
    user: &'a str,
    minute: &'a str,
    request: &'a str,
    status: u16,
    size: u64,
    referer: &'a str,
    agent: &'a str,
}

/// A line in the combined format, or nothing.
fn parse(line: &[u8]) -> Option<Record<'_>> {
    let line = std::str::from_utf8(line).ok()?;
    let (address, rest) = line.split_once(" - ")?;
    address.parse::<std::net::IpAddr>().ok()?;
    let (user, rest) = rest.split_once(" [")?;
    let (time, rest) = rest.split_once("] \"")?;
    let (request, rest) = rest.split_once("\" ")?;
    let (numbers, rest) = rest.split_once(" \"")?;
    let (status, size) = numbers.split_once(' ')?;
    let (referer, agent) = rest.strip_suffix('"')?.split_once("\" \"")?;
    let escaped = [user, request, referer, agent].into_iter().all(is_escaped);
    let shaped_like_a_time = time.len() == 26
        && time.bytes().zip("00/Aaa/0000:00:00:00 +0000".bytes()).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'A' | b'a' => byte.is_ascii_alphabetic(),
            _ => byte == shape,
        });
    (escaped && shaped_like_a_time && !user.contains('"')).then_some(Record {
        address,
        user,
        minute: &time[..17],
        request,
        status: status.parse().ok()?,
        size: size.parse().ok()?,
        referer,
        agent,
    })
}

/// Printable ASCII in which `\` only occurs as `\xHH`, and `"` not at all.
fn is_escaped(field: &str) -> bool {
    let upper_hex = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    field.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"')
        && field
            .split('\\')
            .skip(1)
            .all(|after| matches!(after.as_bytes(), [b'x', high, low, ..] if upper_hex(*high) && upper_hex(*low)))
}

fn records(text: &[u8]) -> Vec<Record<'_>> {
    lines(text).filter_map(parse).collect()
}

#[test]
fn the_summary_agrees_with_a_strict_parser() {
    for seed in 0..5 {
        let mut text = Vec::new();
        let summary = Generator::new(seed).write_lines(&mut text, 4 * MEGABYTE);
        let well_formed = records(&text).len() as u64;
        assert_eq!(summary.lines, lines(&text).count() as u64);
        assert_eq!(summary.records, summary.lines);
        assert_eq!(summary.well_formed(), well_formed);
        let malformed = 100.0 * summary.malformed as f64 / summary.lines as f64;
        assert!((0.05..0.15).contains(&malformed), "malformed: {malformed}%");
    }
}

#[test]
fn no_malformed_line_is_empty() {
    assert!(lines(&generate(5, 20 * MEGABYTE)).all(|line| !line.is_empty()));
}

#[test]
fn the_mix_is_that_of_a_real_site() {
    for seed in 0..5 {
        let text = generate(seed, 10 * MEGABYTE);
        let records = records(&text);
        let check = |what, range: std::ops::Range<f64>, condition: &dyn Fn(&Record<'_>) -> bool| {
            let percent = percent(&records, condition);
            assert!(range.contains(&percent), "seed {seed}: {what}: {percent:.2}%");
        };
        check("IPv6", 13.0..17.0, &|record| record.address.contains(':'));
        check("users", 0.8..1.2, &|record| record.user != "-");
        check("users with a space", 0.1..0.3, &|record| record.user.contains(' '));
        check("no referer", 36.0..44.0, &|record| record.referer == "-");

        check("TLS handshakes", 0.05..0.15, &|record| record.request.starts_with("\\x16\\x03\\x01"));
        check("no request", 0.05..0.15, &|record| record.request == "-");
        check("GET", 70.0..90.0, &|record| record.request.starts_with("GET "));
        check("POST", 8.0..20.0, &|record| record.request.starts_with("POST "));
        for method in ["HEAD ", "PUT ", "DELETE ", "OPTIONS "] {
            check(method, 0.3..4.0, &|record| record.request.starts_with(method));
        }
        check("HTTP/2.0", 35.0..60.0, &|record| record.request.ends_with(" HTTP/2.0"));
        check("HTTP/1.1", 35.0..60.0, &|record| record.request.ends_with(" HTTP/1.1"));
        check("HTTP/1.0", 0.5..3.0, &|record| record.request.ends_with(" HTTP/1.0"));

        check("200", 70.0..90.0, &|record| record.status == 200);
        check("304", 2.0..10.0, &|record| record.status == 304);
        check("301 and 302", 2.0..5.0, &|record| matches!(record.status, 301 | 302));
        check("404", 2.0..7.0, &|record| record.status == 404);
        check("499", 0.4..1.0, &|record| record.status == 499);
        check("5xx", 0.3..0.7, &|record| record.status >= 500);

        check("size 0", 5.0..15.0, &|record| record.size == 0);
        check("above 4 GiB", 0.001..0.5, &|record| record.size > u64::from(u32::MAX));
        check("percent-encoded", 1.0..6.0, &|record| record.request.contains('%'));
        check("escaped", 0.1..2.0, &|record| record.request.contains("\\x"));
    }
}

#[test]
fn there_are_forty_user_agents() {
    let text = generate(1, 10 * MEGABYTE);
    let agents: HashSet<_> = records(&text).iter().map(|record| record.agent).collect();
    assert!(agents.contains("-"));
    assert_eq!(agents.len(), 40 + 1);
}

#[test]
fn clients_and_paths_have_a_head_and_a_long_tail() {
    let text = generate(1, 10 * MEGABYTE);
    let records = records(&text);
    let mut clients = HashMap::new();
    let mut targets = HashSet::new();
    for record in &records {
        *clients.entry(record.address).or_insert(0_usize) += 1;
        targets.insert(record.request.split(' ').nth(1));
    }
    let most_frequent = clients.values().max().copied().unwrap_or_default();
    assert!(clients.len() > 3000, "{} clients", clients.len());
    assert!(most_frequent * 200 > records.len(), "{most_frequent} of {}", records.len());
    assert!(targets.len() > 5000, "{} targets", targets.len());
}

#[test]
fn neighbours_share_their_minute() {
    let text = generate(1, 10 * MEGABYTE);
    let records = records(&text);
    assert_eq!(records.first().map(|record| record.minute), Some("06/Nov/2025:10:30"));
    let changes = records.windows(2).filter(|pair| pair[0].minute != pair[1].minute).count();
    assert!(changes > 0 && records.len() / changes > 1000, "{changes} in {}", records.len());
}
