//! A moment, and the fixed-width readers of the formats that log one.

pub(crate) mod civil;
pub(crate) mod clf;
pub(crate) mod epoch;
pub(crate) mod minute;
mod strftime;
mod zone;

use std::fmt;

pub use strftime::{TimeFormat, TimeFormatError};
pub use zone::Zone;

/// A moment as nanoseconds since 1970-01-01T00:00:00Z, from 1677-09-21 to 2262-04-11.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(i64);

const NANOS_PER_SECOND: i64 = 1_000_000_000;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The moment that many nanoseconds after the epoch.
    #[inline]
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// The moment that many seconds after the epoch, or `None` if nanoseconds in 64 bits cannot hold it.
    #[inline]
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Option<Self> {
        match seconds.checked_mul(NANOS_PER_SECOND) {
            Some(nanos) => Some(Self(nanos)),
            None => None,
        }
    }

    /// Reads the date and time of day at the beginning of a text, as [RFC 3339] and ISO 8601 write them and people do:
    /// `2025-11-06 10:30:15`, with `-` or `/`, a space or `T`, perhaps a fraction behind `.` or `,`, perhaps an offset
    /// (without one the time is that of `zone`). Returns it with the number of its fraction's digits (at most 9) and of
    /// its bytes; `None` where no such time stands there.
    ///
    /// [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339
    #[must_use]
    pub fn read(text: &[u8], zone: &Zone) -> Option<(Self, u8, usize)> {
        let read = civil::read(text, zone).ok()?;
        Some((read.timestamp, read.fraction_digits, read.len))
    }

    /// Nanoseconds since the epoch.
    #[inline]
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down, and the nanoseconds after them (below 10⁹).
    #[inline]
    #[must_use]
    pub const fn as_seconds(self) -> (i64, u32) {
        (self.0.div_euclid(NANOS_PER_SECOND), self.0.rem_euclid(NANOS_PER_SECOND) as u32)
    }
}

/// RFC 3339 in UTC, with as many fraction digits as are asked for by the precision (none by default).
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = self.as_seconds();
        let (year, month, day) = date_of_day(seconds.div_euclid(86_400));
        let second = seconds.rem_euclid(86_400);
        write!(f, "{year:04}-{month:02}-{day:02}T")?;
        write!(f, "{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)?;
        if let Some(digits @ 1..) = f.precision() {
            let digits = digits.min(9);
            write!(f, ".{:0digits$}", nanos / 10_u32.pow(9 - digits as u32))?;
        }
        f.write_str("Z")
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. `month` is 1 to 12; the day need not exist.
///
/// Years are counted from March, so that the leap day is a year's last: a month's first day is then a linear function
/// of its number, and 146,097 days make 400 years.
pub(crate) const fn day_of_date(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a day counted from 1970-01-01: the inverse of [`day_of_date`].
pub(crate) const fn date_of_day(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let day_of_era = day.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_month)
}

/// The number of days that a month (1 to 12) has.
pub(crate) const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn prints_what_jiff_prints(nanos: i64, digits in 0_usize..=9) {
            let truth = jiff::Timestamp::from_nanosecond(i128::from(nanos)).unwrap();
            let truth = truth.round(jiff::TimestampRound::new()
                .smallest(jiff::Unit::Nanosecond)).unwrap();
            // jiff rounds towards zero where digits are cut; lp rounds down, so compare whole seconds by hand.
            let seconds = jiff::Timestamp::from_second(nanos.div_euclid(NANOS_PER_SECOND)).unwrap();
            let mut want = seconds.to_string();
            want.pop();
            if digits > 0 {
                let fraction = format!("{:09}", nanos.rem_euclid(NANOS_PER_SECOND));
                want.push('.');
                want.push_str(&fraction[..digits]);
            }
            want.push('Z');
            prop_assert_eq!(format!("{:.digits$}", Timestamp::from_nanos(nanos)), want);
            let parsed: jiff::Timestamp = format!("{:.9}", Timestamp::from_nanos(nanos)).parse().unwrap();
            prop_assert_eq!(parsed, truth);
        }
    }

    #[test]
    fn every_day_of_ten_thousand_years() {
        let mut day = day_of_date(0, 1, 1);
        for year in 0..10_000 {
            for month in 1..=12 {
                for day_of_month in 1..=days_in_month(year, month) {
                    assert_eq!(day_of_date(year, month, day_of_month), day);
                    assert_eq!(date_of_day(day), (year, month, day_of_month));
                    day += 1;
                }
            }
        }
        assert_eq!(day_of_date(1970, 1, 1), 0);
    }

    #[test]
    fn the_range_is_that_of_nanoseconds() {
        assert_eq!(Timestamp::from_seconds(i64::MAX / NANOS_PER_SECOND + 1), None);
        assert_eq!(Timestamp::from_nanos(i64::MIN).to_string(), "1677-09-21T00:12:43Z");
        assert_eq!(format!("{:.9}", Timestamp::from_nanos(i64::MAX)), "2262-04-11T23:47:16.854775807Z");
    }
}
