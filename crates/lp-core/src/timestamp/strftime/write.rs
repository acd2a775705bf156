//! Times written in a format.

use std::fmt::Write as _;

use super::{Item, MONTHS, Number, Pad, TimeFormat, WEEKDAYS};
use crate::timestamp::{Timestamp, date_of_day, day_of_date};

impl TimeFormat {
    /// Whether times can be written in it, and not only read: it has no week, century or number of a weekday.
    #[must_use]
    pub fn can_write(&self) -> bool {
        !self.items.iter().any(|item| matches!(item, Item::Number { number: Number::Unused, .. }))
    }

    /// Appends the time in UTC. `%f` has six digits, as in Python. What cannot be written is left out.
    pub(crate) fn write(&self, timestamp: Timestamp, out: &mut String) {
        let (seconds, nanos) = timestamp.as_seconds();
        let days = seconds.div_euclid(86_400);
        let of_day = seconds.rem_euclid(86_400);
        let (year, month, day) = date_of_day(days);
        let hour = of_day / 3600;
        let mut bytes = Vec::new();
        for item in &self.items {
            // Characters of more than one byte are as many items.
            if let Item::Byte(byte) = item {
                bytes.push(*byte);
                continue;
            }
            flush(&mut bytes, out);
            // A string takes all that is written to it.
            let _ = match *item {
                Item::Byte(_) | Item::Number { number: Number::Unused, .. } => Ok(()),
                Item::Number { number, width, pad } => {
                    let number = match number {
                        Number::Year => year,
                        Number::YearOfCentury => year.rem_euclid(100),
                        Number::Month => month,
                        Number::Day => day,
                        Number::DayOfYear => days - day_of_date(year, 1, 1) + 1,
                        Number::Hour => hour,
                        Number::HourOfHalf => (hour + 11) % 12 + 1,
                        Number::Minute => of_day / 60 % 60,
                        Number::Second => of_day % 60,
                        Number::Unused => 0,
                    };
                    let width = usize::from(width);
                    match pad {
                        Pad::Zeros => write!(out, "{number:0width$}"),
                        Pad::Spaces => write!(out, "{number:width$}"),
                        Pad::Nothing => write!(out, "{number}"),
                    }
                }
                Item::Month { full } => out.write_str(name(&MONTHS, month - 1, full)),
                // 1970-01-01 was a Thursday.
                Item::Weekday { full } => out.write_str(name(&WEEKDAYS, (days + 3).rem_euclid(7), full)),
                Item::Half => out.write_str(if hour < 12 { "AM" } else { "PM" }),
                Item::ZoneName => out.write_str("UTC"),
                Item::Offset => out.write_str("+0000"),
                Item::Epoch => write!(out, "{seconds}"),
                Item::Fraction { .. } => write!(out, "{:06}", nanos / 1000),
            };
        }
        flush(&mut bytes, out);
    }
}

fn flush(bytes: &mut Vec<u8>, out: &mut String) {
    out.push_str(&String::from_utf8_lossy(bytes));
    bytes.clear();
}

/// A name, or its first three letters.
fn name(names: &'static [&'static str], place: i64, full: bool) -> &'static str {
    let name = usize::try_from(place).ok().and_then(|place| names.get(place)).copied().unwrap_or_default();
    if full { name } else { name.get(..3).unwrap_or(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::Zone;
    use proptest::prelude::*;
    use proptest::sample::select;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            seconds in -5_000_000_000_i64..9_000_000_000,
            format in select(vec![
                "%Y-%m-%d %H:%M:%S", "%d. %B %Y, %I:%M:%S %p", "%a %b %e %H:%M:%S %Z %Y", "%s", "%Y %j ü %T %z", "%F %k:%M:%S.%f",
            ]),
        ) {
            let timestamp = Timestamp::from_seconds(seconds).unwrap();
            let format = TimeFormat::compile(format).unwrap();
            let mut text = String::new();
            format.write(timestamp, &mut text);
            let read = format.read(text.as_bytes(), &Zone::UTC);
            prop_assert_eq!(read.ok().and_then(|read| read.timestamp), Some(timestamp), "{}", text);
        }
    }

    #[test]
    fn known_times() {
        // 2024-02-29T00:05:06Z, a Thursday.
        let timestamp = Timestamp::from_nanos(1_709_165_106_012_345_678);
        for (format, want) in [
            ("%H:%M:%S", "00:05:06"),
            ("%-d.%-m.%y %I %p", "29.2.24 12 AM"),
            ("%A %a %B %b %j", "Thursday Thu February Feb 060"),
            ("%f %z %:z %Z %%", "012345 +0000 +0000 UTC %"),
            ("é%e€", "é29€"),
        ] {
            let mut text = String::new();
            let format = TimeFormat::compile(format).unwrap();
            assert!(format.can_write());
            format.write(timestamp, &mut text);
            assert_eq!(text, want);
        }
        assert!(!TimeFormat::compile("%G-%V").unwrap().can_write());
    }
}
