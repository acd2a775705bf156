//! Files that are read to their end and closed, since nobody has written to them for long.

use std::path::Path;
use std::sync::Arc;

use crate::event::{Event, FileId};
use crate::file::FollowedFile;
use crate::mark::Mark;
use crate::rotated;
use crate::system::{self, Identity, Stat};
use crate::tail::Tail;

/// A file that has been read to its end and is closed, and that may be written to again.
#[derive(Debug)]
pub(crate) struct Retired {
    /// As which it ended.
    pub(crate) id: FileId,
    pub(crate) group: usize,
    pub(crate) path: Arc<Path>,
    /// Where it was last.
    pub(crate) at: Arc<Path>,
    pub(crate) mark: Mark,
    pub(crate) modified: i64,
}

/// One that has been deleted keeps the disk from being free, so it is waited for so many times less.
const DELETED: u32 = 10;

impl Tail {
    /// Closes the files that are not at their path any more and that nobody has written to for long.
    ///
    /// One of which half a line was given goes on being followed for as long as it is there: whoever has taken that half writes it out
    /// when the file ends, and the other half would become a line of its own if it came later.
    pub(crate) fn retire_quiet(&mut self) {
        let quiet = self.options.quiet;
        let done: Vec<FileId> = self
            .files
            .iter()
            .filter(|(_, file)| {
                !file.ended && file.is_displaced() && file.is_exhausted() && !file.queued && file.after.is_none()
            })
            .filter(|(_, file)| {
                let quiet_for = file.changed.elapsed();
                let is_deleted = || file.handle.as_ref().is_some_and(system::is_deleted);
                match file.is_in_line() {
                    // As it cannot be found again once it is closed, the rest of the line is waited for longer, but not for ever.
                    true => quiet_for >= quiet && is_deleted(),
                    false => quiet_for >= quiet || (quiet_for >= quiet / DELETED && is_deleted()),
                }
            })
            .map(|(&id, _)| id)
            .collect();
        for id in done {
            let Some(file) = self.files.get(&id) else { continue };
            let (names, identity) = (self.names_of(file), file.identity);
            let at = match &file.at {
                Some(at) => Some(Arc::clone(at)),
                None => match self.find(&names, identity) {
                    Ok(found) => found,
                    // Whoever cannot see the folder cannot tell.
                    Err(_) => continue,
                },
            };
            let Some(file) = self.files.get(&id) else { continue };
            if let Some(at) = &at {
                let mark = Mark { size: file.size, ..file.mark().at(file.position.max(file.given)) };
                let (group, path, modified) = (file.group, Arc::clone(&file.path), file.modified);
                let retired = Retired { id, group, path, at: Arc::clone(at), mark, modified };
                self.retired.insert(file.identity, retired);
            }
            self.end(id, at.is_some());
        }
    }

    /// Looks at the files that are done with.
    pub(crate) fn look_at_retired(&mut self) {
        let all: Vec<Identity> = self.retired.keys().copied().collect();
        for identity in all {
            let Some(retired) = self.retired.get(&identity) else { continue };
            let at = Arc::clone(&retired.at);
            let names = [at.to_path_buf(), retired.path.to_path_buf()];
            match Stat::of_name(&at) {
                Ok(stat) if stat.identity == identity => self.see_retired(identity, &at, stat),
                _ => match self.find(&names, identity) {
                    Ok(Some(found)) => {
                        if let Ok(stat) = Stat::of_name(&found) {
                            self.see_retired(identity, &found, stat);
                        }
                    }
                    Ok(None) => self.forget_retired(identity),
                    Err(_) => {}
                },
            }
        }
    }

    /// A file that is done with has been seen at a path.
    pub(crate) fn see_retired(&mut self, identity: Identity, at: &Arc<Path>, stat: Stat) {
        let Some(retired) = self.retired.get_mut(&identity) else { return };
        if stat.is_another(retired.mark.created) {
            return self.forget_retired(identity);
        }
        retired.at = Arc::clone(at);
        // At the path of a log it is followed as any other: if it is copied and truncated there, that must be seen.
        let is_rotated = rotated::logs_of(at).any(|log| self.places.contains_key(&*log));
        let is_back = self.places.contains_key(at) && !is_rotated;
        if stat.size == retired.mark.size && stat.modified == retired.modified && !is_back {
            return;
        }
        let path = Arc::clone(if is_back { at } else { &retired.path });
        let mut file = FollowedFile::known(retired.group, path, &retired.mark);
        let opened = system::open(at).and_then(|handle| Ok((Stat::of_file(&handle)?, handle)));
        let (stat, handle) = match opened {
            Ok((stat, handle)) if stat.identity == identity => (stat, handle),
            Ok(_) => return,
            Err(error) if system::is_absence(&error) => return,
            Err(error) => return self.tell_failure(at, error),
        };
        match file.is_alike(&handle) {
            Ok(true) if stat.size == file.size && !is_back => retired.modified = stat.modified,
            Ok(true) if stat.size >= file.size => {
                (file.size, file.modified, file.at) = (stat.size, stat.modified, Some(Arc::clone(at)));
                file.handle = Some(handle);
                let old = self.retired.remove(&identity).map(|Retired { id, .. }| id);
                let id = self.insert(file);
                self.touch(id);
                for place in self.places.values_mut().filter(|place| place.current.is_some() && place.current == old) {
                    place.current = Some(id);
                }
                if let Some(old) = old {
                    self.tell(Event::Ended { file: old, is_there: false });
                }
            }
            Ok(_) => self.forget_retired(identity),
            Err(error) => self.tell_failure(at, error),
        }
    }

    /// A file that was done with is gone.
    pub(crate) fn forget_retired(&mut self, identity: Identity) {
        if let Some(retired) = self.retired.remove(&identity) {
            self.tell(Event::Ended { file: retired.id, is_there: false });
        }
    }
}
