//! Lines to records, beside the limit (walking the lines) and beside a regular expression.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark that cannot run must fail")]

mod yardstick;

use criterion::{Criterion, criterion_group, criterion_main};
use lp_core::format::access::Access;
use lp_core::{Batch, Format, Level};
use regex::bytes::{CaptureLocations, Regex};
use yardstick::{CORPUS, records};

/// The same fields by a regular expression with captures, as many programs do it: found, numbers and time not read.
fn captures(regex: &Regex, text: &[u8], places: &mut CaptureLocations) -> u64 {
    let mut matches = 0;
    for line in text.split(|&byte| byte == b'\n') {
        if regex.captures_read(places, line).is_some() {
            matches += 1;
            std::hint::black_box(&*places);
        }
    }
    matches
}

fn parse(criterion: &mut Criterion) {
    let corpus = &*CORPUS;
    let want = (corpus.summary.records, corpus.summary.malformed);
    let mut group = yardstick::group(criterion, "records", corpus);

    let mut batch = Batch::new();
    for level in Level::available() {
        let format = Access::combined().with_level(level);
        assert_eq!(records(&format, &corpus.text, &mut batch), want);
        group.bench_function(format!("combined, {}", level.name()), |bencher| {
            bencher.iter(|| records(&format, &corpus.text, &mut batch));
        });
    }
    let careful = Access::combined().careful();
    assert_eq!(records(&careful, &corpus.text, &mut batch), want);
    group.bench_function("combined, careful parser only", |bencher| {
        bencher.iter(|| records(&careful, &corpus.text, &mut batch));
    });

    // A sixteenth of the corpus is enough for what takes a hundred times as long.
    let sixteenth = &corpus.text[..careful.complete(&corpus.text[..corpus.text.len() / 16])];
    group.throughput(criterion::Throughput::Bytes(sixteenth.len() as u64));
    let pattern = r#"^(\S+) \S+ (.*?) \[([^\]]+)\] "(?:(\S+) (.*?) (HTTP/[^"]*)|([^"]*))" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)"(.*)$"#;
    let regex = Regex::new(pattern).unwrap();
    let mut places = regex.capture_locations();
    let (lines, malformed) = records(&careful, sixteenth, &mut batch);
    assert_eq!(captures(&regex, sixteenth, &mut places), lines - malformed);
    group.bench_function("regex with captures", |bencher| {
        bencher.iter(|| captures(&regex, sixteenth, &mut places));
    });
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
