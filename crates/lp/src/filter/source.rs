//! Where a record has the value of a name.

use lp_core::format::json;
use lp_core::status_class;
use lp_core::{Field, Record};

use super::value::Value;
use crate::escape::Escape;

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
    let number = std::str::from_utf8(text)
        .ok()
        .filter(|text| json::is_number(text.as_bytes()))
        .and_then(|text| text.parse().ok());
    Some(number.map_or_else(|| Value::Text(String::from_utf8_lossy(text)), Value::Double))
}
