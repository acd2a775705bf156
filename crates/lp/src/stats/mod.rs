//! What a log says at a glance: how much there is of what, when, and what occurs most often.
//!
//! [`Stats`] is a stage that gathers it and leaves all records in the run. Counts are exact. The most frequent texts are too,
//! as long as there are no more than 32,768 different ones (or 1 MiB of them); beyond that the rarest are forgotten, and each
//! count says how much it may have missed. Quantiles are true to within 1%.
//!
//! The memory has a bound: it depends neither on the length of the log nor on what is in it. And nothing of the result
//! depends on the number of threads, or on how the input was cut into chunks.

mod blocks;
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
use blocks::{Blocks, block_of};
pub use chart::{Bucket, Chart};
pub use fields::{Topic, Unit};
use fields::Fields;
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
    blocks: Arc<Blocks>,
}

/// Where the records of a batch are counted: in tallies of the blocks that they are in.
#[derive(Debug)]
pub struct Counted {
    tallies: Arc<Blocks>,
    /// In order.
    blocks: Vec<u64>,
}

/// What [`Stats`] has gathered in a run.
#[derive(Debug, Default)]
pub struct Gathered {
    all: Tally,
    /// The block that the last batch ended in.
    open: Option<(Arc<Blocks>, u64)>,
}

impl Gathered {
    /// Adds what was counted in a block, once there are no more records of it.
    fn close(&mut self) {
        if let Some((tallies, block)) = self.open.take() {
            tallies.close(block, &mut self.all);
            self.all.prune();
        }
    }
}

impl Stage for Stats {
    type Bound = BoundStats;
    type Partial = Counted;
    type State = Gathered;

    fn bind(&self, to: &Binding<'_>) -> Result<BoundStats, BindError> {
        Ok(BoundStats { fields: Fields::of(to.schema()), blocks: Arc::default() })
    }

    fn map(&self, bound: &BoundStats, records: &mut Selected<'_>) -> Counted {
        let mut counted = Counted { tallies: Arc::clone(&bound.blocks), blocks: Vec::new() };
        let mut at_hand: Option<(u64, Tally)> = None;
        let [first, second] = &bound.fields;
        for record in records.iter() {
            let block = block_of(records.place(&record));
            if at_hand.as_ref().is_none_or(|(of, _)| *of != block) {
                if let Some((of, tally)) = at_hand.take() {
                    bound.blocks.put(of, tally);
                }
                counted.blocks.push(block);
            }
            let (_, tally) = at_hand.get_or_insert_with(|| (block, bound.blocks.take(block)));
            let fields = if record.is_second_kind() { second } else { first };
            tally.add(&record, fields, &self.hashing);
        }
        if let Some((of, tally)) = at_hand {
            bound.blocks.put(of, tally);
        }
        counted
    }

    fn fold(&self, state: &mut Gathered, part: Counted, _out: &mut Events) {
        for block in part.blocks {
            let is_open =
                state.open.as_ref().is_some_and(|(of, open)| *open == block && Arc::ptr_eq(of, &part.tallies));
            if !is_open {
                state.close();
                state.open = Some((Arc::clone(&part.tallies), block));
            }
        }
    }

    fn finish(&self, mut state: Gathered, _out: &mut Events) {
        state.close();
        *self.summary.lock().unwrap_or_else(PoisonError::into_inner) = Some(Summary::new(&state.all, self.top));
    }
}

#[cfg(test)]
mod tests;
