//! A file is replaced so that at every moment there is a whole one, and the one before is kept.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use super::{Names, StoreError};
use crate::system;

/// What a replacement asks of the file system: a seam, so that tests can make each step fail or be the last.
pub(super) trait Disk {
    /// Writes a new file, readable only for its owner, and waits until its bytes are on the disk.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Removes a file if it is there.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Gives a file a second name.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Reads a whole file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Gives a file another name, in place of whatever has that.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Waits until the names in a folder are on the disk.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// Makes these bytes the current file, and the one that was it the previous.
///
/// A crash leaves the current file as it was up to the last rename, and whole and new after it; before that, at most the previous one
/// is missing, and `NAME.new` is left over.
pub(super) fn replace(disk: &impl Disk, names: &Names, bytes: &[u8]) -> Result<(), StoreError> {
    let Names { folder, current, previous, new, .. } = names;
    let steps = || {
        disk.remove(new).map_err(|error| StoreError::system("remove", new, error))?;
        disk.write(new, bytes).map_err(|error| StoreError::system("write", new, error))?;
        keep_previous(disk, names).map_err(|error| StoreError::system("write", previous, error))?;
        disk.rename(new, current).map_err(|error| StoreError::system("replace", current, error))
    };
    steps().inspect_err(|_| {
        // It takes space that may be what is lacking. If it cannot be removed, the next attempt or the next start does it.
        let _ = disk.remove(new);
    })?;
    disk.sync_folder(folder).map_err(|error| StoreError::system("sync", folder, error))
}

/// Lets the current file be the previous one too. If there is none, the previous one may be all there is, and stays.
fn keep_previous(disk: &impl Disk, names: &Names) -> io::Result<()> {
    let Names { current, previous, .. } = names;
    match fs::symlink_metadata(current) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    disk.remove(previous)?;
    // Not every file system knows second names.
    disk.link(current, previous)
        .or_else(|_| disk.write(previous, &disk.read(current)?))
        .inspect_err(|_| drop(disk.remove(previous)))
}

/// Opens files that are for their owner only.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Reads a file that begins with these bytes; of others, no more than so many. A pipe is not waited for.
pub(super) fn read_if(path: &Path, begins: &[u8]) -> io::Result<Vec<u8>> {
    let mut file = system::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    // A log of gigabytes is not read only to find that it is something else.
    (&mut file).take(begins.len() as u64).read_to_end(&mut bytes)?;
    if bytes == begins {
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Whether this file is the one that others would find at the path.
#[cfg(unix)]
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(there)) => identity(held) == identity(there),
        _ => false,
    }
}

/// A file that is open cannot be removed or replaced here.
#[cfg(not(unix))]
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    file.metadata().is_ok() && path.exists()
}

/// The file system.
pub(super) struct System;

impl Disk for System {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // Never through a link that somebody else has put there.
        let mut file = private().create_new(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    #[cfg(unix)]
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        match File::open(path)?.sync_all() {
            // Some network file systems have no such thing.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            result => result,
        }
    }

    #[cfg(not(unix))]
    fn sync_folder(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::path::PathBuf;

    use super::*;
    use crate::{Checkpoint, Store};

    /// A disk on which one step fails. Where the process is killed at it, so do all that follow.
    struct Faulty {
        good_steps: Cell<u32>,
        is_killed: bool,
        has_links: bool,
    }

    impl Faulty {
        fn step(&self) -> io::Result<()> {
            match self.good_steps.get() {
                0 if self.is_killed => Err(io::ErrorKind::Interrupted.into()),
                0 => {
                    self.good_steps.set(u32::MAX);
                    Err(io::ErrorKind::StorageFull.into())
                }
                steps => {
                    self.good_steps.set(steps - 1);
                    Ok(())
                }
            }
        }
    }

    impl Disk for Faulty {
        fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            self.step().inspect_err(|_| System.write(path, &bytes[..bytes.len() / 2]).unwrap())?;
            System.write(path, bytes)
        }

        fn remove(&self, path: &Path) -> io::Result<()> {
            self.step().and_then(|()| System.remove(path))
        }

        fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
            if !self.has_links {
                return Err(io::ErrorKind::Unsupported.into());
            }
            self.step().and_then(|()| System.link(from, to))
        }

        fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
            self.step().and_then(|()| System.read(path))
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.step().and_then(|()| System.rename(from, to))
        }

        fn sync_folder(&self, path: &Path) -> io::Result<()> {
            self.step().and_then(|()| System.sync_folder(path))
        }
    }

    /// A checkpoint that is told from others by a number.
    fn numbered(number: u8) -> Checkpoint {
        Checkpoint { sections: [("number".to_owned(), vec![number; 100])].into(), ..Checkpoint::default() }
    }

    fn found(path: &Path) -> Checkpoint {
        let (_, found) = Store::open(path).unwrap();
        assert!(found.damaged.is_empty(), "{found:?}");
        found.checkpoint.unwrap()
    }

    /// Saves 1 and 2, then 3 on this disk. Gives the folder, the path, and whether 3 was saved.
    fn saved(disk: &Faulty) -> (tempfile::TempDir, PathBuf, bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        let (mut store, _) = Store::open(&path).unwrap();
        store.save(&numbered(1)).unwrap();
        store.save(&numbered(2)).unwrap();
        let is_saved = replace(disk, &store.names, &numbered(3).to_bytes()).is_ok();
        (folder, path, is_saved)
    }

    #[test]
    fn a_crash_at_any_step_leaves_the_old_one_or_the_new_one() {
        for has_links in [true, false] {
            let mut steps = 0;
            loop {
                let disk = Faulty { good_steps: Cell::new(steps), is_killed: true, has_links };
                let (folder, path, is_saved) = saved(&disk);
                let current = found(&path);
                assert!(current == numbered(3) || (current == numbered(2) && !is_saved), "killed at step {steps}");

                // Nothing is left over, and the next one is saved as ever.
                let (mut store, _) = Store::open(&path).unwrap();
                store.save(&numbered(4)).unwrap();
                drop(store);
                assert_eq!(found(&path), numbered(4));
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
                assert_eq!(fs::read(folder.path().join("checkpoint.previous")).unwrap(), current.to_bytes());
                if is_saved {
                    break;
                }
                steps += 1;
            }
            assert!(steps >= 6, "{steps}");
        }
    }

    #[test]
    fn a_failure_at_any_step_is_told_and_leaves_nothing_over() {
        for has_links in [true, false] {
            let mut steps = 0;
            loop {
                let disk = Faulty { good_steps: Cell::new(steps), is_killed: false, has_links };
                let (folder, path, is_saved) = saved(&disk);
                assert!(!folder.path().join("checkpoint.new").exists(), "failed at step {steps}");
                let current = found(&path);
                assert!(current == numbered(3) || (current == numbered(2) && !is_saved), "failed at step {steps}");
                if disk.good_steps.get() < 100 {
                    assert!(is_saved);
                    break;
                }
                steps += 1;
            }
            assert!(steps >= 6, "{steps}");
        }
    }
}
