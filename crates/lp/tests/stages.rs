//! Stages see the same records in the same order, tell the same and leave out the same, whatever the number of threads, the
//! size of the chunks and the way a reader gives its bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "determinism/hiccups.rs"]
mod hiccups;
#[path = "../../lp-core/tests/lines/mod.rs"]
mod lines;
#[path = "stages/told.rs"]
mod told;

use std::sync::Arc;

use hiccups::{Hiccups, steps};
use lp::event::{Event, EventKind, Events, Value};
use lp::sink::Writer;
use lp::stage::{self, BindError, Binding, Place, Selected, Sequential, Stage};
use lp::{Access, Batch, Format, Input, Outlet, Pipeline, Takes, Which};
use proptest::collection::vec;
use proptest::prelude::*;
use told::Told;

/// Tells of every record whose length can be divided by so much, and of how many there were.
struct Divisible(usize);

impl Stage for Divisible {
    type Bound = ();
    type Partial = Vec<(Place, u64)>;
    type State = u64;

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn map(&self, (): &(), records: &mut Selected<'_>) -> Self::Partial {
        let divisible = records.iter().filter(|record| record.raw().len().is_multiple_of(self.0));
        divisible.map(|record| (records.place(&record), record.raw().len() as u64)).collect()
    }

    fn fold(&self, state: &mut u64, part: Self::Partial, out: &mut Events) {
        for (place, len) in part {
            *state += 1;
            out.emit(event(EventKind::Alert, place, len));
        }
    }

    fn finish(&self, state: u64, out: &mut Events) {
        out.emit(event(EventKind::Count, Place::END, state));
    }
}

/// Leaves out every record of that number, and tells which those are.
struct EveryNth(u64);

impl Sequential for EveryNth {
    type Bound = ();
    type State = u64;

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn run(&self, (): &(), state: &mut u64, records: &mut Selected<'_>, out: &mut Events) {
        let places: Vec<Place> = records.iter().map(|record| records.place(&record)).collect();
        let mut places = places.into_iter();
        records.retain(|_| {
            *state += 1;
            let place = places.next().unwrap();
            let is_nth = state.is_multiple_of(self.0);
            if is_nth {
                out.emit(event(EventKind::Other("left out"), place, *state));
            }
            !is_nth
        });
    }

    fn finish(&self, state: u64, out: &mut Events) {
        out.emit(event(EventKind::Count, Place::END, state));
    }
}

fn event(kind: EventKind, place: Place, number: u64) -> Event {
    Event { place, kind, members: vec![("n".into(), Value::Integer(number))] }
}

fn pipeline(short: usize, nth: u64, divisor: usize) -> Pipeline {
    Pipeline::new(Access::combined())
        .stage(stage::filter(move |record| record.raw().len() >= short))
        .named_stage("divisible", Arc::new(Divisible(divisor)))
        .sequential_stage("nth", Arc::new(EveryNth(nth)))
        .named_stage("divisible again", Arc::new(Divisible(divisor + 1)))
}

/// What a run writes, tells and accounts for.
#[derive(PartialEq, Debug)]
struct Run {
    records: Vec<u8>,
    again: Vec<u8>,
    told: Vec<String>,
    filtered: Vec<u64>,
    written: u64,
}

fn run(pipeline: &Pipeline, inputs: Vec<Input>) -> Run {
    let (mut records, mut again, mut told) = (Vec::new(), Vec::new(), Told::default());
    let outlets = vec![
        Outlet::new("records", Writer::new("records", &mut records)),
        Outlet::new("again", Writer::new("again", &mut again))
            .takes(Takes::Events(Which::Stages(vec!["divisible again".to_owned()]))),
    ];
    let report = pipeline.run_to(inputs, outlets, &mut told).unwrap();
    let total = report.total();
    assert!(report.inputs.iter().all(|(_, ledger)| ledger.is_balanced()), "{report:?}");
    assert_eq!(report.outlets[0].records, total.written);
    assert_eq!(report.outlets[0].bytes, records.len() as u64);
    assert_eq!(report.outlets[1].bytes, again.len() as u64);
    Run { records, again, told: told.0, filtered: total.filtered, written: total.written }
}

/// What the records say, one after the other.
fn naive(logs: &[Vec<u8>], short: usize, nth: u64, divisor: usize) -> Run {
    let (mut records, mut again, mut told) = (lp::encode::Output::new(), Vec::new(), Vec::new());
    let (mut seen, mut first, mut second) = (0_u64, 0, 0);
    let (mut filtered, mut written) = (vec![0; 4], 0);
    let format = Access::combined();
    let encoder = lp::encode::JsonEncoder::new(format.schema());
    for log in logs {
        let mut batch = Batch::new();
        format.parse(log, &mut batch);
        for number in 0..batch.len() {
            let len = batch.record(log, number).unwrap().raw().len();
            if len < short {
                filtered[0] += 1;
                continue;
            }
            if len.is_multiple_of(divisor) {
                first += 1;
                told.push(format!("divisible {{\"n\":{len}}}"));
            }
            seen += 1;
            if seen.is_multiple_of(nth) {
                told.push(format!("nth {{\"n\":{seen}}}"));
                filtered[2] += 1;
                continue;
            }
            if len.is_multiple_of(divisor + 1) {
                second += 1;
                again.extend_from_slice(format!("{{\"n\":{len}}}\n").as_bytes());
            }
            written += 1;
            lp::encode::Encoder::encode(&encoder, &batch, log, &[number as u32], &mut records);
        }
    }
    told.push(format!("divisible {{\"n\":{first}}}"));
    told.push(format!("nth {{\"n\":{seen}}}"));
    again.extend_from_slice(format!("{{\"n\":{second}}}\n").as_bytes());
    if logs.iter().all(Vec::is_empty) {
        filtered.clear();
    }
    Run { records: records.as_bytes().to_vec(), again, told, filtered, written }
}

proptest! {
    #[test]
    fn stages_see_the_records_in_order(
        logs in vec(lines::log(0..25), 1..4),
        (short, nth, divisor) in (0_usize..120, 1_u64..6, 1_usize..5),
        chunk_sizes in [1_usize..=200, 1_usize..=5000, 1_usize..=5000],
        live: bool,
        steps in steps(),
    ) {
        let want = naive(&logs, short, nth, divisor);
        for (threads, chunk_size) in [1, 2, 7].into_iter().zip(chunk_sizes) {
            let inputs = logs.iter().enumerate().map(|(number, log)| {
                Input::reader(format!("log {number}"), Hiccups::new(log.clone(), steps.clone()))
            });
            let pipeline = pipeline(short, nth, divisor).threads(threads).chunk_size(chunk_size).live(live);
            prop_assert_eq!(&run(&pipeline, inputs.collect()), &want);
        }
    }
}

/// A batch takes no more than 4096 records, and a large output is written before the chunk is done.
#[test]
fn a_chunk_of_several_batches_is_seen_in_order() {
    let log: Vec<u8> =
        (0..30_000).flat_map(|number| "x".repeat(number % 7).into_bytes().into_iter().chain([b'\n'])).collect();
    let want = naive(std::slice::from_ref(&log), 1, 3, 2);
    for threads in [1, 2, 7] {
        let pipeline = pipeline(1, 3, 2).threads(threads).chunk_size(64 << 10);
        let run = run(&pipeline, vec![Input::reader("log", std::io::Cursor::new(log.clone()))]);
        assert!(run == want, "{threads} threads");
    }
}
