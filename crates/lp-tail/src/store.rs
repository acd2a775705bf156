//! The file that a checkpoint is kept in.

mod journal;
mod lock;
mod replace;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::checkpoint::{Checkpoint, CheckpointError, MAGIC, checksum_of};
pub use journal::{Change, Journal};
use journal::{NONE, Noted};
use lock::Lock;
use replace::{Disk as _, System, read_if};

/// The file that a checkpoint is kept in: replaced as a whole and durably, the one before is kept beside it (`NAME.previous`), and only
/// one process at a time has it (`NAME.lock`).
///
/// What changes between two of them is [noted](Self::journal) in `NAME.journal`.
///
/// To start anew, remove `NAME` and `NAME.previous`: if only `NAME` is gone, the one before is used.
#[derive(Debug)]
pub struct Store {
    names: Names,
    lock: Lock,
    journal: Journal,
}

/// What was found at the start.
#[derive(Debug)]
pub struct Found {
    /// The checkpoint to go on from, if there is one: that in the file, or else the one before; with what was noted since.
    pub checkpoint: Option<Checkpoint>,
    /// What could not be read and was set aside, if there was something.
    pub damaged: Vec<Damaged>,
}

/// A file that holds no checkpoint that can be read.
#[derive(Debug)]
pub struct Damaged {
    /// Where it has been put: `NAME.damaged-1`, or the next number that is free.
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
    /// Its folder is not there. (It is not created: a volume that is not mounted would be written beside.)
    #[error("the folder of the checkpoint, {}, is not there", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// Another version of lp has written it. It is good, so it is left where it is.
    #[error("cannot use the checkpoint {}; use the program that wrote it, or remove it", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Which version.
        source: CheckpointError,
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

impl StoreError {
    fn system(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::System { action, path: path.to_owned(), source }
    }
}

impl Store {
    /// Takes the lock and reads what is there. Where the path is a symbolic link, the file that it names now is used.
    ///
    /// # Errors
    ///
    /// If another process has it, or the folder is not there or cannot be written, or another version of lp has written it.
    pub fn open(path: impl Into<PathBuf>) -> Result<(Self, Found), StoreError> {
        let names = Names::beside(resolved(path.into()));
        let lock = Lock::take(&names)?;
        // Removes what a save that was killed has left, and shows at the start rather than an hour later that the folder can be written.
        System
            .remove(&names.new)
            .and_then(|()| System.write(&names.new, b""))
            .and_then(|()| System.remove(&names.new))
            .map_err(|error| StoreError::system("write", &names.new, error))?;

        let mut found = Found { checkpoint: None, damaged: Vec::new() };
        let mut saved = None;
        for path in [&names.current, &names.previous] {
            let Some(bytes) = read(path)? else { continue };
            match Checkpoint::from_bytes(&bytes) {
                Ok(checkpoint) => {
                    // One of an earlier version would have another if it were written now.
                    saved = Some(checksum_of(&bytes));
                    found.checkpoint = Some(checkpoint);
                    break;
                }
                Err(source @ CheckpointError::Version(_)) => {
                    return Err(StoreError::Version { path: path.clone(), source });
                }
                Err(error) => found.damaged.push(Damaged { set_aside: set_aside(path, &names)?, error }),
            }
        }
        // If what it goes on from was there and cannot be read, it is all there is.
        let is_all = saved.is_none() && !found.damaged.is_empty();
        let goes_on = |from: &[u64]| is_all || from.contains(&saved.unwrap_or(NONE));
        if let Some(noted) = Noted::read(&names.journal, goes_on) {
            found.checkpoint = Some(noted.after(found.checkpoint));
        }
        let journal = Journal::new(&names, saved.unwrap_or(NONE));
        let mut store = Self { names, lock, journal };
        if let (None, Some(noted)) = (saved, &found.checkpoint) {
            // What it goes on from has just been set aside: the next start would not know why it is not there.
            store.save(noted)?;
        }
        Ok((store, found))
    }

    /// Keeps this checkpoint. When it returns, it is there after a loss of power.
    ///
    /// # Errors
    ///
    /// If it could not be made durable; there is then this one or the one before, and it is whole. It may be tried again at any time,
    /// even if the folder has been away meanwhile.
    pub fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        self.replace(checkpoint, false)
    }

    /// The same, of a checkpoint all of which has been [noted](Self::journal): what was noted since it was made goes on to count.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn save_noted(&mut self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        self.replace(checkpoint, true)
    }

    fn replace(&mut self, checkpoint: &Checkpoint, is_noted: bool) -> Result<(), StoreError> {
        // Who removes the lock, or puts another folder there, lets others in.
        if !self.lock.is_in_its_place() {
            self.lock = Lock::take(&self.names)?;
        }
        let bytes = checkpoint.to_bytes();
        // Before it can be found.
        self.journal.saving(checksum_of(&bytes), is_noted);
        replace::replace(&System, &self.names, &bytes)?;
        self.journal.saved();
        Ok(())
    }

    /// Where what changes is noted for the case that this process is killed. After a loss of power, what was [saved](Self::save) last is
    /// gone on from.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.names.current
    }
}

/// The files of a store.
#[derive(Debug)]
struct Names {
    folder: PathBuf,
    current: PathBuf,
    previous: PathBuf,
    /// What is being written, and is not the current one yet.
    new: PathBuf,
    lock: PathBuf,
    journal: PathBuf,
    new_journal: PathBuf,
}

impl Names {
    fn beside(current: PathBuf) -> Self {
        let folder = match current.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let with = |suffix| with_suffix(&current, suffix);
        Self {
            folder,
            previous: with(".previous"),
            new: with(".new"),
            lock: with(".lock"),
            journal: with(".journal"),
            new_journal: with(".journal.new"),
            current,
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// What a symbolic link names, whether or not that is there.
fn resolved(mut path: PathBuf) -> PathBuf {
    // As many as Linux follows.
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => break,
        }
    }
    path
}

/// The bytes of this file, or only its first ones if it is no checkpoint; none if there is no file.
fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match read_if(path, MAGIC) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::system("read", path, error)),
    }
}

/// Gives a file that cannot be used a name that nothing has yet.
fn set_aside(path: &Path, names: &Names) -> Result<PathBuf, StoreError> {
    let mut number = 1;
    loop {
        let name = with_suffix(&names.current, &format!(".damaged-{number}"));
        if fs::symlink_metadata(&name).is_err() {
            System.rename(path, &name).map_err(|error| StoreError::system("rename", path, error))?;
            return Ok(name);
        }
        number += 1;
    }
}
