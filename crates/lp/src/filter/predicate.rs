//! A filter for records of one schema: tests that are true or false, nothing in between.
//!
//! An expression has three results: true, false, and none (CEL's error), which at the top counts as false. So that
//! records need no third one, the question is put the other way round: `!` asks its operand whether it is false, `&&`
//! is false where one part is, and so on down to the comparisons, which are asked either whether they are true or whether
//! they are false. A comparison without a result is neither.

use std::cell::Cell;

use lp_core::{Batch, Field, Record, Severity};

use super::cidr::{Address, Cidr};
use super::source::Source;
use super::term::Term;
use super::text::{Text, TextTest};

/// A filter that is bound to the records of a schema.
#[derive(Clone, Debug)]
pub struct Predicate {
    pub(super) first: Test,
    /// For records of the second kind, where there are two.
    pub(super) second: Option<Test>,
}

impl Predicate {
    /// Whether the record is one of those that the filter describes. The record must have the schema that the filter was
    /// bound to.
    #[inline]
    #[must_use]
    pub fn matches(&self, record: &Record<'_>) -> bool {
        match &self.second {
            Some(second) if record.is_second_kind() => second.holds(record),
            _ => self.first.holds(record),
        }
    }

    /// Leaves those numbers of which the records [match](Self::matches); of many records at a time this is faster. The
    /// batch's input must be `input`.
    pub fn retain(&self, batch: &Batch, input: &[u8], numbers: &mut Vec<u32>) {
        match &self.second {
            Some(_) => {
                keep(numbers, |number| batch.record(input, number as usize).is_some_and(|record| self.matches(&record)))
            }
            None => self.first.retain(batch, input, numbers),
        }
    }
}

/// Leaves the numbers of which this is true. It has no branch that depends on that: who looks for the one record in three
/// that is a `POST` does not wait for a guess that was wrong.
#[inline(always)]
fn keep(numbers: &mut Vec<u32>, holds: impl Fn(u32) -> bool) {
    let mut kept = 0;
    let all = Cell::from_mut(&mut numbers[..]).as_slice_of_cells();
    for number in all {
        let number = number.get();
        // Always there: no more are kept than were looked at.
        if let Some(place) = all.get(kept) {
            place.set(number);
        }
        kept += usize::from(holds(number));
    }
    numbers.truncate(kept);
}

/// Something that holds for a record or does not.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Always,
    Never,
    /// All of them hold.
    All(Box<[Test]>),
    /// One of them holds.
    Any(Box<[Test]>),
    /// There is a value, or there is none.
    Present {
        source: Source,
        wanted: bool,
    },
    Integer(Field, Range),
    /// The integer is one of these, which ascend, or none of them.
    OneOf {
        field: Field,
        numbers: Box<[u64]>,
        wanted: bool,
    },
    Time(Range),
    /// A bit for each severity's number; the lowest for none.
    Severity(u32),
    /// A bit for each hundred of an integer below a thousand, from bit 1 on; the lowest for what is none of them.
    StatusClass(Field, u16),
    Text {
        text: Text,
        test: Box<TextTest>,
        wanted: bool,
        /// What holds where there is no text.
        absent: bool,
    },
    /// The text is an address in one of the networks, or it is not.
    Address {
        text: Text,
        networks: Box<[Cidr]>,
        wanted: bool,
    },
    /// Any expression: whether it is true, or whether it is false.
    Term {
        term: Box<Term>,
        wanted: bool,
    },
}

/// Numbers from one to another; what holds where there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Range {
    /// The lowest, and how far above it the highest is. Signed numbers wrap around.
    pub(super) low: u64,
    pub(super) span: u64,
    /// Whether they are the numbers that are meant, or those that are not.
    pub(super) wanted: bool,
    pub(super) absent: bool,
}

impl Range {
    #[inline(always)]
    fn has(&self, number: Option<u64>) -> bool {
        match number {
            Some(number) => (number.wrapping_sub(self.low) <= self.span) == self.wanted,
            None => self.absent,
        }
    }
}

/// Whether the bit of a severity is set.
#[inline(always)]
fn has_severity(wanted: u32, severity: Option<Severity>) -> bool {
    wanted >> severity.map_or(0, Severity::number) & 1 == 1
}

/// Whether the bit of a status is set.
#[inline(always)]
fn has_class(wanted: u16, status: Option<u64>) -> bool {
    wanted >> status.filter(|status| *status < 1000).map_or(0, |status| 1 + status / 100) & 1 == 1
}

impl Test {
    #[inline]
    pub(super) fn holds(&self, record: &Record<'_>) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.holds_alone(record)),
            test => test.holds_alone(record),
        }
    }

    /// Not inlined into itself, so that the loop over the parts of the outermost test is.
    #[inline]
    fn holds_alone(&self, record: &Record<'_>) -> bool {
        match self {
            Self::Integer(field, range) => range.has(record.integer(*field)),
            Self::Severity(wanted) => has_severity(*wanted, record.severity()),
            Self::Text { text, test, wanted, absent } => match text.find(record) {
                Some((bytes, escape)) => test.holds(bytes, escape) == *wanted,
                None => *absent,
            },
            other => other.holds_rarely(record),
        }
    }

    /// What is not worth a place in the loop of its caller.
    #[inline(never)]
    fn holds_rarely(&self, record: &Record<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::All(tests) => tests.iter().all(|test| test.holds_alone(record)),
            Self::Any(tests) => tests.iter().any(|test| test.holds_alone(record)),
            Self::Present { source, wanted } => source.is_present(record) == *wanted,
            Self::OneOf { field, numbers, wanted } => {
                record.integer(*field).is_some_and(|number| numbers.binary_search(&number).is_ok()) == *wanted
            }
            Self::Time(range) => range.has(record.timestamp().map(|time| time.as_nanos() as u64)),
            Self::StatusClass(field, wanted) => has_class(*wanted, record.integer(*field)),
            Self::Address { text, networks, wanted } => {
                let address = text.find(record).and_then(|(bytes, escape)| match std::str::from_utf8(bytes) {
                    Ok(text) if !text.contains('\\') => Address::parse(text),
                    _ => Address::parse(&escape.decode(bytes)),
                });
                address.is_some_and(|address| networks.iter().any(|network| network.has(&address))) == *wanted
            }
            Self::Term { term, wanted } => term.truth(record) == Ok(*wanted),
            Self::Integer(..) | Self::Severity(_) | Self::Text { .. } => self.holds_alone(record),
        }
    }

    /// Leaves the numbers of the records for which it holds: test by test, each in a loop of its own.
    fn retain(&self, batch: &Batch, input: &[u8], numbers: &mut Vec<u32>) {
        match self {
            Self::Always => {}
            Self::Never => numbers.clear(),
            Self::All(tests) => tests.iter().for_each(|test| test.retain(batch, input, numbers)),
            Self::Integer(field, range) => {
                let (integers, range) = (batch.integers(*field), *range);
                keep(numbers, |number| range.has(integers.get(number)));
            }
            Self::StatusClass(field, wanted) => {
                let (statuses, wanted) = (batch.integers(*field), *wanted);
                keep(numbers, |number| has_class(wanted, statuses.get(number)));
            }
            Self::Severity(wanted) => {
                let (severities, wanted) = (batch.severities(), *wanted);
                keep(numbers, |number| has_severity(wanted, severities.get(number)));
            }
            Self::Time(range) => {
                let (times, range) = (batch.times(), *range);
                keep(numbers, |number| range.has(times.get(number).map(|time| time.as_nanos() as u64)));
            }
            test => {
                keep(numbers, |number| batch.record(input, number as usize).is_some_and(|record| test.holds(&record)));
            }
        }
    }

    /// About how long it takes; the order of tests that are joined does not matter otherwise.
    pub(super) fn cost(&self) -> u32 {
        match self {
            Self::Always | Self::Never => 0,
            Self::Integer(..) | Self::Severity(_) | Self::Present { .. } | Self::Time(_) | Self::StatusClass(..) => 1,
            Self::OneOf { .. } => 2,
            Self::Text { test, .. } => test.cost(),
            Self::Address { .. } => 10,
            Self::All(tests) | Self::Any(tests) => tests.iter().map(Self::cost).fold(0, u32::saturating_add),
            Self::Term { .. } => 100,
        }
    }
}

/// Predicates are shared by threads.
const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<Predicate>();
};
