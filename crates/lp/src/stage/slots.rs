//! Numbers for the keys of a batch's records, so that counting them is adding to a list.
//!
//! Where all parts of the key have few values (severities, classes of status, small numbers) the number is computed from
//! them. Other keys are numbered as they come, behind those.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use lp_core::{Field, Record, Severity};

use crate::stage::key::{Key, KeyReader, KeyValue, Part, class};

/// More numbers than this are not worth a list.
const MAX_COMPUTED: usize = 4096;
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

    /// The number that is computed from the record; `None` where it has none of them.
    #[inline(always)]
    fn compute(&self, record: &Record<'_>) -> Option<usize> {
        let second = record.is_second_kind();
        let (first, rest) = self.columns.split_first()?;
        let mut number = first.value(record, second)?;
        for column in rest {
            number = number * column.domain.size() + column.value(record, second)?;
        }
        Some(number)
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

    /// The number of the record's value among the domain's.
    #[inline(always)]
    fn value(&self, record: &Record<'_>, second: bool) -> Option<usize> {
        Some(match self.places[usize::from(second)] {
            Place::Missing => 0,
            Place::Severity => record.severity().map_or(0, |severity| usize::from(severity.number())),
            Place::Class(field) => class(record, field).map_or(0, |class| usize::from(class) + 1),
            Place::Integer(field) => match record.integer(field) {
                None => 0,
                Some(number) => usize::try_from(number).ok().filter(|&number| number < SMALL)? + 1,
            },
        })
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

    /// The number of the record's key. A key may have two, where it is logged in two ways.
    #[inline(always)]
    pub(super) fn of(&mut self, record: &Record<'_>) -> usize {
        match self.numbering.compute(record) {
            Some(number) => number,
            None => self.look_up(record),
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
