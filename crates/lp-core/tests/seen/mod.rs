//! What a format makes of a log: all that its records say, in whatever pieces the log is read.

// Each test program uses a part.
#![allow(dead_code)]

use std::fmt;
use std::ops::Range;

use lp_core::{Batch, Field, Format, ParseError, Record, Severity, Span, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;

/// All that a record says.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Seen {
    offset: usize,
    raw: Raw,
    timestamp: Option<Timestamp>,
    fraction_digits: u8,
    severity: Option<Severity>,
    error: Option<ParseError>,
    truncated: Option<u64>,
    fields: Vec<(Span, Option<u64>)>,
}

/// Bytes that are shown as text.
#[derive(Clone, PartialEq)]
struct Raw(Vec<u8>);

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl Seen {
    pub(crate) fn new(record: Record<'_>, format: &dyn Format, base: usize) -> Self {
        let fields = (0..format.schema().fields().len()).map(|position| Field::new(position as u16));
        Self {
            offset: base + record.offset(),
            raw: Raw(record.raw().to_vec()),
            timestamp: record.timestamp(),
            fraction_digits: record.fraction_digits(),
            severity: record.severity(),
            error: record.error(),
            truncated: record.truncated(),
            fields: fields.map(|field| (record.span(field), record.integer(field))).collect(),
        }
    }
}

/// The bounds on a record, and on a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) bytes: u32,
    pub(crate) lines: u32,
    pub(crate) capacity: usize,
}

impl Limits {
    pub(crate) const NONE: Self = Self { bytes: u32::MAX, lines: u32::MAX, capacity: usize::MAX };

    pub(crate) fn batch(self) -> Batch {
        Batch::with_limit(self.bytes).with_line_limit(self.lines).with_capacity(self.capacity)
    }
}

pub(crate) fn limits() -> impl Strategy<Value = Limits> {
    let bytes = prop_oneof![3 => Just(Batch::DEFAULT_LIMIT), 2 => 1_u32..=80, 3 => 30_u32..=400];
    let lines = prop_oneof![3 => Just(Batch::DEFAULT_LINE_LIMIT), 1 => 1_u32..4];
    (bytes, lines, 1_usize..8).prop_map(|(bytes, lines, capacity)| Limits { bytes, lines, capacity })
}

/// The records of a log, parsed again and again from where the batch was full.
pub(crate) fn records(format: &dyn Format, log: &[u8], limits: Limits) -> Vec<Seen> {
    let mut batch = limits.batch();
    let mut seen = Vec::new();
    let mut start = 0;
    while start < log.len() {
        let rest = &log[start..];
        let taken = format.parse(rest, &mut batch);
        assert!(batch.len() == limits.capacity || taken == rest.len(), "the parser stopped before the batch was full");
        assert!((1..=limits.capacity).contains(&batch.len()));
        assert_eq!(batch.errors().count(), batch.records(rest).filter(|record| record.error().is_some()).count());
        let truncated = batch.records(rest).filter(|record| record.truncated().is_some());
        assert_eq!(batch.truncated().count(), truncated.count());
        seen.extend(batch.records(rest).map(|record| Seen::new(record, format, start)));
        start += taken;
    }
    seen
}

/// The same records come of a log that is read in pieces, whatever these are.
pub(crate) fn assert_pieces_do_not_matter(format: &dyn Format, log: &[u8], cuts: &[Index], limits: Limits) {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(log.len() + 1)).collect();
    cuts.push(log.len());
    cuts.sort_unstable();
    let mut seen = Vec::new();
    let mut start = 0;
    for cut in cuts {
        let complete = format.complete(&log[start..cut]);
        let whole = if cut == log.len() { cut } else { start + complete };
        let piece = records(format, &log[start..whole], limits);
        seen.extend(piece.into_iter().map(|record| Seen { offset: start + record.offset, ..record }));
        start = whole;
    }
    assert_eq!(seen, records(format, log, limits));
}

/// The records of a log without their last terminators, and the lengths of their first lines, where `starts` knows these.
pub(crate) fn split(log: &[u8], starts: impl Fn(&[u8]) -> bool) -> Vec<(Range<usize>, usize)> {
    let mut records: Vec<(Range<usize>, usize)> = Vec::new();
    let mut start = 0;
    for line in log.split_inclusive(|&byte| byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let end = start + content.len();
        match records.last_mut() {
            Some((record, _)) if !starts(content) => record.end = end,
            _ => records.push((start..end, content.len())),
        }
        start += line.len();
    }
    records
}
