//! The records of a batch that are still in the run.

use std::sync::OnceLock;

use lp_core::encode::{Encoder, Output};
use lp_core::{Batch, Record, Schema, Timestamp};

use crate::filter::Predicate;
use crate::stage::event_time;
use crate::stage::seconds::{self, Second};

/// The place of a record among all that a run reads: the same however the input was cut into chunks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The number of the input, from 0.
    pub input: u32,
    /// The offset of the record's first byte in the input (after decompression).
    pub offset: u64,
}

impl Place {
    /// Behind all records.
    pub const END: Self = Self { input: u32::MAX, offset: u64::MAX };
}

/// The records of a batch that no stage has left out yet, in the order of the input.
pub struct Selected<'a> {
    batch: &'a Batch,
    input: &'a [u8],
    schema: &'a Schema,
    /// Where the batch's input begins.
    origin: Place,
    /// The numbers of the records.
    numbers: &'a mut Vec<u32>,
    /// Whatever is dated later has no time for stages.
    latest: Timestamp,
    /// Their seconds, once a stage has asked for them; others may as well.
    seconds: OnceLock<Vec<Second>>,
}

impl<'a> Selected<'a> {
    /// The records of a batch with these numbers, which must ascend. The batch's schema is `schema`, and what it was parsed
    /// from is `input`, which begins at `origin`.
    pub const fn new(
        batch: &'a Batch,
        input: &'a [u8],
        schema: &'a Schema,
        origin: Place,
        numbers: &'a mut Vec<u32>,
    ) -> Self {
        let latest = Timestamp::from_nanos(i64::MAX);
        Self { batch, input, schema, origin, numbers, latest, seconds: OnceLock::new() }
    }

    /// The records come now, as the run is live: none of them can be of a time long after that.
    #[must_use]
    pub const fn coming(mut self, now: Timestamp) -> Self {
        self.latest = event_time::latest(now);
        self
    }

    /// The time of a record, for what a stage does by the records' time. In a [live](crate::Pipeline::live) run a record that is
    /// dated more than a day ahead of the clock has none: one such record would move the time of all that follow.
    #[inline]
    #[must_use]
    pub fn event_time(&self, record: &Record<'_>) -> Option<Timestamp> {
        record.timestamp().filter(|time| *time <= self.latest)
    }

    /// The latest [event time](Self::event_time) that a record may have.
    pub(crate) const fn latest(&self) -> Timestamp {
        self.latest
    }

    /// Where the batch's input begins.
    #[must_use]
    pub const fn origin(&self) -> Place {
        self.origin
    }

    /// The fields of the records.
    #[must_use]
    pub const fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// How many records there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The records.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Record<'a>> + '_ {
        let (batch, input) = (self.batch, self.input);
        self.numbers.iter().filter_map(move |&number| batch.record(input, number as usize))
    }

    /// Leaves out the records for which `keep` is false. It is asked for each of them once, in order.
    #[inline]
    pub fn retain(&mut self, mut keep: impl FnMut(Record<'a>) -> bool) {
        let (batch, input) = (self.batch, self.input);
        self.seconds.take();
        self.numbers.retain(|&number| batch.record(input, number as usize).is_some_and(&mut keep));
    }

    /// Leaves out the records that do not match.
    pub fn retain_matching(&mut self, predicate: &Predicate) {
        self.seconds.take();
        predicate.retain(self.batch, self.input, self.numbers);
    }

    /// The numbers of the records that match.
    pub(crate) fn matching(&self, predicate: &Predicate) -> Vec<u32> {
        let mut numbers = self.numbers.clone();
        predicate.retain(self.batch, self.input, &mut numbers);
        numbers
    }

    /// The numbers of the records, in order.
    pub(crate) fn numbers(&self) -> &[u32] {
        self.numbers
    }

    /// The batch that the records are of.
    pub(crate) const fn batch(&self) -> &'a Batch {
        self.batch
    }

    /// What the batch was parsed from.
    pub(crate) const fn input(&self) -> &'a [u8] {
        self.input
    }

    /// A record of the batch.
    #[inline]
    pub(crate) fn record(&self, number: u32) -> Option<Record<'a>> {
        self.batch.record(self.input, number as usize)
    }

    /// The records, cut where another second begins.
    pub(crate) fn seconds(&self) -> &[Second] {
        self.seconds.get_or_init(|| seconds::of(self))
    }

    /// The place of one of the records.
    #[inline]
    #[must_use]
    pub fn place(&self, record: &Record<'_>) -> Place {
        Place { input: self.origin.input, offset: self.origin.offset + record.offset() as u64 }
    }

    /// Writes one of the records.
    pub fn encode(&self, record: &Record<'_>, encoder: &dyn Encoder, out: &mut Output) {
        if let Ok(number) = u32::try_from(record.number()) {
            encoder.encode(self.batch, self.input, &[number], out);
        }
    }
}

#[cfg(test)]
mod tests {
    use lp_core::format::json::Json;
    use proptest::prelude::*;

    use crate::stage::event_time::moment;
    use crate::stage::trial;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn what_is_dated_far_ahead_is_as_if_it_had_no_time(
            stage in any::<prop::sample::Index>(), records in trial::records(),
            cuts in prop::collection::vec(prop::bool::weighted(0.2), 30),
        ) {
            let stages = trial::stages();
            let stage = stage.get(&stages);
            let untimed = trial::text(&records);
            let line = |line: &str| line.replacen("{\"level", "{\"timestamp\":\"2099-01-01T00:00:00Z\",\"level", 1);
            let ahead: String = untimed.split_inclusive('\n').map(line).collect();
            let run = |text| trial::run_any(stage, &Json::new(), text, &cuts, Some(moment(1_000_000_000))).0;
            let as_if = |(place, event): (_, String)| (place, event.replace("\"2099-01-01T00:00:00Z\"", "null"));
            let told: Vec<_> = run(&ahead).into_iter().map(as_if).collect();
            prop_assert_eq!(told, run(&untimed));
        }
    }
}
