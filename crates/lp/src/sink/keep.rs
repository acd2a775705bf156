//! Which rotated files are kept.

use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime};

use super::Demand;
use super::rotated::{Rotated, Stamp};

/// Which rotated files are kept. The file that is being written is not one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keep {
    /// The newest, by their names.
    Files(NonZeroUsize),
    /// Those whose last record was written less than this long ago: the file was changed since, and put aside since.
    /// With 24 hours no record of the last 24 hours is deleted, and none is kept longer than that and the time between
    /// the first record of its file and the last; with checkpoints, and until two of them have been kept behind it.
    For(Duration),
}

/// What is to be done with rotated files.
pub(super) struct Sorted {
    pub(super) delete: Vec<Rotated>,
    /// When the first of the others is to be deleted, if that is a matter of time.
    pub(super) next: Option<SystemTime>,
}

/// The newest of the rotated files at the last two places that were kept. A next run goes back to one of them, or to a later one.
#[derive(Default)]
pub(super) struct Returns {
    last: Option<Stamp>,
    before: Option<Stamp>,
}

impl Returns {
    /// Before there is one: what an earlier run has kept may be further behind than where this one goes on, as what it has only noted since
    /// can be lost with the power.
    pub(super) const fn unknown() -> Self {
        Self { last: Some(Stamp::FIRST), before: Some(Stamp::FIRST) }
    }

    /// Another place was kept.
    pub(super) fn add(&mut self, newest: Option<Stamp>) {
        self.before = self.last;
        self.last = newest;
    }

    /// Whether a rotated file may hold such a place, or is behind it.
    pub(super) fn need(&self, stamp: Stamp) -> bool {
        self.before.or(self.last).is_some_and(|newest| newest < stamp)
    }
}

impl Keep {
    /// More files than that do not wait long to be deleted, if not so many are kept.
    const WAITING: usize = 8;

    /// What it means that so many files wait to be deleted until a next run does not need them.
    pub(super) fn demand(self, waiting: usize) -> Demand {
        let most = match self {
            Self::Files(count) => count.get().max(Self::WAITING),
            Self::For(_) => Self::WAITING,
        };
        match waiting {
            0 => Demand::Nothing,
            _ if waiting < most => Demand::InTime,
            _ => Demand::AtOnce,
        }
    }

    /// Which of these files, the oldest first, are to be deleted now.
    pub(super) fn sort(self, mut files: Vec<Rotated>, now: SystemTime) -> Sorted {
        match self {
            Self::Files(count) => {
                files.truncate(files.len().saturating_sub(count.get()));
                Sorted { delete: files, next: None }
            }
            Self::For(duration) => {
                let mut next = None;
                files.retain(|file| {
                    // A file of the future is looked at again as if it were of now. What ends after all time is kept.
                    let Some(due) = file.end.min(now).checked_add(duration) else { return false };
                    if due > now {
                        next = Some(next.map_or(due, |next: SystemTime| next.min(due)));
                    }
                    due <= now
                });
                Sorted { delete: files, next }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_files_that_wait_are_urgent() {
        let files = |count| Keep::Files(NonZeroUsize::new(count).unwrap());
        let hour = Keep::For(Duration::from_secs(3600));
        for (keep, most) in [(files(1), 7), (files(8), 7), (files(9), 8), (files(1000), 999), (hour, 7)] {
            let demands = [0, 1, most, most + 1].map(|waiting| keep.demand(waiting));
            assert_eq!(demands, [Demand::Nothing, Demand::InTime, Demand::InTime, Demand::AtOnce], "{keep:?}");
        }
    }
}
