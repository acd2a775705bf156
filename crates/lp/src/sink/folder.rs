//! The folder that files are created and renamed in.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, io};

use super::open::quoted;
use super::{Action, SinkError};

/// A folder, with whether there are changes in it that a loss of power may undo.
pub(super) struct Folder {
    path: PathBuf,
    has_changed: AtomicBool,
}

impl Folder {
    /// A folder in which something may have changed.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, has_changed: AtomicBool::new(true) }
    }

    /// Says that a file was created, renamed or deleted in it.
    pub(super) fn changed(&self) {
        self.has_changed.store(true, Ordering::SeqCst);
    }

    /// Makes durable which files are in it.
    pub(super) fn sync(&self) -> Result<(), SinkError> {
        // Before it is looked at what there is: a change that comes meanwhile counts for the next time.
        if !self.has_changed.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        // Elsewhere a folder cannot be opened.
        let synced = if cfg!(unix) { fs::File::open(&self.path).and_then(|folder| folder.sync_all()) } else { Ok(()) };
        synced.map_err(|error: io::Error| {
            self.changed();
            SinkError::system(Action::Sync, quoted(&self.path), error)
        })
    }
}
