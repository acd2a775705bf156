//! Records over time.

use lp_core::Timestamp;

const NANOS: i64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// How many records there were in each of at most [`MAX_BUCKETS`](Self::MAX_BUCKETS) equal spans of time.
///
/// The width is the smallest on a ladder (1, 5, 15, 30 seconds, as many minutes; 1, 3, 6, 12 hours; 1, 2, 4, 8… days) with
/// which all records fit, so it depends on nothing but the first and the last time. Spans begin at multiples of their width
/// since 1970-01-01T00:00:00Z. Each width divides the next; so spans can be joined without a look at their records.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chart {
    rung: usize,
    /// The number of the first bucket since the epoch.
    first: i64,
    buckets: Vec<Bucket>,
    /// The bucket that was counted in last: the same is likely to be next.
    last: Last,
}

/// What was logged in a span of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bucket {
    /// The records.
    pub records: u64,
    /// Those of them with a severity of ERROR or worse.
    pub errors: u64,
    /// Those of them with a status of HTTP.
    pub responses: u64,
    /// Those of them with a status of 500 to 599.
    pub server_errors: u64,
}

impl Bucket {
    fn merge(&mut self, other: &Self) {
        self.records += other.records;
        self.errors += other.errors;
        self.responses += other.responses;
        self.server_errors += other.server_errors;
    }
}

/// Whether a status says that the server failed.
pub(super) fn is_server_error(status: u64) -> bool {
    (500..600).contains(&status)
}

/// A bucket and its time. It says nothing that the chart does not, so all are equal.
#[derive(Clone, Copy, Eq, Debug)]
struct Last {
    bucket: usize,
    /// Its first and its last time, in nanoseconds since the epoch; the wrong way round where there is none.
    from: i64,
    to: i64,
}

impl Default for Last {
    fn default() -> Self {
        Self { bucket: 0, from: i64::MAX, to: i64::MIN }
    }
}

impl PartialEq for Last {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

/// Seconds of the steps of the ladder: each divides the next.
const fn width(rung: usize) -> i64 {
    const BELOW_A_DAY: [i64; 12] = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200];
    if rung < BELOW_A_DAY.len() { BELOW_A_DAY[rung] } else { DAY << (rung - BELOW_A_DAY.len()) }
}

impl Chart {
    /// No chart has more buckets.
    pub const MAX_BUCKETS: usize = 240;

    /// Seconds that a bucket is wide.
    #[must_use]
    pub const fn width(&self) -> i64 {
        width(self.rung)
    }

    /// When the first bucket begins, in seconds since the epoch.
    #[must_use]
    pub const fn start(&self) -> i64 {
        self.first * self.width()
    }

    /// The buckets in the order of time, from that of the first record to that of the last.
    #[must_use]
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Whether there are records, and each of them has a status of HTTP.
    #[must_use]
    pub fn is_of_responses(&self) -> bool {
        !self.buckets.is_empty() && self.buckets.iter().all(|bucket| bucket.responses == bucket.records)
    }

    /// The same records in no more than so many buckets (at least two, as a bucket begins with the year 1970).
    #[must_use]
    pub fn coarsened(&self, buckets: usize) -> Self {
        let mut chart = self.clone();
        while chart.buckets.len() > buckets.max(2) {
            chart.coarsen_to(chart.rung + 1);
        }
        chart
    }

    #[inline]
    pub(super) fn add(&mut self, time: Timestamp, is_error: bool, status: Option<u64>) {
        let nanos = time.as_nanos();
        if nanos < self.last.from || nanos > self.last.to {
            self.find(nanos);
        }
        if let Some(bucket) = self.buckets.get_mut(self.last.bucket) {
            bucket.records += 1;
            bucket.errors += u64::from(is_error);
            bucket.responses += u64::from(status.is_some());
            bucket.server_errors += u64::from(status.is_some_and(is_server_error));
        }
    }

    /// Makes the time's bucket the last one.
    #[inline(never)]
    fn find(&mut self, nanos: i64) {
        let second = nanos.div_euclid(NANOS);
        self.cover(second, second);
        let number = second.div_euclid(self.width());
        let start = number * self.width();
        self.last = Last {
            bucket: (number - self.first) as usize,
            // The buckets at either end reach beyond the times there are.
            from: start.saturating_mul(NANOS),
            to: (start + self.width()).saturating_mul(NANOS).saturating_sub(1),
        };
    }

    /// Makes room for all times between two seconds, these included.
    fn cover(&mut self, from: i64, to: i64) {
        let (from, to) = if self.buckets.is_empty() {
            self.rung = 0;
            (from, to)
        } else {
            let end = (self.first + self.buckets.len() as i64) * self.width() - 1;
            (from.min(self.start()), to.max(end))
        };
        let needed = |rung| to.div_euclid(width(rung)) - from.div_euclid(width(rung)) + 1;
        let mut rung = self.rung;
        while needed(rung) > Self::MAX_BUCKETS as i64 {
            rung += 1;
        }
        self.coarsen_to(rung);
        let first = from.div_euclid(self.width());
        if self.buckets.is_empty() {
            self.first = first;
        }
        let before = (self.first - first) as usize;
        self.buckets.splice(0..0, std::iter::repeat_n(Bucket::default(), before));
        self.first = first;
        self.buckets.resize(needed(rung) as usize, Bucket::default());
        self.last = Last::default();
    }

    /// Joins buckets to those of a higher step.
    fn coarsen_to(&mut self, rung: usize) {
        if rung == self.rung {
            return;
        }
        let factor = width(rung) / self.width();
        let first = self.first.div_euclid(factor);
        let mut joined: Vec<Bucket> = Vec::new();
        for (number, bucket) in (self.first..).zip(&self.buckets) {
            joined.resize((number.div_euclid(factor) - first + 1) as usize, Bucket::default());
            if let Some(into) = joined.last_mut() {
                into.merge(bucket);
            }
        }
        (self.rung, self.first, self.buckets, self.last) = (rung, first, joined, Last::default());
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.buckets.is_empty() {
            return;
        }
        if self.buckets.is_empty() {
            *self = Self { last: Last::default(), ..other.clone() };
            return;
        }
        let rung = self.rung.max(other.rung);
        self.coarsen_to(rung);
        let mut other = other.clone();
        other.coarsen_to(rung);
        let end = (other.first + other.buckets.len() as i64) * other.width() - 1;
        self.cover(other.start(), end);
        // Both have grown coarser by the same steps.
        other.coarsen_to(self.rung);
        for (into, bucket) in self.buckets.iter_mut().skip((other.first - self.first) as usize).zip(&other.buckets) {
            into.merge(bucket);
        }
    }

    /// Forgets the records and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.buckets.clear();
        self.rung = 0;
        self.last = Last::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A time, whether it is one of an error, and the status.
    type Said = (i64, bool, Option<u64>);

    fn of(times: &[Said]) -> Chart {
        let mut chart = Chart::default();
        times.iter().for_each(|&(time, is_error, status)| chart.add(Timestamp::from_nanos(time), is_error, status));
        chart
    }

    /// Times far apart, and times close together.
    fn times() -> impl Strategy<Value = Vec<Said>> {
        let status =
            proptest::option::weighted(0.9, proptest::sample::select(vec![0, 200, 499, 500, 599, 600, u64::MAX]));
        let time = (any::<i64>(), any::<bool>(), status);
        (0_u32..60, any::<i64>(), proptest::collection::vec(time, 0..60)).prop_map(|(shift, around, times)| {
            let near = |time| around.saturating_add(time >> shift);
            times.into_iter().map(|(time, is_error, status)| (near(time), is_error, status)).collect()
        })
    }

    /// The definition, in so many words.
    fn plain(times: &[Said]) -> (i64, i64, Vec<Bucket>) {
        let seconds: Vec<i64> = times.iter().map(|(time, ..)| time.div_euclid(NANOS)).collect();
        let (Some(&low), Some(&high)) = (seconds.iter().min(), seconds.iter().max()) else { return (1, 0, Vec::new()) };
        let count = |width: i64| high.div_euclid(width) - low.div_euclid(width) + 1;
        let width = (0..).map(width).find(|&width| count(width) <= Chart::MAX_BUCKETS as i64).unwrap();
        let first = low.div_euclid(width);
        let mut buckets = vec![Bucket::default(); count(width) as usize];
        for (second, (_, is_error, status)) in seconds.iter().zip(times) {
            let bucket = &mut buckets[(second.div_euclid(width) - first) as usize];
            bucket.records += 1;
            bucket.errors += u64::from(*is_error);
            bucket.responses += u64::from(status.is_some());
            bucket.server_errors += u64::from(status.map(|status| status / 100) == Some(5));
        }
        (width, first * width, buckets)
    }

    proptest! {
        #[test]
        fn every_record_is_in_the_bucket_of_its_time(times in times()) {
            let chart = of(&times);
            prop_assert_eq!((chart.width(), chart.start(), chart.buckets().to_vec()), plain(&times));
            let all = !times.is_empty() && times.iter().all(|(_, _, status)| status.is_some());
            prop_assert_eq!(chart.is_of_responses(), all);
        }

        #[test]
        fn the_order_does_not_matter(first in times(), second in times()) {
            let mut merged = of(&second);
            merged.merge(&of(&first));
            prop_assert_eq!(merged, of(&[first, second].concat()));
        }

        #[test]
        fn fewer_buckets_have_the_same_records(times in times(), buckets in 0_usize..300) {
            let chart = of(&times).coarsened(buckets);
            prop_assert!(chart.buckets().len() <= buckets.max(2));
            prop_assert_eq!(chart.buckets().iter().map(|bucket| bucket.records).sum::<u64>(), times.len() as u64);
        }
    }

    #[test]
    fn each_width_divides_the_next_and_the_last_holds_all_times() {
        for rung in 0..23 {
            assert_eq!(width(rung + 1) % width(rung), 0);
        }
        let chart = of(&[(i64::MIN, false, None), (i64::MAX, true, Some(500))]);
        assert_eq!((chart.width(), chart.buckets().len()), (1024 * DAY, 210));
        assert_eq!(chart.buckets()[209], Bucket { records: 1, errors: 1, responses: 1, server_errors: 1 });
    }
}
