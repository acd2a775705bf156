//! The bound on open files.

use std::collections::{BTreeMap, VecDeque};

use crate::event::FileId;
use crate::file::FollowedFile;
use crate::system::{self, Stat};

/// How often it is gone round.
const ROUNDS: usize = 3;

/// How many files are open, and which is closed when there are too many: going round, the first that is at its path and has not been
/// used since the last round; then any that can be found again. One that is not at its path any more and has something to read, or of
/// which nobody knows where it is, is closed only if there are no others.
#[derive(Debug)]
pub(crate) struct Descriptors {
    most: usize,
    open: usize,
    round: VecDeque<FileId>,
}

impl Descriptors {
    /// No more than half of what the system lets the process have open, whatever is asked for: others need some too.
    pub(crate) fn new(most: usize) -> Self {
        let most = system::most_open().map_or(most, |limit| most.min(limit / 2));
        Self { most: most.max(1), open: 0, round: VecDeque::new() }
    }

    /// So many files are open that do not belong to anybody yet.
    pub(crate) const fn took_over(&mut self, files: usize) {
        self.open += files;
    }

    /// The system does not let the process open more files: an eighth of them is closed, and so many fewer are open at a time from now
    /// on. `false` if there are none.
    pub(crate) fn make_room(&mut self, files: &mut BTreeMap<FileId, Box<FollowedFile>>) -> bool {
        let before = self.open;
        for _ in 0..before.div_ceil(8) {
            self.close_one(None, files);
        }
        self.most = self.open.max(1);
        self.open < before
    }

    /// One of the files has been closed.
    pub(crate) fn closed(&mut self) {
        self.open -= 1;
    }

    /// A file has been opened. Closes another one if these are too many.
    pub(crate) fn opened(&mut self, id: FileId, files: &mut BTreeMap<FileId, Box<FollowedFile>>) {
        self.open += 1;
        if self.open > self.most {
            self.close_one(Some(id), files);
        }
        self.joined(id, files);
    }

    /// A file has been given the descriptor of another one.
    pub(crate) fn joined(&mut self, id: FileId, files: &BTreeMap<FileId, Box<FollowedFile>>) {
        if self.round.len() / 2 > self.most {
            self.round.retain(|id| files.get(id).is_some_and(|file| file.handle.is_some()));
        }
        self.round.push_back(id);
    }

    fn close_one(&mut self, opened: Option<FileId>, files: &mut BTreeMap<FileId, Box<FollowedFile>>) {
        let in_round = self.round.len();
        for step in 0..ROUNDS * in_round {
            let Some(id) = self.round.pop_front() else { return };
            // Those that are not open any more fall out of the round.
            let Some(file) = files.get_mut(&id).filter(|file| file.handle.is_some() && Some(id) != opened) else {
                continue;
            };
            if file.is_spared(step / in_round) {
                self.round.push_back(id);
                continue;
            }
            file.handle = None;
            self.open -= 1;
            return;
        }
    }
}

impl FollowedFile {
    /// Whether it stays open in this round, the first of which is 0. How much there is to read in one that does not is known from
    /// then on.
    fn is_spared(&mut self, round: usize) -> bool {
        let was_used = std::mem::take(&mut self.used);
        if match round {
            0 => was_used || self.ended || self.is_displaced(),
            1 => self.ended,
            _ => false,
        } {
            return true;
        }
        if let Some(Ok(stat)) = self.handle.as_ref().map(Stat::of_file) {
            self.size = self.size.max(stat.size);
        }
        round == 1 && self.is_displaced() && (!self.is_exhausted() || self.at.is_none())
    }
}
