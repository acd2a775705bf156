//! Keeps checkpoints while a run goes on, and tells how it stands.
//!
//! A snapshot is taken between two chunks, so that all parts of it are of the same moment: the places in the files, in the outputs,
//! and what stages have gathered. Making the outputs durable and saving takes its time on a disk; it is done beside the work, on the
//! thread of the clock. Only what is durable is vouched for. Before anything is written there is one that says so: an output can only be
//! taken back to a place that is known.
//!
//! An output may wait for later ones to be kept, before it deletes what a next run would need: then they are kept though nothing changes.
//!
//! What changes between two of them is [noted](super::notes).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lp_tail::{Checkpoint, KnownFile, Store, StoreError};

use super::notes::Notes;
use super::{output_section, stage_section};
use crate::collector::Collector;
use crate::sink::{Demand, SinkError, SinkMark};

/// What a checkpoint is made of, at one moment.
pub(crate) struct Snapshot {
    pub(crate) files: Vec<KnownFile>,
    pub(crate) outputs: Vec<(String, SinkMark)>,
    pub(crate) stages: Vec<(String, Vec<u8>)>,
}

/// Why a checkpoint was not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepError {
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Snapshot {
    /// Makes the outputs durable.
    pub(crate) fn into_checkpoint(self) -> Result<Checkpoint, SinkError> {
        let mut checkpoint = Checkpoint { files: self.files, ..Checkpoint::default() };
        for (name, mark) in self.outputs {
            checkpoint.sections.insert(output_section(&name), mark.make_durable()?);
        }
        for (name, state) in self.stages {
            checkpoint.sections.insert(stage_section(&name), state);
        }
        Ok(checkpoint)
    }
}

/// The store of a run, which its threads share.
pub(super) type Shared = Arc<Mutex<Store>>;

/// Keeps checkpoints, and tells how the run stands.
pub(crate) struct Keeper {
    store: Option<(Shared, Duration)>,
    /// When the last checkpoint was kept, or the run began.
    kept: Instant,
    /// When one was attempted.
    attempted: Instant,
    /// How long the last one took.
    took: Duration,
    /// Whether all is known that a checkpoint must hold.
    has_begun: bool,
    /// How many changes the run has told of.
    changes: u64,
    /// Whether there is something to keep.
    changed: bool,
    /// Whether it is to be kept at once.
    is_urgent: bool,
    /// Whether the last one could not be kept.
    is_failing: bool,
}

impl Keeper {
    /// A checkpoint takes at most this share of the time: one that takes long is kept less often.
    const SHARE: u32 = 20;

    pub(super) fn new(store: Option<(Store, Duration)>) -> Self {
        let now = Instant::now();
        let store = store.map(|(store, every)| (Arc::new(Mutex::new(store)), every));
        Self {
            store,
            kept: now,
            attempted: now,
            took: Duration::ZERO,
            has_begun: false,
            changes: 0,
            changed: true,
            is_urgent: false,
            is_failing: false,
        }
    }

    /// What notes in the same store.
    pub(super) fn notes(&self) -> Option<Notes> {
        self.store.as_ref().map(|(store, _)| Notes::new(Arc::clone(store)))
    }

    pub(crate) fn tell(&mut self, collector: &mut Collector<'_>, queue: usize) {
        self.has_begun = collector.marks.have_begun();
        let changes = collector.changes();
        let demand = collector.demand();
        self.changed |= changes != self.changes || demand > Demand::Nothing;
        self.changes = changes;
        self.is_urgent = demand == Demand::AtOnce;
        if !self.changed {
            // What was kept last still is all there is.
            self.kept = Instant::now();
        }
        let age = self.store.is_some().then(|| self.kept.elapsed());
        collector.tell_status(queue, age);
    }

    /// Whether it is time for a checkpoint.
    pub(crate) fn is_due(&self) -> bool {
        let Some((_, every)) = &self.store else { return false };
        // What is urgent takes half of the time at most.
        let pause = if self.is_urgent && !self.is_failing { self.took } else { (*every).max(self.took * Self::SHARE) };
        self.has_begun && self.changed && self.attempted.elapsed() >= pause
    }

    /// Makes the outputs durable and keeps the checkpoint, all of which has been noted.
    pub(crate) fn keep(&mut self, snapshot: Snapshot) -> Result<Checkpoint, KeepError> {
        let begun = Instant::now();
        let kept = snapshot.into_checkpoint().map_err(KeepError::Sink).and_then(|checkpoint| {
            if let Some((store, _)) = &self.store {
                lock(store).save_noted(&checkpoint)?;
            }
            Ok(checkpoint)
        });
        let now = Instant::now();
        (self.attempted, self.took) = (now, now - begun);
        (self.changed, self.is_failing) = (kept.is_err(), kept.is_err());
        if kept.is_ok() {
            self.kept = begun;
        }
        kept
    }

    /// Keeps the last checkpoint of the run, and gives back where.
    pub(super) fn finish(self, checkpoint: &Checkpoint) -> Result<Option<Store>, StoreError> {
        let Some((store, _)) = self.store else { return Ok(None) };
        lock(&store).save(checkpoint)?;
        // Nobody else has it any more.
        Ok(Arc::into_inner(store).map(|store| store.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }
}

pub(super) fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}
