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
//! `None` means "not ordinary"; nothing has been written then.

use crate::batch::{Batch, Flags, Head, NO_NUMBER};
use crate::scan::Vector;
use crate::severity::Severity;
use crate::span::Span;
use crate::timestamp::{Timestamp, clf};

/// Bytes of the block that ends right behind the quote that opens the request: ` [` time `] "` and one byte more.
const TIME_BLOCK: usize = 32;
/// Where the opening quote of the request stands in that block.
const QUOTE_IN_BLOCK: usize = 30;
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

/// The fast path over one window.
pub(super) struct Ordinary<'a, V> {
    pub(super) vector: V,
    pub(super) input: &'a [u8],
    /// The offset of the window in the input.
    pub(super) window: usize,
    /// The positions of quotes and line feeds, relative to the window.
    pub(super) structure: &'a [u32],
    pub(super) minute: &'a mut MinuteCache,
}

/// Everything up to the status, which both layouts share.
struct Front {
    client: Span,
    user: Span,
    method: Span,
    path: Span,
    protocol: Span,
    status: u16,
    timestamp: Timestamp,
}

impl<V: Vector> Ordinary<'_, V> {
    /// Parses the line that starts at `line` and whose first structural byte is `structure[next]`; returns how many
    /// structural bytes it has, its line feed included.
    #[inline(always)]
    pub(super) fn parse<const COMBINED: bool>(
        &mut self,
        line: usize,
        next: usize,
        batch: &mut Batch,
    ) -> Option<usize> {
        if COMBINED { self.combined(line, next, batch) } else { self.common(line, next, batch) }
    }

    #[inline(always)]
    fn combined(&mut self, line: usize, next: usize, batch: &mut Batch) -> Option<usize> {
        let positions: &[u32; 7] = self.structure.get(next..)?.first_chunk()?;
        // Offsets from here on are relative to the line; the slice goes on behind it, so that blocks can be read.
        let text = self.input.get(line..)?;
        let shift = line - self.window;
        let [q0, q1, q2, q3, q4, q5, _] = positions.map(|at| at as usize - shift);
        let front = self.front(text, q0, q1)?;

        // `ddd 12345 "`: the size is what stands between the status and the referer's quote, at most eight digits.
        let size_start = q1 + 6;
        let size_end = q2 - 1;
        let block: &[u8; 10] = block(text, q2 - 9)?;
        if block[8] != b' ' || block[9] != b'"' {
            return None;
        }
        let (size_span, size) = match size_end.wrapping_sub(size_start) {
            1 if block[7] == b'-' => (Span::DASH, NO_NUMBER),
            length @ 1..=8 => {
                let digits = u64::from_le_bytes(*block.first_chunk()?);
                (span(size_start, size_end), number_of_last_digits(digits, length)?)
            }
            _ => return None,
        };

        let referer_end: &[u8; 4] = self::block(text, q3 - 1)?;
        let agent_end: &[u8; 2] = self::block(text, q5 - 1)?;
        let quotes_stand = referer_end[0] != b'\\'
            && referer_end[1..] == *b"\" \""
            && q4 == q3 + 2
            && agent_end[0] != b'\\'
            && agent_end[1] == b'"';
        if !quotes_stand {
            return None;
        }
        let referer = text_span(text, q2 + 1, q3);
        let user_agent = text_span(text, q4 + 1, q5);

        let (end, extra, used) = self.end(text, shift, next, 6, q5 + 1)?;
        let head = self.head(line, end, &front, batch.limit())?;
        let spans = [
            front.client,
            front.user,
            front.method,
            front.path,
            front.protocol,
            Span::ABSENT,
            span(q1 + 2, q1 + 5),
            size_span,
            referer,
            user_agent,
            extra,
        ];
        batch.push_row(head, spans, [u64::from(front.status), size]);
        Some(used)
    }

    #[inline(always)]
    fn common(&mut self, line: usize, next: usize, batch: &mut Batch) -> Option<usize> {
        let positions: &[u32; 3] = self.structure.get(next..)?.first_chunk()?;
        let text = self.input.get(line..)?;
        let shift = line - self.window;
        let [q0, q1, _] = positions.map(|at| at as usize - shift);
        let front = self.front(text, q0, q1)?;

        // The size ends at the first byte that is not above a space: a space, or the line's end.
        let size_start = q1 + 6;
        let block: &[u8; 32] = block(text, size_start)?;
        let length = self.vector.at_most(block, b' ').trailing_zeros() as usize;
        let size_end = size_start + length;
        let (size_span, size) = match length {
            1 if block[0] == b'-' => (Span::DASH, NO_NUMBER),
            1..=8 => {
                let digits = u64::from_le_bytes(*self::block(text, size_end - 8)?);
                (span(size_start, size_end), number_of_last_digits(digits, length)?)
            }
            _ => return None,
        };

        let (end, extra, used) = self.end(text, shift, next, 2, size_end)?;
        if block[length] != b' ' && end != size_end {
            return None;
        }
        let head = self.head(line, end, &front, batch.limit())?;
        let spans = [
            front.client,
            front.user,
            front.method,
            front.path,
            front.protocol,
            Span::ABSENT,
            span(q1 + 2, q1 + 5),
            size_span,
            extra,
        ];
        batch.push_row(head, spans, [u64::from(front.status), size]);
        Some(used)
    }

    /// Client, user, time, request and status: all up to five bytes behind `q1`, whose quotes are checked too.
    #[inline(always)]
    fn front(&mut self, text: &[u8], q0: usize, q1: usize) -> Option<Front> {
        let time_start = q0.checked_sub(QUOTE_IN_BLOCK)?;
        let timestamp = self.minute.timestamp(self.vector, block(text, time_start)?)?;

        // The client ends at the first byte that is not above a space.
        let mut client_end = self.vector.at_most(block(text, 0)?, b' ').trailing_zeros() as usize;
        if client_end == 32 {
            client_end += self.vector.at_most(block(text, 32)?, b' ').trailing_zeros() as usize;
        }
        let user_start = client_end + 3;
        let around: &[u8; 4] = block(text, client_end.checked_sub(1)?)?;
        if around[1..] != *b" - " || around[0] == b',' || user_start > time_start {
            return None;
        }

        // `GET /target HTTP/1.1`
        let request = q0 + 1;
        let target_end = q1.wrapping_sub(9);
        let ending: &[u8; 9] = block(text, target_end)?;
        let version_digits = ending[6].is_ascii_digit() && ending[7] == b'.' && ending[8].is_ascii_digit();
        let method_len = first_space(u64::from_le_bytes(*block(text, request)?))?;
        let target = request + method_len + 1;
        if ending[..6] != *b" HTTP/" || !version_digits || method_len == 0 || target >= target_end {
            return None;
        }

        // `" 200 `
        let status: &[u8; 6] = block(text, q1)?;
        let [hundreds, tens, ones] = [status[2], status[3], status[4]].map(|digit| digit.wrapping_sub(b'0'));
        if status[..2] != *b"\" " || status[5] != b' ' || hundreds > 9 || tens > 9 || ones > 9 {
            return None;
        }
        Some(Front {
            client: text_span(text, 0, client_end),
            user: text_span(text, user_start, time_start),
            method: span(request, request + method_len),
            path: span(target, target_end),
            protocol: span(target_end + 1, q1),
            status: u16::from(hundreds) * 100 + u16::from(tens) * 10 + u16::from(ones),
            timestamp,
        })
    }

    /// The end of the line's own bytes, what stands between `rest` and it, and the number of structural bytes up to
    /// the line feed, which is the first among those from the `least`th on.
    #[inline(always)]
    fn end(
        &self,
        text: &[u8],
        shift: usize,
        next: usize,
        least: usize,
        rest: usize,
    ) -> Option<(usize, Span, usize)> {
        let mut last = least;
        let line_feed = loop {
            let at = *self.structure.get(next + last)? as usize - shift;
            if *text.get(at)? == b'\n' {
                break at;
            }
            last += 1;
        };
        if line_feed == rest {
            return Some((line_feed, Span::ABSENT, last + 1));
        }
        let end = if *text.get(line_feed - 1)? == b'\r' { line_feed - 1 } else { line_feed };
        let start = rest + usize::from(*text.get(rest)? == b' ');
        let extra = if start < end { span(start, end) } else { Span::ABSENT };
        Some((end, extra, last + 1))
    }

    #[inline(always)]
    fn head(&self, line: usize, end: usize, front: &Front, limit: u32) -> Option<Head> {
        let len = end as u32;
        (len <= limit).then_some(Head {
            start: line,
            len,
            severity: Some(Severity::from_status(front.status)),
            fraction_digits: 0,
            flags: Flags::TIME,
            timestamp: front.timestamp,
        })
    }
}

#[inline(always)]
fn block<const N: usize>(text: &[u8], at: usize) -> Option<&[u8; N]> {
    text.get(at..)?.first_chunk()
}

/// A span of offsets in a line. A line of the fast path is within a window, so they fit.
#[inline(always)]
fn span(start: usize, end: usize) -> Span {
    Span::new(start as u32, end as u32)
}

/// As [`span`], or the dash where the text is one.
#[inline(always)]
fn text_span(text: &[u8], start: usize, end: usize) -> Span {
    if end - start == 1 && text.get(start) == Some(&b'-') { Span::DASH } else { span(start, end) }
}

/// The place of the first space among eight bytes, the first byte being the lowest.
#[inline(always)]
fn first_space(bytes: u64) -> Option<usize> {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // A byte is zero here where it was a space; the lowest bit that is set then marks the first of them. (Bits above
    // it may be set in error by a borrow, which is why only the lowest is looked at.)
    let zero_if_space = bytes ^ (EACH * b' ' as u64);
    let found = zero_if_space.wrapping_sub(EACH) & !zero_if_space & HIGH;
    (found != 0).then_some(found.trailing_zeros() as usize / 8)
}

/// The number that the last `length` (1 to 8) of eight bytes spell, the last byte being the highest; `None` where one
/// of them is no digit.
#[inline(always)]
fn number_of_last_digits(bytes: u64, length: usize) -> Option<u64> {
    const ZEROS: u64 = u64::from_ne_bytes([b'0'; 8]);
    let wanted = u64::MAX << (64 - 8 * length);
    let digits = ((bytes & wanted) | (ZEROS & !wanted)) ^ ZEROS;
    // A digit is 0 to 9 now. Adding 0x76 sets the high bit of what is 10 and above; what had it keeps it.
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let too_high = (((digits & !HIGH) + u64::from_ne_bytes([0x76; 8])) | digits) & HIGH;
    // Pairs, then fours, then all eight: each step multiplies the lower half by its weight and adds the higher.
    let add = |digits: u64, weight: u64, shift: u32| digits.wrapping_mul(weight).wrapping_add(digits >> shift);
    let pairs = add(digits, 10, 8) & 0x00FF_00FF_00FF_00FF;
    let fours = add(pairs, 100, 16) & 0x0000_FFFF_0000_FFFF;
    let all = add(fours, 10_000, 32) & 0xFFFF_FFFF;
    (too_high == 0).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_of_every_length() {
        for (text, length, want) in [
            (b"12345678", 8, Some(12_345_678)),
            (b"99999999", 8, Some(99_999_999)),
            (b"xxxxxxx7", 1, Some(7)),
            (b"xxxx 007", 3, Some(7)),
            (b"1234567-", 2, None),
            (b"123456:7", 3, None),
            (b"123456/7", 3, None),
            (b"12345\xFF67", 3, None),
        ] as [(&[u8; 8], usize, Option<u64>); 8]
        {
            assert_eq!(number_of_last_digits(u64::from_le_bytes(*text), length), want, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn digits_are_what_parse_says(text in "[0-9/: ]{8}", length in 1_usize..=8) {
            let bytes = u64::from_le_bytes(text.as_bytes().try_into().unwrap());
            prop_assert_eq!(number_of_last_digits(bytes, length), text[8 - length..].parse().ok());
        }

        #[test]
        fn the_first_space_is_what_position_says(bytes: [u8; 8], spaces: [bool; 8]) {
            let mut bytes = bytes;
            for (byte, space) in bytes.iter_mut().zip(spaces) {
                if space { *byte = b' ' }
            }
            let want = bytes.iter().position(|&byte| byte == b' ');
            prop_assert_eq!(first_space(u64::from_le_bytes(bytes)), want);
        }
    }
}
