//! Which file takes the place of which: rotation, truncation, and what happened between two looks.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use crate::copies::is_copy_so_far;
use crate::encoding::check_encoding;
use crate::event::{Event, FileId};
use crate::file::{FollowedFile, last_line};
use crate::group::Start;
use crate::look::Sight;
use crate::pace::Pace;
use crate::place::{Aside, Why};
use crate::rotated;
use crate::system::{self, Identity, Kind, Stat};
use crate::tail::Tail;

/// Where a file that was not known before is begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begin {
    At(u64),
    LastLine,
    /// At its end: its bytes are known from elsewhere.
    Read,
}

impl Tail {
    /// Begins what has come to the paths that are followed.
    pub(crate) fn succeed(&mut self, sights: &[Sight]) {
        let number = self.looks.number;
        for sight in sights {
            if let Some(&id) = self.by_identity.get(&sight.stat.identity)
                && let Some(place) = self.places.get_mut(&sight.path)
                && place.current.is_none_or(|current| current == id)
            {
                place.current = Some(id);
                place.modified = self.files[&id].modified;
                place.seen_at = self.looks.began_at;
            }
        }
        for path in self.left_paths() {
            self.begin_between(&path);
        }
        // What may have been rotated or copied to is looked at when it is known what has become of its log.
        let (rotated, logs): (Vec<&Sight>, _) = sights.iter().partition(|sight| {
            rotated::logs_of(&sight.path).any(|log| self.places.get(&*log).is_some_and(|place| place.looked == number))
        });
        let logs = logs.into_iter().map(|sight| (sight, true));
        for (sight, is_log) in logs.chain(rotated.into_iter().map(|sight| (sight, false))) {
            let identity = sight.stat.identity;
            if let Some(aside) = self.aside.get_mut(&identity) {
                aside.seen = number;
                let is_same = (aside.size, aside.modified) == (sight.stat.size, sight.stat.modified);
                // A copy that has come to the path of its log is the log by now. The file before it goes on in it, if that is gone.
                let is_waiting = match aside.why {
                    Why::Copy(_) if is_log => self.is_missing_at(&sight.path),
                    _ => is_same,
                };
                if is_waiting {
                    continue;
                }
            }
            if let Some(&id) = self.by_identity.get(&identity) {
                self.come(id, sight, is_log);
            } else if !self.retired.contains_key(&identity) {
                self.begin(sight);
            }
        }
        self.aside.retain(|_, aside| aside.seen == number || aside.seen + 1 == number);
    }

    /// A file that is known, from another path perhaps, is at this path now. Others may have been here since the last one that was
    /// seen.
    fn come(&mut self, id: FileId, sight: &Sight, is_log: bool) {
        let path = &sight.path;
        if self.places.get(path).and_then(|place| place.current).is_none_or(|current| current == id) {
            return;
        }
        // What is rotated goes from name to name.
        if is_log && !self.begin_between(path) {
            return;
        }
        let Some(place) = self.places.get_mut(path) else { return };
        let before = place.current.replace(id);
        place.modified = self.files[&id].modified;
        place.seen_at = self.looks.began_at;
        if let Some(before) = before
            && self.files.get(&id).is_some_and(|file| file.is_unread() && file.after.is_none())
            && !self.is_held_for(before, id)
        {
            self.hold(id, before);
        }
    }

    /// The paths where files have been and nothing is now, and whose folders have changed since they were last asked for: files may
    /// have come there and been rotated.
    fn left_paths(&mut self) -> Vec<Arc<Path>> {
        let (number, now) = (self.looks.number, self.looks.began_at);
        let mut left = Vec::new();
        for (path, place) in &mut self.places {
            let is_taken = place.is_taken && place.looked == number;
            if is_taken || place.current.is_none() {
                continue;
            }
            let Ok(folder) = Stat::of_path(rotated::folder_of(path)) else { continue };
            if place.folder_modified != folder.modified {
                // What changes in the same tick of the clock would not be seen.
                place.folder_modified = if folder.modified < now { folder.modified } else { i64::MIN };
                left.push(Arc::clone(path));
            }
        }
        left
    }

    /// Whether the file that was here last has not been found any more, but may be.
    fn is_missing_at(&self, path: &Path) -> bool {
        let current = self.places.get(path).and_then(|place| self.files.get(&place.current?));
        current.is_some_and(|file| !file.ended && file.missed > 0)
    }

    /// Begins a file that was not known before.
    fn begin(&mut self, sight: &Sight) {
        let path = &sight.path;
        if path.file_name().is_some_and(rotated::is_compressed_name) {
            self.tell_compressed(path);
            return;
        }
        if let Some(of) = self.may_be_copy(path, sight.stat) {
            self.set_aside(sight.stat, Why::Copy(Some(of)));
            return;
        }
        let Some(place) = self.places.get(path) else { return };
        let (group, is_first) = (place.group, place.current.is_none());
        if !is_first && !self.begin_between(path) {
            return;
        }
        let begin = match self.groups[group].start {
            Start::End if is_first && self.looks.is_first => Begin::LastLine,
            _ => Begin::At(0),
        };
        self.follow(path, path, Some(sight.stat.identity), begin);
    }

    /// Begins the files that came to a path and were rotated away between two looks, after the file that was there before them.
    ///
    /// `false` if they have been renamed meanwhile: then nothing that came after them may be begun before the next look has found them.
    pub(crate) fn begin_between(&mut self, path: &Arc<Path>) -> bool {
        let Some(place) = self.places.get(path) else { return true };
        let Some(before) = place.current else { return true };
        let file = self.files.get(&before);
        let since = file.map_or(place.modified, |file| file.modified);
        // Of one that a checkpoint knows and that has been renamed since, nobody knows when it was last seen here; but what came after
        // it was made later.
        let made_at =
            file.filter(|file| place.seen_at == i64::MAX && file.is_displaced()).and_then(|file| file.created);
        let seen_at = made_at.map_or(place.seen_at, |made_at| made_at.saturating_add(1));
        let mut siblings = Vec::new();
        for (log, is_another) in self.logs_at(path) {
            match self.folders.siblings(&log) {
                Ok(found) => {
                    siblings.extend(found.into_iter().filter(|sibling| {
                        !is_another || sibling.stat.created.is_some_and(|created| created >= seen_at)
                    }))
                }
                Err(error) => self.tell_failure(path, error),
            }
        }
        siblings.sort_by_key(|sibling| sibling.stat.modified);
        // What is at the path by now, which may be about to be truncated.
        let present = system::open(path).ok();
        for sibling in siblings {
            let identity = sibling.stat.identity;
            let modified = sibling.stat.modified;
            // What was renamed may still be written to, and so be newer than what came after it. And a file that is older than its
            // inode has been unpacked or brought back by somebody.
            let is_later = modified >= seen_at && sibling.stat.created.is_some_and(|when| when >= seen_at);
            // What only may have been rotated, as its name tells, must have been made since, if that is known.
            let may_be_older = sibling.is_certain || sibling.stat.created.is_none();
            let is_newer = is_later || (may_be_older && modified >= since);
            // What has been put aside and has changed since is decided on anew.
            let is_aside = self
                .aside
                .get(&identity)
                .is_some_and(|aside| (aside.size, aside.modified) == (sibling.stat.size, modified));
            if !is_newer || is_aside || self.is_known(&sibling.path, sibling.stat) {
                continue;
            }
            if let Some(original) = self.original_of(path, present.as_ref(), &sibling.path) {
                self.set_aside(sibling.stat, Why::Copy(Some(original)));
                continue;
            }
            if present.as_ref().is_some_and(|present| is_copy_so_far(&sibling.path, sibling.stat, present)) {
                self.set_aside(sibling.stat, Why::Copy(None));
                continue;
            }
            if !self.follow(path, &sibling.path.into(), Some(identity), Begin::At(0)) {
                return false;
            }
        }
        true
    }

    /// The logs that a path leads to, beside which they are rotated: the one at the path itself, and before and behind a link; and whether
    /// it is another one than that of the file that was here last, so that only what has been made since then belongs to the path.
    fn logs_at(&self, path: &Arc<Path>) -> Vec<(Arc<Path>, bool)> {
        let mut logs = vec![(Arc::clone(path), false)];
        let Some(place) = self.places.get(path) else { return logs };
        let file = place.current.and_then(|id| self.files.get(&id));
        // Its other names are followed themselves.
        let targets = file.into_iter().flat_map(|file| &file.names).filter(|name| !self.places.contains_key(*name));
        logs.extend(targets.map(|target| (Arc::clone(target), false)));
        if let Some(target) = place.target.as_ref().filter(|target| logs.iter().all(|(log, _)| log != *target)) {
            let is_another = logs.len() > 1;
            logs.push((Arc::clone(target), is_another));
        }
        logs
    }

    /// The file that is read from this path, or is there under another name, and that may be the original of this copy, which has all that
    /// is known of it.
    pub(crate) fn original_of(&self, path: &Path, present: Option<&File>, copy: &Path) -> Option<FileId> {
        let handle = system::open(copy).ok()?;
        let size = Stat::of_file(&handle).ok()?.size;
        let present = present.and_then(|file| Some(Stat::of_file(file).ok()?.identity));
        let is_of_path = |file: &FollowedFile| &*file.path == path || present == Some(file.identity);
        let mut known = self.files.iter().filter(|(_, file)| !file.ended && is_of_path(file) && !file.probe.is_empty());
        // What still has all that it had, and has less, is not the original: all logs of a program may begin with the same line.
        let is_original = |file: &FollowedFile| file.is_alike(&handle).unwrap_or_default() && !file.has_less_than(size);
        known.find(|(_, file)| is_original(file)).map(|(&id, _)| id)
    }

    /// Follows a file whose bytes have been read elsewhere.
    pub(crate) fn follow_read(&mut self, path: &Arc<Path>, at: &Arc<Path>) {
        self.follow(path, at, None, Begin::Read);
    }

    /// Follows the file that is at `at`, as one of the log at `path`.
    ///
    /// `false` if it is not there any more: it has been renamed, or is gone. The next look will tell.
    fn follow(&mut self, path: &Arc<Path>, at: &Arc<Path>, identity: Option<Identity>, begin: Begin) -> bool {
        let slipped = match self.try_follow(path, at, identity, begin) {
            Ok(true) => {
                self.failures.over(at);
                None
            }
            Ok(false) => Some(io::Error::other("whenever it is opened it is another file than the one that was found")),
            Err(error) if system::is_absence(&error) => Some(error),
            Err(error) => {
                self.tell_failure(at, error);
                None
            }
        };
        let Some(place) = self.places.get_mut(path) else { return slipped.is_none() };
        let Some(error) = slipped else {
            place.slipped = 0;
            return true;
        };
        place.slipped = place.slipped.saturating_add(1);
        // Some file systems never say the same of a file.
        if place.slipped > Pace::MOST_IN_ROW {
            self.tell_failure(at, error);
        }
        self.looks.pace.again(self.options.pause);
        false
    }

    fn try_follow(
        &mut self,
        path: &Arc<Path>,
        at: &Arc<Path>,
        identity: Option<Identity>,
        begin: Begin,
    ) -> io::Result<bool> {
        let Some(group) = self.places.get(path).map(|place| place.group) else { return Ok(true) };
        let handle = self.open(at)?;
        let stat = Stat::of_file(&handle)?;
        // If it has just been renamed, this is one that came after it.
        if identity.is_some_and(|identity| identity != stat.identity) {
            return Ok(false);
        }
        if stat.kind != Kind::Regular || self.is_known(at, stat) {
            return Ok(true);
        }
        if self.written.iter().any(|path| Stat::of_path(path).is_ok_and(|written| written.identity == stat.identity)) {
            let why = "what is read is written to this file, so that would never end; it is not read";
            return Err(io::Error::new(ErrorKind::InvalidInput, why));
        }
        let mut head = [0; 16];
        let len = system::read_at(&handle, &mut head, 0)?;
        if rotated::is_compressed(&head[..len]) {
            self.tell_compressed(at);
            self.set_aside(stat, Why::Compressed);
            return Ok(true);
        }
        check_encoding(&head[..len])?;
        let position = match begin {
            Begin::At(position) => position,
            Begin::LastLine => last_line(&handle, stat.size)?,
            Begin::Read => stat.size,
        };
        let mut file = FollowedFile::open(group, Arc::clone(path), handle, stat, position)?;
        file.at = Some(Arc::clone(at));
        file.empty_at = Some(self.empty_since(stat));
        if begin == Begin::Read {
            (file.given, file.tried) = (position, position);
        }
        let id = self.insert(file);
        let before = self.places.get_mut(path).and_then(|place| {
            place.modified = stat.modified;
            place.current.replace(id)
        });
        if let Some(before) = before
            && begin != Begin::Read
        {
            self.hold(id, before);
        }
        self.touch(id);
        Ok(true)
    }

    /// Follows a file from now on, and tells so.
    pub(crate) fn insert(&mut self, file: FollowedFile) -> FileId {
        let identity = file.identity;
        let id = self.announce(file);
        self.identify(id, identity);
        id
    }

    /// Tells of a file.
    pub(crate) fn announce(&mut self, mut file: FollowedFile) -> FileId {
        let id = FileId(self.next_id);
        self.next_id += 1;
        file.seen = self.looks.number;
        let (group, path, position, size) = (file.group, Arc::clone(&file.path), file.position, file.size);
        let is_open = file.handle.is_some();
        self.files.insert(id, Box::new(file));
        if is_open {
            self.descriptors.opened(id, &mut self.files);
        }
        self.tell(Event::Opened { file: id, group, path, position, size });
        id
    }

    /// This inode belongs to this file from now on. If it was another one's, that is gone.
    pub(crate) fn identify(&mut self, id: FileId, identity: Identity) {
        self.aside.remove(&identity);
        self.forget_retired(identity);
        if let Some(gone) = self.by_identity.insert(identity, id) {
            self.gone(gone);
        }
    }

    fn tell_compressed(&mut self, path: &Arc<Path>) {
        /// There are no more names than that, unless somebody makes them up.
        const MOST: usize = 10_000;
        if self.compressed.len() >= MOST {
            self.compressed = HashSet::new();
        }
        if self.compressed.insert(Arc::clone(path)) {
            self.tell(Event::Compressed { path: Arc::clone(path) });
        }
    }

    fn set_aside(&mut self, stat: Stat, why: Why) {
        let aside = Aside { why, size: stat.size, modified: stat.modified, seen: self.looks.number };
        self.aside.insert(stat.identity, aside);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::group::{Group, Pattern};
    use crate::tail::TailOptions;

    /// A file system that does not say the same of a path and of the file that is opened there: the file cannot be told from others.
    #[test]
    fn a_file_that_is_always_another_is_told_once_and_not_looked_at_all_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let group = Group { patterns: vec![Pattern::Path(path.clone())], start: Start::Beginning };
        let options = TailOptions { look_every: Duration::from_secs(3600), ..TailOptions::default() };
        let mut tail = Tail::new(vec![group], Vec::new(), options).unwrap();
        let path: Arc<Path> = path.into();
        fs::write(&path, "one\n").unwrap();
        let stat = Stat::of_path(&path).unwrap();
        let other = Identity { inode: stat.identity.inode + 1, ..stat.identity };
        let mut looks = 0;
        let mut look = |tail: &mut Tail, stat| {
            looks += 1;
            tail.looks.pace.begin(Instant::now());
            tail.begin(&Sight { path: Arc::clone(&path), stat });
            tail.looks.pace.end(Instant::now(), options.look_every);
            let is_soon = tail.looks.pace.due() < Instant::now() + Duration::from_secs(60);
            assert_eq!(is_soon, looks <= Pace::MOST_IN_ROW, "after look {looks}");
        };
        for _ in 0..20 {
            look(&mut tail, Stat { identity: other, ..stat });
        }
        let told: Vec<_> = tail.events.drain(..).collect();
        assert!(matches!(&told[..], [Event::Failed { path: at, .. }] if *at == path), "{told:?}");
        assert_eq!(tail.unreadable(), 1);
        look(&mut tail, stat);
        assert!(matches!(tail.events.front(), Some(Event::Opened { .. })));
        assert_eq!(tail.unreadable(), 0);
    }
}
