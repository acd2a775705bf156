//! The bound on open files.

use std::collections::{BTreeMap, VecDeque};

use crate::event::FileId;
use crate::file::FollowedFile;

/// How many files are open, and which is closed when there are too many: going round, the first that has not been used since the last
/// round. One that is not at its path any more is spared, as it may not be found again.
#[derive(Debug)]
pub(crate) struct Descriptors {
    most: usize,
    open: usize,
    round: VecDeque<FileId>,
}

impl Descriptors {
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), open: 0, round: VecDeque::new() }
    }

    /// One of the files has been closed.
    pub(crate) fn closed(&mut self) {
        self.open -= 1;
    }

    /// A file has been opened. Closes another one if these are too many.
    pub(crate) fn opened(&mut self, id: FileId, files: &mut BTreeMap<FileId, Box<FollowedFile>>) {
        self.open += 1;
        if self.open > self.most {
            self.close_one(id, files);
        }
        self.joined(id, files);
    }

    /// A file has been given the descriptor of another one.
    pub(crate) fn joined(&mut self, id: FileId, files: &BTreeMap<FileId, Box<FollowedFile>>) {
        if self.round.len() > 2 * self.most {
            self.round.retain(|id| files.get(id).is_some_and(|file| file.handle.is_some()));
        }
        self.round.push_back(id);
    }

    fn close_one(&mut self, opened: FileId, files: &mut BTreeMap<FileId, Box<FollowedFile>>) {
        let rounds = 3 * self.round.len();
        for step in 0..rounds {
            let Some(id) = self.round.pop_front() else { return };
            // Those that are not open any more fall out of the round.
            let Some(file) = files.get_mut(&id).filter(|file| file.handle.is_some() && id != opened) else { continue };
            let is_spared = file.used || file.is_displaced() || file.ended;
            if is_spared && step + self.round.len() < rounds {
                file.used = false;
                self.round.push_back(id);
                continue;
            }
            file.handle = None;
            self.open -= 1;
            return;
        }
    }
}
