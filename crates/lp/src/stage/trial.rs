//! Stages tried on texts, cut into batches anywhere, in runs that go on from what other ones have saved.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use lp_core::encode::{Encoder, JsonEncoder};
use lp_core::{Batch, Format, Timestamp};
use proptest::prelude::*;

use crate::event::{Event, Events};
use crate::filter::Filter;
use crate::stage::event_time::moment;
use crate::stage::{
    Alert, AlertKind, AlertSettings, AnyStage, Binding, BoundStage, Count, CountSettings, Dedup, DedupSettings, Place,
    Selected, Sequential, Stage, State, erased,
};

/// What came of it: the events as JSON, each with the line number of the record that caused it (`None` for the end), and the
/// lines that were kept.
pub(super) type Outcome = (Vec<(Option<usize>, String)>, Vec<String>);

/// A stage on the lines of a text; `cuts` says behind which lines a batch ends. The same comes of it if another run goes on
/// behind each of the batches, or behind some.
pub(super) fn run(stage: impl Stage, format: &dyn Format, text: &str, cuts: &[bool]) -> Outcome {
    run_any(&AnyStage::Parallel(Arc::new(stage)), format, text, cuts, None)
}

/// As [`run`], for a stage that sees everything in order.
pub(super) fn run_in_order(stage: impl Sequential, format: &dyn Format, text: &str, cuts: &[bool]) -> Outcome {
    run_any(&AnyStage::Sequential(Arc::new(stage)), format, text, cuts, None)
}

/// As [`run`], for records that come at this moment if there is one.
pub(super) fn run_any(
    stage: &AnyStage,
    format: &dyn Format,
    text: &str,
    cuts: &[bool],
    now: Option<Timestamp>,
) -> Outcome {
    let trial = || Trial { now, ..Trial::new(stage, format) };
    let outcome = trial().all(text, cuts, |_| false);
    for every in [1, 3] {
        let restarted = trial().all(text, cuts, |batch| batch % every == 0);
        assert_eq!(restarted, outcome, "restarted behind each {every}. batch");
    }
    outcome
}

/// What a stage has saved behind a text.
pub(super) fn saved(stage: &AnyStage, format: &dyn Format, text: &str) -> Vec<u8> {
    let mut trial = Trial::new(stage, format);
    trial.batch(text, 0..text.len());
    stage.save(&trial.state).unwrap()
}

/// Goes on from bytes that may be anything, if the stage takes them: with a text, the clock, and the end.
pub(super) fn go_on(stage: &AnyStage, format: &dyn Format, saved: &[u8], text: &str) -> bool {
    let Some(state) = stage.restore(saved) else { return false };
    let mut trial = Trial { state, ..Trial::new(stage, format) };
    trial.batch(text, 0..text.len());
    for now in [i64::MIN, 0, i64::MAX] {
        stage.tick(&mut trial.state, Timestamp::from_nanos(now), &mut trial.events);
    }
    stage.save(&trial.state).unwrap();
    trial.finish(text);
    true
}

/// A run of one stage.
struct Trial<'t> {
    stage: &'t AnyStage,
    format: &'t dyn Format,
    now: Option<Timestamp>,
    bound: BoundStage,
    state: State,
    events: Events,
    told: Vec<Event>,
    kept: Vec<String>,
}

impl<'t> Trial<'t> {
    fn new(stage: &'t AnyStage, format: &'t dyn Format) -> Self {
        let json: Arc<dyn Encoder> = Arc::new(JsonEncoder::new(format.schema()));
        let bound = stage.bind(&Binding::new("test", format.schema(), &[], &json)).unwrap();
        let (events, told, kept) = Default::default();
        Self { stage, format, now: None, bound, state: stage.new_state(), events, told, kept }
    }

    /// All of a text; another run goes on behind the batches with these numbers.
    fn all(mut self, text: &str, cuts: &[bool], is_restarted: impl Fn(usize) -> bool) -> Outcome {
        let (mut start, mut end, mut batch) = (0, 0, 0);
        for (number, line) in text.split_inclusive('\n').enumerate() {
            end += line.len();
            if end < text.len() && cuts.get(number) != Some(&true) {
                continue;
            }
            self.batch(text, start..end);
            if is_restarted(batch) {
                self.state = self.stage.restore(&self.stage.save(&self.state).unwrap()).unwrap();
            }
            start = end;
            batch += 1;
        }
        self.finish(text)
    }

    fn batch(&mut self, text: &str, bytes: Range<usize>) {
        let origin = Place { input: 0, offset: bytes.start as u64 };
        let input = &text.as_bytes()[bytes];
        let mut batch = Batch::new();
        self.format.parse(input, &mut batch);
        let mut numbers = (0..u32::try_from(batch.len()).unwrap()).collect();
        let mut records = Selected::new(&batch, input, self.format.schema(), origin, &mut numbers);
        if let Some(now) = self.now {
            records = records.coming(now);
        }
        match self.stage {
            AnyStage::Parallel(stage) => {
                let part = erased::Parallel::map(&**stage, &self.bound.bound, &mut records).unwrap();
                self.stage.fold(&mut self.state, part, &mut self.events);
            }
            AnyStage::Sequential(stage) => {
                stage.run(&self.bound.bound, &mut self.state, &mut records, &mut self.events);
            }
        }
        self.kept.extend(records.iter().map(|record| String::from_utf8_lossy(record.raw()).into_owned()));
        self.told.extend(self.events.take().into_iter().map(|(_, event)| event));
    }

    fn finish(mut self, text: &str) -> Outcome {
        self.stage.finish(self.state, &mut self.events);
        self.told.extend(self.events.take().into_iter().map(|(_, event)| event));
        let line = |place: Place| {
            let before = text.get(..usize::try_from(place.offset).ok()?)?;
            Some(before.matches('\n').count())
        };
        let told = self.told.iter().map(|event| (line(event.place), String::from_utf8(event.to_json()).unwrap()));
        (told.collect(), self.kept)
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn parallel(stage: impl Stage) -> AnyStage {
    AnyStage::Parallel(Arc::new(stage))
}

fn errors() -> Option<Filter> {
    Some(Filter::parse("severity >= ERROR").unwrap())
}

/// Stages that gather something, no two with the same settings.
pub(super) fn stages() -> Vec<AnyStage> {
    let by = |fields: &[&str]| CountSettings::by("a", fields.iter().copied());
    let every = || CountSettings { every: Some(seconds(10)), ..by(&["message"]) };
    let counts = [
        by(&[]),
        by(&["message"]),
        by(&["message", "severity"]),
        by(&["severity", "message"]),
        CountSettings { name: "b".to_owned(), ..by(&["message"]) },
        CountSettings { condition: errors(), ..by(&["message"]) },
        CountSettings { max_keys: 2, ..by(&["message"]) },
        every(),
        CountSettings { every: Some(seconds(11)), ..every() },
        CountSettings { lateness: seconds(6), ..every() },
        CountSettings { total: true, ..every() },
    ];
    let within = seconds(10);
    let rate = AlertKind::Rate { at_least: 2, within };
    let alert = |kind| AlertSettings::new("a", errors(), kind);
    let alerts = [
        alert(AlertKind::Each),
        AlertSettings { cool_down: seconds(20), ..alert(AlertKind::Each) },
        alert(rate),
        AlertSettings::new("a", None, rate),
        AlertSettings { cool_down: seconds(9), ..alert(rate) },
        AlertSettings { lateness: seconds(9), ..alert(rate) },
        alert(AlertKind::Rate { at_least: 3, within }),
        alert(AlertKind::Ratio { above: 0.5, within, min_records: 2 }),
        alert(AlertKind::Ratio { above: 0.25, within, min_records: 2 }),
        alert(AlertKind::Absence { lasting: within }),
    ];
    let dedup = || DedupSettings::within("a", within);
    let dedups = [
        dedup(),
        DedupSettings { within: seconds(11), ..dedup() },
        DedupSettings { max_keys: 3, ..dedup() },
        DedupSettings { by: vec!["severity".to_owned()], ..dedup() },
        DedupSettings { condition: errors(), ..dedup() },
    ];
    let counts = counts.into_iter().map(|settings| parallel(Count::new(settings).unwrap()));
    let alerts = alerts.into_iter().map(|settings| parallel(Alert::new(settings).unwrap()));
    let dedups = dedups.into_iter().map(|settings| AnyStage::Sequential(Arc::new(Dedup::new(settings).unwrap())));
    counts.chain(alerts).chain(dedups).collect()
}

/// Lines of JSON; each has a step of time, or no time, and a number that makes the rest of it.
pub(super) fn text(records: &[(Option<i64>, u8)]) -> String {
    let mut second = 1_000_000_000;
    let line = |&(step, number): &(Option<i64>, u8)| {
        second += step.unwrap_or(0);
        let time = step.map_or_else(String::new, |_| format!("\"timestamp\":\"{}\",", moment(second)));
        let level = ["INFO", "ERROR"][usize::from(number % 2)];
        format!("{{{time}\"level\":\"{level}\",\"message\":\"m{number}\"}}\n")
    };
    records.iter().map(line).collect()
}

pub(super) fn records() -> impl Strategy<Value = Vec<(Option<i64>, u8)>> {
    prop::collection::vec((prop::option::weighted(0.9, -5_i64..8), 0_u8..5), 0..30)
}
