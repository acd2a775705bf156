//! A stream of bytes, cut into chunks that hold whole records.
//!
//! The one home of partial records: bytes behind the last whole record are carried over to the next chunk, and a
//! record that is longer than the limit is cut here before it can fill the memory.

use std::io;

use bytes::{Bytes, BytesMut};
use lp_core::Format;
use lp_core::format::START_BYTES;
use memchr::memchr;

use crate::long_record::LongRecord;

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

    /// The first `len` bytes of a buffer, which stand at this offset of their input.
    pub(crate) fn at(buffer: BytesMut, len: usize, offset: u64) -> Self {
        Self { buffer: buffer.freeze(), len, offset, original_len: None, cut: 0 }
    }

    /// The same, of which the last record had this length before so many bytes were cut away.
    pub(crate) fn cut_from(self, original_len: u64, cut: u64) -> Self {
        Self { original_len: Some(original_len), cut, ..self }
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

    /// The same where so many bytes of the input, which belong to no record, stand before what is read.
    #[must_use]
    pub const fn behind(mut self, skipped: u64) -> Self {
        self.offset += skipped;
        self.read += skipped;
        self
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
            let most = self.limit + BEHIND_LIMIT;
            if len >= most {
                let most = cut_position(&buffer[..most], self.limit);
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
        let mut record = LongRecord::new(&buffer[..len], line, format);
        grow(&mut buffer, most + self.chunk_size);
        let ended = loop {
            if self.ended {
                let ended = record.end(format);
                self.carry.extend_from_slice(record.next_line());
                break ended;
            }
            let count = self.read(&mut buffer[most..]);
            let new = &buffer[most..most + count];
            if let Some((ended, behind)) = record.append(new, format) {
                // The beginning of the next record's first line may have been read before.
                self.carry.extend_from_slice(record.next_line());
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

/// How many bytes behind the limit are looked at where a record that is too long is cut.
pub(crate) const BEHIND_LIMIT: usize = 3 + START_BYTES;

/// Where a record is cut that has these bytes (the limit, and [`BEHIND_LIMIT`] more).
pub(crate) fn cut_position(record: &[u8], limit: usize) -> usize {
    let line_feed = record.get(limit + 2..).and_then(|behind| memchr(b'\n', behind));
    line_feed.map_or(record.len(), |at| limit + 3 + at)
}

fn grow(buffer: &mut BytesMut, len: usize) {
    if buffer.len() < len {
        buffer.resize(len, 0);
    }
}
