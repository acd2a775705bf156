//! What a record has in a column, and the texts that it is shown as.

use super::column::Part;
use super::members::{self, push_lossy};

/// What a record has in a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value<'a> {
    /// Nothing, and the column is one that is left out then.
    Absent,
    Null,
    /// Text with its escapes decoded.
    Text(&'a str),
    Integer(u64),
    /// A number as JSON writes it.
    Decimal(&'a str),
    /// JSON that is no string and not `null`.
    Json(&'a [u8]),
    /// Members of an object, with commas between them; at least one.
    Members(&'a [u8]),
    /// Why a record did not parse: the reason, the field, the byte.
    Error(&'static str, &'a str, u32),
}

impl Value<'_> {
    /// Calls `with` for the value as text; there is none where there is no value.
    pub(super) fn as_text<R>(self, with: impl FnOnce(&str) -> R) -> Option<R> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Text(text) | Self::Decimal(text) => Some(with(text)),
            Self::Integer(number) => Some(with(itoa::Buffer::new().format(number))),
            Self::Json(json) | Self::Members(json) => Some(with(&String::from_utf8_lossy(json))),
            Self::Error(reason, field, at) => Some(with(&format!("{reason}: {field} at {at}"))),
        }
    }
}

impl Part {
    pub(super) fn of<'a>(self, value: Value<'a>, nothing: Value<'a>) -> Value<'a> {
        let Value::Text(text) = value else { return value };
        match self {
            Self::Whole => value,
            Self::HostName => Value::Text(host_name(text)),
            Self::HttpVersion => Value::Text(text.strip_prefix("HTTP/").unwrap_or(text)),
            Self::UrlPath => Value::Text(text.split_once('?').map_or(text, |(path, _)| path)),
            Self::UrlQuery => text.split_once('?').map_or(nothing, |(_, query)| Value::Text(query)),
        }
    }
}

/// `example.com` of `example.com:8080`; an IPv6 address stands in brackets where a port is behind it.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|byte| byte.is_ascii_digit()) && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

/// A JSON value, as those of a JSON log are shown: a string with its escapes decoded.
pub(super) fn decoded<'a>(json: &'a [u8], text: &'a mut String) -> Value<'a> {
    match json {
        b"null" | b"" => Value::Null,
        [b'"', inside @ .., b'"'] => {
            if memchr::memchr(b'\\', inside).is_none() {
                return Value::Text(lossy(inside, text));
            }
            text.clear();
            members::unescape_json(inside, text);
            Value::Text(text)
        }
        [b'-' | b'0'..=b'9', ..] => match std::str::from_utf8(json) {
            Ok(number) if crate::format::json::is_number(json) => Value::Decimal(number),
            _ => Value::Text(lossy(json, text)),
        },
        _ => Value::Json(json),
    }
}

/// Text that is UTF-8: itself, or a copy in which each part that is not is U+FFFD.
pub(super) fn lossy<'a>(bytes: &'a [u8], copy: &'a mut String) -> &'a str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => lossy_copy(bytes, copy),
    }
}

/// As [`lossy`], always a copy.
pub(super) fn lossy_copy<'a>(bytes: &[u8], copy: &'a mut String) -> &'a str {
    copy.clear();
    push_lossy(bytes, copy);
    copy
}
