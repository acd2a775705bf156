//! The records of one piece of input, flat and reused.
//!
//! A batch holds no bytes of the input: its records are offsets into it, and whoever reads them brings the same input
//! again ([`Batch::records`]). That is what lets an embedder parse a `&[u8]` he only borrowed, and a pipeline pair the
//! batch with a buffer that crosses threads.
//!
//! One flat table holds everything, a row of 64-bit cells a record: three for the [`Head`], one for the [`Span`] of each
//! field of the schema, and one for each integer field's value. A row of the combined format is 16 cells, two cache
//! lines. Rejected and cut records are few; what is special about them stands in two short side tables, sorted by
//! record.

mod columns;
mod draft;
mod head;
mod rows;

use std::ops::Range;

use crate::error::ParseError;
use crate::format::json;
use crate::record::{Record, Records};
use crate::scan::Index;
use crate::schema::{Field, Kind, Schema};
use crate::span::Span;
use crate::timestamp::Timestamp;

pub use columns::{Integers, Severities, Times};
pub use draft::Draft;
pub(crate) use head::{Flags, Head};
pub(crate) use rows::Row;

/// The value in the number table that stands for "none".
pub(crate) const NO_NUMBER: u64 = u64::MAX;

/// The parsed records of one input: made once, filled by [`Format::parse`](crate::Format::parse) as often as wanted.
///
/// It keeps its memory from one parse to the next, so that after the first few inputs nothing is allocated. It grows
/// with the number of records in one input (about 140 bytes a record of the combined format).
#[derive(Debug)]
pub struct Batch {
    /// The rows, and initialised cells behind them.
    cells: Vec<u64>,
    /// Cells in use: the rows of the records there are.
    used: usize,
    /// Cells that may be in use: those of the most records there may be.
    capacity_cells: usize,
    /// Cells in a row.
    width: usize,
    /// Fields of the schema.
    fields: usize,
    /// For each field, the cell of its number in a row.
    number_of_field: Vec<Option<u16>>,
    errors: Vec<(usize, ParseError)>,
    truncated: Vec<(usize, u64)>,
    /// Where the times stand, if that is wanted.
    time_places: Option<Vec<(usize, Span)>>,
    limit: u32,
    line_limit: u32,
    capacity: usize,
    /// Where the input that was parsed begins in what it is a part of.
    origin: u64,
    /// Scratch of the parsers: the structural bytes of the window at hand.
    pub(crate) index: Index,
    /// Scratch of the JSON parser, once there was one.
    pub(crate) json: Option<Box<json::Scratch>>,
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
    /// The most lines of a record, unless [`with_line_limit`](Self::with_line_limit) says otherwise.
    pub const DEFAULT_LINE_LIMIT: u32 = 4096;

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
            cells: Vec::new(),
            used: 0,
            capacity_cells: usize::MAX,
            width: Head::CELLS,
            fields: 0,
            number_of_field: Vec::new(),
            errors: Vec::new(),
            truncated: Vec::new(),
            time_places: None,
            limit: limit.clamp(1, Self::MAX_LIMIT),
            line_limit: Self::DEFAULT_LINE_LIMIT,
            capacity: usize::MAX,
            origin: 0,
            index: Index::new(),
            json: None,
        }
    }

    /// With room for so many records (at least one) and no more: a parse ends where the batch is full, and says how
    /// far it came. Without this a batch takes every record of its input.
    #[must_use]
    pub fn with_capacity(mut self, records: usize) -> Self {
        self.capacity = records.max(1);
        self
    }

    /// Cuts records of more lines than this (at least one), as those of too many bytes are cut. Only formats whose
    /// records may have several lines look at it.
    #[must_use]
    pub fn with_line_limit(mut self, lines: u32) -> Self {
        self.line_limit = lines.max(1);
        self
    }

    /// Keeps where the times stand, for [`Record::time_place`]; slower. For those who explain a line to a person.
    #[must_use]
    pub fn with_time_places(mut self) -> Self {
        self.time_places = Some(Vec::new());
        self
    }

    /// Whether the places of the times are to be kept.
    pub(crate) const fn keeps_time_places(&self) -> bool {
        self.time_places.is_some()
    }

    /// Whether a parser must not append to the batch any more.
    #[inline(always)]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.used >= self.capacity_cells
    }

    /// The longest record in bytes.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The most lines of a record.
    #[must_use]
    pub const fn line_limit(&self) -> u32 {
        self.line_limit
    }

    /// The number of records, dropped ones included.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.used / self.width
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Forgets the records and keeps the memory.
    pub fn clear(&mut self) {
        self.used = 0;
        self.origin = 0;
        self.errors.clear();
        self.truncated.clear();
        if let Some(places) = &mut self.time_places {
            places.clear();
        }
    }

    /// Empties the batch and lays its rows out for a schema. A [`Format`](crate::Format) begins its parse with it.
    pub fn begin(&mut self, schema: &Schema) {
        self.clear();
        self.fields = schema.fields().len();
        self.width = Head::CELLS + self.fields;
        self.number_of_field.clear();
        for field in schema.fields() {
            self.number_of_field.push(match field.kind() {
                Kind::Integer => {
                    self.width += 1;
                    // A schema has no more fields than this holds.
                    Some((self.width - 1) as u16)
                }
                Kind::Text | Kind::JsonText | Kind::Verbatim | Kind::Decimal | Kind::Json | Kind::Members => None,
            });
        }
        self.capacity_cells = self.capacity.saturating_mul(self.width);
    }

    /// Appends a record without any field, to be filled in: `range` is its place in the input, without the line
    /// terminator. What is beyond [`limit`](Self::limit) is cut off and remembered.
    pub fn push(&mut self, range: Range<usize>) -> Draft<'_> {
        let len = range.len();
        self.push_kept(range, len)
    }

    /// As [`push`](Self::push), but no more than the first `kept` bytes are kept: a record of too many lines, as
    /// [`MultiLines`](crate::MultiLines) has it.
    pub fn push_kept(&mut self, range: Range<usize>, kept: usize) -> Draft<'_> {
        let original = range.len();
        let limit = kept.min(self.limit as usize);
        let mut flags = Flags::NONE;
        if original > limit {
            flags = Flags::TRUNCATED;
            self.truncated.push((self.len(), original as u64));
        }
        let head = Head {
            start: range.start,
            len: original.min(limit) as u32,
            severity: None,
            fraction_digits: 0,
            flags,
            timestamp: Timestamp::EPOCH,
        };
        if self.cells.len() - self.used < self.width {
            self.grow();
        }
        let (row, numbers) = self.cells[self.used..][..self.width].split_at_mut(Head::CELLS + self.fields);
        row[..Head::CELLS].copy_from_slice(&head.to_cells());
        row[Head::CELLS..].fill(Span::ABSENT.to_cell());
        numbers.fill(NO_NUMBER);
        self.used += self.width;
        Draft { batch: self }
    }

    /// As [`push_kept`](Self::push_kept), with the cells behind the head given: the spans, then the numbers. The spans must
    /// lie within what is kept.
    pub(crate) fn push_row(&mut self, range: Range<usize>, kept: usize, cells: &[u64]) -> Draft<'_> {
        let mut draft = self.push_kept(range, kept);
        draft.set_cells(cells);
        draft
    }

    /// Says that the last record was `original` bytes long before a reader cut it (its line terminator not counted).
    ///
    /// Whoever shortens a record before the parser sees it, so as to bound a buffer, says so here. Nothing happens
    /// where there is no record, or `original` is no more than what the record has.
    pub fn set_original_len(&mut self, original: u64) {
        let Some(record) = self.len().checked_sub(1) else { return };
        if self.head(record).is_none_or(|head| original <= u64::from(head.len)) {
            return;
        }
        self.set_flag(record, Flags::TRUNCATED);
        match self.truncated.last_mut() {
            Some((of, length)) if *of == record => *length = original.max(*length),
            _ => self.truncated.push((record, original)),
        }
    }

    /// Says where the input that was parsed begins, such as a chunk in its file, for [`Record::position`]. It is 0 unless this
    /// says otherwise, and again after the next parse.
    pub const fn set_origin(&mut self, origin: u64) {
        self.origin = origin;
    }

    /// Where the input that was parsed begins.
    #[must_use]
    pub const fn origin(&self) -> u64 {
        self.origin
    }

    /// Leaves a record out of what encoders write; it stays in the batch. A number beyond the last does nothing.
    pub fn drop_record(&mut self, record: usize) {
        self.set_flag(record, Flags::DROPPED);
    }

    /// Leaves every record that did not parse out of what encoders write; returns how many those are.
    pub fn drop_rejected(&mut self) -> usize {
        for error in 0..self.errors.len() {
            self.drop_record(self.errors[error].0);
        }
        self.errors.len()
    }

    fn set_flag(&mut self, record: usize, flag: Flags) {
        if let Some(cells) = self.head_cells(record) {
            let head = Head::from_cells(*cells);
            *cells = Head { flags: head.flags.with(flag), ..head }.to_cells();
        }
    }

    fn head_cells(&mut self, record: usize) -> Option<&mut [u64; Head::CELLS]> {
        self.cells[..self.used].get_mut(record.checked_mul(self.width)?..)?.first_chunk_mut()
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
    #[inline]
    #[must_use]
    pub fn records<'a>(&'a self, input: &'a [u8]) -> Records<'a> {
        Records::new(self, input)
    }

    /// One record over the input that was parsed.
    #[inline]
    #[must_use]
    pub fn record<'a>(&'a self, input: &'a [u8], number: usize) -> Option<Record<'a>> {
        Some(Record::new(self, input, self.row(number)?, number))
    }

    /// The rows of all records.
    #[inline(always)]
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.cells[..self.used].chunks_exact(self.width).map(|cells| Row { cells, fields: self.fields })
    }

    #[inline(always)]
    pub(crate) fn row(&self, record: usize) -> Option<Row<'_>> {
        let cells = self.cells[..self.used].get(record.checked_mul(self.width)?..)?.get(..self.width)?;
        Some(Row { cells, fields: self.fields })
    }

    #[inline]
    pub(crate) fn head(&self, record: usize) -> Option<Head> {
        self.row(record).map(|row| row.head())
    }

    /// The cell of a row that holds the value of an integer field.
    #[inline(always)]
    pub(crate) fn number_cell(&self, field: Field) -> Option<usize> {
        self.number_of_field.get(field.position()).copied().flatten().map(usize::from)
    }

    pub(crate) fn error(&self, record: usize) -> Option<ParseError> {
        let place = self.errors.binary_search_by_key(&record, |&(of, _)| of).ok()?;
        Some(self.errors[place].1)
    }

    pub(crate) fn time_place(&self, record: usize) -> Option<Span> {
        let places = self.time_places.as_deref()?;
        let place = places.binary_search_by_key(&record, |&(of, _)| of).ok()?;
        Some(places[place].1)
    }

    pub(crate) fn original_len(&self, record: usize) -> Option<u64> {
        let place = self.truncated.binary_search_by_key(&record, |&(of, _)| of).ok()?;
        Some(self.truncated[place].1)
    }
}
