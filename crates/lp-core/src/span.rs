//! Where a field stands in its record.

use std::ops::Range;

/// The place of one field's bytes, relative to the first byte of its record.
///
/// Eight bytes, because every record carries one for each field of its schema. Two values are no place at all:
/// [`Span::ABSENT`] (the line does not hold the field) and [`Span::DASH`] (the line holds `-`, which is how nginx and
/// Apache log "no value"). Both read as `None`; an encoder tells them apart for fields that may be missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The record has no such field, or it could not be read.
    pub const ABSENT: Self = Self { start: u32::MAX, end: 0 };
    /// The field was logged as `-`: present, without a value.
    pub const DASH: Self = Self { start: u32::MAX, end: 1 };

    /// The start of the spans that are no place. No record is as long.
    pub(crate) const NO_PLACE: usize = u32::MAX as usize;

    /// The bytes `start..end` of a record. `start` must not be above `end`.
    #[inline(always)]
    pub(crate) const fn new(start: u32, end: u32) -> Self {
        debug_assert!(start <= end);
        Self { start, end }
    }

    /// The bytes `start..end`, or [`DASH`](Self::DASH) if `dash`; without a branch, as either is common.
    #[inline(always)]
    pub(crate) const fn new_or_dash(start: u32, end: u32, dash: bool) -> Self {
        debug_assert!(start <= end);
        let mask = (dash as u32).wrapping_neg();
        Self { start: start | mask, end: (end & !mask) | dash as u32 }
    }

    /// As a cell of a batch's row.
    #[inline(always)]
    pub(crate) const fn to_cell(self) -> u64 {
        self.start as u64 | (self.end as u64) << 32
    }

    /// From a cell of a batch's row.
    #[inline(always)]
    pub(crate) const fn from_cell(cell: u64) -> Self {
        Self { start: cell as u32, end: (cell >> 32) as u32 }
    }

    /// The first byte's offset in the record; meaningless where [`is_value`](Self::is_value) is false.
    #[inline(always)]
    pub(crate) const fn start(self) -> usize {
        self.start as usize
    }

    /// The number of bytes; meaningless where [`is_value`](Self::is_value) is false.
    #[inline(always)]
    pub(crate) const fn len(self) -> usize {
        self.end.wrapping_sub(self.start) as usize
    }

    /// Whether the span is a place in the record (an empty one too).
    #[inline(always)]
    pub const fn is_value(self) -> bool {
        self.start <= self.end
    }

    /// The byte offsets in the record, or `None` for [`ABSENT`](Self::ABSENT) and [`DASH`](Self::DASH).
    #[inline]
    pub const fn range(self) -> Option<Range<usize>> {
        if self.is_value() { Some(self.start as usize..self.end as usize) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_have_ranges() {
        assert_eq!(Span::new(3, 7).range(), Some(3..7));
        assert_eq!(Span::new(3, 3).range(), Some(3..3));
        assert_eq!(Span::ABSENT.range(), None);
        assert_eq!(Span::DASH.range(), None);
        assert_ne!(Span::ABSENT, Span::DASH);
        assert_eq!(Span::new_or_dash(3, 4, false), Span::new(3, 4));
        assert_eq!(Span::new_or_dash(3, 4, true), Span::DASH);
        for span in [Span::new(3, 7), Span::ABSENT, Span::DASH] {
            assert_eq!(Span::from_cell(span.to_cell()), span);
        }
        assert_eq!(size_of::<Span>(), 8);
    }
}
