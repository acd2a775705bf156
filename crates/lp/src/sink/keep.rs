//! Which rotated files are kept.

use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime};

use super::rotated::Rotated;

/// Which rotated files are kept. The file that is being written is not one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keep {
    /// The newest, by their names.
    Files(NonZeroUsize),
    /// Those whose last record was written less than this long ago: the file was changed since, and put aside since.
    /// With 24 hours no record of the last 24 hours is deleted, and none is kept longer than that and the time between
    /// the first record of its file and the last.
    For(Duration),
}

/// What is to be done with rotated files.
pub(super) struct Sorted {
    pub(super) delete: Vec<Rotated>,
    /// When the first of the others is to be deleted, if that is a matter of time.
    pub(super) next: Option<SystemTime>,
}

impl Keep {
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
