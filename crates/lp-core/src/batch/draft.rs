//! A record while a parser fills it in.

use std::ops::Range;

use super::{Batch, Flags, Head};
use crate::error::{ParseError, Reason, Slot};
use crate::schema::Field;
use crate::severity::Severity;
use crate::span::Span;
use crate::timestamp::Timestamp;

/// The last record of a [`Batch`], being filled in by a parser.
///
/// All offsets are relative to the record's first byte. Setting a field that the schema does not have does nothing.
#[derive(Debug)]
pub struct Draft<'b> {
    pub(super) batch: &'b mut Batch,
}

impl Draft<'_> {
    /// Sets the place of a field's bytes. A range that is not within the record (as it was cut) leaves the field unset.
    pub fn set(&mut self, field: Field, range: Range<usize>) {
        let len = self.head().len as usize;
        if range.start <= range.end && range.end <= len {
            self.put(field, Span::new(range.start as u32, range.end as u32));
        }
    }

    /// Sets a field that was logged as `-`.
    pub fn set_dash(&mut self, field: Field) {
        self.put(field, Span::DASH);
    }

    /// Sets the value of an integer field whose place was [`set`](Self::set). The highest value stands for none.
    pub fn set_integer(&mut self, field: Field, value: u64) {
        let cell = self.batch.number_of_field.get(field.position()).copied().flatten();
        if let Some(number) = cell.and_then(|cell| self.row().get_mut(usize::from(cell))) {
            *number = value;
        }
    }

    /// Sets the time, and how many digits it has after the second (at most 9).
    pub fn set_timestamp(&mut self, timestamp: Timestamp, fraction_digits: u8) {
        self.change(|head| {
            head.timestamp = timestamp;
            head.fraction_digits = fraction_digits.min(9);
            head.flags = head.flags.with(Flags::TIME);
        });
    }

    /// Says where the time stands that was [set](Self::set_timestamp). Kept only by a batch
    /// [that wants it](Batch::with_time_places).
    pub fn set_time_place(&mut self, range: Range<usize>) {
        let record = self.batch.len() - 1;
        let len = self.head().len as usize;
        if let Some(places) = &mut self.batch.time_places
            && range.start <= range.end
            && range.end <= len
            && places.last().is_none_or(|&(last, _)| last < record)
        {
            places.push((record, Span::new(range.start as u32, range.end as u32)));
        }
    }

    /// Sets the severity.
    pub fn set_severity(&mut self, severity: Severity) {
        self.change(|head| head.severity = Some(severity));
    }

    /// Says that the record is not what its format asks for. The first error stays.
    pub fn reject(&mut self, reason: Reason, slot: Slot, at: usize) {
        let head = self.head();
        if !head.flags.has(Flags::REJECTED) {
            self.change(|head| head.flags = head.flags.with(Flags::REJECTED));
            let at = at.min(head.len as usize) as u32;
            let record = self.batch.len() - 1;
            self.batch.errors.push((record, ParseError::new(reason, slot, at)));
        }
    }

    /// Sets all that is behind the head.
    pub(super) fn set_cells(&mut self, cells: &[u64]) {
        let row = &mut self.row()[Head::CELLS..];
        let len = row.len().min(cells.len());
        row[..len].copy_from_slice(&cells[..len]);
    }

    fn put(&mut self, field: Field, span: Span) {
        if field.position() < self.batch.fields
            && let Some(cell) = self.row().get_mut(Head::CELLS + field.position())
        {
            *cell = span.to_cell();
        }
    }

    fn head(&self) -> Head {
        self.batch.head(self.batch.len().wrapping_sub(1)).unwrap_or(Head::from_cells([0; Head::CELLS]))
    }

    fn change(&mut self, change: impl FnOnce(&mut Head)) {
        let mut head = self.head();
        change(&mut head);
        if let Some(cells) = self.row().first_chunk_mut() {
            *cells = head.to_cells();
        }
    }

    /// The record's cells: a draft is made by the one who appends them.
    fn row(&mut self) -> &mut [u64] {
        let start = self.batch.used - self.batch.width;
        &mut self.batch.cells[start..self.batch.used]
    }
}
