//! What is done to the records between parsing and output, and how a stage of one's own is made.
//!
//! A stage has two halves. [`map`](Stage::map) sees the records of a batch, on whatever thread has parsed them: it leaves
//! records out and gathers what the stage wants to know. [`fold`](Stage::fold) takes what was gathered, on one thread at a
//! time and in the order of the input. A filter maps and folds nothing; a count maps a table and folds by adding; an alert
//! maps what it has seen and folds it into its windows. So several threads do the work, and what comes out is the same as if
//! one had.
//!
//! Where even the leaving out depends on what came before (the same message twice), a stage is [`Sequential`]: it sees the
//! batches in order, while the parsing before it and the encoding behind it still go on in parallel.

mod alert;
mod between;
mod closure;
mod condition;
mod count;
mod dedup;
mod erased;
mod event_time;
mod key;
mod logged_time;
mod sample;
mod saved;
mod seconds;
mod selected;
mod setting;
mod slots;
#[cfg(test)]
mod trial;
mod window;

use std::fmt;

use lp_core::encode::{Encoder, Layout, Redact};
use lp_core::{Schema, Timestamp};

use crate::event::Events;
use crate::filter::{Filter, Names, Predicate};
pub use alert::{Alert, AlertKind, AlertSettings, AlertState, BoundAlert, Findings};
pub use between::Between;
pub use closure::{FilterWith, Inspect, filter, inspect};
pub use condition::Where;
pub use count::{BoundCount, Count, CountSettings, CountState, Counted, count_of};
pub use dedup::{BoundDedup, Dedup, DedupSettings, DedupState};
pub(crate) use erased::{AnyStage, BoundStage, State};
pub use sample::{BoundSample, Sample, SampleSettings};
pub use selected::{Place, Selected};
pub use setting::{DEFAULT_LATENESS, SettingError};

/// A step of a pipeline that may run on several threads.
///
/// Its output must not depend on how the records were cut into batches: `fold(fold(s, map(a)), map(b))` must be
/// `fold(s, map(ab))`, events included.
pub trait Stage: Send + Sync + 'static {
    /// What `map` needs to know of the format at hand: places of fields, compiled conditions.
    type Bound: Send + Sync + 'static;
    /// What one batch contributes.
    type Partial: Send + 'static;
    /// What the run has gathered.
    type State: Default + Send + 'static;

    /// Makes the stage ready for records of a format; done once for each input.
    ///
    /// # Errors
    ///
    /// If the records cannot be what the stage wants, such as if they lack a field that it asks for. That ends the run, for
    /// a format that was given before anything is read.
    fn bind(&self, to: &Binding<'_>) -> Result<Self::Bound, BindError>;

    /// Looks at the records of a batch, and leaves some out.
    fn map(&self, bound: &Self::Bound, records: &mut Selected<'_>) -> Self::Partial;

    /// Takes what a batch has contributed, in the order of the input.
    fn fold(&self, state: &mut Self::State, part: Self::Partial, out: &mut Events) {
        let _ = (state, part, out);
    }

    /// The clock goes on while nothing comes; only where the run is live.
    fn tick(&self, state: &mut Self::State, now: Timestamp, out: &mut Events) {
        let _ = (state, now, out);
    }

    /// The inputs have ended.
    fn finish(&self, state: Self::State, out: &mut Events) {
        let _ = (state, out);
    }

    /// What has been gathered, for a checkpoint: from it another run of this stage goes on as if there had been one run. `None` if
    /// the stage cannot say; then the gathering begins anew after a restart, and what was gathered is [told](Self::finish) before.
    ///
    /// It may hold what records say, as it was logged: also what is hidden where they are written.
    ///
    /// Unless a stage says something else, it cannot say what it has gathered. But where nothing is gathered, as the state has
    /// no size (such as `()`), there is nothing to say: that is saved as no bytes.
    fn save(&self, state: &Self::State) -> Option<Vec<u8>> {
        let _ = state;
        is_nothing::<Self::State>().then(Vec::new)
    }

    /// What [`save`](Self::save) has saved. `None` if it was not saved by a stage with these settings. The bytes may be any.
    ///
    /// While there was no run, the clock stood still: it [ticks](Self::tick) on from where it was. So it does when the clock is set
    /// during a run: then what has been gathered is saved and restored, and what had lasted by the clock goes on.
    fn restore(&self, saved: &[u8]) -> Option<Self::State> {
        (is_nothing::<Self::State>() && saved.is_empty()).then(Self::State::default)
    }
}

/// Whether a state can hold nothing.
const fn is_nothing<S>() -> bool {
    size_of::<S>() == 0
}

/// A step of a pipeline that must see all that came before a record to judge it.
pub trait Sequential: Send + Sync + 'static {
    /// What it needs to know of the format at hand.
    type Bound: Send + Sync + 'static;
    /// What the run has gathered.
    type State: Default + Send + 'static;

    /// As [`Stage::bind`].
    ///
    /// # Errors
    ///
    /// As there.
    fn bind(&self, to: &Binding<'_>) -> Result<Self::Bound, BindError>;

    /// Looks at the records of a batch and leaves some out; in the order of the input, one batch at a time.
    fn run(&self, bound: &Self::Bound, state: &mut Self::State, records: &mut Selected<'_>, out: &mut Events);

    /// As [`Stage::tick`].
    fn tick(&self, state: &mut Self::State, now: Timestamp, out: &mut Events) {
        let _ = (state, now, out);
    }

    /// As [`Stage::finish`].
    fn finish(&self, state: Self::State, out: &mut Events) {
        let _ = (state, out);
    }

    /// As [`Stage::save`].
    fn save(&self, state: &Self::State) -> Option<Vec<u8>> {
        let _ = state;
        is_nothing::<Self::State>().then(Vec::new)
    }

    /// As [`Stage::restore`].
    fn restore(&self, saved: &[u8]) -> Option<Self::State> {
        (is_nothing::<Self::State>() && saved.is_empty()).then(Self::State::default)
    }
}

/// What a stage is made ready for: an input, and the format of its records.
pub struct Binding<'a> {
    pub(crate) input: &'a str,
    pub(crate) identity: &'a str,
    pub(crate) schema: &'a Schema,
    pub(crate) others: &'a [Schema],
    pub(crate) json: &'a std::sync::Arc<dyn Encoder>,
    /// What goes out of the records, where something of them is hidden.
    pub(crate) layout: Option<&'a Layout>,
    /// Whether the format is one that nobody has named, of a file that came while the run goes on.
    pub(crate) is_found: bool,
}

impl<'a> Binding<'a> {
    /// For records of this schema from an input of this name; `others` are the schemas of the other formats that the run
    /// may meet, and `json` is what writes the records.
    #[must_use]
    pub const fn new(
        input: &'a str,
        schema: &'a Schema,
        others: &'a [Schema],
        json: &'a std::sync::Arc<dyn Encoder>,
    ) -> Self {
        Self { input, identity: input, schema, others, json, layout: None, is_found: false }
    }

    /// With what tells the input from all others, also from those of earlier runs; its name unless this says otherwise.
    #[must_use]
    pub const fn with_identity(mut self, identity: &'a str) -> Self {
        self.identity = identity;
        self
    }

    /// With what goes out of the records: what it hides is hidden in events, too.
    #[must_use]
    pub const fn with_layout(mut self, layout: &'a Layout) -> Self {
        self.layout = Some(layout);
        self
    }

    /// For a format that was told from a file that came while the run goes on: a condition that wants other types than its fields have does
    /// not end the run, but has no result for its records.
    #[must_use]
    pub(crate) const fn found(mut self, is_found: bool) -> Self {
        self.is_found = is_found;
        self
    }

    /// What hides the values of a column in events.
    #[must_use]
    pub fn redactors(&self, name: &str) -> Vec<std::sync::Arc<dyn Redact>> {
        self.layout.map(|layout| layout.redactors(name)).unwrap_or_default()
    }

    /// Whether raw text must not be shown in events.
    #[must_use]
    pub fn hides_raw(&self) -> bool {
        self.layout.is_some_and(Layout::hides_raw)
    }

    /// The name of the input.
    #[must_use]
    pub const fn input(&self) -> &'a str {
        self.input
    }

    /// What tells the input from all others.
    #[must_use]
    pub const fn identity(&self) -> &'a str {
        self.identity
    }

    /// The fields of its records.
    #[must_use]
    pub const fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// The schemas of the other formats that the run may meet: a field that only these have is missing here, but it is not
    /// a mistake to ask for it.
    #[must_use]
    pub const fn others(&self) -> &'a [Schema] {
        self.others
    }

    /// A condition made ready for its records.
    ///
    /// # Errors
    ///
    /// If it does not fit them.
    pub fn bind(&self, condition: &Filter) -> Result<Predicate, BindError> {
        let names = self.others.iter().fold(Names::of(self.schema), Names::also);
        let bound = if self.is_found { condition.bind_to_found(&names) } else { condition.bind(&names) };
        bound.map_err(|error| BindError { text: condition.text().to_owned(), at: error.at(), why: error.to_string() })
    }

    /// Writes records as JSON with the columns that go out, for events that show a record.
    #[must_use]
    pub fn json(&self) -> std::sync::Arc<dyn Encoder> {
        std::sync::Arc::clone(self.json)
    }
}

/// Why a stage does not fit the records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BindError {
    /// What the stage asks for, such as an expression or a name.
    pub text: String,
    /// The part of `text` that does not fit, in bytes.
    pub at: std::ops::Range<usize>,
    /// What is wrong with it, and what would be right.
    pub why: String,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for BindError {}
