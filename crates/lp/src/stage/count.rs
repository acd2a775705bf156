//! Counting records by the values of fields, over the run and per interval of the records' own time.

mod gathered;
mod runs;
mod table;

use std::time::Duration;

use lp_core::Timestamp;
use serde::Serialize;

use crate::event::{Event, EventKind, Events, Value};
use crate::filter::Filter;
use crate::stage::condition::Condition;
use crate::stage::event_time::NANOS;
use crate::stage::key::{Key, KeyReader};
use crate::stage::logged_time::LoggedTime;
use crate::stage::saved;
use crate::stage::setting::{self, DEFAULT_LATENESS, SettingError, check};
use crate::stage::slots::Numbering;
use crate::stage::{BindError, Binding, Place, Selected, Stage};
use gathered::{Gathered, Over, Rule};
use runs::{Intervals, Runs};
use table::Table;

/// What is counted, and how.
#[derive(Clone, Debug)]
pub struct CountSettings {
    /// The count's name, which is the event's `count`.
    pub name: String,
    /// The fields by whose values records are counted; none of them twice, and none that is named `count`. Without any, all
    /// records are counted together.
    ///
    /// A name means the field of the format that is called so; `severity` or `timestamp`; `status_class`, the class of
    /// `status_code` (`5xx`); or, in logs of JSON, a member of the object, where `a.b` is the member `b` of the object in `a`
    /// unless a member has the whole name. A text of more than 1 KiB is cut there, with `…` behind it.
    pub by: Vec<String>,
    /// Which records are counted; all, if there is no condition.
    pub condition: Option<Filter>,
    /// How long an interval is: whole seconds, at most 366 days. Without it, only the whole run is counted.
    pub every: Option<Duration>,
    /// Whether the whole run is counted beside the intervals. Without intervals it always is.
    pub total: bool,
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
            total: false,
            max_keys: Self::DEFAULT_MAX_KEYS,
            lateness: DEFAULT_LATENESS,
        }
    }
}

/// The stage that counts.
///
/// A count tells these events, all of the same shape:
///
/// ```json
/// {"count":"levels","period":"interval","from":"2025-11-06T10:30:10Z","to":"2025-11-06T10:30:20Z","by":["severity"],
///  "total":17,"counts":[{"severity":"INFO","count":12},{"severity":"WARN","count":4}],"other":1,"late":0}
/// ```
///
/// | member | what it is |
/// |---|---|
/// | `count` | the name of the count |
/// | `period` | `interval`, or `run` for the last event, which counts all records |
/// | `from`, `to` | the interval, its end not included; or the lowest and the highest time of all records, or `null` |
/// | `by` | the names of the fields |
/// | `total` | how many records were counted |
/// | `counts` | how many of which values; the highest count first, those of the same count by their values |
/// | `other` | how many have values that were not among the first `max_keys` in the order of the input |
/// | `late` | how many came too late for their interval since the last event of an interval; in the last event, all of them |
///
/// Intervals begin at multiples of their length since 1970-01-01T00:00:00Z. One is over when a record comes whose time is
/// `lateness` after its end; where a live input is silent, when the clock says that it would. Only intervals with records
/// are told. A record without a time is of the interval of the record before it; before the first time of all, of that one.
/// Where the input is live, so is one that is dated more than a day ahead of the clock; it is in no `from` and `to` either.
#[derive(Clone, Debug)]
pub struct Count {
    name: String,
    by: Vec<String>,
    condition: Option<Filter>,
    rule: Rule,
    tells_total: bool,
}

/// How many intervals late a record may be.
const MAX_LATENESS: i64 = 100;

impl Count {
    /// The count with these settings.
    ///
    /// # Errors
    ///
    /// If one of them is out of bounds.
    pub fn new(settings: CountSettings) -> Result<Self, SettingError> {
        let CountSettings { name, by, condition, every, total, max_keys, lateness } = settings;
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
            intervals.is_none_or(|every| lateness <= MAX_LATENESS * every),
            "lateness",
            "at most a hundred times as long as `every`",
        )?;
        let intervals = intervals.map(|every| Intervals { every: every * NANOS, lateness: lateness * NANOS });
        let tells_total = total || intervals.is_none();
        Ok(Self { name, by, condition, rule: Rule { intervals, max_keys }, tells_total })
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
pub struct CountState(Gathered);

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
        Counted(Runs::of(records, &bound.numbering, self.rule.intervals, &bound.condition.select(records)))
    }

    fn fold(&self, state: &mut CountState, part: Counted, out: &mut Events) {
        state.0.add(&self.rule, &part.0, &mut |over| out.emit(self.interval(over)));
    }

    fn tick(&self, state: &mut CountState, now: Timestamp, out: &mut Events) {
        state.0.tick(&self.rule, now, &mut |over| out.emit(self.interval(over)));
    }

    fn finish(&self, mut state: CountState, out: &mut Events) {
        state.0.finish(&self.rule, &mut |over| out.emit(self.interval(over)));
        // Records of which no interval is known are in no other event.
        if self.tells_total || state.0.has_untimed() {
            out.emit(self.run(&state.0));
        }
    }

    fn save(&self, state: &CountState) -> Option<Vec<u8>> {
        saved::save(&self.settings(), &state.0)
    }

    fn restore(&self, saved: &[u8]) -> Option<CountState> {
        let gathered: Gathered = saved::restore(&self.settings(), saved)?;
        gathered.restored(&self.rule, self.by.len()).map(CountState)
    }
}

impl Count {
    /// What decides what is counted, and how.
    fn settings(&self) -> impl Serialize {
        ("count", &self.name, &self.by, self.condition.as_ref().map(Filter::text), self.rule, self.tells_total)
    }

    /// The event of an interval that is over.
    fn interval(&self, over: Over) -> Event {
        let times = over.times.map(|time| Value::Time(time, 0));
        self.event("interval", times, &over.table, over.late, over.place)
    }

    /// The event of the whole run.
    fn run(&self, gathered: &Gathered) -> Event {
        let times = gathered.times().map(LoggedTime::to_value);
        self.event("run", times, gathered.total(), gathered.late(), Place::END)
    }

    fn event(&self, period: &str, [from, to]: [Value; 2], table: &Table, late: u64, place: Place) -> Event {
        let count = |(key, count): (&Key, u64)| {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::stage::event_time::moment;
    use crate::stage::trial;
    use lp_core::format::json::Json;
    use proptest::prelude::*;

    /// A record: its second, its level, and a value of any kind.
    #[derive(Clone, Debug)]
    struct Seen {
        second: Option<i64>,
        level: Option<&'static str>,
        key: Option<String>,
    }

    impl Seen {
        fn line(&self) -> String {
            let mut members = Vec::new();
            members.extend(self.second.map(|second| format!("\"timestamp\":\"{}\"", moment(second))));
            members.extend(self.level.map(|level| format!("\"level\":\"{level}\"")));
            members.extend(self.key.as_ref().map(|key| format!("\"k\":{key}")));
            format!("{{{}}}\n", members.join(","))
        }

        fn value(&self, name: &str) -> String {
            match name {
                "severity" => self.level.map_or("null".to_owned(), |level| format!("\"{level}\"")),
                // An escape means the same as what it stands for.
                _ => self.key.as_ref().map_or("null".to_owned(), |key| key.replace("\\u0041", "A")),
            }
        }
    }

    /// How many records have which values; in the order in which these came.
    #[derive(Default)]
    struct Naive {
        counts: Vec<(Vec<String>, u64)>,
        other: u64,
    }

    impl Naive {
        fn add(&mut self, values: Vec<String>, max_keys: usize) {
            if let Some((_, count)) = self.counts.iter_mut().find(|(of, _)| *of == values) {
                *count += 1;
            } else if self.counts.len() < max_keys {
                self.counts.push((values, 1));
            } else {
                self.other += 1;
            }
        }

        fn json(mut self, by: &[&str], period: &str, from: &str, to: &str, late: u64) -> String {
            let rank = |value: &String| match value.as_bytes()[0] {
                b'n' => (0, 0),
                b'0'..=b'9' => (1, value.parse().unwrap()),
                _ => (2, 0),
            };
            self.counts.sort_by_key(|(values, count)| {
                let values: Vec<_> = values.iter().map(|value| (rank(value), value.clone())).collect();
                (u64::MAX - count, values)
            });
            let total = self.counts.iter().map(|(_, count)| count).sum::<u64>() + self.other;
            let counts = self.counts.iter().map(|(values, count)| {
                let values = by.iter().zip(values).map(|(name, value)| format!("\"{name}\":{value},"));
                format!("{{{}\"count\":{count}}}", values.collect::<String>())
            });
            let by: Vec<_> = by.iter().map(|name| format!("\"{name}\"")).collect();
            let (by, counts) = (by.join(","), counts.collect::<Vec<_>>().join(","));
            format!(
                "{{\"count\":\"c\",\"period\":\"{period}\",\"from\":{from},\"to\":{to},\"by\":[{by}],\
                 \"total\":{total},\"counts\":[{counts}],\"other\":{},\"late\":{late}}}",
                self.other
            )
        }
    }

    fn model(
        by: &[&str],
        every: i64,
        lateness: i64,
        max_keys: usize,
        records: &[Seen],
    ) -> Vec<(Option<usize>, String)> {
        let mut told = Vec::new();
        let mut open = BTreeMap::<i64, Naive>::new();
        let mut total = Naive::default();
        let (mut current, mut high, mut late) = (None, i64::MIN, [0; 2]);
        let first = records.iter().find_map(|record| record.second);
        let text = |second: i64| format!("\"{}\"", moment(second));
        let tell = |number, naive: Naive, late: &mut u64| {
            let (from, to) = (text(number * every), text((number + 1) * every));
            naive.json(by, "interval", &from, &to, std::mem::take(late))
        };
        for (number, record) in records.iter().enumerate() {
            let values: Vec<_> = by.iter().map(|name| record.value(name)).collect();
            total.add(values.clone(), max_keys);
            current = record.second.or(current).or(first);
            let Some(second) = current else { continue };
            high = high.max(second);
            let over = (high - lateness).div_euclid(every);
            while let Some(entry) = open.first_entry().filter(|entry| *entry.key() < over) {
                let (interval, naive) = entry.remove_entry();
                told.push((Some(number), tell(interval, naive, &mut late[0])));
            }
            let interval = second.div_euclid(every);
            if interval < over {
                late = late.map(|late| late + 1);
            } else {
                open.entry(interval).or_default().add(values, max_keys);
            }
        }
        told.extend(open.into_iter().map(|(interval, naive)| (None, tell(interval, naive, &mut late[0]))));
        let seconds = || records.iter().filter_map(|record| record.second);
        let [from, to] = [seconds().min(), seconds().max()].map(|time| time.map_or("null".to_owned(), text));
        told.push((None, total.json(by, "run", &from, &to, late[1])));
        told
    }

    fn records() -> impl Strategy<Value = Vec<Seen>> {
        let step = prop_oneof![6 => 0_i64..3, 2 => -20_i64..20, 1 => 0_i64..200];
        let level = prop::option::of(prop::sample::select(vec!["INFO", "WARN", "ERROR"]));
        let key = prop_oneof![
            (0_u32..3).prop_map(|number| number.to_string()),
            Just("\"A\"".to_owned()),
            Just("\"\\u0041\"".to_owned()),
            Just("\"b\"".to_owned()),
            Just("null".to_owned())
        ];
        let record = (prop::option::weighted(0.9, step), level, prop::option::of(key));
        prop::collection::vec(record, 0..60).prop_map(|records| {
            let mut second = 1_000_000_000;
            let next = |(step, level, key): (Option<i64>, _, _)| {
                second += step.unwrap_or(0);
                Seen { second: step.map(|_| second), level, key }
            };
            records.into_iter().map(next).collect()
        })
    }

    fn settings(by: &[&str], every: i64, lateness: i64, max_keys: usize) -> CountSettings {
        let seconds = |seconds: i64| Duration::from_secs(seconds.unsigned_abs());
        let settings = CountSettings::by("c", by.iter().copied());
        CountSettings { every: Some(seconds(every)), total: true, lateness: seconds(lateness), max_keys, ..settings }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn counts_are_what_one_record_at_a_time_says(
            by in prop::sample::select(vec![&["severity"][..], &["k"], &["severity", "k"], &["k", "severity"], &[]]),
            every in 1_i64..30, lateness in 0_i64..30, max_keys in 1_usize..6,
            records in records(), cuts in prop::collection::vec(prop::bool::weighted(0.2), 60),
        ) {
            let text: String = records.iter().map(Seen::line).collect();
            let count = Count::new(settings(by, every, lateness, max_keys)).unwrap();
            let (told, kept) = trial::run(count, &Json::new(), &text, &cuts);
            prop_assert_eq!(kept.len(), records.len());
            let want = model(by, every, lateness, max_keys, &records);
            prop_assert_eq!(told, want);
        }
    }

    #[test]
    fn centuries_go_by_at_once() {
        let ends = ["1677-09-21T00:12:43.2Z", "2262-04-11T23:47:16.8Z"];
        let text: String = ends.iter().cycle().take(9).map(|end| format!("{{\"timestamp\":\"{end}\"}}\n")).collect();
        let (told, _) = trial::run(Count::new(settings(&["severity"], 1, 0, 1)).unwrap(), &Json::new(), &text, &[true]);
        let events: Vec<_> = told.iter().map(|(line, json)| (*line, &json[..json.find(",\"by").unwrap()])).collect();
        let first = "\"from\":\"1677-09-21T00:12:43Z\",\"to\":\"1677-09-21T00:12:44Z\"";
        let last = "\"from\":\"2262-04-11T23:47:16Z\",\"to\":\"2262-04-11T23:47:16Z\"";
        assert_eq!(events[0].0, Some(1));
        assert!(events[0].1.ends_with(first), "{}", events[0].1);
        assert!(events[1].1.ends_with(last), "{}", events[1].1);
        assert_eq!(events.len(), 3);
        assert!(told[1].1.ends_with("\"late\":4}") && told[2].1.ends_with("\"late\":4}"), "{told:?}");
    }

    #[test]
    fn the_run_is_told_where_nothing_else_is_or_it_is_asked_for() {
        let told = |settings: CountSettings, text: &str| {
            let (told, _) = trial::run(Count::new(settings).unwrap(), &Json::new(), text, &[]);
            let periods = told.iter().map(|(_, json)| json.contains("\"period\":\"run\""));
            periods.collect::<Vec<_>>()
        };
        let timed = "{\"timestamp\":\"2025-11-06T10:30:15Z\"}\n";
        let every = || CountSettings { total: false, ..settings(&[], 10, 5, 10) };
        assert_eq!(told(every(), timed), [false]);
        assert_eq!(told(CountSettings { total: true, ..every() }, timed), [false, true]);
        assert_eq!(told(CountSettings { every: None, ..every() }, timed), [true]);
        // Nobody knows of which interval these are.
        assert_eq!(told(every(), "{}\n{}\n"), [true]);
    }

    #[test]
    fn a_template_reads_a_count_by_its_value() {
        let by = |by: &str, counts: Vec<Value>| {
            let members = vec![
                ("by".into(), Value::List(vec![Value::Text(by.to_owned())])),
                ("counts".into(), Value::List(counts)),
            ];
            Event { place: Place::END, kind: EventKind::Count, members }
        };
        let count = |value, count| Value::Object(vec![("of".into(), value), ("count".into(), Value::Integer(count))]);
        let event = by("of", vec![count(Value::Text("INFO".to_owned()), 3), count(Value::Integer(200), 2)]);
        assert_eq!(["INFO", "200", "WARN"].map(|value| count_of(&event, value)), [Some(3), Some(2), Some(0)]);
        let alert = Event { place: Place::END, kind: EventKind::Alert, members: Vec::new() };
        assert_eq!(count_of(&alert, "INFO"), None);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let right = || settings(&["a", "b"], 10, 5, 10);
        let cases: [(&str, CountSettings); 7] = [
            ("by", CountSettings { by: vec!["a".to_owned(), "a".to_owned()], ..right() }),
            ("by", CountSettings { by: vec!["count".to_owned()], ..right() }),
            ("max_keys", CountSettings { max_keys: 0, ..right() }),
            ("every", CountSettings { every: Some(Duration::ZERO), ..right() }),
            ("every", CountSettings { every: Some(Duration::MAX), ..right() }),
            ("lateness", CountSettings { lateness: Duration::from_millis(1), ..right() }),
            ("lateness", CountSettings { lateness: Duration::from_secs(1001), ..right() }),
        ];
        assert!(Count::new(right()).is_ok());
        for (setting, settings) in cases {
            assert_eq!(Count::new(settings.clone()).unwrap_err().setting, setting, "{settings:?}");
        }
    }
}
