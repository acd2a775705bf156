//! How the followed files stand, for whoever asks, at any time and on any thread: also while the run waits for an output.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lp_tail::FileId;

use super::arrivals::Arrivals;

/// How the files of a run stand. Clones are of the same run.
#[derive(Clone, Debug, Default)]
pub struct Standing(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Boxed, as half of the room in a tree is free.
    files: Mutex<BTreeMap<FileId, Box<File>>>,
    queue: AtomicUsize,
    unreadable: AtomicUsize,
    is_polling: AtomicBool,
}

#[derive(Debug)]
struct File {
    path: Arc<Path>,
    source: usize,
    size: u64,
    written: u64,
    arrivals: Arrivals,
}

/// A file that is followed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FileStatus {
    /// The path at which it was found.
    pub path: Arc<Path>,
    /// The number of its source, among those of the run.
    pub source: usize,
    /// Its size in bytes when it was last looked at.
    pub size: u64,
    /// Up to where its records have been written.
    pub written: u64,
    /// How long the oldest byte has been waiting that is not written yet; zero if there is none. (It may be told too large, never
    /// too small but for the time between two looks.)
    pub waiting: Duration,
}

impl Standing {
    /// The files that are followed now.
    #[must_use]
    pub fn files(&self) -> Vec<FileStatus> {
        let now = Instant::now();
        let files = self.lock();
        let status = files.values().map(|file| FileStatus {
            path: Arc::clone(&file.path),
            source: file.source,
            // More of it may be written than was there when it was looked at.
            size: file.size.max(file.written),
            written: file.written,
            waiting: file.arrivals.waiting(now),
        });
        status.collect()
    }

    /// Chunks that have been read and are not written yet.
    #[must_use]
    pub fn queue(&self) -> usize {
        self.0.queue.load(Ordering::Relaxed)
    }

    /// How many paths cannot be read at present, though something is there.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.0.unreadable.load(Ordering::Relaxed)
    }

    /// Whether the system does not tell of all changes, so that they are found by looking now and then.
    #[must_use]
    pub fn is_polling(&self) -> bool {
        self.0.is_polling.load(Ordering::Relaxed)
    }

    pub(crate) fn set_queue(&self, chunks: usize) {
        self.0.queue.store(chunks, Ordering::Relaxed);
    }

    /// How many paths cannot be read, and whether changes are found by looking only.
    pub(super) fn set_looks(&self, unreadable: usize, is_polling: bool) {
        self.0.unreadable.store(unreadable, Ordering::Relaxed);
        self.0.is_polling.store(is_polling, Ordering::Relaxed);
    }

    /// These files are seen, with the number of their source, their size, and up to where each has been read. One that is not
    /// [open](Self::open) yet has not been read by this run.
    pub(super) fn see<'p>(&self, seen: impl Iterator<Item = (FileId, &'p Arc<Path>, usize, u64, u64)>) {
        let now = Instant::now();
        let mut files = self.lock();
        for (file, path, source, size, written) in seen {
            let file = files.entry(file).or_insert_with(|| Box::new(File::new(path, source, written)));
            file.size = size;
            file.arrivals.see(size, file.written, now);
        }
    }

    /// This file is followed from that position on. To be told before it is read.
    pub(super) fn open(&self, file: FileId, path: &Arc<Path>, source: usize, position: u64) {
        let mut files = self.lock();
        let file = files.entry(file).or_insert_with(|| Box::new(File::new(path, source, position)));
        file.written = position;
        file.arrivals.reach(position);
    }

    /// What is before that position is written.
    pub(super) fn reach(&self, file: FileId, position: u64) {
        if let Some(file) = self.lock().get_mut(&file) {
            file.written = position;
            file.arrivals.reach(position);
        }
    }

    /// Nothing will come of this file any more.
    pub(super) fn end(&self, file: FileId) {
        self.lock().remove(&file);
    }

    /// Whoever panicked while holding it has changed it as a whole, or not at all.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<FileId, Box<File>>> {
        self.0.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl File {
    fn new(path: &Arc<Path>, source: usize, written: u64) -> Self {
        Self { path: Arc::clone(path), source, size: 0, written, arrivals: Arrivals::default() }
    }
}
