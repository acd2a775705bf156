//! The stages of a run, with what each of them has gathered.

use std::any::Any;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lp_core::Timestamp;

use crate::event::Events;
use crate::stage::{AnyStage, BindError, Binding, BoundStage, Selected, State};

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
}

impl<'a> Stages<'a> {
    pub(crate) fn new(list: &'a [Named]) -> Self {
        Self { list, states: list.iter().map(|named| Mutex::new(Some(named.stage.new_state()))).collect() }
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
                out.stage = number;
                named.stage.tick(state, now, out);
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

    /// What the stages that are asked for have gathered, with their names, as far as it can be saved.
    pub(crate) fn save(&self, is_asked_for: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
        let asked_for = self.list.iter().enumerate().filter(|(_, named)| is_asked_for(&named.name));
        let saved = asked_for.filter_map(|(number, named)| {
            let saved = named.stage.save(self.state(number).as_ref()?)?;
            Some((named.name.clone(), saved))
        });
        saved.collect()
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
    use crate::stage::{Alert, AlertKind, AlertSettings};

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
