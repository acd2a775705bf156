//! Numbers for the keys of a batch's records, so that counting them is adding to a list.
//!
//! Where all parts of the key have few values (severities, classes of status, small numbers) the number is computed from
//! them. Other keys are numbered as they come, behind those.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use lp_core::{Field, Record, Severity};

use crate::stage::Selected;
use crate::stage::key::{Key, KeyReader, KeyValue, Part, class};

/// More numbers than this are not worth a list.
const MAX_COMPUTED: usize = 4096;
/// Stands for a number that is not computed.
const NOT_COMPUTED: u32 = MAX_COMPUTED as u32;
/// Integers below this are small.
const SMALL: usize = 1000;

/// How the keys of a format's records are numbered.
#[derive(Debug)]
pub(super) struct Numbering {
    reader: KeyReader,
    /// Empty where not all parts of the key have few values.
    columns: Box<[Column]>,
    /// How many numbers are computed.
    computed: usize,
}

/// A part of a key that has few values.
#[derive(Debug)]
struct Column {
    domain: Domain,
    /// Where it is, in records of the first kind and of the second.
    places: [Place; 2],
}

/// The values that a part may have; null has the number 0, the others follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Domain {
    Severity,
    Class,
    Integer,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Missing,
    Severity,
    Class(Field),
    Integer(Field),
}

impl Numbering {
    pub(super) fn new(reader: KeyReader) -> Self {
        let columns: Option<Box<[_]>> = reader.parts().map(Column::new).collect();
        let computed = |columns: &[Column]| {
            columns.iter().try_fold(1_usize, |size, column| {
                Some(size * column.domain.size()).filter(|&size| size <= MAX_COMPUTED)
            })
        };
        match columns.and_then(|columns| Some((computed(&columns)?, columns))) {
            Some((computed, columns)) => Self { reader, columns, computed },
            None => Self { reader, columns: Box::default(), computed: 0 },
        }
    }

    /// The numbers that are computed from these records, and [`MAX_COMPUTED`] or more for those that have none of them.
    /// Column by column, each in a loop of its own.
    fn compute(&self, records: &Selected<'_>, numbers: &[u32], found: &mut Vec<u32>) {
        found.clear();
        found.resize(numbers.len(), if self.columns.is_empty() { NOT_COMPUTED } else { 0 });
        for column in &self.columns {
            column.append(records, numbers, found);
        }
    }

    /// The key that has this computed number.
    fn computed_key(&self, number: usize) -> Key {
        let mut rest = number;
        let mut values: Vec<_> = self
            .columns
            .iter()
            .rev()
            .map(|column| {
                let value = rest % column.domain.size();
                rest /= column.domain.size();
                column.domain.value(value)
            })
            .collect();
        values.reverse();
        values.into()
    }
}

impl Column {
    fn new(parts: &[Part; 2]) -> Option<Self> {
        let places = parts.each_ref().map(|part| match part {
            Part::Missing => Some((Place::Missing, None)),
            Part::Severity => Some((Place::Severity, Some(Domain::Severity))),
            Part::Class(field) => Some((Place::Class(*field), Some(Domain::Class))),
            Part::Integer(field) => Some((Place::Integer(*field), Some(Domain::Integer))),
            _ => None,
        });
        let [(first, of_first), (second, of_second)] = [places[0]?, places[1]?];
        let domain = of_first.or(of_second)?;
        of_second.is_none_or(|other| other == domain).then_some(Self { domain, places: [first, second] })
    }

    /// Makes the numbers of the columns before this one those with this one.
    fn append(&self, records: &Selected<'_>, numbers: &[u32], found: &mut [u32]) {
        if records.schema().first_kind() < records.schema().fields().len() {
            return self
                .append_each(numbers, found, |number| records.record(number).map_or(0, |record| self.value(&record)));
        }
        let batch = records.batch();
        match self.places[0] {
            Place::Missing => self.append_each(numbers, found, |_| 0),
            Place::Severity => {
                let severities = batch.severities();
                self.append_each(numbers, found, |number| Domain::severity(severities.get(number)));
            }
            Place::Class(field) => {
                let statuses = batch.integers(field);
                self.append_each(numbers, found, |number| Domain::class(statuses.get(number)));
            }
            Place::Integer(field) => {
                let integers = batch.integers(field);
                self.append_each(numbers, found, |number| Domain::integer(integers.get(number)));
            }
        }
    }

    #[inline(always)]
    fn append_each(&self, numbers: &[u32], found: &mut [u32], value: impl Fn(u32) -> u32) {
        let size = self.domain.size() as u32;
        for (found, &number) in found.iter_mut().zip(numbers) {
            // What has none in one column has none in all.
            *found = (*found).min(NOT_COMPUTED) * size + value(number);
        }
    }

    /// The number of the record's value among the domain's.
    fn value(&self, record: &Record<'_>) -> u32 {
        match self.places[usize::from(record.is_second_kind())] {
            Place::Missing => 0,
            Place::Severity => Domain::severity(record.severity()),
            Place::Class(field) => Domain::class(record.integer(field)),
            Place::Integer(field) => Domain::integer(record.integer(field)),
        }
    }
}

impl Domain {
    #[inline(always)]
    const fn size(self) -> usize {
        match self {
            Self::Severity => 25,
            Self::Class => 11,
            Self::Integer => SMALL + 1,
        }
    }

    #[inline(always)]
    fn severity(severity: Option<Severity>) -> u32 {
        severity.map_or(0, |severity| u32::from(severity.number()))
    }

    #[inline(always)]
    fn class(status: Option<u64>) -> u32 {
        class(status).map_or(0, |class| u32::from(class) + 1)
    }

    #[inline(always)]
    fn integer(number: Option<u64>) -> u32 {
        match number {
            None => 0,
            Some(number) if number < SMALL as u64 => number as u32 + 1,
            Some(_) => NOT_COMPUTED,
        }
    }

    /// The value of that number.
    fn value(self, number: usize) -> KeyValue {
        let Some(value) = number.checked_sub(1) else { return KeyValue::Null };
        match self {
            Self::Severity => {
                let severity = u8::try_from(number).ok().and_then(Severity::from_number);
                severity.map_or(KeyValue::Null, KeyValue::of_severity)
            }
            Self::Class => KeyValue::of_class(value as u8),
            Self::Integer => KeyValue::Integer(value as u64),
        }
    }
}

/// The numbers of one batch's keys.
pub(super) struct Slots<'n> {
    numbering: &'n Numbering,
    /// Of the keys whose numbers are not computed, by what was logged.
    numbers: HashMap<Box<[u8]>, usize, RandomState>,
    /// These keys.
    keys: Vec<Key>,
    logged: Vec<u8>,
}

impl<'n> Slots<'n> {
    pub(super) fn new(numbering: &'n Numbering) -> Self {
        Self { numbering, numbers: HashMap::default(), keys: Vec::new(), logged: Vec::new() }
    }

    /// How many numbers there are so far.
    pub(super) fn len(&self) -> usize {
        self.numbering.computed + self.keys.len()
    }

    /// The numbers of the keys of these records, in their order. A key may have two, where it is logged in two ways.
    pub(super) fn find(&mut self, records: &Selected<'_>, numbers: &[u32], found: &mut Vec<u32>) {
        self.numbering.compute(records, numbers, found);
        let computed = self.numbering.computed;
        for (found, &number) in found.iter_mut().zip(numbers) {
            if *found as usize >= computed
                && let Some(record) = records.record(number)
            {
                // There are no more keys than records.
                *found = u32::try_from(self.look_up(&record)).unwrap_or(u32::MAX);
            }
        }
    }

    #[inline(never)]
    fn look_up(&mut self, record: &Record<'_>) -> usize {
        self.logged.clear();
        self.numbering.reader.push_logged(record, &mut self.logged);
        if let Some(&number) = self.numbers.get(&*self.logged) {
            return number;
        }
        let number = self.len();
        self.keys.push(self.numbering.reader.key(record));
        self.numbers.insert(self.logged.as_slice().into(), number);
        number
    }

    /// The key with that number.
    pub(super) fn key(&self, number: usize) -> Key {
        match number.checked_sub(self.numbering.computed) {
            None => self.numbering.computed_key(number),
            Some(behind) => self.keys.get(behind).cloned().unwrap_or_default(),
        }
    }
}
