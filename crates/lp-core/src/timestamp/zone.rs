//! The offset of a place's clocks from UTC over the years, for times that are logged without one.

use std::ops::Range;
use std::sync::Arc;

const DAY: i32 = 86_400;

/// What clocks of a place show: a fixed offset from UTC, or one that changes at known moments.
///
/// lp-core knows no place's rules; `lp::zone` makes a `Zone` of an IANA name. A clone is a counted reference.
#[derive(Clone, Debug)]
pub struct Zone {
    /// The offset, unless there are periods.
    fixed: i32,
    periods: Option<Arc<[Period]>>,
}

/// The time between two changes of the offset.
#[derive(Debug)]
struct Period {
    offset: i32,
    /// The offset of the period before.
    before: i32,
    /// What the clocks show at its beginning.
    start: i64,
    /// What they show at its end, or showed at an earlier one: ends ascend, whatever the changes are.
    end: i64,
}

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self { fixed: 0, periods: None };

    /// Coordinated Universal Time.
    #[must_use]
    pub const fn utc() -> Self {
        Self::UTC
    }

    /// A zone that is always that many seconds ahead of UTC (behind where negative), or `None` from 24 hours on.
    #[must_use]
    pub const fn fixed(seconds_east: i32) -> Option<Self> {
        if -DAY < seconds_east && seconds_east < DAY { Some(Self { fixed: seconds_east, periods: None }) } else { None }
    }

    /// A zone that is `first_offset` seconds ahead of UTC until the first transition: each is a moment in seconds since
    /// the epoch, and the offset from then on.
    ///
    /// The moments ascend, further from each other than the clocks jump; a transition that is not after the one before it
    /// is left out. Offsets are cut to less than 24 hours.
    #[must_use]
    pub fn from_transitions(first_offset: i32, transitions: impl IntoIterator<Item = (i64, i32)>) -> Self {
        let mut periods: Vec<Period> = Vec::new();
        let (mut since, mut offset, mut before) = (i64::MIN, first_offset.clamp(1 - DAY, DAY - 1), first_offset);
        let mut push = |since: i64, offset: i32, before: i32, until: i64| {
            let (start, end) = match (since, until) {
                (i64::MIN, i64::MAX) => (i64::MIN, i64::MAX),
                (i64::MIN, _) => (i64::MIN, until.saturating_add(offset.into())),
                (_, i64::MAX) => (since.saturating_add(offset.into()), i64::MAX),
                _ => (since.saturating_add(offset.into()), until.saturating_add(offset.into())),
            };
            let end = periods.last().map_or(end, |last| end.max(last.end));
            periods.push(Period { offset, before, start, end });
        };
        for (moment, next) in transitions {
            let next = next.clamp(1 - DAY, DAY - 1);
            if moment > since && next != offset {
                push(since, offset, before, moment);
                (since, offset, before) = (moment, next, offset);
            }
        }
        push(since, offset, before, i64::MAX);
        if periods.len() == 1 {
            Self { fixed: offset, periods: None }
        } else {
            Self { fixed: 0, periods: Some(periods.into()) }
        }
    }

    /// The moment at which the clocks show a time, both in seconds since 1970-01-01 00:00:00.
    ///
    /// Of a time that is shown twice, the first; a time that is skipped counts with the offset before, as if the clocks
    /// had been put forward late.
    #[inline]
    #[must_use]
    pub fn to_utc(&self, local_seconds: i64) -> i64 {
        let offset = if self.periods.is_none() { self.fixed } else { self.offset_at(local_seconds).0 };
        local_seconds.saturating_sub(offset.into())
    }

    /// The offset for a time that the clocks show, and a range of such times around it that have the same.
    pub(crate) fn offset_at(&self, local: i64) -> (i32, Range<i64>) {
        let Some(periods) = &self.periods else { return (self.fixed, i64::MIN..i64::MAX) };
        // The last end is the highest number there is, and stands for all time.
        let place = periods.partition_point(|period| period.end <= local).min(periods.len().saturating_sub(1));
        let Some(period) = periods.get(place) else { return (0, local..local) };
        let first = match place.checked_sub(1).and_then(|place| periods.get(place)) {
            Some(before) => before.end,
            None => i64::MIN,
        };
        if local < period.start {
            (period.before, first..period.start.min(period.end))
        } else {
            (period.offset, period.start.max(first)..period.end)
        }
    }

    /// Whether both are one fixed offset, or clones of one zone.
    #[inline]
    pub(crate) fn is(&self, other: &Self) -> bool {
        let address = |zone: &Self| zone.periods.as_ref().map_or(std::ptr::null(), |periods| periods.as_ptr());
        (self.fixed == other.fixed) & (address(self) == address(other))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    /// Zones with changes of one hour and of half an hour, by rule and by decree, and one that has none today.
    pub(in super::super) const NAMES: [&str; 5] =
        ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"];

    /// A zone of jiff's, and the same as a [`Zone`].
    pub(in super::super) fn both(name: &str) -> (jiff::tz::TimeZone, Zone) {
        let truth = jiff::tz::TimeZone::get(name).unwrap();
        let first = jiff::Timestamp::from_second(-9_300_000_000).unwrap();
        let transitions =
            truth.following(first).take_while(|transition| transition.timestamp().as_second() < 9_300_000_000);
        let zone = Zone::from_transitions(
            truth.to_offset(first).seconds(),
            transitions.map(|transition| (transition.timestamp().as_second(), transition.offset().seconds())),
        );
        (truth, zone)
    }

    fn civil(seconds: i64) -> jiff::civil::DateTime {
        jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::from_second(seconds).unwrap())
    }

    fn to_utc(zone: &jiff::tz::TimeZone, local: i64) -> i64 {
        zone.to_ambiguous_timestamp(civil(local)).compatible().unwrap().as_second()
    }

    #[test]
    fn every_change_of_five_zones() {
        for name in NAMES {
            let (truth, zone) = both(name);
            let mut changes = 0;
            for change in truth.following(jiff::Timestamp::from_second(-9_300_000_000).unwrap()).take(700) {
                let moment = change.timestamp().as_second();
                for around in [moment - 1, moment] {
                    let shown =
                        around + i64::from(truth.to_offset(jiff::Timestamp::from_second(around).unwrap()).seconds());
                    for local in
                        [-86_400, -7200, -3600, -1800, -900, -60, -1, 0, 1, 59, 60, 900, 1800, 3600, 7200, 86_400]
                    {
                        let local = shown + local;
                        if local.abs() < 9_200_000_000 {
                            assert_eq!(zone.to_utc(local), to_utc(&truth, local), "{name} {}", civil(local));
                        }
                    }
                }
                changes += 1;
            }
            assert!(changes > 1);
        }
    }

    #[test]
    fn fixed_zones() {
        assert_eq!(Zone::UTC.to_utc(7), 7);
        assert_eq!(Zone::utc().to_utc(i64::MIN), i64::MIN);
        assert_eq!(Zone::fixed(3600).unwrap().to_utc(3600), 0);
        assert_eq!(Zone::fixed(-86_399).unwrap().to_utc(0), 86_399);
        assert!(Zone::fixed(86_400).is_none() && Zone::fixed(-86_400).is_none() && Zone::fixed(i32::MIN).is_none());
        assert_eq!(Zone::from_transitions(60, []).to_utc(60), 0);
        assert!(Zone::from_transitions(60, [(5, 60)]).is(&Zone::fixed(60).unwrap()));
    }

    #[test]
    fn a_skipped_time_and_a_repeated_one() {
        let zone = Zone::from_transitions(0, [(10_000, 3600), (50_000, 0)]);
        for (local, utc) in [
            (9999, 9999),
            (10_000, 10_000),
            (13_599, 13_599),
            (13_600, 10_000),
            (49_999, 46_399),
            (50_000, 46_400),
            (53_599, 49_999),
            (53_600, 53_600),
        ] {
            assert_eq!(zone.to_utc(local), utc, "{local}");
        }
    }

    proptest! {
        #[test]
        fn a_moment_is_what_jiff_says(name in select(&NAMES[..]), local in -9_200_000_000_i64..9_200_000_000) {
            let (truth, zone) = both(name);
            prop_assert_eq!(zone.to_utc(local), to_utc(&truth, local));
        }

        #[test]
        fn the_first_moment_that_shows_a_time(
            first in -9_i32..=9,
            changes in prop::collection::vec((19_i64..40, -9_i32..=9), 0..8),
            local in -50_i64..250,
        ) {
            let changes: Vec<(i64, i32)> = changes.iter().scan(-20, |moment, (after, offset)| {
                *moment += after;
                Some((*moment, *offset))
            }).collect();
            let zone = Zone::from_transitions(first, changes.iter().copied());
            let shown = |moment: i64| {
                let last = changes.iter().rev().find(|(change, _)| *change <= moment);
                moment + i64::from(last.map_or(first, |(_, offset)| *offset))
            };
            match (-70..270).find(|moment| shown(*moment) == local) {
                Some(moment) => prop_assert_eq!(zone.to_utc(local), moment),
                // Skipped: the clocks jump over it, and the moment is counted from what they showed before.
                None => {
                    let jump = (-70..270).find(|moment| shown(*moment - 1) < local && local < shown(*moment)).unwrap();
                    prop_assert_eq!(zone.to_utc(local), jump - 1 + local - shown(jump - 1));
                }
            }
        }

        /// Also where changes are closer to each other than any place has made them.
        #[test]
        fn times_near_each_other_have_one_offset(
            first in -9_i32..=9,
            changes in prop::collection::vec((0_i64..40, -9_i32..=9), 0..8),
            local in -50_i64..50,
        ) {
            let zone = Zone::from_transitions(first, changes);
            let (offset, same) = zone.offset_at(local);
            prop_assert!(same.contains(&local));
            for near in (local - 60..local + 60).filter(|near| same.contains(near)) {
                prop_assert_eq!(zone.to_utc(near), near - i64::from(offset));
            }
        }

        #[test]
        fn no_transition_is_too_strange(first: i32, changes: Vec<(i64, i32)>, local: i64) {
            let zone = Zone::from_transitions(first, changes);
            prop_assert!((i128::from(zone.to_utc(local)) - i128::from(local)).abs() < 86_400);
        }
    }
}
