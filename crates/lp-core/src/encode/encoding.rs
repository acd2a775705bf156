//! The forms that records can be written in, by name.

use std::fmt;
use std::str::FromStr;

use super::Encoder;
use super::csv::Csv;
use super::json::{JsonColumns, JsonEncoder};
use super::layout::Layout;
use super::logfmt::Logfmt;
use super::raw::Raw;
use super::separated::Table;
use super::template::Template;
use super::terminal::Terminal;
use super::text::Text;
use super::tsv::Tsv;

/// A form of output.
///
/// All are valid UTF-8, and nothing of a log reaches a terminal as a control: but for [`Raw`](Self::Raw), which is what was
/// logged.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Encoding {
    /// A JSON object a line.
    Json,
    /// For people: a line a record, with what has more lines below it.
    Text,
    /// `key=value`, as [go-logfmt](https://pkg.go.dev/github.com/go-logfmt/logfmt) reads it; what has no value is left out.
    Logfmt,
    /// Comma-separated values with a line of names ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180), line feeds as line
    /// ends). No value is nothing, an empty text `""`. Values that begin with `=`, `+`, `-` or `@` are written as they are:
    /// import what clients have sent as text, since spreadsheets take it for formulas.
    Csv,
    /// Tab-separated values with a line of names, with the escapes of PostgreSQL's `COPY`; `\N` is no value.
    Tsv,
    /// The bytes of each record as logged, and a line feed. Controls in them are passed on.
    Raw,
    /// A template.
    Template(Template),
    /// For people at a terminal: as [`Text`](Self::Text), shorter, in lines that fit and in colours.
    Terminal(Terminal),
}

impl Encoding {
    /// The names of the forms, for [`FromStr`]; templates and terminals have none.
    pub const NAMES: [&'static str; 6] = ["json", "text", "logfmt", "csv", "tsv", "raw"];

    /// An encoder in this form for what a layout has.
    ///
    /// # Errors
    ///
    /// If the form cannot show it: a table of a JSON log without chosen columns, raw text of which fields are to be redacted,
    /// a template with a name that there is not.
    pub fn encoder(&self, layout: &Layout) -> Result<Box<dyn Encoder>, EncodingError> {
        Ok(match self {
            Self::Json if layout.full => Box::new(JsonEncoder::new(&layout.schema).with_decode(layout.decode)),
            Self::Json => Box::new(JsonColumns::new(layout)),
            Self::Text => Box::new(Text::new(layout)),
            Self::Logfmt => Box::new(Logfmt::new(layout)),
            Self::Csv | Self::Tsv if layout.has_open_members() => return Err(EncodingError::OpenMembers),
            Self::Csv => Box::new(Table::<Csv>::new(layout)),
            Self::Tsv => Box::new(Table::<Tsv>::new(layout)),
            Self::Raw if layout.rules.has_fields() => return Err(EncodingError::RedactedRaw),
            Self::Raw => Box::new(Raw::new(layout)),
            Self::Template(template) => Box::new(template.encoder(layout)?),
            Self::Terminal(terminal) => Box::new(terminal.encoder(layout)),
        })
    }
}

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        Ok(match name {
            "json" => Self::Json,
            "text" => Self::Text,
            "logfmt" => Self::Logfmt,
            "csv" => Self::Csv,
            "tsv" => Self::Tsv,
            "raw" => Self::Raw,
            _ => return Err(UnknownEncoding),
        })
    }
}

/// No [`Encoding`] has this name; [`Encoding::NAMES`] has those there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownEncoding;

impl fmt::Display for UnknownEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not one of {}", Encoding::NAMES.join(", "))
    }
}

impl std::error::Error for UnknownEncoding {}

/// Why a form cannot show what a [`Layout`] has.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EncodingError {
    /// A table needs to know its columns, and a JSON log may have any.
    OpenMembers,
    /// Raw text has the fields that are to be redacted.
    RedactedRaw,
    /// A template has this name at this byte, and there is no such field; [`Layout::names`] has those there are.
    UnknownName {
        /// The name.
        name: String,
        /// Where it stands in the template.
        at: usize,
    },
    /// A template has a format of times for a field that is none.
    NotATime {
        /// The name.
        name: String,
        /// Where it stands in the template.
        at: usize,
    },
}

impl fmt::Display for EncodingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenMembers => f.write_str(
                "the fields of a JSON log are not known before it is read; choose those that are to be columns",
            ),
            Self::RedactedRaw => f.write_str("raw records would show the fields that are to be redacted"),
            Self::UnknownName { name, .. } => write!(f, "there is no field `{name}`"),
            Self::NotATime { name, .. } => write!(f, "`{name}` is no time; only `timestamp` takes a format"),
        }
    }
}

impl std::error::Error for EncodingError {}
