//! The records of one piece of input, flat and reused.
//!
//! A batch holds no bytes of the input: its records are offsets into it, and whoever reads them brings the same input
//! again ([`Batch::records`]). That is what lets an embedder parse a `&[u8]` he only borrowed, and a pipeline pair the
//! batch with a buffer that crosses threads.
//!
//! Three flat tables hold everything: a [`Head`] a record, a row of spans a record (one for each field of the schema)
//! and a row of numbers a record (one for each integer field). Rejected and cut records are few; what is special about
//! them stands in two short side tables, sorted by record.

use std::ops::Range;

use crate::error::{ParseError, Reason, Slot};
use crate::record::{Record, Records};
use crate::scan::Index;
use crate::schema::{Field, Kind, Schema};
use crate::severity::Severity;
use crate::span::Span;
use crate::timestamp::Timestamp;

/// The value in the number table that stands for "none".
pub(crate) const NO_NUMBER: u64 = u64::MAX;

/// What every record has, whatever its format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// Offset of the record's first byte in the input.
    pub(crate) start: usize,
    /// Bytes of the record, without its line terminator and without what was cut off.
    pub(crate) len: u32,
    pub(crate) severity: Option<Severity>,
    /// Digits that the logged time has after the second, 0 to 9.
    pub(crate) fraction_digits: u8,
    pub(crate) flags: Flags,
    /// Meaningful only with [`Flags::TIME`].
    pub(crate) timestamp: Timestamp,
}

impl Head {
    const EMPTY: Self = Self {
        start: 0,
        len: 0,
        severity: None,
        fraction_digits: 0,
        flags: Flags::NONE,
        timestamp: Timestamp::EPOCH,
    };
}

/// What is true of a record; a set of bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Flags(u8);

impl Flags {
    pub(crate) const NONE: Self = Self(0);
    /// The record has a time.
    pub(crate) const TIME: Self = Self(1);
    /// The record did not parse: the error table has why.
    pub(crate) const REJECTED: Self = Self(2);
    /// The record was longer than the limit: the table of cut records has its length.
    pub(crate) const TRUNCATED: Self = Self(4);
    /// Somebody chose to leave the record out of the output.
    pub(crate) const DROPPED: Self = Self(8);

    #[inline(always)]
    pub(crate) const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    #[inline(always)]
    pub(crate) const fn with(self, flag: Self) -> Self {
        Self(self.0 | flag.0)
    }
}

/// The parsed records of one input: made once, filled by [`Format::parse`](crate::Format::parse) as often as wanted.
///
/// It keeps its memory from one parse to the next, so that after the first few inputs nothing is allocated. It grows
/// with the number of records in one input (about 140 bytes a record of the combined format).
#[derive(Debug)]
pub struct Batch {
    heads: Rows<Head>,
    spans: Rows<Span>,
    numbers: Rows<u64>,
    errors: Vec<(usize, ParseError)>,
    truncated: Vec<(usize, u64)>,
    /// Spans in a row: the fields of the schema.
    width: usize,
    /// For each field, its place in a row of numbers.
    number_of_field: Vec<Option<u16>>,
    /// Numbers in a row.
    number_width: usize,
    limit: u32,
    capacity: usize,
    /// Scratch of the parsers: the structural bytes of the window at hand.
    pub(crate) index: Index,
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl Batch {
    /// The longest record, in bytes, unless [`with_limit`](Self::with_limit) says otherwise: 1 MiB.
    pub const DEFAULT_LIMIT: u32 = 1 << 20;
    /// The highest limit that can be set: 1 GiB.
    pub const MAX_LIMIT: u32 = 1 << 30;

    /// An empty batch that cuts records at [`DEFAULT_LIMIT`](Self::DEFAULT_LIMIT).
    #[must_use]
    pub fn new() -> Self {
        Self::with_limit(Self::DEFAULT_LIMIT)
    }

    /// An empty batch that cuts records at `limit` bytes; a limit outside 1 to [`MAX_LIMIT`](Self::MAX_LIMIT) becomes
    /// the nearest in it.
    ///
    /// Only the first `limit` bytes of a longer record are parsed, and [`Record::truncated`] gives its true length.
    #[must_use]
    pub fn with_limit(limit: u32) -> Self {
        Self {
            heads: Rows::new(Head::EMPTY),
            spans: Rows::new(Span::ABSENT),
            numbers: Rows::new(NO_NUMBER),
            errors: Vec::new(),
            truncated: Vec::new(),
            width: 0,
            number_of_field: Vec::new(),
            number_width: 0,
            limit: limit.clamp(1, Self::MAX_LIMIT),
            capacity: usize::MAX,
            index: Index::new(),
        }
    }

    /// With room for so many records (at least one) and no more: a parse ends where the batch is full, and says how
    /// far it came. Without this a batch takes every record of its input.
    #[must_use]
    pub fn with_capacity(mut self, records: usize) -> Self {
        self.capacity = records.max(1);
        self
    }

    /// Whether a parser must not append to the batch any more.
    #[inline(always)]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.heads.len() >= self.capacity
    }

    /// The longest record in bytes.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The number of records, dropped ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heads.len() == 0
    }

    /// Forgets the records and keeps the memory.
    pub fn clear(&mut self) {
        self.heads.clear();
        self.spans.clear();
        self.numbers.clear();
        self.errors.clear();
        self.truncated.clear();
    }

    /// Empties the batch and lays its rows out for a schema. A [`Format`](crate::Format) begins its parse with it.
    pub fn begin(&mut self, schema: &Schema) {
        self.clear();
        self.width = schema.fields().len();
        self.number_of_field.clear();
        let mut numbers = 0;
        for field in schema.fields() {
            self.number_of_field.push(match field.kind() {
                Kind::Integer => {
                    numbers += 1;
                    Some(numbers - 1)
                }
                Kind::Text | Kind::Verbatim => None,
            });
        }
        self.number_width = usize::from(numbers);
    }

    /// Appends a record without any field, to be filled in: `range` is its place in the input, without the line
    /// terminator. What is beyond [`limit`](Self::limit) is cut off and remembered.
    pub fn push(&mut self, range: Range<usize>) -> Draft<'_> {
        let original = range.len();
        let limit = self.limit as usize;
        let len = original.min(limit);
        let mut flags = Flags::NONE;
        if original > limit {
            flags = Flags::TRUNCATED;
            self.truncated.push((self.heads.len(), original as u64));
        }
        let head = Head { start: range.start, len: len as u32, flags, ..Head::EMPTY };
        self.heads.push(1, head);
        self.spans.push(self.width, Span::ABSENT);
        self.numbers.push(self.number_width, NO_NUMBER);
        Draft { batch: self }
    }

    /// The places of the next record, which is part of the batch only once it is [committed](Self::commit); what stands
    /// in them is undefined. The rows must be as wide as the schema that [`begin`](Self::begin) was given.
    #[inline(always)]
    pub(crate) fn next_row<const F: usize, const N: usize>(
        &mut self,
    ) -> Option<(&mut [Head; 1], &mut [Span; F], &mut [u64; N])> {
        debug_assert_eq!((F, N), (self.width, self.number_width));
        Some((self.heads.next()?, self.spans.next()?, self.numbers.next()?))
    }

    /// Makes what was written to [`next_row`](Self::next_row) the batch's last record.
    #[inline(always)]
    pub(crate) fn commit(&mut self) {
        self.heads.used += 1;
        self.spans.used += self.width;
        self.numbers.used += self.number_width;
    }

    /// Says that the last record was `original` bytes long before a reader cut it (its line terminator not counted).
    ///
    /// Whoever shortens a record before the parser sees it, so as to bound a buffer, says so here. Nothing happens
    /// where there is no record, or `original` is no more than what the record has.
    pub fn set_original_len(&mut self, original: u64) {
        let Some(last) = self.heads.all_mut().last_mut() else { return };
        if original <= u64::from(last.len) {
            return;
        }
        last.flags = last.flags.with(Flags::TRUNCATED);
        let record = self.heads.len() - 1;
        match self.truncated.last_mut() {
            Some((of, length)) if *of == record => *length = original.max(*length),
            _ => self.truncated.push((record, original)),
        }
    }

    /// Leaves a record out of what encoders write; it stays in the batch. A number beyond the last does nothing.
    pub fn drop_record(&mut self, record: usize) {
        if let Some(head) = self.heads.all_mut().get_mut(record) {
            head.flags = head.flags.with(Flags::DROPPED);
        }
    }

    /// The records that did not parse, with their numbers, in order.
    pub fn errors(&self) -> impl ExactSizeIterator<Item = (usize, ParseError)> + '_ {
        self.errors.iter().copied()
    }

    /// The records that were cut, with their numbers and their lengths before, in order.
    pub fn truncated(&self) -> impl ExactSizeIterator<Item = (usize, u64)> + '_ {
        self.truncated.iter().copied()
    }

    /// The records over the input that was parsed.
    ///
    /// With any other input the fields are wrong or missing, but reading them is still safe.
    #[must_use]
    pub fn records<'a>(&'a self, input: &'a [u8]) -> Records<'a> {
        Records::new(self, input)
    }

    /// One record over the input that was parsed.
    #[must_use]
    pub fn record<'a>(&'a self, input: &'a [u8], number: usize) -> Option<Record<'a>> {
        (number < self.heads.len()).then(|| Record::new(self, input, number))
    }

    #[inline(always)]
    pub(crate) fn heads(&self) -> &[Head] {
        self.heads.all()
    }

    #[inline(always)]
    pub(crate) fn head(&self, record: usize) -> Option<&Head> {
        self.heads.all().get(record)
    }

    /// The spans of a record, in the order of the schema.
    #[inline(always)]
    pub(crate) fn row(&self, record: usize) -> &[Span] {
        self.spans.all().get(record * self.width..).and_then(|rest| rest.get(..self.width)).unwrap_or_default()
    }

    /// The numbers of a record, in the order of the schema's integer fields; [`NO_NUMBER`] is none.
    #[inline(always)]
    pub(crate) fn number_row(&self, record: usize) -> &[u64] {
        let width = self.number_width;
        self.numbers.all().get(record * width..).and_then(|rest| rest.get(..width)).unwrap_or_default()
    }

    /// The value of an integer field.
    #[inline]
    pub(crate) fn number(&self, record: usize, field: Field) -> Option<u64> {
        let place = (*self.number_of_field.get(field.position())?)?;
        self.number_row(record).get(usize::from(place)).copied().filter(|&number| number != NO_NUMBER)
    }

    pub(crate) fn error(&self, record: usize) -> Option<ParseError> {
        let place = self.errors.binary_search_by_key(&record, |&(of, _)| of).ok()?;
        Some(self.errors[place].1)
    }

    pub(crate) fn original_len(&self, record: usize) -> Option<u64> {
        let place = self.truncated.binary_search_by_key(&record, |&(of, _)| of).ok()?;
        Some(self.truncated[place].1)
    }
}

/// A flat table of rows. Its memory is initialised ahead, so that a row of known width is appended with a few moves.
#[derive(Debug)]
struct Rows<T> {
    cells: Vec<T>,
    used: usize,
    empty: T,
}

impl<T: Copy> Rows<T> {
    const fn new(empty: T) -> Self {
        Self { cells: Vec::new(), used: 0, empty }
    }

    #[inline(always)]
    const fn len(&self) -> usize {
        self.used
    }

    #[inline(always)]
    fn all(&self) -> &[T] {
        &self.cells[..self.used]
    }

    #[inline(always)]
    fn all_mut(&mut self) -> &mut [T] {
        &mut self.cells[..self.used]
    }

    fn clear(&mut self) {
        self.used = 0;
    }

    /// The place of the next row, not counted yet.
    #[inline(always)]
    fn next<const N: usize>(&mut self) -> Option<&mut [T; N]> {
        if self.cells.len() - self.used < N {
            self.grow(N);
        }
        self.cells[self.used..].first_chunk_mut()
    }

    /// Appends a row of one value.
    fn push(&mut self, width: usize, value: T) {
        if self.cells.len() - self.used < width {
            self.grow(width);
        }
        self.cells[self.used..][..width].fill(value);
        self.used += width;
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, width: usize) {
        let wanted = (2 * self.cells.len()).max(self.used + width).max(512);
        self.cells.resize(wanted, self.empty);
    }
}

/// The last record of a [`Batch`], being filled in by a parser.
///
/// All offsets are relative to the record's first byte. Setting a field that the schema does not have does nothing.
#[derive(Debug)]
pub struct Draft<'b> {
    batch: &'b mut Batch,
}

impl Draft<'_> {
    /// Sets the place of a field's bytes. A range that is not within the record (as it was cut) leaves the field unset.
    pub fn set(&mut self, field: Field, range: Range<usize>) {
        let len = self.batch.heads.all().last().map_or(0, |head| head.len as usize);
        if range.start <= range.end && range.end <= len {
            self.put(field, Span::new(range.start as u32, range.end as u32));
        }
    }

    /// Sets a field that was logged as `-`.
    pub fn set_dash(&mut self, field: Field) {
        self.put(field, Span::DASH);
    }

    /// Sets the value of an integer field whose place was [`set`](Self::set).
    pub fn set_integer(&mut self, field: Field, value: u64) {
        let width = self.batch.number_width;
        let place = self.batch.number_of_field.get(field.position()).copied().flatten();
        let start = self.batch.numbers.len().saturating_sub(width);
        if let Some(number) = place.and_then(|place| self.batch.numbers.all_mut().get_mut(start + usize::from(place))) {
            *number = value;
        }
    }

    /// Sets the time, and how many digits it has after the second (at most 9).
    pub fn set_timestamp(&mut self, timestamp: Timestamp, fraction_digits: u8) {
        if let Some(head) = self.batch.heads.all_mut().last_mut() {
            head.timestamp = timestamp;
            head.fraction_digits = fraction_digits.min(9);
            head.flags = head.flags.with(Flags::TIME);
        }
    }

    /// Sets the severity.
    pub fn set_severity(&mut self, severity: Severity) {
        if let Some(head) = self.batch.heads.all_mut().last_mut() {
            head.severity = Some(severity);
        }
    }

    /// Says that the record is not what its format asks for. The first error stays.
    pub fn reject(&mut self, reason: Reason, slot: Slot, at: usize) {
        let record = self.batch.heads.len().saturating_sub(1);
        let Some(head) = self.batch.heads.all_mut().last_mut() else { return };
        if !head.flags.has(Flags::REJECTED) {
            head.flags = head.flags.with(Flags::REJECTED);
            let at = at.min(head.len as usize) as u32;
            self.batch.errors.push((record, ParseError::new(reason, slot, at)));
        }
    }

    fn put(&mut self, field: Field, span: Span) {
        let width = self.batch.width;
        if field.position() < width {
            let start = self.batch.spans.len() - width;
            self.batch.spans.all_mut()[start + field.position()] = span;
        }
    }
}
