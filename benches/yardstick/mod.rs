//! The corpus that all benchmarks read, and the limit that they are held against: walking its lines.

#![allow(dead_code, missing_docs, reason = "each benchmark uses a part")]

use std::sync::LazyLock;
use std::time::Duration;

use corpus::Summary;
use corpus::{access, json_lines, nginx_error, python};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use lp_core::{Batch, Format};

/// Bytes of the corpus: far more than any cache holds.
const CORPUS_BYTES: usize = 128 << 20;

/// A corpus in memory, and what is in it.
pub(crate) struct Corpus {
    pub(crate) text: Vec<u8>,
    pub(crate) summary: Summary,
}

/// 128 MiB of combined lines, the same on every machine.
pub(crate) static CORPUS: LazyLock<Corpus> =
    LazyLock::new(|| corpus_of(|text, bytes| access::Generator::new(1).write_lines(text, bytes)));

/// 128 MiB of a Python service's log, with tracebacks.
pub(crate) static PYTHON: LazyLock<Corpus> =
    LazyLock::new(|| corpus_of(|text, bytes| python::Generator::new(1).write_lines(text, bytes)));

/// 128 MiB of nginx's error log.
pub(crate) static NGINX_ERROR: LazyLock<Corpus> =
    LazyLock::new(|| corpus_of(|text, bytes| nginx_error::Generator::new(1).write_lines(text, bytes)));

/// 128 MiB of JSON lines.
pub(crate) static JSON: LazyLock<Corpus> =
    LazyLock::new(|| corpus_of(|text, bytes| json_lines::Generator::new(1).write_lines(text, bytes)));

fn corpus_of(write: impl FnOnce(&mut Vec<u8>, usize) -> Summary) -> Corpus {
    let mut text = Vec::with_capacity(CORPUS_BYTES + (64 << 10));
    let summary = write(&mut text, CORPUS_BYTES);
    Corpus { text, summary }
}

/// A group whose results are in bytes of the corpus a second, with the limit as its first.
pub(crate) fn group<'a>(
    criterion: &'a mut Criterion,
    name: &str,
    corpus: &'static Corpus,
) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(corpus.text.len() as u64));
    group.sample_size(20);
    group.warm_up_time(Duration::from_secs(1));
    group.measurement_time(Duration::from_secs(4));
    assert_eq!(walk_lines(&corpus.text), corpus.summary.lines);
    group.bench_function("yardstick: walk lines", |bencher| bencher.iter(|| walk_lines(&corpus.text)));
    group
}

/// What is parsed into one batch: the size of the program's chunks.
const CHUNK: usize = 128 << 10;

/// Calls `with` for each chunk of whole records.
pub(crate) fn chunks(format: &dyn Format, text: &[u8], mut with: impl FnMut(&[u8])) {
    let mut rest = text;
    while !rest.is_empty() {
        let chunk = &rest[..rest.len().min(CHUNK)];
        // The last record of all is not followed by another one.
        let whole = if chunk.len() == rest.len() { chunk.len() } else { format.complete(chunk) };
        with(&chunk[..whole]);
        rest = &rest[whole..];
    }
}

/// Parses everything; returns the numbers of records and of rejected ones.
pub(crate) fn records(format: &dyn Format, text: &[u8], batch: &mut Batch) -> (u64, u64) {
    let mut counts = (0, 0);
    chunks(format, text, |chunk| {
        format.parse(chunk, batch);
        counts.0 += batch.len() as u64;
        counts.1 += batch.errors().len() as u64;
    });
    counts
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
