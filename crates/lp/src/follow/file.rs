//! One followed file: what has been read of it becomes chunks of whole records.
//!
//! What is behind the last whole record is carried over: it was read, so it is not lost if somebody truncates the file. Only of a
//! record that is long, or where all files together hold much already, nothing is held; its end is looked for, and then it is read again.
//!
//! In formats whose records may have several lines nobody knows that a record is complete before the next one begins. So the last
//! one waits for a while, and is given out then. So does the last line of a file that has been deleted.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use lp_core::{Format, whole_lines};
use lp_tail::{FileId, Mark};

use super::budget::{Budget, Holding};
use crate::chunk::{Chunk, cut_position};
use crate::feed::{Piece, Reached};
use crate::long_record::{Ended, LongRecord};
use crate::reading::Reading;
use crate::source::BYTE_ORDER_MARK;
use crate::visible::visible_path;

/// A record that is not complete is held up to this length.
const HELD: usize = 64 << 10;

pub(super) struct File {
    pub(super) file: FileId,
    /// The path at which it was found.
    pub(super) path: Arc<Path>,
    /// The number of its path among the inputs.
    pub(super) input: usize,
    /// The number of its source.
    pub(super) source: usize,
    /// How its records are read, once there are some.
    pub(super) reading: Option<Arc<Reading>>,
    /// Whether that is so for certain; a format that could not be told may be when there is more.
    pub(super) is_settled: bool,
    /// What tells it, as of the last reading, as long as not all is given out that had been read. (There may be thousands of files.)
    mark: Option<Box<Mark>>,
    unfinished: Unfinished,
    budget: Budget,
    /// When something new was last read of it or seen of it.
    changed: Instant,
    /// Whether it has been deleted, so that no other run will find it.
    is_unlinked: bool,
    /// Whether whole records are held.
    has_records: bool,
    /// Whether it is in the row of those that wait.
    pub(super) waits: bool,
}

/// What has been read and not been given out.
enum Unfinished {
    /// These bytes, which begin at this position.
    Held { at: u64, bytes: Holding },
    /// A record that begins at this position, and is not held.
    Long { at: u64, record: Box<LongRecord> },
}

/// What can be given out of a file.
pub(super) enum Cut {
    /// Records. If `again` is given, reading goes on there.
    Piece { piece: Piece, again: Option<u64> },
    /// Nothing yet; the buffer was not used.
    Nothing(BytesMut),
    /// Bytes of a long record were truncated away before they could be read again.
    Lost(BytesMut, u64),
}

impl File {
    pub(super) fn new(file: FileId, path: Arc<Path>, input: usize, source: usize, mark: Mark, budget: &Budget) -> Self {
        Self {
            file,
            path,
            input,
            source,
            reading: None,
            is_settled: false,
            mark: None,
            unfinished: Unfinished::Held { at: mark.position, bytes: budget.nothing() },
            budget: budget.clone(),
            changed: Instant::now(),
            is_unlinked: false,
            has_records: false,
            waits: false,
        }
    }

    /// The path for messages and output.
    pub(super) fn name(&self) -> Arc<str> {
        visible_path(&self.path).into()
    }

    /// From now on its records are read so.
    pub(super) fn read_as(&mut self, reading: &Arc<Reading>, is_settled: bool) {
        self.reading = Some(Arc::clone(reading));
        self.is_settled = is_settled;
    }

    /// Bytes have been read, from position `at` on. If the file begins with a byte order mark and these are the ones behind it, takes
    /// them, and returns where the records begin. Then some may be [held](Self::has_complete).
    pub(super) fn take_marked(&mut self, bytes: &[u8], at: u64, mark: Mark, format: &dyn Format) -> Option<Mark> {
        let Unfinished::Held { at: start, bytes: held } = &self.unfinished else { return None };
        let start = if held.is_empty() { at } else { *start };
        if start > 0 || !held.iter().chain(bytes).take(BYTE_ORDER_MARK.len()).eq(BYTE_ORDER_MARK) {
            return None;
        }
        let rest = [held, bytes].concat().split_off(BYTE_ORDER_MARK.len());
        self.changed = Instant::now();
        self.rest(BYTE_ORDER_MARK.len() as u64, &rest, format);
        self.keep(mark);
        Some(mark.at(BYTE_ORDER_MARK.len() as u64))
    }

    /// Bytes have been read: `len` of them, at the start of the buffer, from position `at` on. `read_at` reads from the file.
    pub(super) fn take(
        &mut self,
        buffer: BytesMut,
        at: u64,
        len: usize,
        mark: Mark,
        reading: &Arc<Reading>,
        read_at: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
    ) -> Cut {
        self.changed = Instant::now();
        let cut = self.cut(buffer, at, len, mark, reading, read_at);
        self.keep(mark);
        cut
    }

    fn cut(
        &mut self,
        mut buffer: BytesMut,
        at: u64,
        len: usize,
        mark: Mark,
        reading: &Arc<Reading>,
        read_at: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
    ) -> Cut {
        let (start, held) = match &mut self.unfinished {
            Unfinished::Long { at: start, record } => {
                let new = &buffer[..len];
                let Some((ended, behind)) = record.append(new, &*reading.format) else { return Cut::Nothing(buffer) };
                let start = *start;
                let rest = [record.next_line(), &new[behind..]].concat();
                self.rest(start + ended.total, &rest, &*reading.format);
                return self.read_again(buffer, start, ended, mark, reading, read_at);
            }
            Unfinished::Held { bytes, .. } if bytes.is_empty() => (at, 0),
            Unfinished::Held { at: start, bytes } => {
                let held = bytes.len();
                grow(&mut buffer, held + len);
                buffer.copy_within(..len, held);
                buffer[..held].copy_from_slice(bytes);
                bytes.clear();
                (*start, held)
            }
        };
        let total = held + len;
        let complete = reading.format.complete(&buffer[..total]).min(total);
        if complete == 0 {
            self.hold(start, &buffer[..total], &*reading.format);
            return Cut::Nothing(buffer);
        }
        // A full buffer means that there is more: what is behind the last record, half a line, is read again with that.
        let is_half_a_line = complete < total && !reading.format.is_multiline();
        let again = (len == buffer.len() && is_half_a_line).then_some(start + complete as u64);
        if again.is_none() {
            self.hold(start + complete as u64, &buffer[complete..total], &*reading.format);
        } else {
            self.unfinished = Unfinished::Held { at: start + complete as u64, bytes: self.budget.nothing() };
        }
        Cut::Piece { piece: self.piece(Chunk::at(buffer, complete, start), complete as u64, mark, reading), again }
    }

    /// Whether whole records are held, so that [`next_held`](Self::next_held) has something to give. Asked once.
    pub(super) const fn has_complete(&mut self) -> bool {
        std::mem::replace(&mut self.has_records, false)
    }

    /// What will be given out if nothing is written for a while.
    pub(super) fn when_quiet(&self) -> Option<Which> {
        if self.is_unlinked {
            return self.mark.is_some().then_some(Which::All);
        }
        self.has_lines().then_some(Which::Lines)
    }

    /// Whether whole lines are held.
    pub(super) fn has_lines(&self) -> bool {
        match &self.unfinished {
            Unfinished::Held { bytes, .. } => whole_lines(bytes) > 0,
            Unfinished::Long { record, .. } => record.lines().is_some(),
        }
    }

    /// Whether the last line that is held is not complete.
    pub(super) fn ends_in_line(&self) -> bool {
        match &self.unfinished {
            Unfinished::Held { bytes, .. } => whole_lines(bytes) < bytes.len(),
            Unfinished::Long { record, .. } => record.line_len() > 0,
        }
    }

    /// Where what has not been given out begins.
    pub(super) const fn begins(&self) -> u64 {
        match self.unfinished {
            Unfinished::Held { at, .. } | Unfinished::Long { at, .. } => at,
        }
    }

    /// Up to where it has been read.
    pub(super) fn position(&self) -> u64 {
        self.mark.as_ref().map_or_else(|| self.begins(), |mark| mark.position)
    }

    /// It has been deleted.
    pub(super) fn unlink(&mut self) {
        self.is_unlinked = true;
        // Its writer may just be at its last line.
        self.change(Instant::now());
    }

    /// Whether it has been deleted.
    pub(super) const fn is_unlinked(&self) -> bool {
        self.is_unlinked
    }

    /// Something new has been seen of it.
    pub(super) const fn change(&mut self, now: Instant) {
        self.changed = now;
    }

    /// When something new was last read of it or seen of it.
    pub(super) const fn changed(&self) -> Instant {
        self.changed
    }

    /// What is held, as far as `which` lines are to be given out.
    pub(super) fn next_held(
        &mut self,
        buffer: BytesMut,
        which: Which,
        read_at: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
    ) -> Cut {
        let Some(reading) = self.reading.clone() else { return Cut::Nothing(buffer) };
        let Some(mark) = self.mark.as_deref().copied() else { return Cut::Nothing(buffer) };
        let cut = self.cut_held(buffer, which, mark, &reading, read_at);
        self.keep(mark);
        cut
    }

    fn cut_held(
        &mut self,
        mut buffer: BytesMut,
        which: Which,
        mark: Mark,
        reading: &Arc<Reading>,
        read_at: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
    ) -> Cut {
        match &mut self.unfinished {
            Unfinished::Held { at, bytes } if which == Which::All && bytes.is_empty() && *at < mark.position => {
                // What was to be read again, but nothing more has come.
                let (start, total) = (*at, mark.position - *at);
                *at = mark.position;
                match self.read_again(buffer, start, Ended { total, content: total }, mark, reading, read_at) {
                    // The tail has gone back for it, so it has told that these bytes are gone.
                    Cut::Lost(buffer, _) => Cut::Nothing(buffer),
                    cut => cut,
                }
            }
            Unfinished::Held { at, bytes } => {
                let len = match which {
                    Which::Records => reading.format.complete(bytes),
                    Which::Lines => whole_lines(bytes),
                    Which::All => bytes.len(),
                };
                if len == 0 {
                    return Cut::Nothing(buffer);
                }
                let start = *at;
                grow(&mut buffer, len);
                buffer[..len].copy_from_slice(&bytes[..len]);
                let rest = bytes[len..].to_vec();
                bytes.clear();
                self.hold(start + len as u64, &rest, &*reading.format);
                Cut::Piece { piece: self.piece(Chunk::at(buffer, len, start), len as u64, mark, reading), again: None }
            }
            Unfinished::Long { at, record } => {
                let start = *at;
                let (ended, rest, again) = match which {
                    Which::Records => return Cut::Nothing(buffer),
                    Which::Lines => {
                        let Some(ended) = record.lines() else { return Cut::Nothing(buffer) };
                        // Of the line behind it too little is known.
                        (ended, Vec::new(), (record.line_len() > 0).then_some(start + ended.total))
                    }
                    Which::All => {
                        let ended = record.end(&*reading.format);
                        (ended, record.next_line().to_vec(), None)
                    }
                };
                self.rest(start + ended.total, &rest, &*reading.format);
                match self.read_again(buffer, start, ended, mark, reading, read_at) {
                    Cut::Piece { piece, .. } => Cut::Piece { piece, again },
                    other => other,
                }
            }
        }
    }

    /// It goes on in a copy.
    pub(super) fn renew(&mut self, mark: Mark) {
        if let Some(known) = &mut self.mark {
            **known = mark.at(known.position);
        }
        self.is_unlinked = false;
    }

    /// Nothing before this position will be given out: a hole has been skipped.
    pub(super) fn skip_to(&mut self, mark: Mark) {
        if let Unfinished::Held { at, bytes } = &mut self.unfinished
            && bytes.is_empty()
        {
            *at = mark.position;
        }
        self.keep(mark);
    }

    /// Keeps what tells the file, if not all is given out that had been read up to there.
    fn keep(&mut self, mark: Mark) {
        match (&self.unfinished, &mut self.mark) {
            (Unfinished::Held { at, bytes }, known) if bytes.is_empty() && *at >= mark.position => *known = None,
            (_, Some(known)) => **known = mark,
            (_, known) => *known = Some(Box::new(mark)),
        }
    }

    /// Keeps what is no whole record yet.
    fn hold(&mut self, at: u64, bytes: &[u8], format: &dyn Format) {
        let held = if bytes.len() > HELD { None } else { self.budget.hold(bytes) };
        self.unfinished = match held {
            Some(bytes) => Unfinished::Held { at, bytes },
            None => Unfinished::Long { at, record: Box::new(LongRecord::new(bytes, whole_lines(bytes), format)) },
        };
    }

    /// Keeps what has been read behind a long record. If there are whole records in it, they are given out before anything else is read.
    fn rest(&mut self, at: u64, bytes: &[u8], format: &dyn Format) {
        self.has_records = whole_lines(bytes) > 0 && format.complete(bytes) > 0;
        if self.has_records {
            self.unfinished = Unfinished::Held { at, bytes: self.budget.hold_in_any_case(bytes) };
        } else {
            self.hold(at, bytes, format);
        }
    }

    /// Reads a record again whose end has been found, as far as it is not too long.
    fn read_again(
        &mut self,
        mut buffer: BytesMut,
        start: u64,
        ended: Ended,
        mark: Mark,
        reading: &Arc<Reading>,
        mut read_at: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
    ) -> Cut {
        let limit = reading.limits.record() as usize;
        let most = limit.saturating_add(crate::chunk::BEHIND_LIMIT);
        let len = usize::try_from(ended.total).unwrap_or(usize::MAX).min(most);
        grow(&mut buffer, len);
        if !read_at(&mut buffer[..len], start).is_ok_and(|count| count == len) {
            return Cut::Lost(buffer, ended.total);
        }
        if ended.total <= most as u64 {
            return Cut::Piece {
                piece: self.piece(Chunk::at(buffer, len, start), ended.total, mark, reading),
                again: None,
            };
        }
        let len = cut_position(&buffer[..len], limit);
        let chunk = Chunk::at(buffer, len, start).cut_from(ended.content, ended.total - len as u64);
        Cut::Piece { piece: self.piece(chunk, ended.total, mark, reading), again: None }
    }

    fn piece(&self, chunk: Chunk, bytes: u64, mark: Mark, reading: &Arc<Reading>) -> Piece {
        let mark = mark.at(chunk.offset() + bytes);
        let reached = Some(Reached { file: self.file, mark, bytes });
        Piece { chunk, reading: Arc::clone(reading), reached }
    }
}

/// How much of what is held is given out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// Records that are complete for certain.
    Records,
    /// Whole lines.
    Lines,
    /// All, even half a line.
    All,
}

fn grow(buffer: &mut BytesMut, len: usize) {
    if buffer.len() < len {
        buffer.resize(len, 0);
    }
}
