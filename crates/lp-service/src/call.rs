//! How long a sink has been at what it was told to do. A pipe whose reader does not read, or a disk that does not answer, keeps it
//! waiting, and says nothing. What fails is not done: it goes on until something is.
//!
//! A sink that [times out](Sink::times_out) is not looked at. A webhook may rightly take a while for a call, as it posts record after record
//! to somebody who takes his time; it is failing when its attempts are used up, each of which has its timeout, and says so itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use lp::sink::{Block, Demand, Sink, SinkError, SinkMark};

/// What a sink is at, for whoever asks.
#[derive(Clone, Default, Debug)]
pub(crate) struct Call(Arc<Mutex<Option<Instant>>>);

impl Call {
    /// What takes longer is an outage: neither a disk nor a reader that reads takes so long.
    const LONG: Duration = Duration::from_secs(1);

    /// How long it has been at it, if that is too long.
    pub(crate) fn hangs(&self) -> Option<Duration> {
        let began = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        began.map(|began| began.elapsed()).filter(|time| *time > Self::LONG)
    }

    /// It is at something; since before, if that has failed.
    fn begins(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
    }

    /// It is done.
    fn ends(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A sink that says when it is at something.
pub(crate) struct Timed<S> {
    sink: S,
    call: Call,
    times_out: bool,
}

impl<S: Sink> Timed<S> {
    pub(crate) fn new(sink: S, call: Call) -> Self {
        Self { times_out: sink.times_out(), sink, call }
    }

    fn time<T>(&mut self, what: impl FnOnce(&mut S) -> Result<T, SinkError>) -> Result<T, SinkError> {
        if self.times_out {
            return what(&mut self.sink);
        }
        self.call.begins();
        let done = what(&mut self.sink)?;
        self.call.ends();
        Ok(done)
    }
}

impl<S: Sink> Sink for Timed<S> {
    fn parts_blocks(&self) -> bool {
        self.sink.parts_blocks()
    }

    fn times_out(&self) -> bool {
        self.times_out
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

    fn kept(&mut self, place: Option<&[u8]>) {
        self.sink.kept(place);
    }

    fn demand(&self) -> Demand {
        self.sink.demand()
    }

    fn tick(&mut self, now: SystemTime) -> Result<(), SinkError> {
        self.time(|sink| sink.tick(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// It does not come back for longer than is well.
    struct Slow {
        times_out: bool,
        fails: bool,
    }

    impl Sink for Slow {
        fn times_out(&self) -> bool {
            self.times_out
        }

        fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError> {
            thread::sleep(Call::LONG * 3 / 2);
            if self.fails {
                return Err(SinkError::Folder { name: "out".to_owned() });
            }
            block.advance(block.len());
            Ok(())
        }

        fn flush(&mut self) -> Result<(), SinkError> {
            Ok(())
        }

        fn sync(&mut self) -> Result<(), SinkError> {
            Ok(())
        }
    }

    #[test]
    fn a_sink_that_may_wait_for_ever_is_seen_to_hang() {
        let hangs = [true, false].map(|times_out| {
            let call = Call::default();
            let mut sink = Timed::new(Slow { times_out, fails: false }, call.clone());
            let (begun, mut hangs) = (Instant::now(), false);
            thread::scope(|scope| {
                let writes = scope.spawn(move || sink.write(&mut Block::lines(b"a\n")).unwrap());
                while !writes.is_finished() {
                    hangs |= call.hangs().is_some();
                    thread::sleep(Duration::from_millis(10));
                }
            });
            assert!(begun.elapsed() > Call::LONG && call.hangs().is_none());
            hangs
        });
        assert_eq!(hangs, [false, true]);
    }

    /// An attempt that fails after a while is no sign that it goes on.
    #[test]
    fn what_fails_is_not_done() {
        let call = Call::default();
        let mut sink = Timed::new(Slow { times_out: false, fails: true }, call.clone());
        assert!(sink.write(&mut Block::lines(b"a\n")).is_err() && call.hangs().is_some());
        sink.sink.fails = false;
        assert!(sink.write(&mut Block::lines(b"a\n")).is_ok() && call.hangs().is_none());
    }
}
