//! What becomes of a run when something of it fails: it ends, it says why, and what it has accounted for is right.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "faults/failing.rs"]
mod failing;
#[path = "determinism/hiccups.rs"]
mod hiccups;
#[path = "../../lp-core/tests/lines/mod.rs"]
mod lines;
#[path = "faults/panics.rs"]
mod panics;

use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use failing::{Failing, When};
use hiccups::Hiccups;
use lp::event::EventKind;
use lp::stage::{Alert, AlertKind, AlertSettings, Count, CountSettings, Dedup, DedupSettings};
use lp::{Access, Cause, Filter, Input, Outlet, Pipeline, Report, RunError, Takes, Which};
use panics::{At, Panics, PanicsInOrder, PanicsOnTheClock};
use proptest::collection::vec;
use proptest::prelude::*;

/// What `work` returns, or a panic of its own; a panic too if it takes so long that it will never end.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> thread::Result<T> {
    let (done, is_done) = channel();
    thread::spawn(move || done.send(catch_unwind(AssertUnwindSafe(work))));
    match is_done.recv_timeout(Duration::from_secs(120)) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => panic!("it does not end"),
        Err(RecvTimeoutError::Disconnected) => panic!("it has ended without a word"),
    }
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    threads: usize,
    chunk_size: usize,
    live: bool,
}

fn settings() -> impl Strategy<Value = Settings> {
    let threads = prop::sample::select(vec![1, 2, 7]);
    (threads, 1_usize..=3000, any::<bool>()).prop_map(|(threads, chunk_size, live)| Settings {
        threads,
        chunk_size,
        live,
    })
}

fn pipeline(settings: Settings) -> Pipeline {
    let condition = Filter::parse("status_code >= 300").unwrap();
    let alert = AlertSettings::new("alert", Some(condition), AlertKind::Each);
    let dedup = DedupSettings { by: vec!["path".to_owned()], ..DedupSettings::within("dedup", Duration::from_secs(2)) };
    let count = CountSettings { every: Some(Duration::from_secs(10)), ..CountSettings::by("count", ["severity"]) };
    Pipeline::new(Access::combined())
        .named_stage("alert", Arc::new(Alert::new(alert).unwrap()))
        .sequential_stage("dedup", Arc::new(Dedup::new(dedup).unwrap()))
        .named_stage("count", Arc::new(Count::new(count).unwrap()))
        .threads(settings.threads)
        .chunk_size(settings.chunk_size)
        .live(settings.live)
}

type Taken = Vec<Vec<u8>>;

/// Runs the pipeline with three outlets that fail as they are told, and says what each has taken.
fn run(
    logs: Vec<Vec<u8>>,
    steps: Vec<usize>,
    whens: [When; 3],
    slow: usize,
    settings: Settings,
) -> (Taken, Result<Report, RunError>) {
    let takes = [Takes::Records, Takes::Records, Takes::Events(Which::Kind(EventKind::Alert))];
    let mut all_taken: Vec<Arc<Mutex<Vec<u8>>>> = Vec::new();
    let mut outlets = Vec::new();
    for (when, takes) in whens.into_iter().zip(takes) {
        let (mut sink, taken) = Failing::new(when);
        sink.slow = (slow, Duration::from_millis(2));
        let outlet = Outlet::new(format!("outlet {}", outlets.len()), sink).takes(takes);
        let condition = Filter::parse("status_code >= 400 || has(parse_error)").unwrap();
        outlets.push(if outlets.len() == 1 { outlet.condition(condition) } else { outlet });
        all_taken.push(taken);
    }
    let inputs = logs
        .into_iter()
        .enumerate()
        .map(|(number, log)| Input::reader(format!("log {number}"), Hiccups::new(log, steps.clone())));
    let result = pipeline(settings).run_to(inputs, outlets, &mut ());
    (all_taken.iter().map(|taken| taken.lock().unwrap().clone()).collect(), result)
}

/// What a run says of itself that has come to its end or not.
fn assert_is_consistent(report: &Report, taken: &Taken, logs: &[Vec<u8>]) {
    for ((name, ledger), log) in report.inputs.iter().zip(logs) {
        assert!(ledger.is_balanced(), "{name}: {ledger:?}");
        assert!(ledger.bytes_read <= log.len() as u64 && ledger.written <= ledger.records, "{name}: {ledger:?}");
    }
    let total = report.total();
    for (outlet, taken) in report.outlets.iter().zip(taken) {
        assert_eq!(outlet.bytes, taken.len() as u64, "{outlet:?}");
    }
    for outlet in &report.outlets[..2] {
        assert!(outlet.records <= total.written, "{outlet:?}, {total:?}");
    }
    let lines = taken[2].iter().filter(|&&byte| byte == b'\n').count();
    assert_eq!(report.outlets[2].records, lines as u64);
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        3 => Just(When::Never),
        4 => (0_usize..3000).prop_map(When::Full),
        1 => (0_usize..4).prop_map(When::Flush),
        1 => Just(When::Sync),
    ]
}

proptest! {
    #[test]
    fn a_run_ends_with_the_sink_that_fails(
        logs in vec(lines::log(0..30), 1..4),
        steps in hiccups::steps(),
        whens in [when(), when(), when()],
        settings in settings(),
    ) {
        // Live as well: stages do not believe a time that is far ahead of the clock.
        let (all, whole) = run(logs.clone(), steps.clone(), [When::Never; 3], 0, Settings { threads: 1, ..settings });
        assert_is_consistent(&whole.unwrap(), &all, &logs);
        let logs_of_run = logs.clone();
        let (taken, result) = in_time(move || run(logs_of_run, steps, whens, 0, settings)).expect("no panic");
        for (taken, all) in taken.iter().zip(&all) {
            prop_assert!(all.starts_with(taken), "what is taken is what would have been");
        }
        // Flushes may be many or none.
        let fails = whens.iter().zip(&all).any(|(when, all)| match when {
            When::Full(bytes) => *bytes < all.len(),
            When::Sync => true,
            _ => false,
        });
        match result {
            Ok(report) => {
                prop_assert!(!fails);
                prop_assert_eq!(&taken, &all);
                assert_is_consistent(&report, &taken, &logs);
            }
            Err(RunError { cause, report }) => {
                prop_assert!(matches!(cause, Cause::Sink(_)), "{}", cause);
                assert_is_consistent(&report, &taken, &logs);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_slow_sink_loses_nothing(
        logs in vec(lines::log(0..60), 1..3), steps in hiccups::steps(), settings in settings(),
    ) {
        let (all, whole) = run(logs.clone(), steps.clone(), [When::Never; 3], 0, Settings { threads: 1, ..settings });
        let logs_of_run = logs.clone();
        let (taken, report) = in_time(move || run(logs_of_run, steps, [When::Never; 3], 20, settings)).expect("no panic");
        prop_assert_eq!(&taken, &all);
        let report = report.unwrap();
        assert_is_consistent(&report, &taken, &logs);
        prop_assert_eq!(format!("{report:?}"), format!("{:?}", whole.unwrap()));
    }
}

/// Lines of some kilobytes.
fn log(lines: usize) -> Vec<u8> {
    let line = "203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 200 157 \"-\" \"curl/8.4.0\"\n";
    line.repeat(lines).into_bytes()
}

/// The panic is the caller's, and no thread waits for ever.
#[test]
fn a_stage_that_panics_ends_the_run() {
    for at in [At::Map, At::Fold, At::Finish] {
        for (threads, live) in [(1, false), (2, false), (7, false), (1, true), (2, true), (7, true)] {
            for (time, in_order) in [(0, false), (5, false), (0, true), (5, true)] {
                let settings = Settings { threads, chunk_size: 400, live };
                let is_over = in_time(move || {
                    let pipeline = pipeline(settings);
                    let panics = Panics::new(at, time);
                    let pipeline = if in_order {
                        pipeline.sequential_stage("panics", Arc::new(PanicsInOrder(panics)))
                    } else {
                        pipeline.stage(panics)
                    };
                    pipeline.run([Input::reader("log", Cursor::new(log(200)))], &mut Vec::new(), &mut ())
                });
                // What is in order has no fold.
                let panics = !(at == At::Fold && in_order);
                assert_eq!(is_over.is_err(), panics, "{at:?}, time {time}, in order: {in_order}, {settings:?}");
            }
        }
    }
}

/// The clock's thread writes what others have left to it.
#[test]
fn a_stage_that_panics_on_the_thread_of_the_clock_ends_the_run() {
    /// Comes a line at a time, and not at once.
    struct Slow(Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            thread::sleep(Duration::from_millis(5));
            let len = buffer.len().min(90);
            self.0.read(&mut buffer[..len])
        }
    }

    for threads in [1, 2] {
        let is_over = in_time(move || {
            let pipeline = Pipeline::new(Access::combined()).threads(threads).chunk_size(100).live(true);
            let pipeline = pipeline.stage(PanicsOnTheClock::default());
            pipeline.run([Input::reader("log", Slow(Cursor::new(log(400))))], &mut Vec::new(), &mut ())
        });
        assert!(is_over.is_err(), "{threads} threads");
    }
}
