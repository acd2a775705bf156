//! What a count has gathered: of the run, and of the intervals that are not over.

use std::collections::BTreeMap;

use lp_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::stage::Place;
use crate::stage::count::MAX_LATENESS;
use crate::stage::count::runs::{Intervals, Runs};
use crate::stage::count::table::Table;
use crate::stage::event_time::EventTime;
use crate::stage::logged_time::LoggedTime;
use crate::stage::saved;

/// How to count.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Rule {
    /// Without them, only the run is counted.
    pub(super) intervals: Option<Intervals>,
    /// How many different keys are counted each, per interval and over the run.
    pub(super) max_keys: usize,
}

/// So many intervals may be open at a time: those of a lateness that is a hundred times as long, and both its ends.
const MAX_OPEN: usize = MAX_LATENESS as usize + 2;

/// An interval that is over, and has records.
#[derive(Debug)]
pub(super) struct Over {
    /// When it begins, and when the next one does.
    pub(super) times: [Timestamp; 2],
    pub(super) table: Table,
    /// Records that came too late for their interval since the last one was told.
    pub(super) late: u64,
    /// The record that made time go by.
    pub(super) place: Place,
}

/// What has been counted.
#[derive(Default, Debug, Serialize, Deserialize)]
pub(super) struct Gathered {
    total: Table,
    /// The lowest and the highest time.
    times: Option<[LoggedTime; 2]>,
    clock: EventTime,
    /// Intervals that are not over, by number.
    open: BTreeMap<i64, Table>,
    /// The interval of the last record.
    current: Option<i64>,
    /// All intervals before this one are over.
    over: Option<i64>,
    /// Records before the first one with a time.
    untimed: Option<Table>,
    /// Late records: since an interval was last told, and all.
    late: [u64; 2],
}

impl Gathered {
    /// Takes what a batch has.
    pub(super) fn add(&mut self, rule: &Rule, runs: &Runs, tell: &mut impl FnMut(Over)) {
        for (key, count) in runs.keys.iter().zip(runs.totals()) {
            self.total.add(key, count, rule.max_keys);
        }
        if let Some([first, last]) = runs.times {
            self.clock.saw(last.time.as_nanos());
            let [lowest, highest] = self.times.get_or_insert([first, last]);
            // Of two that are the same the first one stays.
            if first.time < lowest.time {
                *lowest = first;
            }
            if last.time > highest.time {
                *highest = last;
            }
        }
        let Some(intervals) = &rule.intervals else { return };
        for (run, entries) in runs.iter() {
            if let Some((interval, over)) = run.interval {
                self.current = Some(interval);
                self.close(intervals, over, run.place, tell);
                if let Some(untimed) = self.untimed.take() {
                    self.open.insert(interval, untimed);
                }
            }
            let table = match self.current {
                None => self.untimed.get_or_insert_default(),
                Some(interval) if Some(interval) < self.over => {
                    let late: u64 = entries.map(|(_, count)| count).sum();
                    self.late = self.late.map(|before| before + late);
                    continue;
                }
                Some(interval) => self.open.entry(interval).or_default(),
            };
            for (key, count) in entries {
                table.add(key, count, rule.max_keys);
            }
        }
    }

    /// The clock goes on.
    pub(super) fn tick(&mut self, rule: &Rule, now: Timestamp, tell: &mut impl FnMut(Over)) {
        if let (Some(nanos), Some(intervals)) = (self.clock.tick(now), &rule.intervals) {
            self.close(intervals, intervals.over(nanos), Place::END, tell);
        }
    }

    /// No more records come: all intervals are over.
    pub(super) fn finish(&mut self, rule: &Rule, tell: &mut impl FnMut(Over)) {
        if let Some(intervals) = &rule.intervals {
            self.close(intervals, i64::MAX, Place::END, tell);
        }
    }

    /// Tells the intervals before this one.
    fn close(&mut self, intervals: &Intervals, over: i64, place: Place, tell: &mut impl FnMut(Over)) {
        self.over = self.over.max(Some(over));
        while let Some(entry) = self.open.first_entry().filter(|entry| *entry.key() < over) {
            let (number, table) = entry.remove_entry();
            if table.total() > 0 {
                let times = [number, number + 1].map(|number| intervals.start(number));
                tell(Over { times, table, late: std::mem::take(&mut self.late[0]), place });
            }
        }
    }

    /// What has been counted, from what was saved of it, if it can have been counted by this rule and by so many fields.
    pub(super) fn restored(self, rule: &Rule, fields: usize) -> Option<Self> {
        let numbers = self.open.keys().copied().chain(self.current).chain(self.over);
        let is_sound = match &rule.intervals {
            None => self.untimed.is_none() && numbers.count() == 0,
            Some(intervals) => {
                let all = intervals.at(i64::MIN)..=intervals.at(i64::MAX);
                numbers.into_iter().all(|number| all.contains(&number))
                    && self.open.len() <= MAX_OPEN
                    && self.open.keys().all(|&number| Some(number) >= self.over)
            }
        };
        if !is_sound || saved::sum(self.late).is_none() {
            return None;
        }
        let restored = |table: Table| table.restored(fields, rule.max_keys);
        let open = self.open.into_iter().map(|(number, table)| Some((number, restored(table)?)));
        let untimed = match self.untimed {
            Some(table) => Some(restored(table)?),
            None => None,
        };
        Some(Self { total: restored(self.total)?, open: open.collect::<Option<_>>()?, untimed, ..self })
    }

    /// The counts of all records.
    pub(super) const fn total(&self) -> &Table {
        &self.total
    }

    /// The lowest and the highest time of all records.
    pub(super) fn times(&self) -> [Option<LoggedTime>; 2] {
        self.times.map_or([None; 2], |times| times.map(Some))
    }

    /// How many records came too late for their interval.
    pub(super) const fn late(&self) -> u64 {
        self.late[1]
    }

    /// Whether there are records that are of no interval, as nobody knows of which.
    pub(super) const fn has_untimed(&self) -> bool {
        self.untimed.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::event_time::{NANOS, moment};
    use crate::stage::key::KeyValue;

    #[test]
    fn the_clock_ends_an_interval_where_nothing_comes() {
        let rule = Rule { intervals: Some(Intervals { every: 10 * NANOS, lateness: 2 * NANOS }), max_keys: 1 };
        let mut gathered = Gathered { open: BTreeMap::from([(10, Table::default())]), ..Gathered::default() };
        gathered.open.entry(10).or_default().add(&[KeyValue::Null], 3, 1);
        gathered.clock.saw(104 * NANOS);
        let mut told = |now: i64| {
            let mut totals = Vec::new();
            gathered.tick(&rule, moment(now), &mut |over| totals.push(over.table.total()));
            totals
        };
        // The record is of second 104 and comes at 105, so 112 is at 113.
        assert_eq!([105, 112, 113, 200].map(&mut told), [vec![], vec![], vec![3], vec![]]);
    }
}
