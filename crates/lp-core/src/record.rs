//! One record, seen through its batch and its input.

use std::fmt;

use crate::batch::{Batch, Flags, Head, Row};
use crate::error::ParseError;
use crate::schema::Field;
use crate::severity::Severity;
use crate::span::Span;
use crate::timestamp::Timestamp;

/// A record: a view that is cheap to copy and borrows everything, its bytes from the input and its places from the
/// [`Batch`].
#[derive(Clone, Copy)]
pub struct Record<'a> {
    batch: &'a Batch,
    input: &'a [u8],
    row: Row<'a>,
    number: usize,
}

impl<'a> Record<'a> {
    #[inline(always)]
    pub(crate) const fn new(batch: &'a Batch, input: &'a [u8], row: Row<'a>, number: usize) -> Self {
        Self { batch, input, row, number }
    }

    #[inline(always)]
    fn head(&self) -> Head {
        self.row.head()
    }

    #[inline(always)]
    fn has(&self, flag: Flags) -> bool {
        self.head().flags.has(flag)
    }

    /// The record's number in its batch, from 0.
    #[inline]
    #[must_use]
    pub const fn number(&self) -> usize {
        self.number
    }

    /// The offset of the record's first byte in the input.
    #[inline]
    #[must_use]
    pub fn offset(&self) -> usize {
        self.head().start
    }

    /// The offset of the record's first byte in all that the input is a part of, if the batch knows where the input
    /// [begins](Batch::set_origin) there.
    #[inline]
    #[must_use]
    pub fn position(&self) -> u64 {
        self.batch.origin().saturating_add(self.offset() as u64)
    }

    /// The record as it was logged: no line terminator, and no more than the batch's limit.
    #[inline]
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        let head = self.head();
        self.input.get(head.start..).and_then(|rest| rest.get(..head.len as usize)).unwrap_or_default()
    }

    /// The record's time.
    #[inline]
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.has(Flags::TIME).then(|| self.head().timestamp)
    }

    /// How many digits the logged time has after the second, 0 to 9.
    #[inline]
    #[must_use]
    pub fn fraction_digits(&self) -> u8 {
        self.head().fraction_digits
    }

    /// The record's severity.
    #[inline]
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        self.head().severity
    }

    /// A field's bytes as they were logged, escapes and all. `None` where the record lacks the field and where it was
    /// logged as `-`.
    #[inline]
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&'a [u8]> {
        self.raw().get(self.span(field).range()?)
    }

    /// The value of an integer field.
    #[inline]
    #[must_use]
    pub fn integer(&self, field: Field) -> Option<u64> {
        self.row.number(self.batch.number_cell(field)?)
    }

    /// Where the field stands in [`raw`](Self::raw), and why it has no value where it has none.
    #[inline]
    #[must_use]
    pub fn span(&self, field: Field) -> Span {
        self.row.span(field)
    }

    /// Where the time stands in [`raw`](Self::raw), if the batch [keeps that](Batch::with_time_places).
    #[must_use]
    pub fn time_place(&self) -> Option<std::ops::Range<usize>> {
        self.batch.time_place(self.number)?.range()
    }

    /// Whether the record is of the second kind of a schema that has [two](crate::Schema::either).
    #[inline]
    #[must_use]
    pub fn is_second_kind(&self) -> bool {
        self.has(Flags::SECOND)
    }

    /// Why the record is not what its format asks for.
    #[inline]
    #[must_use]
    pub fn error(&self) -> Option<ParseError> {
        if self.has(Flags::REJECTED) { self.batch.error(self.number) } else { None }
    }

    /// The record's length in bytes before it was cut, where it was.
    #[must_use]
    pub fn truncated(&self) -> Option<u64> {
        if self.has(Flags::TRUNCATED) { self.batch.original_len(self.number) } else { None }
    }

    /// Whether somebody chose to leave the record out of the output ([`Batch::drop_record`]).
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        self.has(Flags::DROPPED)
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("raw", &String::from_utf8_lossy(self.raw()))
            .field("timestamp", &self.timestamp())
            .field("severity", &self.severity())
            .field("error", &self.error())
            .finish_non_exhaustive()
    }
}

/// The records of a [`Batch`] in the order of the input, dropped ones included.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    batch: &'a Batch,
    input: &'a [u8],
    numbers: std::ops::Range<usize>,
}

impl<'a> Records<'a> {
    #[inline]
    pub(crate) fn new(batch: &'a Batch, input: &'a [u8]) -> Self {
        Self { batch, input, numbers: 0..batch.len() }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    #[inline]
    fn next(&mut self) -> Option<Record<'a>> {
        let number = self.numbers.next()?;
        self.batch.record(self.input, number)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.numbers.size_hint()
    }
}

impl ExactSizeIterator for Records<'_> {}
impl DoubleEndedIterator for Records<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let number = self.numbers.next_back()?;
        self.batch.record(self.input, number)
    }
}
