//! Taking turns: work that is done in any order, and passes one place in the order of the input.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Whose turn something is: the place in the order of the earliest chunk that has not had its.
#[derive(Default)]
pub(crate) struct Turn {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    next: u64,
    /// Whether the one whose turn it is has been let in.
    entered: bool,
    /// From this one on all wait, whether it is their turn or not.
    held: Option<u64>,
    stopped: bool,
}

/// The run is over.
pub(crate) struct Stopped;

impl Turn {
    pub(crate) fn wait_for(&self, sequence: u64) -> Result<(), Stopped> {
        let mut state = lock(&self.state);
        while (state.next < sequence || state.held.is_some_and(|held| held <= sequence)) && !state.stopped {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped {
            return Err(Stopped);
        }
        state.entered |= state.next == sequence;
        Ok(())
    }

    /// Returns when all before this one have had their turn, whoever is held.
    pub(crate) fn wait_until(&self, sequence: u64) -> Result<(), Stopped> {
        let mut state = lock(&self.state);
        while state.next < sequence && !state.stopped {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped { Err(Stopped) } else { Ok(()) }
    }

    /// The place of the earliest that has not had its turn.
    pub(crate) fn next(&self) -> u64 {
        lock(&self.state).next
    }

    pub(crate) fn advance_to(&self, next: u64) {
        let mut state = lock(&self.state);
        (state.next, state.entered) = (next, false);
        drop(state);
        self.changed.notify_all();
    }

    /// Lets nobody in any more, and tells the first one who is not. Waits while another holds them, which is not for long.
    pub(crate) fn hold(&self) -> u64 {
        let mut state = lock(&self.state);
        while state.held.is_some() && !state.stopped {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let first = state.next + u64::from(state.entered);
        state.held = Some(first);
        first
    }

    /// The same, if this is the first one, none is being held, and nobody before has been let in.
    pub(crate) fn hold_at(&self, first: u64) -> bool {
        let mut state = lock(&self.state);
        let is_free = state.held.is_none() && !state.entered && state.next == first;
        if is_free {
            state.held = Some(first);
        }
        is_free
    }

    pub(crate) fn release(&self) {
        lock(&self.state).held = None;
        self.changed.notify_all();
    }

    pub(crate) fn stop(&self) {
        lock(&self.state).stopped = true;
        self.changed.notify_all();
    }
}

/// A panic while a lock is held stops the run; the lock itself may be taken still.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
