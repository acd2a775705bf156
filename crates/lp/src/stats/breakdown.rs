//! How many records there are of each kind, by fields that the user names.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;
use lp_core::status_class;
use lp_core::{Field, FieldDef, Kind, Record, Schema, Severity};

use super::blocks::{Blocks, Gathered, Part, Sum};
use super::decode::decoded;
use super::fields::{Text, TextField};
use super::members;
use super::texts::{Limits, Texts, Writing};
use crate::event::Events;
use crate::nearest::{Nearest, nearest};
use crate::stage::{BindError, Binding, Selected, Stage};

/// How many combinations of values are held, between blocks.
const LIMITS: Limits = Limits { texts: 32_768, bytes: 2 << 20 };

/// A stage that counts records by the values of some fields and leaves all in the run.
///
/// By `severity`, `status_code` or `status_class` alone all counts are exact. By anything else they are as those of
/// [`Stats`](super::Stats): exact for up to 32,768 combinations (of 2 MiB), and true to a bound that is told beyond.
#[derive(Debug)]
pub struct CountBy {
    fields: Vec<String>,
    top: usize,
    hashing: RandomState,
    breakdown: Mutex<Option<Breakdown>>,
}

/// Counts of records by fields.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Breakdown {
    /// The records.
    pub records: u64,
    /// How many combinations of values there are; `None` where they are too many to be counted exactly.
    pub different: Option<usize>,
    /// A combination that is not among these may occur up to so much more often than the last that is; 0 where all counts
    /// are exact.
    pub missed: u64,
    /// The most frequent first.
    pub groups: Vec<Group>,
}

/// Records that are alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// For each field its value, without the escapes that it was logged with; `None` for records without it.
    pub values: Vec<Option<Vec<u8>>>,
    /// How many there are, at least.
    pub count: u64,
    /// How many more there may be; 0 where the count is exact.
    pub missed: u64,
}

impl CountBy {
    /// By these fields, with so many of the most frequent combinations.
    ///
    /// A field is one of the format's, or `severity`, or `status_class` (`2xx`); of a format whose records may have any
    /// member, any.
    #[must_use]
    pub fn new(fields: impl IntoIterator<Item = String>, top: usize) -> Self {
        let fields = fields.into_iter().collect();
        Self { fields, top, hashing: RandomState::default(), breakdown: Mutex::default() }
    }

    /// What the last run has counted, if one has ended since this was called last.
    #[must_use]
    pub fn take(&self) -> Option<Breakdown> {
        self.breakdown.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The fields that have few values, which are counted without a table.
#[derive(Clone, Copy, Debug)]
enum Code {
    Severity,
    Status(Field),
    StatusClass(Field),
}

/// A status of more than three digits, and what is none. They stand behind all that are.
const OTHER: usize = 1000;
const NONE: usize = 1001;

impl Code {
    #[inline(always)]
    fn of(self, record: &Record<'_>) -> usize {
        match self {
            Self::Severity => record.severity().map_or(NONE, |severity| usize::from(severity.number())),
            Self::Status(field) | Self::StatusClass(field) => {
                record.integer(field).map_or(NONE, |status| status.min(OTHER as u64) as usize)
            }
        }
    }

    /// What a code stands for.
    fn value(self, code: usize) -> Option<Vec<u8>> {
        match self {
            _ if code == NONE => None,
            Self::Severity => Severity::from_number(code as u8).map(|severity| severity.name().into()),
            Self::Status(_) | Self::StatusClass(_) if code == OTHER => Some(b"other".to_vec()),
            Self::Status(_) => Some(format!("{code:03}").into_bytes()),
            Self::StatusClass(_) => status_class(code as u64).map(Into::into),
        }
    }
}

/// Where a record has a value.
#[derive(Clone, Debug)]
enum Source {
    Code(Code),
    Text(TextField),
    /// A member of this name in these pieces.
    Member(Vec<Field>, String),
    Nowhere,
}

impl Source {
    /// Where records of the first or the second kind have it.
    fn of(name: &str, schema: &Schema, second: bool) -> Self {
        let first = schema.first_kind();
        let places = if second { first..schema.fields().len() } else { 0..first };
        let fields = || schema.fields().iter().zip(0..).skip(places.start).take(places.len());
        let field = |name: &str| {
            let (def, position) = fields().find(|(def, _)| def.name() == name && def.kind() != Kind::Members)?;
            Some((Field::new(position), def.kind()))
        };
        let pieces: Vec<Field> =
            fields().filter(|(def, _)| def.kind() == Kind::Members).map(|(_, position)| Field::new(position)).collect();
        match (name, field(name)) {
            ("severity", _) => Self::Code(Code::Severity),
            ("status_code", Some((field, Kind::Integer))) => Self::Code(Code::Status(field)),
            (_, Some((field, kind))) => TextField::new(field, kind).map_or(Self::Nowhere, Self::Text),
            ("status_class", None) => match field("status_code") {
                Some((field, Kind::Integer)) => Self::Code(Code::StatusClass(field)),
                _ => Self::Nowhere,
            },
            (name, None) if !pieces.is_empty() => Self::Member(pieces, name.to_owned()),
            _ => Self::Nowhere,
        }
    }

    /// Appends the record's value to a key.
    fn append(&self, record: &Record<'_>, key: &mut Vec<u8>) {
        match self {
            Self::Code(code) => {
                let value = code.value(code.of(record));
                append(value.as_deref().map(|bytes| Text { bytes, writing: Writing::Plain }), key);
            }
            Self::Text(field) => append(field.of(record), key),
            Self::Member(pieces, name) => {
                let mut values = pieces.iter().filter_map(|piece| members::find(record.get(*piece)?, name.as_bytes()));
                append(values.next().and_then(Text::of_json), key);
            }
            Self::Nowhere => append(None, key),
        }
    }
}

/// Values of more bytes are cut.
const LONGEST: usize = 254;

/// Appends a value to a key: how it is written (0 for none), its length, its bytes.
fn append(text: Option<Text<'_>>, key: &mut Vec<u8>) {
    let Some(text) = text else { return key.push(0) };
    let writing = match text.writing {
        Writing::Plain => 1,
        Writing::Escaped => 2,
        Writing::JsonText => 3,
    };
    // One byte more says that it is cut.
    let bytes = &text.bytes[..text.bytes.len().min(LONGEST + 1)];
    key.extend_from_slice(&[writing, bytes.len() as u8]);
    key.extend_from_slice(bytes);
}

/// The values in a key.
fn values(mut key: &[u8]) -> Vec<Option<Vec<u8>>> {
    let mut values = Vec::new();
    while let [writing, rest @ ..] = key {
        let writing = match writing {
            1 => Writing::Plain,
            2 => Writing::Escaped,
            3 => Writing::JsonText,
            _ => {
                values.push(None);
                key = rest;
                continue;
            }
        };
        let Some((&len, rest)) = rest.split_first() else { break };
        let (bytes, rest) = rest.split_at(usize::from(len).min(rest.len()));
        let mut value = decoded(&bytes[..bytes.len().min(LONGEST)], writing);
        if bytes.len() > LONGEST {
            value.extend_from_slice("…".as_bytes());
        }
        values.push(Some(value));
        key = rest;
    }
    values
}

/// What [`CountBy`] knows of an input: where records of either kind have the values.
#[derive(Debug)]
pub struct BoundCount {
    sources: [Vec<Source>; 2],
    blocks: Arc<Blocks<Counts>>,
}

/// What [`CountBy`] has gathered.
#[derive(Clone, Debug)]
pub struct Counts {
    records: u64,
    codes: Box<[u64; NONE + 1]>,
    /// What the codes are of.
    code: Option<Code>,
    keys: Texts,
    /// Memory for a key.
    key: Vec<u8>,
}

impl Default for Counts {
    fn default() -> Self {
        Self { records: 0, codes: Box::new([0; _]), code: None, keys: Texts::default(), key: Vec::new() }
    }
}

impl Sum for Counts {
    fn merge(&mut self, other: &Self) {
        self.records += other.records;
        for (count, more) in self.codes.iter_mut().zip(&other.codes[..]) {
            *count += more;
        }
        self.code = self.code.or(other.code);
        self.keys.merge(&other.keys);
    }

    fn prune(&mut self) {
        self.keys.prune(LIMITS);
    }

    fn clear(&mut self) {
        self.records = 0;
        self.codes.fill(0);
        self.code = None;
        self.keys.clear(LIMITS);
    }
}

impl Counts {
    #[inline(always)]
    fn add(&mut self, record: &Record<'_>, sources: &[Source], hashing: &RandomState) {
        self.records += 1;
        if let [Source::Code(code)] = sources {
            self.code = Some(*code);
            self.codes[code.of(record)] += 1;
            return;
        }
        self.key.clear();
        for source in sources {
            source.append(record, &mut self.key);
        }
        let mut hasher = hashing.build_hasher();
        hasher.write(&self.key);
        self.keys.add(hasher.finish(), &self.key, Writing::Plain, 1);
    }

    fn breakdown(&self, top: usize) -> Breakdown {
        // Different inputs may write the same value in different ways.
        let mut groups: BTreeMap<Vec<Option<Vec<u8>>>, (u64, u64)> = BTreeMap::new();
        let mut add = |values, count, missed| {
            let sum = groups.entry(values).or_default();
            *sum = (sum.0 + count, sum.1 + missed);
        };
        for (code, &count) in self.codes.iter().enumerate().filter(|(_, count)| **count > 0) {
            add(vec![self.code.and_then(|of| of.value(code))], count, 0);
        }
        for found in self.keys.top(self.keys.known()) {
            add(values(found.key), found.count, found.missed);
        }
        let different = (self.keys.missed() == 0).then_some(groups.len());
        let mut groups: Vec<Group> =
            groups.into_iter().map(|(values, (count, missed))| Group { values, count, missed }).collect();
        groups.sort_by_key(|group| Reverse(group.count));
        groups.truncate(top);
        Breakdown { records: self.records, different, missed: self.keys.missed(), groups }
    }
}

impl Stage for CountBy {
    type Bound = BoundCount;
    type Partial = Part<Counts>;
    type State = Gathered<Counts>;

    fn bind(&self, to: &Binding<'_>) -> Result<BoundCount, BindError> {
        for name in &self.fields {
            check(name, to)?;
        }
        let sources = |second| self.fields.iter().map(|name| Source::of(name, to.schema(), second)).collect();
        Ok(BoundCount { sources: [sources(false), sources(true)], blocks: Arc::default() })
    }

    fn map(&self, bound: &BoundCount, records: &mut Selected<'_>) -> Part<Counts> {
        let [first, second] = &bound.sources;
        bound.blocks.gather(records, |counts, record| {
            counts.add(record, if record.is_second_kind() { second } else { first }, &self.hashing);
        })
    }

    fn fold(&self, state: &mut Gathered<Counts>, part: Part<Counts>, _out: &mut Events) {
        state.add(part);
    }

    fn finish(&self, state: Gathered<Counts>, _out: &mut Events) {
        let breakdown = state.into_all().breakdown(self.top);
        *self.breakdown.lock().unwrap_or_else(PoisonError::into_inner) = Some(breakdown);
    }
}

/// Whether any records of the run may have the field.
fn check(name: &str, to: &Binding<'_>) -> Result<(), BindError> {
    let schemas = || std::iter::once(to.schema()).chain(to.others());
    let is_there = |name: &str| {
        let has = |schema: &Schema| [false, true].map(|second| Source::of(name, schema, second));
        schemas().flat_map(has).any(|source| !matches!(source, Source::Nowhere))
    };
    if is_there(name) {
        return Ok(());
    }
    let fields = schemas().flat_map(Schema::fields).map(FieldDef::name);
    let known = fields.chain(["severity", "status_class"]).filter(|known| is_there(known));
    let hint = Nearest(nearest(name, known));
    let why = format!("the records have no field {name:?}{hint}");
    Err(BindError { text: name.to_owned(), at: 0..name.len(), why })
}
