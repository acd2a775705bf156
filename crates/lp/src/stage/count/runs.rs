//! What one batch contributes to a count.

use lp_core::Timestamp;
use serde::Serialize;

use crate::stage::event_time::Stretch;
use crate::stage::key::Key;
use crate::stage::logged_time::LoggedTime;
use crate::stage::slots::{Numbering, Slots};
use crate::stage::{Place, Selected};

/// How the records' time is cut, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Intervals {
    pub(super) every: i64,
    pub(super) lateness: i64,
}

impl Intervals {
    /// The number of the interval that a moment is in. Intervals are numbered from the epoch.
    pub(super) const fn at(&self, nanos: i64) -> i64 {
        nanos.div_euclid(self.every)
    }

    /// All intervals before this one are over when the latest record has this time.
    pub(super) const fn over(&self, nanos: i64) -> i64 {
        self.at(nanos.saturating_sub(self.lateness))
    }

    /// When the interval of that number begins, or the nearest moment that there is.
    pub(super) const fn start(&self, number: i64) -> Timestamp {
        Timestamp::from_nanos(number.saturating_mul(self.every))
    }
}

/// A batch's records, counted by key and interval.
#[derive(Default, Debug)]
pub(super) struct Runs {
    /// The keys in the order in which they came first.
    pub(super) keys: Vec<Key>,
    pub(super) runs: Vec<Run>,
    /// How many records of which of the keys; those of one run behind those of the one before it.
    entries: Vec<(u32, u32)>,
    /// The lowest and the highest time.
    pub(super) times: Option<[LoggedTime; 2]>,
}

/// Neighbours in the input that are of one interval, and after which the same intervals are over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// The number of the interval, and before which one all are over as far as the batch tells. `None` where no record has
    /// had a time yet: then the interval is that of the last record before the batch.
    pub(super) interval: Option<(i64, i64)>,
    /// That of the first record.
    pub(super) place: Place,
    /// Where its entries end.
    end: usize,
}

impl Runs {
    /// Counts the records of a batch that have these numbers.
    pub(super) fn of(
        records: &Selected<'_>,
        numbering: &Numbering,
        intervals: Option<Intervals>,
        mut counted: &[u32],
    ) -> Self {
        let mut tally = Tally::new(numbering);
        let mut runs = Self { times: extremes(records), ..Self::default() };
        let times = records.batch().times();
        let mut cutter = intervals.map(|intervals| Cutter::new(intervals, records.latest()));
        for &number in records.numbers() {
            let cut = cutter.as_mut().zip(times.get(number)).and_then(|(cutter, time)| cutter.see(time.as_nanos()));
            if (cut.is_some() || runs.runs.is_empty())
                && let Some(record) = records.record(number)
            {
                let (before, behind) = counted.split_at(counted.partition_point(|&other| other < number));
                counted = behind;
                tally.count(records, before);
                runs.end(&mut tally);
                runs.runs.push(Run { interval: cut, place: records.place(&record), end: 0 });
            }
            if cutter.is_none() {
                break;
            }
        }
        tally.count(records, counted);
        runs.end(&mut tally);
        runs
    }

    /// Ends the last run.
    fn end(&mut self, tally: &mut Tally<'_>) {
        if let Some(run) = self.runs.last_mut() {
            tally.take(&mut self.keys, &mut self.entries);
            run.end = self.entries.len();
        }
    }

    /// The runs, each with how many records it has of which key.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Run, impl Iterator<Item = (&Key, u64)>)> {
        let mut start = 0;
        self.runs.iter().map(move |run| {
            let entries = self.entries.get(start..run.end).unwrap_or_default();
            start = run.end;
            (run, entries.iter().filter_map(|&(key, count)| Some((self.keys.get(key as usize)?, u64::from(count)))))
        })
    }

    /// How many records there are of each key, in the order of the keys.
    pub(super) fn totals(&self) -> Vec<u64> {
        let mut totals = vec![0; self.keys.len()];
        for &(key, count) in &self.entries {
            if let Some(total) = totals.get_mut(key as usize) {
                *total += u64::from(count);
            }
        }
        totals
    }
}

/// The lowest and the highest time of the records; of those that are the same the first one.
fn extremes(records: &Selected<'_>) -> Option<[LoggedTime; 2]> {
    let times = records.batch().times();
    let latest = records.latest();
    let mut timed = records.numbers().iter().filter_map(|&number| Some((times.get(number)?, number)));
    let first = timed.find(|(time, _)| *time <= latest)?;
    let (mut lowest, mut highest) = (first, first);
    for (time, number) in timed {
        if time < lowest.0 {
            lowest = (time, number);
        }
        if time > highest.0 && time <= latest {
            highest = (time, number);
        }
    }
    let time = |(_, number)| LoggedTime::of(&records.record(number)?, latest);
    Some([time(lowest)?, time(highest)?])
}

/// Tells where a run ends.
struct Cutter {
    intervals: Intervals,
    /// Whatever is dated later has no time.
    latest: i64,
    /// The interval of the last record, and before which one all are over.
    current: Option<(i64, i64)>,
    /// The interval.
    stretch: Stretch,
    /// The time at which more intervals are over, or one before it.
    next: i64,
}

impl Cutter {
    const fn new(intervals: Intervals, latest: Timestamp) -> Self {
        Self { intervals, latest: latest.as_nanos(), current: None, stretch: Stretch::NONE, next: i64::MIN }
    }

    /// A record has this time. Returns the interval of the run that begins with it, if one does.
    #[inline(always)]
    fn see(&mut self, nanos: i64) -> Option<(i64, i64)> {
        if self.stretch.has(nanos) && nanos < self.next {
            return None;
        }
        self.cut(nanos)
    }

    fn cut(&mut self, nanos: i64) -> Option<(i64, i64)> {
        if nanos > self.latest {
            return None;
        }
        let Intervals { every, lateness } = self.intervals;
        let interval = self.intervals.at(nanos);
        let over = self.intervals.over(nanos);
        let over = self.current.map_or(over, |(_, before)| over.max(before));
        self.stretch = Stretch::new(interval, every);
        self.next = (over + 1).saturating_mul(every).saturating_add(lateness);
        let begun = Some((interval, over));
        (std::mem::replace(&mut self.current, begun) != begun).then_some((interval, over))
    }
}

/// Neighbours are counted apart: adding to what was just added to would have to wait for that.
const LANES: usize = 2;

/// Counts of the run at hand, by the numbers of the keys.
struct Tally<'n> {
    slots: Slots<'n>,
    /// The first of each is 0 only if there is none.
    counts: Vec<[u32; LANES]>,
    /// The numbers whose counts are not 0, in the order in which they came.
    touched: Vec<usize>,
    /// For each number, the key's place in the list of keys.
    places: Vec<Option<u32>>,
    /// The numbers of the keys of the records at hand.
    found: Vec<u32>,
}

impl<'n> Tally<'n> {
    fn new(numbering: &'n Numbering) -> Self {
        let slots = Slots::new(numbering);
        let len = slots.len();
        Self { slots, counts: vec![[0; LANES]; len], touched: Vec::new(), places: vec![None; len], found: Vec::new() }
    }

    /// Counts these records.
    fn count(&mut self, records: &Selected<'_>, numbers: &[u32]) {
        let mut slots = std::mem::take(&mut self.found);
        self.slots.find(records, numbers, &mut slots);
        for pair in slots.chunks(LANES) {
            for (lane, &slot) in pair.iter().enumerate() {
                let slot = slot as usize;
                match self.counts.get_mut(slot) {
                    Some(count) if count[0] > 0 => count[lane] += 1,
                    _ => self.count_first(slot),
                }
            }
        }
        self.found = slots;
    }

    #[inline(never)]
    fn count_first(&mut self, slot: usize) {
        if slot >= self.counts.len() {
            self.counts.resize(slot + 1, [0; LANES]);
            self.places.resize(slot + 1, None);
        }
        self.counts[slot][0] = 1;
        self.touched.push(slot);
    }

    /// Moves the counts to a list of keys and one of entries, and begins again.
    fn take(&mut self, keys: &mut Vec<Key>, entries: &mut Vec<(u32, u32)>) {
        for slot in self.touched.drain(..) {
            let place = *self.places[slot].get_or_insert_with(|| {
                keys.push(self.slots.key(slot));
                // A batch has fewer records than that.
                u32::try_from(keys.len() - 1).unwrap_or(u32::MAX)
            });
            entries.push((place, std::mem::take(&mut self.counts[slot]).iter().sum()));
        }
    }
}
