//! What a filter costs a record, over the records of combined lines that have been parsed before: at most 5 ns for one of
//! three comparisons. Beside it going through the records.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark that cannot run must fail")]

mod yardstick;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lp::format::access::Access;
use lp::{Batch, Filter, Format, Names};
use yardstick::CORPUS;

const FILTERS: [&str; 8] = [
    r#"status_code >= 500 && method == "GET" && response_size > 1000"#,
    r#"method == "GET" || status_code < 400 || response_size > 1000"#,
    "severity >= WARN",
    r#"path.startsWith("/api")"#,
    r#"method in ["POST", "PUT"]"#,
    r#"client_ip in cidr("10.0.0.0/8")"#,
    r#"user_agent.matches("(?i)bot")"#,
    "response_size / 1024 > 10",
];

fn filter(criterion: &mut Criterion) {
    // What a chunk has, so that it is in a cache as it would be.
    let format = Access::combined();
    let text = &CORPUS.text[..format.complete(&CORPUS.text[..128 << 10])];
    let mut batch = Batch::new();
    format.parse(text, &mut batch);

    let mut group = criterion.benchmark_group("a filter, a record");
    group.throughput(Throughput::Elements(batch.len() as u64));
    group.sample_size(20);
    group.warm_up_time(Duration::from_secs(1));
    group.measurement_time(Duration::from_secs(2));
    group.bench_function("yardstick: go through the records", |bencher| {
        bencher.iter(|| batch.records(text).map(|record| record.number()).sum::<usize>());
    });
    for expression in FILTERS {
        let predicate = Filter::parse(expression).unwrap().bind(&Names::of(format.schema())).unwrap();
        group.bench_function(expression, |bencher| {
            bencher.iter(|| batch.records(text).filter(|record| predicate.matches(record)).count());
        });
    }
    group.finish();
}

criterion_group!(benches, filter);
criterion_main!(benches);
