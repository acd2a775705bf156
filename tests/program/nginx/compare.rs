//! What `lp` must say about a line of the combined log, worked out from the truth.
//!
//! How nginx logs a variable in the combined format, as this module verifies on every line:
//!
//! - `"`, `\`, bytes below 0x20 and bytes from 0x7F on are written `\xHH` with capital digits, all
//!   others as they are.
//! - A variable without a value (no such header, no user) is written `-`; the truth has "" then. A
//!   header that was sent empty has a value: nothing is written, and the truth has "" as well. So an
//!   empty truth alone does not tell the two apart, the combined line does.
//! - A value that is itself `-` is written `-`, and nobody can tell it from a missing one: null.
//!
//! What `lp` makes of it: `\xHH` is decoded if the whole field then is UTF-8; otherwise the field
//! stays as nginx wrote it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::truth::Truth;

/// Enough to see what is wrong.
const REPORTED: usize = 5;

/// Compares the records that `lp` wrote for the combined log with the truth, line by line.
pub(super) fn compare(truth: &[u8], combined: &[u8], records: &[u8]) -> Result<Vec<Truth>, String> {
    let truth = lines("the truth", truth)?;
    let combined = lines("the combined log", combined)?;
    let records = lines("the output of lp", records)?;
    let counts = [truth.len(), combined.len(), records.len()];
    if counts != [counts[0]; 3] {
        return Err(format!("lines of the truth, of the combined log, of lp: {counts:?}"));
    }

    let mut truths = Vec::new();
    let mut differences = Vec::new();
    for (index, line) in truth.iter().enumerate() {
        let number = index + 1;
        let truth = Truth::parse(line).map_err(|error| format!("truth, line {number}: {error}"))?;
        if let Err(difference) = compare_line(&truth, combined[index], records[index]) {
            let line = String::from_utf8_lossy(combined[index]);
            differences.push(format!("line {number}: {line}\n  {difference}"));
        }
        truths.push(truth);
    }

    // Every request is there once: no line was compared with the truth of another.
    let ids: BTreeSet<_> = truths.iter().map(|truth| truth.bytes("request_id")).collect();
    if ids.len() != truths.len() {
        differences.push("a request was logged twice".to_owned());
    }
    if differences.is_empty() {
        return Ok(truths);
    }
    let total = differences.len();
    differences.truncate(REPORTED);
    Err(format!("{}\n{total} in all", differences.join("\n")))
}

fn lines<'a>(name: &str, file: &'a [u8]) -> Result<Vec<&'a [u8]>, String> {
    let all = file.strip_suffix(b"\n").ok_or_else(|| format!("{name} does not end with a line feed"))?;
    Ok(all.split(|&byte| byte == b'\n').collect())
}

fn compare_line(truth: &Truth, combined: &[u8], record: &[u8]) -> Result<(), String> {
    let expected = expected_record(truth, combined)?;
    let record: Value = serde_json::from_slice(record).map_err(|error| error.to_string())?;
    // As text, because the order of the keys counts too.
    let (expected, record) = (expected.to_string(), record.to_string());
    if expected == record { Ok(()) } else { Err(format!("nginx: {expected}\n  lp:    {record}")) }
}

/// The record that `lp` must write; an error if nginx's two lines contradict each other.
fn expected_record(truth: &Truth, combined: &[u8]) -> Result<Value, String> {
    // The combined line is not parsed here. The truth says what each of its bytes must be, and it is
    // only asked what the truth cannot say: whether an empty variable had a value.
    let mut line = Line { rest: combined };
    let client = line.field(truth.bytes("remote_addr"))?;
    line.expect(b" - ")?;
    let user = line.field(truth.bytes("remote_user"))?;
    line.expect(format!(" [{}] \"", time_local(&truth.text("time_iso8601"))).as_bytes())?;
    let request = line.field(truth.bytes("request"))?;
    let status = truth.text("status");
    let size = truth.text("body_bytes_sent");
    line.expect(format!("\" {status} {size} \"").as_bytes())?;
    let referer = line.field(truth.bytes("http_referer"))?;
    line.expect(b"\" \"")?;
    let agent = line.field(truth.bytes("http_user_agent"))?;
    line.expect(b"\"")?;
    if !line.rest.is_empty() {
        return Err(format!("nginx logged more: {}", line.rest.escape_ascii()));
    }

    let status: u64 = number(&status)?;
    let mut record = Map::new();
    record.insert("timestamp".to_owned(), json!(utc(&truth.text("msec"))?));
    record.insert("severity".to_owned(), json!(severity(status)));
    record.insert("client_ip".to_owned(), text(client));
    record.insert("user".to_owned(), text(user));
    let parts = request.and_then(request_parts);
    record.insert("method".to_owned(), text(parts.map(|parts| parts[0])));
    record.insert("path".to_owned(), text(parts.map(|parts| parts[1])));
    record.insert("protocol".to_owned(), text(parts.map(|parts| parts[2])));
    if parts.is_none() {
        record.insert("request".to_owned(), text(request));
    }
    record.insert("status_code".to_owned(), json!(status));
    record.insert("response_size".to_owned(), json!(number(&size)?));
    record.insert("referer".to_owned(), text(referer));
    record.insert("user_agent".to_owned(), text(agent));
    Ok(Value::Object(record))
}

/// What is left of a combined line.
struct Line<'a> {
    rest: &'a [u8],
}

impl Line<'_> {
    fn expect(&mut self, wanted: &[u8]) -> Result<(), String> {
        self.rest = self
            .rest
            .strip_prefix(wanted)
            .ok_or_else(|| format!("nginx logged {}, not {}", self.rest.escape_ascii(), wanted.escape_ascii()))?;
        Ok(())
    }

    /// Takes a variable off the line; `None` if it is written `-`.
    fn field<'v>(&mut self, value: &'v [u8]) -> Result<Option<&'v [u8]>, String> {
        let missing = value == b"-" || (value.is_empty() && self.rest.starts_with(b"-"));
        let logged = if missing { "-".to_owned() } else { nginx_escaped(value) };
        self.expect(logged.as_bytes())?;
        Ok((!missing).then_some(value))
    }
}

fn nginx_escaped(bytes: &[u8]) -> String {
    let mut escaped = String::new();
    for &byte in bytes {
        match byte {
            b'"' | b'\\' | ..0x20 | 0x7f.. => escaped.push_str(&format!("\\x{byte:02X}")),
            _ => escaped.push(char::from(byte)),
        }
    }
    escaped
}

fn text(value: Option<&[u8]>) -> Value {
    match value {
        None => Value::Null,
        Some(bytes) => match str::from_utf8(bytes) {
            Ok(text) => json!(text),
            Err(_) => json!(nginx_escaped(bytes)),
        },
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

/// Seconds since 1970, with milliseconds that the combined format does not have, as RFC 3339.
fn utc(msec: &str) -> Result<String, String> {
    let seconds = number(msec.split('.').next().unwrap_or_default())?;
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
    Ok(format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", days + 1))
}

fn number(digits: &str) -> Result<u64, String> {
    digits.parse().map_err(|error| format!("{digits}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: &[u8] = b"{\"remote_addr\":\"::1\",\"remote_user\":\"a [b]\",\
        \"time_iso8601\":\"2026-11-21T00:38:47-03:30\",\"msec\":\"1795234127.128\",\
        \"request\":\"GET /\xe9 HTTP/1.1\",\"status\":\"404\",\"body_bytes_sent\":\"153\",\
        \"http_referer\":\"\",\"http_user_agent\":\"\",\"request_id\":\"1\"}\n";
    const COMBINED: &str =
        concat!(r#"::1 - a [b] [21/Nov/2026:00:38:47 -0330] "GET /\xE9 HTTP/1.1" 404 153 "-" """#, "\n");
    const RECORD: &str = concat!(
        r#"{"timestamp":"2026-11-21T04:08:47Z","severity":"WARN","client_ip":"::1","#,
        r#""user":"a [b]","method":"GET","path":"/\\xE9","protocol":"HTTP/1.1","#,
        r#""status_code":404,"response_size":153,"referer":null,"user_agent":""}"#,
        "\n"
    );

    fn agree(combined: &str, record: &str) -> bool {
        compare(TRUTH, combined.as_bytes(), record.as_bytes()).is_ok()
    }

    #[test]
    fn a_record_that_says_the_same_agrees() {
        compare(TRUTH, COMBINED.as_bytes(), RECORD.as_bytes()).map(|_| ()).unwrap();
    }

    #[test]
    fn any_difference_in_the_record_is_found() {
        for (from, to) in [
            ("04:08:47Z", "04:08:48Z"),
            ("WARN", "INFO"),
            ("::1", "::2"),
            ("a [b]", "a"),
            ("GET", "HEAD"),
            (r"/\\xE9", r"/\\xe9"),
            (r"/\\xE9", r"/\ufffd"),
            ("HTTP/1.1", "HTTP/1.0"),
            (r#""status_code""#, r#""request":null,"status_code""#),
            ("404", "400"),
            ("404", r#""404""#),
            ("153", "null"),
            ("null", r#""""#),
            (r#""user_agent":"""#, r#""user_agent":null"#),
            (r#""}"#, r#"","parse_error":null}"#),
            (r#""status_code":404,"response_size":153"#, r#""response_size":153,"status_code":404"#),
            (r#""severity":"WARN","#, ""),
            ("}\n", "}"),
            ("}\n", "}\n\n"),
        ] {
            let changed = RECORD.replacen(from, to, 1);
            assert_ne!(changed, RECORD, "{from} is not in the record");
            assert!(!agree(COMBINED, &changed), "{from} became {to}");
        }
        assert!(!agree(COMBINED, &RECORD.repeat(2)));
        assert!(!agree(COMBINED, ""));
    }

    #[test]
    fn any_difference_between_the_two_logs_is_found() {
        for (from, to) in [
            ("::1", "::2"),
            ("a [b]", "a"),
            ("00:38:47", "00:38:48"),
            ("-0330", "+0330"),
            (r"\xE9", r"\xe9"),
            ("404", "400"),
            ("153", "154"),
            (r#""-" """#, r#""" "a""#),
            (r#"""#, ""),
            ("\n", " \n"),
        ] {
            let changed = COMBINED.replacen(from, to, 1);
            assert!(!agree(&changed, RECORD), "{from} became {to}");
        }
    }

    #[test]
    fn a_request_that_is_logged_twice_is_found() {
        let twice = |log: &[u8]| log.repeat(2);
        let result = compare(&twice(TRUTH), &twice(COMBINED.as_bytes()), &twice(RECORD.as_bytes()));
        assert!(result.is_err());
    }

    #[test]
    fn epoch_seconds_are_dates() {
        assert_eq!(utc("0.000").unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(utc("951782399.999").unwrap(), "2000-02-28T23:59:59Z");
        assert_eq!(utc("951868799.000").unwrap(), "2000-02-29T23:59:59Z");
        assert_eq!(utc("1767225599.000").unwrap(), "2025-12-31T23:59:59Z");
    }
}
