//! How a file is told from others, and a place in it from the same place after a truncation.
//!
//! Device and inode alone do not tell: an inode is used again as soon as its file is deleted. So a mark also holds when the file
//! was made, where the file system knows that, and a hash of the file's first bytes, of as many as there were, up to [`Beginning::MOST`]: it grows with the file, and short files that begin with
//! the same line are told apart as soon as they differ. And since a file may be truncated and grow past the old position before
//! anybody looks, it holds a hash of the last bytes that were read, which must still stand there.
//!
//! An empty file has no bytes. If it is written to, copied and truncated before anybody looks, all that tells the copy is that it
//! was made after the file was known to be empty; so a mark of an empty file holds when that was.
//!
//! The hash is XXH3 (64 bits), whose values are the same on every machine and in every version.

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

/// A position in a file, and what tells whether a file is that one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// The number of its device.
    pub device: u64,
    /// The number of its inode.
    pub inode: u64,
    /// Its first bytes.
    pub beginning: Beginning,
    /// The last bytes that were read of it, at `position` or behind it.
    pub probe: Probe,
    /// All before this is done with.
    pub position: u64,
    /// The size of the file when it was last looked at.
    pub size: u64,
    /// For a file of whose bytes nothing is known: when it was known to be empty, in nanoseconds since the Unix epoch by the clock
    /// of its file system. A copy that was made of it later has what nobody has read.
    pub empty_at: Option<i64>,
    /// When it was made, in nanoseconds since the Unix epoch, if its file system tells: another file that has been given its inode
    /// was made at another time.
    pub created: Option<i64>,
    /// When it was written last, as far as that had been seen: what was rotated before it is older.
    pub modified: Option<i64>,
}

impl Mark {
    /// The same file, at another position.
    #[must_use]
    pub const fn at(self, position: u64) -> Self {
        Self { position, ..self }
    }
}

/// The first bytes of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Beginning {
    len: u16,
    hash: u64,
}

impl Beginning {
    /// The most bytes that are looked at.
    pub const MOST: usize = 1024;

    /// The beginning of a file that has these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let bytes = &bytes[..bytes.len().min(Self::MOST)];
        // No more than `MOST`.
        Self { len: bytes.len() as u16, hash: XxHash3_64::oneshot(bytes) }
    }

    /// How many bytes of the file it is of.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether nothing is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The hash of these bytes.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// Whether a file that begins with these bytes (all of it, or [`MOST`](Self::MOST)) may be the one.
    #[must_use]
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        bytes.get(..self.len()).is_some_and(|bytes| Self::of(bytes) == *self)
    }
}

impl Default for Beginning {
    /// That of an empty file.
    fn default() -> Self {
        Self::of(&[])
    }
}

/// Bytes that were read right before a position.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Probe {
    end: u64,
    len: u16,
    hash: u64,
}

impl Probe {
    /// The most bytes that are looked at.
    pub const MOST: usize = 256;

    /// The last of these bytes, which end at this position.
    #[must_use]
    pub fn of(bytes: &[u8], end: u64) -> Self {
        let bytes = &bytes[bytes.len().saturating_sub(Self::MOST)..];
        // No more than `MOST`.
        Self { end, len: bytes.len() as u16, hash: XxHash3_64::oneshot(bytes) }
    }

    /// Where the bytes end.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// How many bytes it is of.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether it is of no bytes, and any file has it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether these bytes, which must be [`len`](Self::len) many, are the same.
    #[must_use]
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        Self::of(bytes, self.end) == *self
    }
}

impl Default for Probe {
    /// That of the start of a file.
    fn default() -> Self {
        Self::of(&[], 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_grows_with_its_file() {
        let first = Beginning::of(b"started\n");
        assert!(first.is_of(b"started\none\n") && first.is_of(b"started\n"));
        assert!(!first.is_of(b"started") && !first.is_of(b"Started\none\n"));
        let longer = Beginning::of(b"started\none\n");
        assert!(!longer.is_of(b"started\ntwo\n"));
        assert!(Beginning::default().is_of(b"") && Beginning::of(b"").is_empty());
        let long = vec![b'x'; 5000];
        assert_eq!(Beginning::of(&long).len(), Beginning::MOST);
    }

    /// What is in files must be readable for ever.
    #[test]
    fn the_hash_is_the_one_of_the_standard() {
        assert_eq!(Beginning::of(b"").hash, 0x2D06_8005_38D3_94C2);
        assert_eq!(Probe::of(b"lp", 7).hash, XxHash3_64::oneshot(b"lp"));
    }

    #[test]
    fn a_probe_is_of_the_last_bytes() {
        let bytes: Vec<u8> = (0..=255).chain(0..=255).collect();
        let probe = Probe::of(&bytes, 1000);
        assert_eq!((probe.len(), probe.end()), (256, 1000));
        assert!(probe.is_of(&bytes[256..]) && !probe.is_of(&bytes[255..511]));
    }
}
