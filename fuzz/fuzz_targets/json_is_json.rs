//! What the encoder writes is what the contract says, whichever parser and level it comes from.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use lp::encode::{JsonEncoder, Output};
use lp::{Batch, Format, Level};
use lp_fuzz::naive::{self, Json, Layout};
use lp_fuzz::place::place;
use lp_fuzz::{mutate, split};

const SETTINGS: usize = 10;

fuzz_target!(|data: &[u8]| {
    let (mut settings, text) = split::<SETTINGS>(data);
    let choice = settings.byte();
    let layout = settings.pick(&[Layout::Combined, Layout::Common]);
    let decode = settings.pick(&[true, true, true, false]);
    let limit = if settings.up_to(3) == 3 { settings.byte().into() } else { Batch::DEFAULT_LIMIT };
    // Which of eight records are left out, one bit for each.
    let dropped = if settings.up_to(7) == 7 { settings.byte() } else { 0 };
    let original_len = if settings.up_to(7) == 7 { 1 << settings.up_to(63) } else { 0 };
    let within = settings.byte();
    let input = place(choice, within, text);

    let parse = |format: lp::Access, batch: &mut Batch| {
        format.parse(&input, batch);
        for record in (0..batch.len()).filter(|record| dropped >> (record % 8) & 1 == 1) {
            batch.drop_record(record);
        }
        batch.set_original_len(original_len);
    };
    let encode = |level: Level, batch: &Batch, input: &[u8], output: &mut Output| {
        let encoder = JsonEncoder::new(layout.format().schema()).with_decode(decode).with_level(level);
        output.clear();
        encoder.encode(batch, input, output);
    };

    let mut batch = Batch::with_limit(limit);
    parse(layout.format().careful(), &mut batch);
    let mut expected = String::new();
    let mut objects = Vec::new();
    for record in batch.records(&input).filter(|record| !record.is_dropped()) {
        let object = naive::object(&record, layout, decode);
        naive::write(&object, &mut expected);
        expected.push('\n');
        objects.push(object);
    }

    // One output and one batch for all levels, as they are reused in earnest.
    let mut output = Output::new();
    for level in Level::available() {
        encode(level, &batch, &input, &mut output);
        assert_same(output.as_bytes(), &expected, "careful", level);
    }
    for level in Level::available() {
        parse(layout.format().with_level(level), &mut batch);
        encode(level, &batch, &input, &mut output);
        assert_same(output.as_bytes(), &expected, "fast", level);
    }
    assert_json(output.as_bytes(), &objects);

    if choice % 8 == 7 {
        // With an input that is not all there the texts are wrong; it is JSON all the same.
        encode(Level::best(), &batch, &input[..input.len() / 2], &mut output);
        assert_eq!(json(output.as_bytes()).len(), objects.len());
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, SETTINGS)
});

fn assert_same(output: &[u8], expected: &str, parser: &str, level: Level) {
    if output == expected.as_bytes() {
        return;
    }
    let output = str::from_utf8(output).expect("the output is UTF-8");
    for (line, expected) in output.split('\n').zip(expected.split('\n')) {
        assert_eq!(line, expected, "{parser}, {}", level.name());
    }
    assert_eq!(output.len(), expected.len(), "{parser}, {}", level.name());
}

/// Every line is the JSON of its object, and holds nothing that could break a line or speak to a terminal.
fn assert_json(output: &[u8], objects: &[Json]) {
    assert!(output.is_empty() || output.ends_with(b"\n"));
    assert!(json(output) == objects);
}

fn json(output: &[u8]) -> Vec<Json> {
    let output = str::from_utf8(output).expect("the output is UTF-8");
    let lines = output.split_terminator('\n');
    lines
        .map(|line| {
            let dangerous = |char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}');
            assert!(!line.contains(dangerous), "{line:?}");
            serde_json::from_str(line).expect("the output is JSON")
        })
        .collect()
}
