//! The tail.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::KnownFile;
use crate::event::{Event, FileId};
use crate::group::Group;
use crate::mark::Mark;

/// How a [`Tail`] looks at the files.
#[derive(Clone, Copy, Debug)]
pub struct TailOptions {
    /// The most files that are open at a time.
    pub open_files: usize,
    /// How often the folders are looked through, whatever the system tells of changes.
    pub look_every: Duration,
    /// The least time between two readings of what comes in little by little: with it, a busy file is read in larger pieces.
    pub pause: Duration,
    /// A file that is not at its path any more is closed when nothing has been written to it for so long.
    pub quiet: Duration,
}

impl Default for TailOptions {
    fn default() -> Self {
        Self {
            open_files: 512,
            look_every: Duration::from_millis(500),
            pause: Duration::from_millis(3),
            quiet: Duration::from_secs(300),
        }
    }
}

/// Follows files.
#[derive(Debug)]
pub struct Tail {}

/// Why files cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TailError {
    /// The system gives no means to wait.
    #[error("cannot watch files")]
    System(#[source] io::Error),
}

/// A file that is followed, for those who want to know how far it is read.
#[derive(Clone, Debug)]
pub struct Followed<'a> {
    /// The file.
    pub file: FileId,
    /// The path at which it was found.
    pub path: &'a Arc<Path>,
    /// Its size when it was last looked at.
    pub size: u64,
    /// Up to where its bytes have been given out.
    pub position: u64,
}

/// Wakes a tail that waits, from any thread.
#[derive(Clone, Debug)]
pub struct Waker {}

impl Waker {
    /// Makes the [`next`](Tail::next) that is waiting, or else the following one, return [`Event::Idle`] at once.
    pub fn wake(&self) {
        unimplemented!()
    }
}

impl Tail {
    /// Begins to follow these files. `known` is what a checkpoint says of them; a file that is among them goes on at its position,
    /// wherever it has been renamed to in its folder.
    ///
    /// # Errors
    ///
    /// If the system gives no means to wait. That a file is not there or cannot be read is no error; it is waited for.
    pub fn new(_groups: Vec<Group>, _known: Vec<KnownFile>, _options: TailOptions) -> Result<Self, TailError> {
        unimplemented!()
    }

    /// What wakes this tail.
    #[must_use]
    pub fn waker(&self) -> Waker {
        unimplemented!()
    }

    /// What happens next. Bytes are read into `buffer`, which must not be empty. Waits no longer than `wait`.
    ///
    /// Files take turns, so that one with much to read does not keep the others waiting; but a file that has taken the place of
    /// another is begun when that one has been read to its end.
    pub fn next(&mut self, _buffer: &mut [u8], _wait: Duration) -> Event {
        unimplemented!()
    }

    /// Looks through the folders if it is time to. To be called now and then while nobody calls [`next`](Self::next), so that a file
    /// that is rotated meanwhile is not missed.
    pub fn look(&mut self) {
        unimplemented!()
    }

    /// Gives out the bytes from `position` on once more, together with those behind them, as soon as there are more. (For those
    /// who cannot do anything with what they have been given before there is more of it, and do not want to keep it.) A position that
    /// has not been reached yet skips what is before it.
    pub fn seek(&mut self, _file: FileId, _position: u64) {
        unimplemented!()
    }

    /// Reads from a followed file at any position, without a change to what `next` gives. `Ok(0)` at its end, or if it is gone.
    ///
    /// # Errors
    ///
    /// If the system cannot read it.
    pub fn read_at(&mut self, _file: FileId, _buffer: &mut [u8], _position: u64) -> io::Result<usize> {
        unimplemented!()
    }

    /// What tells a followed file again, at the position up to which its bytes have been given out.
    #[must_use]
    pub fn mark(&self, _file: FileId) -> Option<Mark> {
        unimplemented!()
    }

    /// The files that are followed.
    pub fn files(&self) -> impl Iterator<Item = Followed<'_>> {
        std::iter::empty()
    }
}
