//! How the runs of a service stand, for those who ask at any time.
//!
//! The run tells it a few times a second, while it holds what it needs to go on; so nobody who asks may keep it waiting. What it tells is
//! made into figures that never change, and only the pointer to them is put behind a lock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lp::Status;
use lp::follow::FileStatus;
use lp::visible::visible_path;

use crate::severity;
use crate::totals::{InputCounts, OTHER, OutputCounts, StageCounts, Totals, label};

/// How the runs stood at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) at: Instant,
    /// By the labels of their paths, in the order of these.
    pub(crate) inputs: Vec<(Arc<str>, InputCounts)>,
    /// The counts of paths that have no label of their own.
    pub(crate) other: Option<InputCounts>,
    /// The counts of all inputs, of those too that nobody remembers.
    pub(crate) sums: InputCounts,
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
    pub(crate) fn none() -> Self {
        Self {
            at: Instant::now(),
            inputs: Vec::new(),
            other: None,
            sums: InputCounts::default(),
            stages: Vec::new(),
            outputs: Vec::new(),
            queue: 0,
            checkpoint_age: None,
        }
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
    Figures { queue: status.queue, checkpoint_age: status.checkpoint_age, at: Instant::now(), ..counts(totals) }
}

/// What has been counted, and nothing else.
pub(crate) fn counts(totals: &Totals) -> Figures {
    Figures {
        inputs: totals.inputs(),
        other: totals.other(),
        sums: totals.sums(),
        stages: stages(totals),
        outputs: totals.outputs().to_vec(),
        ..Figures::none()
    }
}

/// How files stand, by the labels of their paths; at most so many, and those of all others.
pub(crate) fn files(files: &[FileStatus], figures: &Figures, most: usize) -> Vec<(Arc<str>, FileFigures)> {
    let mut labelled: BTreeMap<Arc<str>, FileFigures> = BTreeMap::new();
    let mut other = None;
    let mut room = most.saturating_sub(figures.inputs.len());
    for file in files {
        let path = label(visible_path(&file.path));
        let known = figures.inputs.binary_search_by(|(label, _)| (**label).cmp(&path));
        let place = match (labelled.contains_key(&*path), known) {
            (true, _) => labelled.get_mut(&*path),
            (false, Ok(known)) => Some(labelled.entry(Arc::clone(&figures.inputs[known].0)).or_default()),
            // One that nothing has been counted of.
            (false, Err(_)) if room > 0 => {
                room -= 1;
                Some(labelled.entry(path.into()).or_default())
            }
            (false, Err(_)) => None,
        };
        let place = place.unwrap_or_else(|| other.get_or_insert_default());
        place.size += file.size;
        place.lag += file.size.saturating_sub(file.written);
        place.waiting = place.waiting.max(file.waiting);
    }
    let other = other.map(|figures| (Arc::from(OTHER), figures));
    labelled.into_iter().chain(other).collect()
}

/// The stages of configurations, without that of the service.
fn stages(totals: &Totals) -> Vec<StageCounts> {
    totals.stages().iter().filter(|stage| *stage.name != *severity::STAGE).cloned().collect()
}
