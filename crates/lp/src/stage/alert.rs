//! Alerts: something is in the log that somebody should look at, or something is missing there.
//!
//! An alert's event has these members; names that begin with `state` or below are there for the kinds that look at a window.
//!
//! | member | what it is |
//! |---|---|
//! | `alert` | the name of the alert |
//! | `state` | `firing`, or `resolved` when it is over; not for [`AlertKind::Each`] |
//! | `timestamp` | the time of the record, `null` if none is known; or the end of the window, a whole second |
//! | `suppressed` | how many alerts the cool-down has kept back before this one, if any; only for [`AlertKind::Each`] |
//! | `details` | the record as the output shows it; or what was found, as below |
//!
//! Details of a window are `matched` (records that meet the condition), `records` (all of them), `ratio` (their quotient),
//! `last` (the second of the last record that met the condition, or `null`; with [`AlertKind::Absence`], which has none of
//! the other three), `window` (its length in seconds), and `late`: how many records have come too late to be looked at so far.
//!
//! Windows end at whole seconds and are as long as the alert says, the end not included. They are evaluated when the records
//! that have come are `lateness` past their end; where a live input is silent, when the clock says that they would be. When
//! the inputs end, the windows up to the last second are evaluated. An alert that fires then is not over, and nothing says so.

use std::time::Duration;

use lp_core::encode::{Encoder, Output};
use lp_core::{Record, Timestamp};

use crate::event::{Event, EventKind, Events, Value};
use crate::filter::Filter;
use crate::stage::condition::Condition;
use crate::stage::event_time::{EventTime, NANOS, moment};
use crate::stage::setting::{self, DEFAULT_LATENESS, SettingError, check};
use crate::stage::window::{Change, Rule, Run, Sums, Test, Window, runs};
use crate::stage::{BindError, Binding, Place, Selected, Stage};

/// What an alert looks for.
#[derive(Clone, Debug)]
pub struct AlertSettings {
    /// Its name, which is the event's `alert`.
    pub name: String,
    /// Which records it looks for; all, if there is no condition.
    pub condition: Option<Filter>,
    /// What it makes of them.
    pub kind: AlertKind,
    /// For [`AlertKind::Each`], how long after an alert no other one is told. For the others, how long the alert must have
    /// had no reason before it is over; until then it cannot be told again. Whole seconds, at most a day.
    pub cool_down: Duration,
    /// How much older than the latest record one may be and still be looked at; windows are evaluated so much later. Whole
    /// seconds, at most an hour. [`AlertKind::Each`] looks at every record, however late.
    pub lateness: Duration,
}

/// When an alert is told.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum AlertKind {
    /// For every record that meets the condition.
    Each,
    /// When that many records meet it within a while.
    Rate {
        /// How many, at least one.
        at_least: u64,
        /// The length of the window: whole seconds, at most a day.
        within: Duration,
    },
    /// When more than a share of the records of a while meet it.
    Ratio {
        /// The share, 0 to 1.
        above: f64,
        /// The length of the window: whole seconds, at most a day.
        within: Duration,
        /// How many records there must be in the window.
        min_records: u64,
    },
    /// When no record has met it for a while.
    Absence {
        /// How long: whole seconds, at most 366 days.
        lasting: Duration,
    },
}

impl AlertSettings {
    /// An alert without a cool-down.
    #[must_use]
    pub fn new(name: impl Into<String>, condition: Option<Filter>, kind: AlertKind) -> Self {
        Self { name: name.into(), condition, kind, cool_down: Duration::ZERO, lateness: DEFAULT_LATENESS }
    }
}

/// The stage that raises an alert.
#[derive(Clone, Debug)]
pub struct Alert {
    name: String,
    condition: Option<Filter>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// With a cool-down in nanoseconds.
    Each(i64),
    Window(Rule),
}

const DAY: Duration = Duration::from_secs(86_400);

impl Alert {
    /// The alert with these settings.
    ///
    /// # Errors
    ///
    /// If one of them is out of bounds.
    pub fn new(settings: AlertSettings) -> Result<Self, SettingError> {
        let AlertSettings { name, condition, kind, cool_down, lateness } = settings;
        let cool_down = setting::seconds(cool_down, 0, DAY, "cool_down", "whole seconds, at most a day")?;
        let lateness = setting::lateness(lateness)?;
        let window = |within| setting::seconds(within, 1, DAY, "within", "whole seconds, from one second to a day");
        let (test, within) = match kind {
            AlertKind::Each => return Ok(Self { name, condition, kind: Kind::Each(cool_down * NANOS) }),
            AlertKind::Rate { at_least, within } => {
                check(at_least > 0, "at_least", "at least 1")?;
                (Test::Rate { at_least }, window(within)?)
            }
            AlertKind::Ratio { above, within, min_records } => {
                check((0.0..=1.0).contains(&above), "above", "from 0 to 1")?;
                (Test::Ratio { above, min_records }, window(within)?)
            }
            AlertKind::Absence { lasting } => {
                let wanted = "whole seconds, from one second to 366 days";
                (Test::Absence, setting::seconds(lasting, 1, 366 * DAY, "for", wanted)?)
            }
        };
        Ok(Self { name, condition, kind: Kind::Window(Rule { test, within, cool_down, lateness }) })
    }
}

/// An [`Alert`] bound to a format.
pub struct BoundAlert {
    condition: Condition,
    json: std::sync::Arc<dyn Encoder>,
}

/// What an [`Alert`] has found in a batch.
#[derive(Debug)]
pub struct Findings(Found);

#[derive(Debug)]
enum Found {
    Hits {
        hits: Vec<Hit>,
        /// The last time of the batch.
        time: Option<Time>,
    },
    Runs(Vec<Run>),
}

/// A time, and how many digits it has after the second.
type Time = (Timestamp, u8);

#[derive(Debug)]
struct Hit {
    /// That of the last record that has one, in this batch; `None` if there is none.
    time: Option<Time>,
    place: Place,
    details: Vec<u8>,
}

/// What an [`Alert`] remembers.
#[derive(Default, Debug)]
pub struct AlertState {
    each: Each,
    window: Window,
    clock: EventTime,
    /// When the clock ticked first, while no record has come.
    waiting: Option<Timestamp>,
}

/// What is remembered for [`AlertKind::Each`].
#[derive(Default, Debug)]
struct Each {
    /// The last time that a record had.
    time: Option<Time>,
    /// That of the last alert.
    told: Option<Timestamp>,
    suppressed: u64,
    /// That of the last one that was not told.
    kept_back: Option<Time>,
}

impl Stage for Alert {
    type Bound = BoundAlert;
    type Partial = Findings;
    type State = AlertState;

    fn bind(&self, to: &Binding<'_>) -> Result<BoundAlert, BindError> {
        Ok(BoundAlert { condition: Condition::bind(self.condition.as_ref(), to)?, json: to.json() })
    }

    fn map(&self, bound: &BoundAlert, records: &mut Selected<'_>) -> Findings {
        Findings(match self.kind {
            Kind::Each(_) => hits(bound, records),
            Kind::Window(_) => Found::Runs(runs(records, |record| bound.condition.holds(record))),
        })
    }

    fn fold(&self, state: &mut AlertState, part: Findings, out: &mut Events) {
        match (part.0, &self.kind) {
            (Found::Hits { hits, time }, Kind::Each(cool_down)) => {
                for hit in hits {
                    self.each(&mut state.each, *cool_down, hit, out);
                }
                state.each.time = time.or(state.each.time);
            }
            (Found::Runs(runs), Kind::Window(rule)) => {
                for run in runs {
                    state.window.add(rule, &run, &mut |change| out.emit(self.changed(rule, change)));
                    if let Some(second) = run.second {
                        state.clock.saw(moment(second).as_nanos());
                    }
                }
            }
            _ => {}
        }
    }

    fn tick(&self, state: &mut AlertState, now: Timestamp, out: &mut Events) {
        let Kind::Window(rule) = &self.kind else { return };
        if let Some(nanos) = state.clock.tick(now) {
            let second = nanos.div_euclid(NANOS);
            state.window.pass(rule, second, &mut |change| out.emit(self.changed(rule, change)));
        } else if state.clock.high().is_none() && rule.test == Test::Absence {
            // There is no record whose time could be carried on, and just that is what somebody wants to know.
            let since = *state.waiting.get_or_insert(now);
            let waited = now.as_nanos().saturating_sub(since.as_nanos());
            if waited >= rule.within * NANOS && state.window.fire() {
                let second = now.as_nanos().div_euclid(NANOS);
                let sums = Sums::default();
                let change = Change { is_firing: true, second, sums, last_hit: None, late: 0, place: Place::END };
                out.emit(self.changed(rule, change));
            }
        }
    }

    fn finish(&self, mut state: AlertState, out: &mut Events) {
        match &self.kind {
            Kind::Each(_) if state.each.suppressed > 0 => {
                let Each { kept_back, suppressed, .. } = state.each;
                let members = vec![
                    ("alert".into(), Value::Text(self.name.clone())),
                    ("timestamp".into(), time_value(kept_back)),
                    ("suppressed".into(), Value::Integer(suppressed)),
                    ("details".into(), Value::Null),
                ];
                out.emit(Event { place: Place::END, kind: EventKind::Alert, members });
            }
            Kind::Each(_) => {}
            Kind::Window(rule) => state.window.finish(rule, &mut |change| out.emit(self.changed(rule, change))),
        }
    }
}

impl Alert {
    /// A record meets the condition.
    fn each(&self, state: &mut Each, cool_down: i64, hit: Hit, out: &mut Events) {
        let time = hit.time.or(state.time);
        if let (Some((time, _)), Some(told)) = (time, state.told)
            && time.as_nanos() < told.as_nanos().saturating_add(cool_down)
            && cool_down > 0
        {
            state.suppressed += 1;
            state.kept_back = Some((time, hit.time.map_or(0, |(_, digits)| digits)));
            return;
        }
        state.told = time.map(|(time, _)| time);
        let mut members =
            vec![("alert".into(), Value::Text(self.name.clone())), ("timestamp".into(), time_value(time))];
        if state.suppressed > 0 {
            members.push(("suppressed".into(), Value::Integer(std::mem::take(&mut state.suppressed))));
        }
        members.push(("details".into(), Value::Json(hit.details)));
        out.emit(Event { place: hit.place, kind: EventKind::Alert, members });
    }

    /// The event of an alert that begins or is over.
    fn changed(&self, rule: &Rule, change: Change) -> Event {
        let state = if change.is_firing { "firing" } else { "resolved" };
        let sums = change.sums;
        let mut details = Vec::new();
        match rule.test {
            Test::Absence => {
                let last = change.last_hit.map_or(Value::Null, |second| Value::Time(moment(second), 0));
                details.push(("last".into(), last));
            }
            Test::Rate { .. } | Test::Ratio { .. } => {
                let ratio = if sums.records == 0 { 0.0 } else { sums.hits as f64 / sums.records as f64 };
                details.push(("matched".into(), Value::Integer(sums.hits)));
                details.push(("records".into(), Value::Integer(sums.records)));
                details.push(("ratio".into(), Value::Decimal(ratio)));
            }
        }
        details.push(("window".into(), Value::Integer(rule.within.unsigned_abs())));
        details.push(("late".into(), Value::Integer(change.late)));
        let members = vec![
            ("alert".into(), Value::Text(self.name.clone())),
            ("state".into(), Value::Text(state.to_owned())),
            ("timestamp".into(), Value::Time(moment(change.second), 0)),
            ("details".into(), Value::Object(details)),
        ];
        Event { place: change.place, kind: EventKind::Alert, members }
    }
}

fn time_value(time: Option<Time>) -> Value {
    time.map_or(Value::Null, |(time, digits)| Value::Time(time, digits))
}

/// The records of a batch that meet the condition, as they go out.
fn hits(bound: &BoundAlert, records: &Selected<'_>) -> Found {
    let mut output = Output::new();
    let mut timed: Option<Record<'_>> = None;
    let mut hits = Vec::new();
    let time = |record: Option<Record<'_>>| record.and_then(|of| Some((of.timestamp()?, of.fraction_digits())));
    for record in records.iter() {
        if record.timestamp().is_some() {
            timed = Some(record);
        }
        if bound.condition.holds(&record) {
            output.clear();
            records.encode(&record, &*bound.json, &mut output);
            let line = output.as_bytes();
            let details = line.strip_suffix(b"\n").unwrap_or(line).to_vec();
            hits.push(Hit { time: time(timed), place: records.place(&record), details });
        }
    }
    Found::Hits { hits, time: time(timed) }
}
