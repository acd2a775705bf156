//! The records of `lp` against the truth, line by line.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::expected::Expected;
use super::format::LogFormat;
use super::truth::Truth;

/// Enough to see what is wrong.
const REPORTED: usize = 5;

/// How much of a value is enough.
const SHOWN: usize = 300;

/// Compares the records that `lp` wrote for a log in this format with the truth.
pub(crate) fn compare(format: &LogFormat, truth: &[u8], log: &[u8], records: &[u8]) -> Result<Vec<Truth>, String> {
    let truth = lines("the truth", truth)?;
    let log = lines("the log", log)?;
    let records = lines("the output of lp", records)?;
    let counts = [truth.len(), log.len(), records.len()];
    if counts != [counts[0]; 3] {
        return Err(format!("lines of the truth, of the log, of lp: {counts:?}"));
    }

    let mut truths = Vec::new();
    let mut differences = Vec::new();
    for (index, line) in truth.iter().enumerate() {
        let number = index + 1;
        let truth = Truth::parse(line).map_err(|error| format!("truth, line {number}: {error}"))?;
        if let Err(difference) = compare_line(format, &truth, log[index], records[index]) {
            let line = String::from_utf8_lossy(log[index]);
            differences.push(format!("line {number}: {line}\n  {difference}"));
        }
        truths.push(truth);
    }

    // Every request is there once: no line was compared with the truth of another.
    let ids: BTreeSet<_> = truths.iter().map(|truth| truth.text("request_id")).collect();
    if ids.len() != truths.len() {
        differences.push("a request was logged twice".to_owned());
    }
    if differences.is_empty() { Ok(truths) } else { Err(report(differences)) }
}

/// The first differences, and how many there are.
pub(crate) fn report(mut differences: Vec<String>) -> String {
    let total = differences.len();
    differences.truncate(REPORTED);
    format!("{}\n{total} in all", differences.join("\n"))
}

/// In which members two records differ, or that they have them in another order.
pub(crate) fn difference(expected: &Value, record: &Value) -> Option<String> {
    let (Some(expected), Some(record)) = (expected.as_object(), record.as_object()) else {
        return Some(format!("wanted {expected}, got {record}"));
    };
    let all: BTreeSet<_> = expected.keys().chain(record.keys()).collect();
    let shown = |value: Option<&Value>| match value {
        Some(value) => value.to_string().chars().take(SHOWN).collect(),
        None => "nothing".to_owned(),
    };
    let mut differences: Vec<_> = all
        .into_iter()
        .filter(|key| expected.get(*key) != record.get(*key))
        .map(|key| format!("{key}: wanted {}, got {}", shown(expected.get(key)), shown(record.get(key))))
        .collect();
    let keys = |record: &Map<String, Value>| record.keys().cloned().collect::<Vec<_>>().join(", ");
    if differences.is_empty() && keys(expected) != keys(record) {
        differences.push(format!("wanted the order {}, got {}", keys(expected), keys(record)));
    }
    (!differences.is_empty()).then(|| differences.join("\n  "))
}

fn lines<'a>(name: &str, file: &'a [u8]) -> Result<Vec<&'a [u8]>, String> {
    let all = file.strip_suffix(b"\n").ok_or_else(|| format!("{name} does not end with a line feed"))?;
    Ok(all.split(|&byte| byte == b'\n').collect())
}

fn compare_line(format: &LogFormat, truth: &Truth, line: &[u8], record: &[u8]) -> Result<(), String> {
    let Expected { record: expected, as_logged } = Expected::new(format, truth, line)?;
    let text = str::from_utf8(record).map_err(|error| error.to_string())?;
    let record: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if let Some(difference) = difference(&Value::Object(expected), &record) {
        return Err(difference);
    }
    match as_logged.iter().find(|member| ![',', '}'].iter().any(|end| text.contains(&format!("{member}{end}")))) {
        Some(member) => Err(format!("not with these digits: {member}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::Escape;
    use super::*;

    const TRUTH: &[u8] = b"{\"remote_addr\":\"::1\",\"remote_user\":\"a [b]\",\
        \"time_iso8601\":\"2026-11-21T00:38:47-03:30\",\"msec\":\"1795234127.128\",\
        \"request\":\"GET /\xe9 HTTP/1.1\",\"status\":\"404\",\"body_bytes_sent\":\"153\",\
        \"http_referer\":\"\",\"http_user_agent\":\"\",\"request_time\":\"0.010\",\
        \"upstream_response_time\":\"-, 0.001\",\"request_id\":\"1\"}\n";
    const COMBINED: &str =
        concat!(r#"::1 - a [b] [21/Nov/2026:00:38:47 -0330] "GET /\xE9 HTTP/1.1" 404 153 "-" """#, "\n");
    const RECORD: &str = concat!(
        r#"{"timestamp":"2026-11-21T04:08:47Z","severity":"WARN","client_ip":"::1","#,
        r#""user":"a [b]","method":"GET","path":"/\\xE9","protocol":"HTTP/1.1","#,
        r#""status_code":404,"response_size":153,"referer":null,"user_agent":""}"#,
        "\n"
    );

    fn agree(combined: &str, record: &str) -> bool {
        compare(&LogFormat::combined(), TRUTH, combined.as_bytes(), record.as_bytes()).is_ok()
    }

    #[test]
    fn a_record_that_says_the_same_agrees() {
        compare(&LogFormat::combined(), TRUTH, COMBINED.as_bytes(), RECORD.as_bytes()).map(|_| ()).unwrap();
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
    fn the_digits_of_numbers_and_lists_count() {
        let format = LogFormat {
            name: "times",
            escape: Escape::None,
            text: "${msec} $time_iso8601 <$http_referer> $request_time $upstream_response_time".to_owned(),
        };
        let line = b"1795234127.128 2026-11-21T00:38:47-03:30 <> 0.010 -, 0.001\n";
        let agree = |record: &str| compare(&format, TRUTH, line, record.as_bytes()).map(|_| ());
        let record = concat!(
            r#"{"timestamp":"2026-11-21T04:08:47.128Z","severity":null,"referer":"","request_time":0.010,"#,
            r#""upstream_response_time":"-, 0.001"}"#,
            "\n"
        );
        agree(record).unwrap();
        for (from, to) in [("0.010", "0.01"), (".128", ""), (r#""-, 0.001""#, "0.001"), (r#""""#, "null")] {
            assert!(agree(&record.replacen(from, to, 1)).is_err(), "{from} became {to}");
        }
    }

    #[test]
    fn a_request_that_is_logged_twice_is_found() {
        let twice = |log: &[u8]| log.repeat(2);
        let result =
            compare(&LogFormat::combined(), &twice(TRUTH), &twice(COMBINED.as_bytes()), &twice(RECORD.as_bytes()));
        assert!(result.is_err());
    }
}
