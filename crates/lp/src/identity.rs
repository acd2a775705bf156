//! Which file it is, whatever the name by which it is opened.

use std::fs::Metadata;

/// A regular file, told from all others on this machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Identity {
    device: u64,
    number: u64,
}

impl Identity {
    /// `None` if it is no regular file, or the system does not say.
    #[cfg(unix)]
    pub(crate) fn of(file: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        file.is_file().then(|| Self { device: file.dev(), number: file.ino() })
    }

    /// `None`: what the system says does not tell files apart.
    #[cfg(not(unix))]
    pub(crate) fn of(_file: &Metadata) -> Option<Self> {
        None
    }
}
