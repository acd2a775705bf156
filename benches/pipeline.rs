//! The whole pipeline, from a reader to a writer that keeps nothing, on one thread and on two.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark that cannot run must fail")]

mod yardstick;

use std::io;

use criterion::{Criterion, criterion_group, criterion_main};
use lp::{Access, Input, Pipeline};
use yardstick::CORPUS;

fn pipeline(criterion: &mut Criterion) {
    let corpus = &*CORPUS;
    let mut group = yardstick::group(criterion, "pipeline", corpus);
    for threads in [1, 2] {
        let pipeline = Pipeline::new(Access::combined()).threads(threads);
        let run = || {
            let input = Input::reader("corpus", &corpus.text[..]);
            pipeline.run([input], &mut io::sink(), &mut ()).unwrap().total()
        };
        let ledger = run();
        assert!(ledger.is_balanced());
        assert_eq!((ledger.records, ledger.rejected_total()), (corpus.summary.lines, corpus.summary.malformed));
        group.bench_function(format!("combined to NDJSON, {threads} threads"), |bencher| bencher.iter(run));
    }
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
