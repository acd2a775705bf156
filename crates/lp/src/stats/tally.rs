//! What is gathered of records: of some, and of all.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use lp_core::{Reason, Record, Severity};
use memchr::memchr;

use super::blocks::Sum;
use super::chart::{Chart, is_server_error};
use super::decimal::millionths;
use super::fields::{DURATIONS, Fields, Said, Text, Topic};
use super::histogram::Histogram;
use super::members;
use super::texts::{Limits, Texts};

/// The methods of RFC 9110 and RFC 5789, which are counted by name.
pub(super) const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// Statuses have three digits; what has more is counted together.
pub(super) const STATUSES: usize = 1000;

/// How many texts are held for a topic, between blocks.
const LIMITS: Limits = Limits { texts: 32_768, bytes: 1 << 20 };

/// What is gathered of records. Two tallies added are that of all, in whatever order, but for what is pruned.
#[derive(Clone, Debug)]
pub struct Tally {
    pub(super) records: u64,
    pub(super) bytes: u64,
    pub(super) truncated: u64,
    pub(super) rejected: [u64; Reason::ALL.len()],
    /// The earliest and the latest time, in nanoseconds since the epoch; the wrong way round where there is none.
    pub(super) times: (i64, i64),
    /// By number; 0 for none.
    pub(super) severities: [u64; 25],
    /// By status, the last for what is none.
    pub(super) statuses: Box<[u64; STATUSES + 1]>,
    /// In the order of [`METHODS`], the last for all others.
    pub(super) methods: [u64; METHODS.len() + 1],
    pub(super) chart: Chart,
    pub(super) sizes: Histogram,
    /// In millionths of their units, in the order of [`DURATIONS`].
    pub(super) durations: [Histogram; DURATIONS.len()],
    pub(super) texts: [Texts; Topic::ALL.len()],
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            records: 0,
            bytes: 0,
            truncated: 0,
            rejected: [0; _],
            times: (i64::MAX, i64::MIN),
            severities: [0; _],
            statuses: Box::new([0; _]),
            methods: [0; _],
            chart: Chart::default(),
            sizes: Histogram::default(),
            durations: Default::default(),
            texts: Default::default(),
        }
    }
}

impl Tally {
    /// Counts a record with these fields.
    #[inline]
    pub(super) fn add(&mut self, record: &Record<'_>, fields: &Fields, hashing: &RandomState) {
        self.records += 1;
        self.bytes += record.raw().len() as u64;
        self.truncated += u64::from(record.truncated().is_some());
        let error = record.error();
        if let Some(error) = error {
            self.rejected[error.reason() as usize] += 1;
        }
        let severity = record.severity();
        self.severities[severity.map_or(0, |severity| usize::from(severity.number()))] += 1;
        let is_error = severity >= Some(Severity::ERROR);
        let mut said = fields.of_record(record);
        for &(number, field) in &fields.durations {
            if let Some(duration) = record.get(field).and_then(millionths) {
                self.durations[number].add(duration);
            }
        }
        for &field in &fields.members {
            if let Some(members) = record.get(field) {
                members::read(members, &mut said, |number, duration| self.durations[number].add(duration));
            }
        }
        if let Some(time) = record.timestamp() {
            self.times = (self.times.0.min(time.as_nanos()), self.times.1.max(time.as_nanos()));
            // A member may be what says the status.
            self.chart.add(time, is_error, said.status);
        }
        // The message of a rejected record is what could be read of it.
        said.message = said.message.filter(|_| error.is_none());
        self.said(&said, is_error, hashing);
    }

    #[inline(always)]
    fn said(&mut self, said: &Said<'_>, is_error: bool, hashing: &RandomState) {
        if let Some(status) = said.status {
            self.statuses[status.min(STATUSES as u64) as usize] += 1;
        }
        if let Some(method) = said.method {
            self.methods[method_number(method)] += 1;
        }
        if let Some(size) = said.size {
            self.sizes.add(size);
        }
        if let Some(path) = said.path {
            let path = Text { bytes: without_query(path.bytes), ..path };
            let failed = said.status.is_some_and(is_server_error).then_some(Topic::FailedPaths);
            self.text(Topic::Paths, failed, path, hashing);
        }
        if let Some(message) = said.message {
            self.text(Topic::Messages, is_error.then_some(Topic::ErrorMessages), message, hashing);
        }
        let rest = [(Topic::Clients, said.client), (Topic::UserAgents, said.user_agent), (Topic::Loggers, said.logger)];
        for (topic, text) in rest {
            if let Some(text) = text {
                self.text(topic, None, text, hashing);
            }
        }
    }

    #[inline(always)]
    fn text(&mut self, topic: Topic, also: Option<Topic>, text: Text<'_>, hashing: &RandomState) {
        let key = Texts::key(text.bytes);
        let mut hasher = hashing.build_hasher();
        hasher.write(key);
        let hash = hasher.finish();
        self.texts[topic as usize].add(hash, key, text.writing, 1);
        if let Some(also) = also {
            self.texts[also as usize].add(hash, key, text.writing, 1);
        }
    }
}

impl Sum for Tally {
    fn merge(&mut self, other: &Self) {
        self.records += other.records;
        self.bytes += other.bytes;
        self.truncated += other.truncated;
        self.times = (self.times.0.min(other.times.0), self.times.1.max(other.times.1));
        add_all(&mut self.rejected, &other.rejected);
        add_all(&mut self.severities, &other.severities);
        add_all(&mut self.statuses[..], &other.statuses[..]);
        add_all(&mut self.methods, &other.methods);
        self.chart.merge(&other.chart);
        self.sizes.merge(&other.sizes);
        for (durations, others) in self.durations.iter_mut().zip(&other.durations) {
            durations.merge(others);
        }
        for (texts, others) in self.texts.iter_mut().zip(&other.texts) {
            texts.merge(others);
        }
    }

    fn prune(&mut self) {
        for texts in &mut self.texts {
            texts.prune(LIMITS);
        }
    }

    fn clear(&mut self) {
        (self.records, self.bytes, self.truncated) = (0, 0, 0);
        self.times = (i64::MAX, i64::MIN);
        self.rejected.fill(0);
        self.severities.fill(0);
        self.statuses.fill(0);
        self.methods.fill(0);
        self.chart.clear();
        self.sizes.clear();
        self.durations.iter_mut().for_each(Histogram::clear);
        self.texts.iter_mut().for_each(|texts| texts.clear(LIMITS));
    }
}

#[inline(always)]
fn without_query(path: &[u8]) -> &[u8] {
    memchr(b'?', path).map_or(path, |query| &path[..query])
}

#[inline(always)]
fn method_number(method: &[u8]) -> usize {
    match method {
        b"GET" => 0,
        b"HEAD" => 1,
        b"POST" => 2,
        method => METHODS.iter().position(|known| known.as_bytes() == method).unwrap_or(METHODS.len()),
    }
}

fn add_all(into: &mut [u64], counts: &[u64]) {
    for (into, count) in into.iter_mut().zip(counts) {
        *into += count;
    }
}
