//! A live run: the clock goes on while the input is silent, and stages are told so.
//!
//! Nothing here says how long something takes; a reader waits for what has to happen, and fails if it never does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "live/waiting.rs"]
mod waiting;

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lp::event::{Event, Events, Value};
use lp::format::json::Json;
use lp::sink::Writer;
use lp::stage::{
    Alert, AlertKind, AlertSettings, BindError, Binding, Count, CountSettings, Dedup, DedupSettings, Place, Selected,
    Stage,
};
use lp::{Input, Observer, Outlet, Pipeline, Report, Takes, Timestamp, Which};
use waiting::{Happened, Next, Waiting};

const THREADS: [usize; 3] = [1, 2, 7];

/// Notes each tick, and how many records there were before it.
#[derive(Clone, Default)]
struct Ticks {
    /// That there was a tick, by how many records there were.
    happened: [Happened; 3],
    seen: Arc<Mutex<Vec<(Timestamp, usize)>>>,
}

impl Stage for Ticks {
    type Bound = ();
    type Partial = usize;
    type State = usize;

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn map(&self, (): &(), records: &mut Selected<'_>) -> usize {
        records.len()
    }

    fn fold(&self, state: &mut usize, records: usize, _out: &mut Events) {
        *state += records;
    }

    fn tick(&self, state: &mut usize, now: Timestamp, _out: &mut Events) {
        self.seen.lock().unwrap().push((now, *state));
        self.happened[*state].note();
    }
}

/// Notes events, and lets others wait for them.
#[derive(Clone, Default)]
struct Told {
    happened: Happened,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Observer for Told {
    fn event(&mut self, _stage: &str, event: &Event) {
        self.events.lock().unwrap().push(event.clone());
        self.happened.note();
    }
}

/// A record of now. If the clock stands behind it, that makes no difference.
fn record_of_now(message: &str) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    format!("{{\"ts\":{now},\"level\":\"INFO\",\"msg\":\"{message}\"}}\n").into_bytes()
}

fn run(pipeline: &Pipeline, nexts: Vec<Next>, told: &Told) -> (Vec<u8>, Report) {
    let mut output = Vec::new();
    let input = Input::reader("live", Waiting(nexts.into()));
    let report = pipeline.run([input], &mut output, &mut told.clone()).unwrap();
    assert!(report.failures.is_empty(), "{report:?}");
    assert!(report.inputs[0].1.is_balanced());
    (output, report)
}

#[test]
fn stages_are_told_the_time() {
    for threads in THREADS {
        let ticks = Ticks::default();
        let pipeline = Pipeline::new(Json::new()).stage(ticks.clone()).threads(threads).live(true);
        let nexts = vec![
            Next::Wait(ticks.happened[0].clone()),
            Next::Give(record_of_now("a")),
            Next::Wait(ticks.happened[1].clone()),
            Next::Give(record_of_now("b")),
        ];
        let (output, report) = run(&pipeline, nexts, &Told::default());
        assert_eq!((report.total().written, output.iter().filter(|&&byte| byte == b'\n').count()), (2, 2));
        let seen = ticks.seen.lock().unwrap();
        assert!(seen.iter().map(|(_, records)| records).is_sorted(), "{seen:?}");
    }
}

#[test]
fn without_live_the_clock_says_nothing() {
    for threads in THREADS {
        let ticks = Ticks::default();
        let pipeline = Pipeline::new(Json::new()).stage(ticks.clone()).threads(threads);
        run(&pipeline, vec![Next::Give(record_of_now("a"))], &Told::default());
        assert!(ticks.seen.lock().unwrap().is_empty());
    }
}

fn text(event: &Event, name: &str) -> Option<String> {
    event.get(name).map(Value::to_text)
}

/// What the clock makes of a silence is told while it lasts, behind all records.
#[test]
fn what_is_over_by_the_clock_is_told() {
    let second = Duration::from_secs(1);
    let lateness = Duration::ZERO;
    for threads in THREADS {
        let pipeline = || Pipeline::new(Json::new()).threads(threads).live(true);
        let count = CountSettings { every: Some(second), lateness, ..CountSettings::by("count", ["severity"]) };
        let absence = AlertKind::Absence { lasting: second };
        let absence = AlertSettings { lateness, ..AlertSettings::new("silence", None, absence) };
        let rate = AlertKind::Rate { at_least: 1, within: second };
        let rate = AlertSettings { lateness, ..AlertSettings::new("any", None, rate) };
        let cases = [
            ("count", pipeline().stage(Count::new(count).unwrap()), vec![record_of_now("a")], "period", "interval"),
            (
                "absence",
                pipeline().stage(Alert::new(absence.clone()).unwrap()),
                vec![record_of_now("a")],
                "state",
                "firing",
            ),
            ("nothing at all", pipeline().stage(Alert::new(absence).unwrap()), vec![], "state", "firing"),
            ("rate", pipeline().stage(Alert::new(rate).unwrap()), vec![record_of_now("a")], "state", "firing"),
            (
                "dedup",
                pipeline()
                    .sequential_stage("dedup", Arc::new(Dedup::new(DedupSettings::within("dedup", second)).unwrap())),
                vec![record_of_now("a").repeat(3)],
                "repeated",
                "2",
            ),
        ];
        // Each waits for a second; so all at once.
        thread::scope(|scope| {
            for (name, pipeline, given, member, wanted) in cases {
                scope.spawn(move || {
                    let told = Told::default();
                    let mut nexts: Vec<Next> = given.into_iter().map(Next::Give).collect();
                    nexts.push(Next::Wait(told.happened.clone()));
                    run(&pipeline, nexts, &told);
                    let events = told.events.lock().unwrap();
                    let first = events.first().unwrap();
                    assert_eq!(text(first, member).as_deref(), Some(wanted), "{name}: {events:?}");
                    assert_eq!(first.place, Place::END, "{name}: {events:?}");
                });
            }
        });
    }
}

/// An outlet of events is written to while the input is silent.
#[test]
fn an_outlet_has_what_the_clock_told() {
    /// Says that something was written.
    struct Noted(Happened, Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Noted {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.1.lock().unwrap().extend_from_slice(bytes);
            self.0.note();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let kind = AlertKind::Absence { lasting: Duration::from_secs(1) };
    let alert = Arc::new(Alert::new(AlertSettings::new("silence", None, kind)).unwrap());
    let pipeline = Pipeline::new(Json::new()).named_stage("silence", alert).live(true);
    let (happened, written) = (Happened::default(), Arc::<Mutex<Vec<u8>>>::default());
    let sink = Writer::new("alerts", Noted(happened.clone(), Arc::clone(&written)));
    let takes = Takes::Events(Which::Stages(vec!["silence".to_owned()]));
    let input = Input::reader("live", Waiting(vec![Next::Wait(happened)].into()));
    let report = pipeline.run_to([input], vec![Outlet::new("alerts", sink).takes(takes)], &mut ()).unwrap();
    assert!(report.failures.is_empty(), "{report:?}");
    assert_eq!((report.outlets[0].records, report.stages[0].events), (1, 1));
    assert!(written.lock().unwrap().starts_with(b"{\"alert\":\"silence\",\"state\":\"firing\""));
}

/// One record that is dated years ahead makes all that follow late, unless the clock is asked.
#[test]
fn a_record_that_is_dated_years_ahead_ends_nothing() {
    let log = "{\"ts\":1762425000}\n{\"ts\":4000000000}\n{\"ts\":1762425001}\n{\"ts\":1762425020}\n";
    let counts = |live, threads| {
        let every = Some(Duration::from_secs(10));
        let count = CountSettings { every, total: true, ..CountSettings::by("count", [""; 0]) };
        let pipeline = Pipeline::new(Json::new()).stage(Count::new(count).unwrap()).threads(threads).live(live);
        let told = Told::default();
        run(&pipeline, vec![Next::Give(log.into())], &told);
        let events = told.events.lock().unwrap();
        let members = |event| ["from", "to", "total", "late"].map(|name| text(event, name).unwrap());
        events.iter().map(members).collect::<Vec<_>>()
    };
    for threads in THREADS {
        let want = [
            ["2025-11-06T10:30:00Z", "2025-11-06T10:30:10Z", "3", "0"],
            ["2025-11-06T10:30:20Z", "2025-11-06T10:30:30Z", "1", "0"],
            ["2025-11-06T10:30:00Z", "2025-11-06T10:30:20Z", "4", "0"],
        ];
        assert_eq!(counts(true, threads), want);
        assert_eq!(counts(false, threads).last().unwrap()[3], "2");
    }
}
