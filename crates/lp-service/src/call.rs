//! How long a sink has been at what it was told to do. A pipe whose reader does not read, or a disk that does not answer, keeps it
//! waiting, and says nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use lp::sink::{Block, Sink, SinkError, SinkMark};

/// What a sink is at, for whoever asks.
#[derive(Clone, Default, Debug)]
pub(crate) struct Call(Arc<Mutex<Option<Instant>>>);

impl Call {
    /// What takes longer is an outage.
    const LONG: Duration = Duration::from_secs(1);

    /// How long it has been at it, if that is too long.
    pub(crate) fn hangs(&self) -> Option<Duration> {
        let began = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        began.map(|began| began.elapsed()).filter(|time| *time > Self::LONG)
    }

    fn set(&self, began: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = began;
    }
}

/// A sink that says when it is at something.
pub(crate) struct Timed<S> {
    sink: S,
    call: Call,
}

impl<S: Sink> Timed<S> {
    pub(crate) const fn new(sink: S, call: Call) -> Self {
        Self { sink, call }
    }

    fn time<T>(&mut self, what: impl FnOnce(&mut S) -> T) -> T {
        self.call.set(Some(Instant::now()));
        let done = what(&mut self.sink);
        self.call.set(None);
        done
    }
}

impl<S: Sink> Sink for Timed<S> {
    fn parts_blocks(&self) -> bool {
        self.sink.parts_blocks()
    }

    fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError> {
        self.time(|sink| sink.write(block))
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.time(Sink::flush)
    }

    fn sync(&mut self) -> Result<(), SinkError> {
        self.time(Sink::sync)
    }

    fn mark(&mut self) -> Result<Option<SinkMark>, SinkError> {
        self.time(Sink::mark)
    }

    fn tick(&mut self, now: SystemTime) -> Result<(), SinkError> {
        self.time(|sink| sink.tick(now))
    }
}
