//! The end of a record that is not held in memory, because it is too long for that, or may be.

use lp_core::format::START_BYTES;
use lp_core::{Format, Lines};
use memchr::memchr;

/// The end of a record, while it is looked for and the record itself is not held.
pub(crate) struct LongRecord {
    /// Whether the record goes on with lines that start none.
    goes_on: bool,
    /// The record's lines before the one at hand.
    before: Ended,
    /// The line at hand: as much of it as decides whether it starts a record.
    line: Vec<u8>,
    /// All of its bytes so far.
    line_len: u64,
    /// The last of them.
    last: u8,
}

/// A record's length.
#[derive(Clone, Copy)]
pub(crate) struct Ended {
    /// Bytes with all line terminators.
    pub(crate) total: u64,
    /// Bytes without the last line's terminator.
    pub(crate) content: u64,
}

impl LongRecord {
    /// The record's bytes so far, and where the last line in them begins.
    pub(crate) fn new(record: &[u8], line: usize, format: &dyn Format) -> Self {
        let content = record[..line].strip_suffix(b"\n").unwrap_or_default();
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let before = Ended { total: line as u64, content: content.len() as u64 };
        let first = Lines::new(record).next().unwrap_or_default();
        let goes_on = format.is_multiline() && format.goes_on(&record[first.start..first.end.min(START_BYTES)]);
        let mut tail = Self { goes_on, before, line: Vec::new(), line_len: 0, last: 0 };
        tail.extend(&record[line..]);
        tail
    }

    /// What is known of the line behind the record, once that has ended.
    pub(crate) fn next_line(&self) -> &[u8] {
        &self.line
    }

    /// How many bytes of the line behind the whole ones have been seen.
    pub(crate) const fn line_len(&self) -> u64 {
        self.line_len
    }

    /// The record, if it ends with the last whole line.
    pub(crate) fn lines(&self) -> Option<Ended> {
        (self.before.total > 0).then_some(self.before)
    }

    /// Takes in what was read next. `Some` if the record has ended: then the next one begins with `self.line`, followed
    /// by the bytes from this offset on.
    pub(crate) fn append(&mut self, new: &[u8], format: &dyn Format) -> Option<(Ended, usize)> {
        let mut at = 0;
        while at < new.len() {
            let line_feed = memchr(b'\n', &new[at..]).map(|length| at + length);
            let end = line_feed.unwrap_or(new.len());
            let (known, was_decided) = (self.line.len(), self.is_decided());
            self.extend(&new[at..end]);
            if !was_decided && (line_feed.is_some() || self.is_decided()) && self.starts_record(format) {
                self.line.truncate(known);
                return Some((self.before, at));
            }
            if line_feed.is_none() {
                break;
            }
            self.before = Ended { total: self.before.total + self.line_len + 1, ..self.with_line() };
            self.line.clear();
            self.line_len = 0;
            at = end + 1;
            if !self.goes_on {
                return Some((self.before, at));
            }
        }
        // There may be many of these.
        self.line.shrink_to_fit();
        None
    }

    fn extend(&mut self, bytes: &[u8]) {
        // Of a line that cannot start another record, or does not, nothing needs to be known.
        if self.goes_on && self.before.total > 0 && !self.is_decided() {
            let room = START_BYTES - self.line.len();
            self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
        } else {
            self.line.clear();
        }
        self.line_len += bytes.len() as u64;
        if let Some(&last) = bytes.last() {
            self.last = last;
        }
    }

    /// Whether what is known of the line at hand decides whether it starts a record, however it goes on.
    fn is_decided(&self) -> bool {
        self.line_len > START_BYTES as u64
    }

    /// Whether the line at hand, which is whole or decided, starts a record behind this one.
    fn starts_record(&self, format: &dyn Format) -> bool {
        let line = match self.line.split_last() {
            Some((b'\r', line)) if !self.is_decided() => line,
            _ => &self.line[..],
        };
        self.goes_on && self.before.total > 0 && format.starts_record(line)
    }

    /// The record, if it ends where the input ends. What is left in `self.line` is another one's.
    pub(crate) fn end(&mut self, format: &dyn Format) -> Ended {
        if self.line_len > 0 && !self.is_decided() && self.starts_record(format) {
            return self.before;
        }
        self.line.clear();
        if self.line_len == 0 { self.before } else { self.with_line() }
    }

    /// The record, if it ends with the line at hand.
    fn with_line(&self) -> Ended {
        let total = self.before.total + self.line_len;
        Ended { total, content: total - u64::from(self.line_len > 0 && self.last == b'\r') }
    }
}
