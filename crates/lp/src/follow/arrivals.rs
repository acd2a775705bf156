//! When the bytes of a file came, as far as it must be known to tell how long the oldest that is not written has been waiting.

use std::time::{Duration, Instant};

/// Where a file ended when, from the end of what is written on. Nothing is held of a file of which all is written.
#[derive(Default, Debug)]
pub(super) struct Arrivals(Vec<(u64, Instant)>);

impl Arrivals {
    /// The most ends that are held of a file. (There may be thousands of files.)
    const MOST: usize = 12;

    /// The file ends there now, and is written up to `written`.
    pub(super) fn see(&mut self, size: u64, written: u64, now: Instant) {
        // What was behind that has been truncated away.
        while self.0.pop_if(|(end, _)| *end > size).is_some() {}
        if size > self.0.last().map_or(written, |(end, _)| *end) {
            if self.0.len() == Self::MOST {
                self.thin(now);
            }
            self.0.push((size, now));
        }
    }

    /// All before this position is written.
    pub(super) fn reach(&mut self, position: u64) {
        let written = self.0.partition_point(|(end, _)| *end <= position);
        self.0.drain(..written);
        if self.0.is_empty() {
            self.0 = Vec::new();
        }
    }

    /// How long the oldest byte has been waiting that is not written.
    pub(super) fn waiting(&self, now: Instant) -> Duration {
        self.0.first().map_or(Duration::ZERO, |(_, came)| now.saturating_duration_since(*came))
    }

    /// Makes one of two ends that follow each other, where that changes least for their age; what came with the second is as old as the
    /// first then.
    fn thin(&mut self, now: Instant) {
        let blur = |pair: &[(u64, Instant)]| {
            let age = now.saturating_duration_since(pair[0].1).as_secs_f64();
            pair[1].1.saturating_duration_since(pair[0].1).as_secs_f64() / age.max(f64::MIN_POSITIVE)
        };
        let blurs = self.0.windows(2).map(blur).enumerate();
        if let Some((least, _)) = blurs.min_by(|(_, a), (_, b)| a.total_cmp(b)) {
            let (end, _) = self.0.remove(least + 1);
            self.0[least].0 = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_oldest_unwritten_byte_counts() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut arrivals = Arrivals::default();
        let waiting = |arrivals: &Arrivals, seconds| arrivals.waiting(at(seconds)).as_secs();
        assert_eq!(waiting(&arrivals, 9), 0);
        arrivals.see(10, 10, at(0));
        assert_eq!(waiting(&arrivals, 9), 0);
        arrivals.see(20, 10, at(1));
        arrivals.see(20, 10, at(2));
        arrivals.see(30, 10, at(5));
        assert_eq!(waiting(&arrivals, 9), 8);
        // Progress is none for those that are still waiting.
        arrivals.reach(19);
        assert_eq!(waiting(&arrivals, 9), 8);
        arrivals.reach(20);
        assert_eq!(waiting(&arrivals, 9), 4);
        arrivals.see(5, 20, at(6));
        assert_eq!((waiting(&arrivals, 9), arrivals.0.len()), (0, 0));
        arrivals.see(7, 0, at(7));
        assert_eq!(waiting(&arrivals, 9), 2);
    }

    proptest! {
        /// However long a sink keeps up with a part of what comes only, the age is never told too small, nor much too large.
        #[test]
        fn ages_are_nearly_right(steps in proptest::collection::vec((1..4_u64, 0..3_u64), 1..400)) {
            let start = Instant::now();
            let (mut arrivals, mut all) = (Arrivals::default(), Vec::new());
            let (mut size, mut written) = (0, 0);
            for (number, (grown, done)) in (0_u32..).zip(steps) {
                let now = start + Duration::from_millis(250) * number;
                size += grown;
                written = size.min(written + done);
                arrivals.see(size, written, now);
                all.push((size, now));
                arrivals.reach(written);
                let exact = all.iter().find(|(end, _)| *end > written).map_or(0.0, |(_, came)| (now - *came).as_secs_f64());
                let told = arrivals.waiting(now).as_secs_f64();
                prop_assert!(arrivals.0.len() <= Arrivals::MOST);
                prop_assert!(told >= exact && told <= 2.0 * exact + 1.0, "{told} for {exact}");
            }
        }
    }
}
