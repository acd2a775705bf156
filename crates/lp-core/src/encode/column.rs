//! A column of the output: its name, and where its value comes from.

use crate::schema::{Field, Kind};

/// A column of some kinds of records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Column {
    pub(super) name: Box<str>,
    /// The name that it is chosen by, which rules are for.
    pub(super) known_as: Box<str>,
    pub(super) source: Source,
    pub(super) kinds: Kinds,
    /// Whether a record that lacks it leaves it out, where the form allows that, instead of showing `null`.
    pub(super) optional: bool,
}

impl Column {
    pub(super) fn new(name: &str, source: Source, kinds: Kinds, optional: bool) -> Self {
        Self { name: name.into(), known_as: name.into(), source, kinds, optional }
    }

    /// One of all records.
    pub(super) fn general(name: &str, source: Source, optional: bool) -> Self {
        Self::new(name, source, Kinds::Both, optional)
    }

    /// Whether its value is JSON as it was logged.
    pub(super) const fn is_json(&self) -> bool {
        matches!(self.source, Source::Field(_, Kind::Json, _) | Source::Message(_, Kind::Json))
    }

    /// Whether the two are of some record both.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.kinds.overlap(other.kinds)
    }
}

/// Which records have a column, in a schema of two kinds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kinds {
    First,
    Second,
    Both,
}

impl Kinds {
    pub(super) const fn have(self, is_second: bool) -> bool {
        match self {
            Self::First => !is_second,
            Self::Second => is_second,
            Self::Both => true,
        }
    }

    pub(super) const fn overlap(self, other: Self) -> bool {
        !matches!((self, other), (Self::First, Self::Second) | (Self::Second, Self::First))
    }
}

/// Where a column's value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Source {
    Timestamp,
    Severity,
    SeverityNumber,
    /// A field that has the level in the log's own words, or else the severity.
    LevelOrSeverity(Field, Kind),
    ParseError,
    Truncated,
    Raw,
    /// The raw text of a record that did not parse.
    RawOfRejected,
    Field(Field, Kind, Part),
    /// The field that a record which did not parse has its raw text in.
    Message(Field, Kind),
    StatusClass(Field),
    /// A member of a JSON log, by name.
    Member,
    /// Members of a JSON log, all that the field has.
    Members(Field),
    Constant(Box<str>),
    /// The record's position in all that its input is a part of, behind this text.
    Position(Box<str>),
    Nothing,
}

impl Source {
    /// Whether somebody has added it to what was logged.
    pub(super) const fn is_added(&self) -> bool {
        matches!(self, Self::Constant(_) | Self::Position(_))
    }
}

/// What of a field's text is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Whole,
    /// Without the port behind it.
    HostName,
    /// Without `HTTP/` before it.
    HttpVersion,
    /// What stands before the first `?`.
    UrlPath,
    /// What stands behind it.
    UrlQuery,
}
