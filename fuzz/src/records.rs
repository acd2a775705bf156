//! What holds for the records of any format, and for a run over them.

use std::sync::Arc;

use lp::encode::{JsonEncoder, Output};
use lp::{Batch, Field, Format, Input, OnError, Pipeline, Record};

use crate::choices::Choices;
use crate::reader::{Scripted, Sink};
use crate::whole::whole_of;

/// How records are bounded, and how an input is read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The most bytes of a record.
    pub limit: u32,
    /// The most lines of a record.
    pub lines: u32,
    /// What a record is that did not parse.
    pub on_error: OnError,
    /// About how many bytes a chunk has.
    pub chunk_size: usize,
    /// The most bytes that a read gives, in turn.
    pub sizes: Vec<usize>,
    /// The input is cut within so many parts of 65,536.
    pub cut: usize,
    /// Records that are parsed at a time.
    pub capacity: usize,
}

impl Settings {
    /// Draws settings, from 20 bytes at most.
    pub fn new(settings: &mut Choices<'_>) -> Self {
        Self {
            limit: match settings.up_to(3) {
                0 | 1 => Batch::DEFAULT_LIMIT,
                2 => 1 + u32::from(settings.byte()),
                _ => 4000 + u32::from(settings.byte()),
            },
            lines: settings.pick(&[Batch::DEFAULT_LINE_LIMIT, Batch::DEFAULT_LINE_LIMIT, 1, 2, 3]),
            on_error: settings.pick(&[OnError::Keep, OnError::Keep, OnError::Drop, OnError::Fail]),
            chunk_size: match settings.up_to(3) {
                0 => Pipeline::DEFAULT_CHUNK_SIZE,
                1 => settings.byte().into(),
                2 => 64 + usize::from(settings.byte()),
                _ => settings.up_to(4095),
            },
            cut: settings.up_to(u16::MAX.into()),
            capacity: settings.pick(&[usize::MAX, 1, 2, 3, 7]),
            sizes: (0..settings.up_to(8)).map(|_| settings.pick(&[1, 2, 0, 3, 7, 64, 200, 1000])).collect(),
        }
    }

    fn batch(&self) -> Batch {
        Batch::with_limit(self.limit).with_line_limit(self.lines)
    }
}

/// Every place in a record is within it, and the record within the input, behind the one before.
fn check_places(format: &dyn Format, input: &[u8], batch: &Batch, limit: u32) {
    let fields = format.schema().fields().len();
    let mut end = 0;
    for record in batch.records(input) {
        assert!(record.offset() >= end, "{record:?}");
        end = record.offset() + record.raw().len();
        assert!(end <= input.len() && record.raw().len() <= limit.max(1) as usize);
        assert_eq!(record.raw(), &input[record.offset()..end]);
        let len = record.truncated().map_or(record.raw().len(), |len| len as usize);
        end = record.offset() + len;
        assert!(end <= input.len() && len >= record.raw().len());
        assert!(record.error().is_none_or(|error| error.at() as usize <= record.raw().len()));
        for field in (0..fields as u16).map(Field::new) {
            let span = record.span(field);
            assert!(!span.is_value() || record.get(field).is_some(), "{span:?} of {record:?}");
            assert!(record.integer(field).is_none() || span.is_value(), "{field:?} of {record:?}");
        }
    }
    // What is behind the last record is its terminator.
    assert!(matches!(input[end..], [] | [b'\n'] | [b'\r', b'\n'] | [b'\r']), "{:?} is left over", &input[end..]);
}

/// The records as they are written, with their bytes, parsed again and again from where the batch was full.
fn seen(format: &dyn Format, input: &[u8], mut batch: Batch, capacity: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let encoder = JsonEncoder::new(format.schema());
    let mut seen = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let taken = format.parse(rest, &mut batch);
        assert!((1..=capacity).contains(&batch.len()));
        assert!(taken == rest.len() || taken > 0 && batch.is_full(), "the parse stopped before the batch was full");
        let mut output = Output::new();
        encoder.encode(&batch, rest, &mut output);
        let raw = batch.records(rest).map(|record: Record<'_>| record.raw().to_vec());
        seen.extend(raw.zip(output.as_bytes().split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec)));
        rest = &rest[taken..];
    }
    seen
}

/// The records lie where they should, and are the same however the input is parsed: in batches of any size, and in two
/// parts that are cut where records are complete.
pub fn check_records(format: &dyn Format, input: &[u8], settings: &Settings) {
    let mut batch = settings.batch();
    assert_eq!(format.parse(input, &mut batch), input.len(), "a batch without a capacity takes all");
    check_places(format, input, &batch, settings.limit);

    let whole = seen(format, input, settings.batch(), usize::MAX);
    let small = settings.batch().with_capacity(settings.capacity);
    assert!(seen(format, input, small, settings.capacity) == whole, "in batches of {}", settings.capacity);

    let known = settings.cut % (input.len() + 1);
    let complete = format.complete(&input[..known]);
    assert!(complete <= known);
    let (before, after) = input.split_at(complete);
    let mut parts = seen(format, before, settings.batch(), usize::MAX);
    parts.extend(seen(format, after, settings.batch(), usize::MAX));
    assert!(parts == whole, "in two parts, cut at byte {complete}");
}

/// A run writes and accounts what the whole input says, whatever the reads, the chunks and the threads.
pub fn check_run(format: &Arc<dyn Format>, input: &[u8], settings: &Settings, threads: usize) {
    let want = whole_of(&**format, input, settings.batch(), settings.on_error, true);
    let reader = Scripted::new(input).sizes(settings.sizes.clone());
    let mut sink = Sink::new();
    let result = Pipeline::shared(Arc::clone(format))
        .on_error(settings.on_error)
        .max_record(settings.limit)
        .max_lines(settings.lines)
        .chunk_size(settings.chunk_size)
        .threads(threads)
        .run([Input::reader("input", reader)], &mut sink, &mut ());
    assert!(
        sink.bytes == want.output,
        "written:\n{}expected:\n{}",
        String::from_utf8_lossy(&sink.bytes),
        String::from_utf8_lossy(&want.output),
    );
    let report = match (want.bad, result) {
        (None, Ok(report)) => report,
        (Some(_), Err(error)) => *error.report,
        (bad, result) => panic!("{result:?}, but {bad:?}"),
    };
    let total = report.total();
    assert!(total.is_balanced(), "{total:?}");
    assert_eq!(total, want.ledger);
}
