//! The stage over whole inputs, cut in every way.

use std::sync::Arc;

use lp_core::encode::{Encoder, JsonEncoder};
use lp_core::{Batch, Format};

use super::*;
use crate::stage::Place;

/// Runs a stage over inputs that are cut into batches of so many records, mapped in `order` of a few at a time.
pub(super) fn run<S: Stage>(stage: &S, inputs: &[(&dyn Format, &[u8])], batch_records: usize, ahead: usize) {
    let mut state = S::State::default();
    let mut events = Events::default();
    for (number, &(format, input)) in (0..).zip(inputs) {
        let json: Arc<dyn Encoder> = Arc::new(JsonEncoder::new(format.schema()));
        let binding = Binding { input: "log", schema: format.schema(), others: &[], json: &json };
        let bound = stage.bind(&binding).unwrap();
        let mut batch = Batch::new().with_capacity(batch_records);
        let mut places = Vec::new();
        let mut start = 0;
        while start < input.len() {
            places.push(start);
            start += format.parse(&input[start..], &mut batch);
        }
        for places in places.chunks(ahead) {
            // Threads that are ahead of each other: the last is done first.
            let mut parts: Vec<S::Partial> = Vec::new();
            for &start in places.iter().rev() {
                format.parse(&input[start..], &mut batch);
                let mut numbers: Vec<u32> = (0..batch.len() as u32).collect();
                let mut records = Selected {
                    batch: &batch,
                    input: &input[start..],
                    schema: format.schema(),
                    origin: Place { input: number, offset: start as u64 },
                    numbers: &mut numbers,
                };
                parts.push(stage.map(&bound, &mut records));
            }
            for part in parts.into_iter().rev() {
                stage.fold(&mut state, part, &mut events);
            }
        }
    }
    stage.finish(state, &mut events);
}

#[test]
#[ignore]
fn perf() {
    use std::time::Instant;
    let input = std::fs::read("/tmp/s4/m.log").unwrap();
    let format = lp_core::format::access::Access::combined();
    for _ in 0..3 {
        let (mut parse, mut map, mut fold) = (0.0, 0.0, 0.0);
        let stage = Stats::new(10);
        let mut state = Gathered::<Tally>::default();
        let mut events = Events::default();
        let json: Arc<dyn Encoder> = Arc::new(JsonEncoder::new(format.schema()));
        let bound = stage.bind(&Binding { input: "log", schema: format.schema(), others: &[], json: &json }).unwrap();
        let mut batch = Batch::new().with_capacity(4096);
        let mut start = 0;
        let mut n = 0;
        while start < input.len() {
            let end = (start + (256 << 10)).min(input.len());
            let len = lp_core::whole_lines(&input[start..end]);
            let chunk = &input[start..start + len];
            let t = Instant::now();
            format.parse(chunk, &mut batch);
            parse += t.elapsed().as_secs_f64();
            n += batch.len();
            let mut numbers: Vec<u32> = (0..batch.len() as u32).collect();
            let mut records = Selected { batch: &batch, input: chunk, schema: format.schema(),
                origin: Place { input: 0, offset: start as u64 }, numbers: &mut numbers };
            let t = Instant::now();
            let part = stage.map(&bound, &mut records);
            map += t.elapsed().as_secs_f64();
            let t = Instant::now();
            stage.fold(&mut state, part, &mut events);
            fold += t.elapsed().as_secs_f64();
            start += len;
        }
        stage.finish(state, &mut events);
        let n = n as f64 / 1e9;
        println!("parse {:.1} map {:.1} fold {:.1} ns/record", parse / n, map / n, fold / n);
        let s = stage.take().unwrap();
        println!("{} {:?}", s.records, s.tops.iter().map(|t| (t.records, t.different, t.missed, t.texts[0].count, t.texts[9].count, t.texts[9].missed)).collect::<Vec<_>>());
    }
}
