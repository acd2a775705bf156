//! Each format's lines to records, beside the limit: walking the same lines. JSON also beside the library that reads it.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark that cannot run must fail")]

mod yardstick;

use criterion::{Criterion, criterion_group, criterion_main};
use lp_core::format::access::Access;
use lp_core::format::json::Json;
use lp_core::format::log_format::{Escape, LogFormat};
use lp_core::format::nginx_error::NginxError;
use lp_core::format::python::{Python, Style};
use lp_core::{Batch, Format, Lines};
use simd_json::{Buffers, Tape};
use yardstick::{CORPUS, Corpus, JSON, NGINX_ERROR, PYTHON, records};

const COMBINED: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;

/// Measures formats on one corpus. All must find its records.
fn measure(criterion: &mut Criterion, name: &str, corpus: &'static Corpus, formats: &[(&str, &dyn Format)]) {
    let mut batch = Batch::new();
    let mut group = yardstick::group(criterion, name, corpus);
    for (name, format) in formats {
        assert_eq!(records(*format, &corpus.text, &mut batch), (corpus.summary.records, corpus.summary.malformed));
        group.bench_function(*name, |bencher| bencher.iter(|| records(*format, &corpus.text, &mut batch)));
    }
    group.finish();
}

fn log_format(criterion: &mut Criterion) {
    let compiled = LogFormat::compile(COMBINED, Escape::Default).unwrap();
    let generic = LogFormat::compile_generic(COMBINED, Escape::Default).unwrap();
    let formats: [(&str, &dyn Format); 3] = [
        ("built-in combined", &Access::combined()),
        ("log_format of combined", &compiled),
        ("log_format of combined, as of any other", &generic),
    ];
    measure(criterion, "log_format", &CORPUS, &formats);
}

fn python(criterion: &mut Criterion) {
    let given = Python::compile("%(asctime)s - %(levelname)s - %(message)s", Style::Percent, None).unwrap();
    let number = (0..Python::USUAL)
        .find(|&number| Python::usual_text(number) == Some("%(asctime)s - %(levelname)s - %(message)s"));
    let detected = Python::usual_first(number.unwrap());
    measure(criterion, "python", &PYTHON, &[("format string", &given), ("detected", &detected)]);
}

fn nginx_error(criterion: &mut Criterion) {
    measure(criterion, "nginx-error", &NGINX_ERROR, &[("nginx-error", &NginxError::new())]);
}

/// The tape of each line, with all memory reused: a copy that the library may write to, and its parse.
fn tapes(text: &[u8], copy: &mut Vec<u8>, buffers: &mut Buffers) -> u64 {
    let mut lines = 0;
    let mut tape = Tape::null();
    for line in Lines::new(text) {
        copy.clear();
        copy.extend_from_slice(&text[line]);
        let mut reused = tape.reset();
        simd_json::fill_tape(copy, buffers, &mut reused).unwrap();
        std::hint::black_box(&reused);
        tape = reused.reset();
        lines += 1;
    }
    lines
}

fn json(criterion: &mut Criterion) {
    measure(criterion, "json", &JSON, &[("json", &Json::new())]);
    let corpus = &*JSON;
    let (mut copy, mut buffers) = (Vec::new(), Buffers::new(4096));
    let mut group = yardstick::group(criterion, "json, the library alone", corpus);
    assert_eq!(tapes(&corpus.text, &mut copy, &mut buffers), corpus.summary.lines);
    group.bench_function("simd-json's tape", |bencher| {
        bencher.iter(|| tapes(&corpus.text, &mut copy, &mut buffers));
    });
    group.finish();
}

criterion_group!(benches, log_format, python, nginx_error, json);
criterion_main!(benches);
