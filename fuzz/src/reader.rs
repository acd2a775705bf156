//! Readers and writers that do what the real ones may do.

use std::io::{self, Read, Write};
use std::sync::Arc;

/// Gives bytes in pieces of scripted sizes, is interrupted now and then, and may fail.
#[derive(Clone, Debug)]
pub struct Scripted {
    bytes: Arc<[u8]>,
    at: usize,
    /// The most that each read gives, used in turn; 0 is an interrupted read. Empty: all that fits.
    sizes: Vec<usize>,
    turn: usize,
    /// The end of the bytes is a failure.
    fails: bool,
}

impl Scripted {
    /// Gives `bytes` with as few reads as the caller's buffers allow.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { bytes: bytes.into(), at: 0, sizes: Vec::new(), turn: 0, fails: false }
    }

    /// With reads of these sizes, over and over.
    #[must_use]
    pub fn sizes(mut self, sizes: Vec<usize>) -> Self {
        // Interrupted for ever would be waiting for ever.
        self.sizes = if sizes.iter().all(|&size| size == 0) { Vec::new() } else { sizes };
        self
    }

    /// With a failure where the bytes end.
    #[must_use]
    pub fn fails(mut self, fails: bool) -> Self {
        self.fails = fails;
        self
    }
}

impl Read for Scripted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = match self.sizes.len() {
            0 => usize::MAX,
            len => self.sizes[self.turn % len],
        };
        self.turn += 1;
        if most == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let rest = &self.bytes[self.at..];
        if rest.is_empty() && self.fails && !buffer.is_empty() {
            return Err(io::Error::other("the scripted failure"));
        }
        let count = rest.len().min(buffer.len()).min(most);
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

/// Keeps the first `room` bytes that are written, in pieces, then fails.
#[derive(Debug)]
pub struct Sink {
    /// What was written.
    pub bytes: Vec<u8>,
    room: usize,
    piece: usize,
}

impl Sink {
    /// Takes everything.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_room(usize::MAX, usize::MAX)
    }

    /// Takes `room` bytes, at most `piece` of them at a time.
    #[must_use]
    pub const fn with_room(room: usize, piece: usize) -> Self {
        Self { bytes: Vec::new(), room, piece }
    }
}

impl Default for Sink {
    fn default() -> Self {
        Self::new()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.piece).min(self.room - self.bytes.len());
        if count == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
