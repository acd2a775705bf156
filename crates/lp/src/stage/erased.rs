//! Stages of any type behind one, so that a pipeline can hold a list of them.
//!
//! What a stage binds, maps and gathers passes through [`Any`]; it comes back to the very stage that made it, as both stand
//! at one place of the pipeline's list.

use std::any::Any;
use std::sync::Arc;

use lp_core::Timestamp;

use crate::event::Events;
use crate::stage::{BindError, Binding, Selected, Sequential, Stage};

type Bound = Box<dyn Any + Send + Sync>;
type Partial = Box<dyn Any + Send>;

/// What a stage has gathered in a run.
pub(crate) type State = Box<dyn Any + Send>;

/// A stage of a pipeline.
#[derive(Clone)]
pub(crate) enum AnyStage {
    Parallel(Arc<dyn Parallel>),
    Sequential(Arc<dyn InOrder>),
}

/// A stage with what it is bound to.
pub(crate) struct BoundStage {
    pub(crate) stage: AnyStage,
    pub(crate) bound: Bound,
}

impl AnyStage {
    pub(crate) const fn is_sequential(&self) -> bool {
        matches!(self, Self::Sequential(_))
    }

    pub(crate) fn bind(&self, to: &Binding<'_>) -> Result<BoundStage, BindError> {
        let bound = match self {
            Self::Parallel(stage) => stage.bind(to),
            Self::Sequential(stage) => stage.bind(to),
        };
        Ok(BoundStage { stage: self.clone(), bound: bound? })
    }

    pub(crate) fn new_state(&self) -> State {
        match self {
            Self::Parallel(stage) => stage.new_state(),
            Self::Sequential(stage) => stage.new_state(),
        }
    }

    pub(crate) fn fold(&self, state: &mut State, part: Partial, out: &mut Events) {
        if let Self::Parallel(stage) = self {
            stage.fold(state, part, out);
        }
    }

    pub(crate) fn tick(&self, state: &mut State, now: Timestamp, out: &mut Events) {
        match self {
            Self::Parallel(stage) => stage.tick(state, now, out),
            Self::Sequential(stage) => stage.tick(state, now, out),
        }
    }

    pub(crate) fn finish(&self, state: State, out: &mut Events) {
        match self {
            Self::Parallel(stage) => stage.finish(state, out),
            Self::Sequential(stage) => stage.finish(state, out),
        }
    }

    pub(crate) fn save(&self, state: &State) -> Option<Vec<u8>> {
        match self {
            Self::Parallel(stage) => stage.save(state),
            Self::Sequential(stage) => stage.save(state),
        }
    }

    pub(crate) fn restore(&self, saved: &[u8]) -> Option<State> {
        match self {
            Self::Parallel(stage) => stage.restore(saved),
            Self::Sequential(stage) => stage.restore(saved),
        }
    }
}

/// A [`Stage`] of any type.
pub(crate) trait Parallel: Send + Sync {
    fn bind(&self, to: &Binding<'_>) -> Result<Bound, BindError>;
    fn map(&self, bound: &Bound, records: &mut Selected<'_>) -> Option<Partial>;
    fn new_state(&self) -> State;
    fn fold(&self, state: &mut State, part: Partial, out: &mut Events);
    fn tick(&self, state: &mut State, now: Timestamp, out: &mut Events);
    fn finish(&self, state: State, out: &mut Events);
    fn save(&self, state: &State) -> Option<Vec<u8>>;
    fn restore(&self, saved: &[u8]) -> Option<State>;
}

impl<S: Stage> Parallel for S {
    fn bind(&self, to: &Binding<'_>) -> Result<Bound, BindError> {
        Ok(Box::new(Stage::bind(self, to)?))
    }

    fn map(&self, bound: &Bound, records: &mut Selected<'_>) -> Option<Partial> {
        Some(Box::new(Stage::map(self, bound.downcast_ref()?, records)))
    }

    fn new_state(&self) -> State {
        Box::new(S::State::default())
    }

    fn fold(&self, state: &mut State, part: Partial, out: &mut Events) {
        if let (Some(state), Ok(part)) = (state.downcast_mut(), part.downcast()) {
            Stage::fold(self, state, *part, out);
        }
    }

    fn tick(&self, state: &mut State, now: Timestamp, out: &mut Events) {
        if let Some(state) = state.downcast_mut() {
            Stage::tick(self, state, now, out);
        }
    }

    fn finish(&self, state: State, out: &mut Events) {
        if let Ok(state) = state.downcast() {
            Stage::finish(self, *state, out);
        }
    }

    fn save(&self, state: &State) -> Option<Vec<u8>> {
        Stage::save(self, state.downcast_ref()?)
    }

    fn restore(&self, saved: &[u8]) -> Option<State> {
        Some(Box::new(Stage::restore(self, saved)?))
    }
}

/// A [`Sequential`] of any type.
pub(crate) trait InOrder: Send + Sync {
    fn bind(&self, to: &Binding<'_>) -> Result<Bound, BindError>;
    fn run(&self, bound: &Bound, state: &mut State, records: &mut Selected<'_>, out: &mut Events);
    fn new_state(&self) -> State;
    fn tick(&self, state: &mut State, now: Timestamp, out: &mut Events);
    fn finish(&self, state: State, out: &mut Events);
    fn save(&self, state: &State) -> Option<Vec<u8>>;
    fn restore(&self, saved: &[u8]) -> Option<State>;
}

impl<S: Sequential> InOrder for S {
    fn bind(&self, to: &Binding<'_>) -> Result<Bound, BindError> {
        Ok(Box::new(Sequential::bind(self, to)?))
    }

    fn run(&self, bound: &Bound, state: &mut State, records: &mut Selected<'_>, out: &mut Events) {
        if let (Some(bound), Some(state)) = (bound.downcast_ref(), state.downcast_mut()) {
            Sequential::run(self, bound, state, records, out);
        }
    }

    fn new_state(&self) -> State {
        Box::new(S::State::default())
    }

    fn tick(&self, state: &mut State, now: Timestamp, out: &mut Events) {
        if let Some(state) = state.downcast_mut() {
            Sequential::tick(self, state, now, out);
        }
    }

    fn finish(&self, state: State, out: &mut Events) {
        if let Ok(state) = state.downcast() {
            Sequential::finish(self, *state, out);
        }
    }

    fn save(&self, state: &State) -> Option<Vec<u8>> {
        Sequential::save(self, state.downcast_ref()?)
    }

    fn restore(&self, saved: &[u8]) -> Option<State> {
        Some(Box::new(Sequential::restore(self, saved)?))
    }
}
