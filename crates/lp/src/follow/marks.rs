//! Up to where each followed file is done with: its records have been given to all outputs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use lp_tail::{Checkpoint, FileId, KnownFile, Mark};

use super::standing::Standing;

/// The files that a checkpoint must know.
#[derive(Default)]
pub(crate) struct Marks {
    /// Boxed, as half of the room in a tree is free.
    files: BTreeMap<FileId, Box<Followed>>,
    /// Those that no source names now, by their numbers.
    unclaimed: BTreeMap<u64, KnownFile>,
    /// What the run goes on from, which holds until it has begun.
    resumed: Checkpoint,
    /// Whether all files are there that were known when the run began.
    begun: bool,
    /// How often they have changed.
    changes: u64,
    /// Those that have changed since they were [asked for](Self::changed).
    changed: BTreeSet<u64>,
    /// Where it is told how they stand.
    standing: Standing,
}

/// Of the files that no source names, the last of so many are kept; their numbers come before those of the others.
const MOST_UNCLAIMED: usize = 1000;

/// The number of a followed file.
const fn number(file: FileId) -> u64 {
    MOST_UNCLAIMED as u64 + file.number()
}

struct Followed {
    path: Arc<Path>,
    mark: Mark,
}

impl Followed {
    fn known(&self) -> KnownFile {
        KnownFile { path: Arc::clone(&self.path), mark: self.mark }
    }
}

impl Marks {
    /// Of a run that goes on from this checkpoint.
    pub(crate) fn new(standing: Standing, resumed: Checkpoint) -> Self {
        Self { standing, resumed, ..Self::default() }
    }

    pub(crate) fn open(&mut self, file: FileId, path: Arc<Path>, mark: Mark) {
        // It may be followed by another path now.
        self.unclaimed.retain(|&number, known| {
            let is_other = (known.mark.device, known.mark.inode) != (mark.device, mark.inode);
            if !is_other {
                self.changed.insert(number);
            }
            is_other
        });
        self.files.insert(file, Box::new(Followed { path, mark }));
        self.change(file);
    }

    pub(crate) fn reach(&mut self, file: FileId, mark: Mark) {
        if let Some(followed) = self.files.get_mut(&file) {
            followed.mark = mark;
            self.standing.reach(file, mark.position);
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
        // One that is still there must not be forgotten.
        if !is_there {
            self.files.remove(&file);
        }
        self.standing.end(file);
        self.change(file);
    }

    fn change(&mut self, file: FileId) {
        self.changes += 1;
        self.changed.insert(number(file));
    }

    /// Files that no source names, the oldest first.
    pub(crate) fn keep_unclaimed(&mut self, files: &[KnownFile]) {
        let kept = &files[files.len().saturating_sub(MOST_UNCLAIMED)..];
        self.unclaimed = (0..).zip(kept.iter().cloned()).collect();
    }

    /// How many files are kept that no source names.
    pub(crate) fn unclaimed(&self) -> usize {
        self.unclaimed.len()
    }

    /// All files are there that were known when the run began. What it goes on from is given back: it is of no use here any more.
    pub(crate) fn begin(&mut self) -> Checkpoint {
        self.begun = true;
        std::mem::take(&mut self.resumed)
    }

    /// What the run goes on from, if it has not begun.
    pub(super) fn not_begun(&mut self) -> Option<Checkpoint> {
        (!self.begun).then(|| std::mem::take(&mut self.resumed))
    }

    /// Whether these are all files.
    pub(crate) const fn have_begun(&self) -> bool {
        self.begun
    }

    /// What is known of all files, for a checkpoint.
    pub(crate) fn known(&self) -> Vec<KnownFile> {
        self.unclaimed.values().cloned().chain(self.files.values().map(|file| file.known())).collect()
    }

    /// What is known, by their numbers, of the files that have changed since this was asked before; or of all files.
    pub(super) fn changed(&mut self, is_all: bool) -> Vec<(u64, Option<KnownFile>)> {
        let changed = std::mem::take(&mut self.changed);
        if is_all {
            let unclaimed = self.unclaimed.iter().map(|(&number, file)| (number, Some(file.clone())));
            let followed = self.files.iter().map(|(&id, file)| (number(id), Some(file.known())));
            return unclaimed.chain(followed).collect();
        }
        let followed = |number: u64| self.files.get(&FileId::new(number.checked_sub(MOST_UNCLAIMED as u64)?));
        let known = |number| {
            (number, followed(number).map(|file| file.known()).or_else(|| self.unclaimed.get(&number).cloned()))
        };
        changed.into_iter().map(known).collect()
    }

    /// How often something has changed.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }
}
