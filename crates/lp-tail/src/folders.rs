//! What is in folders. Each is read once in a look, however many files are sought in it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
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
    /// Its names, sorted, with their inodes.
    names: Vec<(OsString, u64)>,
    /// The inodes, sorted, each with where in `names` it is.
    inodes: Vec<(u64, usize)>,
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

    /// The files beside this path that its log may have been rotated to, and that are not compressed; what was written first comes
    /// first.
    pub(crate) fn siblings(&mut self, log: &Path) -> io::Result<Vec<Sibling>> {
        let folder = rotated::folder_of(log);
        if !self.0.get(folder).is_some_and(|read| read.is_current(folder)) {
            self.read(folder)?;
        }
        Ok(self.0.get(folder).map(|read| read.siblings(log)).unwrap_or_default())
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
        let mut names = rotated::names(folder)?.collect::<io::Result<Vec<_>>>()?;
        names.sort_unstable();
        let mut inodes: Vec<_> = names.iter().enumerate().map(|(at, (_, inode))| (*inode, at)).collect();
        inodes.sort_unstable();
        Ok(Self { modified, names, inodes })
    }

    /// Whether nothing has come or gone since it was read.
    fn is_current(&self, folder: &Path) -> bool {
        self.modified.is_some_and(|modified| Stat::of_path(folder).is_ok_and(|stat| stat.modified == modified))
    }

    fn find(&self, log: &Path, identity: Identity) -> Option<PathBuf> {
        let is_it = |name: &OsStr| {
            let path = log.with_file_name(name);
            let stat = Stat::of_name(&path).ok()?;
            (stat.kind == Kind::Regular && stat.identity == identity).then_some(path)
        };
        let start = self.inodes.partition_point(|&(inode, _)| inode < identity.inode);
        let of_inode = self.inodes[start..].iter().take_while(|(inode, _)| *inode == identity.inode);
        let (rotated, others): (Vec<&OsStr>, _) = of_inode
            .map(|&(_, at)| self.names[at].0.as_os_str())
            .partition(|name| log.file_name().is_some_and(|log| rotated::is_rotated(log, name)));
        // The inode of an entry is not always that of the file: where file systems are laid over each other.
        rotated.into_iter().find_map(is_it).or_else(|| self.rotated(log).find_map(is_it)).or_else(|| {
            let mut others = others.into_iter();
            others.find_map(is_it)
        })
    }

    /// The names that the log may have been rotated to.
    fn rotated(&self, log: &Path) -> impl Iterator<Item = &OsStr> {
        let log = log.file_name().unwrap_or_default();
        // A mark and a digit; what is between the digits and `:` begins with one of them.
        let ranges = [("-0", "-:"), (".0", ".:")].map(|(from, to)| {
            let at = |end: &str| {
                let mut name = log.to_owned();
                name.push(end);
                self.names.partition_point(|(other, _)| *other < name)
            };
            at(from)..at(to)
        });
        let names = ranges.into_iter().flat_map(|range| &self.names[range]);
        names.map(|(name, _)| name.as_os_str()).filter(move |name| rotated::is_rotated(log, name))
    }

    fn siblings(&self, log: &Path) -> Vec<Sibling> {
        let Some(log_name) = log.file_name() else { return Vec::new() };
        let mut found = Vec::new();
        for name in self.rotated(log).filter(|name| !rotated::is_compressed_name(name)) {
            let path = log.with_file_name(name);
            // One that has just been renamed again is found the next time.
            match Stat::of_name(&path) {
                Ok(stat) if stat.kind == Kind::Regular => found.push(Sibling { path, stat }),
                _ => {}
            }
        }
        let number = |path: &Path| {
            let name = path.file_name()?.as_encoded_bytes();
            // Of `access.log.2` and `access.log.1`, the first is older; of dates, the smaller one.
            std::str::from_utf8(&name[log_name.len() + 1..]).ok()?.parse::<u16>().ok()
        };
        found.sort_by(|a, b| {
            let key = |sibling: &Sibling| (sibling.stat.modified, Reverse(number(&sibling.path)));
            key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path))
        });
        found
    }
}

/// The files beside this path that its log may have been rotated to, from a reading of its own.
pub(crate) fn siblings(log: &Path) -> io::Result<Vec<Sibling>> {
    Ok(Folder::read(rotated::folder_of(log))?.siblings(log))
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
