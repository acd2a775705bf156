//! What `lp` must say about a line, worked out from the truth.
//!
//! How nginx logs a variable, as this module verifies on every line:
//!
//! - `escape=default` writes `"`, `\`, bytes below 0x20 and bytes from 0x7F on as `\xHH` with capital digits, and all
//!   others as they are. A variable without a value (no such header, no user) is written `-`; the truth has "" then. A
//!   header that was sent empty has a value: nothing is written, and the truth has "" as well. So an empty truth alone
//!   does not tell the two apart, the line does.
//! - `escape=json` writes what belongs into a JSON string, but leaves bytes alone that are not UTF-8; `escape=none`
//!   writes all as it is. Both write nothing for a variable without a value.
//! - A value that is itself `-` is written `-`, and nobody can tell it from a missing one: null.
//!
//! What `lp` makes of it: escapes are decoded if the whole field then is UTF-8; otherwise the field stays as nginx
//! wrote it, and bytes that are not UTF-8 become U+FFFD.

use serde_json::{Map, Value, json};

use super::format::{Escape, LogFormat, Piece};
use super::truth::Truth;

/// What a variable holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Request,
    Time,
    Integer,
    /// A number that is shown as it was logged.
    Decimal,
    /// Such a number, or a list of several, which is a text.
    Decimals,
}

fn kind(variable: &str) -> Kind {
    match variable {
        "request" => Kind::Request,
        "time_local" | "time_iso8601" | "msec" => Kind::Time,
        "status"
        | "body_bytes_sent"
        | "bytes_sent"
        | "request_length"
        | "content_length"
        | "connection"
        | "connection_requests"
        | "pid"
        | "server_port"
        | "remote_port" => Kind::Integer,
        "request_time" | "gzip_ratio" => Kind::Decimal,
        "upstream_connect_time"
        | "upstream_header_time"
        | "upstream_response_time"
        | "upstream_status"
        | "upstream_response_length"
        | "upstream_bytes_sent"
        | "upstream_bytes_received" => Kind::Decimals,
        _ => Kind::Text,
    }
}

fn key(variable: &str) -> &str {
    match variable {
        "remote_addr" => "client_ip",
        "remote_user" => "user",
        "status" => "status_code",
        "body_bytes_sent" => "response_size",
        "http_referer" => "referer",
        "http_user_agent" => "user_agent",
        other => other,
    }
}

/// The record that `lp` must write.
pub(super) struct Expected {
    pub(super) record: Map<String, Value>,
    /// Members whose numbers must have just these digits.
    pub(super) as_logged: Vec<String>,
}

impl Expected {
    /// An error if nginx's two lines contradict each other.
    pub(super) fn new(format: &LogFormat, truth: &Truth, line: &[u8]) -> Result<Self, String> {
        let mut expected = Self { record: Map::new(), as_logged: Vec::new() };
        expected.record.insert("timestamp".to_owned(), Value::Null);
        expected.record.insert("severity".to_owned(), Value::Null);
        // The line is not parsed here. The truth says what each of its bytes must be, and it is only asked what the
        // truth cannot say: whether an empty variable had a value.
        let mut line = Line { rest: line, escape: format.escape };
        for piece in format.pieces() {
            match piece {
                Piece::Literal(literal) => line.expect(literal.as_bytes())?,
                Piece::Variable(name) if kind(name) == Kind::Time => expected.time(name, truth, &mut line)?,
                Piece::Variable(name) => {
                    let value = line.field(truth.bytes(name)?)?;
                    expected.insert(name, value, format.escape)?;
                }
            }
        }
        if line.rest.is_empty() {
            Ok(expected)
        } else {
            Err(format!("nginx logged more: {}", line.rest.escape_ascii()))
        }
    }

    fn time(&mut self, name: &str, truth: &Truth, line: &mut Line<'_>) -> Result<(), String> {
        let iso8601 = truth.text("time_iso8601");
        line.expect(match name {
            "time_local" => time_local(&iso8601).into_bytes(),
            name => truth.bytes(name)?.to_owned(),
        })?;
        let msec = truth.text("msec");
        let (seconds, milliseconds) = msec.split_once('.').ok_or("no milliseconds")?;
        let seconds = utc(number(seconds)?);
        if name == "msec" {
            self.record["timestamp"] = json!(format!("{seconds}.{milliseconds}Z"));
        } else if self.record["timestamp"].is_null() {
            self.record["timestamp"] = json!(format!("{seconds}Z"));
        }
        Ok(())
    }

    fn insert(&mut self, name: &str, value: Option<&[u8]>, escape: Escape) -> Result<(), String> {
        let text = |value: Option<&[u8]>| text(value, escape);
        let record = &mut self.record;
        let key = key(name).to_owned();
        let digits = value.filter(|value| !value.is_empty()).map(String::from_utf8_lossy);
        match (kind(name), digits) {
            (Kind::Request, _) => {
                let parts = value.and_then(request_parts);
                record.insert("method".to_owned(), text(parts.map(|parts| parts[0])));
                record.insert("path".to_owned(), text(parts.map(|parts| parts[1])));
                record.insert("protocol".to_owned(), text(parts.map(|parts| parts[2])));
                if parts.is_none() {
                    record.insert("request".to_owned(), text(value));
                }
            }
            (Kind::Text | Kind::Time, _) => _ = record.insert(key, text(value)),
            (Kind::Integer | Kind::Decimal | Kind::Decimals, None) => _ = record.insert(key, Value::Null),
            (Kind::Integer, Some(digits)) => {
                let number = number(&digits)?;
                if name == "status" {
                    record["severity"] = json!(severity(number));
                }
                record.insert(key, json!(number));
            }
            (Kind::Decimals, Some(list)) if list.contains([',', ' ']) => _ = record.insert(key, text(value)),
            (Kind::Decimal | Kind::Decimals, Some(digits)) => {
                self.as_logged.push(format!("\"{key}\":{digits}"));
                record.insert(key, serde_json::from_str(&digits).map_err(|error| format!("{digits}: {error}"))?);
            }
        }
        Ok(())
    }
}

/// What is left of a line.
struct Line<'a> {
    rest: &'a [u8],
    escape: Escape,
}

impl Line<'_> {
    fn expect(&mut self, wanted: impl AsRef<[u8]>) -> Result<(), String> {
        let wanted = wanted.as_ref();
        self.rest = self
            .rest
            .strip_prefix(wanted)
            .ok_or_else(|| format!("nginx logged {}, not {}", self.rest.escape_ascii(), wanted.escape_ascii()))?;
        Ok(())
    }

    /// Takes a variable off the line; `None` if it is written `-`.
    fn field<'v>(&mut self, value: &'v [u8]) -> Result<Option<&'v [u8]>, String> {
        let absent = self.escape == Escape::Default && value.is_empty() && self.rest.starts_with(b"-");
        if absent || value == b"-" {
            self.expect("-")?;
            return Ok(None);
        }
        self.expect(escaped(value, self.escape))?;
        Ok(Some(value))
    }
}

fn escaped(value: &[u8], escape: Escape) -> Vec<u8> {
    let mut escaped = Vec::new();
    for &byte in value {
        match (escape, byte) {
            (Escape::Default, b'"' | b'\\' | ..0x20 | 0x7f..) => escaped.extend(format!("\\x{byte:02X}").bytes()),
            (Escape::Json, b'"' | b'\\') => escaped.extend([b'\\', byte]),
            (Escape::Json, 0x08) => escaped.extend(b"\\b"),
            (Escape::Json, b'\t') => escaped.extend(b"\\t"),
            (Escape::Json, b'\n') => escaped.extend(b"\\n"),
            (Escape::Json, 0x0c) => escaped.extend(b"\\f"),
            (Escape::Json, b'\r') => escaped.extend(b"\\r"),
            (Escape::Json, ..0x20) => escaped.extend(format!("\\u{byte:04X}").bytes()),
            _ => escaped.push(byte),
        }
    }
    escaped
}

fn text(value: Option<&[u8]>, escape: Escape) -> Value {
    match value.map(|bytes| (bytes, str::from_utf8(bytes))) {
        None => Value::Null,
        Some((_, Ok(text))) => json!(text),
        Some((bytes, Err(_))) => json!(String::from_utf8_lossy(&escaped(bytes, escape))),
    }
}

/// Method, target and protocol: what is before the first space, between, and after the last one.
///
/// Whether a part is decoded depends on that part alone. nginx never escapes a space, so the parts of
/// the value are the parts of the logged text.
fn request_parts(request: &[u8]) -> Option<[&[u8]; 3]> {
    let first = request.iter().position(|&byte| byte == b' ')?;
    let last = request.iter().rposition(|&byte| byte == b' ')?;
    let method = &request[..first];
    let target = request.get(first + 1..last)?;
    let protocol = &request[last + 1..];
    let whole = !method.is_empty() && !target.is_empty() && protocol.starts_with(b"HTTP/");
    whole.then_some([method, target, protocol])
}

fn severity(status: u64) -> &'static str {
    match status {
        ..400 => "INFO",
        400..500 => "WARN",
        500.. => "ERROR",
    }
}

/// `2026-11-21T00:38:47-03:30` as the combined format has it: `21/Nov/2026:00:38:47 -0330`.
fn time_local(iso8601: &str) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, day, time) = (&iso8601[..4], &iso8601[8..10], &iso8601[11..19]);
    let month: usize = iso8601[5..7].parse().unwrap();
    let offset = iso8601[19..].replace(':', "");
    format!("{day}/{}/{year}:{time} {offset}", MONTHS[month - 1])
}

/// Seconds since 1970 as RFC 3339, without the zone.
pub(crate) fn utc(seconds: u64) -> String {
    let (mut days, second) = (seconds / 86400, seconds % 86400);
    let mut year = 1970;
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}", days + 1)
}

fn number(digits: &str) -> Result<u64, String> {
    digits.parse().map_err(|error| format!("{digits}: {error}"))
}

#[test]
fn epoch_seconds_are_dates() {
    assert_eq!(utc(0), "1970-01-01T00:00:00");
    assert_eq!(utc(951_782_399), "2000-02-28T23:59:59");
    assert_eq!(utc(951_868_799), "2000-02-29T23:59:59");
    assert_eq!(utc(1_767_225_599), "2025-12-31T23:59:59");
}
