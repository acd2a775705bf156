//! How numbers are distributed: counts in buckets that are wide where the numbers are large.

/// Each power of two is divided into so many buckets, as a power of two. A bucket is no wider than 1/64 of what is in it.
const DIVISIONS: u32 = 6;

/// Counts of numbers, from which quantiles are read to within 1%. Numbers below 128 are kept exactly.
///
/// It has at most 3,776 buckets. Two histograms added are the histogram of all, in whatever order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Histogram {
    /// Up to the highest bucket in use.
    counts: Vec<u64>,
    total: u64,
    sum: u128,
    range: Option<(u64, u64)>,
}

impl Histogram {
    /// How far a quantile may be from the number that it stands for, as a share of it: half a bucket.
    pub(super) const ERROR: f64 = 0.5 / (1 << DIVISIONS) as f64;

    #[inline]
    pub(super) fn add(&mut self, number: u64) {
        let bucket = bucket_of(number);
        match self.counts.get_mut(bucket) {
            Some(count) => *count += 1,
            None => self.grow(bucket),
        }
        self.total += 1;
        self.sum += u128::from(number);
        self.range = match self.range {
            Some((low, high)) => Some((low.min(number), high.max(number))),
            None => Some((number, number)),
        };
    }

    #[cold]
    fn grow(&mut self, bucket: usize) {
        self.counts.resize(bucket + 1, 0);
        self.counts[bucket] = 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
        self.sum += other.sum;
        self.range = match (self.range, other.range) {
            (Some((low, high)), Some((other_low, other_high))) => Some((low.min(other_low), high.max(other_high))),
            (range, None) | (None, range) => range,
        };
    }

    /// Forgets the numbers and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.counts.fill(0);
        (self.total, self.sum, self.range) = (0, 0, None);
    }

    /// How many numbers there are.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// Their sum.
    pub(super) const fn sum(&self) -> u128 {
        self.sum
    }

    /// The smallest and the largest.
    pub(super) const fn range(&self) -> Option<(u64, u64)> {
        self.range
    }

    /// The number that has this many of a hundred below or at it: of `n` numbers in order, number ⌈`n` · `percent` / 100⌉. It
    /// is true to within [`ERROR`](Self::ERROR).
    pub(super) fn percentile(&self, percent: u8) -> Option<u64> {
        let (low, high) = self.range?;
        let rank = (u128::from(self.total) * u128::from(percent)).div_ceil(100).max(1);
        let mut below = 0;
        let bucket = self.counts.iter().position(|&count| {
            below += u128::from(count);
            below >= rank
        });
        bucket.map(|bucket| middle_of(bucket).clamp(low, high))
    }
}

/// The bucket of a number.
#[inline(always)]
const fn bucket_of(number: u64) -> usize {
    let shift = (number | 1 << DIVISIONS).ilog2() - DIVISIONS;
    ((shift as usize) << DIVISIONS) + (number >> shift) as usize
}

/// The number in the middle of a bucket.
const fn middle_of(bucket: usize) -> u64 {
    let shift = (bucket >> DIVISIONS).saturating_sub(1);
    let first = ((bucket - (shift << DIVISIONS)) as u64) << shift;
    first + ((1_u64 << shift) - 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(numbers: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        numbers.iter().for_each(|&number| histogram.add(number));
        histogram
    }

    fn numbers() -> impl Strategy<Value = Vec<u64>> {
        let number = (any::<u64>(), 0_u32..64).prop_map(|(number, shift)| number >> shift);
        proptest::collection::vec(number, 1..300)
    }

    proptest! {
        #[test]
        fn percentiles_are_true_to_one_percent(mut numbers in numbers(), percent in 0_u8..=100) {
            let found = of(&numbers).percentile(percent).unwrap();
            numbers.sort_unstable();
            let truth = numbers[(numbers.len() * usize::from(percent)).div_ceil(100).max(1) - 1];
            prop_assert!(found.abs_diff(truth) as f64 <= truth as f64 * Histogram::ERROR, "{found} is not {truth}");
        }

        #[test]
        fn the_order_of_adding_does_not_matter(first in numbers(), second in numbers()) {
            let mut merged = of(&second);
            merged.merge(&of(&first));
            merged.merge(&Histogram::default());
            prop_assert_eq!(merged, of(&[first, second].concat()));
        }
    }

    #[test]
    fn small_numbers_are_exact_and_no_number_is_too_large() {
        for number in 0..128 {
            assert_eq!(middle_of(bucket_of(number)), number);
        }
        assert_eq!(bucket_of(u64::MAX), 3775);
        let histogram = of(&[7, u64::MAX]);
        assert_eq!((histogram.percentile(50), histogram.percentile(100)), (Some(7), Some(middle_of(3775))));
        assert_eq!((histogram.range(), histogram.total()), (Some((7, u64::MAX)), 2));
        assert_eq!(histogram.sum(), u128::from(u64::MAX) + 7);
        assert_eq!(Histogram::default().percentile(50), None);
    }
}
