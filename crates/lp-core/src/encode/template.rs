//! Records in a form of one's own: `[PROCESSED] {timestamp} - {raw}`.

use std::fmt;

use super::column::{Kinds, Source};
use super::columns::{Columns, Scratch, each};
use super::encoding::EncodingError;
use super::layout::Layout;
use super::{Encoder, Output, visible};
use crate::batch::Batch;
use crate::timestamp::{TimeFormat, TimeFormatError};

/// A text with places for the values of columns; each record is one line.
///
/// `{name}` is the value of a column: of one that goes out, by the name that it has there, or else of any that
/// [`Layout`] knows by that name. `{timestamp:%H:%M:%S}` is the time, in UTC, in a format of `strftime`. `{{` and `}}` are
/// braces. No value is `-`. Line feeds, other controls and what would speak to a terminal are escapes (`\n`, `\x1b`), in
/// `{raw}` too.
///
/// ```
/// use lp_core::encode::Template;
///
/// assert!(Template::parse("{timestamp:%d.%m.%Y} {{{method}}} {path}").is_ok());
/// assert_eq!(Template::parse("{path").unwrap_err().at(), 0);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Literal(String),
    Value { name: String, at: usize, format: Option<TimeFormat> },
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// A brace without its other one, a place without a name, or a format that cannot be written.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(brace) = rest.find(['{', '}']) {
            let at = text.len() - rest.len() + brace;
            let error = |wrong| TemplateError { at, wrong };
            let (before, behind) = (&rest[..brace], &rest[brace + 1..]);
            literal.push_str(before);
            let is_open = rest[brace..].starts_with('{');
            if let Some(behind) = behind.strip_prefix(if is_open { '{' } else { '}' }) {
                literal.push(if is_open { '{' } else { '}' });
                rest = behind;
                continue;
            }
            if !is_open {
                return Err(error(Wrong::Unopened));
            }
            let (inside, behind) = behind.split_once('}').ok_or(error(Wrong::Unclosed))?;
            let (name, format) = match inside.split_once(':') {
                Some((name, format)) => (name, Some(format)),
                None => (inside, None),
            };
            if name.is_empty() {
                return Err(error(Wrong::Empty));
            }
            let format = match format {
                None => None,
                Some(format) => {
                    let start = at + 1 + name.len() + 1;
                    let compiled = TimeFormat::compile(format)
                        .map_err(|error| TemplateError { at: start + error.at(), wrong: Wrong::Time(error) })?;
                    if !compiled.can_write() {
                        return Err(TemplateError { at: start, wrong: Wrong::Unwritable });
                    }
                    Some(compiled)
                }
            };
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Value { name: name.to_owned(), at: at + 1, format });
            rest = behind;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self { pieces })
    }

    /// Appends the template with values that do not come from a record, and a line feed: `value` is asked for the text of
    /// each name, and what it does not know is `-`. A time is only written in its usual form.
    pub fn fill(&self, value: impl Fn(&str) -> Option<String>, out: &mut Output) {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.extend(text.as_bytes()),
                Piece::Value { name, .. } => visible::line(value(name).as_deref().unwrap_or("-"), out),
            }
        }
        out.extend(b"\n");
    }

    /// The names in it, with the bytes at which they stand.
    pub fn names(&self) -> impl Iterator<Item = (&str, usize)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Value { name, at, .. } => Some((name.as_str(), *at)),
        })
    }

    pub(super) fn encoder(&self, layout: &Layout) -> Result<Templated, EncodingError> {
        let mut columns = Vec::new();
        let mut parts = Vec::new();
        for piece in &self.pieces {
            let (name, at, format) = match piece {
                Piece::Literal(text) => {
                    parts.push(Part::Literal(text.clone()));
                    continue;
                }
                Piece::Value { name, at, format } => (name, *at, format),
            };
            let shown = layout.columns.iter().filter(|column| *column.name == **name).cloned();
            let mut found: Vec<_> = shown.collect();
            if found.is_empty() {
                found = layout.find(name).ok_or_else(|| EncodingError::UnknownName { name: name.clone(), at })?;
            }
            if format.is_some() && found.iter().any(|column| column.source != Source::Timestamp) {
                return Err(EncodingError::NotATime { name: name.clone(), at });
            }
            let place = |second: bool| {
                let place = found.iter().position(|column| column.kinds.have(second))?;
                Some(columns.len() + place)
            };
            let places = [place(false), place(true)];
            columns.append(&mut found);
            parts.push(Part::Value { places, format: format.clone() });
        }
        debug_assert!(columns.iter().all(|column| column.kinds != Kinds::Both || column.kinds.have(false)));
        Ok(Templated { columns: Columns::with(layout, columns), parts })
    }
}

pub(super) struct Templated {
    columns: Columns,
    parts: Vec<Part>,
}

enum Part {
    Literal(String),
    Value {
        /// For each kind of records, the number of the column.
        places: [Option<usize>; 2],
        format: Option<TimeFormat>,
    },
}

impl Encoder for Templated {
    fn encode(&self, batch: &Batch, input: &[u8], records: &[u32], out: &mut Output) {
        let mut scratch = Scratch::default();
        let mut time = String::new();
        each(batch, input, records, |record| {
            for part in &self.parts {
                let (place, format) = match part {
                    Part::Literal(text) => {
                        out.extend(text.as_bytes());
                        continue;
                    }
                    Part::Value { places, format } => (places[usize::from(record.is_second_kind())], format),
                };
                let written = match (place, format, record.timestamp()) {
                    (Some(place), Some(format), Some(timestamp)) if self.columns.is_as_logged(place) => {
                        time.clear();
                        format.write(timestamp, &mut time);
                        visible::line(&time, out);
                        Some(())
                    }
                    (Some(place), ..) => {
                        self.columns.value(place, &record, &mut scratch).as_text(|text| visible::line(text, out))
                    }
                    _ => None,
                };
                if written.is_none() {
                    out.extend(b"-");
                }
            }
            out.extend(b"\n");
        });
    }
}

/// Why a text is no [`Template`]. What it prints says what is wrong, without the place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TemplateError {
    at: usize,
    wrong: Wrong,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wrong {
    Unclosed,
    Unopened,
    Empty,
    Time(TimeFormatError),
    Unwritable,
}

impl TemplateError {
    /// The byte of the text at which what is wrong begins.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.wrong {
            Wrong::Unclosed => f.write_str("the brace is never closed; a brace itself is written `{{`"),
            Wrong::Unopened => f.write_str("a closing brace without an opening one; a brace itself is written `}}`"),
            Wrong::Empty => f.write_str("the name of a field is missing between the braces"),
            Wrong::Time(error) => error.fmt(f),
            Wrong::Unwritable => {
                f.write_str("weeks, centuries and days of the week as numbers can be read, but not written")
            }
        }
    }
}

impl std::error::Error for TemplateError {}
