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

use std::fs::File;
use std::path::Path;

use crate::copies::is_copy_so_far;
use crate::event::FileId;
use crate::file::FollowedFile;
use crate::mark::Beginning;
use crate::prefixes::Prefixes;
use crate::rotated::{self, Sibling};
use crate::system::{self, Identity, Stat};
use crate::tail::Tail;

impl Tail {
    /// From when on a file that is empty, or was when it looked so, has not been written to.
    ///
    /// What it had before was copied not later than it was truncated, and what will be copied comes later than that.
    pub(crate) fn empty_since(&self, stat: Stat) -> i64 {
        self.looks.began_at.max(stat.modified.saturating_add(1))
    }

    /// Whether a file that was empty when it was known last has been written to, copied and truncated since. If not, what it
    /// begins with is known from here on. The file must be open.
    pub(crate) fn has_unread_copy(&mut self, id: FileId) -> std::io::Result<bool> {
        let Some(file) = self.files.get_mut(&id) else { return Ok(false) };
        let Some(handle) = file.handle.as_ref().filter(|_| file.empty_at.is_some() && file.beginning.is_empty()) else {
            return Ok(false);
        };
        let stat = Stat::of_file(handle)?;
        if file.is_displaced() || !file.was_empty_before(stat) {
            return Ok(false);
        }
        // Before the copies are looked for. If these bytes are copied and truncated meanwhile, reading finds others.
        file.learn_beginning()?;
        let original = Some(file.identity);
        let is_copied = self.files.get(&id).is_some_and(|file| self.find_unread_copy(file, original).is_some());
        if let Some(file) = self.files.get_mut(&id) {
            if is_copied {
                (file.beginning, file.prefixes) = (Beginning::default(), Prefixes::default());
            } else if file.beginning.is_empty() {
                file.empty_at = Some(stat.modified.saturating_add(1));
            }
        }
        Ok(is_copied)
    }

    /// The first copy that was made of a file after it was known to be empty.
    pub(crate) fn find_unread_copy(&self, file: &FollowedFile, original: Option<Identity>) -> Option<(Sibling, File)> {
        let since = file.empty_at?;
        let target = self.places.get(&file.path).and_then(|place| place.target.as_deref());
        let logs = [Some(&*file.path), target].into_iter().flatten();
        // A folder changes when something is made in it. Most are not as large as to make this worth it, but some are.
        let logs =
            logs.filter(|log| Stat::of_path(rotated::folder_of(log)).is_ok_and(|folder| folder.modified >= since));
        let mut candidates: Vec<Sibling> = logs
            .flat_map(|log| rotated::siblings(log).unwrap_or_default())
            .filter(|Sibling { stat, .. }| stat.size > 0 && stat.modified >= since)
            .filter(|Sibling { stat, .. }| stat.created.is_none_or(|created| created >= since))
            .filter(|Sibling { path, stat }| Some(stat.identity) != original && !self.is_known(path, *stat))
            .collect();
        candidates.sort_by_key(|sibling| sibling.stat.modified);
        // What is at the path by now.
        let present = system::open(&file.path).ok();
        candidates.into_iter().find_map(|mut sibling| {
            let handle = system::open(&sibling.path).ok()?;
            let stat = Stat::of_file(&handle).ok().filter(|stat| stat.identity == sibling.stat.identity)?;
            sibling.stat = stat;
            let is_older =
                |present: &File| Stat::of_file(present).is_ok_and(|present| stat.modified <= present.modified);
            let is_unread = present
                .as_ref()
                .is_none_or(|present| is_older(present) && !is_copy_so_far(&sibling.path, stat, present));
            let mut head = [0; 16];
            let len = system::read_at(&handle, &mut head, 0).ok()?;
            let is_unread =
                is_unread && !rotated::is_compressed(&head[..len]) && !self.is_copy_of_known(&file.path, &sibling);
            is_unread.then_some((sibling, handle))
        })
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
        self.beginning.is_empty() && self.empty_at.is_some_and(is_changed)
    }
}
