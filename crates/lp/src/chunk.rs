//! A stream of bytes, cut into chunks that hold whole records.
//!
//! The one home of partial records: bytes behind the last whole record are carried over to the next chunk, and a
//! record that is longer than the limit is cut here before it can fill the memory.

use std::io;

use bytes::{Bytes, BytesMut};
use lp_core::format::START_BYTES;
use lp_core::{Format, Lines};
use memchr::memchr;

/// Whole records of one input, owned and cheap to share between threads.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The whole buffer; what is behind `len` is left over from reading.
    buffer: Bytes,
    len: usize,
    /// Offset of the first byte in the (decompressed) input.
    offset: u64,
    /// What the last record was long, where the chunker cut it.
    original_len: Option<u64>,
    /// Bytes of the input that were cut away behind this chunk.
    cut: u64,
}

impl Chunk {
    /// The records.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// The records, sharing the memory: it can be used again only when this is dropped.
    #[must_use]
    pub fn share(&self) -> Bytes {
        self.buffer.slice(..self.len)
    }

    /// The offset of the chunk's first byte in its input (after decompression).
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The length in bytes that the last record had before it was cut, where it was; for
    /// [`Batch::set_original_len`](lp_core::Batch::set_original_len).
    #[must_use]
    pub const fn original_len(&self) -> Option<u64> {
        self.original_len
    }

    /// The number of bytes of the input that were cut away at the end of this chunk.
    #[must_use]
    pub const fn cut(&self) -> u64 {
        self.cut
    }

    /// The memory, to be used again, unless it is shared.
    #[must_use]
    pub fn into_buffer(self) -> Option<BytesMut> {
        self.buffer.try_into_mut().ok()
    }
}

/// What came of reading a chunk.
#[derive(Debug)]
pub enum Read {
    /// Some records.
    Chunk(Chunk),
    /// The input has ended; the buffer comes back.
    End(BytesMut),
    /// The input cannot be read any further; what was read before has been given out.
    Failed(BytesMut, io::Error),
}

/// Cuts what a reader gives into [`Chunk`]s of whole records.
#[derive(Debug)]
pub struct Chunker<R> {
    reader: R,
    /// Bytes that were read but not given out yet.
    carry: Vec<u8>,
    /// A read failed: to be told when what was read before has been given out.
    failure: Option<io::Error>,
    ended: bool,
    chunk_size: usize,
    limit: usize,
    offset: u64,
    read: u64,
}

impl<R: io::Read> Chunker<R> {
    /// Cuts what `reader` gives, after the bytes that were already taken from it, into chunks of about `chunk_size`
    /// bytes (at least 1). A record of more than `limit` bytes is cut a little behind the limit (less than
    /// [`START_BYTES`] and three), so that whoever applies the same limit still sees that it is too long.
    pub fn new(reader: R, already_read: &[u8], chunk_size: usize, limit: u32) -> Self {
        Self {
            reader,
            carry: already_read.to_vec(),
            failure: None,
            ended: false,
            chunk_size: chunk_size.max(1),
            limit: limit as usize,
            offset: 0,
            read: already_read.len() as u64,
        }
    }

    /// The number of bytes read so far.
    pub const fn bytes_read(&self) -> u64 {
        self.read
    }

    /// The next chunk, in memory that was used before (or none: an empty buffer is made as large as needed).
    ///
    /// A chunk is given out as soon as one read has brought a whole record, so that nothing that was logged waits for
    /// more to come.
    pub fn next(&mut self, mut buffer: BytesMut, format: &dyn Format) -> Read {
        let mut len = self.carry.len();
        grow(&mut buffer, self.chunk_size.max(len));
        buffer[..len].copy_from_slice(&self.carry);
        self.carry.clear();
        // What a record of unusual size made of it is not kept.
        self.carry.shrink_to(self.chunk_size);
        // What was carried over held no whole record, unless it is what a detector took from the beginning, or what
        // stood behind a record that was cut.
        let mut complete = format.complete(&buffer[..len]).min(len);
        // Lines before this one have been asked whether they start a record.
        let mut line = lp_core::whole_lines(&buffer[..len]);
        while complete == 0 {
            if self.ended {
                return self.end(buffer, len);
            }
            // Behind the limit a line terminator and a byte more, and then as much of a line as says whether it starts a
            // record: so whoever sees the cut chunk takes its lines for what they are.
            let most = self.limit + 3 + START_BYTES;
            if len >= most {
                let line_feed = memchr(b'\n', &buffer[self.limit + 2..most]);
                let most = line_feed.map_or(most, |at| self.limit + 3 + at);
                return self.cut(buffer, len, most, line, format);
            }
            if len == buffer.len() {
                grow(&mut buffer, (2 * len).min(most.max(self.chunk_size)));
            }
            let count = self.read(&mut buffer[len..]);
            let new = len..len + count;
            len += count;
            if format.is_multiline() {
                complete = format.complete_from(&buffer[..len], line).min(len);
                line += lp_core::whole_lines(&buffer[line..len]);
            } else if memchr(b'\n', &buffer[new]).is_some() {
                complete = format.complete(&buffer[..len]).min(len);
            }
        }
        self.carry.extend_from_slice(&buffer[complete..len]);
        Read::Chunk(self.chunk(buffer, complete, None, 0))
    }

    /// Reads once. Nothing read means that the input has ended.
    fn read(&mut self, buffer: &mut [u8]) -> usize {
        loop {
            match self.reader.read(buffer) {
                Ok(0) => {
                    self.ended = true;
                    return 0;
                }
                Ok(count) => {
                    self.read += count as u64;
                    return count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.failure = Some(error);
                    return 0;
                }
            }
        }
    }

    /// Gives out the last record, which has no line terminator, then the failure or the end.
    fn end(&mut self, buffer: BytesMut, len: usize) -> Read {
        if len > 0 {
            return Read::Chunk(self.chunk(buffer, len, None, 0));
        }
        match self.failure.take() {
            Some(error) => Read::Failed(buffer, error),
            None => Read::End(buffer),
        }
    }

    /// Gives out the first `most` bytes of a record of at least `len` bytes, whose last line so far begins at `line`, and
    /// reads on to the record's end.
    fn cut(&mut self, mut buffer: BytesMut, len: usize, most: usize, line: usize, format: &dyn Format) -> Read {
        let mut tail = Tail::new(&buffer[..len], line, format);
        grow(&mut buffer, most + self.chunk_size);
        let ended = loop {
            if self.ended {
                let ended = tail.end(format);
                self.carry.extend_from_slice(&tail.line);
                break ended;
            }
            let count = self.read(&mut buffer[most..]);
            let new = &buffer[most..most + count];
            if let Some((ended, behind)) = tail.append(new, format) {
                // The beginning of the next record's first line may have been read before.
                self.carry.extend_from_slice(&tail.line);
                self.carry.extend_from_slice(&new[behind..]);
                break ended;
            }
        };
        Read::Chunk(self.chunk(buffer, most, Some(ended.content), ended.total - most as u64))
    }

    fn chunk(&mut self, buffer: BytesMut, len: usize, original_len: Option<u64>, cut: u64) -> Chunk {
        let offset = self.offset;
        self.offset += len as u64 + cut;
        Chunk { buffer: buffer.freeze(), len, offset, original_len, cut }
    }
}

/// The end of a record that is too long, while it is looked for.
struct Tail {
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
struct Ended {
    /// Bytes with all line terminators.
    total: u64,
    /// Bytes without the last line's terminator.
    content: u64,
}

impl Tail {
    /// The record's bytes so far, and where the last line in them begins.
    fn new(record: &[u8], line: usize, format: &dyn Format) -> Self {
        let content = record[..line].strip_suffix(b"\n").unwrap_or_default();
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let before = Ended { total: line as u64, content: content.len() as u64 };
        let first = Lines::new(record).next().unwrap_or_default();
        let goes_on = format.is_multiline() && format.goes_on(&record[first.start..first.end.min(START_BYTES)]);
        let mut tail = Self { goes_on, before, line: Vec::new(), line_len: 0, last: 0 };
        tail.extend(&record[line..]);
        tail
    }

    /// Takes in what was read next. `Some` if the record has ended: then the next one begins with `self.line`, followed
    /// by the bytes from this offset on.
    fn append(&mut self, new: &[u8], format: &dyn Format) -> Option<(Ended, usize)> {
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
        None
    }

    fn extend(&mut self, bytes: &[u8]) {
        let room = START_BYTES - self.line.len();
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
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
    fn end(&mut self, format: &dyn Format) -> Ended {
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

fn grow(buffer: &mut BytesMut, len: usize) {
    if buffer.len() < len {
        buffer.resize(len, 0);
    }
}
