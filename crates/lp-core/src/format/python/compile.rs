//! From format strings to patterns over one schema.

use super::attributes::{Kind as Attribute, kind};
use super::style::{self, Piece, Style};
use super::{LEVEL, LOGGER, MESSAGE};
use crate::format::template::{Align, Names, Pad, Part, Parts, Template, Time, Value, number_cell};
use crate::format::{PatternError, PatternErrorKind};
use crate::schema::{FieldDef, Kind, Schema};
use crate::timestamp::TimeFormat;

/// A compiled format string.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) template: Template,
    /// The part that is the message; the number of parts where there is none.
    pub(super) message: usize,
    /// Whether any word may be a level. One that is known is then taken before one that is not.
    pub(super) any_level: bool,
    /// Whether nothing is behind the message.
    pub(super) ends_with_message: bool,
}

impl Pattern {
    /// Whether a line that this pattern fits may begin with the byte.
    pub(super) fn may_begin_with(&self, byte: u8) -> bool {
        if let Some(&first) = self.template.before.bytes().first() {
            return byte == first;
        }
        match self.template.parts.first() {
            Some(Part { value: Value::Time { time: Time::Iso | Time::Epoch, .. }, pad: None, .. }) => {
                byte.is_ascii_digit()
            }
            Some(Part { value: Value::Integer { .. }, pad: None, .. }) => byte.is_ascii_digit(),
            // A name that the program has added may begin with anything but a space.
            Some(Part { value: Value::Level { .. }, pad: None, .. }) => byte > b' ',
            _ => true,
        }
    }
}

/// A format string that is to be compiled, taken apart.
pub(super) struct Source<'a> {
    pub(super) pieces: Vec<Piece<'a>>,
    pub(super) text: &'a str,
    /// How the time is written, where not as usual.
    pub(super) time_format: Option<&'a TimeFormat>,
    /// One of the usual formats: names are words, and levels are known ones.
    pub(super) usual: bool,
}

impl<'a> Source<'a> {
    pub(super) fn new(
        text: &'a str,
        style: Style,
        time_format: Option<&'a TimeFormat>,
        usual: bool,
    ) -> Result<Self, PatternError> {
        let pieces = style::pieces(text, style)?;
        let mut before: Option<&style::Attribute<'_>> = None;
        let mut seen: Vec<&str> = Vec::new();
        for piece in &pieces {
            let Piece::Attribute(attribute) = piece else {
                before = None;
                continue;
            };
            let place = attribute.place.clone();
            let name = attribute.name.to_owned();
            if let Err(nearest) = kind(attribute.name) {
                return Err(PatternError::new(PatternErrorKind::UnknownName { name, nearest: Some(nearest) }, place));
            }
            if seen.contains(&attribute.name) {
                return Err(PatternError::new(PatternErrorKind::Repeated(name), place));
            }
            if let Some(before) = before {
                let before = before.name.to_owned();
                return Err(PatternError::new(PatternErrorKind::Touching { before, after: name }, place));
            }
            seen.push(attribute.name);
            before = Some(attribute);
        }
        if seen.is_empty() {
            return Err(PatternError::new(PatternErrorKind::NoVariable, 0..text.len()));
        }
        let source = Self { pieces, text, time_format, usual };
        source.no_line_feed_before_message()?;
        Ok(source)
    }

    /// A record is recognised by its first line.
    fn no_line_feed_before_message(&self) -> Result<(), PatternError> {
        let message = self.attributes().find(|attribute| kind(attribute.name) == Ok(Attribute::Message));
        let end = message.map_or(self.text.len(), |message| message.place.start);
        match self.text[..end].find('\n') {
            Some(at) => Err(PatternError::new(PatternErrorKind::LineFeed, at..at + 1)),
            None => Ok(()),
        }
    }

    fn attributes(&self) -> impl Iterator<Item = &style::Attribute<'a>> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Attribute(attribute) => Some(attribute),
            Piece::Literal(_) => None,
        })
    }

    fn has(&self, wanted: Attribute) -> bool {
        self.attributes().any(|attribute| kind(attribute.name) == Ok(wanted))
    }

    /// Whether any text may be a level. Where no time makes it certain that a line starts a record, it must be one that is
    /// known: `ValueError: x` is a traceback's last line.
    fn any_level(&self) -> bool {
        let kinds = self.attributes().map(|attribute| kind(attribute.name));
        !self.usual
            && self.has(Attribute::LevelName)
            && kinds
                .take_while(|kind| *kind != Ok(Attribute::Message))
                .any(|kind| matches!(kind, Ok(Attribute::Time | Attribute::Created)))
    }

    /// Whether thousandths of a second are part of the time: a time stands before them.
    fn thousandths_are_of_time(&self) -> bool {
        let mut kinds = self.attributes().map(|attribute| kind(attribute.name));
        kinds.any(|kind| kind == Ok(Attribute::Time))
            && kinds.any(|kind| kind == Ok(Attribute::Thousandths))
            && !self.has(Attribute::Created)
            && self.time_format.is_some_and(TimeFormat::has_date)
    }

    /// The fields beside those that every format has, in the order of the text.
    fn own_fields(&self) -> impl Iterator<Item = (&str, Kind)> {
        let of_time = self.thousandths_are_of_time();
        self.attributes().filter_map(move |attribute| {
            let own = match kind(attribute.name).ok()? {
                Attribute::Message | Attribute::Name | Attribute::LevelName | Attribute::LevelPrefix => return None,
                Attribute::Created => return None,
                Attribute::Time if self.time_format.is_none_or(TimeFormat::has_date) => return None,
                Attribute::Thousandths if of_time => return None,
                Attribute::Integer | Attribute::LevelNumber => Kind::Integer,
                Attribute::Decimal | Attribute::Thousandths => Kind::Decimal,
                Attribute::Text | Attribute::Time => Kind::Verbatim,
            };
            Some((attribute.name, own))
        })
    }
}

/// The fields of records in these formats: what the first has is in every record, what only others have in theirs.
pub(super) fn schema(sources: &[Source<'_>]) -> Result<Schema, PatternError> {
    let mut fields: Vec<FieldDef> = super::FIELDS.to_vec();
    for (number, source) in sources.iter().enumerate() {
        for (name, own) in source.own_fields() {
            if let Some(known) = fields.iter().find(|field| field.name() == name) {
                if number == 0 {
                    // A program's own attribute with the name of one of ours.
                    let place =
                        source.attributes().find(|attribute| attribute.name == name).map(|found| found.place.clone());
                    let name = known.name().to_owned();
                    return Err(PatternError::new(PatternErrorKind::Repeated(name), place.unwrap_or_default()));
                }
                continue;
            }
            let field = FieldDef::named(name.to_owned(), own);
            fields.push(if number == 0 { field } else { field.into_optional() });
        }
    }
    let text = sources.first().map_or("", |source| source.text);
    Schema::new(fields).map_err(|error| {
        let kind = match error {
            crate::schema::SchemaError::ReservedName(name) => PatternErrorKind::Repeated(name),
            _ => PatternErrorKind::TooManyFields,
        };
        PatternError::new(kind, 0..text.len())
    })
}

/// A pattern over a schema that has its fields.
pub(super) fn pattern(source: &Source<'_>, schema: &Schema) -> Pattern {
    let mut parts = Parts::new();
    let mut message = None;
    for piece in &source.pieces {
        match piece {
            Piece::Literal(literal) => parts.push_literal(literal),
            Piece::Attribute(attribute) => {
                let kind = kind(attribute.name).unwrap_or(Attribute::Text);
                if kind == Attribute::Message {
                    message = Some(parts.parts.len());
                }
                let pad = match kind {
                    // The level, its colon, and spaces up to nine characters; a space follows.
                    Attribute::LevelPrefix => Some(Pad { width: 9, align: Align::Left, fill: b' ' }),
                    _ => attribute.pad,
                };
                parts.push(value(source, attribute, kind, schema), pad);
            }
        }
    }
    let Parts { before, parts } = parts;
    let message = message.unwrap_or(parts.len());
    let template =
        Template { before, parts: parts.into(), quotes_are_escaped: false, dash_is_nothing: false, extra: None };
    let ends_with_message =
        message + 1 == template.parts.len() && template.parts.last().is_some_and(|part| part.literal.is_empty());
    let any_level = source.any_level();
    Pattern { template, message, any_level, ends_with_message }
}

fn value(source: &Source<'_>, attribute: &style::Attribute<'_>, kind: Attribute, schema: &Schema) -> Value {
    let names = match (source.any_level(), attribute.cut) {
        (_, true) => Names::Cut,
        (false, false) => Names::Known,
        (true, false) => Names::Any,
    };
    // Names of threads have spaces: `Thread-2 (run)`.
    let is_word = source.usual && !matches!(attribute.name, "processName" | "threadName");
    let text = |field| if is_word { Value::Word(field) } else { Value::Text(field) };
    let field = schema.field(attribute.name);
    match (kind, field) {
        (Attribute::Message, _) => Value::Text(MESSAGE),
        (Attribute::Name, _) => text(LOGGER),
        (Attribute::LevelName, _) => Value::Level { field: LEVEL, names, colon: false },
        (Attribute::LevelPrefix, _) => Value::Level { field: LEVEL, names, colon: true },
        (Attribute::LevelNumber, Some(field)) => Value::LevelNumber { field, number: number_cell(schema, field) },
        (Attribute::Time, field) => {
            let time = match source.time_format {
                Some(format) => Time::Format(Box::new(format.clone())),
                None => Time::Iso,
            };
            Value::Time { time, shown: !source.has(Attribute::Created), text: field }
        }
        (Attribute::Created, _) => Value::Time { time: Time::Epoch, shown: true, text: None },
        (Attribute::Thousandths, None) => Value::Thousandths,
        (Attribute::Integer, Some(field)) => Value::Integer { field, number: number_cell(schema, field), empty: false },
        (Attribute::Decimal | Attribute::Thousandths, Some(field)) => Value::Decimal { field, empty: false },
        (Attribute::Text, Some(field)) => text(field),
        (_, None) => Value::Ignored,
    }
}
