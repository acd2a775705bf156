//! Copies: a log that is copied and then truncated (copytruncate) goes on in its copy.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::event::FileId;
use crate::file::FollowedFile;
use crate::mark::{Beginning, Probe};
use crate::rotated::{self, Sibling};
use crate::system::{self, Identity, Kind, Stat};
use crate::tail::Tail;

impl Tail {
    /// Whether the file at this path is followed, or has been. What has the inode of a file that is closed may be another one.
    pub(crate) fn is_known(&self, path: &Path, stat: Stat) -> bool {
        let is_alike = |file: &FollowedFile| {
            stat.size >= file.size && system::open(path).is_ok_and(|handle| file.is_alike(&handle).unwrap_or_default())
        };
        if let Some(file) = self.by_identity.get(&stat.identity).and_then(|id| self.files.get(id)) {
            return file.handle.is_some() || (!stat.is_another(file.created) && is_alike(file));
        }
        self.retired.get(&stat.identity).is_some_and(|retired| {
            if stat.is_another(retired.mark.created) {
                return false;
            }
            let is_unchanged = (stat.size, stat.modified) == (retired.mark.size, retired.modified);
            is_unchanged || is_alike(&FollowedFile::known(retired.group, Arc::clone(&retired.path), &retired.mark))
        })
    }

    /// The paths that this file may have been copied from. It may have several names, and the one at which it was found first need
    /// not be the one beside which the copy is.
    pub(crate) fn names_of(&self, file: &FollowedFile) -> Vec<PathBuf> {
        let paths = || [Some(&file.path), file.at.as_ref()].into_iter().flatten().chain(&file.names);
        let targets = paths().filter_map(|path| self.places.get(path)?.target.as_deref());
        let mut names: Vec<_> = paths().map(|path| &**path).chain(targets).map(Path::to_path_buf).collect();
        // What was found under the name of a rotated file may have been put back to the path of its log.
        let logs = |path: &PathBuf| rotated::logs_of(path).filter(|log| self.places.contains_key(&**log)).collect();
        let logs: Vec<Vec<PathBuf>> = names.iter().map(logs).collect();
        names.extend(logs.into_iter().flatten());
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Learns at which other followed paths a file is by now: no look may have come by since it has got a name.
    pub(crate) fn learn_names(&self, file: &mut FollowedFile, handle: &File) {
        if !system::has_names(handle) {
            return;
        }
        for path in self.places.keys() {
            if Stat::of_path(path).is_ok_and(|stat| stat.identity == file.identity) {
                file.add_name(path);
            }
        }
    }

    /// The copy that was made of a file before it was truncated, if it has all that has been read.
    pub(crate) fn find_copy(
        &mut self,
        id: Option<FileId>,
        file: &FollowedFile,
        original: Option<Identity>,
    ) -> Option<(Sibling, File)> {
        // Any file begins with nothing.
        if file.is_blank() {
            return self.find_unread_copy(file, original);
        }
        let read = file.position.max(file.probe.end());
        let names = self.names_of(file);
        let siblings = self.siblings(&names);
        // Or it has been put in the place of what it was copied from. A short one might also be a new log that begins in the same way.
        let is_long = file.beginning.len() == Beginning::MOST;
        let target = self.places.get(&file.path).and_then(|place| place.target.as_deref());
        let replaced = [&*file.path].into_iter().chain(target).filter_map(|path| {
            let stat = Stat::of_path(path).ok().filter(|stat| stat.kind == Kind::Regular)?;
            let is_copy = is_long || self.aside.get(&stat.identity).is_some_and(|aside| aside.is_copy_of(id));
            is_copy.then(|| Sibling { path: path.to_path_buf(), stat, is_certain: true })
        });
        let is_older = |stat: Stat| stat.created.zip(file.created).is_some_and(|(copy, original)| copy < original);
        let mut candidates: Vec<Sibling> = siblings
            .into_iter()
            .chain(replaced)
            .filter(|sibling| !is_older(sibling.stat))
            .filter(|sibling| sibling.stat.size >= read && Some(sibling.stat.identity) != original)
            .filter(|sibling| !self.is_known(&sibling.path, sibling.stat))
            .collect();
        candidates.sort_by_key(|sibling| sibling.stat.modified);
        candidates.into_iter().rev().find_map(|mut sibling| {
            let handle = system::open(&sibling.path).ok()?;
            let stat = Stat::of_file(&handle).ok().filter(|stat| stat.identity == sibling.stat.identity)?;
            sibling.stat = stat;
            // If more was seen of the file than was copied, all of its beginning cannot be checked any more; but it may have been.
            let is_short = || {
                self.aside.get(&stat.identity).is_some_and(|aside| aside.is_copy_of(id))
                    || file.has_prefix_of(&sibling.path, stat.size) == Some(true)
            };
            let is_copy = file.is_alike(&handle).ok()? || (file.has_probe(&handle).ok()? && is_short());
            is_copy.then_some((sibling, handle))
        })
    }

    /// The file of which what is at `path` may be a copy: it is, so far, the same as the beginning of the file that is at the path of its
    /// log. Then that may be about to be truncated.
    pub(crate) fn may_be_copy(&mut self, path: &Path, stat: Stat) -> Option<FileId> {
        let id = rotated::logs_of(path).find_map(|log| {
            let id = self.places.get(&*log)?.current?;
            // What was renamed is not copied.
            self.files.get(&id)?.at.as_deref().is_some_and(|at| at == log).then_some(id)
        })?;
        if !self.open_again(id).unwrap_or_default() {
            // It was not found by this look. If the next one does not find it either, it goes on in what has all that is known of it.
            let file =
                self.files.get(&id).filter(|file| !file.ended && file.missed > 0 && !file.beginning.is_empty())?;
            let copy = system::open(path).ok()?;
            return file.is_alike(&copy).unwrap_or_default().then_some(id);
        }
        let file = self.files.get(&id)?;
        if is_copy_so_far(path, stat, file.handle.as_ref()?) {
            return Some(id);
        }
        // It may have been truncated since this look has seen it. The next one goes on in what has all that is known of it.
        let is_truncated = !file.is_blank() && !file.is_same().unwrap_or(true);
        if !is_truncated || !file.is_alike(&system::open(path).ok()?).unwrap_or_default() {
            return None;
        }
        self.looks.pace.again(self.options.pause);
        Some(id)
    }

    /// The copies beside a truncated file that were made of it, and then more was read of it than they have: they have been read.
    pub(crate) fn read_copies(&mut self, id: Option<FileId>, file: &FollowedFile) -> Vec<Sibling> {
        let is_read = |tail: &Self, sibling: &Sibling| {
            let stat = sibling.stat;
            if stat.size == 0 || stat.size > file.position || tail.is_known(&sibling.path, stat) {
                return false;
            }
            if tail.aside.get(&stat.identity).is_some_and(|aside| aside.is_copy_of(id)) {
                return true;
            }
            // It began with a hole: so does any copy of a file whose writer goes on where it was.
            if file.beginning.is_empty() {
                return system::open(&sibling.path).is_ok_and(|copy| file.has_probe_before(&copy).unwrap_or_default());
            }
            if stat.size >= file.beginning.len() as u64 {
                return system::open(&sibling.path).is_ok_and(|copy| file.has_beginning(&copy).unwrap_or_default());
            }
            let is_made_since = |time| stat.created.is_some_and(|created| created >= time);
            if is_made_since(file.created.unwrap_or(file.since))
                && let Some(is_of) = file.has_prefix_of(&sibling.path, stat.size)
            {
                return is_of;
            }
            // What was made while the file was at its path, and is not newer, can only be of it.
            sibling.is_certain && is_made_since(file.since) && stat.modified <= file.modified
        };
        let names = self.names_of(file);
        let siblings = self.siblings(&names);
        siblings.into_iter().filter(|sibling| is_read(self, sibling)).collect()
    }

    fn siblings(&mut self, names: &[PathBuf]) -> Vec<Sibling> {
        names.iter().flat_map(|name| self.folders.siblings(name).unwrap_or_default()).collect()
    }
}

impl FollowedFile {
    /// Whether a file that is shorter than what is known of the beginning is the same as far as it goes; `None` if that cannot be told.
    fn has_prefix_of(&self, path: &Path, size: u64) -> Option<bool> {
        let copy = system::open(path).ok()?;
        let mut bytes = [0; Beginning::MOST];
        let bytes = &mut bytes[..usize::try_from(size).ok()?.min(Beginning::MOST)];
        let len = system::read_at(&copy, bytes, 0).ok()?;
        self.prefixes.have(&bytes[..len])
    }
}

/// Whether what is at a path is, so far, a copy of this file.
pub(crate) fn is_copy_so_far(path: &Path, stat: Stat, original: &File) -> bool {
    let (Ok(copy), Ok(of_original)) = (system::open(path), Stat::of_file(original)) else { return false };
    // A copy is made later than what it is a copy of. So a file that was rotated is told from it, even if both begin with the same line.
    // If it is empty and was made in the same tick of the clock, it was rather rotated at once: its writer may still have it.
    let is_older = stat
        .created
        .zip(of_original.created)
        .is_some_and(|(copy, original)| copy < original || (copy == original && stat.size == 0));
    !is_older && stat.identity != of_original.identity && is_prefix(&copy, stat.size, original)
}

/// Whether a file of this size has the same beginning and the same end as another one has there.
fn is_prefix(copy: &File, size: u64, original: &File) -> bool {
    let is_same = |at: u64, len: usize| {
        let (mut a, mut b) = (vec![0; len], vec![0; len]);
        let read = |file, bytes: &mut [u8]| system::read_at(file, bytes, at).is_ok_and(|read| read == len);
        read(copy, &mut a) && read(original, &mut b) && a == b
    };
    let head = size.min(Beginning::MOST as u64) as usize;
    let end = size.min(Probe::MOST as u64);
    is_same(0, head) && is_same(size - end, end as usize)
}
