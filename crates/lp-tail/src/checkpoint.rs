//! What must be known to go on after a restart, and its form as bytes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::mark::Mark;

/// What must be known to go on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checkpoint {
    /// How far each file has been read and is safe.
    pub files: Vec<KnownFile>,
    /// What belongs to others, such as the lengths of outputs, by name.
    pub sections: BTreeMap<String, Vec<u8>>,
}

/// A file that has been followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownFile {
    /// The path at which it was found first, as a pattern names it.
    pub path: PathBuf,
    /// The file, and up to where it is done with.
    pub mark: Mark,
}

/// Why bytes are no checkpoint.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// They are something else.
    #[error("it is not a checkpoint")]
    NotACheckpoint,
    /// A version of lp has written them that this one does not know.
    #[error("it has version {0}, and this program reads version {known}", known = Checkpoint::VERSION)]
    Version(u32),
    /// They end early, or some of them have changed.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
}

impl Checkpoint {
    /// The version of the form.
    pub const VERSION: u32 = 1;

    /// The checkpoint as bytes, with a checksum.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        unimplemented!()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) has made.
    ///
    /// # Errors
    ///
    /// If that is not what the bytes are.
    pub fn from_bytes(_bytes: &[u8]) -> Result<Self, CheckpointError> {
        unimplemented!()
    }
}
