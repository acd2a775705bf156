//! The same work on several threads, with the same output.
//!
//! Every thread does everything: it takes some memory, then the feed's lock, reads the next chunk into the memory and
//! gets its place in the order; outside the lock it parses and encodes, while the bytes are still in its core's cache.
//! It leaves the result in a channel, and if no other thread is writing at that moment it writes what is ready, in
//! order, and gives the memory back. So there is no thread that only waits to be woken, and as many threads run as
//! were asked for. There is only so much memory: a sink that is slow stops the reading.
//!
//! Nothing can wait for ever: memory is taken before a place in the order, so the earliest chunk that is not written
//! yet always has what it needs. A chunk whose output is larger than a thread may hold (many empty lines, each of
//! which becomes a long record) is written in parts; for that its thread waits until it is its turn.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::collector::Collector;
use crate::error::Cause;
use crate::feed::{End, Fate, Feed, Item, Next, Piece, Position, Reached};
use crate::follow::Stop;
use crate::outlet::Encoded;
use crate::reading::Reading;
use crate::stages::Seen;
use crate::turn::{Stopped, Turn, lock};
use crate::work::{Flow, Memory, Outcome, Scratch, Work};

mod beside;

pub(crate) use beside::Beside;

/// A chunk or an end of input that has been worked on, in its place.
struct Done {
    position: Position,
    name: Arc<str>,
    what: What,
    memory: Memory,
}

enum What {
    Chunk(Box<Outcome>, Arc<Reading>, Option<Reached>),
    End(End),
    Fate(Fate),
}

/// What the threads share.
struct Shared<'a, 'c> {
    work: &'a Work<'a>,
    feed: Mutex<&'a mut (dyn Feed + 'a)>,
    /// Lets a thread go that waits for what the feed gives.
    over: Stop,
    /// How many pieces the feed has given.
    given: AtomicU64,
    /// The place in the order behind which a run that follows files has begun.
    begun: AtomicU64,
    /// Memory that nobody uses; there is no sender any more when the run is over.
    free: Receiver<Memory>,
    free_sender: Mutex<Option<Sender<Memory>>>,
    done: Receiver<Done>,
    done_sender: Sender<Done>,
    writing: Mutex<Writing<'a, 'c>>,
    /// Whose turn it is to write.
    turn: Turn,
    /// Whose turn it is to pass the sequential stages, if there are any.
    sequential: Option<Turn>,
    /// From when on what they have gathered is wanted behind each chunk, to be noted; `None` if nothing is noted.
    wanted: Mutex<Option<Instant>>,
}

/// What belongs to the thread that writes.
struct Writing<'a, 'c> {
    collector: &'a mut Collector<'c>,
    /// What is done, but whose turn has not come.
    early: BTreeMap<u64, Done>,
    next: u64,
    result: Result<(), Cause>,
}

pub(crate) fn run<'a>(
    threads: NonZeroUsize,
    feed: &'a mut (dyn Feed + 'a),
    work: &'a Work<'a>,
    collector: &'a mut Collector<'_>,
    beside: Beside<'_>,
) -> Result<(), Cause> {
    // One for each thread to work on, and two that wait to be written.
    let memories = threads.get() + 2;
    let (free_sender, free) = bounded(memories);
    for _ in 0..memories {
        // There is room for all of them, and the receiver is here.
        let _ = free_sender.send(Memory::default());
    }
    let (done_sender, done) = bounded(memories);
    let shared = Shared {
        work,
        over: feed.over(),
        feed: Mutex::new(feed),
        given: AtomicU64::new(0),
        begun: AtomicU64::new(0),
        free,
        free_sender: Mutex::new(Some(free_sender)),
        done,
        done_sender,
        wanted: Mutex::new(collector.next_note()),
        writing: Mutex::new(Writing { collector, early: BTreeMap::new(), next: 0, result: Ok(()) }),
        turn: Turn::default(),
        sequential: work.stages.are_sequential().then(Turn::default),
    };
    let shared_by_all = &shared;
    thread::scope(|scope| {
        // Whichever way this ends, threads that wait must not wait for ever.
        let _stop = StopOnDrop(shared_by_all);
        let mut others = Vec::new();
        for number in 1..threads.get() {
            let thread = thread::Builder::new().name(format!("lp-parse-{number}"));
            match thread.spawn_scoped(scope, move || shared_by_all.work_until_end()) {
                Ok(other) => others.push(other),
                // The system gives no more; every thread does everything, so those that there are suffice.
                Err(_) => break,
            }
        }
        let (running, run_is_over) = bounded::<()>(0);
        beside.begin(shared_by_all, scope, run_is_over);
        shared_by_all.work_until_end();
        for other in others {
            if let Err(panic) = other.join() {
                resume_unwind(panic);
            }
        }
        drop(running);
    });
    // The last one to send saw to the writing, or left it to one who was at it; if this were ever wrong, data would be
    // lost without a word.
    shared.write_what_is_ready();
    let writing = shared.writing.into_inner().unwrap_or_else(PoisonError::into_inner);
    writing.result
}

impl Shared<'_, '_> {
    /// What each thread does, until the inputs end or the run is stopped.
    fn work_until_end(&self) {
        let _stop = StopOnPanic(self);
        let mut scratch = Scratch::new();
        while let Ok(mut memory) = self.free.recv() {
            let buffer = std::mem::take(&mut memory.buffer);
            // A feed whose reader or format panicked is not to be used again.
            let Ok(mut feed) = self.feed.lock() else { return };
            let next = feed.next(buffer);
            // Nothing comes any more; what is being worked on is finished by the threads that do.
            let Some(Item { position, name, next }) = next else { return };
            let sequence = position.sequence;
            self.given.store(sequence + 1, Ordering::Relaxed);
            if matches!(next, Next::Fate(_, Fate::Begun)) {
                self.begun.store(sequence + 1, Ordering::Relaxed);
            }
            drop(feed);
            let mut what = match next {
                Next::End(buffer, end) => {
                    memory.buffer = buffer;
                    What::End(end)
                }
                Next::Fate(buffer, fate) => {
                    memory.buffer = buffer;
                    What::Fate(fate)
                }
                Next::Chunk(piece) => {
                    // The first checkpoint knows nothing of what comes behind it. What comes before it waits for nobody.
                    if self.turn.wait_until(self.begun.load(Ordering::Relaxed)).is_err() {
                        return;
                    }
                    let Piece { chunk, reading, reached } = *piece;
                    let mut flow = InTurn { shared: self, sequence };
                    let outputs = &mut memory.outputs;
                    let outcome = self.work.run(&chunk, position.input, &reading, &mut scratch, outputs, &mut flow);
                    let Ok(outcome) = outcome else { return };
                    memory.buffer = chunk.into_buffer().unwrap_or_default();
                    What::Chunk(Box::new(outcome), reading, reached)
                }
            };
            if let Some(turn) = &self.sequential {
                if turn.wait_for(sequence).is_err() {
                    return;
                }
                if let What::Chunk(outcome, ..) = &mut what
                    && lock(&self.wanted).is_some_and(|from| from <= Instant::now())
                {
                    outcome.seen = Some(self.work.stages.seen());
                }
                turn.advance_to(sequence + 1);
            }
            if self.done_sender.send(Done { position, name, what, memory }).is_err() {
                return;
            }
            self.write_what_is_ready();
        }
    }

    /// How many pieces have been given and are not written.
    fn queue(&self) -> usize {
        let written = self.turn.next();
        usize::try_from(self.given.load(Ordering::Relaxed).saturating_sub(written)).unwrap_or(usize::MAX)
    }

    /// Writes what is done and whose turn it is, unless another thread is at it: that one will see what is new.
    fn write_what_is_ready(&self) {
        loop {
            let mut writing = match self.writing.try_lock() {
                Ok(writing) => writing,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            while let Ok(done) = self.done.try_recv() {
                writing.early.insert(done.position.sequence, done);
                if let Err(cause) = self.write_in_order(&mut writing) {
                    self.fail(&mut writing, cause);
                    return;
                }
            }
            drop(writing);
            // What was sent while this thread held the lock is this thread's to write.
            if self.done.is_empty() {
                return;
            }
        }
    }

    fn write_in_order(&self, writing: &mut Writing<'_, '_>) -> Result<(), Cause> {
        while writing.result.is_ok()
            && let Some(done) = writing.early.remove(&writing.next)
        {
            let Done { position, name, what, mut memory } = done;
            let mut seen = None;
            match what {
                What::Chunk(mut outcome, reading, reached) => {
                    seen = outcome.seen.take();
                    writing.collector.write(&reading, &mut memory.outputs)?;
                    writing.collector.chunk(position, &name, &reading, *outcome, reached)?;
                }
                What::End(end) => writing.collector.end(position, &name, end)?,
                What::Fate(fate) => writing.collector.fate(position, &name, fate)?,
            }
            memory.reset();
            if let Some(free) = &*lock(&self.free_sender) {
                // There is room for all the memory there is.
                let _ = free.send(memory);
            }
            writing.next += 1;
            self.turn.advance_to(writing.next);
            let is_idle = self.given.load(Ordering::Relaxed) == writing.next;
            self.note(writing, is_idle, seen);
        }
        Ok(())
    }

    /// Notes what has been written, if it is time to, with what sequential stages had gathered by then.
    fn note(&self, writing: &mut Writing<'_, '_>, is_idle: bool, seen: Option<Seen>) {
        if !writing.collector.is_note_due(is_idle) {
            return;
        }
        match &self.sequential {
            Some(turn) if seen.is_none() => {
                // If they are ahead, a chunk that comes soon tells how they stand behind it.
                if !turn.hold_at(writing.next) {
                    return;
                }
                writing.collector.note(None);
                turn.release();
            }
            _ => writing.collector.note(seen),
        }
        *lock(&self.wanted) = writing.collector.next_note();
    }

    /// Ends the run with an error.
    fn fail(&self, writing: &mut Writing<'_, '_>, cause: Cause) -> Stopped {
        self.stop();
        writing.result = Err(writing.collector.ends_early(cause));
        Stopped
    }

    /// Ends the run: whoever waits for memory, for its turn or for something to read gets none.
    fn stop(&self) {
        self.over.stop();
        self.turn.stop();
        if let Some(turn) = &self.sequential {
            turn.stop();
        }
        *lock(&self.free_sender) = None;
        // Memory that is free may still be taken; nothing must be read into it.
        while self.free.try_recv().is_ok() {}
    }
}

/// A chunk of this place in the order, while a worker is at it.
struct InTurn<'s, 'a, 'c> {
    shared: &'s Shared<'a, 'c>,
    sequence: u64,
}

impl Flow for InTurn<'_, '_, '_> {
    type Error = Stopped;

    fn wait_for_turn(&mut self) -> Result<(), Stopped> {
        self.shared.sequential.as_ref().map_or(Ok(()), |turn| turn.wait_for(self.sequence))
    }

    fn hand_on(&mut self, reading: &Reading, outputs: &mut [Encoded], outcome: &mut Outcome) -> Result<(), Stopped> {
        self.shared.turn.wait_for(self.sequence)?;
        // All before this chunk has been written, and nothing behind it will be before it is done.
        let mut writing = lock(&self.shared.writing);
        let written = writing.collector.hand_on(reading, outputs, outcome);
        written.map_err(|cause| self.shared.fail(&mut writing, cause))
    }
}

struct StopOnDrop<'a, 'b, 'c>(&'a Shared<'b, 'c>);

impl Drop for StopOnDrop<'_, '_, '_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

struct StopOnPanic<'a, 'b, 'c>(&'a Shared<'b, 'c>);

impl Drop for StopOnPanic<'_, '_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}
