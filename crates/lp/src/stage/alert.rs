//! Alerts: something is in the log that somebody should look at, or something is missing there.

mod each;

use std::time::Duration;

use lp_core::Timestamp;
use lp_core::encode::Encoder;
use serde::{Deserialize, Serialize};

use crate::event::{Event, EventKind, Events, Value};
use crate::filter::Filter;
use crate::stage::condition::Condition;
use crate::stage::event_time::{EventTime, Lasted, NANOS, moment};
use crate::stage::saved;
use crate::stage::setting::{self, DEFAULT_LATENESS, SettingError, check};
use crate::stage::window::{Change, Rule, Run, Sums, Test, Window, runs};
use crate::stage::{BindError, Binding, Place, Selected, Stage};
use each::{Each, Hits};

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
///
/// An alert's event has these members, in this order:
///
/// | member | what it is |
/// |---|---|
/// | `alert` | the name of the alert |
/// | `state` | `firing`, or `resolved` when it is over; not for [`AlertKind::Each`] |
/// | `timestamp` | the time of the record, `null` if none is known; or the end of the window, a whole second |
/// | `suppressed` | how many alerts the cool-down has kept back before this one, if any; only for [`AlertKind::Each`] |
/// | `details` | the record as the output shows it; or what was found, as below |
///
/// Details of a window are `matched` (records that meet the condition), `records` (all of them), `ratio` (their quotient),
/// `last` (the second of the last record that met the condition, or `null`; with [`AlertKind::Absence`], which has none of
/// the other three), `window` (its length in seconds), and `late`: how many records have come too late to be looked at so far.
///
/// Windows end at whole seconds and are as long as the alert says, the end not included. They are evaluated when the records
/// that have come are `lateness` past their end; where a live input is silent, when the clock says that they would be. A record
/// without a time is of the time of the record before it, and where the input is live, so is one that is dated more than a day
/// ahead of the clock. When
/// the inputs end, the windows up to the last second are evaluated. An alert that fires then is not over, and nothing says so.
/// Alerts that a cool-down still keeps back then are told by a last event, with the time of the last of them and `details` null.
#[derive(Clone, Debug)]
pub struct Alert {
    name: String,
    condition: Option<Filter>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Serialize)]
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
    Hits(Hits),
    Runs(Vec<Run>),
}

/// What an [`Alert`] remembers.
#[derive(Default, Debug)]
pub struct AlertState(Gathered);

#[derive(Default, Debug, Serialize, Deserialize)]
struct Gathered {
    each: Each,
    window: Window,
    clock: EventTime,
    /// Since the clock ticked first, while no record has come.
    waiting: Lasted,
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
            Kind::Each(_) => Found::Hits(Hits::of(records, &bound.condition, &*bound.json)),
            Kind::Window(_) => Found::Runs(runs(records.seconds(), &bound.condition.select(records))),
        })
    }

    fn fold(&self, state: &mut AlertState, part: Findings, out: &mut Events) {
        let state = &mut state.0;
        match (part.0, &self.kind) {
            (Found::Hits(hits), Kind::Each(cool_down)) => {
                state.each.add(&self.name, *cool_down, hits, &mut |event| out.emit(event));
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
        let state = &mut state.0;
        if let Some(nanos) = state.clock.tick(now) {
            let second = nanos.div_euclid(NANOS);
            state.window.pass(rule, second, &mut |change| out.emit(self.changed(rule, change)));
        } else if state.clock.high().is_none() && rule.test == Test::Absence {
            // There is no record whose time could be carried on, and just that is what somebody wants to know.
            let waited = state.waiting.until(now.as_nanos());
            if waited >= (rule.within * NANOS).unsigned_abs() && state.window.fire() {
                let second = now.as_nanos().div_euclid(NANOS);
                let sums = Sums::default();
                let change = Change { is_firing: true, second, sums, last_hit: None, late: 0, place: Place::END };
                out.emit(self.changed(rule, change));
            }
        }
    }

    fn finish(&self, state: AlertState, out: &mut Events) {
        let mut state = state.0;
        match &self.kind {
            Kind::Each(_) => {
                if let Some(event) = state.each.finish(&self.name) {
                    out.emit(event);
                }
            }
            Kind::Window(rule) => state.window.finish(rule, &mut |change| out.emit(self.changed(rule, change))),
        }
    }

    fn save(&self, state: &AlertState) -> Option<Vec<u8>> {
        saved::save(&self.settings(), &state.0)
    }

    fn restore(&self, saved: &[u8]) -> Option<AlertState> {
        let Gathered { each, window, clock, waiting } = saved::restore(&self.settings(), saved)?;
        let window = match &self.kind {
            Kind::Each(_) => window,
            Kind::Window(rule) => window.restored(rule)?,
        };
        Some(AlertState(Gathered { each: each.restored()?, window, clock, waiting }))
    }
}

impl Alert {
    /// What decides when it is told, and of what.
    fn settings(&self) -> impl Serialize {
        ("alert", &self.name, self.condition.as_ref().map(Filter::text), self.kind)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::trial;
    use lp_core::format::access::Access;

    /// Lines of the common format: a second of a minute, and the status. Without a second the line does not parse.
    fn log(records: &[(Option<u8>, u16)]) -> String {
        let line = |&(second, status): &(Option<u8>, u16)| match second {
            Some(second) => {
                format!("::1 - - [06/Nov/2025:10:30:{second:02} +0000] \"GET / HTTP/1.1\" {status} 5\n")
            }
            None => "?\n".to_owned(),
        };
        records.iter().map(line).collect()
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn alert(kind: AlertKind, cool_down: u64, lateness: u64) -> Alert {
        let condition = Filter::parse("status_code >= 500").unwrap();
        let settings = AlertSettings::new("A", Some(condition), kind);
        Alert::new(AlertSettings { cool_down: seconds(cool_down), lateness: seconds(lateness), ..settings }).unwrap()
    }

    /// The same, however the text is cut.
    fn run(alert: &Alert, text: &str) -> Vec<(Option<usize>, String)> {
        let (whole, _) = trial::run(alert.clone(), &Access::common(), text, &[]);
        for cuts in [[true; 64], std::array::from_fn(|line| line % 3 == 1)] {
            assert_eq!(trial::run(alert.clone(), &Access::common(), text, &cuts).0, whole);
        }
        whole
    }

    #[test]
    fn each_record_that_matters_is_told_with_what_it_says() {
        let text = log(&[(Some(1), 200), (Some(2), 502), (Some(2), 404), (Some(3), 599)]);
        let told = run(&alert(AlertKind::Each, 0, 0), &text);
        let details = |second, status| {
            format!(
                "{{\"alert\":\"A\",\"timestamp\":\"2025-11-06T10:30:0{second}Z\",\"details\":{{\
                 \"timestamp\":\"2025-11-06T10:30:0{second}Z\",\"severity\":\"ERROR\",\"client_ip\":\"::1\",\"user\":null,\
                 \"method\":\"GET\",\"path\":\"/\",\"protocol\":\"HTTP/1.1\",\"status_code\":{status},\"response_size\":5}}}}"
            )
        };
        assert_eq!(told, [(Some(1), details(2, 502)), (Some(3), details(3, 599))]);
    }

    #[test]
    fn a_cool_down_keeps_back_and_counts() {
        // The one without a time is of the time of the one before it.
        let text = log(&[(Some(1), 500), (Some(4), 500), (None, 0), (Some(5), 500), (Some(11), 500), (Some(9), 500)]);
        let settings = AlertSettings::new("A", None, AlertKind::Each);
        let alert = Alert::new(AlertSettings { cool_down: seconds(10), ..settings }).unwrap();
        let told: Vec<_> = run(&alert, &text)
            .into_iter()
            .map(|(line, json)| (line, json.split(",\"details\"").next().unwrap().to_owned()))
            .collect();
        let want = [
            (Some(0), "{\"alert\":\"A\",\"timestamp\":\"2025-11-06T10:30:01Z\""),
            (Some(4), "{\"alert\":\"A\",\"timestamp\":\"2025-11-06T10:30:11Z\",\"suppressed\":3"),
            (None, "{\"alert\":\"A\",\"timestamp\":\"2025-11-06T10:30:09Z\",\"suppressed\":1"),
        ];
        assert_eq!(told, want.map(|(line, json)| (line, json.to_owned())));
    }

    /// The time of the record before is shown with its digits, wherever the input is cut.
    #[test]
    fn what_is_kept_back_last_has_the_time_of_the_record_before_it() {
        let text = "{\"timestamp\":\"2025-11-06T10:30:15.250Z\"}\n{}\n";
        let settings = AlertSettings { cool_down: seconds(10), ..AlertSettings::new("A", None, AlertKind::Each) };
        for cuts in [[false], [true]] {
            let (told, _) =
                trial::run(Alert::new(settings.clone()).unwrap(), &lp_core::format::json::Json::new(), text, &cuts);
            let want = "{\"alert\":\"A\",\"timestamp\":\"2025-11-06T10:30:15.250Z\",\"suppressed\":1,\"details\":null}";
            assert_eq!(told[1], (None, want.to_owned()), "{cuts:?}");
        }
    }

    /// The kinds of windows, with the events that they must tell of one log.
    #[test]
    fn windows_tell_when_it_begins_and_when_it_is_over() {
        let errors = |seconds: &[u8]| seconds.iter().map(|second| (Some(*second), 500)).collect::<Vec<_>>();
        let ok = |seconds: &[u8]| seconds.iter().map(|second| (Some(*second), 200)).collect::<Vec<_>>();
        let rate = AlertKind::Rate { at_least: 3, within: seconds(5) };
        let ratio = AlertKind::Ratio { above: 0.5, within: seconds(5), min_records: 2 };
        let absence = AlertKind::Absence { lasting: seconds(10) };
        /// The alert, what the log says, and the events, each with the line that caused it.
        type Case = (Alert, Vec<(Option<u8>, u16)>, &'static [(Option<usize>, &'static str)]);
        let cases: [Case; 5] = [
            (
                alert(rate, 0, 0),
                [errors(&[1, 2, 3]), ok(&[4, 20])].concat(),
                &[
                    (
                        Some(3),
                        r#""firing","timestamp":"2025-11-06T10:30:04Z","details":{"matched":3,"records":3,"ratio":1,"window":5,"late":0}"#,
                    ),
                    (
                        Some(4),
                        r#""resolved","timestamp":"2025-11-06T10:30:07Z","details":{"matched":2,"records":3,"ratio":0.6666666666666666,"window":5,"late":0}"#,
                    ),
                ],
            ),
            // A reason that comes back within the cool-down is no new alert; nor does the alert end then.
            (
                alert(rate, 6, 0),
                [errors(&[1, 2, 3, 8, 9, 10]), ok(&[40])].concat(),
                &[
                    (
                        Some(3),
                        r#""firing","timestamp":"2025-11-06T10:30:04Z","details":{"matched":3,"records":3,"ratio":1,"window":5,"late":0}"#,
                    ),
                    (
                        Some(6),
                        r#""resolved","timestamp":"2025-11-06T10:30:20Z","details":{"matched":0,"records":0,"ratio":0,"window":5,"late":0}"#,
                    ),
                ],
            ),
            (
                alert(ratio, 0, 2),
                [errors(&[1]), ok(&[2]), errors(&[2, 3]), ok(&[1, 9, 0])].concat(),
                &[
                    (
                        Some(5),
                        r#""firing","timestamp":"2025-11-06T10:30:04Z","details":{"matched":3,"records":5,"ratio":0.6,"window":5,"late":0}"#,
                    ),
                    // One record, though it is what is looked for, is too few.
                    (
                        None,
                        r#""resolved","timestamp":"2025-11-06T10:30:08Z","details":{"matched":1,"records":1,"ratio":1,"window":5,"late":1}"#,
                    ),
                ],
            ),
            (
                alert(absence, 0, 0),
                [ok(&[1]), errors(&[5]), ok(&[16, 17]), errors(&[18]), ok(&[19])].concat(),
                &[
                    (
                        Some(2),
                        r#""firing","timestamp":"2025-11-06T10:30:16Z","details":{"last":"2025-11-06T10:30:05Z","window":10,"late":0}"#,
                    ),
                    (
                        Some(5),
                        r#""resolved","timestamp":"2025-11-06T10:30:19Z","details":{"last":"2025-11-06T10:30:18Z","window":10,"late":0}"#,
                    ),
                ],
            ),
            // At the end the last second is over, too.
            (
                alert(rate, 0, 30),
                errors(&[1, 2, 3]),
                &[(
                    None,
                    r#""firing","timestamp":"2025-11-06T10:30:04Z","details":{"matched":3,"records":3,"ratio":1,"window":5,"late":0}"#,
                )],
            ),
        ];
        for (number, (alert, records, want)) in cases.into_iter().enumerate() {
            let told = run(&alert, &log(&records));
            let want: Vec<_> =
                want.iter().map(|(line, json)| (*line, format!("{{\"alert\":\"A\",\"state\":{json}}}"))).collect();
            assert_eq!(told, want, "case {number}");
        }
    }

    #[test]
    fn the_ends_of_time_are_far_apart() {
        let ends = ["1677-09-21T00:12:43.2Z", "2262-04-11T23:47:16.8Z"];
        let text: String = ends.iter().cycle().take(9).map(|end| format!("{{\"timestamp\":\"{end}\"}}\n")).collect();
        let rate = AlertKind::Rate { at_least: 2, within: seconds(5) };
        let settings = AlertSettings { lateness: Duration::ZERO, ..AlertSettings::new("A", None, rate) };
        let (told, _) = trial::run(Alert::new(settings).unwrap(), &lp_core::format::json::Json::new(), &text, &[]);
        let [(None, event)] = &told[..] else { panic!("{told:?}") };
        assert!(event.contains("\"matched\":4,") && event.ends_with("\"late\":4}}"), "{event}");
    }

    /// Where nothing comes, the clock tells it.
    #[test]
    fn the_clock_goes_on_where_nothing_comes() {
        let told = |alert: &Alert, state: &mut AlertState, now: i64| {
            let mut events = Events::default();
            alert.tick(state, moment(now), &mut events);
            events.take().into_iter().map(|(_, event)| event.get("state").unwrap().to_text()).collect::<Vec<_>>()
        };
        let run = |second, hits| Run {
            second: Some(second),
            place: Place { input: 0, offset: 0 },
            sums: Sums { records: hits, hits },
        };
        let fold = |alert: &Alert, state: &mut AlertState, runs| {
            let mut events = Events::default();
            alert.fold(state, Findings(Found::Runs(runs)), &mut events);
            events.take().len()
        };

        let absence = alert(AlertKind::Absence { lasting: seconds(10) }, 0, 0);
        let mut state = AlertState::default();
        assert_eq!(told(&absence, &mut state, 100), [""; 0]);
        assert_eq!(told(&absence, &mut state, 109), [""; 0]);
        assert_eq!(told(&absence, &mut state, 110), ["firing"]);
        assert_eq!(told(&absence, &mut state, 130), [""; 0]);
        assert_eq!(fold(&absence, &mut state, vec![run(131, 1)]), 0);
        assert_eq!(told(&absence, &mut state, 132), [""; 0]);
        assert_eq!(told(&absence, &mut state, 133), ["resolved"]);
        assert_eq!(told(&absence, &mut state, 142), [""; 0]);
        assert_eq!(told(&absence, &mut state, 143), ["firing"]);

        // The time between two runs does not count.
        let mut state = AlertState::default();
        assert_eq!([100, 104].map(|now| told(&absence, &mut state, now)), [[""; 0]; 2]);
        let mut state = absence.restore(&absence.save(&state).unwrap()).unwrap();
        assert_eq!([500, 505].map(|now| told(&absence, &mut state, now)), [[""; 0]; 2]);
        assert_eq!(told(&absence, &mut state, 506), ["firing"]);

        let rate = alert(AlertKind::Rate { at_least: 2, within: seconds(10) }, 0, 0);
        let mut state = AlertState::default();
        assert_eq!(fold(&rate, &mut state, vec![run(100, 2)]), 0);
        assert_eq!(told(&rate, &mut state, 101), [""; 0]);
        assert_eq!(told(&rate, &mut state, 102), ["firing"]);
        assert_eq!(told(&rate, &mut state, 112), ["resolved"]);
        // Yesterday's log that ends is no silence.
        let mut state = AlertState::default();
        fold(&absence, &mut state, vec![run(100, 2)]);
        assert_eq!(told(&absence, &mut state, 86_400), [""; 0]);
        assert_eq!(told(&absence, &mut state, 86_500), [""; 0]);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let rate = |at_least, within| AlertKind::Rate { at_least, within: seconds(within) };
        let ratio = |above| AlertKind::Ratio { above, within: seconds(1), min_records: 0 };
        let cases = [
            ("at_least", rate(0, 1)),
            ("within", rate(1, 0)),
            ("within", rate(1, 86_401)),
            ("within", AlertKind::Rate { at_least: 1, within: Duration::from_millis(1500) }),
            ("above", ratio(-0.1)),
            ("above", ratio(1.1)),
            ("above", ratio(f64::NAN)),
            ("for", AlertKind::Absence { lasting: Duration::ZERO }),
        ];
        for (setting, kind) in cases {
            let error = Alert::new(AlertSettings::new("A", None, kind)).unwrap_err();
            assert_eq!(error.setting, setting, "{kind:?}");
        }
        let settings = AlertSettings { lateness: Duration::MAX, ..AlertSettings::new("A", None, AlertKind::Each) };
        assert_eq!(Alert::new(settings).unwrap_err().setting, "lateness");
    }
}
