//! The stages of a run, with what each of them has gathered.

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lp_core::Timestamp;

use crate::event::Events;
use crate::stage::{AnyStage, BindError, Binding, BoundStage, Selected, State};

/// More than so many bytes of a stage take too long to be noted as often as places are.
pub(crate) const LARGEST: usize = 64 << 10;

/// A stage and the name that the pipeline knows it by.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) stage: AnyStage,
}

/// The stages of a run, in order.
pub(crate) struct Stages<'a> {
    list: &'a [Named],
    /// What each has gathered; taken away when the run ends.
    states: Vec<Mutex<Option<State>>>,
    /// Whether that was too much to be noted when it was last looked at.
    large: Vec<AtomicBool>,
    /// How much sequential stages have told by the clock.
    told: AtomicU64,
}

/// What a stage has gathered, by its name, to be noted: `None` if that is too much.
pub(crate) type Gathered = (String, Option<Vec<u8>>);

/// What sequential stages had gathered when they had seen a chunk, and nothing behind it.
pub(crate) struct Seen {
    told: u64,
    gathered: Vec<Gathered>,
}

impl<'a> Stages<'a> {
    pub(crate) fn new(list: &'a [Named]) -> Self {
        let states = list.iter().map(|named| Mutex::new(Some(named.stage.new_state()))).collect();
        let large = list.iter().map(|_| AtomicBool::new(false)).collect();
        Self { list, states, large, told: AtomicU64::new(0) }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.list.iter().map(|named| named.name.as_str())
    }

    pub(crate) fn name(&self, stage: usize) -> &'a str {
        self.list.get(stage).map_or("", |named| &named.name)
    }

    pub(crate) const fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether a stage must see the chunks in their order.
    pub(crate) fn are_sequential(&self) -> bool {
        self.list.iter().any(|named| named.stage.is_sequential())
    }

    /// The stages made ready for an input; or the name of the one that cannot be, and why.
    pub(crate) fn bind(&self, to: &Binding<'_>) -> Result<Vec<BoundStage>, (String, BindError)> {
        self.list.iter().map(|named| named.stage.bind(to).map_err(|error| (named.name.clone(), error))).collect()
    }

    /// Which stages cannot be made ready for an input, and why.
    pub(crate) fn unfit(&self, to: &Binding<'_>) -> impl Iterator<Item = (String, BindError)> {
        self.list.iter().filter_map(|named| Some((named.name.clone(), named.stage.bind(to).err()?)))
    }

    /// Lets a sequential stage see a batch. It must be the batch's turn.
    pub(crate) fn run(&self, number: usize, stage: &BoundStage, records: &mut Selected<'_>, out: &mut Events) {
        if let AnyStage::Sequential(sequential) = &stage.stage
            && let Some(state) = &mut *self.state(number)
        {
            out.stage = number;
            sequential.run(&stage.bound, state, records, out);
        }
    }

    /// Gives a stage what a batch has contributed.
    pub(crate) fn fold(&self, number: usize, part: Box<dyn Any + Send>, out: &mut Events) {
        if let (Some(named), Some(state)) = (self.list.get(number), &mut *self.state(number)) {
            out.stage = number;
            named.stage.fold(state, part, out);
        }
    }

    pub(crate) fn tick(&self, now: Timestamp, out: &mut Events) {
        for (number, named) in self.list.iter().enumerate() {
            if let Some(state) = &mut *self.state(number) {
                let before = out.list.len();
                out.stage = number;
                named.stage.tick(state, now, out);
                // While nobody else has what it has gathered.
                if named.stage.is_sequential() && out.list.len() > before {
                    self.told.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Lets the stages tell what they have gathered; if the run goes on later, only those that cannot be saved.
    pub(crate) fn finish(&self, goes_on: bool, out: &mut Events) {
        for (number, named) in self.list.iter().enumerate() {
            let mut state = self.state(number);
            if goes_on && state.as_ref().is_some_and(|state| named.stage.save(state).is_some()) {
                continue;
            }
            if let Some(state) = state.take() {
                out.stage = number;
                named.stage.finish(state, out);
            }
        }
    }

    /// What the stages have gathered, with their names, as far as it can be saved.
    pub(crate) fn save(&self) -> Vec<(String, Vec<u8>)> {
        let saved = |number| Some((self.name(number).to_owned(), self.saved(number)?));
        (0..self.len()).filter_map(saved).collect()
    }

    /// What sequential stages have gathered. Between two chunks: it must be the turn of the one that they have seen last.
    pub(crate) fn seen(&self) -> Seen {
        let told = self.told.load(Ordering::Relaxed);
        Seen { told, gathered: self.gathered(AnyStage::is_sequential) }
    }

    /// What is to be noted of the stages when a chunk has been written. Unless no sequential one has seen another chunk since, what
    /// they had gathered by then must be known; `None` if that is not so any more, as they have told something meanwhile.
    pub(crate) fn at_chunk(&self, seen: Option<Seen>) -> Option<Vec<Gathered>> {
        let Some(Seen { told, gathered }) = seen else { return Some(self.gathered(|_| true)) };
        (told == self.told.load(Ordering::Relaxed))
            .then(|| [gathered, self.gathered(|stage| !stage.is_sequential())].concat())
    }

    /// All that stages have gathered is saved: some may be small enough now to be noted.
    pub(crate) fn begin_anew(&self) {
        self.large.iter().for_each(|large| large.store(false, Ordering::Relaxed));
    }

    fn gathered(&self, is_asked_for: impl Fn(&AnyStage) -> bool) -> Vec<Gathered> {
        let asked_for = self.list.iter().enumerate().filter(|(_, named)| is_asked_for(&named.stage));
        let gathered = asked_for.filter_map(|(number, named)| {
            if self.large[number].load(Ordering::Relaxed) {
                return Some((named.name.clone(), None));
            }
            let saved = self.saved(number)?;
            let is_large = saved.len() > LARGEST;
            self.large[number].store(is_large, Ordering::Relaxed);
            Some((named.name.clone(), (!is_large).then_some(saved)))
        });
        gathered.collect()
    }

    fn saved(&self, number: usize) -> Option<Vec<u8>> {
        self.list[number].stage.save(self.state(number).as_ref()?)
    }

    /// Goes on from what has been saved, as far as the stages know it.
    pub(crate) fn restore<'s>(&self, saved: impl Fn(&str) -> Option<&'s [u8]>) {
        for (number, named) in self.list.iter().enumerate() {
            if let Some(state) = saved(&named.name).and_then(|saved| named.stage.restore(saved)) {
                *self.state(number) = Some(state);
            }
        }
    }

    /// The clock was set: how far it is now from where it was says nothing of how long something lasts. Each stage goes on as it
    /// would in another run, for which the clock stands still meanwhile.
    pub(crate) fn clock_was_set(&self) {
        for (number, named) in self.list.iter().enumerate() {
            let mut state = self.state(number);
            let saved = state.as_ref().and_then(|state| named.stage.save(state));
            if let Some(restored) = saved.and_then(|saved| named.stage.restore(&saved)) {
                *state = Some(restored);
            }
        }
    }

    /// A stage that has panicked has ended the run; nobody asks for its state.
    fn state(&self, number: usize) -> MutexGuard<'_, Option<State>> {
        self.states[number].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::event::{Event, EventKind};
    use crate::stage::{Alert, AlertKind, AlertSettings, Place, Sequential};

    /// Counts chunks, and tells how many there were when the clock goes on.
    struct Counter;

    impl Sequential for Counter {
        type Bound = ();
        type State = Vec<u8>;

        fn bind(&self, _: &Binding<'_>) -> Result<(), BindError> {
            Ok(())
        }

        fn run(&self, (): &(), state: &mut Vec<u8>, _: &mut Selected<'_>, _: &mut Events) {
            state.push(0);
        }

        fn tick(&self, state: &mut Vec<u8>, _: Timestamp, out: &mut Events) {
            if !state.is_empty() {
                out.emit(Event { place: Place::END, kind: EventKind::Count, members: Vec::new() });
                state.clear();
            }
        }

        fn save(&self, state: &Vec<u8>) -> Option<Vec<u8>> {
            Some(state.clone())
        }

        fn restore(&self, saved: &[u8]) -> Option<Vec<u8>> {
            Some(saved.to_vec())
        }
    }

    /// What is noted is what had been gathered behind the chunk that has been written, whatever came since; but not if that was told of.
    #[test]
    fn what_is_noted_is_of_the_chunk_that_has_been_written() {
        let list = [Named { name: "counter".to_owned(), stage: AnyStage::Sequential(Arc::new(Counter)) }];
        let stages = Stages::new(&list);
        let passes = |chunks: usize| stages.restore(|_| Some(&[0; LARGEST + 1][..chunks]));
        let gathered = |chunks: Option<usize>| Some(vec![("counter".to_owned(), chunks.map(|chunks| vec![0; chunks]))]);
        passes(1);
        let seen = stages.seen();
        passes(2);
        assert_eq!((stages.at_chunk(Some(seen)), stages.at_chunk(None)), (gathered(Some(1)), gathered(Some(2))));
        let seen = stages.seen();
        let mut events = Events::default();
        stages.tick(Timestamp::from_nanos(0), &mut events);
        assert_eq!((events.take().len(), stages.at_chunk(Some(seen))), (1, None));
        let seen = stages.seen();
        stages.tick(Timestamp::from_nanos(1), &mut events);
        assert_eq!((events.take().len(), stages.at_chunk(Some(seen))), (0, gathered(Some(0))));
        // What is too much is not looked at again until all is saved.
        passes(LARGEST + 1);
        assert_eq!(stages.at_chunk(Some(stages.seen())), gathered(None));
        passes(3);
        assert_eq!(stages.at_chunk(Some(stages.seen())), gathered(None));
        stages.begin_anew();
        assert_eq!(stages.at_chunk(Some(stages.seen())), gathered(Some(3)));
    }

    /// An alert for ten seconds without a record is told after ten seconds, whatever the clock is set to.
    #[test]
    fn what_lasts_goes_on_when_the_clock_is_set() {
        let kind = AlertKind::Absence { lasting: Duration::from_secs(10) };
        let alert = Alert::new(AlertSettings::new("nothing", None, kind)).unwrap();
        for set_to in [0, 60, 90_000, 1_000_000] {
            let list = [Named { name: "nothing".to_owned(), stage: AnyStage::Parallel(Arc::new(alert.clone())) }];
            let stages = Stages::new(&list);
            let mut events = Events::default();
            let mut told = |second: i64| {
                stages.tick(Timestamp::from_nanos(second * 1_000_000_000), &mut events);
                events.take().len()
            };
            assert_eq!([100_000, 100_006].map(&mut told), [0, 0]);
            stages.clock_was_set();
            assert_eq!([set_to, set_to + 3, set_to + 4, set_to + 5].map(&mut told), [0, 0, 1, 0], "{set_to}");
        }
    }
}
