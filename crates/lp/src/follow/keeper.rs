//! Keeps checkpoints while a run goes on, and tells how it stands.
//!
//! A snapshot is taken between two chunks, so that all parts of it are of the same moment: the places in the files, in the outputs,
//! and what stages have gathered. Making the outputs durable and saving takes its time on a disk; it is done beside the work, on the
//! thread of the clock. Only what is durable is vouched for. Before anything is written there is one that says so: an output can only be
//! taken back to a place that is known.
//!
//! For the case that the process is killed, which takes nothing from what it has written, snapshots are also noted after each chunk,
//! or nearly so, without waiting for the disk.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lp_tail::{Checkpoint, KnownFile, Store, StoreError};

use super::{output_section, stage_section};
use crate::collector::Collector;
use crate::sink::{SinkError, SinkMark};

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
    /// For the case that this process is killed: what it has written stays, so nothing needs to be made durable.
    fn into_noted(self) -> Checkpoint {
        let outputs = self.outputs.into_iter().map(|(name, mark)| (output_section(&name), mark.into_place()));
        let stages = self.stages.into_iter().map(|(name, state)| (stage_section(&name), state));
        Checkpoint { files: self.files, sections: outputs.chain(stages).collect() }
    }

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
type Shared = Arc<Mutex<Store>>;

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
}

impl Keeper {
    /// A checkpoint takes at most this share of the time: one that takes long is kept less often.
    const SHARE: u32 = 20;

    pub(super) fn new(store: Option<(Store, Duration)>) -> Self {
        let now = Instant::now();
        let store = store.map(|(store, every)| (Arc::new(Mutex::new(store)), every));
        let took = Duration::ZERO;
        Self { store, kept: now, attempted: now, took, has_begun: false, changes: 0, changed: true }
    }

    /// What notes snapshots in the same store, in a run that goes on from this checkpoint.
    pub(super) fn notes(&self, resumed: Checkpoint) -> Option<Notes> {
        let (store, _) = self.store.as_ref()?;
        Some(Notes { store: Arc::clone(store), resumed, noted: None, last: Instant::now(), next: Instant::now() })
    }

    pub(crate) fn tell(&mut self, collector: &mut Collector<'_>, queue: usize) {
        self.has_begun = collector.marks.have_begun();
        let changes = collector.changes();
        self.changed |= changes != self.changes;
        self.changes = changes;
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
        self.has_begun && self.changed && self.attempted.elapsed() >= (*every).max(self.took * Self::SHARE)
    }

    /// Makes the outputs durable and keeps the checkpoint.
    pub(crate) fn keep(&mut self, snapshot: Snapshot) -> Result<(), KeepError> {
        let begun = Instant::now();
        let kept = match &mut self.store {
            Some((store, _)) => snapshot
                .into_checkpoint()
                .map_err(KeepError::Sink)
                .and_then(|checkpoint| lock(store).save(&checkpoint).map_err(KeepError::Store)),
            None => Ok(()),
        };
        let now = Instant::now();
        (self.attempted, self.took) = (now, now - begun);
        self.changed = kept.is_err();
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

/// Notes snapshots.
pub(crate) struct Notes {
    store: Shared,
    /// What the run goes on from, until it has begun.
    resumed: Checkpoint,
    /// How many changes there had been when one was noted; `None` if what was noted does not count any more.
    noted: Option<u64>,
    /// When one was noted.
    last: Instant,
    /// Before this none is: noting has taken long.
    next: Instant,
}

impl Notes {
    /// Notes take at most this share of the time. What waits for that is noted at the clock's next tick, at the latest.
    const SHARE: u32 = 100;

    /// While chunks come one after the other, not after each of them.
    const EVERY: Duration = Duration::from_millis(5);

    /// More files take long to note; a checkpoint is saved often enough.
    const MOST_FILES: usize = 200;

    /// Whether the checkpoint that the run goes on from holds all outputs and files as they are in this snapshot, its first: then it
    /// does as well.
    pub(crate) fn goes_on_at(&mut self, snapshot: &Snapshot) -> bool {
        let Checkpoint { files, sections } = std::mem::take(&mut self.resumed);
        let is_known = |file: &KnownFile| {
            let same = |known: &KnownFile| {
                known.path == file.path
                    && (known.mark.inode, known.mark.position) == (file.mark.inode, file.mark.position)
            };
            files.iter().any(same)
        };
        let is_there = |(name, mark): &(String, SinkMark)| {
            sections.get(&output_section(name)).is_some_and(|place| place == mark.place())
        };
        snapshot.files.iter().all(is_known) && snapshot.outputs.iter().all(is_there)
    }

    /// Keeps the first checkpoint of a run, of the moment before anything is written.
    pub(crate) fn begin(&self, snapshot: Snapshot) -> Result<(), KeepError> {
        let checkpoint = snapshot.into_checkpoint()?;
        Ok(lock(&self.store).save(&checkpoint)?)
    }

    /// Whether a snapshot of so many files is to be noted now, after so many changes; nothing else is being written if `is_idle`.
    pub(crate) fn is_due(&self, changes: u64, files: usize, is_idle: bool) -> bool {
        if self.noted == Some(changes) || files > Self::MOST_FILES {
            return false;
        }
        let now = Instant::now();
        now >= self.next && (is_idle || now - self.last >= Self::EVERY)
    }

    /// Notes a snapshot that was begun to be taken then, after so many changes.
    pub(crate) fn note(&mut self, snapshot: Snapshot, changes: u64, begun: Instant) {
        // While one is saved, nobody waits for that: it is noted afterwards.
        if let Ok(mut store) = self.store.try_lock() {
            // If it is not possible, there still is what was saved.
            let _ = store.note(&snapshot.into_noted());
            self.noted = Some(changes);
        }
        self.last = Instant::now();
        self.next = self.last + (self.last - begun) * Self::SHARE;
    }

    /// A checkpoint has been saved, which may be older than what was noted, and takes its place.
    pub(crate) const fn forget(&mut self) {
        self.noted = None;
    }
}

fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}
