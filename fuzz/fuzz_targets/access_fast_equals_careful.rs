//! Every level's fast path gives the records that the careful parser gives, and they cover the input.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use lp::{Batch, Field, Format, Level, Record};
use lp_fuzz::naive::Layout;
use lp_fuzz::place::{WINDOW, place};
use lp_fuzz::{mutate, split};

const SETTINGS: usize = 6;

fuzz_target!(|data: &[u8]| {
    let (mut settings, text) = split::<SETTINGS>(data);
    let choice = settings.byte();
    let layout = settings.pick(&[Layout::Combined, Layout::Common]);
    let limit = match settings.up_to(3) {
        0 | 1 => Batch::DEFAULT_LIMIT,
        2 => settings.up_to(255) as u32,
        _ => 64 + settings.up_to(255) as u32,
    };
    let capacity = settings.pick(&[usize::MAX, usize::MAX, usize::MAX, 1, 2, 3, 7, 64]);
    let within = settings.byte();
    let input = place(choice, within, text);
    // Few records at a time would be slow in a large input: every parse makes an index of a whole window.
    let capacity = if input.len() < WINDOW { capacity } else { capacity.max(64) };
    check(layout, &input, limit, capacity);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, SETTINGS)
});

fn check(layout: Layout, input: &[u8], limit: u32, capacity: usize) {
    let careful = layout.format().careful();
    let fields = careful.schema().fields().len();
    let mut expected = Batch::with_limit(limit).with_capacity(capacity);
    // One batch for all levels, so that what one left behind is there for the next.
    let mut batch = Batch::with_limit(limit).with_capacity(capacity);
    let mut start = 0;
    while start < input.len() {
        let rest = &input[start..];
        let taken = careful.parse(rest, &mut expected);
        for level in Level::available() {
            let fast = layout.format().with_level(level);
            assert_eq!(fast.parse(rest, &mut batch), taken, "{}: bytes taken", level.name());
            assert_eq!(batch.len(), expected.len(), "{}: records", level.name());
            for (fast, careful) in batch.records(rest).zip(expected.records(rest)) {
                assert_same(fast, careful, fields, level);
            }
            assert!(batch.errors().eq(expected.errors()), "{}: errors", level.name());
            assert!(batch.truncated().eq(expected.truncated()), "{}: cut records", level.name());
        }
        assert_covered(rest, taken, &expected, limit);
        assert!(expected.len() <= capacity);
        assert!(taken == rest.len() || expected.is_full(), "the parse stopped before the batch was full");
        start += taken;
    }
}

fn assert_same(fast: Record<'_>, careful: Record<'_>, fields: usize, level: Level) {
    let of = |record: Record<'_>| {
        (
            (record.offset(), record.raw().len(), record.number()),
            (record.timestamp(), record.fraction_digits(), record.severity()),
            (record.error(), record.truncated(), record.is_dropped()),
        )
    };
    assert_eq!(of(fast), of(careful), "{}: {careful:?}", level.name());
    for field in (0..fields as u16).map(Field::new) {
        let of = |record: Record<'_>| (record.span(field), record.integer(field));
        assert_eq!(of(fast), of(careful), "{}: field {}: {careful:?}", level.name(), field.position());
    }
}

/// The records and their terminators are the input, byte for byte.
fn assert_covered(input: &[u8], taken: usize, batch: &Batch, limit: u32) {
    let mut at = 0;
    for record in batch.records(input) {
        assert_eq!(record.offset(), at);
        assert!(record.raw().len() <= limit.max(1) as usize);
        let len = record.truncated().map_or(record.raw().len(), |len| len as usize);
        assert_eq!(record.raw(), &input[at..][..len.min(limit.max(1) as usize)]);
        let line = &input[at..at + len];
        assert!(!line.contains(&b'\n'));
        let terminator: &[u8] = match &input[at + len..] {
            [b'\r', b'\n', ..] => b"\r\n",
            [b'\n', ..] => b"\n",
            [b'\r'] => b"\r",
            [] => b"",
            other => panic!("{:?} begins a record's terminator", other[0] as char),
        };
        // A carriage return at the end is the terminator's.
        assert!(terminator.starts_with(b"\r") || line.last() != Some(&b'\r'));
        at += len + terminator.len();
    }
    assert_eq!(at, taken);
}
