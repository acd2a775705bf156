use crate::Summary;

/// A log of one kind, record after record.
pub trait Log {
    /// The start of the log that belongs to the seed.
    fn new(seed: u64) -> Self;

    /// Appends the next record, all its lines with a newline each, and returns what that is.
    fn write_record(&mut self, out: &mut Vec<u8>) -> Summary;
}

/// An endless log.
///
/// The seed decides the records; how many of them each call of [`write_lines`](Self::write_lines)
/// asks for does not. A log too large for the memory can thus be written piece by piece.
pub struct Generator<L> {
    log: L,
    summary: Summary,
}

impl<L: Log> Generator<L> {
    /// A generator at the start of the log that belongs to the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { log: L::new(seed), summary: Summary::default() }
    }

    /// Appends whole records, all their lines with a newline each, until there are at least `bytes`
    /// more bytes, and returns what this call has written.
    pub fn write_lines(&mut self, out: &mut Vec<u8>, bytes: usize) -> Summary {
        let end = out.len().saturating_add(bytes);
        let mut written = Summary::default();
        while out.len() < end {
            written += self.log.write_record(out);
        }
        self.summary += written;
        written
    }

    /// What all calls together have written.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.summary
    }
}

/// A log of at least `bytes` bytes: whole records, of which the last one crosses the limit.
pub(crate) fn generate<L: Log>(seed: u64, bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    Generator::<L>::new(seed).write_lines(&mut out, bytes);
    out
}
