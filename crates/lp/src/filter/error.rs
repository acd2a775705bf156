//! Why an expression is refused, and where.

use std::fmt;
use std::ops::Range;

use lp_core::Severity;

use crate::nearest::Nearest;

/// Why a text is no filter, or no filter for these records: what is wrong, in one line, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilterError(Box<Refusal>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Refusal {
    kind: FilterErrorKind,
    at: Range<usize>,
}

impl FilterError {
    pub(super) fn new(at: &Range<usize>, kind: FilterErrorKind) -> Self {
        Self(Box::new(Refusal { kind, at: at.clone() }))
    }

    pub(super) fn syntax(at: Range<usize>, what: impl Into<String>) -> Self {
        Self::new(&at, FilterErrorKind::Syntax(what.into()))
    }

    /// The bytes of the expression that are meant; right behind its end where something is missing there.
    #[must_use]
    pub fn at(&self) -> Range<usize> {
        self.0.at.clone()
    }

    /// Whether something is given what it does not take.
    pub(super) const fn is_about_types(&self) -> bool {
        matches!(self.0.kind, FilterErrorKind::Type { .. })
    }

    /// What is wrong, for programs.
    #[must_use]
    pub fn kind(&self) -> &FilterErrorKind {
        &self.0.kind
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.fmt(f)
    }
}

impl std::error::Error for FilterError {}

/// What is wrong with an expression.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilterErrorKind {
    /// It is not written as the language demands.
    #[error("{0}")]
    Syntax(String),
    /// It is larger than any that is taken.
    #[error("{0}")]
    TooLarge(&'static str),
    /// No record has a field of this name.
    #[error("there is no field `{}`{}", .name.escape_debug(), Nearest(.similar.as_deref()))]
    UnknownName {
        /// The name.
        name: String,
        /// The name that is most like it, if one is much like it.
        similar: Option<String>,
    },
    /// There is no severity of this name, nor a field, and it is compared with a record's severity.
    #[error("there is no severity `{name}`; severity is compared with {}", Meant(.meant))]
    UnknownSeverity {
        /// The name.
        name: String,
        /// The severity that logs call so, if they do.
        meant: Option<Severity>,
    },
    /// There is no function or method of this name.
    #[error("there is no function `{name}`{}", Nearest(.similar.as_deref()))]
    UnknownFunction {
        /// The name.
        name: String,
        /// The name that is most like it, if one is much like it.
        similar: Option<String>,
    },
    /// An operator or a function does not take what it is given.
    #[error("{what}{}", Hint(.hint))]
    Type {
        /// What is given, and where it cannot be.
        what: String,
        /// What may be meant instead.
        hint: Option<String>,
    },
    /// A constant is not what the text should be: a regular expression, a time, a network.
    #[error("{0}")]
    Value(String),
}

struct Meant<'a>(&'a Option<Severity>);

impl fmt::Display for Meant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(severity) => severity.fmt(f),
            None => f.write_str("TRACE, DEBUG, INFO, WARN, ERROR and FATAL"),
        }
    }
}

struct Hint<'a>(&'a Option<String>);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}
