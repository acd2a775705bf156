//! What goes on beside the work, on threads of its own: the clock of the stages, checkpoints, and a look at what is followed.

use std::thread::{Builder, Scope};
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::{Shared, StopOnPanic};
use crate::clock;
use crate::error::Cause;
use crate::follow::{Keeper, Standing};
use crate::turn::{Stopped, lock};

/// How often the stages of a live run are told the time.
const TICK: Duration = Duration::from_millis(250);

/// What goes on beside the work.
pub(crate) enum Beside<'k> {
    /// Nothing.
    Nothing,
    /// The stages are told the time.
    Clock,
    /// That, and what follows files is told how it stands and kept.
    Keeping { keeper: &'k mut Keeper, standing: &'k Standing },
}

impl Beside<'_> {
    /// Begins it; it goes on until the run is over.
    pub(super) fn begin<'scope>(
        self,
        shared: &'scope Shared<'_, '_>,
        scope: &'scope Scope<'scope, '_>,
        run_is_over: Receiver<()>,
    ) where
        Self: 'scope,
    {
        let clock = Builder::new().name("lp-clock".to_owned());
        // Without the thread the clock stands still between two records.
        let _ = match self {
            Self::Nothing => None,
            Self::Clock => Some(clock.spawn_scoped(scope, move || shared.tell_the_time(&run_is_over, None))),
            Self::Keeping { keeper, standing } => {
                let over = run_is_over.clone();
                // Without the thread what happens while nobody reads is seen late.
                let _ = Builder::new()
                    .name("lp-look".to_owned())
                    .spawn_scoped(scope, move || shared.look_on(&over, standing));
                Some(clock.spawn_scoped(scope, move || shared.tell_the_time(&run_is_over, Some(keeper))))
            }
        };
    }
}

impl Shared<'_, '_> {
    /// Lets the feed look at what it reads while nobody takes from it, until the run is over. Any other thread may be waiting for a slow
    /// sink.
    fn look_on(&self, run_is_over: &Receiver<()>, standing: &Standing) {
        let _stop = StopOnPanic(self);
        while let Err(RecvTimeoutError::Timeout) = run_is_over.recv_timeout(TICK) {
            standing.set_queue(self.queue());
            // While somebody takes from it, it looks itself.
            if let Ok(mut feed) = self.feed.try_lock() {
                feed.look();
            }
        }
    }

    /// Tells the stages the time, until the run is over.
    fn tell_the_time(&self, run_is_over: &Receiver<()>, mut keeper: Option<&mut Keeper>) {
        // What this thread was writing is lost then, and its memory with it.
        let _stop = StopOnPanic(self);
        let mut watch = clock::Watch::new(SystemTime::now(), Instant::now());
        while let Err(RecvTimeoutError::Timeout) = run_is_over.recv_timeout(TICK) {
            let now = SystemTime::now();
            if watch.was_set(now, Instant::now()) {
                self.work.stages.clock_was_set();
            }
            let mut writing = lock(&self.writing);
            if writing.result.is_err() {
                return;
            }
            if let Err(cause) = writing.collector.tick(now) {
                self.fail(&mut writing, cause);
                return;
            }
            let queue = self.queue();
            match &mut keeper {
                Some(keeper) => {
                    keeper.tell(writing.collector, queue);
                    // What came too soon after another one to be noted.
                    self.note(&mut writing, true, None);
                }
                None => writing.collector.tell_status(queue, None),
            }
            drop(writing);
            // What was done while the lock was held has been left to this thread.
            self.write_what_is_ready();
            if let Some(keeper) = &mut keeper
                && keeper.is_due()
                && self.keep(keeper).is_err()
            {
                return;
            }
        }
    }

    /// Takes a snapshot and keeps it, while the work goes on.
    fn keep(&self, keeper: &mut Keeper) -> Result<(), Stopped> {
        // What sequential stages have gathered is ahead of what is written, and in the middle of a chunk that is written in parts
        // the outputs are ahead of the place that the file is done with: no other chunk begins with that until what has begun
        // is written.
        let turn = self.sequential.as_ref().unwrap_or(&self.turn);
        let first = turn.hold();
        self.turn.wait_until(first)?;
        let mut writing = lock(&self.writing);
        if writing.result.is_err() {
            return Err(Stopped);
        }
        let taken = writing.collector.noted_snapshot();
        drop(writing);
        turn.release();
        self.write_what_is_ready();
        let kept = taken.map_err(Into::into).and_then(|snapshot| keeper.keep(snapshot));
        let mut writing = lock(&self.writing);
        if let Err(error) = writing.collector.tell_kept(kept) {
            return Err(self.fail(&mut writing, Cause::Sink(error)));
        }
        // What has been written meanwhile.
        self.note(&mut writing, true, None);
        drop(writing);
        // What was done while the lock was held has been left to this thread.
        self.write_what_is_ready();
        Ok(())
    }
}
