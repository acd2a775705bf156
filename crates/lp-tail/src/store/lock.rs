//! One process at a time.

use std::fs::{self, File, TryLockError};
use std::io;

use super::replace::{is_at, private};
use super::{Names, StoreError};

/// An exclusive lock on `NAME.lock`, which the system gives up when the process ends, however it does. The file stays: to remove it
/// would let two processes hold one each.
#[derive(Debug)]
pub(super) struct Lock {
    path: std::path::PathBuf,
    file: File,
}

impl Lock {
    pub(super) fn take(names: &Names) -> Result<Self, StoreError> {
        if fs::metadata(&names.folder).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Err(StoreError::NoFolder { folder: names.folder.clone() });
        }
        let path = &names.lock;
        let mut options = private();
        #[cfg(unix)]
        {
            use rustix::fs::OFlags;
            use std::os::unix::fs::OpenOptionsExt;
            // Never through a link that somebody else has put there, and without waiting for whoever may be behind a pipe.
            options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
        }
        let file = options.create(true).truncate(false).open(path);
        let file = file.map_err(|error| StoreError::system("write", path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.clone(), file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: names.current.clone() }),
            Err(TryLockError::Error(error)) => Err(StoreError::system("lock", path, error)),
        }
    }

    /// Whether the file that is locked is the one that others would lock.
    pub(super) fn is_in_its_place(&self) -> bool {
        is_at(&self.file, &self.path)
    }
}
