//! NULs behind what has been read: a hole that a truncation has left behind, or room that a writer has prepared and is going to fill.
//! Which of both it is shows only when something follows them.

use std::fs::File;
use std::io;

use crate::system;

/// Up to where nothing but NULs has been seen behind what has been read.
///
/// What was NUL may have been written since, but a writer fills its room from the front on. So whoever has found NULs right behind the
/// position need not look at the others again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Nuls {
    to: u64,
}

/// What stands behind NULs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Behind {
    /// Something else, from here on.
    Data(u64),
    /// The end of the file, which is here.
    End(u64),
    /// More NULs than are looked at in one go.
    Nuls,
}

impl Nuls {
    /// How many readings there are in one go: megabytes, which take no longer than other readings do.
    const READINGS: usize = 512;

    /// Looks for something else from a position on, right before which there are NULs.
    pub(crate) fn search(&mut self, handle: &File, from: u64) -> io::Result<Behind> {
        let mut block = [0; 8192];
        // The last that was seen is looked at once more: if it is something else, the file was cut off, and may have grown since.
        let again = self.to.saturating_sub(block.len() as u64);
        let mut at = from.max(again);
        for _ in 0..Self::READINGS {
            let len = system::read_at(handle, &mut block, at)?;
            let nuls = count(&block[..len]);
            let to = at + nuls as u64;
            if from < again && to < self.to {
                self.to = 0;
                break;
            }
            self.to = self.to.max(to);
            if nuls < len {
                return Ok(Behind::Data(to));
            }
            if len < block.len() {
                return Ok(Behind::End(to));
            }
            at = system::data_from(handle, to).unwrap_or(to).max(to);
            self.to = self.to.max(at);
        }
        Ok(Behind::Nuls)
    }
}

/// Whether something other than NULs stands at the end of these bytes, and up to where.
pub(crate) fn without_last(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1)
}

/// How many NULs these bytes begin with.
pub(crate) fn count(bytes: &[u8]) -> usize {
    bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::*;

    #[test]
    fn nuls_are_looked_at_in_pieces_and_only_once() {
        const SIZE: u64 = 20 << 20;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, vec![0; SIZE as usize]).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        let mut nuls = Nuls::default();
        let goes = (1..).find(|_| nuls.search(&file, 0).unwrap() != Behind::Nuls);
        assert_eq!(goes, Some(6));
        assert_eq!(nuls.search(&file, 100).unwrap(), Behind::End(SIZE));
        // Something is appended.
        file.write_all_at(b"a", SIZE + 3).unwrap();
        assert_eq!(nuls.search(&file, 100).unwrap(), Behind::Data(SIZE + 3));
        // It is cut off and grows, which nobody has told.
        file.set_len(1 << 20).unwrap();
        file.write_all_at(&vec![b'b'; SIZE as usize], 1 << 20).unwrap();
        assert_eq!(nuls.search(&file, 100).unwrap(), Behind::Nuls);
        assert_eq!(nuls.search(&file, 100).unwrap(), Behind::Data(1 << 20));
        // It is cut off, and that is its end.
        file.set_len(200).unwrap();
        assert_eq!(nuls.search(&file, 100).unwrap(), Behind::Nuls);
        assert_eq!(nuls.search(&file, 100).unwrap(), Behind::End(200));
    }
}
