//! Times of day as people write them, and seconds since the epoch: careful readers, which say what right is.
//!
//! Each reads a time at the beginning of a text and says how long it was. What follows is the caller's to judge.

use super::{NANOS_PER_SECOND, Timestamp, Zone, day_of_date, days_in_month};
use crate::digits;

/// Why there is no time to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoTime {
    /// The text does not begin with a time.
    Shape,
    /// It begins with what looks like one, but no calendar or clock has it: the 30th of February.
    Impossible,
    /// A time that [`Timestamp`] cannot hold.
    OutOfRange,
}

/// A moment that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Read {
    pub(crate) timestamp: Timestamp,
    /// With how many digits behind the second it was written; 9 at most.
    pub(crate) fraction_digits: u8,
    /// How many bytes of the text it is.
    pub(crate) len: usize,
}

/// What a clock shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Civil {
    /// Seconds since 1970-01-01 00:00:00 on the same clock. A leap second counts as the second after.
    pub(crate) seconds: i64,
    pub(crate) nanos: u32,
    /// How many digits the fraction was written with; 9 at most.
    pub(crate) fraction_digits: u8,
    /// How many seconds the clock is ahead of UTC, where that is written.
    pub(crate) offset: Option<i32>,
    /// How many bytes of the text it is.
    pub(crate) len: usize,
}

impl Civil {
    /// The moment, in `zone` where no offset is written.
    pub(crate) fn timestamp(&self, zone: &Zone) -> Result<Timestamp, NoTime> {
        let seconds = match self.offset {
            Some(offset) => self.seconds - i64::from(offset),
            None => zone.to_utc(self.seconds),
        };
        timestamp(seconds, self.nanos)
    }

    /// The same as something that was read.
    pub(super) fn read(&self, zone: &Zone) -> Result<Read, NoTime> {
        Ok(Read { timestamp: self.timestamp(zone)?, fraction_digits: self.fraction_digits, len: self.len })
    }
}

/// A moment from whole seconds and the nanoseconds behind them.
pub(super) fn timestamp(seconds: i64, nanos: u32) -> Result<Timestamp, NoTime> {
    let nanos = i128::from(seconds) * i128::from(NANOS_PER_SECOND) + i128::from(nanos);
    i64::try_from(nanos).map(Timestamp::from_nanos).map_err(|_| NoTime::OutOfRange)
}

/// Reads what [`iso`] does, as a moment.
pub(crate) fn read(text: &[u8], zone: &Zone) -> Result<Read, NoTime> {
    iso(text)?.read(zone)
}

/// Reads a date and a time of day, with an offset where one follows.
///
/// `2025-11-06 10:30:15`, the date with `-` or `/`, then one space, `T` or `t`; a fraction behind `.` or `,`; then `Z`,
/// `z` or `±HH:MM`, `±HHMM`, `±HH`, of which the ones with minutes may stand behind a space. An offset ends where no
/// digit follows.
pub(crate) fn iso(text: &[u8]) -> Result<Civil, NoTime> {
    let mut civil = local(text)?;
    if let Some((offset, len)) = offset(text.get(civil.len..).unwrap_or_default())? {
        civil.offset = Some(offset);
        civil.len += len;
    }
    Ok(civil)
}

/// The length of what looks like a time, and is none that exists: that of a time in its place.
pub(crate) fn len_of_impossible(text: &[u8]) -> Option<usize> {
    let mut possible = [b' '; 64];
    let len = text.len().min(possible.len());
    possible[..len].copy_from_slice(&text[..len]);
    possible.first_chunk_mut().map(|time| *time = *b"1970-01-01 00:00:00")?;
    // An offset has up to seven bytes with the space before it.
    let local = local(&possible[..len]).ok()?.len;
    let offset = possible.get_mut(local..)?.iter_mut().take(7);
    offset.filter(|byte| byte.is_ascii_digit()).for_each(|digit| *digit = b'0');
    iso(&possible[..len]).ok().map(|civil| civil.len)
}

/// Bytes of a date and a time of day without fraction: `2025-11-06 10:30:15`.
pub(super) const SECOND_LEN: usize = 19;

/// Reads what [`iso`] does, up to the fraction.
pub(crate) fn local(text: &[u8]) -> Result<Civil, NoTime> {
    let text_of_second: &[u8; SECOND_LEN] = text.first_chunk().ok_or(NoTime::Shape)?;
    let [y0, y1, y2, y3, dash, m0, m1, dash_again, d0, d1, between, rest @ ..] = *text_of_second;
    let [h0, h1, colon, min0, min1, colon_again, s0, s1] = rest;
    let stands = matches!(dash, b'-' | b'/')
        && dash_again == dash
        && matches!(between, b'T' | b't' | b' ')
        && (colon, colon_again) == (b':', b':');
    if !stands {
        return Err(NoTime::Shape);
    }
    let digits = [y0, y1, y2, y3, m0, m1, d0, d1, h0, h1, min0, min1, s0, s1].map(|byte| byte.wrapping_sub(b'0'));
    if digits.iter().any(|digit| *digit > 9) {
        return Err(NoTime::Shape);
    }
    let [century, year, month, day, hour, minute, second] =
        std::array::from_fn(|pair| i64::from(digits[2 * pair]) * 10 + i64::from(digits[2 * pair + 1]));
    let year = century * 100 + year;
    let exists = (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !exists {
        return Err(NoTime::Impossible);
    }
    let seconds = day_of_date(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let (nanos, fraction_digits, len) = fraction(text.get(SECOND_LEN..).unwrap_or_default());
    Ok(Civil { seconds, nanos, fraction_digits, offset: None, len: SECOND_LEN + len })
}

/// Reads a point or a comma and the digits behind it: nanoseconds, how many of the digits count, and the length, 0 where
/// there is none. Digits from the tenth on are read and not counted.
#[inline]
pub(super) fn fraction(text: &[u8]) -> (u32, u8, usize) {
    let [b'.' | b',', behind @ ..] = text else { return (0, 0, 0) };
    match fraction_digits(behind) {
        (_, _, 0) => (0, 0, 0),
        (nanos, digits, len) => (nanos, digits, len + 1),
    }
}

/// Reads the digits of a fraction, as [`fraction`] does.
#[inline]
pub(super) fn fraction_digits(text: &[u8]) -> (u32, u8, usize) {
    let (first, len) = text.first_chunk().map_or((0, 0), |text| digits::leading(u64::from_le_bytes(*text)));
    if (1..8).contains(&len) {
        let unit = digits::POWERS.get(9 - len as usize).copied().unwrap_or(0);
        return ((first * unit) as u32, len as u8, len as usize);
    }
    // Near the end of the text, and for more digits.
    let (mut nanos, mut unit, mut counted, mut len) = (0, 100_000_000, 0, 0);
    for byte in text.iter().take_while(|byte| byte.is_ascii_digit()) {
        nanos += u32::from(byte - b'0') * unit;
        counted += u8::from(unit > 0);
        unit /= 10;
        len += 1;
    }
    (nanos, counted, len)
}

/// Reads the offset that follows a time: seconds ahead of UTC, and the length. `None` where something else follows.
#[inline]
pub(super) fn offset(text: &[u8]) -> Result<Option<(i32, usize)>, NoTime> {
    match text {
        [b'Z' | b'z', ..] => Ok(Some((0, 1))),
        [b'+' | b'-', ..] => signed_offset(text, false),
        [b' ', rest @ ..] => Ok(signed_offset(rest, true)?.map(|(offset, len)| (offset, len + 1))),
        _ => Ok(None),
    }
}

/// Reads `±HH:MM` or `±HHMM`, and `±HH` unless the minutes are needed.
#[inline]
pub(super) fn signed_offset(text: &[u8], with_minutes: bool) -> Result<Option<(i32, usize)>, NoTime> {
    let [sign @ (b'+' | b'-'), rest @ ..] = text else { return Ok(None) };
    let [h0 @ b'0'..=b'9', h1 @ b'0'..=b'9', minutes @ ..] = rest else { return Ok(None) };
    let number = |tens: &u8, ones: &u8| i32::from(tens - b'0') * 10 + i32::from(ones - b'0');
    let ends = |rest: &[u8]| !rest.first().is_some_and(u8::is_ascii_digit);
    let (minutes, len) = match minutes {
        [b':', m0 @ b'0'..=b'9', m1 @ b'0'..=b'9', rest @ ..] if ends(rest) => (number(m0, m1), 6),
        [m0 @ b'0'..=b'9', m1 @ b'0'..=b'9', rest @ ..] if ends(rest) => (number(m0, m1), 5),
        [b'0'..=b'9', ..] => return Ok(None),
        _ if with_minutes => return Ok(None),
        _ => (0, 3),
    };
    let hours = number(h0, h1);
    if hours >= 24 || minutes >= 60 {
        return Err(NoTime::Impossible);
    }
    let seconds = hours * 3600 + minutes * 60;
    Ok(Some((if *sign == b'-' { -seconds } else { seconds }, len)))
}

#[cfg(test)]
mod tests {
    use super::super::zone::tests::{NAMES, both};
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn shown(text: &str) -> String {
        match read(text.as_bytes(), &Zone::fixed(3600).unwrap()) {
            Ok(read) => format!("{:.*} {}", usize::from(read.fraction_digits), read.timestamp, read.len),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn what_looks_like_a_time_has_a_length() {
        for (text, want) in [
            ("2025-02-30 10:30:15,123 x", Some(23)),
            ("2025-11-06T10:30:15+25:00 x", Some(25)),
            ("2025-11-06 10:30:15.5 +0099 x", Some(27)),
            ("2025-11-06 10:30:15+2500123", Some(19)),
            ("2025-11-06 24:30:15Z", Some(20)),
            ("2025-11-06 24:30", None),
        ] {
            assert_eq!(len_of_impossible(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn known_times() {
        for (text, want) in [
            // Without an offset, an hour east.
            ("2025-11-06 10:30:15", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06T10:30:15", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06t10:30:15", "2025-11-06T09:30:15Z 19"),
            ("2025/11/06 10:30:15 [error]", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06 10:30:15,123 - INFO", "2025-11-06T09:30:15.123Z 23"),
            ("2025-11-06 10:30:15.1", "2025-11-06T09:30:15.1Z 21"),
            ("2025-11-06 10:30:15.000", "2025-11-06T09:30:15.000Z 23"),
            ("2025-11-06 10:30:15.123456789", "2025-11-06T09:30:15.123456789Z 29"),
            ("2025-11-06 10:30:15.1234567899Z", "2025-11-06T10:30:15.123456789Z 31"),
            ("2025-11-06 10:30:15.99999999999999999999999999999999999999999999", "2025-11-06T09:30:15.999999999Z 64"),
            ("2025-11-06 10:30:15.", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06 10:30:15,x", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06 10:30:15:123", "2025-11-06T09:30:15Z 19"),
            ("2016-12-31 23:59:60Z", "2017-01-01T00:00:00Z 20"),
            ("2025-11-06 10:30:60.5Z", "2025-11-06T10:31:00.5Z 22"),
            // With one.
            ("2025-11-06T10:30:15Z", "2025-11-06T10:30:15Z 20"),
            ("2025-11-06T10:30:15.123z", "2025-11-06T10:30:15.123Z 24"),
            ("2025-11-06T10:30:15+00:00", "2025-11-06T10:30:15Z 25"),
            ("2025-11-06T10:30:15-08:00", "2025-11-06T18:30:15Z 25"),
            ("2025-11-06T10:30:15.5+0530", "2025-11-06T05:00:15.5Z 26"),
            ("2025-11-06T10:30:15+02", "2025-11-06T08:30:15Z 22"),
            ("2025-11-06T10:30:15+02]", "2025-11-06T08:30:15Z 22"),
            ("2025-11-06T10:30:15+02:", "2025-11-06T08:30:15Z 22"),
            ("2025-11-06T10:30:15+02:0", "2025-11-06T08:30:15Z 22"),
            ("2025-11-06 10:30:15 +0000] [7]", "2025-11-06T10:30:15Z 25"),
            ("2025-11-06 10:30:15,123 -02:30 x", "2025-11-06T13:00:15.123Z 30"),
            // What is none.
            ("2025-11-06 10:30:15 -08 x", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06 10:30:15  +0000", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06 10:30:15 Z", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06 10:30:15 - 0800", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06 10:30:15-INFO", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06 10:30:15-1", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06 10:30:15-123", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06 10:30:15-12345", "2025-11-06T09:30:15Z 19"),
            ("2025-11-06 10:30:15+02:000", "2025-11-06T08:30:15Z 22"),
            // The calendar.
            ("2024-02-29 00:00:00Z", "2024-02-29T00:00:00Z 20"),
            ("2025-02-29 00:00:00Z", "Impossible"),
            ("2025-00-06 10:30:15", "Impossible"),
            ("2025-13-06 10:30:15", "Impossible"),
            ("2025-11-00 10:30:15", "Impossible"),
            ("2025-11-31 10:30:15", "Impossible"),
            ("2025-11-06 24:30:15", "Impossible"),
            ("2025-11-06 10:60:15", "Impossible"),
            ("2025-11-06 10:30:61", "Impossible"),
            ("2025-11-06 10:30:15+2400", "Impossible"),
            ("2025-11-06 10:30:15+00:60", "Impossible"),
            ("2025-11-06 10:30:15 -9999", "Impossible"),
            ("9999-12-31 23:59:59", "OutOfRange"),
            ("0000-01-01 00:00:00+23:59", "OutOfRange"),
            ("2262-04-11 23:47:16.854775807Z", "2262-04-11T23:47:16.854775807Z 30"),
            ("2262-04-11 23:47:16.854775808Z", "OutOfRange"),
            ("1677-09-21 00:12:43.145224192Z", "1677-09-21T00:12:43.145224192Z 30"),
            ("1677-09-21 00:12:43.145224191Z", "OutOfRange"),
            // The shape.
            ("", "Shape"),
            ("2025-11-06", "Shape"),
            ("2025-11-06 10:30:1", "Shape"),
            ("2025-11/06 10:30:15", "Shape"),
            ("2025.11.06 10:30:15", "Shape"),
            ("2025-11-06  10:30:15", "Shape"),
            ("2025-11-06_10:30:15", "Shape"),
            ("2025-11-06 10.30.15", "Shape"),
            ("2025-11-06 1o:30:15", "Shape"),
            ("202a-13-06 10:30:15", "Shape"),
            (" 2025-11-06 10:30:15", "Shape"),
            ("+025-11-06 10:30:15", "Shape"),
        ] {
            assert_eq!(shown(text), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_jiff_reads(
            name in select(&NAMES[..]),
            nanos: i64,
            digits in 0_usize..=9,
            separators in select(&["- ", "-T", "/ ", "/t"][..]),
            offset in select(&["", "Z", "+00:00", "-08:00", "+0530", "-2359"][..]),
        ) {
            let (truth, zone) = both(name);
            let unit = 10_i64.pow(9 - digits as u32);
            let moment = jiff::Timestamp::from_nanosecond(i128::from(nanos.div_euclid(unit)) * i128::from(unit)).unwrap();
            let civil = jiff::tz::Offset::UTC.to_datetime(moment);
            let want = match offset {
                "" => truth.to_ambiguous_timestamp(civil).compatible().unwrap(),
                "Z" => moment,
                _ => format!("{civil}{offset}").parse().unwrap(),
            };
            let (date, between) = separators.split_at(1);
            let mut text = civil.strftime(&format!("%Y{date}%m{date}%d{between}%H:%M:%S")).to_string();
            if digits > 0 {
                text += &format!(".{:09}", civil.subsec_nanosecond())[..=digits];
            }
            text += offset;
            let want = match i64::try_from(want.as_nanosecond()) {
                Ok(nanos) => Ok(Read {
                    timestamp: Timestamp::from_nanos(nanos), fraction_digits: digits as u8, len: text.len(),
                }),
                Err(_) => Err(NoTime::OutOfRange),
            };
            prop_assert_eq!(read(text.as_bytes(), &zone), want);
            // What follows changes nothing.
            text += " x";
            prop_assert_eq!(read(text.as_bytes(), &zone), want);
        }

        #[test]
        fn any_bytes_are_read_or_not(bytes: Vec<u8>) {
            let mut text = b"2025-11-06 10:30:15".to_vec();
            text.extend(bytes);
            let civil = iso(&text);
            prop_assert!(civil.is_err() || civil.is_ok_and(|civil| civil.len <= text.len()));
            text.drain(..10);
            prop_assert_eq!(iso(&text), Err(NoTime::Shape));
        }
    }
}
