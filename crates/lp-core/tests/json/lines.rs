//! Lines of JSON, as they are logged and as nobody should log them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::mutation::mutated;

/// Values of a time, and how the output shows them, or why not.
pub(crate) const TIMES: &[(&str, Result<&str, &str>)] = &[
    (r#""2025-11-06T10:30:15.123Z""#, Ok(r#""2025-11-06T10:30:15.123Z""#)),
    (r#""2025-11-06T10:30:16Z""#, Ok(r#""2025-11-06T10:30:16Z""#)),
    (r#""2025-11-06 10:30:17,5""#, Ok(r#""2025-11-06T10:30:17.5Z""#)),
    (r#""2025-11-06 11:30:18.123456789+01:00""#, Ok(r#""2025-11-06T10:30:18.123456789Z""#)),
    (r#""2025/11/06 10:30:15 -0800""#, Ok(r#""2025-11-06T18:30:15Z""#)),
    (r#""2025\u002d11-06T10:30:15Z""#, Ok(r#""2025-11-06T10:30:15Z""#)),
    (r#""06/Nov/2025:10:30:15 +0000""#, Ok(r#""2025-11-06T10:30:15Z""#)),
    (r#""06\/Nov\/2025:10:30:15 +0100""#, Ok(r#""2025-11-06T09:30:15Z""#)),
    ("1762425015", Ok(r#""2025-11-06T10:30:15Z""#)),
    ("1762425015.25", Ok(r#""2025-11-06T10:30:15.25Z""#)),
    ("1762425015123", Ok(r#""2025-11-06T10:30:15.123Z""#)),
    ("1762425015123456", Ok(r#""2025-11-06T10:30:15.123456Z""#)),
    ("1762425015123456789", Ok(r#""2025-11-06T10:30:15.123456789Z""#)),
    ("-1.5", Ok(r#""1969-12-31T23:59:58.5Z""#)),
    ("1.762425015E9", Ok(r#""2025-11-06T10:30:15Z""#)),
    (r#""1762425015.123""#, Ok(r#""2025-11-06T10:30:15.123Z""#)),
    ("null", Ok("null")),
    (r#""""#, Err("invalid_time")),
    (r#""-""#, Err("invalid_time")),
    (r#""yesterday""#, Err("invalid_time")),
    (r#""20251106""#, Err("invalid_time")),
    (r#""2025-11-06""#, Err("invalid_time")),
    (r#""2025-11-06T10:30:15Z\n""#, Err("invalid_time")),
    (r#""2025-11-06T10:30:15Zulu""#, Err("invalid_time")),
    (r#""2025-02-29T10:30:15Z""#, Err("invalid_time")),
    (r#""06/Nov/2025:24:30:15 +0000""#, Err("invalid_time")),
    ("true", Err("invalid_time")),
    (r#"{"s":1762425015}"#, Err("invalid_time")),
    ("[1762425015, 0]", Err("invalid_time")),
    ("1e400", Err("time_out_of_range")),
    ("12345678901234567890123", Err("time_out_of_range")),
    (r#""9999-12-31T23:59:59Z""#, Err("time_out_of_range")),
];

/// Values of a level, and how the output shows them; `None` where they are no level.
pub(crate) const LEVELS: &[(&str, Option<&str>)] = &[
    (r#""info""#, Some(r#""INFO""#)),
    (r#""WARNING""#, Some(r#""WARN""#)),
    (r#""Error""#, Some(r#""ERROR""#)),
    (r#""cr\u0069t""#, Some(r#""ERROR2""#)),
    (r#""FATAL4""#, Some(r#""FATAL4""#)),
    (r#""Level 25""#, Some(r#""INFO""#)),
    ("10", Some(r#""TRACE""#)),
    ("35", Some(r#""INFO""#)),
    ("60", Some(r#""FATAL""#)),
    ("null", Some("null")),
    ("70", None),
    ("30.0", None),
    ("-10", None),
    (r#""""#, None),
    (r#""high""#, None),
    (r#""info ""#, None),
    (r#""\ud800""#, None),
    ("false", None),
    (r#"{"name": "info"}"#, None),
    ("[30]", None),
];

/// Values of a status, and the severity where there is no level.
pub(crate) const STATUSES: &[(&str, Option<&str>)] = &[
    ("200", Some(r#""INFO""#)),
    ("404", Some(r#""WARN""#)),
    (r#""502""#, Some(r#""ERROR""#)),
    (r#""000""#, Some(r#""INFO""#)),
    ("99", None),
    ("2e2", None),
    (r#""up!""#, None),
    ("null", None),
];

pub(crate) const TIME: &[&str] = &["timestamp", "time", "ts", "@timestamp", "asctime"];
pub(crate) const LEVEL: &[&str] = &["severity", "level", "levelname", "log.level"];
pub(crate) const MESSAGE: &[&str] = &["message", "msg", "event"];
pub(crate) const STATUS: &[&str] = &["status", "status_code"];

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![12 => Just(""), 2 => Just(" "), 1 => select(vec!["\t", "  ", "\r", " \t "])]
}

/// A text as a string of JSON, with some characters escaped that need not be.
fn quoted(text: &str, escaped: &[bool]) -> String {
    let mut json = "\"".to_owned();
    for (place, char) in text.chars().enumerate() {
        let wanted = escaped.get(place).copied().unwrap_or(false);
        match char {
            '"' | '\\' => json.extend(['\\', char]),
            '/' if wanted => json.push_str("\\/"),
            '\n' => json.push_str("\\n"),
            _ if wanted || char < ' ' => {
                char.encode_utf16(&mut [0; 2]).iter().for_each(|unit| json.push_str(&format!("\\u{unit:04x}")));
            }
            _ => json.push(char),
        }
    }
    json + "\""
}

fn string(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let escaped = prop_oneof![6 => Just(Vec::new()), 1 => vec(any::<bool>(), 0..12)];
    (text, escaped).prop_map(|(text, escaped)| quoted(&text, &escaped))
}

fn other_key() -> impl Strategy<Value = String> {
    let known =
        select(vec!["a", "b", "user", "request_id", "", "Message", "parse_error", "truncated", "severity_text"]);
    let key = prop_oneof![6 => known.prop_map(str::to_owned), 1 => "[ -~ü𝄞]{0,12}", 1 => "(time|msg|level)[a-z\"]?"];
    key.prop_map(|key| if [TIME, LEVEL, MESSAGE, STATUS].concat().contains(&&*key) { key + "_" } else { key })
}

fn number() -> impl Strategy<Value = String> {
    let hard =
        vec!["0", "-0", "1e400", "-1E-400", "12345678901234567890123", "0.1000", "18446744073709551616", "1e+05"];
    prop_oneof![2 => any::<i64>().prop_map(|number| number.to_string()), 1 => select(hard).prop_map(str::to_owned)]
}

fn value() -> impl Strategy<Value = String> {
    let text = prop_oneof![3 => "[ -~]{0,20}", 1 => "[ -~äß支\u{7F}\u{9B}\u{2028}𝄞\n\t\"\\\\]{0,40}"];
    let constant =
        select(vec!["true", "false", "null", "\"\\ud800\"", "\"\\udC00x\"", "\"\\\"\"", "\"\\\\\"", "\"{\""]);
    let leaf = prop_oneof![4 => string(text), 3 => number(), 2 => constant.prop_map(str::to_owned)];
    leaf.prop_recursive(4, 20, 5, |inner| {
        let item = (space(), inner.clone(), space())
            .prop_map(|(before, value, behind)| format!("{before}{value}{behind}"))
            .boxed();
        let member = (string(other_key()), space(), item.clone())
            .prop_map(|(key, space, value)| format!("{key}{space}:{value}"));
        prop_oneof![
            vec(item, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(", "))),
        ]
    })
}

/// A member whose value is in the tables, or can be anything where no table is asked.
fn member() -> impl Strategy<Value = String> {
    fn named(names: &'static [&'static str], values: Vec<&'static str>) -> impl Strategy<Value = (String, String)> {
        (string(select(names).prop_map(str::to_owned)), select(values).prop_map(str::to_owned))
    }
    let known = prop_oneof![
        3 => named(TIME, TIMES.iter().map(|(value, _)| *value).collect()),
        3 => named(LEVEL, LEVELS.iter().map(|(value, _)| *value).collect()),
        1 => named(STATUS, STATUSES.iter().map(|(value, _)| *value).collect()),
        3 => (string(select(MESSAGE).prop_map(str::to_owned)), value()),
    ];
    let any = prop_oneof![3 => known, 5 => (string(other_key()), value())];
    (space(), any, space(), space(), space())
        .prop_map(|(a, (key, value), b, c, d)| format!("{a}{key}{b}:{c}{value}{d}"))
}

/// A line that is an object.
pub(crate) fn object() -> impl Strategy<Value = Vec<u8>> {
    let mark = prop_oneof![30 => Just(""), 1 => Just("\u{FEFF}")];
    (mark, space(), vec(member(), 0..9), space(), space())
        .prop_map(|(mark, a, members, b, c)| format!("{mark}{a}{{{}{b}}}{c}", members.join(",")).into_bytes())
}

/// A line that is JSON and no object, or nothing of the kind.
fn other() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        value().prop_map(String::into_bytes),
        "[ -~\t]{0,40}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..20),
        Just(b"{\"a\":1".repeat(300)),
        Just(b"{\"a\":[".repeat(300)),
    ]
}

/// Lines that are JSON together, with commas between them, and perhaps not alone.
fn torn() -> impl Strategy<Value = Vec<u8>> {
    let more = select(vec!["{\"b\":1}", "{}", "[{\"c\":[1,2]}]", "{\"d\":{\"e\":1,\"f\":[{},{}]}}", "2]},{\"g\":1"]);
    (
        vec(prop_oneof![2 => object(), 3 => more.prop_map(|more| more.as_bytes().to_vec())], 1..6),
        vec(any::<Index>(), 0..6),
    )
        .prop_map(|(objects, tears)| {
            let mut text = objects.join(&b","[..]);
            for tear in tears {
                let commas: Vec<usize> = (0..text.len()).filter(|&place| text[place] == b',').collect();
                if !commas.is_empty() {
                    text[*tear.get(&commas)] = b'\n';
                }
            }
            text
        })
}

const INSERTS: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "\u{0}",
    "\u{FEFF}",
    " ",
    "\\u00",
    "\\ud800",
    "0",
    "-",
    "e",
    ".",
    "null",
    "\"time\":",
    "\"timestamp\":null,",
    ",\"severity\":\"info\"",
    "\"message\":1,",
    "\"truncated\":2,",
    "\"severity_text\":3,",
];

pub(crate) fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![6 => object(), 4 => mutated(object(), INSERTS), 2 => other(), 2 => torn()]
}
