//! What a [`Tail`](crate::Tail) tells.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::mark::Mark;

/// A file for as long as its bytes are those of one log: a file that is truncated is another one from then on. Never used twice
/// in a run; later files have greater ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub(crate) u64);

impl FileId {
    /// An id for tests of those who take events; a tail gives its own.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What happens next to the files.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A file is followed from now on. Told before anything else is told of it.
    Opened {
        /// The file.
        file: FileId,
        /// The number of the group that it belongs to.
        group: usize,
        /// The path at which it was found: the one that the pattern names, not that of a rotated file.
        path: Arc<Path>,
        /// Where reading begins.
        position: u64,
        /// Its size when it was opened.
        size: u64,
    },
    /// These bytes have been read into the buffer, `len` of them from its start on. They follow those that were given of this
    /// file before.
    Bytes {
        /// The file.
        file: FileId,
        /// The position of the first one.
        at: u64,
        /// How many.
        len: usize,
        /// What tells the file again, with the position behind these bytes.
        mark: Mark,
    },
    /// NUL bytes have been skipped: a hole that a truncation has left behind, since its writer does not append.
    Skipped {
        /// The file.
        file: FileId,
        /// Where they stand.
        at: u64,
        /// How many.
        bytes: u64,
        /// What tells the file again, with the position behind them.
        mark: Mark,
    },
    /// Bytes that are known to have been in the file are gone: it was truncated, or deleted while nobody had it open.
    Lost {
        /// The file; it has been [opened](Event::Opened) before, even if nothing of it can be read.
        file: FileId,
        /// How many. What was written and taken away between two looks at the file is not among them, as nobody can know of it.
        bytes: u64,
    },
    /// The newest file that a checkpoint knows of its path is not found any more, nor a copy of it: it has been moved out of the folders
    /// that are looked at, truncated, compressed or deleted. What was written to it behind what the checkpoint knows, nobody can tell.
    Missing {
        /// The file; it has been [opened](Event::Opened) before, though nothing of it can be read.
        file: FileId,
        /// Its size when it was last looked at.
        size: u64,
    },
    /// The file was copied and truncated, and goes on in its copy.
    Copied {
        /// The file.
        file: FileId,
        /// What tells it again from now on, at the position up to which its bytes have been given out.
        mark: Mark,
    },
    /// No path leads to this file any more: it was deleted. What is still written to it by those who have it open is told as before, but
    /// whoever follows files later will not find it.
    Unlinked {
        /// The file.
        file: FileId,
    },
    /// This file has been read to its end, and another has come in its place and has been written to: its bytes are told from now on. If
    /// this one is written to all the same, that is told as before.
    Succeeded {
        /// The file that was there before.
        file: FileId,
    },
    /// Nothing will be told of this file any more, but that it is not there any more: one that still is ends a second time, with `false`,
    /// when it is gone, or when it has been written to again and goes on as another file. It can be [read](crate::Tail::read_at) until the
    /// next call of [`next`](crate::Tail::next).
    Ended {
        /// The file.
        file: FileId,
        /// Whether it still is at a path that is followed, or beside it with the name of a rotated file, so that a
        /// [`Checkpoint`](crate::Checkpoint) must go on to know it.
        is_there: bool,
    },
    /// A path or a file cannot be read. It is tried again; the same failure is told once a minute at most.
    Failed {
        /// The path.
        path: Arc<Path>,
        /// What the system says.
        error: io::Error,
    },
    /// A file is not followed, as it is compressed.
    Compressed {
        /// Its path.
        path: Arc<Path>,
    },
    /// Nothing has happened before the time was over, or somebody has [woken](crate::Waker) the tail.
    Idle,
}
