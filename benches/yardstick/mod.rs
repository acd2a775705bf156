//! The corpus that all benchmarks read, and the limit that they are held against: walking its lines.

#![allow(dead_code, missing_docs, reason = "each benchmark uses a part")]

use std::sync::LazyLock;
use std::time::Duration;

use corpus::Summary;
use corpus::access::Generator;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};

/// Bytes of the corpus: far more than any cache holds.
const CORPUS_BYTES: usize = 128 << 20;

/// A corpus in memory, and what is in it.
pub(crate) struct Corpus {
    pub(crate) text: Vec<u8>,
    pub(crate) summary: Summary,
}

/// 128 MiB of combined lines, the same on every machine.
pub(crate) static CORPUS: LazyLock<Corpus> = LazyLock::new(|| {
    let mut text = Vec::with_capacity(CORPUS_BYTES + (64 << 10));
    let summary = Generator::new(1).write_lines(&mut text, CORPUS_BYTES);
    Corpus { text, summary }
});

/// A group whose results are in bytes of the corpus a second.
pub(crate) fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(CORPUS.text.len() as u64));
    group.sample_size(20);
    group.warm_up_time(Duration::from_secs(1));
    group.measurement_time(Duration::from_secs(4));
    group
}

/// The limit: the lines, found one after the other with `memchr`, and nothing done with them.
pub(crate) fn walk_lines(text: &[u8]) -> u64 {
    let mut lines = 0;
    let mut rest = text;
    while let Some(length) = memchr::memchr(b'\n', rest) {
        lines += 1;
        rest = &rest[length + 1..];
    }
    lines
}

/// Adds the limit to a group.
pub(crate) fn yardstick(group: &mut BenchmarkGroup<'_, WallTime>) {
    let corpus = &*CORPUS;
    assert_eq!(walk_lines(&corpus.text), corpus.summary.lines);
    group.bench_function("yardstick: walk lines", |bencher| bencher.iter(|| walk_lines(&corpus.text)));
}
