//! Looking through the folders: which path leads to which file by now.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::event::FileId;
use crate::glob::{self, Search};
use crate::group::{Group, Pattern};
use crate::pace::Pace;
use crate::place::Place;
use crate::rotated;
use crate::system::{self, Kind, Stat, is_absence};
use crate::tail::Tail;

/// The looks through the folders, and what was seen that news are told of.
#[derive(Debug)]
pub(crate) struct Looks {
    /// How many there have been, with the one that is going on.
    pub(crate) number: u64,
    /// Whether none has been finished.
    pub(crate) is_first: bool,
    pub(crate) pace: Pace,
    /// When the last one began, or the one that is going on, by the clock of the file systems.
    pub(crate) began_at: i64,
    /// What symbolic links at followed paths lead to.
    targets: HashMap<Arc<Path>, Arc<Path>>,
    /// Where files are that are not at their path any more.
    displaced: HashMap<Arc<Path>, FileId>,
    /// The folders of those that are open, and of which nobody knows where they are.
    lost: Vec<(PathBuf, FileId)>,
}

/// A file at a path that is followed.
#[derive(Debug)]
pub(crate) struct Sight {
    pub(crate) path: Arc<Path>,
    pub(crate) stat: Stat,
}

impl Looks {
    pub(crate) fn new() -> Self {
        Self {
            number: 0,
            is_first: true,
            pace: Pace::new(Instant::now()),
            began_at: system::now(),
            targets: HashMap::new(),
            displaced: HashMap::new(),
            lost: Vec::new(),
        }
    }

    /// The files that may be at a path of which news have been told.
    pub(crate) fn files_at(&self, places: &HashMap<Arc<Path>, Place>, path: &Path) -> Vec<FileId> {
        let place = places.get(path).or_else(|| places.get(self.targets.get(path)?));
        if let Some(place) = place {
            return place.current.into_iter().collect();
        }
        if let Some(&id) = self.displaced.get(path) {
            return vec![id];
        }
        let folder = rotated::folder_of(path);
        self.lost.iter().filter(|(at, _)| at == folder).map(|&(_, id)| id).collect()
    }

    /// Whether something else at this path would be of interest.
    pub(crate) fn is_known(&self, places: &HashMap<Arc<Path>, Place>, path: &Path) -> bool {
        places.contains_key(path) || self.targets.contains_key(path)
    }
}

/// Whether a pattern names this path.
pub(crate) fn is_named(groups: &[Group], path: &Path) -> bool {
    group_of(groups, path).is_some()
}

/// The first group that names this path.
pub(crate) fn group_of(groups: &[Group], path: &Path) -> Option<usize> {
    groups.iter().position(|group| {
        group.patterns.iter().any(|pattern| match pattern {
            Pattern::Path(named) => named == path,
            Pattern::Glob(pattern) => glob::names(pattern.as_bytes(), path),
        })
    })
}

impl Tail {
    /// Looks through the folders, and at all files that are followed: by then their [sizes](Self::files) are known, and what
    /// [comes next](Self::next) tells what else has become of them.
    pub fn look_now(&mut self) {
        self.looks.pace.begin(Instant::now());
        self.looks.began_at = system::now();
        self.looks.number += 1;
        self.folders.clear();
        self.look_at_retired();
        let mut sights = self.sights();
        // Of several names of a file, the one of its log comes first: beside that it is rotated and copied.
        let is_rotated = |sight: &Sight| !self.is_of_its_log(sight);
        // Sorting takes memory, and mostly there is nothing to sort.
        if !sights.is_sorted_by_key(is_rotated) {
            sights.sort_by_key(is_rotated);
        }
        for sight in &sights {
            self.see(sight);
        }
        self.look_at_displaced();
        self.succeed(&sights);
        self.retire_quiet();
        self.settle();
        self.failures.forget(self.looks.pace.began());
        self.folders.clear();
        self.looks.is_first = false;
        self.looks.pace.end(Instant::now(), self.options.look_every);
    }

    /// Whether a file is at the path at which it was found first, or, if it is not known yet, at one where others were before it.
    fn is_of_its_log(&self, Sight { path, stat }: &Sight) -> bool {
        match self.by_identity.get(&stat.identity).and_then(|id| self.files.get(id)) {
            Some(file) => file.path == *path,
            None => self.places.get(path).is_some_and(|place| place.current.is_some()),
        }
    }

    /// The files at the paths that are followed, each path once.
    pub(crate) fn sights(&mut self) -> Vec<Sight> {
        let mut sights = Vec::with_capacity(self.places.len());
        for group in 0..self.groups.len() {
            for pattern in 0..self.groups[group].patterns.len() {
                match &self.groups[group].patterns[pattern] {
                    Pattern::Path(path) => {
                        let path = path.clone();
                        sights.extend(self.sight(group, path, true));
                    }
                    Pattern::Glob(pattern) => {
                        let pattern = pattern.clone();
                        let Search { mut paths, unreadable } = glob::search(Path::new(""), pattern.as_bytes());
                        for (folder, error) in unreadable {
                            paths.extend(self.known_below(&folder, pattern.as_bytes()));
                            self.tell_failure(&folder.into(), error);
                        }
                        sights.extend(paths.into_iter().filter_map(|path| self.sight(group, path, false)));
                    }
                }
            }
        }
        sights
    }

    /// The paths below a folder that cannot be read by now at which files have been found before, and still are something.
    fn known_below(&self, folder: &Path, pattern: &[u8]) -> Vec<PathBuf> {
        let known = self.places.iter().filter(|(path, place)| place.current.is_some() && path.starts_with(folder));
        let named = known.map(|(path, _)| path).filter(|path| glob::names(pattern, path));
        named.filter(|path| fs::symlink_metadata(path).is_ok()).map(|path| path.to_path_buf()).collect()
    }

    /// What is at a path, unless another pattern has led to it.
    fn sight(&mut self, group: usize, path: PathBuf, is_named: bool) -> Option<Sight> {
        let number = self.looks.number;
        let path = self.places.get_key_value(&*path).map_or_else(|| path.into(), |(path, _)| Arc::clone(path));
        let place = self.places.entry(Arc::clone(&path)).or_insert_with(|| Place::new(group));
        if std::mem::replace(&mut place.looked, number) == number {
            return None;
        }
        place.is_taken = false;
        let stat = match Stat::of_name(&path) {
            Ok(stat) if stat.kind == Kind::Link => {
                let stat = Stat::of_path(&path);
                let current = place.current.and_then(|id| self.files.get(&id)).map(|file| file.identity);
                if place.target.is_none() || current != stat.as_ref().ok().map(|stat| stat.identity) {
                    place.target = fs::canonicalize(&path).ok().map(Into::into);
                }
                stat
            }
            stat => {
                place.target = None;
                stat
            }
        };
        match stat {
            Ok(stat) => {
                place.is_taken = true;
                match stat.kind {
                    Kind::Regular => return Some(Sight { path, stat }),
                    Kind::Folder if is_named => self.tell_failure(&path, io::ErrorKind::IsADirectory.into()),
                    Kind::Folder | Kind::Link => {}
                    Kind::Other => self.tell_failure(&path, io::Error::other("it is not a regular file")),
                }
            }
            Err(error) if is_absence(&error) => {}
            Err(error) => self.tell_failure(&path, error),
        }
        None
    }

    /// Takes note of where a known file is, and what has become of it.
    fn see(&mut self, sight: &Sight) {
        let number = self.looks.number;
        let identity = sight.stat.identity;
        if self.retired.contains_key(&identity) {
            return self.see_retired(identity, &sight.path, sight.stat);
        }
        let Some(&id) = self.by_identity.get(&identity) else { return };
        let Some(file) = self.files.get_mut(&id) else { return };
        if file.handle.is_none() && sight.stat.is_another(file.created) {
            return self.gone(id);
        }
        let is_moved = file.at.as_ref() != Some(&sight.path);
        if file.seen == number {
            file.add_name(&sight.path);
            if let Some(at) = file.at.clone() {
                file.add_name(&at);
            }
        }
        if file.seen != number || file.path == sight.path {
            file.at = Some(Arc::clone(&sight.path));
        }
        file.seen = number;
        file.missed = 0;
        // If the link leads elsewhere later, this is still where it is.
        if let Some(target) = self.places.get(&sight.path).and_then(|place| place.target.as_ref()) {
            file.add_name(target);
        }
        self.compare(id, sight.stat, is_moved);
    }

    /// Compares what is known of a file with what the system says.
    pub(crate) fn compare(&mut self, id: FileId, stat: Stat, is_moved: bool) {
        let Some(file) = self.files.get(&id) else { return };
        let is_open = file.handle.is_some();
        let was_written = file.was_empty_before(stat);
        if !was_written && stat.size == file.size && stat.modified == file.modified && (is_open || !is_moved) {
            if !file.is_exhausted() || self.has_followers(id) {
                self.touch(id);
            }
            return;
        }
        let path = Arc::clone(&file.path);
        match self.open_again(id) {
            Ok(true) => {}
            // Something else has come there meanwhile.
            Ok(false) => return self.looks.pace.again(self.options.pause),
            Err(error) => return self.tell_failure(&path, error),
        }
        match self.has_unread_copy(id) {
            Ok(true) => return self.truncated(id),
            Ok(false) => {}
            Err(error) => return self.tell_failure(&path, error),
        }
        let Some(file) = self.files.get_mut(&id) else { return };
        match file.is_same().and_then(|same| if same { file.learn_beginning().map(|()| true) } else { Ok(false) }) {
            Ok(true) => {
                if stat.size > file.size {
                    file.changed = Instant::now();
                }
                file.is_doubtful = false;
                file.modified = stat.modified;
                file.size = file.size.max(stat.size);
                self.failures.over(&path);
                self.touch(id);
            }
            Ok(false) => self.truncated(id),
            Err(error) => self.tell_failure(&path, error),
        }
    }

    /// Remembers what news may be told of, and watches the folders.
    fn settle(&mut self) {
        let number = self.looks.number;
        // A path that a pattern does not find any more is of interest as long as its file is.
        let files = &self.files;
        self.places.retain(|_, place| {
            place.looked == number || place.current.is_some_and(|id| files.get(&id).is_some_and(|file| !file.ended))
        });
        self.looks.targets.clear();
        for (path, place) in &self.places {
            if let Some(target) = &place.target {
                self.looks.targets.insert(Arc::clone(target), Arc::clone(path));
            }
        }
        self.looks.displaced.clear();
        self.looks.lost.clear();
        for (&id, file) in self.files.iter().filter(|(_, file)| !file.ended && file.is_displaced()) {
            match &file.at {
                Some(at) => {
                    self.looks.displaced.insert(Arc::clone(at), id);
                }
                None if file.handle.is_some() => {
                    let names = file.names.iter().chain([&file.path]);
                    self.looks.lost.extend(names.map(|name| (rotated::folder_of(name).to_path_buf(), id)));
                }
                None => {}
            }
        }
        let mut folders: Vec<&Path> = self.places.keys().map(|path| rotated::folder_of(path)).collect();
        folders.extend(self.looks.targets.keys().map(|target| rotated::folder_of(target)));
        for pattern in self.groups.iter().flat_map(|group| &group.patterns) {
            // Where the first file may come.
            if let Pattern::Glob(pattern) = pattern
                && let folder = rotated::folder_of(Path::new(pattern))
                && !glob::is_pattern(folder.as_os_str().as_encoded_bytes())
            {
                folders.push(folder);
            }
        }
        folders.sort_unstable();
        folders.dedup();
        self.watches.set(folders.into_iter());
    }
}
