//! The files that one tail had open, handed over to the next one.
//!
//! A path may not lead to a file any more that is read all the same: it has been deleted, or moved to where nobody looks. The descriptor
//! is all that is left of it then, so another tail can go on with it only if it is given that.
//!
//! An inode is not given to another file while one is open. So what has the device and the inode that a mark tells is the file itself, even
//! if it has been truncated meanwhile, unless it was made at another time.

use std::collections::HashMap;
use std::fs::File;

use crate::checkpoint::KnownFile;
use crate::mark::Mark;
use crate::system::Identity;

/// Files that a [`Tail`](crate::Tail) had open when it ended, for the one that goes on in its place. They stay open for as long as this is kept.
#[derive(Debug, Default)]
pub struct OpenFiles(HashMap<Identity, File>);

impl OpenFiles {
    pub(crate) fn new(files: impl Iterator<Item = (Identity, File)>) -> Self {
        Self(files.collect())
    }

    /// Closes those that are not among these.
    pub(crate) fn retain(&mut self, known: &[KnownFile]) {
        self.0 = known.iter().filter_map(|file| self.0.remove_entry(&Identity::of(&file.mark))).collect();
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The file that this mark tells.
    pub(crate) fn take(&mut self, mark: &Mark) -> Option<File> {
        self.0.remove(&Identity::of(mark))
    }
}
