//! The record that is being read, before it is part of a batch.

use std::ops::Range;

use crate::batch::{Batch, Flags, Head, NO_NUMBER};
use crate::error::{Reason, Slot};
use crate::schema::{Field, Kind, Schema};
use crate::severity::Severity;
use crate::span::Span;
use crate::timestamp::Timestamp;
use crate::timestamp::civil::NoTime;

/// What a matcher fills in. The record's extent is known only when the next one begins, so it is kept beside the batch
/// until then.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// As in a batch's row: the spans, then the numbers; filled up to whole blocks.
    cells: Vec<[u64; BLOCK]>,
    /// The same for a record without any field.
    empty: Box<[[u64; BLOCK]]>,
    /// How many cells count.
    len: usize,
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) fraction_digits: u8,
    pub(crate) time_place: Range<usize>,
    /// Why and where a time is none, though it has the shape of one.
    pub(crate) no_time: Option<(NoTime, usize)>,
    pub(crate) severity: Option<Severity>,
}

/// Cells that are copied at once: a copy of a fixed size is no call. Most formats have no more.
pub(crate) const BLOCK: usize = 8;

/// The cell of an integer field's number, as [`Row`] has it.
pub(crate) fn number_cell(schema: &Schema, field: Field) -> usize {
    let before = schema.fields().iter().take(field.position());
    schema.fields().len() + before.filter(|field| field.kind() == Kind::Integer).count()
}

impl Row {
    pub(crate) fn new(schema: &Schema) -> Self {
        let integers = schema.fields().iter().filter(|field| field.kind() == Kind::Integer).count();
        let mut empty = vec![Span::ABSENT.to_cell(); schema.fields().len()];
        empty.resize(schema.fields().len() + integers, NO_NUMBER);
        let len = empty.len();
        empty.resize(len.next_multiple_of(BLOCK).max(BLOCK), 0);
        let (empty, _) = empty.as_chunks();
        Self {
            cells: empty.to_vec(),
            empty: empty.into(),
            len,
            timestamp: None,
            fraction_digits: 0,
            time_place: 0..0,
            no_time: None,
            severity: None,
        }
    }

    #[inline(always)]
    pub(crate) fn clear(&mut self) {
        self.cells[0] = self.empty[0];
        if self.cells.len() > 1 {
            self.cells.copy_from_slice(&self.empty);
        }
        self.timestamp = None;
        self.no_time = None;
        self.severity = None;
    }

    /// Sets the place of a field; a lone dash is none.
    #[inline(always)]
    pub(crate) fn set_or_dash(&mut self, field: Field, text: &[u8], range: Range<usize>) {
        let dash = range.len() == 1 && text[range.start] == b'-';
        self.cells.as_flattened_mut()[field.position()] =
            Span::new_or_dash(range.start as u32, range.end as u32, dash).to_cell();
    }

    #[inline(always)]
    pub(crate) fn set(&mut self, field: Field, range: Range<usize>) {
        self.cells.as_flattened_mut()[field.position()] = Span::new(range.start as u32, range.end as u32).to_cell();
    }

    #[inline(always)]
    pub(crate) fn set_dash(&mut self, field: Field) {
        self.cells.as_flattened_mut()[field.position()] = Span::DASH.to_cell();
    }

    pub(crate) fn unset(&mut self, field: Field) {
        self.cells.as_flattened_mut()[field.position()] = Span::ABSENT.to_cell();
    }

    /// Sets the number of an integer field, given its [cell](number_cell).
    #[inline(always)]
    pub(crate) fn set_number(&mut self, cell: usize, number: u64) {
        self.cells.as_flattened_mut()[cell] = number;
    }

    /// Appends it as the record that begins at `start`, whose length is not known yet.
    #[inline(always)]
    pub(crate) fn append(&self, batch: &mut Batch, start: usize) {
        batch.append_blocks(self.head(start, 0), &self.cells, self.len);
    }

    #[inline(always)]
    fn head(&self, start: usize, len: usize) -> Head {
        Head {
            start,
            len: len as u32,
            severity: self.severity,
            fraction_digits: self.fraction_digits,
            flags: if self.timestamp.is_some() { Flags::TIME } else { Flags::NONE },
            timestamp: self.timestamp.unwrap_or(Timestamp::EPOCH),
        }
    }

    /// Appends it as the record that begins at `start`, of `len` bytes, of which `kept` are within the limit of lines.
    /// The spans must lie within what is kept.
    #[inline(always)]
    pub(crate) fn push(&self, batch: &mut Batch, start: usize, len: usize, kept: usize, error: Option<Failure>) {
        let kept = kept.min(batch.limit() as usize);
        if len <= kept && error.is_none() && !batch.keeps_time_places() {
            return batch.append_blocks(self.head(start, len), &self.cells, self.len);
        }
        self.push_unusual(batch, start, len, kept, error);
    }

    #[cold]
    #[inline(never)]
    fn push_unusual(&self, batch: &mut Batch, start: usize, len: usize, kept: usize, error: Option<Failure>) {
        let mut draft = batch.push_row(start..start + len, kept, &self.cells.as_flattened()[..self.len]);
        if let Some(timestamp) = self.timestamp {
            draft.set_timestamp(timestamp, self.fraction_digits);
            draft.set_time_place(self.time_place.clone());
        }
        if let Some(severity) = self.severity {
            draft.set_severity(severity);
        }
        if let Some(Failure { reason, slot, at }) = error {
            draft.reject(reason, slot, at);
        }
    }
}

impl Failure {
    /// Of a time that is none.
    pub(crate) const fn no_time(why: NoTime, at: usize) -> Self {
        let reason = match why {
            NoTime::OutOfRange => Reason::TimeOutOfRange,
            NoTime::Shape | NoTime::Impossible => Reason::InvalidTime,
        };
        Self { reason, slot: Slot::Timestamp, at }
    }
}

/// What is wrong with a record, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    pub(crate) slot: Slot,
    pub(crate) at: usize,
}
