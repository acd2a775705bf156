//! What tells whether a file that has less than is known of another one's beginning is a copy of that.

use twox_hash::XxHash3_64;

use crate::mark::Beginning;

/// The hashes of the first bytes of a file, of every number that is a multiple of [`STEP`](Self::STEP).
///
/// A [`Beginning`] tells only files that are at least as long. When a short log is copied, written to and then truncated, its copy is
/// shorter, and there is nothing else left to compare that with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Prefixes {
    known: u8,
    /// Half of each hash: a wrong one in four thousand millions is enough.
    hashes: [u32; Self::MOST],
}

impl Prefixes {
    const STEP: usize = 64;
    const MOST: usize = Beginning::MOST / Self::STEP;

    /// Those of a file that begins with these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut prefixes = Self::default();
        let lens = (1..=bytes.len() / Self::STEP).map(|step| step * Self::STEP);
        for (hash, len) in prefixes.hashes.iter_mut().zip(lens) {
            *hash = hash_of(&bytes[..len]);
            prefixes.known += 1;
        }
        prefixes
    }

    /// Whether nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.known == 0
    }

    /// Whether a file that has only these bytes has them from this one; `None` if too little is known.
    pub(crate) fn have(&self, bytes: &[u8]) -> Option<bool> {
        let steps = bytes.len() / Self::STEP;
        let &hash = self.hashes[..usize::from(self.known)].get(steps.checked_sub(1)?)?;
        Some(hash == hash_of(&bytes[..steps * Self::STEP]))
    }
}

fn hash_of(bytes: &[u8]) -> u32 {
    // The lower half.
    XxHash3_64::oneshot(bytes) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_file_is_told() {
        let bytes: Vec<u8> = (0..2000_u32).map(|number| (number * number / 7) as u8).collect();
        let prefixes = Prefixes::of(&bytes[..300]);
        assert_eq!(prefixes.have(&bytes[..299]), Some(true));
        assert_eq!(prefixes.have(&bytes[1..299]), Some(false));
        assert_eq!(prefixes.have(&bytes[..63]), None);
        assert_eq!(prefixes.have(&bytes[..320]), None);
        assert_eq!(Prefixes::of(&bytes).have(&bytes[..1024]), Some(true));
        assert!(Prefixes::default().is_empty() && !prefixes.is_empty());
    }
}
