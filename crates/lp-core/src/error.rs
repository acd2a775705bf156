//! Why a line is not a record of its format.

use std::fmt;

use crate::schema::Field;

/// What was wrong with a record, where, and what was being read: `Copy` and 12 bytes, as it travels with the record.
///
/// A record with an error is still a record: the fields that could be read are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParseError {
    reason: Reason,
    field: Slot,
    at: u32,
}

/// What was being read when the error was met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// The record's time.
    Timestamp,
    /// A field of the format's schema.
    Field(Field),
}

impl ParseError {
    /// An error at byte `at` of the record, met while `slot` was read.
    #[must_use]
    pub const fn new(reason: Reason, slot: Slot, at: u32) -> Self {
        Self { reason, field: slot, at }
    }

    /// The kind of error.
    #[must_use]
    pub const fn reason(self) -> Reason {
        self.reason
    }

    /// What was being read.
    #[must_use]
    pub const fn slot(self) -> Slot {
        self.field
    }

    /// The byte offset in the record at which it was met. May be the record's length: something was missing there.
    #[must_use]
    pub const fn at(self) -> u32 {
        self.at
    }
}

/// The kinds of [`ParseError`]; each has a stable name for programs to count by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum Reason {
    /// The line is empty.
    EmptyLine,
    /// The line ends where the field should begin.
    Missing,
    /// A byte that cannot stand there: a separator or a quote was expected.
    UnexpectedByte,
    /// A quote is opened and never closed.
    UnterminatedQuote,
    /// Not a time, or none that the calendar has.
    InvalidTime,
    /// A time before 1677-09-21 or after 2262-04-11, which nanoseconds in 64 bits cannot hold.
    TimeOutOfRange,
    /// Not a number of the kind that the field holds.
    InvalidNumber,
    /// A number above 2⁶⁴−2.
    NumberTooLarge,
    /// Not JSON.
    InvalidJson,
    /// JSON, but not an object.
    NotAnObject,
    /// A member of a JSON object has a name that the output has a key of already.
    DuplicateKey,
}

impl Reason {
    /// Every reason, in the order of the enum: the index of a reason is `reason as usize`.
    pub const ALL: [Self; 11] = [
        Self::EmptyLine,
        Self::Missing,
        Self::UnexpectedByte,
        Self::UnterminatedQuote,
        Self::InvalidTime,
        Self::TimeOutOfRange,
        Self::InvalidNumber,
        Self::NumberTooLarge,
        Self::InvalidJson,
        Self::NotAnObject,
        Self::DuplicateKey,
    ];

    /// The stable name, as it stands in `parse_error.reason` of the JSON output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EmptyLine => "empty_line",
            Self::Missing => "missing",
            Self::UnexpectedByte => "unexpected_byte",
            Self::UnterminatedQuote => "unterminated_quote",
            Self::InvalidTime => "invalid_time",
            Self::TimeOutOfRange => "time_out_of_range",
            Self::InvalidNumber => "invalid_number",
            Self::NumberTooLarge => "number_too_large",
            Self::InvalidJson => "invalid_json",
            Self::NotAnObject => "not_an_object",
            Self::DuplicateKey => "duplicate_key",
        }
    }
}

/// A sentence for people: what is wrong, without the place.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyLine => "the line is empty",
            Self::Missing => "the line ends before the field",
            Self::UnexpectedByte => "a byte that cannot stand here",
            Self::UnterminatedQuote => "the quote is never closed",
            Self::InvalidTime => "not a valid time",
            Self::TimeOutOfRange => "a time outside the years 1677 to 2262",
            Self::InvalidNumber => "not a valid number",
            Self::NumberTooLarge => "a number above 18446744073709551614",
            Self::InvalidJson => "not valid JSON",
            Self::NotAnObject => "JSON, but not an object",
            Self::DuplicateKey => "a member whose name is taken",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_its_own_index() {
        for (index, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index);
        }
    }
}
