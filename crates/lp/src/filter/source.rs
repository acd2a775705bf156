//! Where a record has the value of a name.

use std::borrow::Cow;

use lp_core::format::json;
use lp_core::{Field, Record, unescape};

use super::value::Value;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Source {
    Timestamp,
    Severity,
    ParseError,
    Truncated,
    Raw,
    /// `"2xx"`, of the status in this field.
    StatusClass(Field),
    Text {
        field: Field,
        escape: Escape,
        /// Of a record that did not parse the message is all of it.
        is_message: bool,
    },
    Integer(Field),
    Decimal(Field),
    Json {
        field: Field,
        is_message: bool,
    },
    /// A member of a JSON object that stands in pieces.
    Member {
        pieces: Box<[Field]>,
        name: String,
    },
    /// The records lack it.
    None,
}

/// How a text is escaped in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Escape {
    None,
    /// As web servers do.
    Log,
    /// As in a string of JSON.
    Json,
}

impl Escape {
    /// The text as the output shows it: decoded where the result is UTF-8, and else with U+FFFD for what is not.
    pub(super) fn decode(self, text: &[u8]) -> Cow<'_, str> {
        let decoded = match self {
            Self::None => None,
            _ if memchr::memchr(b'\\', text).is_none() => None,
            Self::Json => json::string(text),
            Self::Log => {
                let mut decoded = Vec::with_capacity(text.len());
                unescape(text, &mut decoded);
                String::from_utf8(decoded).ok().map(Cow::Owned)
            }
        };
        decoded.unwrap_or_else(|| String::from_utf8_lossy(text))
    }
}

impl Source {
    /// The name's value in a record.
    pub(super) fn value<'a>(&self, record: &Record<'a>) -> Value<'a> {
        self.find(record).unwrap_or(Value::Null)
    }

    /// Whether a record has a value for the name.
    pub(super) fn is_present(&self, record: &Record<'_>) -> bool {
        match self {
            Self::Text { is_message: false, field, .. } => record.get(*field).is_some(),
            Self::Raw => true,
            source => !matches!(source.value(record), Value::Null),
        }
    }

    fn find<'a>(&self, record: &Record<'a>) -> Option<Value<'a>> {
        Some(match self {
            Self::Timestamp => Value::Time(record.timestamp()?),
            Self::Severity => Value::Severity(record.severity()?),
            Self::ParseError => Value::text(record.error()?.reason().name()),
            Self::Truncated => Value::integer(record.truncated()?),
            Self::Raw => Value::Text(String::from_utf8_lossy(record.raw())),
            Self::StatusClass(field) => Value::text(status_class(record.integer(*field)?)?),
            Self::Text { is_message: true, .. } | Self::Json { is_message: true, .. } if record.error().is_some() => {
                Value::Text(String::from_utf8_lossy(record.raw()))
            }
            Self::Text { field, escape, .. } => Value::Text(escape.decode(record.get(*field)?)),
            Self::Integer(field) => Value::integer(record.integer(*field)?),
            Self::Decimal(field) => decimal(record.get(*field)?)?,
            Self::Json { field, .. } => Value::of_json(record.get(*field)?),
            Self::Member { pieces, name } => {
                let mut pieces = pieces.iter().filter_map(|piece| record.get(*piece));
                Value::of_json(pieces.find_map(|piece| json::member(piece, name))?)
            }
            Self::None => return None,
        })
    }
}

/// A number as JSON writes them, or else a text. No bytes are no value.
fn decimal(text: &[u8]) -> Option<Value<'_>> {
    if text.is_empty() {
        return None;
    }
    let number = std::str::from_utf8(text).ok().filter(|text| is_number(text)).and_then(|text| text.parse().ok());
    Some(number.map_or_else(|| Value::Text(String::from_utf8_lossy(text)), Value::Double))
}

/// Whether a text is a number as JSON writes them; Rust reads more.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.split(['.', 'e', 'E']).next().unwrap_or_default();
    let behind = &digits[whole.len()..];
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = behind.strip_prefix('.').map(|fraction| fraction.split(['e', 'E']).next().unwrap_or_default());
    is_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(is_digits)
        && text.parse::<f64>().is_ok()
}

/// The class of an HTTP status of up to three digits.
pub(super) fn status_class(status: u64) -> Option<&'static str> {
    STATUS_CLASSES.get(usize::try_from(status / 100).ok()?).copied()
}

/// The class of the statuses from a hundred times its place on.
pub(super) const STATUS_CLASSES: [&str; 10] = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_those_of_json(text in "[-+0-9.eE]{0,8}") {
            let want = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            prop_assert_eq!(is_number(&text), want, "{:?}", text);
        }
    }

    #[test]
    fn texts_are_decoded_as_they_are_shown() {
        for (escape, text, want) in [
            (Escape::Log, &br"\xC3\xA9 \q"[..], "é \\q"),
            (Escape::Log, br"\xFF", "\\xFF"),
            (Escape::Log, b"\\x41\xFF", "\\x41\u{FFFD}"),
            (Escape::Json, br"\u00e9\n", "é\n"),
            (Escape::Json, br"\u00e9\q", "\\u00e9\\q"),
            (Escape::None, br"\x41", "\\x41"),
            (Escape::None, b"\xFF", "\u{FFFD}"),
        ] {
            assert_eq!(escape.decode(text), want);
        }
    }
}
