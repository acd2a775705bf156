//! What the tests of formats with records of several lines have in common.

// Each test program uses a part.
#![allow(dead_code)]

use lp_core::{Batch, Field, Format, ParseError, Record, Severity, Span, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::Union;

/// All that a record says.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Seen {
    offset: usize,
    raw: String,
    timestamp: Option<Timestamp>,
    fraction_digits: u8,
    severity: Option<Severity>,
    error: Option<ParseError>,
    truncated: Option<u64>,
    fields: Vec<(Span, Option<u64>)>,
}

impl Seen {
    fn new(record: Record<'_>, format: &dyn Format, base: usize) -> Self {
        let fields = (0..format.schema().fields().len()).map(|position| Field::new(position as u16));
        Self {
            offset: base + record.offset(),
            raw: record.raw().escape_ascii().to_string(),
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

/// A log of such lines with their terminators, the last one perhaps without.
pub(crate) fn log(
    line: impl Strategy<Value = Vec<u8>>,
    lines: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<u8>> {
    let terminator = Union::new_weighted(vec![(8, Just("\n")), (2, Just("\r\n")), (1, Just("\r\r\n"))]);
    let last = select(vec!["\n", "", "\r", "\r\n"]);
    (vec((line, terminator), lines), last).prop_map(|(lines, last)| {
        let mut log = Vec::new();
        let mut lines = lines.into_iter().peekable();
        while let Some((line, terminator)) = lines.next() {
            log.extend_from_slice(&line);
            let terminator = if lines.peek().is_some() { terminator } else { last };
            log.extend_from_slice(terminator.as_bytes());
        }
        log
    })
}

/// Such a line with one to three things done to it; some of the texts may be put into it.
pub(crate) fn mutated(
    line: impl Strategy<Value = Vec<u8>>,
    inserts: &'static [&'static str],
) -> impl Strategy<Value = Vec<u8>> {
    (line, vec(mutation(inserts), 1..4)).prop_map(|(mut line, mutations)| {
        for mutation in mutations {
            mutation.apply(&mut line);
        }
        line
    })
}

/// Something that is done to a line.
#[derive(Clone, Debug)]
enum Mutation {
    /// Another byte in a place.
    Flip(Index, u8),
    /// The line ends there.
    Cut(Index),
    Insert(Index, &'static str),
    /// The bytes between two places are repeated at a third.
    Duplicate(Index, Index, Index),
    Remove(Index, usize),
}

fn mutation(inserts: &'static [&'static str]) -> impl Strategy<Value = Mutation> {
    prop_oneof![
        3 => (any::<Index>(), any::<u8>()).prop_map(|(at, mask)| Mutation::Flip(at, mask)),
        1 => any::<Index>().prop_map(Mutation::Cut),
        4 => (any::<Index>(), select(inserts)).prop_map(|(at, text)| Mutation::Insert(at, text)),
        1 => any::<[Index; 3]>().prop_map(|[start, end, at]| Mutation::Duplicate(start, end, at)),
        2 => (any::<Index>(), 1_usize..6).prop_map(|(at, count)| Mutation::Remove(at, count)),
    ]
}

impl Mutation {
    fn apply(&self, line: &mut Vec<u8>) {
        // Every place of the line, its end included.
        let place = |index: &Index, line: &[u8]| index.index(line.len() + 1);
        match self {
            Self::Flip(at, mask) => {
                let at = place(at, line);
                if let Some(byte) = line.get_mut(at) {
                    *byte ^= mask;
                }
            }
            Self::Cut(at) => line.truncate(place(at, line)),
            Self::Insert(at, text) => {
                let at = place(at, line);
                line.splice(at..at, text.bytes());
            }
            Self::Duplicate(start, end, at) => {
                let (start, end) = (place(start, line), place(end, line));
                let piece = line[start.min(end)..start.max(end)].to_vec();
                let at = place(at, line);
                line.splice(at..at, piece);
            }
            Self::Remove(at, count) => {
                let at = place(at, line);
                line.drain(at..line.len().min(at + count));
            }
        }
    }
}

/// Text that a regular expression matches.
pub(crate) fn words(pattern: &'static str) -> impl Strategy<Value = Vec<u8>> {
    proptest::string::bytes_regex(pattern).expect("a regular expression")
}

/// One of the texts.
pub(crate) fn chosen(texts: &[&'static str]) -> impl Strategy<Value = Vec<u8>> + use<> {
    select(texts.to_vec()).prop_map(|text| text.as_bytes().to_vec())
}
