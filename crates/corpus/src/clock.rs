//! The time in a log.

use crate::decimal::{push_decimal, push_three_digits, push_two_digits};
use crate::random::Random;

/// 2025-11-06 10:30:15 UTC. Fixed, as the current time would make every corpus different.
const START_MILLISECONDS: u64 = 1_762_425_015_000;

/// The longest pause between two lines. The mean is half of it, which gives 3000 lines a minute:
/// enough that neighbours nearly always share their minute, as on a busy server.
const LONGEST_PAUSE_MILLISECONDS: u64 = 40;

/// A clock that advances by an uneven step with each line.
pub(crate) struct Clock {
    milliseconds: u64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { milliseconds: START_MILLISECONDS }
    }

    pub(crate) fn advance(&mut self, random: &mut Random) {
        self.milliseconds += random.between(0, LONGEST_PAUSE_MILLISECONDS);
    }

    pub(crate) fn now(&self) -> Time {
        Time { unix_milliseconds: self.milliseconds }
    }
}

/// A moment in UTC.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    unix_milliseconds: u64,
}

impl Time {
    pub(crate) fn one_second_earlier(self) -> Self {
        Self { unix_milliseconds: self.unix_milliseconds - 1000 }
    }

    /// Appends the time as in nginx's access log: `06/Nov/2025:10:30:15 +0000`.
    pub(crate) fn push_access_log(self, out: &mut Vec<u8>) {
        const MONTHS: [&[u8; 3]; 12] =
            [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
        let (year, month, day) = self.date();
        push_two_digits(out, day);
        out.push(b'/');
        out.extend_from_slice(MONTHS[month as usize - 1]);
        out.push(b'/');
        push_decimal(out, year);
        out.push(b':');
        self.push_time_of_day(out);
        out.extend_from_slice(b" +0000");
    }

    /// Appends the time as in nginx's error log: `2025/11/06 10:30:15`.
    pub(crate) fn push_error_log(self, out: &mut Vec<u8>) {
        self.push_date(out, b'/');
        out.push(b' ');
        self.push_time_of_day(out);
    }

    /// Appends the time as Python's `logging` writes `%(asctime)s`: `2025-11-06 10:30:15,123`.
    pub(crate) fn push_python(self, out: &mut Vec<u8>) {
        self.push_date(out, b'-');
        out.push(b' ');
        self.push_time_of_day(out);
        out.push(b',');
        push_three_digits(out, self.unix_milliseconds);
    }

    /// Appends the time as in ISO 8601: `2025-11-06T10:30:15.123Z`.
    pub(crate) fn push_iso_8601(self, out: &mut Vec<u8>) {
        self.push_date(out, b'-');
        out.push(b'T');
        self.push_time_of_day(out);
        out.push(b'.');
        push_three_digits(out, self.unix_milliseconds);
        out.push(b'Z');
    }

    fn push_date(self, out: &mut Vec<u8>, separator: u8) {
        let (year, month, day) = self.date();
        push_decimal(out, year);
        out.push(separator);
        push_two_digits(out, month);
        out.push(separator);
        push_two_digits(out, day);
    }

    fn push_time_of_day(self, out: &mut Vec<u8>) {
        let second_of_day = self.unix_milliseconds / 1000 % 86_400;
        push_two_digits(out, second_of_day / 3600);
        out.push(b':');
        push_two_digits(out, second_of_day / 60 % 60);
        out.push(b':');
        push_two_digits(out, second_of_day % 60);
    }

    /// Year, month and day, by Howard Hinnant's `civil_from_days`: years are counted from March, so
    /// that the leap day is the last of its year.
    fn date(self) -> (u64, u64, u64) {
        const DAYS_FROM_YEAR_0_TO_1970: u64 = 719_468;
        const DAYS_IN_400_YEARS: u64 = 146_097;
        let days = self.unix_milliseconds / 86_400_000 + DAYS_FROM_YEAR_0_TO_1970;
        let era = days / DAYS_IN_400_YEARS;
        let day_of_era = days % DAYS_IN_400_YEARS;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months_since_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
        let month = if months_since_march < 10 { months_since_march + 3 } else { months_since_march - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        (year, month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Time};
    use crate::random::Random;

    fn access_log(unix_seconds: u64) -> String {
        let mut out = Vec::new();
        Time { unix_milliseconds: unix_seconds * 1000 }.push_access_log(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn starts_at_the_documented_second() {
        let start = Clock::new().now();
        assert_eq!(access_log(start.unix_milliseconds / 1000), "06/Nov/2025:10:30:15 +0000");
        let mut out = Vec::new();
        start.one_second_earlier().push_error_log(&mut out);
        assert_eq!(out, b"2025/11/06 10:30:14");
    }

    #[test]
    fn knows_milliseconds() {
        let time = Time { unix_milliseconds: 1_762_425_015_042 };
        let mut out = Vec::new();
        time.push_python(&mut out);
        out.push(b' ');
        time.push_iso_8601(&mut out);
        assert_eq!(out, b"2025-11-06 10:30:15,042 2025-11-06T10:30:15.042Z");
    }

    #[test]
    fn knows_the_calendar() {
        assert_eq!(access_log(0), "01/Jan/1970:00:00:00 +0000");
        assert_eq!(access_log(951_782_400), "29/Feb/2000:00:00:00 +0000");
        assert_eq!(access_log(1_767_225_599), "31/Dec/2025:23:59:59 +0000");
        assert_eq!(access_log(1_767_225_600), "01/Jan/2026:00:00:00 +0000");
        assert_eq!(access_log(4_107_542_400), "01/Mar/2100:00:00:00 +0000");
    }

    #[test]
    fn writes_some_thousand_lines_a_minute() {
        let mut clock = Clock::new();
        let mut random = Random::new(3);
        let start = clock.now().unix_milliseconds;
        for _ in 0..30_000 {
            clock.advance(&mut random);
        }
        let seconds = (clock.now().unix_milliseconds - start) / 1000;
        assert!((570..630).contains(&seconds), "{seconds}");
    }
}
