//! The record that is being read, before it is part of a batch.

use std::ops::Range;

use crate::batch::{Batch, Flags, Head, NO_NUMBER};
use crate::error::{Reason, Slot};
use crate::schema::{Field, Kind, Schema};
use crate::severity::Severity;
use crate::span::Span;
use crate::timestamp::Timestamp;
use crate::timestamp::civil::NoTime;

/// What a matcher fills in. Which line is a record, and which place is a value's end, is tried, so what was read can be
/// taken back; it goes into the batch when it is certain.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Cells of the batch's row (the spans, then the numbers) and what they become. A later one counts.
    writes: Vec<(u32, u64)>,
    /// The cells of a record without any field, filled up to whole blocks.
    empty: Box<[[u64; BLOCK]]>,
    /// How many of them count.
    len: usize,
    state: State,
}

/// What is known of the record beside its fields.
#[derive(Clone, Copy, Debug)]
struct State {
    timestamp: Option<Timestamp>,
    fraction_digits: u8,
    time_place: (usize, usize),
    /// Why and where a time is none, though it has the shape of one.
    no_time: Option<(NoTime, usize)>,
    severity: Option<Severity>,
}

impl State {
    const NONE: Self = Self { timestamp: None, fraction_digits: 0, time_place: (0, 0), no_time: None, severity: None };
}

/// What a row was at some time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    writes: usize,
    state: State,
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
        Self { writes: Vec::with_capacity(2 * len), empty: empty.into(), len, state: State::NONE }
    }

    #[inline(always)]
    pub(crate) fn clear(&mut self) {
        self.writes.clear();
        self.state = State::NONE;
    }

    /// What it is now.
    #[inline(always)]
    pub(crate) fn mark(&self) -> Mark {
        Mark { writes: self.writes.len(), state: self.state }
    }

    /// Makes it what it was.
    #[inline(always)]
    pub(crate) fn back_to(&mut self, mark: &Mark) {
        self.writes.truncate(mark.writes);
        self.state = mark.state;
    }

    #[inline(always)]
    fn write(&mut self, cell: usize, value: u64) {
        self.writes.push((cell as u32, value));
    }

    /// Sets the place of a field; a lone dash is none.
    #[inline(always)]
    pub(crate) fn set_or_dash(&mut self, field: Field, text: &[u8], range: Range<usize>) {
        let dash = range.len() == 1 && text[range.start] == b'-';
        self.write(field.position(), Span::new_or_dash(range.start as u32, range.end as u32, dash).to_cell());
    }

    #[inline(always)]
    pub(crate) fn set(&mut self, field: Field, range: Range<usize>) {
        self.write(field.position(), Span::new(range.start as u32, range.end as u32).to_cell());
    }

    #[inline(always)]
    pub(crate) fn set_dash(&mut self, field: Field) {
        self.write(field.position(), Span::DASH.to_cell());
    }

    /// Sets the number of an integer field, given its [cell](number_cell).
    #[inline(always)]
    pub(crate) fn set_number(&mut self, cell: usize, number: u64) {
        self.write(cell, number);
    }

    #[inline(always)]
    pub(crate) fn set_severity(&mut self, severity: Option<Severity>) {
        self.state.severity = severity;
    }

    #[inline(always)]
    pub(crate) const fn severity(&self) -> Option<Severity> {
        self.state.severity
    }

    /// Sets the time, with how many digits behind the second, and where it stands.
    #[inline(always)]
    pub(crate) fn set_time(&mut self, timestamp: Timestamp, fraction_digits: u8, place: Range<usize>) {
        self.state.timestamp = Some(timestamp);
        self.state.fraction_digits = fraction_digits;
        self.state.time_place = (place.start, place.end);
    }

    /// Adds so many nanoseconds to a time without fraction, which then ends at `end`.
    pub(crate) fn add_to_time(&mut self, nanos: i64, fraction_digits: u8, end: usize) {
        if let Some(timestamp) = self.state.timestamp
            && self.state.fraction_digits == 0
        {
            self.state.timestamp = timestamp.as_nanos().checked_add(nanos).map(Timestamp::from_nanos);
            self.state.fraction_digits = fraction_digits;
            self.state.time_place.1 = end;
        }
    }

    /// Says that what stands for a time is none. The first counts.
    pub(crate) fn set_no_time(&mut self, why: NoTime, at: usize) {
        self.state.no_time.get_or_insert((why, at));
    }

    /// What is wrong with a time that has the shape of one.
    #[inline(always)]
    pub(crate) fn no_time(&self) -> Option<Failure> {
        let (why, at) = self.state.no_time?;
        let reason = if why == NoTime::OutOfRange { Reason::TimeOutOfRange } else { Reason::InvalidTime };
        Some(Failure { reason, slot: Slot::Timestamp, at })
    }

    /// Appends it as the record that begins at `start`, whose length is not known yet.
    #[inline(always)]
    pub(crate) fn append(&self, batch: &mut Batch, start: usize) {
        self.append_with_head(batch, self.head(start, 0));
    }

    #[inline(always)]
    fn append_with_head(&self, batch: &mut Batch, head: Head) {
        batch.append_blocks(head, &self.empty, self.len);
        for &(cell, value) in &self.writes {
            batch.set_last_cell(cell as usize, value);
        }
    }

    #[inline(always)]
    fn head(&self, start: usize, len: usize) -> Head {
        Head {
            start,
            len: len as u32,
            severity: self.state.severity,
            fraction_digits: self.state.fraction_digits,
            flags: if self.state.timestamp.is_some() { Flags::TIME } else { Flags::NONE },
            timestamp: self.state.timestamp.unwrap_or(Timestamp::EPOCH),
        }
    }

    /// Appends it as the record that begins at `start`, of `len` bytes, of which `kept` are within the limit of lines.
    /// The spans must lie within what is kept.
    #[inline(always)]
    pub(crate) fn push(&self, batch: &mut Batch, start: usize, len: usize, kept: usize, error: Option<Failure>) {
        let kept = kept.min(batch.limit() as usize);
        if len <= kept && error.is_none() && !batch.keeps_time_places() {
            return self.append_with_head(batch, self.head(start, len));
        }
        self.push_unusual(batch, start, len, kept, error);
    }

    #[cold]
    #[inline(never)]
    fn push_unusual(&self, batch: &mut Batch, start: usize, len: usize, kept: usize, error: Option<Failure>) {
        let mut cells = self.empty.to_vec();
        for &(cell, value) in &self.writes {
            cells.as_flattened_mut()[cell as usize] = value;
        }
        let mut draft = batch.push_row(start..start + len, kept, &cells.as_flattened()[..self.len]);
        if let Some(timestamp) = self.state.timestamp {
            draft.set_timestamp(timestamp, self.state.fraction_digits);
            draft.set_time_place(self.state.time_place.0..self.state.time_place.1);
        }
        if let Some(severity) = self.state.severity {
            draft.set_severity(severity);
        }
        if let Some(Failure { reason, slot, at }) = error {
            draft.reject(reason, slot, at);
        }
    }
}

/// What is wrong with a record, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    pub(crate) slot: Slot,
    pub(crate) at: usize,
}
