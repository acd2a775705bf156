//! Checkpoints between those that are saved, for a program that is killed while its machine goes on.
//!
//! Making a checkpoint durable takes the disk its time, so it is done once in a while. But what a process has written is there when
//! it is killed, durable or not. So checkpoints are appended to a journal much more often, without waiting for the disk: after a kill
//! the last one of them is the place to go on from. After a loss of power nothing is certain but what was saved; hence the journal
//! names the boot of the machine that it is of, and the saved checkpoint that it follows, and is used with these only.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::replace::{Disk as _, System, private, read_if};
use crate::checkpoint::Checkpoint;

/// The first line of a journal. The boot and the checksum of the saved checkpoint follow, then the checkpoints, each after its length.
const MAGIC: &[u8] = b"lp journal\n";

/// Larger checkpoints are not noted: it would take too long so often.
const LARGEST: usize = 64 << 10;

/// A journal that has become larger is begun anew.
const MOST: u64 = 4 << 20;

/// What tells one boot of the machine from another.
type Boot = [u8; 36];

#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    /// `None` where the system does not say which boot this is: then nothing is noted.
    boot: Option<Boot>,
    /// The checksum of the saved checkpoint that it follows.
    base: u64,
    /// Opened with the first checkpoint that is noted after one was saved.
    file: Option<(File, u64)>,
}

impl Journal {
    /// The journal at this path, whatever is there, for what follows the saved checkpoint with this checksum (0: there is none).
    pub(super) fn new(path: PathBuf, base: u64) -> Self {
        Self { path, boot: boot(), base, file: None }
    }

    /// The last checkpoint that was noted, if it follows the saved one and is of this boot.
    pub(super) fn last(&self) -> Option<Checkpoint> {
        let bytes = read_if(&self.path, MAGIC).ok()?;
        let mut entries = bytes.strip_prefix(self.header()?.as_slice())?;
        let mut last = None;
        while let Some((len, rest)) = entries.split_first_chunk() {
            let Some((entry, rest)) = rest.split_at_checked(u32::from_le_bytes(*len) as usize) else { break };
            // What was killed half-way ends it.
            let Ok(checkpoint) = Checkpoint::from_bytes(entry) else { break };
            last = Some(checkpoint);
            entries = rest;
        }
        last
    }

    /// Notes a checkpoint, unless it is large.
    pub(super) fn note(&mut self, checkpoint: &Checkpoint) -> io::Result<()> {
        let bytes = checkpoint.to_bytes();
        let (Some(header), true) = (self.header(), bytes.len() <= LARGEST) else { return Ok(()) };
        // No more than `LARGEST`.
        let entry = [&(bytes.len() as u32).to_le_bytes()[..], &bytes].concat();
        let (mut file, size) = match self.file.take() {
            Some((file, size)) if size < MOST => (file, size),
            _ => {
                let mut file = create(&self.path)?;
                file.write_all(&header)?;
                (file, header.len() as u64)
            }
        };
        // If this fails, the next one begins the journal anew.
        file.write_all(&entry)?;
        self.file = Some((file, size + entry.len() as u64));
        Ok(())
    }

    /// A checkpoint with this checksum has been saved: what was noted before it is of no use any more.
    pub(super) fn follow(&mut self, base: u64) {
        self.base = base;
        self.file = None;
    }

    fn header(&self) -> Option<Vec<u8>> {
        Some([MAGIC, &self.boot?, &self.base.to_le_bytes()].concat())
    }
}

/// Never what is there already, which may be a link or a pipe that somebody else has put there.
fn create(path: &Path) -> io::Result<File> {
    System.remove(path)?;
    private().create_new(true).open(path)
}

/// Which boot of the machine this is.
fn boot() -> Option<Boot> {
    fs::read("/proc/sys/kernel/random/boot_id").ok()?.get(..36)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(number: u8) -> Checkpoint {
        Checkpoint { sections: [("n".to_owned(), vec![number])].into(), ..Checkpoint::default() }
    }

    #[test]
    fn the_last_one_is_found_however_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::new(path.clone(), 7);
        assert_eq!(journal.last(), None);
        let mut ends = Vec::new();
        for number in 0..3 {
            journal.note(&numbered(number)).unwrap();
            ends.push(fs::metadata(&path).unwrap().len());
        }
        assert_eq!(Journal::new(path.clone(), 8).last(), None, "it follows another checkpoint");
        for len in (0..=ends[2]).rev() {
            File::options().write(true).open(&path).unwrap().set_len(len).unwrap();
            let whole = ends.iter().filter(|end| **end <= len).count();
            let last = whole.checked_sub(1).map(|last| numbered(last as u8));
            assert_eq!(Journal::new(path.clone(), 7).last(), last, "{len}");
        }
    }

    #[test]
    fn another_boot_knows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::new(path.clone(), 0);
        journal.note(&numbered(1)).unwrap();
        let later = Journal { boot: Some([b'x'; 36]), ..Journal::new(path, 0) };
        assert_eq!((journal.last(), later.last()), (Some(numbered(1)), None));
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::new(path.clone(), 0);
        let large = Checkpoint { sections: [("n".to_owned(), vec![0; 60 << 10])].into(), ..Checkpoint::default() };
        for _ in 0..200 {
            journal.note(&large).unwrap();
        }
        assert_eq!(journal.last(), Some(large));
        assert!(fs::metadata(&path).unwrap().len() <= MOST + LARGEST as u64 + 100);
    }
}
