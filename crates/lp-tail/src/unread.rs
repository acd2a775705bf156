//! Copies of which nothing has been read: a log that is known to be empty is written to, copied and truncated before anybody looks.
//!
//! Nothing is known of such a copy but its name, and when it was made. So it is taken for one if its name is that of a rotated file, if
//! both it and its last byte came after its log was known to be empty, and if it has not changed after its log did, as a copy that
//! was made before a truncation has not. What is known from elsewhere is none: a file that was followed, a copy of one, and the
//! copy of what still is in the log.
//!
//! That leaves these to be guessed:
//! - A file that somebody else made beside the log in that time, under the name of a rotated file, is read as if it were a copy.
//! - A copy that has nothing but what its log begins with again (a line that is always the first) is not told from a copy of that.
//! - A copy that was changed later than its log, or that has the time of an older file, is not found.
//! - Where a file system does not tell when a file was made, the time of its last change must do.
//! - If the clock was put back in between, or that of a file server is behind, a copy seems to be older than it is and is not found.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::copies::is_copy_so_far;
use crate::event::FileId;
use crate::file::FollowedFile;
use crate::folders;
use crate::mark::Beginning;
use crate::prefixes::Prefixes;
use crate::rotated::{self, Sibling};
use crate::system::{self, Identity, Stat};
use crate::tail::Tail;

/// The names of rotated files in a folder, kept for as long as it does not change: many files that are written to for the first time
/// at once do not have it read for each of them.
#[derive(Debug, Default)]
pub(crate) struct RotatedNames {
    folder: PathBuf,
    /// When it had changed last; `None` if that may have been once more at the same tick of the clock.
    modified: Option<i64>,
    names: Vec<OsString>,
}

impl RotatedNames {
    /// Whether there may be a rotated file of this log that was made since that time. Of a folder that cannot be read nobody knows.
    fn may_have_new(&mut self, log: &Path, since: Option<i64>) -> bool {
        let (Some(name), folder) = (log.file_name(), rotated::folder_of(log)) else { return false };
        // It changes when something is made in it.
        let Ok(modified) = Stat::of_path(folder).map(|stat| stat.modified) else { return false };
        if since.is_none_or(|since| modified < since) {
            return false;
        }
        if self.folder != folder || self.modified != Some(modified) {
            let is_certain = modified < system::now();
            let Ok(names) = rotated_names(folder) else { return false };
            *self = Self { folder: folder.to_path_buf(), modified: is_certain.then_some(modified), names };
        }
        self.names.iter().any(|sibling| rotated::is_rotated(name, sibling))
    }
}

/// The names in a folder that rotated files of any log have.
fn rotated_names(folder: &Path) -> io::Result<Vec<OsString>> {
    let names = rotated::names(folder)?.map(|entry| entry.map(|(name, _)| name));
    names.filter(|name| name.as_ref().map_or(true, |name| rotated::logs_of(Path::new(name)).next().is_some())).collect()
}

impl Tail {
    /// From when on a file that is empty, or was when it looked so, has not been written to.
    ///
    /// What it had before was copied not later than it was truncated, and what will be copied comes later than that.
    pub(crate) fn empty_since(&self, stat: Stat) -> i64 {
        self.looks.began_at.max(stat.modified.saturating_add(1))
    }

    /// Whether a file that was empty when it was known last has been written to, copied and truncated since. If not, what it
    /// begins with is known from here on. The file must be open.
    pub(crate) fn has_unread_copy(&mut self, id: FileId) -> io::Result<bool> {
        let Some(file) = self.files.get_mut(&id) else { return Ok(false) };
        let Some(handle) = file.handle.as_ref().filter(|_| file.empty_at.is_some() && file.is_blank()) else {
            return Ok(false);
        };
        let stat = Stat::of_file(handle)?;
        if file.is_displaced() || !file.was_empty_before(stat) {
            return Ok(false);
        }
        // Before the copies are looked for. If these bytes are copied and truncated meanwhile, reading finds others.
        file.learn_beginning()?;
        let (since, path, identity) = (file.empty_at, Arc::clone(&file.path), file.identity);
        let Some(file) = self.files.get(&id) else { return Ok(false) };
        let names = self.names_of(file);
        let is_copied = names.iter().any(|name| self.rotated_names.may_have_new(name, since))
            // If it has just been renamed, what is beside it came after it.
            && Stat::of_path(&path).is_ok_and(|present| present.identity == identity)
            && self.find_unread_copy(file, Some(identity)).is_some();
        if let Some(file) = self.files.get_mut(&id) {
            if is_copied {
                (file.beginning, file.prefixes) = (Beginning::default(), Prefixes::default());
            } else if file.is_blank() {
                file.empty_at = Some(stat.modified.saturating_add(1));
            }
        }
        Ok(is_copied)
    }

    /// The first copy that was made of a file after it was known to be empty.
    pub(crate) fn find_unread_copy(&self, file: &FollowedFile, original: Option<Identity>) -> Option<(Sibling, File)> {
        let since = file.empty_at?;
        let names = self.names_of(file);
        let mut candidates: Vec<Sibling> = names
            .iter()
            .flat_map(|name| folders::siblings(name).unwrap_or_default())
            .filter(|Sibling { stat, .. }| stat.size > 0 && stat.modified >= since)
            .filter(|Sibling { stat, .. }| stat.created.is_none_or(|created| created >= since))
            .filter(|Sibling { path, stat, is_certain }| {
                *is_certain && Some(stat.identity) != original && !self.is_known(path, *stat)
            })
            .collect();
        candidates.sort_by_key(|sibling| sibling.stat.modified);
        candidates.into_iter().find_map(|mut sibling| {
            let handle = system::open(&sibling.path).ok()?;
            sibling.stat = Stat::of_file(&handle).ok().filter(|stat| stat.identity == sibling.stat.identity)?;
            self.is_unread_copy(&file.path, &sibling, &handle).ok()?.then_some((sibling, handle))
        })
    }

    fn is_unread_copy(&self, log: &Path, sibling: &Sibling, copy: &File) -> io::Result<bool> {
        if let Ok(present) = system::open(log) {
            let changed = Stat::of_file(&present)?.modified;
            if changed < sibling.stat.modified || is_copy_so_far(&sibling.path, sibling.stat, &present) {
                return Ok(false);
            }
        }
        let mut head = [0; 16];
        let len = system::read_at(copy, &mut head, 0)?;
        Ok(!rotated::is_compressed(&head[..len])
            && !self.is_copy_of_known(log, sibling)
            // That may have been truncated meanwhile, or have grown.
            && self.original_of(log, None, &sibling.path).is_none())
    }

    /// Whether a file is the same as one of the log at this path that is known.
    fn is_copy_of_known(&self, log: &Path, sibling: &Sibling) -> bool {
        let is_copy_of = |original: &File| is_copy_so_far(&sibling.path, sibling.stat, original);
        let mut files = self.files.values().filter(|file| &*file.path == log && file.size == sibling.stat.size);
        let mut retired =
            self.retired.values().filter(|file| &*file.path == log && file.mark.size == sibling.stat.size);
        files.any(|file| match (&file.handle, &file.at) {
            (Some(handle), _) => is_copy_of(handle),
            (None, at) => {
                at.as_ref().and_then(|at| system::open(at).ok()).is_some_and(|original| is_copy_of(&original))
            }
        }) || retired.any(|file| system::open(&file.at).is_ok_and(|original| is_copy_of(&original)))
    }
}

impl FollowedFile {
    /// Whether it was known to be empty, and has been written to or truncated since.
    pub(crate) fn was_empty_before(&self, stat: Stat) -> bool {
        let is_changed = |empty_at| stat.size > 0 || stat.modified >= empty_at;
        self.is_blank() && self.empty_at.is_some_and(is_changed)
    }
}
