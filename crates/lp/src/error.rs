//! Why a run ends before its inputs do.

use std::fmt;

use lp_core::ParseError;

use crate::ledger::Report;
use crate::sink::SinkError;
use crate::stage::BindError;

/// Why a run ended before its inputs did.
#[derive(Debug)]
pub struct RunError {
    /// What happened.
    pub cause: Cause,
    /// What was done before.
    pub report: Box<Report>,
}

/// What can end a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// An outlet could not be written to.
    #[error(transparent)]
    Sink(SinkError),
    /// A record did not parse, and [`OnError::Fail`](crate::OnError::Fail) was asked for.
    #[error(transparent)]
    BadRecord(BadRecord),
    /// A stage or an outlet does not fit the records of an input.
    #[error(transparent)]
    Refused(Refused),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.cause)
    }
}

/// The record that ended a run.
#[derive(Debug, thiserror::Error)]
#[error("{input}: record {number}, byte {}, {field}: {}", .error.at(), .error.reason())]
pub struct BadRecord {
    /// The name of its input.
    pub input: String,
    /// Its number in the input, from 1. Where every line is a record this is the number of the line.
    pub number: u64,
    /// The name of the field that was being read.
    pub field: String,
    /// What was wrong.
    pub error: ParseError,
}

/// The stage or outlet that does not fit the records of an input.
#[derive(Debug, thiserror::Error)]
#[error("{}{name}: {error}", .input.as_ref().map(|input| format!("{input}: ")).unwrap_or_default())]
pub struct Refused {
    /// The name of the input; none where all have one format that was given.
    pub input: Option<String>,
    /// The name of the stage or outlet.
    pub name: String,
    /// What does not fit.
    pub error: BindError,
}
