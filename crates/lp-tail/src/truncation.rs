//! What becomes of a file whose bytes are gone: it was truncated, or deleted while it was closed.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::event::{Event, FileId};
use crate::file::FollowedFile;
use crate::mark::Beginning;
use crate::rotated::Sibling;
use crate::system::Stat;
use crate::tail::Tail;

impl Tail {
    /// A file is gone. Goes on in a copy, if there is one.
    pub(crate) fn gone(&mut self, id: FileId) {
        let Some(mut file) = self.files.remove(&id) else { return };
        if file.handle.take().is_some() {
            self.descriptors.closed();
        }
        if self.by_identity.get(&file.identity) == Some(&id) {
            self.by_identity.remove(&file.identity);
        }
        let copy = self.find_copy(Some(id), &file, Some(file.identity));
        let lost = file.unread();
        let copies = self.read_copies(Some(id), &file);
        let path = Arc::clone(&file.path);
        self.files.insert(id, file);
        match copy {
            Some((copy, handle)) => self.go_on_in(id, copy, handle),
            None => {
                self.tell_lost(id, lost);
                self.end(id, false);
                for copy in copies {
                    self.follow_read(&path, &copy.path.into());
                }
            }
        }
    }

    fn go_on_in(&mut self, id: FileId, copy: Sibling, handle: File) {
        self.identify(id, copy.stat.identity);
        if let Some(file) = self.files.get_mut(&id) {
            file.become_copy(copy.path.into(), handle, copy.stat);
            let mark = file.mark();
            self.tell(Event::Copied { file: id, mark });
            self.descriptors.opened(id, &mut self.files);
            self.touch(id);
        }
    }

    /// What stands in a file is not what has been read of it. Goes on in a copy, if there is one, and begins the file anew.
    pub(crate) fn truncated(&mut self, id: FileId) {
        if self.files.get(&id).is_some_and(|file| file.is_doubtful) {
            // Or it is another file. If it is at a path that is followed, looking finds it.
            self.gone(id);
            self.looks.pace.again(self.options.pause);
            return;
        }
        let Some(mut file) = self.files.remove(&id) else { return };
        let Some(handle) = file.handle.take() else {
            self.files.insert(id, file);
            return;
        };
        self.descriptors.closed();
        let original = file.identity;
        self.by_identity.remove(&original);
        let at = file.at.clone().filter(|at| self.places.contains_key(at));
        let path = at.unwrap_or_else(|| Arc::clone(&file.path));
        let (group, was_at, before) = (file.group, file.at.clone(), file.after);
        let is_current = self.places.get(&path).is_some_and(|place| place.current == Some(id));
        self.learn_names(&mut file, &handle);
        let copy = self.find_copy(Some(id), &file, Some(original));
        let mut after = before;
        match copy {
            Some((copy, copied)) => {
                self.files.insert(id, file);
                self.go_on_in(id, copy, copied);
                after = Some(id);
                if is_current && !self.begin_between(&path) {
                    return;
                }
            }
            None => {
                let lost = file.unread();
                let copies = self.read_copies(Some(id), &file);
                self.files.insert(id, file);
                self.tell_lost(id, lost);
                self.end(id, false);
                for copy in copies {
                    self.follow_read(&path, &copy.path.into());
                }
                // It may have been copied and truncated once more since.
                if is_current && !self.begin_between(&path) {
                    return;
                }
            }
        }
        // It was renamed after it had been truncated, and has been found among the others.
        if self.by_identity.contains_key(&original) {
            return;
        }
        if is_current {
            let current = self.places.get(&path).and_then(|place| place.current);
            after = current.filter(|&current| self.files.get(&current).is_some_and(|file| !file.ended)).or(after);
        }
        match self.begin_anew(group, &path, was_at, handle, after) {
            Ok(new) => {
                if is_current && let Some(place) = self.places.get_mut(&path) {
                    place.current = Some(new);
                }
            }
            // The next look finds a file that is not known.
            Err(error) => self.tell_failure(&path, error),
        }
    }

    /// Goes on in the copy of a file that has been truncated, if there is one, and begins the file anew; else looking finds out what has
    /// become of it.
    pub(crate) fn go_on_in_copy(&mut self, id: FileId) {
        let Some(mut file) = self.files.remove(&id) else { return };
        let original = file.identity;
        let copy = if file.handle.is_some() { self.find_copy(Some(id), &file, Some(original)) } else { None };
        let (group, path, at) = (file.group, Arc::clone(&file.path), file.at.clone());
        let handle = if copy.is_some() { file.handle.take() } else { None };
        self.files.insert(id, file);
        let (Some((copy, copied)), Some(handle)) = (copy, handle) else { return };
        self.descriptors.closed();
        self.by_identity.remove(&original);
        self.go_on_in(id, copy, copied);
        match self.begin_anew(group, &path, at, handle, Some(id)) {
            Ok(new) => {
                if let Some(place) = self.places.get_mut(&path).filter(|place| place.current == Some(id)) {
                    place.current = Some(new);
                }
            }
            Err(error) => self.tell_failure(&path, error),
        }
    }

    fn begin_anew(
        &mut self,
        group: usize,
        path: &Arc<Path>,
        at: Option<Arc<Path>>,
        handle: File,
        after: Option<FileId>,
    ) -> io::Result<FileId> {
        let stat = Stat::of_file(&handle)?;
        let mut file = FollowedFile::open(group, Arc::clone(path), handle, stat, 0)?;
        file.at = at;
        file.empty_at = Some(self.empty_since(stat));
        let id = self.insert(file);
        if let Some(after) = after {
            self.hold(id, after);
        }
        self.touch(id);
        Ok(id)
    }
}

impl FollowedFile {
    /// Goes on in a copy of the file.
    fn become_copy(&mut self, at: Arc<Path>, handle: File, stat: Stat) {
        if stat.size < self.beginning.len() as u64 {
            self.beginning = Beginning::default();
        }
        self.at = Some(at);
        self.handle = Some(handle);
        // What was written after the copy had been made.
        self.lost += self.end().saturating_sub(stat.size);
        self.identity = stat.identity;
        self.created = stat.created;
        self.empty_at = None;
        self.size = stat.size;
        self.is_before_nuls = false;
        self.modified = stat.modified;
        self.tried = 0;
        self.is_doubtful = false;
        self.is_unlinked = false;
        self.changed = Instant::now();
        // If that fails, reading does as well, and tells.
        let _ = self.learn_beginning();
    }
}
