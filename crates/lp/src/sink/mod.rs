//! Where the output goes: a writer such as the standard output, a file that is rotated, or a webhook.
//!
//! A [`Sink`] takes [`Block`]s of whole records and says of each failure what was attempted, on what, and what may
//! help. A block remembers how much of it has been written, so that it can be written again after a failure and each
//! record is there once.

mod append;
mod error;
mod file;
mod keep;
mod open;
mod rotated;
mod rotation;
#[cfg(feature = "webhook")]
mod webhook;
mod writer;

use std::time::SystemTime;

use memchr::{memchr, memrchr};

pub use error::{Action, SinkError};
pub use keep::Keep;
pub use open::FileOptions;
pub use rotation::Rotation;
#[cfg(feature = "webhook")]
pub(crate) use webhook::header;
#[cfg(feature = "webhook")]
pub use webhook::{Webhook, WebhookOptions};
pub use writer::Writer;

/// Where encoded records or events go.
pub trait Sink: Send {
    /// Writes what is left of `block`, and waits until there is room for it.
    ///
    /// # Errors
    ///
    /// Where that cannot be done. `block` then holds what is not written yet: given again it is gone on with there, and
    /// what was written already is not written twice. A caller that gives up knows from [`Block::len`] how much is lost.
    fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError>;

    /// Hands to the system what is still held.
    ///
    /// # Errors
    ///
    /// Where the system does not take it.
    fn flush(&mut self) -> Result<(), SinkError>;

    /// Makes all that was written durable: it is there after a loss of power, as far as the system can tell.
    ///
    /// # Errors
    ///
    /// Where the system cannot say so. Some of what was written since the last time may be lost then, even if a later
    /// call is successful.
    fn sync(&mut self) -> Result<(), SinkError>;

    /// The clock goes on though nothing may be written.
    ///
    /// # Errors
    ///
    /// Where something that was due by the clock cannot be done.
    fn tick(&mut self, now: SystemTime) -> Result<(), SinkError> {
        let _ = now;
        Ok(())
    }
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError> {
        (**self).write(block)
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        (**self).flush()
    }

    fn sync(&mut self) -> Result<(), SinkError> {
        (**self).sync()
    }

    fn tick(&mut self, now: SystemTime) -> Result<(), SinkError> {
        (**self).tick(now)
    }
}

/// Encoded records, whole ones, on their way to a sink; and how much of them is still to be written.
#[derive(Debug)]
pub struct Block<'a> {
    header: &'a [u8],
    /// What is not written yet.
    bytes: &'a [u8],
    /// Whether the block may be parted behind any line feed.
    lines: bool,
}

impl<'a> Block<'a> {
    /// Records of one line each: the block may be parted behind any line feed, where a file becomes too large.
    #[must_use]
    pub const fn lines(bytes: &'a [u8]) -> Self {
        Self { header: &[], bytes, lines: true }
    }

    /// One record, or records whose ends are not known: all of them go into one file.
    #[must_use]
    pub const fn whole(bytes: &'a [u8]) -> Self {
        Self { header: &[], bytes, lines: false }
    }

    /// With what must stand at the start of whatever the records are written to, such as the names of columns: at the
    /// start of each new file, or once in a stream. (A block of no bytes does not cause it to be written.)
    #[must_use]
    pub const fn with_header(self, header: &'a [u8]) -> Self {
        Self { header, ..self }
    }

    /// What must stand before the first record.
    #[must_use]
    pub const fn header(&self) -> &'a [u8] {
        self.header
    }

    /// What is not written yet.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The number of bytes that are not written yet, without the header.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether all is written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// So many bytes more are written. It is for sinks to say so.
    pub fn advance(&mut self, written: usize) {
        self.bytes = self.bytes.get(written..).unwrap_or_default();
    }

    /// The longest part of whole records, from the first one on, of at most `room` bytes. It may be empty.
    #[must_use]
    pub fn fitting(&self, room: u64) -> &'a [u8] {
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        match self.bytes.get(..room) {
            // It has at most so many bytes.
            None => self.bytes,
            Some(_) if room == self.bytes.len() => self.bytes,
            Some(start) if self.lines => &start[..memrchr(b'\n', start).map_or(0, |at| at + 1)],
            Some(_) => &[],
        }
    }

    /// The shortest part of whole records, from the first one on: one record, if it is known where it ends.
    #[must_use]
    pub fn first(&self) -> &'a [u8] {
        match memchr(b'\n', self.bytes) {
            Some(at) if self.lines => &self.bytes[..=at],
            _ => self.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_block() {
        for (bytes, room, fitting) in [
            ("a\nbb\nc\n", 100, "a\nbb\nc\n"),
            ("a\nbb\nc\n", 7, "a\nbb\nc\n"),
            ("a\nbb\nc\n", 6, "a\nbb\n"),
            ("a\nbb\nc\n", 5, "a\nbb\n"),
            ("a\nbb\nc\n", 4, "a\n"),
            ("a\nbb\nc\n", 1, ""),
            ("a\nbb\nc\n", 0, ""),
            ("a\nbb", 4, "a\nbb"),
            ("a\nbb", 3, "a\n"),
            ("", 0, ""),
        ] {
            let block = Block::lines(bytes.as_bytes());
            assert_eq!(block.fitting(room), fitting.as_bytes(), "{bytes:?} {room}");
            let whole = if room < bytes.len() as u64 { "" } else { bytes };
            assert_eq!(Block::whole(bytes.as_bytes()).fitting(room), whole.as_bytes(), "{bytes:?} {room}");
        }
        assert_eq!(Block::lines(b"a\nb\n").first(), b"a\n");
        assert_eq!(Block::lines(b"ab").first(), b"ab");
        assert_eq!(Block::whole(b"a\nb\n").first(), b"a\nb\n");
    }

    #[test]
    fn a_block_knows_what_is_left() {
        let mut block = Block::lines(b"abc\n").with_header(b"h\n");
        block.advance(2);
        assert_eq!((block.bytes(), block.len(), block.is_empty()), (&b"c\n"[..], 2, false));
        block.advance(100);
        assert_eq!((block.header(), block.len(), block.is_empty()), (&b"h\n"[..], 0, true));
    }
}
