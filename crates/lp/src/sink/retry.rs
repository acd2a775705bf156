//! Trying again what fails only for a time.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::{Block, Demand, Sink, SinkError, SinkMark};
use crate::follow::Stop;

/// While it waits, it is looked at so often whether the run has been stopped.
const LOOK: Duration = Duration::from_millis(50);

/// How long is waited, and when no more.
#[derive(Clone, Debug)]
pub struct RetryOptions {
    first: Duration,
    longest: Duration,
    grace: Duration,
    stop: Stop,
}

impl RetryOptions {
    /// Waits 100 ms first and twice as long each time, at most 5 s; and gives up 5 s after the run has been stopped by
    /// `stop`.
    #[must_use]
    pub fn new(stop: Stop) -> Self {
        let seconds = Duration::from_secs;
        Self { first: Duration::from_millis(100), longest: seconds(5), grace: seconds(5), stop }
    }

    /// How long is waited between the first two attempts, and at most between any.
    #[must_use]
    pub fn pauses(self, first: Duration, longest: Duration) -> Self {
        Self { first, longest, ..self }
    }

    /// For how long something is still tried after the run has been stopped.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }
}

/// A time in which a sink does not do what it should.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Outage<'a> {
    /// It begins, with this error. What failed is tried again; that may fail for other reasons, which are not told.
    Begins {
        /// What happened.
        error: &'a SinkError,
    },
    /// It is over.
    Ends {
        /// How long it was.
        after: Duration,
    },
}

/// A sink that does not fail for what [may pass](SinkError::may_pass): it waits, and tries it again until it succeeds. Nothing
/// is lost or written twice meanwhile, since a block knows what is written of it.
///
/// Only [`tick`](Sink::tick) does not wait, as it is called again anyway.
pub struct Retry<S, F> {
    sink: S,
    told: F,
    options: RetryOptions,
    /// Since when there is an outage.
    began: Option<Instant>,
    /// Whether what is due by the clock has failed, and not been done since. Then it is no end of the outage that the rest succeeds.
    overdue: bool,
    /// When it was seen first that the run has been stopped.
    stopped: Option<Instant>,
}

impl<S, F> Retry<S, F> {
    /// `told` is called when an outage begins and when it ends. If the run ends in one, that is not told.
    pub const fn new(sink: S, options: RetryOptions, told: F) -> Self {
        Self { sink, told, options, began: None, overdue: false, stopped: None }
    }
}

impl<S: Sink, F: FnMut(&Outage<'_>)> Retry<S, F> {
    fn persist<T>(&mut self, mut attempt: impl FnMut(&mut S) -> Result<T, SinkError>) -> Result<T, SinkError> {
        let mut pause = self.options.first;
        loop {
            let error = match attempt(&mut self.sink) {
                Err(error) if error.may_pass() => error,
                result => {
                    if result.is_ok() && !self.overdue {
                        self.works();
                    }
                    return result;
                }
            };
            self.fails(&error);
            if !self.wait(pause) {
                return Err(error);
            }
            pause = pause.saturating_mul(2).min(self.options.longest);
        }
    }

    /// An outage begins, unless there is one.
    fn fails(&mut self, error: &SinkError) {
        if self.began.is_none() {
            self.began = Some(Instant::now());
            (self.told)(&Outage::Begins { error });
        }
    }

    /// The outage is over, if there was one.
    fn works(&mut self) {
        if let Some(began) = self.began.take() {
            (self.told)(&Outage::Ends { after: began.elapsed() });
        }
    }

    /// Waits so long. `false` as soon as nothing is to be tried any more.
    fn wait(&mut self, pause: Duration) -> bool {
        let begun = Instant::now();
        loop {
            if self.options.stop.is_stopped()
                && self.stopped.get_or_insert_with(Instant::now).elapsed() >= self.options.grace
            {
                return false;
            }
            let left = pause.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(LOOK));
        }
    }
}

impl<S: Sink, F: FnMut(&Outage<'_>) + Send> Sink for Retry<S, F> {
    fn parts_blocks(&self) -> bool {
        self.sink.parts_blocks()
    }

    // `times_out` is false: it waits for as long as it takes, and tells so.

    fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError> {
        self.persist(|sink| sink.write(block))
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.persist(Sink::flush)
    }

    fn sync(&mut self) -> Result<(), SinkError> {
        self.persist(Sink::sync)
    }

    fn mark(&mut self) -> Result<Option<SinkMark>, SinkError> {
        self.persist(Sink::mark)
    }

    fn kept(&mut self, place: Option<&[u8]>) {
        self.sink.kept(place);
    }

    fn demand(&self) -> Demand {
        self.sink.demand()
    }

    /// As that of the sink, but what may pass is told only. It is due again at the next tick.
    fn tick(&mut self, now: SystemTime) -> Result<(), SinkError> {
        match self.sink.tick(now) {
            Ok(()) => {
                self.overdue = false;
                self.works();
            }
            Err(error) if error.may_pass() => {
                self.overdue = true;
                self.fails(&error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl<S, F> fmt::Debug for Retry<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry").field("options", &self.options).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::sync::mpsc;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::Action;
    use super::*;

    /// What happens to one call: so many bytes at most are written, and then it may fail.
    #[derive(Clone, Copy, Debug)]
    struct Fate(usize, Option<(Action, ErrorKind)>);

    const FULL: Fate = Fate(0, Some((Action::Write, ErrorKind::StorageFull)));
    const FINE: Fate = Fate(usize::MAX, None);

    /// A sink that fails as told, and then no more.
    struct Faulty {
        taken: Vec<u8>,
        fates: std::vec::IntoIter<Fate>,
    }

    impl Faulty {
        fn new(fates: Vec<Fate>) -> Self {
            Self { taken: Vec::new(), fates: fates.into_iter() }
        }

        fn fate(&mut self) -> (usize, Result<(), SinkError>) {
            let Fate(most, error) = self.fates.next().unwrap_or(FINE);
            let result = error.map_or(Ok(()), |(action, kind)| Err(SinkError::system(action, "it", kind.into())));
            (most, result)
        }
    }

    impl Sink for Faulty {
        fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError> {
            let (most, result) = self.fate();
            let part = if result.is_ok() { block.bytes() } else { &block.bytes()[..block.len().min(most)] };
            self.taken.extend_from_slice(part);
            block.advance(part.len());
            result
        }

        fn flush(&mut self) -> Result<(), SinkError> {
            self.fate().1
        }

        fn sync(&mut self) -> Result<(), SinkError> {
            self.fate().1
        }

        fn mark(&mut self) -> Result<Option<SinkMark>, SinkError> {
            self.fate().1.map(|()| Some(SinkMark::new(self.taken.len().to_string().into(), || Ok(()))))
        }

        fn tick(&mut self, _now: SystemTime) -> Result<(), SinkError> {
            self.fate().1
        }
    }

    fn quick(stop: &Stop) -> RetryOptions {
        RetryOptions::new(stop.clone()).pauses(Duration::from_micros(1), Duration::from_micros(8))
    }

    /// What is told, in a few words.
    fn word(outage: &Outage<'_>) -> String {
        match outage {
            Outage::Begins { error } => format!("{:?}", error.kind()),
            Outage::Ends { .. } => "over".to_owned(),
        }
    }

    /// What a call with these fates comes to, and what is told.
    fn told<T>(
        fates: Vec<Fate>,
        call: impl FnOnce(&mut dyn Sink) -> Result<T, SinkError>,
    ) -> (Result<T, ErrorKind>, Vec<String>) {
        let mut words = Vec::new();
        let mut sink = Retry::new(Faulty::new(fates), quick(&Stop::default()), |outage: &Outage<'_>| {
            words.push(word(outage));
        });
        let result = call(&mut sink).map_err(|error| error.kind());
        (result, words)
    }

    #[test]
    fn what_passes_is_waited_for() {
        let denied = Fate(0, Some((Action::Open, ErrorKind::PermissionDenied)));
        let outage = vec!["StorageFull".to_owned(), "over".to_owned()];
        let fates = || vec![FULL, denied, FULL];
        assert_eq!(told(fates(), |sink| sink.flush()), (Ok(()), outage.clone()));
        assert_eq!(told(fates(), |sink| sink.sync()), (Ok(()), outage.clone()));
        let mark = |sink: &mut dyn Sink| sink.mark()?.unwrap().make_durable();
        assert_eq!(told(fates(), mark), (Ok(b"0".to_vec()), outage));
    }

    #[test]
    fn what_does_not_pass_is_an_error() {
        for (action, kind) in [
            (Action::Write, ErrorKind::BrokenPipe),
            (Action::Write, ErrorKind::Other),
            // The next attempt would be a success.
            (Action::Sync, ErrorKind::StorageFull),
        ] {
            let fates = || vec![FULL, Fate(0, Some((action, kind)))];
            assert_eq!(told(fates(), |sink| sink.sync()), (Err(kind), vec!["StorageFull".to_owned()]));
            let tick = |sink: &mut dyn Sink| sink.tick(SystemTime::now());
            assert_eq!(told(vec![fates()[1]], tick), (Err(kind), Vec::new()));
        }
    }

    #[test]
    fn ticks_do_not_wait() {
        let ticks = |sink: &mut dyn Sink| (0..6).try_for_each(|_| sink.tick(SystemTime::now()));
        let want = ["StorageFull", "over", "StorageFull", "over"].map(str::to_owned).to_vec();
        assert_eq!(told(vec![FINE, FULL, FULL, FINE, FULL, FINE], ticks), (Ok(()), want));
    }

    /// What is due by the clock and what is written may fail at the same time; that is one outage.
    #[test]
    fn an_outage_has_one_voice() {
        let calls = |sink: &mut dyn Sink| {
            sink.tick(SystemTime::now())?;
            sink.flush()?;
            sink.flush()?;
            sink.tick(SystemTime::now())
        };
        let outage = ["StorageFull", "over"].map(str::to_owned).to_vec();
        // The tick, the first flush and its second attempt, the second flush, the tick.
        assert_eq!(told(vec![FULL, FULL, FINE, FINE, FINE], calls), (Ok(()), outage.clone()));
        assert_eq!(told(vec![FINE, FULL, FINE, FINE, FINE], calls), (Ok(()), outage));
    }

    #[test]
    fn a_run_that_is_stopped_gives_up_after_the_grace_time() {
        let stop = Stop::default();
        let (tell, outages) = mpsc::channel();
        let grace = Duration::from_millis(200);
        let options = RetryOptions::new(stop.clone()).grace(grace).pauses(Duration::from_secs(60), Duration::MAX);
        let waiting = thread::spawn(move || {
            let told = move |outage: &Outage<'_>| tell.send(word(outage)).unwrap();
            let mut sink = Retry::new(Faulty::new(vec![FULL; 3]), options, told);
            let mut block = Block::lines(b"a\n");
            let first = sink.write(&mut block).unwrap_err().kind();
            let begun = Instant::now();
            // The time is over for all that comes then.
            let second = sink.write(&mut block).unwrap_err().kind();
            (first, second, block.len(), begun.elapsed() < grace)
        });
        assert_eq!(outages.recv().unwrap(), "StorageFull");
        let stopped = Instant::now();
        stop.stop();
        let full = ErrorKind::StorageFull;
        assert_eq!(waiting.join().unwrap(), (full, full, 2, true));
        // And not after the pause of a minute.
        assert!((grace..Duration::from_secs(30)).contains(&stopped.elapsed()));
    }

    proptest! {
        #[test]
        fn each_byte_is_written_once(
            texts in vec("[a-z]{0,9}", 0..8),
            most in vec((0..5_usize, any::<bool>()), 0..20),
        ) {
            let fates = most.into_iter().map(|(most, fails)| if fails { Fate(most, FULL.1) } else { FINE }).collect();
            let mut outages = Vec::new();
            let told = |outage: &Outage<'_>| outages.push(word(outage));
            let mut sink = Retry::new(Faulty::new(fates), quick(&Stop::default()), told);
            for text in &texts {
                let mut block = Block::lines(text.as_bytes());
                sink.write(&mut block).unwrap();
                prop_assert!(block.is_empty());
            }
            prop_assert_eq!(sink.sink.taken, texts.concat().into_bytes());
            prop_assert!(outages.chunks(2).all(|outage| outage == ["StorageFull", "over"]));
        }
    }
}
