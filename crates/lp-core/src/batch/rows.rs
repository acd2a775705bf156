//! Whole rows: appended by parsers that know what stands in them, and taken from one batch to another.

use std::ops::Range;

use super::{Batch, Flags, Head, NO_NUMBER};
use crate::error::{ParseError, Slot};
use crate::schema::Field;
use crate::span::Span;

impl Batch {
    /// Appends a record, given its head and the cells behind it.
    #[inline(always)]
    pub(crate) fn append(&mut self, head: Head, cells: &[u64]) {
        if self.cells.len() - self.used < self.width {
            self.grow();
        }
        debug_assert_eq!(cells.len() + Head::CELLS, self.width);
        if let Some(row) = self.cells.get_mut(self.used..self.used + Head::CELLS + cells.len()) {
            let (front, rest) = row.split_at_mut(Head::CELLS);
            front.copy_from_slice(&head.to_cells());
            rest.copy_from_slice(cells);
            self.used += self.width;
        }
    }

    /// Appends records of another batch, as those of the first kind of this one's schema, or of the second. Their input
    /// begins at `offset` of this one's.
    pub(crate) fn append_kind(&mut self, other: &Self, records: Range<usize>, second: bool, offset: usize) {
        let base = self.len();
        let first = records.start;
        let numbers_of = |batch: &Self| batch.width - Head::CELLS - batch.fields;
        let (field, number) =
            if second { (self.fields - other.fields, numbers_of(self) - numbers_of(other)) } else { (0, 0) };
        let mut cells = vec![Span::ABSENT.to_cell(); self.fields];
        cells.resize(self.width - Head::CELLS, NO_NUMBER);
        for row in other.rows().skip(first).take(records.len()) {
            let mut head = row.head();
            head.start += offset;
            if second {
                head.flags = head.flags.with(Flags::SECOND);
            }
            let (spans, numbers) = row.fields();
            cells[field..field + spans.len()].copy_from_slice(spans);
            cells[self.fields + number..][..numbers.len()].copy_from_slice(numbers);
            self.append(head, &cells);
        }
        let slot = |slot| match slot {
            Slot::Field(of) if second => Slot::Field(Field::new((of.position() + field) as u16)),
            slot => slot,
        };
        let among = |record: usize| records.contains(&record);
        self.errors.extend(other.errors.iter().filter(|(record, _)| among(*record)).map(|&(record, error)| {
            (base + record - first, ParseError::new(error.reason(), slot(error.slot()), error.at()))
        }));
        let truncated = other.truncated.iter().filter(|(record, _)| among(*record));
        self.truncated.extend(truncated.map(|&(record, len)| (base + record - first, len)));
        if let (Some(places), Some(others)) = (&mut self.time_places, &other.time_places) {
            let others = others.iter().filter(|(record, _)| among(*record));
            places.extend(others.map(|&(record, place)| (base + record - first, place)));
        }
    }

    /// How many records more there is room for.
    pub(crate) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.len())
    }

    /// How many records there is room for.
    pub(crate) const fn capacity(&self) -> usize {
        self.capacity
    }

    /// An empty batch with the same limits, and room for so many records.
    pub(crate) fn alike(&self, capacity: usize) -> Self {
        let batch = Self::with_limit(self.limit).with_line_limit(self.line_limit).with_capacity(capacity);
        if self.keeps_time_places() { batch.with_time_places() } else { batch }
    }

    /// As [`append`](Self::append), with the first `len` of the cells in these blocks.
    #[inline(always)]
    pub(crate) fn append_blocks<const N: usize>(&mut self, head: Head, blocks: &[[u64; N]], len: usize) {
        debug_assert_eq!(len + Head::CELLS, self.width);
        // Room for what is written beyond the row, too.
        if self.cells.len() - self.used < self.width + N {
            self.grow();
        }
        let Some((front, rest)) = self.cells.get_mut(self.used..).and_then(<[u64]>::split_first_chunk_mut) else {
            return;
        };
        let (rest, _) = rest.as_chunks_mut::<N>();
        // Copies of a fixed size are no calls.
        match (rest, blocks) {
            ([first, ..], [block]) => *first = *block,
            ([first, second, ..], [block, next]) => (*first, *second) = (*block, *next),
            (rest, blocks) => match rest.get_mut(..blocks.len()) {
                Some(rest) => rest.copy_from_slice(blocks),
                None => return,
            },
        }
        *front = head.to_cells();
        self.used += self.width;
    }

    /// Makes the last record `len` bytes long, which must be within the limit.
    #[inline(always)]
    pub(crate) fn set_last_len(&mut self, len: usize) {
        // The length is the lower half of the head's last cell.
        let cell = self.used - self.width + Head::CELLS - 1;
        if let Some(rest) = self.cells.get_mut(cell) {
            *rest = (*rest >> 32) << 32 | len as u64;
        }
    }

    /// Sets a field's place in the last record.
    #[inline(always)]
    pub(crate) fn set_last(&mut self, field: Field, span: Span) {
        self.set_last_cell(field.position(), span.to_cell());
    }

    /// Sets a cell behind the head of the last record: that of a span, or of a number.
    #[inline(always)]
    pub(crate) fn set_last_cell(&mut self, cell: usize, value: u64) {
        let cell = (self.used - self.width) + Head::CELLS + cell;
        if let Some(cell) = self.cells.get_mut(cell) {
            *cell = value;
        }
    }

    /// Takes the last record away, which must be neither rejected nor cut.
    pub(crate) fn pop(&mut self) {
        self.used -= self.width;
    }

    /// The row of the next record, which is part of the batch only once it is [committed](Self::commit); what stands
    /// in it is undefined. `N` must be the width for the schema that [`begin`](Self::begin) was given.
    #[inline(always)]
    pub(crate) fn next_row<const N: usize>(&mut self) -> Option<&mut [u64; N]> {
        debug_assert_eq!(N, self.width);
        if self.cells.len() - self.used < N {
            self.grow();
        }
        self.cells.get_mut(self.used..)?.first_chunk_mut()
    }

    /// Makes what was written to [`next_row`](Self::next_row) the batch's last record.
    #[inline(always)]
    pub(crate) fn commit<const N: usize>(&mut self) {
        self.used += N;
    }

    #[cold]
    #[inline(never)]
    pub(super) fn grow(&mut self) {
        let wanted = (2 * self.cells.len()).max(self.used + self.width + 64).max(1024);
        self.cells.resize(wanted, 0);
    }
}

/// The cells of one record.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(super) cells: &'a [u64],
    pub(super) fields: usize,
}

impl<'a> Row<'a> {
    #[inline(always)]
    pub(crate) fn head(&self) -> Head {
        self.cells.first_chunk().map_or(Head::from_cells([0; Head::CELLS]), |cells| Head::from_cells(*cells))
    }

    /// The place of a field.
    #[inline(always)]
    pub(crate) fn span(&self, field: Field) -> Span {
        // Behind the spans stand the numbers.
        let among = field.position() < self.fields;
        self.cells
            .get(Head::CELLS + field.position())
            .filter(|_| among)
            .map_or(Span::ABSENT, |&cell| Span::from_cell(cell))
    }

    /// The number in this cell.
    #[inline(always)]
    pub(crate) fn number(&self, cell: usize) -> Option<u64> {
        Self::value(*self.cells.get(cell)?)
    }

    /// The number that the cell of a number stands for.
    #[inline(always)]
    pub(crate) fn value(cell: u64) -> Option<u64> {
        (cell != NO_NUMBER).then_some(cell)
    }

    /// The cells of the spans, and those of the numbers.
    #[inline(always)]
    pub(crate) fn fields(&self) -> (&'a [u64], &'a [u64]) {
        self.cells.get(Head::CELLS..).and_then(|cells| cells.split_at_checked(self.fields)).unwrap_or_default()
    }
}
