//! Why a format string cannot be used.

use std::fmt;
use std::ops::Range;

/// What is wrong with a format string, and where in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatternError {
    kind: PatternErrorKind,
    at: Range<usize>,
}

/// The kinds of [`PatternError`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PatternErrorKind {
    /// The text names no variable.
    NoVariable,
    /// A sign that begins a variable, without a name behind it.
    NoName,
    /// A bracket or brace that is opened and never closed.
    Unclosed(char),
    /// A closing brace that nothing opened, and that is not doubled.
    Unopened(char),
    /// Nothing stands between this variable and the one before, so nobody can tell where that one ends.
    Touching {
        /// The variable before.
        before: String,
        /// This one.
        after: String,
    },
    /// No variable of this kind of format; perhaps the other name was meant.
    UnknownName {
        /// The name that was found.
        name: String,
        /// The nearest one there is.
        nearest: Option<&'static str>,
    },
    /// A conversion or a format specification that cannot be read back.
    Unsupported(String),
    /// The same thing twice.
    Repeated(String),
    /// The text has line feeds.
    LineFeed,
    /// More fields than a record may have.
    TooManyFields,
    /// The text does not say in which style it is written.
    UnknownStyle,
}

impl PatternError {
    pub(crate) const fn new(kind: PatternErrorKind, at: Range<usize>) -> Self {
        Self { kind, at }
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> &PatternErrorKind {
        &self.kind
    }

    /// The bytes of the format string that are wrong. May be empty, at its end.
    #[must_use]
    pub fn at(&self) -> Range<usize> {
        self.at.clone()
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            PatternErrorKind::NoVariable => f.write_str("there is no variable in it"),
            PatternErrorKind::NoName => f.write_str("the name of a variable is wanted here"),
            PatternErrorKind::Unclosed(char) => write!(f, "this `{char}` is never closed"),
            PatternErrorKind::Unopened(char) => {
                write!(f, "this `{char}` closes nothing; where it is text it must be doubled")
            }
            PatternErrorKind::Touching { before, after } => {
                write!(f, "`{before}` and `{after}` touch: put a space or another separator between them")
            }
            PatternErrorKind::UnknownName { name, nearest: Some(nearest) } => {
                write!(f, "`{name}` is unknown; did you mean `{nearest}`?")
            }
            PatternErrorKind::UnknownName { name, nearest: None } => write!(f, "`{name}` is unknown"),
            PatternErrorKind::Unsupported(what) => write!(f, "{what} cannot be read back from a line"),
            PatternErrorKind::Repeated(name) => write!(f, "`{name}` is there twice"),
            PatternErrorKind::LineFeed => {
                f.write_str("a record would begin with several lines, which cannot be read back")
            }
            PatternErrorKind::TooManyFields => f.write_str("there are too many variables"),
            PatternErrorKind::UnknownStyle => {
                f.write_str("it is in none of the styles `%(name)s`, `{name}` and `${name}`")
            }
        }
    }
}

impl std::error::Error for PatternError {}
