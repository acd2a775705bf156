//! Files that no followed path leads to any more: they have been renamed, moved or deleted, and may be written to all the same.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::event::{Event, FileId};
use crate::rotated;
use crate::system::{self, Identity, Stat};
use crate::tail::Tail;

/// Where files are moved to from each folder (`olddir`): where some of its files have been found.
#[derive(Debug, Default)]
pub(crate) struct Moves(HashMap<PathBuf, Vec<PathBuf>>);

impl Moves {
    /// A file of one folder has been found in another one.
    fn note(&mut self, from: &Path, to: &Path) {
        /// Somebody who moves files to a new folder each day uses the last of them.
        const MOST: usize = 4;
        /// There are no more folders than that, unless they come and go.
        const MOST_FOLDERS: usize = 1000;
        if from == to {
            return;
        }
        if self.0.len() >= MOST_FOLDERS {
            self.0 = HashMap::new();
        }
        let targets = self.0.entry(from.to_path_buf()).or_default();
        if !targets.iter().any(|folder| folder == to) {
            targets.truncate(MOST - 1);
            targets.insert(0, to.to_path_buf());
        }
    }

    fn from(&self, folder: &Path) -> &[PathBuf] {
        self.0.get(folder).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Tail {
    /// Looks at the files that no followed path leads to any more.
    pub(crate) fn look_at_displaced(&mut self) {
        let number = self.looks.number;
        let unseen: Vec<FileId> =
            self.files.iter().filter(|(_, file)| !file.ended && file.seen != number).map(|(&id, _)| id).collect();
        for id in unseen {
            match self.files.get(&id).map(|file| file.handle.is_some()) {
                Some(true) => self.look_at_open(id),
                Some(false) => self.look_at_closed(id),
                None => {}
            }
        }
    }

    fn look_at_open(&mut self, id: FileId) {
        let Some(file) = self.files.get(&id) else { return };
        let Some(handle) = &file.handle else { return };
        let stat = match Stat::of_file(handle) {
            Ok(stat) => stat,
            Err(error) => return self.tell_failure(&Arc::clone(&file.path), error),
        };
        // One that was not found once is waited for where it is open.
        if let Some(at) = &file.at
            && !is_at(at, file.identity)
        {
            let found = if stat.is_deleted { None } else { self.find_open(id) };
            if let Some(file) = self.files.get_mut(&id) {
                file.at = found;
            }
        }
        if let Some(file) = self.files.get_mut(&id) {
            file.missed = 0;
            if stat.is_deleted && !std::mem::replace(&mut file.is_unlinked, true) {
                self.tell(Event::Unlinked { file: id });
            }
        }
        self.compare(id, stat, false);
    }

    fn look_at_closed(&mut self, id: FileId) {
        let Some(file) = self.files.get(&id) else { return };
        let (identity, path) = (file.identity, Arc::clone(&file.path));
        let found = match &file.at {
            Some(at) if is_at(at, identity) => Ok(Some(Arc::clone(at))),
            _ => {
                let names = self.names_of(file);
                self.find(&names, identity)
            }
        };
        let Some(file) = self.files.get_mut(&id) else { return };
        file.sought = self.looks.number;
        let stat = match found {
            Ok(Some(at)) => {
                let stat = Stat::of_name(&at);
                file.at = Some(at);
                stat
            }
            Ok(None) => return self.miss(id),
            Err(error) => Err(error),
        };
        match stat {
            Ok(stat) if stat.is_another(file.created) => self.gone(id),
            Ok(stat) => {
                file.missed = 0;
                self.compare(id, stat, false);
            }
            // Renamed once more.
            Err(error) if system::is_absence(&error) => {}
            Err(error) => self.tell_failure(&path, error),
        }
    }

    /// A closed file has not been found anywhere.
    fn miss(&mut self, id: FileId) {
        let Some(file) = self.files.get_mut(&id) else { return };
        file.missed += 1;
        // It may have been renamed while its folder was read.
        if file.missed >= 2 {
            self.gone(id);
        }
    }

    /// Where an open file is, which is not where it was.
    pub(crate) fn find_open(&mut self, id: FileId) -> Option<Arc<Path>> {
        let file = self.files.get(&id)?;
        let identity = file.identity;
        let names = self.names_of(file);
        // If a folder cannot be read, the system may know nevertheless.
        if let Ok(Some(found)) = self.find(&names, identity) {
            return Some(found);
        }
        let found = system::path_of(self.files.get(&id)?.handle.as_ref()?)?;
        if !is_at(&found, identity) {
            return None;
        }
        for name in &names {
            self.moves.note(rotated::folder_of(name), rotated::folder_of(&found));
        }
        Some(found.into())
    }

    /// Where a file is that had these names: beside them, or where others have been moved to from there.
    pub(crate) fn find(&mut self, names: &[PathBuf], identity: Identity) -> io::Result<Option<Arc<Path>>> {
        let mut failure = None;
        for name in names {
            let moved = self.moves.from(rotated::folder_of(name)).iter();
            let moved = moved.filter_map(|folder| Some(folder.join(name.file_name()?)));
            for name in std::iter::once(name.clone()).chain(moved) {
                match self.folders.find(&name, identity) {
                    Ok(Some(found)) => return Ok(Some(found.into())),
                    Ok(None) => {}
                    Err(error) => failure = Some(error),
                }
            }
        }
        // Whoever cannot see a folder cannot tell.
        failure.map_or(Ok(None), Err)
    }
}

/// Whether a path leads to a file, not through a link.
fn is_at(path: &Path, identity: Identity) -> bool {
    Stat::of_name(path).is_ok_and(|stat| stat.identity == identity)
}
