//! Up to where each followed file is done with: its records have been given to all outputs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use lp_tail::{FileId, KnownFile, Mark};

use crate::observer::FileStatus;

/// The files that a checkpoint must know.
#[derive(Default)]
pub(crate) struct Marks {
    files: BTreeMap<FileId, Followed>,
    /// Whether all files are there that were known when the run began; before, the checkpoint that it goes on from still holds.
    begun: bool,
    /// How often they have changed.
    changes: u64,
    /// Those that have changed since they were [asked for](Self::changed).
    changed: BTreeSet<FileId>,
}

struct Followed {
    path: Arc<Path>,
    mark: Mark,
    /// Since when there has been something that is not written.
    waiting: Option<Instant>,
    /// Nothing will come of it any more, but it is still there.
    ended: bool,
}

impl Followed {
    fn known(&self) -> KnownFile {
        KnownFile { path: self.path.to_path_buf(), mark: self.mark }
    }
}

/// What a tail has seen of a file.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) file: FileId,
    /// Its size in bytes.
    pub(crate) size: u64,
}

impl Marks {
    pub(crate) fn open(&mut self, file: FileId, path: Arc<Path>, mark: Mark) {
        self.files.insert(file, Followed { path, mark, waiting: None, ended: false });
        self.change(file);
    }

    pub(crate) fn reach(&mut self, file: FileId, mark: Mark) {
        if let Some(followed) = self.files.get_mut(&file) {
            followed.mark = mark;
            followed.waiting = None;
            self.change(file);
        }
    }

    /// The file is told again by another mark from now on.
    pub(crate) fn renew(&mut self, file: FileId, mark: Mark) {
        if let Some(followed) = self.files.get_mut(&file) {
            followed.mark = mark.at(followed.mark.position);
            self.change(file);
        }
    }

    pub(crate) fn end(&mut self, file: FileId, is_there: bool) {
        match self.files.get_mut(&file) {
            Some(followed) if is_there => followed.ended = true,
            _ => drop(self.files.remove(&file)),
        }
        self.change(file);
    }

    fn change(&mut self, file: FileId) {
        self.changes += 1;
        self.changed.insert(file);
    }

    /// All files are there that were known when the run began.
    pub(crate) const fn begin(&mut self) {
        self.begun = true;
    }

    /// Whether these are all files.
    pub(crate) const fn have_begun(&self) -> bool {
        self.begun
    }

    /// What is known of all files, for a checkpoint.
    pub(crate) fn known(&self) -> Vec<KnownFile> {
        self.files.values().map(Followed::known).collect()
    }

    /// What is known, by their numbers, of the files that have changed since this was asked before; or of all files.
    pub(super) fn changed(&mut self, is_all: bool) -> Vec<(u64, Option<KnownFile>)> {
        let changed = std::mem::take(&mut self.changed);
        if is_all {
            return self.files.iter().map(|(id, file)| (id.number(), Some(file.known()))).collect();
        }
        changed.into_iter().map(|id| (id.number(), self.files.get(&id).map(Followed::known))).collect()
    }

    /// How often something has changed.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    /// How the files stand that have been seen so.
    pub(crate) fn status(&mut self, seen: &[Seen]) -> Vec<FileStatus> {
        let now = Instant::now();
        let status = seen.iter().filter_map(|Seen { file, size }| {
            let followed = self.files.get_mut(file).filter(|file| !file.ended)?;
            // A larger size may make more of it known than has been asked for.
            let size = (*size).max(followed.mark.position);
            let is_done = followed.mark.position == size;
            followed.waiting = if is_done { None } else { followed.waiting.or(Some(now)) };
            Some(FileStatus {
                path: Arc::clone(&followed.path),
                size,
                written: followed.mark.position,
                waiting: followed.waiting.map(|since| now - since).unwrap_or_default(),
            })
        });
        status.collect()
    }
}
