//! Stages that lose all they know, and go on from what they have saved.

use lp::Timestamp;
use lp::event::Events;
use lp::stage::{BindError, Binding, Selected, Sequential, Stage};

/// A stage to which that happens behind each batch.
pub(crate) struct Restarting<S>(pub(crate) S);

impl<S: Stage> Stage for Restarting<S> {
    type Bound = S::Bound;
    type Partial = S::Partial;
    type State = S::State;

    fn bind(&self, to: &Binding<'_>) -> Result<S::Bound, BindError> {
        self.0.bind(to)
    }

    fn map(&self, bound: &S::Bound, records: &mut Selected<'_>) -> S::Partial {
        self.0.map(bound, records)
    }

    fn fold(&self, state: &mut S::State, part: S::Partial, out: &mut Events) {
        self.0.fold(state, part, out);
        let saved = self.0.save(state).expect("it can save what it knows");
        *state = self.0.restore(&saved).expect("it has saved that");
    }

    fn tick(&self, state: &mut S::State, now: Timestamp, out: &mut Events) {
        self.0.tick(state, now, out);
    }

    fn finish(&self, state: S::State, out: &mut Events) {
        self.0.finish(state, out);
    }
}

impl<S: Sequential> Sequential for Restarting<S> {
    type Bound = S::Bound;
    type State = S::State;

    fn bind(&self, to: &Binding<'_>) -> Result<S::Bound, BindError> {
        self.0.bind(to)
    }

    fn run(&self, bound: &S::Bound, state: &mut S::State, records: &mut Selected<'_>, out: &mut Events) {
        self.0.run(bound, state, records, out);
        let saved = self.0.save(state).expect("it can save what it knows");
        *state = self.0.restore(&saved).expect("it has saved that");
    }

    fn tick(&self, state: &mut S::State, now: Timestamp, out: &mut Events) {
        self.0.tick(state, now, out);
    }

    fn finish(&self, state: S::State, out: &mut Events) {
        self.0.finish(state, out);
    }
}
