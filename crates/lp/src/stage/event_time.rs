//! The time that stages run on: that of the records, carried on by the clock where a live input is silent.
//!
//! One record that is dated years ahead would end all that was not over, and all behind it would be late. Where the run is live
//! the clock says that no such record can be right: stages take it as one without a time. In a log that was written before, nobody can
//! say which of two records is wrong; there its time goes by, and what is late is counted.

use lp_core::Timestamp;
use serde::{Deserialize, Serialize};

/// A record that is older than this when it comes is not news: the clock says nothing of what follows it.
const LIVE: i64 = 60 * NANOS;
pub(super) const NANOS: i64 = 1_000_000_000;

/// How long something has lasted by the clock, in nanoseconds. A clock that is put back stands still until it is where it was.
///
/// Where a run goes on from what another one has saved, the time between the two does not count: what is logged then is
/// still to be read.
#[derive(Clone, Copy, Default, Debug, Serialize, Deserialize)]
pub(super) struct Lasted {
    /// What the clock said when it began; once it has been asked in this run.
    #[serde(skip)]
    began: Option<i64>,
    nanos: u64,
}

impl Lasted {
    /// How long it is until now.
    pub(super) fn until(&mut self, now: i64) -> u64 {
        let began = *self.began.get_or_insert(now.saturating_sub_unsigned(self.nanos));
        self.nanos = self.nanos.max(now.saturating_sub(began).max(0).unsigned_abs());
        self.nanos
    }
}

/// Records are not dated further ahead of the clock than this, unless it is by mistake. Clocks differ by less, and so does
/// the time of day between two places on earth, one of which was taken for the other as no zone was written.
const MAX_AHEAD: i64 = 86_400;

/// The latest time that a record can have that comes now; the last of a second, so that no second is cut.
pub(super) const fn latest(now: Timestamp) -> Timestamp {
    let second = now.as_nanos().div_euclid(NANOS) + MAX_AHEAD;
    Timestamp::from_nanos((second + 1).saturating_mul(NANOS).saturating_sub(1))
}

/// The highest time that records had, and how far the clock has gone on since.
#[derive(Clone, Copy, Default, Debug, Serialize, Deserialize)]
pub(super) struct EventTime {
    high: Option<i64>,
    /// The highest time at the last tick.
    anchor: Option<Anchor>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Anchor {
    high: i64,
    /// Whether it was not [old](LIVE) when a tick first saw it.
    is_live: bool,
    /// Since then.
    lasted: Lasted,
}

impl EventTime {
    /// Records came, of which the latest had this time.
    pub(super) fn saw(&mut self, nanos: i64) {
        self.high = self.high.max(Some(nanos));
    }

    /// The highest time so far.
    pub(super) const fn high(&self) -> Option<i64> {
        self.high
    }

    /// What time it is among the records, going by the clock: as long after the latest record as that is here.
    ///
    /// `None` where the clock says nothing of it: no record has come, or the latest was [old](LIVE) when it came.
    /// A stage does not learn when a record comes; but ticks come several times a second, so the first one that
    /// sees a record stands for it.
    pub(super) fn tick(&mut self, now: Timestamp) -> Option<i64> {
        let (high, now) = (self.high?, now.as_nanos());
        let anchor = match &mut self.anchor {
            Some(anchor) if anchor.high == high => anchor,
            anchor => {
                let is_live = now.saturating_sub(high).saturating_abs() <= LIVE;
                anchor.insert(Anchor { high, is_live, lasted: Lasted::default() })
            }
        };
        let lasted = anchor.lasted.until(now);
        anchor.is_live.then(|| high.saturating_add_unsigned(lasted))
    }
}

/// The moment that a second begins, or the nearest that there is.
pub(super) const fn moment(second: i64) -> Timestamp {
    Timestamp::from_nanos(second.saturating_mul(NANOS))
}

/// A stretch of time: its first and its last nanosecond.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    first: i64,
    last: i64,
}

impl Stretch {
    /// No time.
    pub(super) const NONE: Self = Self { first: 0, last: -1 };

    /// The stretch of that number, where time is cut into stretches of `len` nanoseconds from the epoch on; as much of it as
    /// timestamps reach.
    pub(super) fn new(number: i64, len: i64) -> Self {
        let end = number.checked_add(1).and_then(|next| next.checked_mul(len));
        Self { first: number.saturating_mul(len), last: end.map_or(i64::MAX, |end| end - 1) }
    }

    #[inline(always)]
    pub(super) const fn has(self, nanos: i64) -> bool {
        self.first <= nanos && nanos <= self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What ticks say, given what happens: a record of a time (in seconds) comes, or the clock says one.
    #[test]
    fn the_clock_carries_on_from_live_records() {
        #[derive(Clone, Copy)]
        enum Do {
            Record(i64),
            Tick(i64, Option<i64>),
        }
        use Do::{Record, Tick};
        let cases: [(&str, &[Do]); 6] = [
            ("nothing came", &[Tick(100, None), Tick(200, None)]),
            ("live", &[Record(98), Tick(100, Some(98)), Tick(130, Some(128)), Record(131), Tick(133, Some(131))]),
            ("a clock ahead", &[Record(150), Tick(100, Some(150)), Tick(105, Some(155))]),
            ("yesterday's", &[Record(10), Tick(100, None), Tick(110, None), Record(90), Tick(111, Some(90))]),
            ("a clock that is put back", &[Record(98), Tick(100, Some(98)), Tick(50, Some(98)), Tick(101, Some(99))]),
            ("late ones change nothing", &[Record(98), Tick(100, Some(98)), Record(90), Tick(101, Some(99))]),
        ];
        for (name, steps) in cases {
            let mut time = EventTime::default();
            for (number, step) in steps.iter().enumerate() {
                match *step {
                    Record(second) => time.saw(second * NANOS),
                    Tick(now, want) => {
                        let told = time.tick(moment(now)).map(|nanos| nanos / NANOS);
                        assert_eq!(told, want, "{name}, step {number}");
                    }
                }
            }
        }
    }

    /// The clock goes on from where it was, however long nobody has looked at it.
    #[test]
    fn the_clock_stands_still_while_nothing_runs() {
        let tick = |time: &mut EventTime, now| time.tick(moment(now)).map(|nanos| nanos / NANOS);
        let restart =
            |time: &EventTime| -> EventTime { postcard::from_bytes(&postcard::to_stdvec(time).unwrap()).unwrap() };
        let mut time = EventTime::default();
        time.saw(98 * NANOS);
        assert_eq!([100, 130].map(|now| tick(&mut time, now)), [Some(98), Some(128)]);
        let mut time = restart(&time);
        assert_eq!([9000, 9005].map(|now| tick(&mut time, now)), [Some(128), Some(133)]);
        let mut time = restart(&restart(&time));
        assert_eq!([20, 30].map(|now| tick(&mut time, now)), [Some(133), Some(143)]);
        // What is read then was logged meanwhile.
        time.saw(150 * NANOS);
        assert_eq!(tick(&mut time, 9010), None);
    }

    #[test]
    fn a_day_ahead_may_be_right() {
        let zone = moment(100 + 86_400).as_nanos();
        assert_eq!(latest(Timestamp::from_nanos(100 * NANOS + 7)).as_nanos(), zone + NANOS - 1);
        assert_eq!(latest(Timestamp::from_nanos(-1)).as_nanos(), 86_400 * NANOS - 1);
        assert_eq!(latest(Timestamp::from_nanos(i64::MAX)).as_nanos(), i64::MAX - 1);
    }

    #[test]
    fn a_stretch_has_the_times_that_it_is_of() {
        for len in [1, 7, NANOS, 366 * 86_400 * NANOS] {
            for nanos in [i64::MIN, i64::MIN + 1, -NANOS, -1, 0, 1, NANOS, i64::MAX - 1, i64::MAX] {
                let number = nanos.div_euclid(len);
                for other in [i64::MIN, nanos.saturating_sub(len), nanos, nanos.saturating_add(1), i64::MAX] {
                    let is_same = other.div_euclid(len) == number;
                    assert_eq!(Stretch::new(number, len).has(other), is_same, "{nanos} {len} {other}");
                }
            }
        }
        assert!(!Stretch::NONE.has(0) && !Stretch::NONE.has(-1));
    }

    #[test]
    fn the_ends_of_time_are_survived() {
        for (high, first, second) in [(i64::MIN, i64::MAX, i64::MIN), (i64::MAX, i64::MAX, i64::MAX)] {
            let mut time = EventTime::default();
            time.saw(high);
            time.tick(Timestamp::from_nanos(first));
            time.tick(Timestamp::from_nanos(second));
        }
        assert_eq!(moment(i64::MAX), Timestamp::from_nanos(i64::MAX));
    }
}
