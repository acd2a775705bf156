//! The records of a batch, cut where another second begins.

use crate::stage::event_time::{NANOS, Stretch};
use crate::stage::{Place, Selected};

/// Neighbours in the input that are of one second. A record without an [event time](Selected::event_time) is of the second of
/// the record before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Second {
    /// Counted from the epoch. `None` where nothing before it in the batch has a time: then the second is that of the last
    /// record before the batch.
    pub(super) second: Option<i64>,
    /// That of the first record.
    pub(super) place: Place,
    /// How many records there are.
    pub(super) records: u64,
    /// The number of the last record.
    pub(super) last: u32,
}

/// All seconds of a batch.
pub(super) fn of(records: &Selected<'_>) -> Vec<Second> {
    let times = records.batch().times();
    let numbers = records.numbers();
    let latest = records.latest();
    let mut seconds = Vec::new();
    let mut rest = numbers;
    while let Some(&first) = rest.first() {
        let time = times.get(first).filter(|time| *time <= latest);
        let second = time.map(|time| time.as_nanos().div_euclid(NANOS));
        let stretch = second.map(|second| Stretch::new(second, NANOS));
        let goes_on = |&number: &u32| match times.get(number) {
            None => true,
            Some(time) => stretch.is_some_and(|stretch| stretch.has(time.as_nanos())) || time > latest,
        };
        let len = rest.iter().position(|number| !goes_on(number)).unwrap_or(rest.len());
        let (these, behind) = rest.split_at(len);
        if let (Some(&last), Some(record)) = (these.last(), records.record(first)) {
            seconds.push(Second { second, place: records.place(&record), records: these.len() as u64, last });
        }
        rest = behind;
    }
    seconds
}
