//! The buffer that encoders write to.

/// A growing buffer of bytes that is made once and reused: [`clear`](Self::clear) keeps its memory.
///
/// It differs from a `Vec<u8>` in that the bytes behind its end are initialised: an encoder writes blocks that
/// are longer than what it has to say, and counts only what it said.
#[derive(Debug, Default)]
pub struct Output {
    bytes: Vec<u8>,
    len: usize,
    /// Scratch of the encoders: a field while its escapes are decoded.
    pub(super) decoded: Vec<u8>,
}

impl Output {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), len: 0, decoded: Vec::new() }
    }

    /// What was written.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The number of bytes written.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets what was written and keeps the memory.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Appends bytes as they are.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// The memory it holds, in bytes.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.bytes.capacity() + self.decoded.capacity()
    }

    /// The initialised bytes behind the end, at least `least` of them.
    #[inline(always)]
    pub(super) fn room(&mut self, least: usize) -> &mut [u8] {
        if self.bytes.len() - self.len < least {
            self.grow(least);
        }
        &mut self.bytes[self.len..]
    }

    /// Counts the first `written` bytes of the room as written.
    #[inline(always)]
    pub(super) fn advance(&mut self, written: usize) {
        self.len = (self.len + written).min(self.bytes.len());
    }

    #[cold]
    fn grow(&mut self, least: usize) {
        let wanted = self.len + least;
        self.bytes.resize(wanted.max(self.bytes.len() * 2).max(64 << 10), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_memory_stays() {
        let mut output = Output::new();
        assert!(output.is_empty());
        output.extend(b"abc");
        output.room(3)[..3].copy_from_slice(b"def");
        output.advance(2);
        assert_eq!(output.as_bytes(), b"abcde");
        let memory = output.capacity();
        output.clear();
        assert_eq!((output.as_bytes(), output.capacity()), (&b""[..], memory));
        output.extend(&vec![b'x'; 200_000]);
        assert_eq!(output.len(), 200_000);
    }
}
