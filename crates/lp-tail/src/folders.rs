//! What is in folders. Each is read once in a look, however many files are sought in it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::rotated::{self, Sibling};
use crate::system::{self, Identity, Kind, Stat};

/// Folders that have been read.
#[derive(Debug, Default)]
pub(crate) struct Folders(HashMap<PathBuf, Folder>);

/// A folder as it was when it was read.
#[derive(Debug)]
struct Folder {
    /// When it had changed last; `None` if that may have been once more at the same tick of the clock.
    modified: Option<i64>,
    /// Its names, with their inodes.
    names: Vec<(OsString, u64)>,
    /// The inodes, sorted, each with where in `names` it is.
    inodes: Vec<(u64, usize)>,
    /// Where in `names` those are that a log may have been rotated to, by its name.
    rotated: HashMap<OsString, Vec<usize>>,
}

impl Folders {
    /// Forgets what has been read.
    pub(crate) fn clear(&mut self) {
        self.0 = HashMap::new();
    }

    /// Where in the folder of this path a file is now. A file that the log may have been rotated to is preferred.
    pub(crate) fn find(&mut self, log: &Path, identity: Identity) -> io::Result<Option<PathBuf>> {
        let folder = rotated::folder_of(log);
        // What was found is seen to be there; but that something is not there must not be told by an old reading.
        if let Some(read) = self.0.get(folder)
            && let Some(found) = read.find(log, identity)
        {
            return Ok(Some(found));
        }
        match self.0.get(folder) {
            Some(read) if read.is_current(folder) => Ok(None),
            _ => Ok(self.read(folder)?.find(log, identity)),
        }
    }

    /// The paths beside this one at which a file with this inode may be.
    pub(crate) fn candidates(&mut self, log: &Path, inode: u64) -> io::Result<Vec<PathBuf>> {
        let folder = rotated::folder_of(log);
        if !self.0.contains_key(folder) {
            self.read(folder)?;
        }
        let Some(read) = self.0.get(folder) else { return Ok(Vec::new()) };
        let rotated = read.rotated(log).map(|(name, _)| log.with_file_name(name));
        Ok(read.of_inode(log, inode).chain(rotated).collect())
    }

    /// The files beside this path that its log may have been rotated to, and that are not compressed; what was written first comes
    /// first.
    pub(crate) fn siblings(&mut self, log: &Path) -> io::Result<Vec<Sibling>> {
        let folder = rotated::folder_of(log);
        if !self.0.get(folder).is_some_and(|read| read.is_current(folder)) {
            self.read(folder)?;
        }
        self.0.get(folder).map_or_else(|| Ok(Vec::new()), |read| read.siblings(log))
    }

    fn read(&mut self, folder: &Path) -> io::Result<&Folder> {
        let read = Folder::read(folder)?;
        Ok(self.0.entry(folder.to_path_buf()).insert_entry(read).into_mut())
    }
}

impl Folder {
    fn read(folder: &Path) -> io::Result<Self> {
        // Before it is read: what changes meanwhile is later. If there is none, it has no names.
        let modified =
            Stat::of_path(folder).ok().map(|stat| stat.modified).filter(|&modified| modified < system::now());
        let names = rotated::names(folder)?.collect::<io::Result<Vec<_>>>()?;
        let mut inodes: Vec<_> = names.iter().enumerate().map(|(at, (_, inode))| (*inode, at)).collect();
        inodes.sort_unstable();
        let mut rotated: HashMap<OsString, Vec<usize>> = HashMap::new();
        for (at, (name, _)) in names.iter().enumerate() {
            for log in rotated::logs_of(Path::new(name)) {
                rotated.entry(log.into_os_string()).or_default().push(at);
            }
        }
        Ok(Self { modified, names, inodes, rotated })
    }

    /// Whether nothing has come or gone since it was read.
    fn is_current(&self, folder: &Path) -> bool {
        self.modified.is_some_and(|modified| Stat::of_path(folder).is_ok_and(|stat| stat.modified == modified))
    }

    fn find(&self, log: &Path, identity: Identity) -> Option<PathBuf> {
        let is_it = |path: &PathBuf| {
            Stat::of_name(path).is_ok_and(|stat| stat.kind == Kind::Regular && stat.identity == identity)
        };
        let (rotated, others): (Vec<PathBuf>, _) = self.of_inode(log, identity.inode).partition(|path| {
            log.file_name().zip(path.file_name()).is_some_and(|(log, name)| rotated::is_rotated(log, name))
        });
        // The inode of an entry is not always that of the file: where file systems are laid over each other.
        let rotated = rotated.into_iter().chain(self.rotated(log).map(|(name, _)| log.with_file_name(name)));
        rotated.chain(others).find(is_it)
    }

    /// The paths beside this one of which the folder says that they have this inode.
    fn of_inode(&self, log: &Path, inode: u64) -> impl Iterator<Item = PathBuf> {
        let start = self.inodes.partition_point(|&(other, _)| other < inode);
        let entries = self.inodes[start..].iter().take_while(move |&&(other, _)| other == inode);
        entries.map(|&(_, at)| log.with_file_name(&self.names[at].0))
    }

    /// What the log may have been rotated to.
    fn rotated(&self, log: &Path) -> impl Iterator<Item = &(OsString, u64)> {
        let rotated = log.file_name().and_then(|log| self.rotated.get(log));
        rotated.into_iter().flatten().map(|&at| &self.names[at])
    }

    fn siblings(&self, log: &Path) -> io::Result<Vec<Sibling>> {
        rotated::siblings(log, self.rotated(log).map(|entry| Ok(entry.clone())))
    }
}

/// The files beside this path that its log may have been rotated to, from a reading of its own.
pub(crate) fn siblings(log: &Path) -> io::Result<Vec<Sibling>> {
    rotated::siblings(log, rotated::names(rotated::folder_of(log))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn identity(path: &Path) -> Identity {
        Stat::of_name(path).unwrap().identity
    }

    #[test]
    fn rotated_names_are_found_among_others() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["a.log", "a.log.2", "a.log.10", "a.log-20261121", "a.log.1.gz", "a.log1", "a.log.x", "a.lo.1", "b.log.1"]
        {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let log = folder.path().join("a.log");
        let mut found: Vec<_> = siblings(&log).unwrap().into_iter().map(|sibling| sibling.path).collect();
        found.sort_unstable();
        assert_eq!(found, ["a.log-20261121", "a.log.10", "a.log.2"].map(|name| folder.path().join(name)));
    }

    #[test]
    fn what_comes_after_a_folder_was_read_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a.log"), "").unwrap();
        fs::write(at("other"), "").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(30));
        let file = identity(&at("a.log"));
        let mut folders = Folders::default();
        assert_eq!(folders.find(&at("a.log"), file).unwrap(), Some(at("a.log")));
        assert!(folders.siblings(&at("a.log")).unwrap().is_empty());
        fs::rename(at("a.log"), at("a.log.1")).unwrap();
        assert_eq!(folders.find(&at("a.log"), file).unwrap(), Some(at("a.log.1")));
        assert_eq!(folders.siblings(&at("a.log")).unwrap().len(), 1);
        fs::hard_link(at("a.log.1"), at("a.log")).unwrap();
        assert_eq!(folders.find(&at("a.log"), file).unwrap(), Some(at("a.log.1")), "a rotated name is preferred");
        assert_eq!(folders.find(&at("none/a.log"), file).unwrap(), None);
    }
}
