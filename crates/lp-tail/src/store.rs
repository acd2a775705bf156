//! The file that a checkpoint is kept in.

use std::io;
use std::path::{Path, PathBuf};

use crate::checkpoint::{Checkpoint, CheckpointError};

/// The file that a checkpoint is kept in: replaced as a whole and durably, the one before is kept beside it (`NAME.previous`), and only
/// one process at a time has it (`NAME.lock`).
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
}

/// What was found at the start.
#[derive(Debug)]
pub struct Found {
    /// The checkpoint to go on from, if there is one: that in the file, or else the one before.
    pub checkpoint: Option<Checkpoint>,
    /// What could not be read and was set aside, if there was something.
    pub damaged: Vec<Damaged>,
}

/// A file that holds no checkpoint that can be read.
#[derive(Debug)]
pub struct Damaged {
    /// Where it has been put.
    pub set_aside: PathBuf,
    /// What is wrong with it.
    pub error: CheckpointError,
}

/// Why a checkpoint cannot be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else has it.
    #[error("the checkpoint {} is used by another process; give each its own", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("cannot {action} {}", path.display())]
    System {
        /// What was attempted, such as `write`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Store {
    /// Takes the lock and reads what is there.
    ///
    /// # Errors
    ///
    /// If another process has it, or the folder cannot be written.
    pub fn open(path: impl Into<PathBuf>) -> Result<(Self, Found), StoreError> {
        let _ = path.into();
        unimplemented!()
    }

    /// Keeps this checkpoint. When it returns, it is there after a loss of power.
    ///
    /// # Errors
    ///
    /// If it could not be made durable. What was there before still is.
    pub fn save(&mut self, _checkpoint: &Checkpoint) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
