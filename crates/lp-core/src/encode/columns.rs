//! The values of a record's columns, as a [`Layout`] has them: read, decoded and redacted.

use super::column::{Column, Kinds, Source};
use super::layout::Layout;
use super::members::{self, Members, Rewriter};
use super::redact::{self, Redactors, Rules};
use super::rfc3339::Rfc3339;
use super::value::{Value, decoded, lossy, lossy_copy};
use crate::batch::Batch;
use crate::error::{ParseError, Slot};
use crate::escape::unescape;
use crate::record::Record;
use crate::schema::{Field, Kind, Schema};
use crate::status::status_class;

/// Columns, ready to be read.
pub(super) struct Columns {
    pub(super) list: Box<[Column]>,
    /// What each is redacted by.
    redactors: Box<[Redactors]>,
    rules: Rules,
    schema: Schema,
    decode: bool,
    /// Which kinds of records are of a JSON log: the first, the second.
    json: [bool; 2],
    /// Names that a member of a JSON log cannot have beside the columns.
    taken: Box<[Box<str>]>,
}

/// The buffers that values are made in; kept from one to the next.
#[derive(Default)]
pub(super) struct Scratch {
    text: String,
    bytes: Vec<u8>,
    shown: String,
    redact: redact::Buffers,
    pub(super) times: Rfc3339,
}

impl Columns {
    pub(super) fn new(layout: &Layout) -> Self {
        Self::with(layout, layout.columns.clone())
    }

    /// Other columns than those of the layout, with its rules.
    pub(super) fn with(layout: &Layout, columns: Vec<Column>) -> Self {
        let json = [layout.is_json(false), layout.is_json(true)];
        let redactors = columns.iter().map(|column| {
            let is_raw = matches!(column.source, Source::Raw | Source::RawOfRejected);
            if column.source.is_added() || is_raw || column.source == Source::ParseError {
                return Box::default();
            }
            let is_level = matches!(column.source, Source::LevelOrSeverity(..));
            let is_json = [false, true].iter().any(|&second| column.kinds.have(second) && json[usize::from(second)]);
            layout.rules.of(&column.known_as, is_json || is_level).cloned().collect()
        });
        let redactors = redactors.collect();
        // The parser knows those that lp always has.
        let is_own = |column: &&Column| column.name == column.known_as && !column.source.is_added();
        let others = columns.iter().filter(|column| !is_own(column) && !matches!(column.source, Source::Members(_)));
        let taken = others.map(|column| column.name.clone()).collect();
        Self {
            list: columns.into(),
            redactors,
            rules: layout.rules.clone(),
            schema: layout.schema.clone(),
            decode: layout.decode,
            json,
            taken,
        }
    }

    /// Those that a record has, with their numbers.
    pub(super) fn of(&self, record: &Record<'_>) -> impl Iterator<Item = (usize, &Column)> {
        let is_second = record.is_second_kind();
        self.list.iter().enumerate().filter(move |(_, column)| column.kinds.have(is_second))
    }

    /// Whether the column's field is shown as the record has it.
    pub(super) fn is_as_logged(&self, number: usize) -> bool {
        self.redactors.get(number).is_some_and(|redactors| redactors.is_empty())
    }

    /// Whether members are written as the record has them.
    pub(super) fn members_are_as_logged(&self) -> bool {
        self.rules.is_empty() && self.taken.is_empty()
    }

    /// Whether raw text is shown as the record has it.
    pub(super) fn raw_is_as_logged(&self) -> bool {
        self.rules.is_empty()
    }

    /// What is shown of a record's raw text.
    pub(super) fn raw<'a>(&self, record: &Record<'a>, scratch: &'a mut Scratch) -> &'a [u8] {
        redact::apply_to_raw(&self.rules, record.raw(), &mut scratch.redact).unwrap_or(record.raw())
    }

    /// What a record has in the column of that number, which must be one of [its own](Self::of).
    pub(super) fn value<'a>(&'a self, number: usize, record: &Record<'a>, scratch: &'a mut Scratch) -> Value<'a> {
        let Some(column) = self.list.get(number) else { return Value::Absent };
        let nothing = if column.optional { Value::Absent } else { Value::Null };
        let Scratch { text, bytes, shown, redact: buffers, times } = scratch;
        let is_rejected = || record.error().is_some();
        let raw = |buffers: &'a mut redact::Buffers, shown: &'a mut String| {
            let raw = redact::apply_to_raw(&self.rules, record.raw(), buffers).unwrap_or(record.raw());
            Value::Text(lossy(raw, shown))
        };
        let value = match &column.source {
            Source::Constant(value) => return Value::Text(value),
            Source::Position(before) => {
                text.clear();
                text.push_str(before);
                text.push_str(itoa::Buffer::new().format(record.position()));
                return Value::Text(text);
            }
            Source::Nothing => return nothing,
            Source::Raw => return raw(buffers, shown),
            Source::RawOfRejected | Source::Message(..) if is_rejected() => return raw(buffers, shown),
            Source::RawOfRejected => return nothing,
            Source::ParseError => return record.error().map_or(nothing, |error| self.error(error)),
            Source::Timestamp => match record.timestamp() {
                Some(timestamp) => Value::Text(times.text(timestamp, record.fraction_digits())),
                None => nothing,
            },
            Source::Severity => record.severity().map_or(nothing, |severity| Value::Text(severity.name())),
            Source::SeverityNumber => {
                record.severity().map_or(nothing, |severity| Value::Integer(severity.number().into()))
            }
            Source::LevelOrSeverity(field, kind) => match self.field(record, *field, *kind, nothing, text, bytes) {
                Value::Absent | Value::Null => {
                    record.severity().map_or(nothing, |severity| Value::Text(severity.name()))
                }
                value => value,
            },
            Source::Truncated => record.truncated().map_or(nothing, Value::Integer),
            Source::Field(field, kind, part) => {
                part.of(self.field(record, *field, *kind, nothing, text, bytes), nothing)
            }
            Source::Message(field, kind) => self.field(record, *field, *kind, nothing, text, bytes),
            Source::StatusClass(field) => record.integer(*field).and_then(status_class).map_or(nothing, Value::Text),
            Source::Member => match self.member(record, &column.known_as) {
                Some(json) => decoded(json, text),
                None => nothing,
            },
            Source::Members(field) => {
                return match record.get(*field) {
                    None | Some(b"") => Value::Absent,
                    Some(members) if self.members_are_as_logged() => Value::Members(members),
                    Some(members) => self.rewritten(members, bytes, buffers),
                };
            }
        };
        let Some(redactors) = self.redactors.get(number).filter(|redactors| !redactors.is_empty()) else {
            return match value {
                // A rule may be for something in it.
                Value::Json(json) if self.rules.reach_into(&column.known_as) => {
                    self.rewritten_value(&column.known_as, json, bytes, buffers, shown)
                }
                value => value,
            };
        };
        if let Source::Field(field, kind, _) | Source::Message(field, kind) = column.source
            && let Some(redacted) = self.behind_escapes(redactors, record, field, kind)
        {
            return Value::Text(lossy_copy(&redacted, shown));
        }
        let mut digits = itoa::Buffer::new();
        let text = match &value {
            Value::Text(text) | Value::Decimal(text) => text.as_bytes(),
            Value::Integer(number) => digits.format(*number).as_bytes(),
            Value::Json(json) => return self.rewritten_value(&column.known_as, json, bytes, buffers, shown),
            Value::Absent | Value::Null | Value::Members(_) | Value::Error(..) => return value,
        };
        match redact::apply(redactors.iter(), text, buffers) {
            Some(redacted) => Value::Text(lossy(redacted, shown)),
            None => value,
        }
    }

    /// What is shown in place of a text that stays as it was logged, escapes and all, where what is to be hidden stands behind
    /// these.
    fn behind_escapes(&self, redactors: &Redactors, record: &Record<'_>, field: Field, kind: Kind) -> Option<Vec<u8>> {
        let logged = record.get(field)?;
        memchr::memchr(b'\\', logged)?;
        let mut decoded = Vec::new();
        match kind {
            Kind::Text | Kind::Verbatim => unescape(logged, &mut decoded),
            Kind::JsonText => {
                let mut text = String::new();
                members::unescape_json(logged, &mut text);
                decoded = text.into_bytes();
            }
            Kind::Integer | Kind::Decimal | Kind::Json | Kind::Members => return None,
        }
        let mut buffers = redact::Buffers::default();
        let redacted = redact::apply(redactors.iter(), &decoded, &mut buffers)?;
        match kind {
            // This was never meant to be decoded, so nothing is shown of it.
            Kind::Verbatim if logged.windows(2).any(|pair| pair == b"\\x") => Some(redact::REDACTED.into()),
            Kind::Text if !self.decode || std::str::from_utf8(&decoded).is_err() => Some(redacted.to_vec()),
            Kind::JsonText if !self.decode || !super::json::is_string_content(logged) => Some(redacted.to_vec()),
            _ => None,
        }
    }

    /// The value of a field.
    fn field<'a>(
        &self,
        record: &Record<'a>,
        field: Field,
        kind: Kind,
        nothing: Value<'a>,
        text: &'a mut String,
        bytes: &mut Vec<u8>,
    ) -> Value<'a> {
        if kind == Kind::Integer {
            return match record.integer(field) {
                Some(number) => Value::Integer(number),
                None if record.span(field) == crate::Span::ABSENT => nothing,
                None => Value::Null,
            };
        }
        let Some(value) = record.get(field) else {
            return if record.span(field) == crate::Span::ABSENT { nothing } else { Value::Null };
        };
        match kind {
            Kind::Text if self.decode => {
                if memchr::memchr(b'\\', value).is_some() {
                    bytes.clear();
                    unescape(value, bytes);
                    if let Ok(decoded) = std::str::from_utf8(bytes) {
                        text.clear();
                        text.push_str(decoded);
                        return Value::Text(text);
                    }
                }
                Value::Text(lossy(value, text))
            }
            Kind::JsonText
                if self.decode && super::json::is_string_content(value) && std::str::from_utf8(value).is_ok() =>
            {
                text.clear();
                members::unescape_json(value, text);
                Value::Text(text)
            }
            Kind::Decimal if value.is_empty() => Value::Null,
            Kind::Decimal if crate::format::json::is_number(value) => match std::str::from_utf8(value) {
                Ok(number) => Value::Decimal(number),
                Err(_) => Value::Null,
            },
            Kind::Json => decoded(value, text),
            _ => Value::Text(lossy(value, text)),
        }
    }

    /// The member of that name. Only a record that is an object has any.
    fn member<'a>(&self, record: &Record<'a>, name: &str) -> Option<&'a [u8]> {
        self.json[usize::from(record.is_second_kind())].then_some(())?;
        members::find(Members::of_object(record.raw()), name)
    }

    fn error(&self, error: ParseError) -> Value<'_> {
        let field = match error.slot() {
            Slot::Timestamp => "timestamp",
            Slot::Field(field) => self.schema.get(field).map_or("", |field| field.name()),
        };
        Value::Error(error.reason().name(), field, error.at())
    }

    fn rewritten<'a>(&self, text: &[u8], bytes: &'a mut Vec<u8>, buffers: &mut redact::Buffers) -> Value<'a> {
        bytes.clear();
        let is_taken = |name: &str| self.taken.iter().any(|taken| **taken == *name);
        Rewriter::new(&self.rules, buffers, bytes).members(Members::new(text), "", &is_taken);
        if bytes.is_empty() { Value::Absent } else { Value::Members(bytes) }
    }

    fn rewritten_value<'a>(
        &self,
        name: &str,
        json: &[u8],
        bytes: &'a mut Vec<u8>,
        buffers: &mut redact::Buffers,
        shown: &'a mut String,
    ) -> Value<'a> {
        bytes.clear();
        Rewriter::new(&self.rules, buffers, bytes).value(json, name);
        decoded(bytes, shown)
    }
}

/// Calls `with` for each of the records with these numbers that there are.
pub(super) fn each<'a>(batch: &'a Batch, input: &'a [u8], records: &[u32], mut with: impl FnMut(Record<'a>)) {
    for &number in records {
        if let Some(record) = batch.record(input, number as usize) {
            with(record);
        }
    }
}

/// The names of the columns, each once, in the order of their first.
pub(super) fn names(columns: &[Column]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for column in columns {
        if !names.contains(&&*column.name) {
            names.push(&column.name);
        }
    }
    names
}

/// For each kind of records the columns' numbers in the order of [`names`]; none where a kind lacks it.
pub(super) fn table(columns: &[Column]) -> [Vec<Option<usize>>; 2] {
    let names = names(columns);
    [Kinds::First, Kinds::Second].map(|kind| {
        let is_second = kind == Kinds::Second;
        let place =
            |name: &&str| columns.iter().position(|column| *column.name == **name && column.kinds.have(is_second));
        names.iter().map(place).collect()
    })
}
