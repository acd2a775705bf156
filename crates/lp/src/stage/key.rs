//! What records are told apart by: the values of some of their fields.
//!
//! A name means the field of the format that is called so; `severity` and `timestamp`, which every record has;
//! `status_class`, the class of `status_code` (`5xx`); or, in logs of JSON, a member of the object, where `a.b` is the
//! member `b` of the object in `a` unless a member has the whole name. A record that lacks the field has `null` there.

use std::fmt;
use std::sync::Arc;

use lp_core::encode::{REDACTED, Redact};
use lp_core::format::json;
use lp_core::{Field, Kind, Record, Schema, Severity, status_class};
use serde::{Deserialize, Serialize};

use crate::escape::Escape;
use crate::event::Value;
use crate::nearest::{Nearest, nearest};
use crate::stage::{BindError, Binding};

/// The longest text of a key in bytes; a longer one is cut there, and a mark put behind it.
pub(super) const MAX_TEXT: usize = 1024;
const CUT: &str = "…";

/// The values of a record that it is told apart by.
pub(super) type Key = Box<[KeyValue]>;

/// One of them, as the output shows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(super) enum KeyValue {
    Null,
    Integer(u64),
    Text(Box<str>),
    Json(Box<str>),
}

/// Reads the keys of a format's records.
#[derive(Debug)]
pub(super) struct KeyReader {
    columns: Box<[Column]>,
}

/// Where a part of the key is found, in records of the first kind and of the second.
#[derive(Debug)]
struct Column([Part; 2]);

#[derive(Debug)]
pub(super) enum Part {
    Missing,
    Severity,
    Time,
    /// The class of the status in this field.
    Class(Field),
    Integer(Field),
    /// A field that is a text, of this kind.
    Text(Field, Kind),
    /// A field named `message`, which in a record that did not parse is the whole raw text.
    Message(Field, Kind),
    /// A member of the objects whose members stand in these fields.
    Member(Box<[Field]>, Box<str>),
    /// One of the others, whose values are not shown as they are.
    Hidden(Box<Part>, Hiding),
}

/// What hides a value.
#[derive(Clone)]
pub(super) struct Hiding(Arc<[Arc<dyn Redact>]>);

impl Hiding {
    fn hide(&self, value: KeyValue) -> KeyValue {
        let text = match value {
            KeyValue::Null => return KeyValue::Null,
            KeyValue::Integer(number) => number.to_string(),
            KeyValue::Text(text) | KeyValue::Json(text) => text.into(),
        };
        let mut text = text.into_bytes();
        for redact in &*self.0 {
            let mut hidden = Vec::new();
            if redact.redact(&text, &mut hidden) {
                text = hidden;
            }
        }
        KeyValue::text(&String::from_utf8_lossy(&text))
    }
}

impl fmt::Debug for Hiding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hiding").finish_non_exhaustive()
    }
}

impl KeyReader {
    /// A reader of these fields.
    pub(super) fn bind<'n>(names: impl IntoIterator<Item = &'n str>, to: &Binding<'_>) -> Result<Self, BindError> {
        let columns = names.into_iter().map(|name| {
            let column = Column::find(name, to.schema(), to.others())?;
            let redactors = to.redactors(name);
            Ok(if redactors.is_empty() && !(to.hides_raw() && column.may_be_raw()) {
                column
            } else {
                column.hidden(&Hiding(redactors.into()))
            })
        });
        Ok(Self { columns: columns.collect::<Result<_, _>>()? })
    }

    /// A reader of all that a record says but for its time and severity.
    pub(super) fn of_all_fields(schema: &Schema) -> Self {
        let kinds = [0..schema.first_kind(), schema.first_kind()..schema.fields().len()];
        let [first, second] = kinds.map(|kind| {
            let fields = schema.fields().iter().enumerate().take(kind.end).skip(kind.start);
            fields.map(|(number, field)| Part::of_field(number, field.name(), field.kind())).collect::<Vec<_>>()
        });
        let len = first.len().max(second.len());
        let missing = || std::iter::repeat_with(|| Part::Missing);
        let columns = first.into_iter().chain(missing()).zip(second.into_iter().chain(missing())).take(len);
        Self { columns: columns.map(|(first, second)| Column([first, second])).collect() }
    }

    /// Where the parts of the key are in records of either kind.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[Part; 2]> {
        self.columns.iter().map(|column| &column.0)
    }

    /// Where the parts of this record's key are.
    #[inline]
    fn parts_of<'p>(&'p self, record: &Record<'_>) -> impl Iterator<Item = &'p Part> + use<'p> {
        let kind = usize::from(record.is_second_kind());
        self.columns.iter().map(move |column| &column.0[kind])
    }

    /// Appends the key as it was logged: records with the same bytes have the same key. (Others may have so, too, where one
    /// value is logged in two ways.)
    pub(super) fn push_logged(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        for part in self.parts_of(record) {
            part.push_logged(record, out);
        }
    }

    /// The record's key.
    pub(super) fn key(&self, record: &Record<'_>) -> Key {
        self.parts_of(record).map(|part| part.value(record)).collect()
    }
}

impl Column {
    fn find(name: &str, schema: &Schema, others: &[Schema]) -> Result<Self, BindError> {
        let parts = [false, true].map(|second| Part::find(name, schema, second));
        let is_known = |schema| [false, true].iter().any(|&second| Part::find(name, schema, second).is_some());
        if parts.iter().all(Option::is_none) && !others.iter().any(is_known) {
            return Err(unknown(name, schema));
        }
        Ok(Self(parts.map(|part| part.unwrap_or(Part::Missing))))
    }

    /// Whether the values may be the raw text of a record that did not parse.
    fn may_be_raw(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Message(..)))
    }

    fn hidden(self, hiding: &Hiding) -> Self {
        Self(self.0.map(|part| Part::Hidden(Box::new(part), hiding.clone())))
    }
}

impl Part {
    fn find(name: &str, schema: &Schema, second: bool) -> Option<Self> {
        let kind = if second { schema.first_kind()..schema.fields().len() } else { 0..schema.first_kind() };
        let fields = || schema.fields().iter().enumerate().take(kind.end).skip(kind.start);
        let field = |name| fields().find(|(_, field)| field.name() == name && field.kind() != Kind::Members);
        if let Some((number, def)) = field(name) {
            return Some(Self::of_field(number, name, def.kind()));
        }
        match (name, field("status_code")) {
            ("severity", _) => return Some(Self::Severity),
            ("timestamp", _) => return Some(Self::Time),
            ("status_class", Some((number, def))) if def.kind() == Kind::Integer => {
                return Some(Self::Class(at(number)));
            }
            _ => {}
        }
        let members: Box<[_]> =
            fields().filter(|(_, field)| field.kind() == Kind::Members).map(|(number, _)| at(number)).collect();
        (!members.is_empty()).then(|| Self::Member(members, name.into()))
    }

    fn of_field(number: usize, name: &str, kind: Kind) -> Self {
        match kind {
            Kind::Integer => Self::Integer(at(number)),
            kind if name == "message" => Self::Message(at(number), kind),
            kind => Self::Text(at(number), kind),
        }
    }

    fn push_logged(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        let mut push = |tag: u8, bytes: Option<&[u8]>| {
            let Some(bytes) = bytes else { return out.push(0) };
            out.push(tag);
            out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            out.extend_from_slice(bytes);
        };
        match self {
            Self::Missing => push(0, None),
            Self::Severity => push(1, record.severity().map(|severity| [severity.number()]).as_ref().map(|of| &of[..])),
            Self::Time => {
                let nanos = record.timestamp().map(|time| time.as_nanos().to_le_bytes());
                push(2 + record.fraction_digits(), nanos.as_ref().map(|of| &of[..]));
            }
            Self::Class(field) => {
                push(12, class(record.integer(*field)).map(|class| [class]).as_ref().map(|of| &of[..]))
            }
            Self::Integer(field) => {
                push(13, record.integer(*field).map(u64::to_le_bytes).as_ref().map(|of| &of[..]));
            }
            Self::Message(..) if record.error().is_some() => push(14, Some(record.raw())),
            Self::Text(field, kind) | Self::Message(field, kind) => push(tag(*kind), record.get(*field)),
            Self::Member(fields, path) => push(tag(Kind::Json), member(record, fields, path)),
            Self::Hidden(part, _) => part.push_logged(record, out),
        }
    }

    fn value(&self, record: &Record<'_>) -> KeyValue {
        match self {
            Self::Missing => KeyValue::Null,
            Self::Severity => record.severity().map_or(KeyValue::Null, KeyValue::of_severity),
            Self::Time => record.timestamp().map_or(KeyValue::Null, |time| {
                KeyValue::text(&format!("{time:.*}", usize::from(record.fraction_digits())))
            }),
            Self::Class(field) => class(record.integer(*field)).map_or(KeyValue::Null, KeyValue::of_class),
            Self::Integer(field) => record.integer(*field).map_or(KeyValue::Null, KeyValue::Integer),
            Self::Message(..) if record.error().is_some() => KeyValue::raw(record),
            Self::Text(field, kind) | Self::Message(field, kind) => {
                record.get(*field).map_or(KeyValue::Null, |bytes| KeyValue::of_field(bytes, *kind))
            }
            Self::Member(fields, path) => member(record, fields, path).map_or(KeyValue::Null, KeyValue::of_json),
            // Nobody knows where in it the value stands that is hidden.
            Self::Hidden(part, _) if matches!(**part, Self::Message(..)) && record.error().is_some() => {
                KeyValue::text(REDACTED)
            }
            Self::Hidden(part, hiding) => hiding.hide(part.value(record)),
        }
    }
}

impl KeyValue {
    /// A text, cut where it is too long.
    fn text(text: &str) -> Self {
        if text.len() <= MAX_TEXT {
            return Self::Text(text.into());
        }
        let end = (0..=MAX_TEXT).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        Self::Text([&text[..end], CUT].concat().into())
    }

    /// All of a record, as it was logged.
    pub(super) fn raw(record: &Record<'_>) -> Self {
        Self::text(&String::from_utf8_lossy(record.raw()))
    }

    pub(super) fn of_severity(severity: Severity) -> Self {
        Self::text(severity.name())
    }

    /// The class of a status: 5 is `5xx`.
    pub(super) fn of_class(class: u8) -> Self {
        status_class(u64::from(class) * 100).map_or(Self::Null, Self::text)
    }

    fn of_field(bytes: &[u8], kind: Kind) -> Self {
        match kind {
            Kind::Decimal if bytes.is_empty() => Self::Null,
            Kind::Decimal if !json::is_number(bytes) => Self::text(&String::from_utf8_lossy(bytes)),
            Kind::Decimal | Kind::Json => Self::of_json(bytes),
            kind => Self::text(&Escape::of(kind).decode(bytes)),
        }
    }

    /// A value of JSON. One that could speak to a terminal or is too long becomes a text.
    fn of_json(raw: &[u8]) -> Self {
        match raw {
            [b'"', content @ .., b'"'] => Self::text(&Escape::Json.decode(content)),
            b"null" => Self::Null,
            _ => {
                let text = String::from_utf8_lossy(raw);
                match text.parse() {
                    Ok(number) => Self::Integer(number),
                    Err(_) if is_plain(raw) => Self::Json(text.into()),
                    Err(_) => Self::text(&text),
                }
            }
        }
    }

    /// Whether a record may have it.
    pub(super) fn is_sound(&self) -> bool {
        match self {
            Self::Null | Self::Integer(_) => true,
            Self::Text(text) => text.len() <= MAX_TEXT + CUT.len(),
            Self::Json(json) => is_plain(json.as_bytes()),
        }
    }

    /// The value as an event has it.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(*number),
            Self::Text(text) => Value::Text(text.to_string()),
            Self::Json(json) => Value::Json(json.as_bytes().to_vec()),
        }
    }
}

/// Whether JSON may be shown as it stands: it is short, and nothing in it could speak to a terminal.
fn is_plain(json: &[u8]) -> bool {
    json.len() <= MAX_TEXT && json.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The class of a status; none where it has no class.
#[inline(always)]
pub(super) fn class(status: Option<u64>) -> Option<u8> {
    match status? {
        status @ 0..1000 => Some((status as u16 / 100) as u8),
        _ => None,
    }
}

fn member<'a>(record: &Record<'a>, fields: &[Field], path: &str) -> Option<&'a [u8]> {
    fields.iter().find_map(|&field| member_of(record.get(field)?, path))
}

fn member_of<'a>(object: &'a [u8], path: &str) -> Option<&'a [u8]> {
    json::member(object, path).or_else(|| {
        let (name, rest) = path.split_once('.')?;
        member_of(json::member(object, name).filter(|value| value.starts_with(b"{"))?, rest)
    })
}

/// What tells values of kinds apart that are shown differently.
const fn tag(kind: Kind) -> u8 {
    match kind {
        Kind::Text => 15,
        Kind::JsonText => 16,
        Kind::Verbatim => 17,
        Kind::Decimal => 18,
        Kind::Json => 19,
        _ => 20,
    }
}

/// A schema has no more fields than that.
fn at(number: usize) -> Field {
    Field::new(u16::try_from(number).unwrap_or(u16::MAX))
}

fn unknown(name: &str, schema: &Schema) -> BindError {
    let names = schema.fields().iter().filter(|field| field.kind() != Kind::Members).map(|field| field.name());
    let hint = Nearest(nearest(name, names.chain(["severity", "timestamp", "status_class"])));
    BindError { text: name.to_owned(), at: 0..name.len(), why: format!("there is no field `{name}`{hint}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lp_core::encode::{Encoder, JsonEncoder};
    use lp_core::format::access::Access;
    use lp_core::format::json::Json;
    use lp_core::{Batch, Format};
    use std::sync::Arc;

    /// The value of a field of the only record.
    fn value(format: &dyn Format, line: &str, name: &str) -> String {
        let json: Arc<dyn Encoder> = Arc::new(JsonEncoder::new(format.schema()));
        let reader = KeyReader::bind([name], &Binding::new("test", format.schema(), &[], &json)).unwrap();
        let mut batch = Batch::new();
        format.parse(line.as_bytes(), &mut batch);
        let record = batch.record(line.as_bytes(), 0).unwrap();
        let mut shown = Vec::new();
        crate::event::Event {
            place: crate::stage::Place::END,
            kind: crate::event::EventKind::Count,
            members: vec![("v".into(), reader.key(&record)[0].to_value())],
        }
        .write_json(&mut shown);
        let shown = String::from_utf8(shown).unwrap();
        shown.strip_prefix("{\"v\":").unwrap().strip_suffix('}').unwrap().to_owned()
    }

    #[test]
    fn fields_are_read_as_the_output_shows_them() {
        let line = r#"::1 - - [06/Nov/2025:10:30:15.25 +0000] "GET /\xC3\xA9\x22 HTTP/1.1" 502 5 "-" "\xFF" extra"#;
        let line = line.replace(".25", "");
        for (name, want) in [
            ("severity", "\"ERROR\""),
            ("timestamp", "\"2025-11-06T10:30:15Z\""),
            ("status_code", "502"),
            ("status_class", "\"5xx\""),
            ("path", "\"/é\\\"\""),
            ("referer", "null"),
            ("user_agent", "\"\\\\xFF\""),
        ] {
            assert_eq!(value(&Access::combined(), &line, name), want, "{name}");
        }
    }

    #[test]
    fn members_of_json_are_found() {
        let line =
            r#"{"message":"a\u0041","level":"warn","a":{"b":{"c":[1, 2]}},"a.x":7,"n":-1.50,"o":"\u001b","u":[""]}"#;
        let line = line.replace("[\"\"]", "[\"\u{9b}\"]");
        for (name, want) in [
            ("message", "\"aA\""),
            ("severity", "\"WARN\""),
            ("timestamp", "null"),
            ("a.b.c", "[1, 2]"),
            ("a.x", "7"),
            ("a.y", "null"),
            ("n", "-1.50"),
            ("n.a", "null"),
            ("o", "\"\\u001b\""),
            ("u", "\"[\\\"\\u009b\\\"]\""),
        ] {
            assert_eq!(value(&Json::new(), &line, name), want, "{name}");
        }
        assert_eq!(value(&Json::new(), "no JSON", "message"), "\"no JSON\"");
    }

    #[test]
    fn long_texts_are_cut() {
        // The mark does not tear the character that stands at the bound.
        let text = "é".repeat(MAX_TEXT / 2 + 1);
        let line = format!("{{\"a\":\"x{text}\",\"b\":[\"{text}\"]}}");
        for name in ["a", "b"] {
            let value = value(&Json::new(), &line, name);
            assert!(value.len() <= MAX_TEXT + 10 && value.ends_with("é…\""), "{value}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest_one() {
        let json: Arc<dyn Encoder> = Arc::new(JsonEncoder::new(Access::combined().schema()));
        let others = [Access::common().schema().clone()];
        let bind = |name, schema| {
            let error = KeyReader::bind([name], &Binding::new("test", schema, &others, &json)).unwrap_err();
            assert_eq!((&*error.text, error.at.clone()), (name, 0..name.len()));
            error.why
        };
        let combined = Access::combined();
        assert_eq!(bind("status", combined.schema()), "there is no field `status`; did you mean `status_code`?");
        assert_eq!(bind("xyz", combined.schema()), "there is no field `xyz`");
        // What only another format of the run has is missing here.
        let nginx_error = lp_core::format::nginx_error::NginxError::new();
        let to = Binding::new("test", nginx_error.schema(), &others, &json);
        assert!(KeyReader::bind(["path", "status_class"], &to).is_ok());
    }
}
