//! Whole pipelines of random stages and outlets: what they write, tell and account for is the same bytes, whatever the number
//! of threads, the size of the chunks and the way a reader gives its bytes, and whether the stages know or have saved what was
//! before; and it adds up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "determinism/hiccups.rs"]
mod hiccups;
#[path = "../../lp-core/tests/lines/mod.rs"]
mod lines;
#[path = "pipelines/logs.rs"]
mod logs;
#[path = "pipelines/naive.rs"]
mod naive;
#[path = "pipelines/outlets.rs"]
mod outlets;
#[path = "pipelines/restarting.rs"]
mod restarting;
#[path = "pipelines/steps.rs"]
mod steps;
#[path = "pipelines/watched.rs"]
mod watched;
#[path = "pipelines/words.rs"]
mod words;

use lp::encode::Encoding;
use lp::sink::Writer;
use lp::{Access, Batch, Cause, OnError, Pipeline, Report, RunError};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use logs::{Kind, Log};
use outlets::Way;
use steps::{Change, Step, shape};
use watched::{Told, Watched};

/// A pipeline and its outlets.
#[derive(Clone, Debug)]
struct Plan {
    steps: Vec<Step>,
    changes: Vec<Change>,
    ways: Vec<Way>,
    on_error: OnError,
    decode: bool,
    max_record: u32,
    max_lines: u32,
}

/// How a plan is run.
#[derive(Clone, Copy, Debug)]
struct Settings {
    threads: usize,
    chunk_size: usize,
    live: bool,
    /// Whether the stages go on from what they have saved, behind each batch.
    restarts: bool,
}

/// What came of a run.
#[derive(PartialEq, Debug)]
struct Ran {
    outputs: Vec<Vec<u8>>,
    told: Vec<Told>,
    /// Why it ended early.
    end: Option<String>,
    /// The report, as a text.
    report: String,
}

impl Plan {
    fn pipeline(&self, settings: Settings) -> Pipeline {
        let pipeline = Pipeline::new(Access::combined())
            .shape(shape(&self.changes, ""))
            .on_error(self.on_error)
            .decode(self.decode)
            .max_record(self.max_record)
            .max_lines(self.max_lines)
            .threads(settings.threads)
            .chunk_size(settings.chunk_size)
            .live(settings.live);
        let steps = self.steps.iter().cloned().enumerate();
        steps
            .fold(pipeline, |pipeline, (number, step)| step.add(format!("stage {number}"), settings.restarts, pipeline))
    }

    fn run(&self, logs: &[Log], steps: &[usize], settings: Settings) -> (Ran, Report) {
        let mut outputs = vec![Vec::new(); self.ways.len()];
        let mut watched = Watched::default();
        let outlets = self.ways.iter().zip(&mut outputs).enumerate();
        let outlets = outlets.map(|(number, (way, output))| way.outlet(number, Writer::new("an output", output)));
        let inputs = logs.iter().enumerate().map(|(number, log)| log.input(number, steps));
        let result = self.pipeline(settings).run_to(inputs, outlets.collect(), &mut watched);
        let (report, end) = match result {
            Ok(report) => (report, None),
            Err(RunError { cause: Cause::BadRecord(bad), report }) => (*report, Some(bad.to_string())),
            Err(error) => panic!("{error}"),
        };
        let ran = Ran { outputs, told: watched.0, end, report: format!("{report:?}") };
        (ran, report)
    }

    /// The plan, if only the observer takes events.
    fn without_outlets_of_events(&self) -> Self {
        let ways = self.ways.iter().filter(|way| way.takes_records()).cloned();
        Self { ways: ways.collect(), ..self.clone() }
    }
}

fn settings() -> impl Strategy<Value = (OnError, bool, u32, u32)> {
    let on_error = select(vec![OnError::Keep, OnError::Keep, OnError::Drop, OnError::Fail]);
    let max_record = prop_oneof![3 => Just(Batch::DEFAULT_LIMIT), 1 => 40_u32..200];
    let max_lines = prop_oneof![3 => Just(Batch::DEFAULT_LINE_LIMIT), 1 => 1_u32..4];
    (on_error, any::<bool>(), max_record, max_lines)
}

/// A plan for logs of these kinds.
fn plan(kinds: &[Kind]) -> impl Strategy<Value = Plan> + use<> {
    let kinds = kinds.to_vec();
    (vec(steps::step(&kinds), 1..6), steps::changes(&kinds), settings()).prop_flat_map(
        move |(steps, changes, (on_error, decode, max_record, max_lines))| {
            let records = outlets::records(&kinds);
            let ways = vec(prop_oneof![3 => records, 2 => outlets::events(steps.len())], 0..5);
            (Just(steps), Just(changes), ways).prop_map(move |(steps, changes, mut ways)| {
                // Where a field is to be hidden, there is no raw text.
                let hides = |changes: &[Change]| changes.iter().any(|change| matches!(change, Change::Redact(..)));
                // A standard makes two columns of some, which cannot have one name again.
                let is_standard = changes.iter().any(|change| matches!(change, Change::Preset(_)));
                for way in &mut ways {
                    if is_standard {
                        way.changes.retain(|change| !matches!(change, Change::Rename(_)));
                    }
                    if way.encoding == Encoding::Raw && hides(&changes) {
                        way.encoding = Encoding::Text;
                    }
                }
                Plan { steps, changes, ways, on_error, decode, max_record, max_lines }
            })
        },
    )
}

fn kinds(logs: &[Log]) -> Vec<Kind> {
    logs.iter().map(|log| log.kind).collect()
}

fn logs_and_plan() -> impl Strategy<Value = (Vec<Log>, Plan)> {
    logs::logs(0..40).prop_flat_map(|logs| {
        let plan = plan(&kinds(&logs));
        (Just(logs), plan)
    })
}

/// The same run, but for these settings, is the same.
fn assert_same(ran: &Ran, want: &Ran, settings: Settings) {
    for (number, (output, want)) in ran.outputs.iter().zip(&want.outputs).enumerate() {
        assert!(output == want, "outlet {number}, {settings:?}:\n{}\nand not\n{}", text(output), text(want));
    }
    assert_eq!(ran.told, want.told, "{settings:?}");
    assert_eq!(ran.end, want.end, "{settings:?}");
    assert_eq!(ran.report, want.report, "{settings:?}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The numbers of a report are those of what was written and told.
fn assert_adds_up(plan: &Plan, ran: &Ran, report: &Report) {
    for (name, ledger) in &report.inputs {
        assert!(ledger.is_balanced(), "{name}: {ledger:?}");
    }
    let total = report.total();
    let to_records = || plan.ways.iter().zip(&report.outlets).filter(|(way, _)| way.takes_records());
    for (way, outlet) in to_records() {
        assert!(outlet.records <= total.written, "{outlet:?} of {total:?}");
        if way.condition.is_none() {
            assert_eq!((outlet.records, total.untaken), (total.written, 0), "{outlet:?}");
        }
    }
    assert!(total.written <= to_records().map(|(_, outlet)| outlet.records).sum());
    for ((way, outlet), output) in plan.ways.iter().zip(&report.outlets).zip(&ran.outputs) {
        let is_table = matches!(way.encoding, Encoding::Csv | Encoding::Tsv);
        let header = if is_table { output.iter().position(|&byte| byte == b'\n').map_or(0, |at| at + 1) } else { 0 };
        assert_eq!(outlet.bytes, (output.len() - header) as u64, "{outlet:?}");
        let is_lines = !matches!(way.encoding, Encoding::Csv | Encoding::Text | Encoding::Raw);
        if is_lines {
            let lines = output[header..].iter().filter(|&&byte| byte == b'\n').count();
            assert_eq!(outlet.records, lines as u64, "{outlet:?}: {}", text(output));
        }
    }
}

/// Outlets of events take of what is told what they are to take, and the observer is told the rest.
fn assert_events_go_where_they_should(plan: &Plan, ran: &Ran, all_told: &Ran) {
    let mut want: Vec<String> = plan.ways.iter().map(|_| String::new()).collect();
    let mut rest = Vec::new();
    for told in &all_told.told {
        let Told::Event { stage, kind, json, .. } = told else {
            rest.push(told.clone());
            continue;
        };
        let mut is_taken = false;
        for (way, want) in plan.ways.iter().zip(&mut want).filter(|(way, _)| way.takes_event(stage, *kind)) {
            is_taken = true;
            *want += &format!("{}{json}\n", way.prefix);
        }
        if !is_taken {
            rest.push(told.clone());
        }
    }
    assert_eq!(ran.told, rest);
    for ((way, want), output) in plan.ways.iter().zip(&want).zip(&ran.outputs) {
        if !way.takes_records() && way.encoding == Encoding::Json {
            assert_eq!(&text(output), want);
        }
    }
}

const THREADS: [usize; 3] = [1, 2, 7];

proptest! {
    #[test]
    fn every_run_does_the_same(
        (logs, plan) in logs_and_plan(),
        chunk_sizes in [1_usize..=200, 1_usize..=5000, 1_usize..=5000],
        live: bool,
        restarts: bool,
        steps in hiccups::steps(),
    ) {
        // What is dated far ahead of the clock is something else in a live run.
        let plain = Settings { threads: 1, chunk_size: 1 << 20, live, restarts: false };
        let (want, report) = plan.run(&logs, &steps, plain);
        assert_adds_up(&plan, &want, &report);
        let (all_told, _) = plan.without_outlets_of_events().run(&logs, &steps, plain);
        assert_events_go_where_they_should(&plan, &want, &all_told);
        for (threads, chunk_size) in THREADS.into_iter().zip(chunk_sizes) {
            let settings = Settings { threads, chunk_size, live, restarts };
            let (ran, _) = plan.run(&logs, &steps, settings);
            assert_same(&ran, &want, settings);
        }
    }

    #[test]
    fn filters_keep_what_their_conditions_say(
        (logs, plan) in logs::logs(0..40)
            .prop_filter("all formats are given", |logs| !kinds(logs).contains(&Kind::Detected))
            .prop_flat_map(|logs| (Just(logs.clone()), filters(&kinds(&logs)))),
        chunk_sizes in [1_usize..=200, 1_usize..=5000, 1_usize..=5000],
        steps in hiccups::steps(),
    ) {
        let want = naive::filter(&logs, &plan.steps, &plan.ways, plan.on_error);
        for (threads, chunk_size) in THREADS.into_iter().zip(chunk_sizes) {
            let (ran, report) = plan.run(&logs, &steps, Settings { threads, chunk_size, live: false, restarts: false });
            assert_adds_up(&plan, &ran, &report);
            let total = report.total();
            let mut filtered = total.filtered;
            // Where there is no chunk no stage has left out anything.
            filtered.resize(plan.steps.len(), 0);
            let outputs = ran.outputs.iter().map(|output| output.escape_ascii().to_string()).collect();
            prop_assert_eq!(&naive::Filtered { outputs, filtered, dropped: total.dropped }, &want);
        }
    }
}

/// Filters alone, and outlets of JSON and of raw text.
fn filters(kinds: &[Kind]) -> impl Strategy<Value = Plan> + use<> {
    let plain = outlets::records(kinds).prop_map(|way| {
        let encoding = if way.encoding == Encoding::Raw { Encoding::Raw } else { Encoding::Json };
        Way { encoding, changes: Vec::new(), ..way }
    });
    let on_error = select(vec![OnError::Keep, OnError::Drop]);
    (vec(steps::filter(kinds), 1..4), vec(plain, 1..4), on_error).prop_map(|(steps, ways, on_error)| Plan {
        steps,
        changes: Vec::new(),
        ways,
        on_error,
        decode: true,
        max_record: Batch::DEFAULT_LIMIT,
        max_lines: Batch::DEFAULT_LINE_LIMIT,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A chunk that becomes several batches, with more output than is held.
    #[test]
    fn batches_do_not_show(
        log in logs::tiny(9000),
        plan in plan(&[Kind::Json]),
        chunk_sizes in [1_usize << 15..=1 << 17, 1_usize << 10..=1 << 14, 1_usize << 15..=1 << 20],
    ) {
        let logs = [log];
        let (want, report) = plan.run(&logs, &[1 << 20], Settings { threads: 1, chunk_size: 1000, live: false, restarts: false });
        assert_adds_up(&plan, &want, &report);
        for (threads, chunk_size) in THREADS.into_iter().zip(chunk_sizes) {
            let settings = Settings { threads, chunk_size, live: false, restarts: false };
            let (ran, _) = plan.run(&logs, &[1 << 20], settings);
            assert_same(&ran, &want, settings);
        }
    }
}
