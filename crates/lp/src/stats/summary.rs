//! What was gathered, as plain data.

use lp_core::{Reason, Severity, Timestamp};

use super::chart::Chart;
use super::decode::decoded;
use super::fields::{DURATIONS, Topic, Unit};
use super::histogram::Histogram;
use super::tally::{METHODS, STATUSES, Tally};
use super::texts::Texts;

/// What a log says at a glance.
#[derive(Clone, PartialEq, Debug)]
pub struct Summary {
    /// The records, those that did not parse included.
    pub records: u64,
    /// Their bytes, as they were logged (as far as they are within the limit), without the ends of lines.
    pub bytes: u64,
    /// Those that did not parse, by [`Reason`] (`rejected[reason as usize]`). What could be read of them is counted.
    pub rejected: [u64; Reason::ALL.len()],
    /// Those that were longer than the limit.
    pub truncated: u64,
    /// The earliest and the latest time.
    pub times: Option<(Timestamp, Timestamp)>,
    /// The severities that there were, the least bad first; `None` for records without one.
    pub severities: Vec<(Option<Severity>, u64)>,
    /// The statuses that there were, in order.
    pub statuses: Vec<(u16, u64)>,
    /// How many had a status of more than three digits.
    pub other_statuses: u64,
    /// The methods of HTTP that there were, the most frequent first.
    pub methods: Vec<(&'static str, u64)>,
    /// How many had another method, of which clients may send any.
    pub other_methods: u64,
    /// Records and errors over time.
    pub chart: Chart,
    /// The sizes of responses, in bytes.
    pub sizes: Option<Distribution>,
    /// How long things took: the name of the field, and its values.
    pub durations: Vec<(&'static str, Distribution)>,
    /// What occurs most often; only what occurs at all.
    pub tops: Vec<Ranking>,
}

/// How numbers are distributed.
#[derive(Clone, PartialEq, Debug)]
pub struct Distribution {
    /// How many there are.
    pub count: u64,
    /// What they are given in; bytes have no other.
    pub unit: Unit,
    /// Their sum, true but for what floating-point numbers cannot hold.
    pub sum: f64,
    /// The least.
    pub min: f64,
    /// The median: half of them are no more. As all percentiles to within [`ERROR`](Self::ERROR).
    pub p50: f64,
    /// Of a hundred, 90 are no more.
    pub p90: f64,
    /// Of a hundred, 99 are no more.
    pub p99: f64,
    /// The greatest.
    pub max: f64,
}

impl Distribution {
    /// How far a percentile may be from the truth, as a share of it.
    pub const ERROR: f64 = Histogram::ERROR;

    /// `None` where there are no numbers. They are multiples of `step`.
    fn new(histogram: &Histogram, unit: Unit, step: f64) -> Option<Self> {
        let (min, max) = histogram.range()?;
        let percentile = |percent| histogram.percentile(percent).map(|number| number as f64 * step);
        Some(Self {
            count: histogram.total(),
            unit,
            sum: histogram.sum() as f64 * step,
            min: min as f64 * step,
            p50: percentile(50)?,
            p90: percentile(90)?,
            p99: percentile(99)?,
            max: max as f64 * step,
        })
    }
}

/// The most frequent of the texts of a [`Topic`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ranking {
    /// What they are.
    pub topic: Topic,
    /// How many records have such a text.
    pub records: u64,
    /// How many different texts there are; `None` where they are too many to be counted exactly.
    pub different: Option<usize>,
    /// A text that is not among these may occur up to so much more often than the last that is; 0 where all counts are
    /// exact.
    pub missed: u64,
    /// The most frequent first; of those as frequent in the order of their bytes.
    pub texts: Vec<Frequent>,
}

/// A text, and how often it occurs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frequent {
    /// The text, without the escapes that it was logged with. Need not be UTF-8, and may hold controls.
    pub text: Vec<u8>,
    /// Whether it was longer, and stands for all that begin so.
    pub is_cut: bool,
    /// How often it occurs, at least.
    pub count: u64,
    /// How much more often it may occur; 0 where the count is exact.
    pub missed: u64,
}

impl Ranking {
    pub(super) fn new(topic: Topic, texts: &Texts, top: usize) -> Self {
        let frequent = texts.top(top).into_iter().map(|top| Frequent {
            text: decoded(&top.key[..top.key.len().min(Texts::LONGEST)], top.writing),
            is_cut: top.key.len() > Texts::LONGEST,
            count: top.count,
            missed: top.missed,
        });
        Self {
            topic,
            records: texts.total(),
            different: (texts.missed() == 0).then(|| texts.known()),
            missed: texts.missed(),
            texts: frequent.collect(),
        }
    }
}

impl Summary {
    /// The records that did not parse.
    #[must_use]
    pub fn rejected_total(&self) -> u64 {
        self.rejected.iter().sum()
    }

    /// What was gathered, with so many of each topic.
    pub(super) fn new(tally: &Tally, top: usize) -> Self {
        let (first, last) = tally.times;
        let severities = tally.severities.iter().zip(0..);
        let statuses = tally.statuses[..STATUSES].iter().zip(0..);
        let mut methods: Vec<_> = METHODS.into_iter().zip(tally.methods).filter(|(_, count)| *count > 0).collect();
        methods.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let durations = DURATIONS
            .iter()
            .zip(&tally.durations)
            .filter_map(|(&(name, unit), durations)| Some((name, Distribution::new(durations, unit, 1e-6)?)));
        let tops = Topic::ALL.into_iter().zip(&tally.texts).filter(|(_, texts)| texts.total() > 0);
        Self {
            records: tally.records,
            bytes: tally.bytes,
            rejected: tally.rejected,
            truncated: tally.truncated,
            times: (first <= last).then(|| (Timestamp::from_nanos(first), Timestamp::from_nanos(last))),
            severities: severities
                .filter(|(count, _)| **count > 0)
                .map(|(count, number)| (Severity::from_number(number), *count))
                .collect(),
            statuses: statuses.filter(|(count, _)| **count > 0).map(|(count, status)| (status, *count)).collect(),
            other_statuses: tally.statuses[STATUSES],
            methods,
            other_methods: tally.methods[METHODS.len()],
            chart: tally.chart.clone(),
            sizes: Distribution::new(&tally.sizes, Unit::Unknown, 1.0),
            durations: durations.collect(),
            tops: tops.map(|(topic, texts)| Ranking::new(topic, texts, top)).collect(),
        }
    }
}
