//! The fast path: ordinary lines, read from the index of quotes and line feeds.
//!
//! An ordinary combined line has six quotes and a line feed:
//!
//! ```text
//! 203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] "GET /x HTTP/1.1" 200 157 "-" "curl/8.4.0"⏎
//!                                              q0              q1        q2q3 q4         q5
//! ```
//!
//! The time with its bracket is the 32 bytes around `q0`; the protocol ends at `q1`, the status starts two bytes behind
//! it, and the size ends a byte before `q2`. The bytes that make these distances true are compared, all at once where
//! they are neighbours. Neighbouring lines share their minute, so the 32 bytes around `q0` are first compared with
//! those of the line before, the seconds aside: one comparison checks brackets, date, zone and quote.
//!
//! `None` means "not ordinary"; the record that was begun then is not committed.

use crate::batch::{Batch, Flags, Head, NO_NUMBER};
use crate::digits;
use crate::format::offsets::{block, cell};
use crate::scan::{Structure, Vector};
use crate::severity::Severity;
use crate::span::Span;
use crate::timestamp::{Timestamp, clf};

/// Bytes of the block that ends right behind the quote that opens the request: ` [` time `] "` and one byte more.
const TIME_BLOCK: usize = 32;
/// Where the opening quote of the request stands in that block.
const QUOTE_IN_BLOCK: u32 = 30;
/// The places in that block that differ between lines of one minute: the second's two digits, and the last byte.
const NOT_MINUTE: u32 = 1 << 20 | 1 << 21 | 1 << 31;

/// The time of the line before, so that a line of the same minute needs only its second read.
pub(super) struct MinuteCache {
    block: [u8; TIME_BLOCK],
    /// The minute's first nanosecond; the whole minute is within the range of [`Timestamp`].
    nanos: i64,
}

impl MinuteCache {
    pub(super) const fn new() -> Self {
        // No block of a line equals this one: it has no quote.
        Self { block: [0; TIME_BLOCK], nanos: 0 }
    }

    #[inline(always)]
    fn timestamp<V: Vector>(&mut self, vector: V, block: &[u8; TIME_BLOCK]) -> Option<Timestamp> {
        if vector.same(block, &self.block) | NOT_MINUTE != u32::MAX {
            self.remember(block)?;
        }
        let (tens, ones) = (block[20].wrapping_sub(b'0'), block[21].wrapping_sub(b'0'));
        if tens > 5 || ones > 9 {
            return None;
        }
        Some(Timestamp::from_nanos(self.nanos + i64::from(tens * 10 + ones) * 1_000_000_000))
    }

    #[cold]
    #[inline(never)]
    fn remember(&mut self, block: &[u8; TIME_BLOCK]) -> Option<()> {
        let (before, rest) = block.split_first_chunk::<2>()?;
        let (time, rest) = rest.split_first_chunk::<{ clf::LEN }>()?;
        if before != b" [" || !rest.starts_with(b"] \"") {
            return None;
        }
        let mut first_second = *time;
        first_second[18..20].copy_from_slice(b"00");
        let first = clf::parse(&first_second)?;
        Timestamp::from_seconds(first + 60)?;
        self.nanos = Timestamp::from_seconds(first)?.as_nanos();
        self.block = *block;
        Some(())
    }
}

/// The fields that both layouts begin with, up to the status.
const FRONT_FIELDS: usize = 7;
/// Cells of a row: head, spans, numbers.
const COMBINED_CELLS: usize = Head::CELLS + 11 + 2;
const COMMON_CELLS: usize = Head::CELLS + 9 + 2;

/// The fast path over one window.
pub(super) struct Ordinary<'a, V> {
    pub(super) vector: V,
    pub(super) input: &'a [u8],
    /// The offset of the window in the input.
    pub(super) window: usize,
    /// The positions of quotes and line feeds, and the blocks with unusual bytes, relative to the window.
    pub(super) structure: Structure<'a>,
    /// The first block with unusual bytes that does not end before the line; a place in `structure.unusual`.
    pub(super) unusual: usize,
    pub(super) minute: &'a mut MinuteCache,
    /// The longest line, as the batch has it.
    pub(super) limit: u32,
}

impl<V: Vector> Ordinary<'_, V> {
    /// Parses the line that starts at `line` and whose first structural byte is `structure[next]`; returns how many
    /// structural bytes it has, its line feed included. Lines must be given in ascending order.
    #[inline(always)]
    pub(super) fn parse<const COMBINED: bool>(&mut self, line: usize, next: usize, batch: &mut Batch) -> Option<usize> {
        if COMBINED { self.combined(line, next, batch) } else { self.common(line, next, batch) }
    }

    #[inline(always)]
    fn combined(&mut self, line: usize, next: usize, batch: &mut Batch) -> Option<usize> {
        let positions: &[u32; 7] = self.structure.positions.get(next..)?.first_chunk()?;
        // Offsets from here on are relative to the line; the slice goes on behind it, so that blocks can be read.
        let text = self.input.get(line..)?;
        let shift = (line - self.window) as u32;
        let [q0, q1, q2, q3, q4, q5, last] = positions.map(|at| at.wrapping_sub(shift));
        let row: &mut [u64; COMBINED_CELLS] = batch.next_row()?;
        let (head, fields) = row.split_first_chunk_mut::<{ Head::CELLS }>()?;
        let (front, fields) = fields.split_first_chunk_mut::<FRONT_FIELDS>()?;
        let (timestamp, status) = self.front(text, q0, q1, front)?;
        let [size_span, referer, user_agent, extra, status_number, size_number] = fields else {
            return None;
        };
        *status_number = u64::from(status);

        // `ddd 12345 "/`: the size is what stands between the status and the referer's quote, at most eight digits.
        let before_referer: &[u8; 11] = block(text, q2.wrapping_sub(9))?;
        (*size_span, *size_number) = size(before_referer.first_chunk()?, q1 + 6, q2 - 1)?;

        // `x" "y`, then `z"` and the line feed.
        let between: &[u8; 5] = block(text, q3.wrapping_sub(1))?;
        let after_agent: &[u8; 3] = block(text, q5.wrapping_sub(1))?;
        let stands = (before_referer[8..10] == *b" \"")
            & (between[0] != b'\\')
            & (between[1..4] == *b"\" \"")
            & (q4 == q3 + 2)
            & (after_agent[0] != b'\\')
            & (after_agent[1] == b'"');
        if !stands {
            return None;
        }
        *referer = text_cell(q2 + 1, q3, before_referer[10]);
        *user_agent = text_cell(q4 + 1, q5, between[4]);

        let (end, used);
        if (last == q5 + 1) & (after_agent[2] == b'\n') {
            (end, *extra, used) = (last, Span::ABSENT.to_cell(), 7);
        } else {
            (end, *extra, used) = self.end(text, shift, next, 6, q5 + 1)?;
        }
        *head = self.head(line, shift, end, timestamp, status)?;
        batch.commit::<COMBINED_CELLS>();
        Some(used)
    }

    #[inline(always)]
    fn common(&mut self, line: usize, next: usize, batch: &mut Batch) -> Option<usize> {
        let positions: &[u32; 3] = self.structure.positions.get(next..)?.first_chunk()?;
        let text = self.input.get(line..)?;
        let shift = (line - self.window) as u32;
        let [q0, q1, _] = positions.map(|at| at.wrapping_sub(shift));
        let row: &mut [u64; COMMON_CELLS] = batch.next_row()?;
        let (head, fields) = row.split_first_chunk_mut::<{ Head::CELLS }>()?;
        let (front, fields) = fields.split_first_chunk_mut::<FRONT_FIELDS>()?;
        let (timestamp, status) = self.front(text, q0, q1, front)?;
        let [size_span, extra, status_number, size_number] = fields else { return None };
        *status_number = u64::from(status);

        // The size ends at the first byte that is not above a space: a space, or the line's end.
        let behind: &[u8; 32] = block(text, q1 + 6)?;
        let length = self.vector.at_most(behind, b' ').trailing_zeros();
        let size_end = q1 + 6 + length;
        (*size_span, *size_number) = size(block(text, size_end - 8)?, q1 + 6, size_end)?;

        let (end, used);
        (end, *extra, used) = self.end(text, shift, next, 2, size_end)?;
        if behind.get(length as usize) != Some(&b' ') && end != size_end {
            return None;
        }
        *head = self.head(line, shift, end, timestamp, status)?;
        batch.commit::<COMMON_CELLS>();
        Some(used)
    }

    /// Client, user, time, request and status: all up to five bytes behind `q1`, whose quotes are checked too. Writes
    /// the spans; returns the time and the status.
    #[inline(always)]
    fn front(&mut self, text: &[u8], q0: u32, q1: u32, spans: &mut [u64; FRONT_FIELDS]) -> Option<(Timestamp, u16)> {
        let time_start = q0.checked_sub(QUOTE_IN_BLOCK)?;
        let timestamp = self.minute.timestamp(self.vector, block(text, time_start)?)?;

        // The client ends at the first byte that is not above a space.
        let start: &[u8; 32] = block(text, 0)?;
        let mut client_end = self.vector.at_most(start, b' ').trailing_zeros();
        if client_end == 32 {
            client_end += self.vector.at_most(block(text, 32)?, b' ').trailing_zeros();
        }
        let around: &[u8; 5] = block(text, client_end.checked_sub(1)?)?;
        let user_start = client_end + 3;

        // `/target HTTP/1.1" 200 `
        let request = q0 + 1;
        let target_end = q1.wrapping_sub(9);
        let behind: &[u8; 16] = block(text, target_end)?;
        let method_len = first_space(u64::from_le_bytes(*block(text, request)?))?;
        let target = request + method_len + 1;
        // Without a branch for each: all of it is nearly always so.
        let stands = self.vector.in_ranges(behind, b" HTTP/0.0\" 000 \0", b" HTTP/9.9\" 999 \xFF")
            & (around[1..4] == *b" - ")
            & (around[0] != b',')
            & (user_start <= time_start)
            & (method_len > 0)
            & (target < target_end);
        if !stands {
            return None;
        }
        let [hundreds, tens, ones] = [behind[11], behind[12], behind[13]].map(|digit| digit - b'0');
        let status = u16::from(hundreds) * 100 + u16::from(tens) * 10 + u16::from(ones);
        *spans = [
            text_cell(0, client_end, start[0]),
            text_cell(user_start, time_start, around[4]),
            cell(request, request + method_len),
            cell(target, target_end),
            cell(target_end + 1, q1),
            Span::ABSENT.to_cell(),
            cell(q1 + 2, q1 + 5),
        ];
        Some((timestamp, status))
    }

    /// The end of the line's own bytes, what stands between `rest` and it, and the number of structural bytes up to
    /// the line feed, which is the first among those from `structure[next + least]` on.
    #[inline(always)]
    fn end(&self, text: &[u8], shift: u32, next: usize, least: usize, rest: u32) -> Option<(u32, u64, usize)> {
        let mut last = next + least;
        let line_feed = loop {
            let at = self.structure.positions.get(last)?.wrapping_sub(shift);
            if *text.get(at as usize)? == b'\n' {
                break at;
            }
            last += 1;
        };
        let used = last - next + 1;
        if line_feed == rest {
            return Some((line_feed, Span::ABSENT.to_cell(), used));
        }
        let end = if *text.get(line_feed as usize - 1)? == b'\r' { line_feed - 1 } else { line_feed };
        let start = rest + u32::from(*text.get(rest as usize)? == b' ');
        let extra = if start < end { cell(start, end) } else { Span::ABSENT.to_cell() };
        Some((end, extra, used))
    }

    /// The head of a line that ends at `end`, unless it is too long.
    #[inline(always)]
    fn head(
        &mut self,
        line: usize,
        shift: u32,
        end: u32,
        timestamp: Timestamp,
        status: u16,
    ) -> Option<[u64; Head::CELLS]> {
        // The end mark makes this end.
        let mut block = *self.structure.unusual.get(self.unusual)?;
        while block < shift.saturating_sub(63) {
            self.unusual += 1;
            block = *self.structure.unusual.get(self.unusual)?;
        }
        let plain = if block >= shift + end { Flags::PLAIN } else { Flags::NONE };
        let head = Head {
            start: line,
            len: end,
            severity: Some(Severity::from_status(status)),
            fraction_digits: 0,
            flags: Flags::TIME.with(plain),
            timestamp,
        };
        (end <= self.limit).then_some(head.to_cells())
    }
}

/// The cells of the size that stands in the bytes `start..end` of the line, given the eight bytes before `end`.
#[inline(always)]
fn size(bytes: &[u8; 8], start: u32, end: u32) -> Option<(u64, u64)> {
    let length = end.wrapping_sub(start);
    if length.wrapping_sub(1) > 7 {
        return None;
    }
    match digits::last(u64::from_le_bytes(*bytes), length) {
        Some(number) => Some((cell(start, end), number)),
        None if length == 1 && bytes[7] == b'-' => Some((Span::DASH.to_cell(), NO_NUMBER)),
        None => None,
    }
}

/// As [`cell`], or the dash where the text is one, given its first byte.
#[inline(always)]
fn text_cell(start: u32, end: u32, first: u8) -> u64 {
    Span::new_or_dash(start, end, (end - start == 1) & (first == b'-')).to_cell()
}

/// The place of the first space among eight bytes, the first byte being the lowest.
#[inline(always)]
fn first_space(bytes: u64) -> Option<u32> {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // A byte is zero here where it was a space; the lowest bit that is set then marks the first of them. (Bits above
    // it may be set in error by a borrow, which is why only the lowest is looked at.)
    let zero_if_space = bytes ^ (EACH * b' ' as u64);
    let found = zero_if_space.wrapping_sub(EACH) & !zero_if_space & HIGH;
    (found != 0).then_some(found.trailing_zeros() / 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_space_is_what_position_says(bytes: [u8; 8], spaces: [bool; 8]) {
            let mut bytes = bytes;
            for (byte, space) in bytes.iter_mut().zip(spaces) {
                if space { *byte = b' ' }
            }
            let want = bytes.iter().position(|&byte| byte == b' ').map(|at| at as u32);
            prop_assert_eq!(first_space(u64::from_le_bytes(bytes)), want);
        }
    }
}
