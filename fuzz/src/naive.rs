//! What lp must write, said as plainly as possible and without a look at how lp does it.

use std::borrow::Cow;
use std::fmt::Write;

use lp::{Field, ParseError, Reason, Record, Severity, Slot, Timestamp, access};

/// The text with its escapes decoded: `\xHH`, `\"`, `\\`, `\b`, `\n`, `\r`, `\t` and `\v`.
#[must_use]
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let hex = |at: usize| match text.get(at) {
        Some(digit @ b'0'..=b'9') => Some(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Some(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Some(digit - b'A' + 10),
        _ => None,
    };
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (byte, len) = match (text[at], text.get(at + 1)) {
            (b'\\', Some(b'"')) => (b'"', 2),
            (b'\\', Some(b'\\')) => (b'\\', 2),
            (b'\\', Some(b'b')) => (8, 2),
            (b'\\', Some(b't')) => (9, 2),
            (b'\\', Some(b'n')) => (10, 2),
            (b'\\', Some(b'v')) => (11, 2),
            (b'\\', Some(b'r')) => (13, 2),
            (b'\\', Some(b'x')) => match (hex(at + 2), hex(at + 3)) {
                (Some(high), Some(low)) => (high << 4 | low, 4),
                _ => (b'\\', 1),
            },
            (byte, _) => (byte, 1),
        };
        decoded.push(byte);
        at += len;
    }
    decoded
}

/// The text of a field: decoded where that is asked for and gives UTF-8, else as it was logged.
#[must_use]
pub fn text(bytes: &[u8], decode: bool) -> String {
    let decoded = if decode { String::from_utf8(unescape(bytes)).ok() } else { None };
    decoded.unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned())
}

/// RFC 3339 in UTC with whole seconds, by counting years, months and days.
#[must_use]
pub fn rfc3339(timestamp: Timestamp) -> String {
    let seconds = timestamp.as_nanos().div_euclid(1_000_000_000);
    let (mut day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_year = |year: i64| if leap(year) { 366 } else { 365 };
    let mut year = 1970;
    while day < 0 {
        year -= 1;
        day += days_of_year(year);
    }
    while day >= days_of_year(year) {
        day -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    let february = if leap(year) { 29 } else { 28 };
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", day + 1)
}

/// The two layouts of an access log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// With referer and user agent.
    Combined,
    /// Without.
    Common,
}

impl Layout {
    /// lp's format of this layout.
    #[must_use]
    pub fn format(self) -> lp::Access {
        match self {
            Self::Combined => lp::Access::combined(),
            Self::Common => lp::Access::common(),
        }
    }

    /// The fields that every record shows, in the order of the output, before and after the optional `request`.
    fn required(self) -> [&'static [(&'static str, Field)]; 2] {
        const BEFORE: &[(&str, Field)] = &[
            ("client_ip", access::CLIENT_IP),
            ("user", access::USER),
            ("method", access::METHOD),
            ("path", access::PATH),
            ("protocol", access::PROTOCOL),
        ];
        const AFTER: &[(&str, Field)] = &[
            ("status_code", access::STATUS_CODE),
            ("response_size", access::RESPONSE_SIZE),
            ("referer", access::REFERER),
            ("user_agent", access::USER_AGENT),
        ];
        match self {
            Self::Combined => [BEFORE, AFTER],
            Self::Common => [BEFORE, &AFTER[..2]],
        }
    }

    const fn extra(self) -> Field {
        match self {
            Self::Combined => access::EXTRA,
            Self::Common => access::COMMON_EXTRA,
        }
    }

    /// The name of what was being read when an error was met.
    fn slot_name(self, slot: Slot) -> &'static str {
        let Slot::Field(field) = slot else { return "timestamp" };
        let [before, after] = self.required();
        let optional = [("request", access::REQUEST), ("extra", self.extra())];
        let all = before.iter().chain(after).chain(&optional);
        all.into_iter().find(|(_, other)| *other == field).expect("a field of the layout").0
    }
}

/// A value of the output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Json {
    /// `null`.
    Null,
    /// A number that is not negative and has no fraction.
    Number(u64),
    /// A string.
    Text(Cow<'static, str>),
    /// An object: its keys and values in the order of the text, repeated keys included.
    Object(Vec<(Cow<'static, str>, Json)>),
}

impl Json {
    fn or_null<T>(value: Option<T>, json: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Null, json)
    }
}

/// The object that a record must become.
#[must_use]
pub fn object(record: &Record<'_>, layout: Layout, decode: bool) -> Json {
    let mut object = Vec::new();
    let mut add = |key: &'static str, value: Json| object.push((key.into(), value));
    add("timestamp", Json::or_null(record.timestamp(), |time| Json::Text(rfc3339(time).into())));
    add("severity", Json::or_null(record.severity(), |severity| Json::Text(name(severity).into())));
    let value = |field: Field| {
        if field == access::STATUS_CODE || field == access::RESPONSE_SIZE {
            Json::or_null(record.integer(field), Json::Number)
        } else {
            Json::or_null(record.get(field), |bytes| Json::Text(text(bytes, decode).into()))
        }
    };
    let [before, after] = layout.required();
    for &(key, field) in before {
        add(key, value(field));
    }
    if record.span(access::REQUEST) != lp::Span::ABSENT {
        add("request", value(access::REQUEST));
    }
    for &(key, field) in after {
        add(key, value(field));
    }
    if let Some(extra) = record.get(layout.extra()) {
        add("extra", Json::Text(text(extra, false).into()));
    }
    if let Some(error) = record.error() {
        add("message", Json::Text(text(record.raw(), false).into()));
        add("parse_error", parse_error(error, layout));
    }
    if let Some(length) = record.truncated() {
        add("truncated", Json::Number(length));
    }
    Json::Object(object)
}

fn parse_error(error: ParseError, layout: Layout) -> Json {
    let reason = match error.reason() {
        Reason::EmptyLine => "empty_line",
        Reason::Missing => "missing",
        Reason::UnexpectedByte => "unexpected_byte",
        Reason::UnterminatedQuote => "unterminated_quote",
        Reason::InvalidTime => "invalid_time",
        Reason::TimeOutOfRange => "time_out_of_range",
        Reason::InvalidNumber => "invalid_number",
        Reason::NumberTooLarge => "number_too_large",
        other => panic!("a reason that the contract does not know: {other}"),
    };
    Json::Object(vec![
        ("reason".into(), Json::Text(reason.into())),
        ("field".into(), Json::Text(layout.slot_name(error.slot()).into())),
        ("at".into(), Json::Number(error.at().into())),
    ])
}

fn name(severity: Severity) -> &'static str {
    match severity.number() {
        9 => "INFO",
        13 => "WARN",
        17 => "ERROR",
        other => panic!("no status has severity {other}"),
    }
}

/// The one text that stands for a value: no spaces, and the escapes of the contract.
pub fn write(value: &Json, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Number(number) => write!(out, "{number}").expect("a string takes everything"),
        Json::Text(text) => write_string(text, out),
        Json::Object(entries) => {
            let mut before = '{';
            for (key, value) in entries {
                out.push(before);
                write_string(key, out);
                out.push(':');
                write(value, out);
                before = ',';
            }
            out.push('}');
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{9}' => out.push_str("\\t"),
            '\u{A}' => out.push_str("\\n"),
            '\u{C}' => out.push_str("\\f"),
            '\u{D}' => out.push_str("\\r"),
            '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{2028}' | '\u{2029}' => {
                write!(out, "\\u{:04x}", char as u32).expect("a string takes everything");
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}

impl<'de> serde::Deserialize<'de> for Json {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

/// Takes what the contract allows and nothing else, and keeps repeated keys.
struct Visitor;

impl<'de> serde::de::Visitor<'de> for Visitor {
    type Value = Json;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("null, a natural number, a string or an object")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned().into()))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Json::Object(entries))
    }
}
