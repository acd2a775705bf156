//! Lines to JSON text, beside the limit (walking the lines).

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark that cannot run must fail")]

mod yardstick;

use criterion::{Criterion, criterion_group, criterion_main};
use lp_core::encode::{Encoder, Encoding, JsonEncoder, Layout, Output};
use lp_core::format::access::Access;
use lp_core::{Batch, Format, Level};
use yardstick::CORPUS;

/// What is parsed into one batch: the size of the program's chunks.
const CHUNK: usize = 128 << 10;

/// Parses and encodes everything; returns the number of records and of bytes of JSON.
fn ndjson(format: &Access, encoder: &JsonEncoder, text: &[u8], batch: &mut Batch, output: &mut Output) -> (u64, u64) {
    let mut counts = (0, 0);
    let mut rest = text;
    while !rest.is_empty() {
        let whole = format.complete(&rest[..rest.len().min(CHUNK)]);
        let (chunk, after) = rest.split_at(whole);
        rest = after;
        format.parse(chunk, batch);
        output.clear();
        encoder.encode(batch, chunk, output);
        counts.0 += batch.len() as u64;
        counts.1 += output.len() as u64;
    }
    counts
}

fn encode(criterion: &mut Criterion) {
    let corpus = &*CORPUS;
    let mut group = yardstick::group(criterion, "ndjson", corpus);

    let mut batch = Batch::new();
    let mut output = Output::new();
    for level in Level::available() {
        let format = Access::combined().with_level(level);
        let encoder = JsonEncoder::new(format.schema()).with_level(level);
        let (records, bytes) = ndjson(&format, &encoder, &corpus.text, &mut batch, &mut output);
        assert_eq!(records, corpus.summary.lines);
        assert!(bytes > corpus.text.len() as u64);
        group.bench_function(format!("combined to NDJSON, {}", level.name()), |bencher| {
            bencher.iter(|| ndjson(&format, &encoder, &corpus.text, &mut batch, &mut output));
        });
    }
    group.finish();
}

/// Parses everything and encodes it with any encoder; returns the number of bytes.
fn written(format: &Access, encoder: &dyn Encoder, text: &[u8], batch: &mut Batch, output: &mut Output) -> u64 {
    let mut bytes = 0;
    let mut records = Vec::new();
    yardstick::chunks(format, text, |chunk| {
        format.parse(chunk, batch);
        records.clear();
        records.extend(0..batch.len() as u32);
        output.clear();
        encoder.encode(batch, chunk, &records, output);
        bytes += output.len() as u64;
    });
    bytes
}

/// Other columns, and other forms.
fn layouts(criterion: &mut Criterion) {
    let corpus = &*CORPUS;
    let mut group = yardstick::group(criterion, "encodings", corpus);
    let format = Access::combined();
    let full = Layout::of(format.schema());
    let columns = [("timestamp", "timestamp"), ("path", "url"), ("status_code", "status")];
    let three = full.clone().select(&columns).unwrap();
    let (mut batch, mut output) = (Batch::new(), Output::new());
    for (name, encoding, layout) in [
        ("all as JSON", Encoding::Json, &full),
        ("three columns as JSON", Encoding::Json, &three),
        ("all as text", Encoding::Text, &full),
        ("all as logfmt", Encoding::Logfmt, &full),
        ("all as CSV", Encoding::Csv, &full),
        ("three columns as CSV", Encoding::Csv, &three),
    ] {
        let encoder = encoding.encoder(layout).unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| written(&format, &*encoder, &corpus.text, &mut batch, &mut output));
        });
    }
    group.finish();
}

criterion_group!(benches, encode, layouts);
criterion_main!(benches);
