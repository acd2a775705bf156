//! The same work on several threads, with the same output.
//!
//! A worker takes some memory, then the feed's lock, reads the next chunk into the memory and gets its place in the
//! order; outside the lock it parses and encodes, while the bytes are still in its core's cache. The results go to the
//! caller's thread, which puts them in order, writes them, and gives the memory back. There is only so much memory, so
//! a sink that is slow stops the reading.
//!
//! Nothing can wait for ever: memory is taken before a place in the order, so the earliest chunk that is not written
//! yet always has what it needs. A chunk whose output is larger than a worker may hold (many empty lines, each of
//! which becomes a long record) is handed over in parts; for that its worker waits until it is its turn.

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use lp_core::encode::Output;

use crate::pipeline::{Cause, Collector, End, Feed, Next, Position};
use crate::work::{Memory, Outcome, Work};

/// What a worker tells the collector.
enum Message {
    /// A chunk, or an end of input, in its place.
    Done(Position, Arc<str>, Done, Memory),
    /// Output of the chunk whose turn it is, with more to come.
    Part(Output),
    /// The format panicked. The panic goes on on the caller's thread.
    Panicked(Box<dyn Any + Send>),
}

enum Done {
    Chunk(Outcome),
    End(End),
}

/// What the workers share.
struct Shared {
    feed: Mutex<Feed>,
    work: Arc<Work>,
    turn: Turn,
}

pub(crate) fn run(
    threads: NonZeroUsize,
    feed: Feed,
    work: Arc<Work>,
    collector: &mut Collector<'_>,
) -> Result<(), Cause> {
    // One for each worker to work on, and two that are being written or wait to be.
    let memories = threads.get() + 2;
    let (free_sender, free) = bounded(memories);
    let (sender, messages) = bounded(memories);
    for _ in 0..memories {
        // There is room for all of them, and the receiver is here.
        let _ = free_sender.send(Memory::default());
    }
    let shared = Arc::new(Shared { feed: Mutex::new(feed), work, turn: Turn::default() });
    // Whichever way this function ends, workers that wait for their turn must not wait for ever.
    let _stop = StopOnDrop(Arc::clone(&shared));
    let mut workers = Vec::with_capacity(threads.get());
    for number in 0..threads.get() {
        let (shared, free, sender) = (Arc::clone(&shared), free.clone(), sender.clone());
        let worker = thread::Builder::new()
            .name(format!("lp-parse-{number}"))
            .spawn(move || {
                let panicked = catch_unwind(AssertUnwindSafe(|| work_until_end(&shared, &free, &sender)));
                if let Err(payload) = panicked {
                    let _ = sender.send(Message::Panicked(payload));
                }
            })
            .map_err(Cause::Thread)?;
        workers.push(worker);
    }
    // Only the workers hold senders and receivers of the other side now, so that either side notices the other's end.
    drop((free, sender));
    collect(&messages, &free_sender, &shared.turn, collector)?;
    for worker in workers {
        // A worker catches its panics.
        let _ = worker.join();
    }
    Ok(())
}

/// One worker, until the inputs or the collector end.
fn work_until_end(shared: &Shared, free: &Receiver<Memory>, sender: &Sender<Message>) {
    let work = &*shared.work;
    let mut batch = work.batch();
    while let Ok(mut memory) = free.recv() {
        let buffer = std::mem::take(&mut memory.buffer);
        let Some((position, name, next)) = lock(&shared.feed).next(buffer, &*work.format) else {
            return;
        };
        let done = match next {
            Next::End(buffer, end) => {
                memory.buffer = buffer;
                Done::End(end)
            }
            Next::Chunk(chunk) => {
                let outcome = work.run(&chunk, &mut batch, &mut memory.output, |output| {
                    shared.turn.wait_for(position.sequence)?;
                    sender.send(Message::Part(std::mem::take(output))).map_err(|_| Stopped)
                });
                let Ok(outcome) = outcome else { return };
                memory.buffer = chunk.into_buffer().unwrap_or_default();
                Done::Chunk(outcome)
            }
        };
        if sender.send(Message::Done(position, name, done, memory)).is_err() {
            return;
        }
    }
}

/// Takes the workers' messages until all workers have ended, and does in input order what they say.
fn collect(
    messages: &Receiver<Message>,
    free: &Sender<Memory>,
    turn: &Turn,
    collector: &mut Collector<'_>,
) -> Result<(), Cause> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for message in messages {
        match message {
            Message::Panicked(payload) => resume_unwind(payload),
            // Only the worker whose turn it is sends parts, so all before it has been written.
            Message::Part(output) => collector.write(output.as_bytes())?,
            Message::Done(position, name, done, memory) => {
                early.insert(position.sequence, (position, name, done, memory));
            }
        }
        while let Some((position, name, done, mut memory)) = early.remove(&next) {
            match done {
                Done::Chunk(outcome) => {
                    collector.write(memory.output.as_bytes())?;
                    collector.chunk(position, &name, &outcome)?;
                }
                Done::End(end) => collector.end(position, &name, end),
            }
            memory.output.clear();
            // The workers have all ended if nobody takes it.
            let _ = free.send(memory);
            next += 1;
            turn.advance_to(next);
        }
    }
    Ok(())
}

/// Whose turn it is to write: the place in the order of the earliest chunk that is not written yet.
#[derive(Default)]
struct Turn {
    state: Mutex<TurnState>,
    changed: Condvar,
}

#[derive(Default)]
struct TurnState {
    next: u64,
    stopped: bool,
}

/// The collector has ended.
struct Stopped;

impl Turn {
    fn wait_for(&self, sequence: u64) -> Result<(), Stopped> {
        let mut state = lock(&self.state);
        while state.next < sequence && !state.stopped {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped { Err(Stopped) } else { Ok(()) }
    }

    fn advance_to(&self, next: u64) {
        lock(&self.state).next = next;
        self.changed.notify_all();
    }

    fn stop(&self) {
        lock(&self.state).stopped = true;
        self.changed.notify_all();
    }
}

struct StopOnDrop(Arc<Shared>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.turn.stop();
    }
}

/// A panic while a lock is held ends the run through [`Message::Panicked`]; the lock itself may be taken still.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
