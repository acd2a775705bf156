//! How the runs of a service stand, for those who ask at any time.
//!
//! The run tells it a few times a second, while it holds what it needs to go on; so nobody who asks may keep it waiting. What it tells is
//! made into figures that never change, and only the pointer to them is put behind a lock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lp::Status;

use crate::severity;
use crate::totals::{InputCounts, OutputCounts, StageCounts, Totals};

/// How the runs stood at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) at: Instant,
    pub(crate) inputs: Vec<(Arc<str>, InputCounts)>,
    pub(crate) files: Vec<(Arc<str>, FileFigures)>,
    pub(crate) stages: Vec<StageCounts>,
    pub(crate) outputs: Vec<OutputCounts>,
    /// Chunks that have been read and are not written yet.
    pub(crate) queue: usize,
    pub(crate) checkpoint_age: Option<Duration>,
}

/// The files of a path; or of all those that have no label of their own.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct FileFigures {
    pub(crate) size: u64,
    /// Bytes that are not written yet.
    pub(crate) lag: u64,
    /// For how long the oldest of these has been waiting.
    pub(crate) waiting: Duration,
}

impl Figures {
    fn none() -> Self {
        Self {
            at: Instant::now(),
            inputs: Vec::new(),
            files: Vec::new(),
            stages: Vec::new(),
            outputs: Vec::new(),
            queue: 0,
            checkpoint_age: None,
        }
    }

    /// Bytes that are not written yet, and in how many files.
    pub(crate) fn lag(&self) -> (u64, usize) {
        let files = self.files.iter().filter(|(_, file)| file.lag > 0);
        (files.clone().map(|(_, file)| file.lag).sum(), files.count())
    }
}

/// The latest figures, and what is counted between them.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    latest: Arc<Mutex<Arc<Figures>>>,
    pub(crate) counters: Arc<Counters>,
}

/// What the service counts itself.
#[derive(Default, Debug)]
pub(crate) struct Counters {
    pub(crate) checkpoint_failures: Counter,
    pub(crate) journal_failures: Counter,
    pub(crate) reloads: Counter,
    pub(crate) refused_reloads: Counter,
}

/// A count that only goes up.
#[derive(Default, Debug)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Board {
    fn default() -> Self {
        Self { latest: Arc::new(Mutex::new(Arc::new(Figures::none()))), counters: Arc::default() }
    }
}

impl Board {
    /// How it stood when it was told last.
    pub(crate) fn latest(&self) -> Arc<Figures> {
        Arc::clone(&self.latest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// This is how it stands.
    pub(crate) fn put(&self, figures: Figures) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(figures);
    }
}

/// Makes figures of what a run tells.
pub(crate) fn figures(totals: &mut Totals, status: &Status<'_>) -> Figures {
    totals.advance(status.report);
    let mut files: BTreeMap<Arc<str>, FileFigures> = BTreeMap::new();
    for file in status.files {
        let figures = files.entry(totals.label(file.path.as_os_str().as_encoded_bytes())).or_default();
        figures.size += file.size;
        figures.lag += file.size.saturating_sub(file.written);
        figures.waiting = figures.waiting.max(file.waiting);
    }
    Figures {
        at: Instant::now(),
        inputs: totals.inputs(),
        files: files.into_iter().collect(),
        stages: stages(totals),
        outputs: totals.outputs().to_vec(),
        queue: status.queue,
        checkpoint_age: status.checkpoint_age,
    }
}

/// The stages of configurations, without that of the service.
pub(crate) fn stages(totals: &Totals) -> Vec<StageCounts> {
    totals.stages().iter().filter(|stage| *stage.name != *severity::STAGE).cloned().collect()
}
