//! What is known of the paths that are followed, and of files that are not read.

use std::path::Path;
use std::sync::Arc;

use crate::event::FileId;

/// A path that a pattern names.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) group: usize,
    /// The file that came here last: the newest one of its log. It may have been renamed since, or be gone.
    pub(crate) current: Option<FileId>,
    /// When that was written last, if it is known.
    pub(crate) modified: i64,
    /// When that was last seen here, or was made, as [`Stat`](crate::system::Stat) counts time.
    pub(crate) seen_at: i64,
    /// The number of the last look that came by.
    pub(crate) looked: u64,
    /// Whether something was here then.
    pub(crate) is_taken: bool,
    /// When its folder had changed last when it was last asked what had been rotated from here while nothing was here.
    pub(crate) folder_modified: i64,
    /// What the path leads to, if it is a symbolic link.
    pub(crate) target: Option<Arc<Path>>,
    /// How many times in a row the file that was found here, or beside here, was another one or gone when it was opened.
    pub(crate) slipped: u32,
}

impl Place {
    pub(crate) fn new(group: usize) -> Self {
        Self {
            group,
            current: None,
            modified: i64::MIN,
            seen_at: i64::MAX,
            looked: 0,
            is_taken: false,
            folder_modified: i64::MIN,
            target: None,
            slipped: 0,
        }
    }
}

/// A file at a path that is followed, or beside it, that is not read.
#[derive(Debug)]
pub(crate) struct Aside {
    pub(crate) why: Why,
    /// As it was when that was decided; if it changes, it is decided anew.
    pub(crate) size: u64,
    pub(crate) modified: i64,
    /// The number of the look at which it was last seen.
    pub(crate) seen: u64,
}

/// Why a file is not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Why {
    Compressed,
    /// It is, so far, the same as the beginning of a file that is read: of this one, if that had been opened.
    Copy(Option<FileId>),
}

impl Aside {
    /// Whether it has been seen to be a copy of this file.
    pub(crate) fn is_copy_of(&self, file: Option<FileId>) -> bool {
        matches!((self.why, file), (Why::Copy(Some(of)), Some(file)) if of == file)
    }
}
