//! What stages cost a record, beside the limits: the records of some chunks are parsed before, and each stage maps and folds
//! them. The time of an element is that of a record.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark that cannot run must fail")]

mod yardstick;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lp::encode::{Encoder, JsonEncoder};
use lp::event::Events;
use lp::stage::{Alert, AlertKind, AlertSettings, Binding, Count, CountSettings, Place, Selected, Stage, Where};
use lp::{Access, Batch, Filter, Format};
use yardstick::{CORPUS, chunks};

/// Chunks whose records all fit into the second cache, as those of a chunk do that has just been parsed.
const BATCHES: usize = 4;

/// A batch, what it was parsed from, and the numbers of its records.
struct Parsed {
    batch: Batch,
    input: Vec<u8>,
    all: Vec<u32>,
}

fn parsed(format: &dyn Format) -> Vec<Parsed> {
    let mut batches = Vec::new();
    chunks(format, &CORPUS.text[..1 << 20], |chunk| {
        let mut batch = Batch::new();
        format.parse(chunk, &mut batch);
        let all = (0..u32::try_from(batch.len()).unwrap()).collect();
        batches.push(Parsed { batch, input: chunk.to_vec(), all });
    });
    batches.truncate(BATCHES);
    batches
}

/// Maps and folds all records with all stages.
struct Run<S: Stage> {
    stages: Vec<(S, S::Bound)>,
}

impl<S: Stage> Run<S> {
    fn new(stages: impl IntoIterator<Item = S>, format: &dyn Format) -> Self {
        let json: Arc<dyn Encoder> = Arc::new(JsonEncoder::new(format.schema()));
        let bind = |stage: S| {
            let bound = stage.bind(&Binding::new("corpus", format.schema(), &[], &json)).unwrap();
            (stage, bound)
        };
        Self { stages: stages.into_iter().map(bind).collect() }
    }

    fn run(&self, format: &dyn Format, batches: &[Parsed], numbers: &mut Vec<u32>) {
        let mut states: Vec<_> = self.stages.iter().map(|_| S::State::default()).collect();
        let mut events = Events::default();
        let mut offset = 0;
        for Parsed { batch, input, all } in batches {
            numbers.clone_from(all);
            let origin = Place { input: 0, offset };
            let mut records = Selected::new(batch, input, format.schema(), origin, numbers);
            for ((stage, bound), state) in self.stages.iter().zip(&mut states) {
                let part = stage.map(bound, &mut records);
                stage.fold(state, part, &mut events);
            }
            offset += input.len() as u64;
        }
        black_box((states, events));
    }
}

/// Ten rules as somebody may have them.
fn rules() -> Vec<Alert> {
    let within = Duration::from_secs(60);
    let rate = AlertKind::Rate { at_least: 100, within };
    let ratio = AlertKind::Ratio { above: 0.05, within, min_records: 100 };
    let absence = AlertKind::Absence { lasting: within };
    let rules = [
        ("status_code >= 500", rate),
        ("status_code >= 500", ratio),
        ("status_code == 502", AlertKind::Each),
        ("status_code == 404", rate),
        ("status_code == 429", rate),
        ("status_code == 499", ratio),
        ("status_code == 200", absence),
        ("status_code == 503", AlertKind::Each),
        ("severity >= ERROR", rate),
        ("response_size > 100000000", AlertKind::Each),
    ];
    let alert = |(condition, kind)| {
        let condition = Filter::parse(condition).unwrap();
        Alert::new(AlertSettings::new("alert", Some(condition), kind)).unwrap()
    };
    rules.into_iter().map(alert).collect()
}

fn stages(criterion: &mut Criterion) {
    let format = Access::combined();
    let batches = parsed(&format);
    let mut numbers = Vec::new();
    let mut group = criterion.benchmark_group("stages");
    group.throughput(Throughput::Elements(batches.iter().map(|parsed| parsed.all.len() as u64).sum()));
    group.sample_size(20);
    group.warm_up_time(Duration::from_secs(1));
    group.measurement_time(Duration::from_secs(3));

    let filter = Filter::parse("status_code >= 500 && method == \"GET\" && response_size > 100").unwrap();
    let run = Run::new([Where::new(filter)], &format);
    group.bench_function("filter of three comparisons (limit: 5 ns a record)", |bencher| {
        bencher.iter(|| run.run(&format, &batches, &mut numbers));
    });

    let count = |by: &[&str], every: Option<u64>| {
        let settings =
            CountSettings { every: every.map(Duration::from_secs), ..CountSettings::by("count", by.to_vec()) };
        Run::new([Count::new(settings).unwrap()], &format)
    };
    for (name, by, every) in [
        ("count by severity and status class (limit: 3 ns a record)", &["severity", "status_class"][..], None),
        ("count by severity, every 10 s", &["severity"], Some(10)),
        ("count by status code", &["status_code"], None),
        ("count by path", &["path"], None),
    ] {
        let run = count(by, every);
        group.bench_function(name, |bencher| bencher.iter(|| run.run(&format, &batches, &mut numbers)));
    }

    let run = Run::new(rules(), &format);
    group.bench_function("ten alerts (limit: 20 ns a record)", |bencher| {
        bencher.iter(|| run.run(&format, &batches, &mut numbers));
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
