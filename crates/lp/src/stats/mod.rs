//! What a log says at a glance: how much there is of what, when, and what occurs most often.
//!
//! [`Stats`] is a stage that gathers it and leaves all records in the run. Counts are exact. The most frequent texts are too,
//! as long as there are no more than 32,768 different ones (or 1 MiB of them); beyond that the rarest are forgotten, and each
//! count says how much it may have missed. Quantiles are true to within 1%.
//!
//! The memory has a bound: it depends neither on the length of the log nor on what is in it. And nothing of the result
//! depends on the number of threads, or on how the input was cut into chunks.

mod blocks;
mod breakdown;
mod chart;
mod decimal;
mod decode;
mod fields;
mod histogram;
mod members;
mod summary;
mod tally;
mod texts;

use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;

use crate::event::Events;
use crate::stage::{BindError, Binding, Selected, Stage};
use blocks::{Blocks, Gathered, Part};
pub use breakdown::{Breakdown, CountBy, Group};
pub use chart::{Bucket, Chart};
use fields::Fields;
pub use fields::{Topic, Unit};
pub use summary::{Distribution, Frequent, Ranking, Summary};
use tally::Tally;

/// A stage that gathers what a log says at a glance.
///
/// ```
/// use lp::stats::Stats;
///
/// let stats = Stats::new(10);
/// // …run a pipeline with `stats.clone()` as a stage of it…
/// if let Some(summary) = stats.take() {
///     println!("{} records", summary.records);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Stats {
    top: usize,
    /// Keyed at random, so that nobody can write a log that is slow to count. Nothing of the result depends on it.
    hashing: RandomState,
    summary: Arc<Mutex<Option<Summary>>>,
}

impl Stats {
    /// With so many of the most frequent texts of each topic.
    #[must_use]
    pub fn new(top: usize) -> Self {
        Self { top, hashing: RandomState::default(), summary: Arc::default() }
    }

    /// What the last run has gathered, if one has ended since this was called last. The stage's clones share it.
    #[must_use]
    pub fn take(&self) -> Option<Summary> {
        self.summary.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What [`Stats`] knows of an input.
#[derive(Debug)]
pub struct BoundStats {
    fields: [Fields; 2],
    blocks: Arc<Blocks<Tally>>,
}

impl Stage for Stats {
    type Bound = BoundStats;
    type Partial = Part<Tally>;
    type State = Gathered<Tally>;

    fn bind(&self, to: &Binding<'_>) -> Result<BoundStats, BindError> {
        Ok(BoundStats { fields: Fields::of(to.schema()), blocks: Arc::default() })
    }

    fn map(&self, bound: &BoundStats, records: &mut Selected<'_>) -> Part<Tally> {
        let [first, second] = &bound.fields;
        bound.blocks.gather(records, |tally, record| {
            tally.add(record, if record.is_second_kind() { second } else { first }, &self.hashing);
        })
    }

    fn fold(&self, state: &mut Gathered<Tally>, part: Part<Tally>, _out: &mut Events) {
        state.add(part);
    }

    fn finish(&self, state: Gathered<Tally>, _out: &mut Events) {
        let summary = Summary::new(&state.into_all(), self.top);
        *self.summary.lock().unwrap_or_else(PoisonError::into_inner) = Some(summary);
    }
}

#[cfg(test)]
mod tests;
