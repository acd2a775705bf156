//! Finding the files again that a checkpoint knows.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::checkpoint::KnownFile;
use crate::event::{Event, FileId};
use crate::file::FollowedFile;
use crate::look::{Sight, group_of};
use crate::mark::Mark;
use crate::open_files::OpenFiles;
use crate::place::Place;
use crate::rotated;
use crate::system::{self, Identity, Stat};
use crate::tail::Tail;

impl Tail {
    /// Goes on with the files that a checkpoint knows: those that are open already, and the others where they are now.
    pub(crate) fn find_known(&mut self, known: Vec<KnownFile>, mut open: OpenFiles) {
        if known.is_empty() {
            return;
        }
        open.retain(&known);
        self.descriptors.took_over(open.len());
        self.looks.number += 1;
        let mut sights = self.sights();
        // By their inodes, without a list for each, as there may be many. Those of one inode stay in the order in which they were found.
        sights.sort_by_key(inode_of);
        let mut by_real = None;
        let mut missing = Vec::new();
        let mut truncated = Vec::new();
        let mut newest: HashMap<Arc<Path>, Option<i64>> = HashMap::new();
        for KnownFile { path, mark } in &known {
            let modified = newest.entry(Arc::clone(path)).or_default();
            *modified = mark.modified.max(*modified);
        }
        // Any file may be the one of which nothing is known but its inode: that is what the others leave. And if it was not read
        // before it was copied and truncated, its inode is that of what came after it.
        let (unread, mut known): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|file| file.mark.beginning.is_empty() && file.mark.probe.is_empty());
        known.extend(unread);
        for KnownFile { path, mark } in known {
            let opened = self.take_open(&mut open, &mark);
            let with_inode = &sights[sights.partition_point(|sight| inode_of(sight) < mark.inode)..];
            let with_inode = with_inode.iter().take_while(|sight| inode_of(sight) == mark.inode);
            let at_paths = with_inode.filter(|sight| may_be_at(&path, &mark, sight));
            let at_paths: Vec<_> = at_paths.map(|sight| Arc::clone(&sight.path)).collect();
            let path = self.places.get_key_value(&path).map_or(&path, |(path, _)| path);
            let path = Arc::clone(path);
            let named = group_of(&self.groups, &path).map(|group| (group, path.clone()));
            let named = named.or_else(|| {
                let paths = || self.places.keys().filter_map(|path| Some((real(path)?, Arc::clone(path))));
                self.respelled(&path, &mark, &at_paths, by_real.get_or_insert_with(|| paths().collect()))
            });
            // A path that nobody follows now.
            let Some((group, path)) = named else {
                self.unclaimed.push(KnownFile { path, mark });
                continue;
            };
            let mut file = FollowedFile::known(group, Arc::clone(&path), &mark);
            at_paths.iter().for_each(|path| file.add_name(path));
            if let Some((handle, stat)) = opened {
                let at = std::iter::once(&path).chain(&at_paths).find(|path| leads_to(path, stat.identity));
                let is_alike = file.is_alike(&handle).unwrap_or_default();
                let len = file.beginning.len();
                let id = self.resume_open(file, at.cloned(), handle, stat, is_alike);
                if !is_alike {
                    truncated.push((Reverse(len), id));
                }
                continue;
            }
            let at_paths = at_paths.iter().map(|path| path.to_path_buf());
            let candidates = std::iter::once(path.to_path_buf()).chain(at_paths);
            let found = candidates.into_iter().find_map(|at| self.verified(&file, at));
            match found.or_else(|| self.renamed(&file)) {
                Some((at, handle, stat)) => self.resume_in(file, at, handle, stat),
                None => missing.push(file),
            }
        }
        // Whatever is known by now is no copy. And what has the little that is known of one file may be the copy of another of which
        // more is known.
        truncated.sort_unstable();
        for (_, id) in truncated {
            self.go_on_in_copy(id);
        }
        missing.sort_by_key(|file| Reverse(file.beginning.len()));
        for file in missing {
            match self.find_copy(None, &file, None) {
                Some((copy, handle)) => {
                    let mut file = file;
                    file.empty_at = None;
                    file.lost = file.size.saturating_sub(copy.stat.size);
                    file.size = file.size.min(copy.stat.size);
                    self.resume_in(file, copy.path, handle, copy.stat);
                }
                None => {
                    // The older ones had been rotated, and are removed some day.
                    let is_newest = newest.get(&file.path).is_some_and(|&newest| file.mark().modified >= newest);
                    self.resume_without(file, is_newest);
                }
            }
        }
        self.hold_resumed();
    }

    /// The file that a mark tells, if it is open.
    fn take_open(&mut self, open: &mut OpenFiles, mark: &Mark) -> Option<(File, Stat)> {
        let handle = open.take(mark)?;
        // It is counted again when it is followed.
        self.descriptors.closed();
        let stat = Stat::of_file(&handle).ok()?;
        (!stat.is_another(mark.created)).then_some((handle, stat))
    }

    /// The file that is known, beside one of the paths that lead to it or the targets of their links.
    fn renamed(&mut self, file: &FollowedFile) -> Option<(PathBuf, File, Stat)> {
        let names = self.names_of(file);
        let beside =
            names.iter().flat_map(|name| self.folders.candidates(name, file.identity.inode).unwrap_or_default());
        let candidates: Vec<PathBuf> = beside.collect();
        candidates.into_iter().find_map(|at| self.verified(file, at))
    }

    /// The path that is followed and leads to what was followed at a path that no pattern names any more, and its group: the same name in
    /// the same folder, or one where the same file is.
    fn respelled(
        &self,
        path: &Path,
        mark: &Mark,
        at_paths: &[Arc<Path>],
        by_real: &HashMap<PathBuf, Arc<Path>>,
    ) -> Option<(usize, Arc<Path>)> {
        let group = |path: &Arc<Path>| Some((self.places.get(path)?.group, Arc::clone(path)));
        let is_same_file = |(group, at): &(usize, Arc<Path>)| {
            let file = FollowedFile::known(*group, Arc::clone(at), mark);
            !mark.beginning.is_empty() && self.verified(&file, at.to_path_buf()).is_some()
        };
        let here = real(path).and_then(|real| group(by_real.get(&real)?));
        here.or_else(|| at_paths.iter().filter_map(group).find(is_same_file))
    }

    /// The file at this path, if it is the one that is known.
    fn verified(&self, file: &FollowedFile, at: PathBuf) -> Option<(PathBuf, File, Stat)> {
        let handle = system::open(&at).ok()?;
        let stat = Stat::of_file(&handle).ok()?;
        // The numbers of devices may change from one start of the system to the next.
        let same = stat.identity.inode == file.identity.inode
            && stat.size >= if file.is_blank() { file.size } else { file.position }
            && !stat.is_another(file.created)
            && !self.by_identity.contains_key(&stat.identity)
            && (!file.is_blank() || is_of_log(&file.path, &at));
        (same && file.is_alike(&handle).ok()?).then_some((at, handle, stat))
    }

    /// What came after a file that was renamed, or copied and truncated, is begun when that has been read to its end.
    fn hold_resumed(&mut self) {
        // What is at the path came last. It may have been made before the others: a log that is truncated is older than its copies.
        let resumed = self.files.iter().filter(|(_, file)| !file.ended);
        let mut files: Vec<_> =
            resumed.map(|(&id, file)| (&file.path, !file.is_displaced(), file.created, id)).collect();
        files.sort_unstable();
        let of_one_path = files.windows(2).filter(|pair| pair[0].0 == pair[1].0);
        let holds: Vec<(FileId, FileId)> = of_one_path.map(|pair| (pair[1].3, pair[0].3)).collect();
        for (later, earlier) in holds {
            let came_before =
                self.files.get(&earlier).is_some_and(|file| file.is_displaced() && file.created.is_some());
            if came_before && self.files.get(&later).is_some_and(|file| file.is_unread()) {
                self.hold(later, earlier);
            }
        }
    }

    /// Goes on with a file that has the bytes that are known.
    fn resume_in(&mut self, mut file: FollowedFile, at: PathBuf, handle: File, stat: Stat) {
        file.handle = Some(handle);
        file.learn(stat);
        file.at = Some(self.places.get_key_value(&*at).map_or_else(|| at.into(), |(path, _)| Arc::clone(path)));
        self.go_on_with(file, stat);
    }

    /// Goes on with a file that is open already. If it does not have the bytes that are known, it has been truncated: it
    /// goes on in its copy, and if there is none, looking finds that out.
    fn resume_open(
        &mut self,
        mut file: FollowedFile,
        at: Option<Arc<Path>>,
        handle: File,
        stat: Stat,
        is_alike: bool,
    ) -> FileId {
        let is_elsewhere = at.is_none() && !system::is_deleted(&handle);
        file.handle = Some(handle);
        if is_alike {
            file.learn(stat);
        }
        file.at = at;
        let id = self.go_on_with(file, stat);
        if is_elsewhere {
            let found = self.find_open(id);
            if let Some(file) = self.files.get_mut(&id) {
                file.at = found;
            }
        }
        id
    }

    fn go_on_with(&mut self, mut file: FollowedFile, stat: Stat) -> FileId {
        file.identity = stat.identity;
        file.created = stat.created;
        let path = Arc::clone(&file.path);
        let group = file.group;
        let is_there = file.at.as_ref() == Some(&path);
        let id = self.insert(file);
        let place = self.places.entry(Arc::clone(&path)).or_insert_with(|| Place::new(group));
        // The one that is still there is the newest; or else the one that was written last.
        let is_newest = match place.current.and_then(|current| self.files.get(&current)) {
            Some(other) => is_there || (other.is_displaced() && other.modified < stat.modified),
            None => true,
        };
        if is_newest {
            place.current = Some(id);
            place.modified = stat.modified;
            // If it is not there any more, all that came after it was made later than it.
            place.seen_at = stat.created.unwrap_or(i64::MAX);
        }
        self.touch(id);
        id
    }

    /// Tells of a file that is not to be found what is gone with it.
    fn resume_without(&mut self, file: FollowedFile, is_newest: bool) {
        let lost = file.unread();
        let copies = self.read_copies(None, &file);
        let (path, group, modified) = (Arc::clone(&file.path), file.group, file.modified);
        let size = file.size;
        let id = self.announce(file);
        if is_newest {
            self.tell(Event::Missing { file: id, size });
        }
        self.tell_lost(id, lost);
        self.end(id, false);
        // What comes there now is not the first. Of those that are gone, the one that was written last was there last.
        let place = self.places.entry(Arc::clone(&path)).or_insert_with(|| Place::new(group));
        let is_gone = |id| self.files.get(&id).is_none_or(|file| file.ended);
        if place.current.is_none_or(|current| is_gone(current) && place.modified < modified) {
            place.current = Some(id);
            place.modified = modified;
        }
        for copy in copies {
            self.follow_read(&path, &copy.path.into());
        }
    }
}

impl FollowedFile {
    /// Learns what is new in a file that has been found again and has the bytes that are known.
    fn learn(&mut self, stat: Stat) {
        self.modified = stat.modified;
        // What stands in one that was empty may not be what was written to it first. Looking finds that out.
        if self.empty_at.is_none() {
            self.size = self.size.max(stat.size);
            // If that fails, reading does as well, and tells.
            let _ = self.learn_beginning();
        }
    }
}

const fn inode_of(sight: &Sight) -> u64 {
    sight.stat.identity.inode
}

/// Whether a path leads to a file, maybe through a link.
fn leads_to(path: &Path, identity: Identity) -> bool {
    Stat::of_path(path).is_ok_and(|stat| stat.identity == identity)
}

/// A path without links, but for one that it may be itself.
fn real(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(rotated::folder_of(path)).ok().zip(path.file_name()).map(|(folder, name)| folder.join(name))
}

/// Whether a file that nobody follows is gone for certain: its folder is there, but nothing at its path or with its inode.
pub(crate) fn is_gone(file: &KnownFile) -> bool {
    let folder = rotated::folder_of(&file.path);
    let is_at_its_path = Stat::of_name(&file.path).is_ok();
    if is_at_its_path || Stat::of_path(folder).is_err() {
        return false;
    }
    rotated::names(folder).is_ok_and(|names| !names.flatten().any(|(_, inode)| inode == file.mark.inode))
}

/// Whether what is here, with the inode of the file that was known at this path, may be that file. An inode is used again.
fn may_be_at(path: &Path, mark: &Mark, sight: &Sight) -> bool {
    let is_told_apart = mark.created.is_some() && sight.stat.created.is_some() || !mark.beginning.is_empty();
    !sight.stat.is_another(mark.created) && (is_told_apart || is_of_log(path, &sight.path))
}

/// Whether a file here may be one of the log at this path, by its name.
fn is_of_log(path: &Path, at: &Path) -> bool {
    let names = path.file_name().zip(at.file_name());
    path == at || (path.parent() == at.parent() && names.is_some_and(|(log, name)| rotated::is_rotated(log, name)))
}
