//! The parts of a time, as they are read.

use super::super::civil::{self, NoTime};
use super::super::{Timestamp, Zone, day_of_date, days_in_month};
use super::Number;

/// What was read of a time so far.
#[derive(Default)]
pub(super) struct Fields {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: Option<i64>,
    hour_of_half: Option<i64>,
    pub(super) after_noon: Option<bool>,
    minute: i64,
    second: i64,
    pub(super) nanos: u32,
    pub(super) fraction_digits: u8,
    /// Seconds ahead of UTC.
    pub(super) offset: Option<i32>,
    /// Seconds since the epoch.
    pub(super) epoch: Option<i64>,
}

impl Fields {
    /// Takes a number, if it is one that there is.
    pub(super) fn set(&mut self, number: Number, value: i64) -> Result<(), NoTime> {
        let exists = match number {
            Number::Month => (1..=12).contains(&value),
            Number::Day => (1..=31).contains(&value),
            Number::DayOfYear => (1..=366).contains(&value),
            Number::Hour => value < 24,
            Number::HourOfHalf => (1..=12).contains(&value),
            Number::Minute => value < 60,
            Number::Second => value <= 60,
            Number::Year | Number::YearOfCentury | Number::Unused => true,
        };
        if !exists {
            return Err(NoTime::Impossible);
        }
        match number {
            Number::Year => self.year = Some(value),
            // As POSIX has it.
            Number::YearOfCentury => self.year = Some(if value < 69 { 2000 + value } else { 1900 + value }),
            Number::Month => self.month = Some(value),
            Number::Day => self.day = Some(value),
            Number::DayOfYear => self.day_of_year = Some(value),
            Number::Hour => self.hour = Some(value),
            Number::HourOfHalf => self.hour_of_half = Some(value),
            Number::Minute => self.minute = value,
            Number::Second => self.second = value,
            Number::Unused => {}
        }
        Ok(())
    }

    /// The moment, if enough is known.
    pub(super) fn timestamp(&self, zone: &Zone) -> Result<Option<Timestamp>, NoTime> {
        if let Some(seconds) = self.epoch {
            return civil::timestamp(seconds, self.nanos).map(Some);
        }
        let (Some(day), Some(hour)) = (self.date()?, self.hour_of_day()) else { return Ok(None) };
        let seconds = day * 86_400 + hour * 3600 + self.minute * 60 + self.second;
        let seconds = match self.offset {
            Some(offset) => seconds - i64::from(offset),
            None => zone.to_utc(seconds),
        };
        civil::timestamp(seconds, self.nanos).map(Some)
    }

    /// Days since the epoch.
    fn date(&self) -> Result<Option<i64>, NoTime> {
        let Some(year) = self.year else { return Ok(None) };
        match (self.month, self.day, self.day_of_year) {
            (Some(month), Some(day), _) if day > days_in_month(year, month) => Err(NoTime::Impossible),
            (Some(month), Some(day), _) => Ok(Some(day_of_date(year, month, day))),
            (_, _, Some(day)) if day > 337 + days_in_month(year, 2) => Err(NoTime::Impossible),
            (_, _, Some(day)) => Ok(Some(day_of_date(year, 1, day))),
            _ => Ok(None),
        }
    }

    fn hour_of_day(&self) -> Option<i64> {
        let of_halves = || Some(self.hour_of_half? % 12 + if self.after_noon? { 12 } else { 0 });
        self.hour.or_else(of_halves)
    }
}
