//! Counting records by the values of fields, over the run and per interval of the records' own time.
//!
//! A count tells these events, all of the same shape:
//!
//! ```json
//! {"count":"levels","period":"interval","from":"2025-11-06T10:30:10Z","to":"2025-11-06T10:30:20Z","by":["severity"],
//!  "total":17,"counts":[{"severity":"INFO","count":12},{"severity":"WARN","count":4}],"other":1,"late":0}
//! ```
//!
//! | member | what it is |
//! |---|---|
//! | `count` | the name of the count |
//! | `period` | `interval`, or `run` for the last event, which counts all records |
//! | `from`, `to` | the interval, its end not included; or the lowest and the highest time of all records, or `null` |
//! | `by` | the names of the fields |
//! | `total` | how many records were counted |
//! | `counts` | how many of which values; the highest count first, those of the same count by their values |
//! | `other` | how many have values that were not among the first `max_keys` in the order of the input |
//! | `late` | how many came too late for their interval since the last event of an interval; in the last event, all of them |
//!
//! Intervals begin at multiples of their length since 1970-01-01T00:00:00Z. One is over when a record comes whose time is
//! `lateness` after its end; where a live input is silent, when the clock says that it would. Only intervals with records
//! are told. A record without a time is of the interval of the record before it; before the first time of all, of that one.

mod runs;
mod table;

use std::collections::BTreeMap;
use std::time::Duration;

use lp_core::Timestamp;

use crate::event::{Event, EventKind, Events, Value};
use crate::filter::Filter;
use crate::stage::condition::Condition;
use crate::stage::event_time::{EventTime, NANOS};
use crate::stage::key::KeyReader;
use crate::stage::setting::{self, DEFAULT_LATENESS, SettingError, check};
use crate::stage::slots::Numbering;
use crate::stage::{BindError, Binding, Place, Selected, Stage};
use runs::{Intervals, Runs};
use table::Table;

/// What is counted, and how.
#[derive(Clone, Debug)]
pub struct CountSettings {
    /// The count's name, which is the event's `count`.
    pub name: String,
    /// The fields by whose values records are counted; none of them twice, and none that is named `count`.
    pub by: Vec<String>,
    /// Which records are counted; all, if there is no condition.
    pub condition: Option<Filter>,
    /// How long an interval is: whole seconds, at most 366 days. Without it, only the whole run is counted.
    pub every: Option<Duration>,
    /// How many different values (or combinations of them) are counted each, at least one; per interval, and over the run.
    pub max_keys: usize,
    /// How much older than the latest record one may be and still be counted in its interval. Whole seconds, at most an hour
    /// and at most a hundred intervals.
    pub lateness: Duration,
}

impl CountSettings {
    /// How many different values are counted each, unless something else is asked for.
    pub const DEFAULT_MAX_KEYS: usize = 1000;

    /// A count of all records over the whole run.
    pub fn by<N: Into<String>>(name: impl Into<String>, fields: impl IntoIterator<Item = N>) -> Self {
        Self {
            name: name.into(),
            by: fields.into_iter().map(Into::into).collect(),
            condition: None,
            every: None,
            max_keys: Self::DEFAULT_MAX_KEYS,
            lateness: DEFAULT_LATENESS,
        }
    }
}

/// The stage that counts.
#[derive(Clone, Debug)]
pub struct Count {
    name: String,
    by: Vec<String>,
    condition: Option<Filter>,
    intervals: Option<Intervals>,
    max_keys: usize,
}

/// So many intervals may be open at a time.
const MAX_OPEN: i64 = 100;

impl Count {
    /// The count with these settings.
    ///
    /// # Errors
    ///
    /// If one of them is out of bounds.
    pub fn new(settings: CountSettings) -> Result<Self, SettingError> {
        let CountSettings { name, by, condition, every, max_keys, lateness } = settings;
        check(!by.is_empty(), "by", "at least one field")?;
        check(!by.iter().any(|field| field == "count"), "by", "fields that are not named `count`")?;
        let is_twice = |(number, field)| by[..number].contains(field);
        check(!by.iter().enumerate().any(is_twice), "by", "fields that differ")?;
        check(max_keys > 0, "max_keys", "at least 1")?;
        let lateness = setting::lateness(lateness)?;
        let longest = Duration::from_secs(366 * 86_400);
        let intervals = every
            .map(|every| setting::seconds(every, 1, longest, "every", "whole seconds, from one second to 366 days"))
            .transpose()?;
        check(
            intervals.is_none_or(|every| lateness <= MAX_OPEN * every),
            "lateness",
            "at most a hundred times as long as `every`",
        )?;
        let intervals = intervals.map(|every| Intervals { every: every * NANOS, lateness: lateness * NANOS });
        Ok(Self { name, by, condition, intervals, max_keys })
    }
}

/// A [`Count`] bound to a format.
#[derive(Debug)]
pub struct BoundCount {
    condition: Condition,
    numbering: Numbering,
}

/// What a [`Count`] has counted in a batch.
#[derive(Debug)]
pub struct Counted(Runs);

/// What a [`Count`] has counted in a run.
#[derive(Default, Debug)]
pub struct CountState {
    total: Table,
    times: Option<[(Timestamp, u8); 2]>,
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

impl Stage for Count {
    type Bound = BoundCount;
    type Partial = Counted;
    type State = CountState;

    fn bind(&self, to: &Binding<'_>) -> Result<BoundCount, BindError> {
        let reader = KeyReader::bind(self.by.iter().map(String::as_str), to)?;
        let condition = Condition::bind(self.condition.as_ref(), to)?;
        Ok(BoundCount { condition, numbering: Numbering::new(reader) })
    }

    fn map(&self, bound: &BoundCount, records: &mut Selected<'_>) -> Counted {
        Counted(Runs::of(records, &bound.numbering, self.intervals, |record| bound.condition.holds(record)))
    }

    fn fold(&self, state: &mut CountState, part: Counted, out: &mut Events) {
        let runs = part.0;
        for (key, count) in runs.keys.iter().zip(runs.totals()) {
            state.total.add(key, count, self.max_keys);
        }
        if let Some([first, last]) = runs.times {
            state.clock.saw(last.0.as_nanos());
            let [lowest, highest] = state.times.get_or_insert([first, last]);
            // Of two that are the same the first one stays.
            if first.0 < lowest.0 {
                *lowest = first;
            }
            if last.0 > highest.0 {
                *highest = last;
            }
        }
        let Some(intervals) = &self.intervals else { return };
        for (run, entries) in runs.iter() {
            if let Some((interval, over)) = run.interval {
                state.current = Some(interval);
                self.close(state, intervals, over, run.place, out);
                if let Some(untimed) = state.untimed.take() {
                    state.open.insert(interval, untimed);
                }
            }
            let table = match state.current {
                None => state.untimed.get_or_insert_default(),
                Some(interval) if Some(interval) < state.over => {
                    let late: u64 = entries.map(|(_, count)| count).sum();
                    state.late = state.late.map(|before| before + late);
                    continue;
                }
                Some(interval) => state.open.entry(interval).or_default(),
            };
            for (key, count) in entries {
                table.add(key, count, self.max_keys);
            }
        }
    }

    fn tick(&self, state: &mut CountState, now: Timestamp, out: &mut Events) {
        if let (Some(nanos), Some(intervals)) = (state.clock.tick(now), &self.intervals) {
            self.close(state, intervals, intervals.over(nanos), Place::END, out);
        }
    }

    fn finish(&self, mut state: CountState, out: &mut Events) {
        if let Some(intervals) = &self.intervals {
            self.close(&mut state, intervals, i64::MAX, Place::END, out);
        }
        let time = |time: Option<(Timestamp, u8)>| time.map_or(Value::Null, |(time, digits)| Value::Time(time, digits));
        let times = [state.times.map(|[first, _]| first), state.times.map(|[_, last]| last)].map(time);
        out.emit(self.event("run", times, &state.total, state.late[1], Place::END));
    }
}

impl Count {
    /// Tells the intervals before this one.
    fn close(&self, state: &mut CountState, intervals: &Intervals, over: i64, place: Place, out: &mut Events) {
        state.over = state.over.max(Some(over));
        while let Some(entry) = state.open.first_entry().filter(|entry| *entry.key() < over) {
            let (number, table) = entry.remove_entry();
            if table.total() > 0 {
                let times = [number, number + 1].map(|number| Value::Time(intervals.start(number), 0));
                let late = std::mem::take(&mut state.late[0]);
                out.emit(self.event("interval", times, &table, late, place));
            }
        }
    }

    fn event(&self, period: &str, [from, to]: [Value; 2], table: &Table, late: u64, place: Place) -> Event {
        let count = |(key, count): (&crate::stage::key::Key, u64)| {
            let values = self.by.iter().zip(key).map(|(name, value)| (name.clone().into(), value.to_value()));
            Value::Object(values.chain([("count".into(), Value::Integer(count))]).collect())
        };
        let counts = table.sorted().into_iter().map(count).collect();
        let members = vec![
            ("count".into(), Value::Text(self.name.clone())),
            ("period".into(), Value::Text(period.to_owned())),
            ("from".into(), from),
            ("to".into(), to),
            ("by".into(), Value::List(self.by.iter().cloned().map(Value::Text).collect())),
            ("total".into(), Value::Integer(table.total())),
            ("counts".into(), Value::List(counts)),
            ("other".into(), Value::Integer(table.other())),
            ("late".into(), Value::Integer(late)),
        ];
        Event { place, kind: EventKind::Count, members }
    }
}

/// How many records have this value, according to the event of a [`Count`] by one field: 0 if there is none that is
/// counted by itself. `None` for any other event.
///
/// A value is given as a template shows it: `INFO`, `200`, nothing for null.
#[must_use]
pub fn count_of(event: &Event, value: &str) -> Option<u64> {
    let (Some(Value::List(by)), Some(Value::List(counts))) = (event.get("by"), event.get("counts")) else {
        return None;
    };
    let [Value::Text(field)] = &by[..] else { return None };
    let found = counts.iter().find(|count| count.get(field).is_some_and(|of| of.to_text() == value));
    match found.map(|count| count.get("count")) {
        None => Some(0),
        Some(Some(Value::Integer(count))) => Some(*count),
        Some(_) => None,
    }
}
