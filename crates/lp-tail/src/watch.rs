//! The folders whose changes the system tells, with inotify. It only makes the tail prompt: all that is told here is found by looking as
//! well, so nothing is wrong if watches are not to be had or news are lost.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// What the system tells of a name in a watched folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum News {
    /// The file has been written to, or truncated.
    Written,
    /// Another file is there, or none, or it has other rights.
    Replaced,
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod inotify {
    use super::{HashMap, HashSet, News, Path, PathBuf};
    use std::mem::MaybeUninit;
    use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

    use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init, remove_watch};
    use rustix::io::Errno;

    /// The folders that are watched.
    #[derive(Debug)]
    pub(crate) struct Watches {
        queue: Option<OwnedFd>,
        /// Several paths may lead to one folder.
        paths: HashMap<i32, Vec<PathBuf>>,
        watched: HashMap<PathBuf, i32>,
        /// Whether the system gave no more watches when they were last set.
        is_full: bool,
    }

    impl Watches {
        pub(crate) fn new() -> Self {
            // Without: there are too many in the system, or it has none.
            let queue = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok();
            Self { queue, paths: HashMap::new(), watched: HashMap::new(), is_full: false }
        }

        /// Whether all that can be watched is.
        pub(crate) fn are_had(&self) -> bool {
            self.queue.is_some() && !self.is_full
        }

        /// What to wait for.
        pub(crate) fn queue(&self) -> Option<BorrowedFd<'_>> {
            self.queue.as_ref().map(|queue| queue.as_fd())
        }

        /// Watches these folders, and no others. To be called now and then, as a folder may be another one by now.
        pub(crate) fn set<'f>(&mut self, folders: impl Iterator<Item = &'f Path>) {
            let Some(queue) = &self.queue else { return };
            let what = WatchFlags::MODIFY
                | WatchFlags::CREATE
                | WatchFlags::DELETE
                | WatchFlags::MOVED_FROM
                | WatchFlags::MOVED_TO
                | WatchFlags::ATTRIB
                | WatchFlags::ONLYDIR;
            let mut gone: HashSet<PathBuf> = self.watched.keys().cloned().collect();
            self.is_full = false;
            for folder in folders {
                let watch = add_watch(queue, folder, what);
                self.is_full |= watch == Err(Errno::NOSPC);
                if let Ok(watch) = watch {
                    gone.remove(folder);
                    if self.watched.get(folder) != Some(&watch) {
                        forget(&mut self.watched, &mut self.paths, queue, folder);
                        self.watched.insert(folder.to_path_buf(), watch);
                        self.paths.entry(watch).or_default().push(folder.to_path_buf());
                    }
                }
            }
            for folder in gone {
                forget(&mut self.watched, &mut self.paths, queue, &folder);
            }
        }

        /// Takes what the system has told. Returns whether there was anything, and calls back for each path; without one if something was
        /// lost.
        pub(crate) fn take(&mut self, mut each: impl FnMut(News, Option<&Path>)) -> bool {
            let Some(queue) = &self.queue else { return false };
            let mut buffer = [MaybeUninit::uninit(); 16 << 10];
            let mut reader = Reader::new(queue, &mut buffer);
            let mut any = false;
            let mut path = PathBuf::new();
            loop {
                // Nothing more, or an error that the next look makes good.
                let Ok(event) = reader.next() else { return any };
                any = true;
                let kind = event.events();
                if kind.contains(ReadFlags::QUEUE_OVERFLOW) {
                    each(News::Replaced, None);
                } else if kind.contains(ReadFlags::IGNORED) {
                    for path in self.paths.remove(&event.wd()).unwrap_or_default() {
                        self.watched.remove(&path);
                    }
                    each(News::Replaced, None);
                } else if let (Some(name), Some(folders)) = (event.file_name(), self.paths.get(&event.wd())) {
                    let news = if kind.contains(ReadFlags::MODIFY) { News::Written } else { News::Replaced };
                    for folder in folders {
                        path.clone_from(folder);
                        // A path without a folder is known without one.
                        if path.as_os_str() == "." {
                            path = PathBuf::new();
                        }
                        path.push(crate::glob::to_path(name.to_bytes()));
                        each(news, Some(&path));
                    }
                }
            }
        }
    }

    fn forget(
        watched: &mut HashMap<PathBuf, i32>,
        paths: &mut HashMap<i32, Vec<PathBuf>>,
        queue: &OwnedFd,
        folder: &Path,
    ) {
        let Some(watch) = watched.remove(folder) else { return };
        if let Some(others) = paths.get_mut(&watch) {
            others.retain(|path| path != folder);
            if others.is_empty() {
                paths.remove(&watch);
                // It may be gone already.
                let _ = remove_watch(queue, watch);
            }
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use inotify::Watches;

/// No folders: here the tail only looks.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[derive(Debug)]
pub(crate) struct Watches;

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl Watches {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn are_had(&self) -> bool {
        false
    }

    #[cfg(unix)]
    pub(crate) fn queue(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        None
    }

    pub(crate) fn set<'f>(&mut self, _folders: impl Iterator<Item = &'f Path>) {}

    pub(crate) fn take(&mut self, _each: impl FnMut(News, Option<&Path>)) -> bool {
        false
    }
}
