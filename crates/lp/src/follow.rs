//! Runs that follow files: for ever, or until they are [stopped](Stop).

mod arrivals;
mod budget;
mod file;
mod follower;
mod formats;
mod held;
mod keeper;
mod last;
mod marks;
mod notes;
mod paths;
mod run;
mod standing;
mod stopping;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lp_core::Format;
use lp_core::format::detect::{Known, Settings};
use lp_tail::{Checkpoint, Group, OpenFiles, Pattern, Store, StoreError, TailError, TailOptions, Waker};

pub(crate) use keeper::{KeepError, Keeper, Snapshot};
pub(crate) use marks::Marks;
pub(crate) use notes::Notes;

pub use standing::{FileStatus, Standing};

use crate::ledger::Report;
use crate::reading::{Choice, Limits};
use crate::source::Own;
use crate::visible::visible_path;

/// The number of the account of all paths that a run has given up, among the [inputs](Report::inputs) of its report. (It is called `other`;
/// as a file may be, too.)
pub const GIVEN_UP: usize = paths::Paths::OTHERS;

/// Files to follow that have one format.
#[derive(Clone)]
pub struct FollowedSource {
    pub(crate) group: Group,
    pub(crate) own: Own,
}

impl FollowedSource {
    /// These files, in the format of the pipeline.
    #[must_use]
    pub fn new(group: Group) -> Self {
        Self { group, own: Own::default() }
    }

    /// With a format of their own.
    #[must_use]
    pub fn format(mut self, format: Arc<dyn Format>) -> Self {
        self.own.choice = Some(Choice::Given(format));
        self
    }

    /// With a format that is told from the first records of each file, as [`Input::detecting`](crate::Input::detecting) does it.
    #[must_use]
    pub fn detecting(mut self, among: impl IntoIterator<Item = Known>, settings: Settings) -> Self {
        self.own.choice = Some(Choice::Detect { among: among.into_iter().collect(), settings });
        self
    }

    /// With limits of their own on the length of records.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.own.limits = Some(limits);
        self
    }
}

impl FollowedSource {
    /// What it is called where no file is at hand.
    pub(crate) fn name(&self) -> String {
        match self.group.patterns.first() {
            Some(Pattern::Path(path)) => visible_path(path).into_owned(),
            Some(Pattern::Glob(pattern)) => pattern.clone(),
            None => String::new(),
        }
    }
}

/// What a run follows, and how.
pub struct Follow {
    pub(crate) sources: Vec<FollowedSource>,
    pub(crate) options: TailOptions,
    pub(crate) written: Vec<PathBuf>,
    pub(crate) last: Option<NonZeroU32>,
    pub(crate) quiet: Duration,
    pub(crate) grace: Duration,
    pub(crate) accounts: usize,
    pub(crate) resume: Checkpoint,
    pub(crate) open_files: OpenFiles,
    pub(crate) store: Option<(Store, Duration)>,
    pub(crate) stop: Stop,
    pub(crate) standing: Standing,
}

impl Follow {
    /// How long a record of several lines waits for more of them, unless [`quiet`](Self::quiet) says otherwise.
    pub const QUIET: Duration = Duration::from_secs(1);

    /// How long it may take to stop, unless [`grace`](Self::grace) says otherwise.
    pub const GRACE: Duration = Duration::from_secs(10);

    /// So many paths have accounts of their own, unless [`accounts`](Self::accounts) says otherwise.
    pub const ACCOUNTS: usize = 1000;

    /// Follows these files. A file that several sources name belongs to the first.
    #[must_use]
    pub fn new(sources: Vec<FollowedSource>) -> Self {
        Self {
            sources,
            options: TailOptions::default(),
            written: Vec::new(),
            last: None,
            quiet: Self::QUIET,
            grace: Self::GRACE,
            accounts: Self::ACCOUNTS,
            resume: Checkpoint::default(),
            open_files: OpenFiles::default(),
            store: None,
            stop: Stop::default(),
            standing: Standing::default(),
        }
    }

    /// How the files are looked at.
    #[must_use]
    pub fn options(mut self, options: TailOptions) -> Self {
        self.options = options;
        self
    }

    /// Does not follow the files at these paths, by whatever other name they are found: what is read is written to them.
    #[must_use]
    pub fn writes(mut self, paths: Vec<PathBuf>) -> Self {
        self.written = paths;
        self
    }

    /// In files of sources that start at their [end](lp_tail::Start::End), begins with the last so many records that are there and come
    /// through the stages. Of these more than the last 16 MiB of a file are not looked at.
    #[must_use]
    pub fn last_records(mut self, count: NonZeroU32) -> Self {
        self.last = Some(count);
        self
    }

    /// How long the last record of a file, in a format whose records may have several lines, waits for more lines.
    #[must_use]
    pub fn quiet(mut self, quiet: Duration) -> Self {
        self.quiet = quiet;
        self
    }

    /// How long the run may take to [stop](Stop::stop). For half of this time at most it reads on: what is in the files by then, and if it
    /// keeps checkpoints, the rest of the last record of a file, for as long as that waits for more lines. (What comes after that
    /// takes as long as the outputs need.)
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// In the [report](Report::inputs), so many paths have accounts of their own at a time. What is counted of paths for which there is
    /// none, and of those that are not followed any more, comes together in the first one, `other`.
    #[must_use]
    pub fn accounts(mut self, most: usize) -> Self {
        self.accounts = most;
        self
    }

    /// Goes on from a checkpoint: with its files, and with what its stages had gathered. (Sinks are opened at the places that
    /// [`output_place`] tells.)
    #[must_use]
    pub fn resume(mut self, checkpoint: Checkpoint) -> Self {
        self.resume = checkpoint;
        self
    }

    /// Takes over the files that an [earlier run](Finished::open_files) of this process had open. One that the checkpoint knows is read on
    /// even if no path leads to it any more; the others are closed.
    #[must_use]
    pub fn take_over(mut self, open_files: OpenFiles) -> Self {
        self.open_files = open_files;
        self
    }

    /// Keeps a checkpoint here: before anything is written (if the one that is gone on from does not say it all), so often if something
    /// has changed, and at the end.
    #[must_use]
    pub fn store(mut self, store: Store, every: Duration) -> Self {
        self.store = Some((store, every));
        self
    }

    /// What stops the run.
    #[must_use]
    pub fn stop_handle(&self) -> Stop {
        self.stop.clone()
    }

    /// How the files will stand.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.clone()
    }
}

/// Stops a run that follows files, from any thread: what is in the files by then is read, finished and made safe, and the run ends.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<StopState>);

#[derive(Debug, Default)]
struct StopState {
    stopped: AtomicBool,
    goes_on: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Stop {
    /// Stops the run, or the next one if it has not begun. All is given out that is complete, or may be. If it keeps checkpoints, half a
    /// line is left to the run that goes on from there (unless its file has been deleted, so that nobody would find it), and what stages
    /// have gathered is kept for that one too.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::SeqCst);
        if let Some(waker) = &*self.0.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake();
        }
    }

    /// Stops the run, to go on at once with another one from its checkpoint and with the [files](Finished::open_files) that it has open:
    /// nothing more is read, nothing is given out that may not be complete, and what stages have gathered is kept for then.
    pub fn pause(&self) {
        self.0.goes_on.store(true, Ordering::SeqCst);
        self.stop();
    }

    /// Lets the tail be woken that this stops.
    pub(crate) fn wakes(&self, waker: Waker) {
        *self.0.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker);
    }

    /// Whether the run will go on later.
    pub(crate) fn goes_on(&self) -> bool {
        self.0.goes_on.load(Ordering::SeqCst)
    }

    /// Whether it has been stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::SeqCst)
    }
}

/// What is left of a run that has been stopped.
#[derive(Debug)]
pub struct Finished {
    /// What it did.
    pub report: Report,
    /// From which another run goes on.
    pub checkpoint: Checkpoint,
    /// Where checkpoints are kept, to be used again.
    pub store: Option<Store>,
    /// The files that it had open, to be [taken over](Follow::take_over) by a run that goes on in its place: nobody else can read one that
    /// has been deleted or moved away. They stay open until they are dropped, and a deleted one keeps its room on the disk.
    pub open_files: OpenFiles,
}

/// Why a run that follows files did not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// The files cannot be followed.
    #[error(transparent)]
    Tail(#[from] TailError),
    /// The last checkpoint could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It ended early.
    #[error(transparent)]
    Run(#[from] crate::RunError),
}

/// Where in a checkpoint the place of an output stands.
fn output_section(outlet: &str) -> String {
    format!("output:{outlet}")
}

/// Where in a checkpoint stands what a stage had gathered.
fn stage_section(stage: &str) -> String {
    format!("stage:{stage}")
}

/// The place of the outlet of this name in a checkpoint, for [`FileOptions::resume`](crate::sink::FileOptions::resume).
#[must_use]
pub fn output_place<'c>(checkpoint: &'c Checkpoint, outlet: &str) -> Option<&'c [u8]> {
    checkpoint.sections.get(&output_section(outlet)).map(Vec::as_slice)
}
