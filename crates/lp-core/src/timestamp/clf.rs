//! The time of the common log format: `06/Nov/2025:10:30:15 +0000`, always 26 bytes.
//!
//! nginx's `$time_local` and Apache's `%t` both write it. The offset is that of the server's clock.

use super::{day_of_date, days_in_month};

/// Bytes of a time.
pub(crate) const LEN: usize = 26;

const MONTHS: [[u8; 3]; 12] =
    [*b"Jan", *b"Feb", *b"Mar", *b"Apr", *b"May", *b"Jun", *b"Jul", *b"Aug", *b"Sep", *b"Oct", *b"Nov", *b"Dec"];

/// Whether the bytes look like a time: digits, letters and separators in their places, whatever their values.
pub(crate) fn has_shape(text: &[u8; LEN]) -> bool {
    const SHAPE: &[u8; LEN] = b"99/AAA/9999:99:99:99 +9999";
    text.iter().zip(SHAPE).all(|(&byte, class)| match class {
        b'9' => byte.is_ascii_digit(),
        b'A' => byte.is_ascii_alphabetic(),
        b'+' => byte == b'+' || byte == b'-',
        separator => byte == *separator,
    })
}

/// Seconds since the Unix epoch, or `None` where the text is no time that exists.
///
/// A second of 60 is a leap second and counts as the second after, as POSIX time has no name for it.
pub(crate) fn parse(text: &[u8; LEN]) -> Option<i64> {
    if !has_shape(text) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        text[range].iter().fold(0, |number, &digit| number * 10 + i64::from(digit - b'0'))
    };
    let month = MONTHS.iter().position(|name| name[..] == text[3..6])? as i64 + 1;
    let (day, year) = (number(0..2), number(7..11));
    let (hour, minute, second) = (number(12..14), number(15..17), number(18..20));
    let (offset_hours, offset_minutes) = (number(22..24), number(24..26));
    let exists = (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60
        && offset_hours < 24
        && offset_minutes < 60;
    if !exists {
        return None;
    }
    let offset = offset_hours * 3600 + offset_minutes * 60;
    let offset = if text[21] == b'-' { -offset } else { offset };
    Some(day_of_date(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_times() {
        for (text, want) in [
            (b"06/Nov/2025:10:30:15 +0000", Some(1_762_425_015)),
            (b"06/Nov/2025:10:30:15 -0800", Some(1_762_425_015 + 8 * 3600)),
            (b"06/Nov/2025:10:30:15 +0530", Some(1_762_425_015 - 5 * 3600 - 30 * 60)),
            (b"01/Jan/1970:00:00:00 +0000", Some(0)),
            (b"31/Dec/2016:23:59:60 +0000", Some(1_483_228_800)),
            (b"29/Feb/2024:00:00:00 +0000", Some(1_709_164_800)),
            (b"29/Feb/2025:00:00:00 +0000", None),
            (b"00/Nov/2025:10:30:15 +0000", None),
            (b"06/nov/2025:10:30:15 +0000", None),
            (b"06/Nov/2025:24:30:15 +0000", None),
            (b"06/Nov/2025:10:60:15 +0000", None),
            (b"06/Nov/2025:10:30:61 +0000", None),
            (b"06/Nov/2025:10:30:15 +2400", None),
            (b"06/Nov/2025:10:30:15 +0060", None),
            (b"06/Nov/2025 10:30:15 +0000", None),
        ] {
            assert_eq!(parse(text), want, "{}", String::from_utf8_lossy(text));
        }
    }

    proptest! {
        #[test]
        fn reads_what_jiff_reads(
            year in 0_i16..=9999, month in 1_i8..=12, day in 1_i8..=31,
            hour in 0_i8..24, minute in 0_i8..60, second in 0_i8..60,
            minutes_east in -23 * 60..=23 * 60,
        ) {
            let sign = if minutes_east < 0 { '-' } else { '+' };
            let (hours_off, minutes_off) = (i32::abs(minutes_east) / 60, i32::abs(minutes_east) % 60);
            let name = std::str::from_utf8(&MONTHS[month as usize - 1]).unwrap();
            let text = format!(
                "{day:02}/{name}/{year:04}:{hour:02}:{minute:02}:{second:02} {sign}{hours_off:02}{minutes_off:02}"
            );
            let want = jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok().and_then(|civil| {
                // jiff's own range ends a few days into the years -9999 and 9999 in UTC.
                let offset = jiff::tz::Offset::from_seconds(minutes_east * 60).ok()?;
                let utc = jiff::tz::Offset::UTC.to_timestamp(civil).ok()?;
                Some(utc.as_second() - i64::from(offset.seconds()))
            });
            prop_assume!(jiff::civil::Date::new(year, month, day).is_err() || want.is_some());
            prop_assert_eq!(parse(text.as_bytes().try_into().unwrap()), want);
        }
    }
}
