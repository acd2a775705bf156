//! Up to where each followed file is done with: its records have been given to all outputs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use lp_tail::{FileId, KnownFile, Mark};

use super::standing::Standing;

/// The files that a checkpoint must know.
#[derive(Default)]
pub(crate) struct Marks {
    files: BTreeMap<FileId, Followed>,
    /// Whether all files are there that were known when the run began; before, the checkpoint that it goes on from still holds.
    begun: bool,
    /// How often they have changed.
    changes: u64,
    /// Where it is told how they stand.
    standing: Standing,
}

struct Followed {
    path: Arc<Path>,
    mark: Mark,
}

impl Marks {
    pub(crate) fn new(standing: Standing) -> Self {
        Self { standing, ..Self::default() }
    }

    pub(crate) fn open(&mut self, file: FileId, path: Arc<Path>, source: usize, mark: Mark) {
        self.standing.open(file, &path, source, mark.position);
        self.files.insert(file, Followed { path, mark });
        self.changes += 1;
    }

    pub(crate) fn reach(&mut self, file: FileId, mark: Mark) {
        if let Some(followed) = self.files.get_mut(&file) {
            followed.mark = mark;
            self.changes += 1;
            self.standing.reach(file, mark.position);
        }
    }

    /// The file is told again by another mark from now on.
    pub(crate) fn renew(&mut self, file: FileId, mark: Mark) {
        if let Some(followed) = self.files.get_mut(&file) {
            followed.mark = mark.at(followed.mark.position);
            self.changes += 1;
        }
    }

    pub(crate) fn end(&mut self, file: FileId, is_there: bool) {
        // One that is still there must not be forgotten.
        if !is_there {
            self.files.remove(&file);
        }
        self.standing.end(file);
        self.changes += 1;
    }

    /// All files are there that were known when the run began.
    pub(crate) const fn begin(&mut self) {
        self.begun = true;
    }

    /// Whether these are all files.
    pub(crate) const fn have_begun(&self) -> bool {
        self.begun
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// What is known of all files, for a checkpoint.
    pub(crate) fn known(&self) -> Vec<KnownFile> {
        self.files.values().map(|file| KnownFile { path: file.path.to_path_buf(), mark: file.mark }).collect()
    }

    /// How often something has changed.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }
}
