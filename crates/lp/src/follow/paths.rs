//! The numbers of the paths that are followed: the accounts of a run are kept by path, whatever files have been there.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use crate::reading::Reading;

/// The paths that have been followed, with their numbers among the inputs of the run.
pub(super) struct Paths {
    by_path: HashMap<Arc<Path>, Entry>,
    /// The next number that no path has had.
    next: usize,
    /// Numbers of paths that are not followed any more.
    free: BTreeSet<usize>,
}

struct Entry {
    number: usize,
    /// How many files of this path are followed: rotated ones may still be read.
    files: usize,
    /// How its records are read, once that is known for certain.
    reading: Option<Arc<Reading>>,
}

impl Paths {
    /// The number of all paths that have been given up.
    pub(super) const OTHERS: usize = 0;

    /// With more paths than this, those that are not followed any more lose their number.
    const MOST: usize = 1000;

    pub(super) fn new() -> Self {
        Self { by_path: HashMap::new(), next: Self::OTHERS + 1, free: BTreeSet::new() }
    }

    /// A file of this path is followed. Its number.
    pub(super) fn open(&mut self, path: &Arc<Path>) -> usize {
        let (next, free) = (&mut self.next, &mut self.free);
        let entry = self.by_path.entry(Arc::clone(path)).or_insert_with(|| {
            // The lowest have accounts of their own.
            let number = free.pop_first().unwrap_or_else(|| {
                *next += 1;
                *next - 1
            });
            Entry { number, files: 0, reading: None }
        });
        entry.files += 1;
        entry.number
    }

    /// A file of this path is not followed any more. `true` if the path has lost its number.
    pub(super) fn close(&mut self, path: &Arc<Path>) -> bool {
        let is_full = self.by_path.len() > Self::MOST;
        let Some(entry) = self.by_path.get_mut(path) else { return false };
        entry.files = entry.files.saturating_sub(1);
        if entry.files > 0 || !is_full {
            return false;
        }
        self.free.insert(entry.number);
        self.by_path.remove(path);
        true
    }

    /// How the records of this path are read, if that is known.
    pub(super) fn reading(&self, path: &Path) -> Option<Arc<Reading>> {
        self.by_path.get(path)?.reading.clone()
    }

    /// From now on its records are read so.
    pub(super) fn set_reading(&mut self, path: &Path, reading: &Arc<Reading>) {
        if let Some(entry) = self.by_path.get_mut(path) {
            entry.reading = Some(Arc::clone(reading));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_used_again_when_there_are_many() {
        let mut paths = Paths::new();
        let path = |number: usize| -> Arc<Path> { Path::new(&format!("{number}.log")).into() };
        assert_eq!((paths.open(&path(0)), paths.open(&path(1)), paths.open(&path(0))), (1, 2, 1));
        assert!(!paths.close(&path(1)), "few paths keep their numbers");
        assert_eq!(paths.open(&path(1)), 2);
        for number in 2..=Paths::MOST {
            paths.open(&path(number));
        }
        assert!(!paths.close(&path(0)), "another file of the path is followed");
        assert!(paths.close(&path(0)));
        assert_eq!(paths.open(&path(5000)), 1);
    }
}
