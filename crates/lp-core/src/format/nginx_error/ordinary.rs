//! The fast path: records of one line, read from the index of commas and line feeds.
//!
//! ```text
//! 2025/11/06 10:30:15 [error] 12#12: *45 x, y, client: 192.0.2.1, server: _, request: "GET /a,b HTTP/1.1", host: "h"⏎
//!                                         ·  c0                 c1         c2               ×           c3         c4
//! ```
//!
//! Everything up to the message is read from left to right; it has no comma. Of the commas only those are of interest
//! that a space follows. Among them the first that begins `, client: ` is looked for; from then on each must begin the
//! next part of the context, and stand behind the quote that closes the part before. Then none can be another context's,
//! and none can end a value early.
//!
//! The line is a record if the next one starts another, or if there is none.
//!
//! `None` means "not ordinary"; the record that was begun then is not committed.

use super::context::QUOTED;
use super::{
    CLIENT, CONNECTION, DEBUG, EXTRA, LEVEL, LEVELS, MESSAGE, PID, REQUEST, SERVER, TID, TIME_LEN, starts_record,
};
use crate::batch::{Batch, Flags, Head, NO_NUMBER};
use crate::digits;
use crate::format::offsets::{block, byte, cell, word};
use crate::scan::Vector;
use crate::span::Span;
use crate::timestamp::Zone;
use crate::timestamp::minute::MinuteCache;

/// Cells of a row: head, spans, numbers.
const SPANS: usize = EXTRA.position() + 1;
const NUMBERS: usize = 3;
const CELLS: usize = Head::CELLS + SPANS + NUMBERS;

/// The fast path over one window.
pub(super) struct Ordinary<'a, V> {
    pub(super) vector: V,
    pub(super) input: &'a [u8],
    /// The offset of the window in the input.
    pub(super) window: usize,
    /// The positions of commas and line feeds, relative to the window.
    pub(super) positions: &'a [u32],
    pub(super) zone: &'a Zone,
    pub(super) minute: &'a mut MinuteCache,
    /// The longest record, as the batch has it.
    pub(super) limit: u32,
}

impl<V: Vector> Ordinary<'_, V> {
    /// Parses the record that starts at `record` and whose first structural byte is `positions[next]`. If its level is
    /// known it need not be looked for.
    #[inline(always)]
    pub(super) fn parse(
        &mut self,
        record: usize,
        next: usize,
        level: Option<usize>,
        batch: &mut Batch,
    ) -> Option<Parsed> {
        // Offsets from here on are relative to the record; the slice goes on behind it, so that blocks can be read.
        let text = self.input.get(record..)?;
        let row: &mut [u64; CELLS] = batch.next_row()?;
        let (head, fields) = row.split_first_chunk_mut::<{ Head::CELLS }>()?;
        let (spans, numbers) = fields.split_first_chunk_mut::<SPANS>()?;
        *spans = [Span::ABSENT.to_cell(); SPANS];

        let level = match level {
            Some(level) => level,
            None => self.level(text, 0)?,
        };
        let (word, severity) = *LEVELS.get(level)?;
        let timestamp = self.minute.read(text, self.zone).ok()?.timestamp;
        let level_end = LEVEL_START + word.len() as u32;
        let pid_start = level_end + 2;
        let pid = Number::read(text, pid_start)?;
        let tid_start = pid.end + 1;
        let tid = Number::read_again(text, tid_start, &pid, pid_start)?;
        let mut message = tid.end + 2;
        if *byte(text, pid.end)? != b'#' || *block(text, tid.end)? != *b": " {
            return None;
        }
        let mut connection = NO_NUMBER;
        if *byte(text, message)? == b'*' {
            let start = message + 1;
            let number = Number::read(text, start)?;
            if *byte(text, number.end)? != b' ' {
                return None;
            }
            spans[CONNECTION.position()] = cell(start, number.end);
            (connection, message) = (number.value, number.end + 1);
        }
        spans[LEVEL.position()] = cell(LEVEL_START, level_end);
        spans[PID.position()] = cell(pid_start, pid.end);
        spans[TID.position()] = cell(tid_start, tid.end);
        numbers.copy_from_slice(&[pid.value, tid.value, connection]);

        let mut commas = Commas { positions: self.positions, next, shift: (record - self.window) as u32 };
        let (message_end, line_feed) = self.context(text, &mut commas, word != DEBUG, spans)?;
        spans[MESSAGE.position()] = cell(message, message_end);
        let len = line_end(text, line_feed);
        // The line is the whole record if the next one starts another.
        let level = if line_feed as usize + 1 < text.len() { Some(self.level(text, line_feed + 1)?) } else { None };
        if len > self.limit {
            return None;
        }
        let flags = Flags::TIME;
        *head = Head { start: record, len, severity: Some(severity), fraction_digits: 0, flags, timestamp }.to_cells();
        batch.commit::<CELLS>();
        Some(Parsed { used: commas.next - next, level })
    }

    /// The level of the line that starts at `line`, if that starts a record: a place in [`LEVELS`].
    #[inline(always)]
    fn level(&self, text: &[u8], line: u32) -> Option<usize> {
        const LOW: &[u8; 32] = b"0000/00/00 00:00:00 [\0\0\0\0\0\0\0\0\0\0\0";
        const HIGH: &[u8; 32] = b"9999/99/99 99:99:99 [\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
        let Some(block) = block::<32>(text, line) else { return level_of_short(&text[line as usize..]) };
        let ((first, second), (low, low_2), (high, high_2)) = (halves(block)?, halves(LOW)?, halves(HIGH)?);
        let stands = self.vector.in_ranges(first, low, high) & self.vector.in_ranges(second, low_2, high_2);
        if stands { level_of(word(block, LEVEL_START)?) } else { None }
    }

    /// Reads the context and sets its fields; returns where the message ends and where the line feed is.
    #[inline(always)]
    fn context(
        &self,
        text: &[u8],
        commas: &mut Commas<'_>,
        may_be: bool,
        spans: &mut [u64; SPANS],
    ) -> Option<(u32, u32)> {
        let start = loop {
            let (at, is_end) = commas.next(text)?;
            if is_end {
                return Some((line_end(text, at), at));
            }
            if may_be {
                match word(text, at)? {
                    KEY_CLIENT if *block(text, at + 8)? == *b": " => break at,
                    KEY_UDP_CLIENT => return None,
                    _ => {}
                }
            }
        };
        // The client ends at a comma, and there must be none and no space before.
        let client = start + 10;
        let at = commas.any()?;
        let mut length = self.vector.at_most(block(text, client)?, b' ').trailing_zeros();
        if length == 32 {
            length += self.vector.at_most(block(text, client + 32)?, b' ').trailing_zeros();
        }
        if client + length != at + 1 || length == 1 || *block(text, at)? != *b", server: " {
            return None;
        }
        spans[CLIENT.position()] = cell(client, at);
        let server = at + 10;
        let (mut at, mut is_end) = commas.next(text)?;
        spans[SERVER.position()] = cell(server, if is_end { line_end(text, at) } else { at });
        let mut least = 0;
        while !is_end {
            let (key, value) = quoted(text, at)?;
            (at, is_end) = commas.next(text)?;
            let close = if is_end { line_end(text, at) } else { at } - 1;
            if key < least || close < value || *byte(text, close)? != b'"' {
                return None;
            }
            if key == 0 && (close < value + 9 || !self.ends_with_protocol(text, close)?) {
                return None;
            }
            *spans.get_mut(REQUEST.position() + key)? = cell(value, close);
            least = key + 1;
        }
        Some((start, at))
    }

    /// Whether a request that is closed by the quote at `close` ends with its protocol.
    #[inline(always)]
    fn ends_with_protocol(&self, text: &[u8], close: u32) -> Option<bool> {
        const LOW: &[u8; 16] = b"\0\0\0\0\0\0 HTTP/0.0\"";
        const HIGH: &[u8; 16] = b"\xFF\xFF\xFF\xFF\xFF\xFF HTTP/9.9\"";
        Some(self.vector.in_ranges(block(text, close - 15)?, LOW, HIGH))
    }
}

/// What is known of a record that was parsed.
pub(super) struct Parsed {
    /// How many structural bytes it has, its line feed included.
    pub(super) used: usize,
    /// The level of the record behind, if there is one.
    pub(super) level: Option<usize>,
}

/// Where the level's word stands.
const LEVEL_START: u32 = TIME_LEN as u32 + 2;

/// The first eight bytes of what may begin a context.
const KEY_CLIENT: u64 = u64::from_le_bytes(*b", client");
const KEY_UDP_CLIENT: u64 = u64::from_le_bytes(*b", udp cl");

/// The quoted value that begins at a comma: which of [`QUOTED`] it is, and where its text starts.
#[inline(always)]
fn quoted(text: &[u8], at: u32) -> Option<(usize, u32)> {
    /// Which one it is, its first eight bytes, and the rest with a mask of it. Each stands where [`place`] says, because
    /// a branch for each would often be mispredicted.
    const KEYS: [(usize, u64, u64, u64); 8] = {
        // What no text begins with whose place is this.
        let mut keys = [(0, 1, 0, 0); 8];
        let mut key = 0;
        while key < QUOTED.len() {
            let (first, rest) = (low_word(QUOTED[key], 0), low_word(QUOTED[key], 8));
            assert!(keys[place(first)].1 == 1);
            keys[place(first)] = (key, first, rest, u64::MAX >> (128 - 8 * QUOTED[key].len()));
            key += 1;
        }
        keys
    };
    let bytes: &[u8; 16] = block(text, at)?;
    let (first, second) = (word(bytes, 0)?, word(bytes, 8)?);
    let (key, key_first, rest, mask) = KEYS[place(first)];
    let stands = (first == key_first) & (second & mask == rest);
    stands.then_some((key, at + 16 - mask.leading_zeros() / 8))
}

/// Three bits of the eighth byte, which no two keys have in common.
#[inline(always)]
const fn place(first: u64) -> usize {
    (first >> 56 & 7) as usize
}

/// At most eight bytes from an offset on, the first being the lowest.
const fn low_word(text: &[u8], start: usize) -> u64 {
    let mut word = 0;
    let mut at = start;
    while at < text.len() && at < start + 8 {
        word |= (text[at] as u64) << (8 * (at - start));
        at += 1;
    }
    word
}

/// The commas that a space follows, and the line feeds.
struct Commas<'a> {
    /// The positions of all commas and line feeds, relative to the window.
    positions: &'a [u32],
    /// The next of them.
    next: usize,
    /// Where the record starts in the window.
    shift: u32,
}

impl Commas<'_> {
    /// The next one, relative to the record, and whether it is a line feed.
    #[inline(always)]
    fn next(&mut self, text: &[u8]) -> Option<(u32, bool)> {
        loop {
            let at = self.any()?;
            let is_end = *byte(text, at)? == b'\n';
            if is_end || *byte(text, at + 1)? == b' ' {
                return Some((at, is_end));
            }
        }
    }

    /// The next comma, whatever follows, or line feed.
    #[inline(always)]
    fn any(&mut self) -> Option<u32> {
        let at = *self.positions.get(self.next)?;
        self.next += 1;
        Some(at.wrapping_sub(self.shift))
    }
}

/// A number, and where its digits end.
struct Number {
    value: u64,
    end: u32,
}

impl Number {
    /// Reads the number that starts at `start`, if it has no more than fifteen digits.
    #[inline(always)]
    fn read(text: &[u8], start: u32) -> Option<Self> {
        let (mut value, mut length) = digits::leading(word(text, start)?);
        if length == 8 {
            let (low, more) = digits::leading(word(text, start + 8)?);
            value = value * digits::POWERS.get(more as usize)? + low;
            length += more;
        }
        (length.wrapping_sub(1) < 15).then_some(Self { value, end: start + length })
    }

    /// As [`read`](Self::read), where it is likely the same number as one before.
    #[inline(always)]
    fn read_again(text: &[u8], start: u32, before: &Self, before_start: u32) -> Option<Self> {
        let length = before.end - before_start;
        let differ = word(text, start)? ^ word(text, before_start)?;
        if length < 8 && differ.trailing_zeros() >= 8 * length {
            // Where the digits go on, what must follow is not found.
            return Some(Self { value: before.value, end: start + length });
        }
        Self::read(text, start)
    }
}

#[cold]
#[inline(never)]
fn level_of_short(line: &[u8]) -> Option<usize> {
    if !starts_record(line) {
        return None;
    }
    LEVELS.iter().position(|(word, _)| line[LEVEL_START as usize..].starts_with(word))
}

/// The level whose word, bracket and space eight bytes begin with.
#[inline(always)]
fn level_of(bytes: u64) -> Option<usize> {
    /// The bytes of each, and which of the eight they are.
    const WORDS: [(u64, u64); LEVELS.len()] = {
        let mut words = [(0, 0); LEVELS.len()];
        let mut level = 0;
        while level < words.len() {
            let len = LEVELS[level].0.len();
            let behind = u16::from_le_bytes(*b"] ") as u64;
            words[level] = (low_word(LEVELS[level].0, 0) | behind << (8 * len), u64::MAX >> (48 - 8 * len));
            level += 1;
        }
        words
    };
    let mut level = 0;
    while level < WORDS.len() {
        if bytes & WORDS[level].1 == WORDS[level].0 {
            return Some(level);
        }
        level += 1;
    }
    None
}

/// The end of a line's own bytes, given where its line feed stands.
#[inline(always)]
fn line_end(text: &[u8], line_feed: u32) -> u32 {
    match line_feed.checked_sub(1) {
        Some(last) if byte(text, last) == Some(&b'\r') => last,
        _ => line_feed,
    }
}

#[inline(always)]
fn halves(block: &[u8; 32]) -> Option<(&[u8; 16], &[u8; 16])> {
    Some((block.first_chunk()?, block.last_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_level_and_key_is_found() {
        for (level, (name, _)) in LEVELS.into_iter().enumerate() {
            let bytes = [name, b"] 123456"].concat();
            assert_eq!(level_of(word(&bytes, 0).unwrap()), Some(level));
        }
        for (key, name) in QUOTED.into_iter().enumerate() {
            let text = [b"x", name, b"a value"].concat();
            assert_eq!(quoted(&text, 1), Some((key, 1 + name.len() as u32)));
            for at in 1..=name.len() {
                let mut other = text.clone();
                other[at] ^= 1;
                assert_eq!(quoted(&other, 1), None);
            }
        }
    }

    proptest! {
        #[test]
        fn numbers_are_what_parse_says(digits in "[0-9]{0,20}", behind in "[ #:/]x{24}") {
            let text = format!("{digits}{behind}");
            let number = Number::read(text.as_bytes(), 0).map(|number| (number.value, number.end as usize));
            let want = digits.parse().ok().map(|value: u64| (value, digits.len()));
            prop_assert_eq!(number, want.filter(|_| digits.len() < 16));
        }
    }
}
