//! The fast reader of dates and times of day: neighbouring records share their minute.
//!
//! ```text
//! 2025-11-06 10:30:15,123 - INFO
//! └──── minute ────┘
//! ```
//!
//! The minute is compared with that of the record before, 16 bytes at once; then the eight bytes from its last colon on
//! are checked at once to be `:SS,ddd`. What follows must not be an offset. A text that is otherwise, but of the same
//! minute, has only what is behind the minute read with care; any other goes to [`civil`], which says what right is.

use super::civil::{self, NoTime, Read};
use super::{NANOS_PER_SECOND, Timestamp, Zone};
use crate::digits;

/// Bytes of a minute up to its last colon.
const MINUTE: usize = 16;
/// Bytes that are looked at together: the minute, `:15,123` and a byte more.
const BLOCK: usize = 24;

/// The minute of the time before, so that a time of the same minute needs only its second read.
#[derive(Clone, Debug)]
pub(crate) struct MinuteCache {
    text: [u8; MINUTE],
    /// The minute's first nanosecond on a clock that shows UTC. The whole minute is within the range of [`Timestamp`].
    utc: i64,
    /// The same on a clock of the zone, whose offset does not change in the whole minute.
    local: i64,
    zone: Zone,
}

impl MinuteCache {
    pub(crate) const fn new() -> Self {
        Self { text: *b"1970-01-01 00:00", utc: 0, local: 0, zone: Zone::UTC }
    }

    /// Reads what [`civil::iso`] reads, as a moment. It is fast where the zone is the same, and the minute, from call to
    /// call, and where the text has 24 bytes.
    #[inline(always)]
    pub(crate) fn read(&mut self, text: &[u8], zone: &Zone) -> Result<Read, NoTime> {
        match self.ordinary(text, zone) {
            Some(read) => Ok(read),
            None => self.other(text, zone),
        }
    }

    /// A time of the same minute, with three digits of fraction or none, with `Z` or no offset.
    #[inline(always)]
    fn ordinary(&self, text: &[u8], zone: &Zone) -> Option<Read> {
        let block: &[u8; BLOCK] = text.first_chunk()?;
        let (minute, second) = block.split_first_chunk::<MINUTE>()?;
        if u128::from_le_bytes(*minute) != u128::from_le_bytes(self.text) || !zone.is(&self.zone) {
            return None;
        }
        // Each byte must now be at most this: the colon, the digits, and the comma, or the point that differs in a bit.
        const MOST: [u8; 8] = [0, 5, 9, 0, 9, 9, 9, 0xFF];
        const POINT: u64 = u64::from_le_bytes([0, 0, 0, b'.' ^ b',', 0, 0, 0, 0]);
        const SECOND: u64 = u64::from_le_bytes([0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0]);
        const DIGITS: u64 = u64::from_le_bytes([0, 0xFF, 0xFF, 0, 0xFF, 0xFF, 0xFF, 0]);
        let second = u64::from_le_bytes(*second.first_chunk()?) ^ u64::from_le_bytes(*b":00,000\0");
        let wrong = digits::above(second & !POINT, MOST);
        let (digits, fraction_digits, len) = if wrong == 0 {
            (second & DIGITS, 3, MINUTE + 7)
        } else if wrong & SECOND == 0 && !matches!(block[MINUTE + 3], b'.' | b',') {
            (second & DIGITS & SECOND, 0, MINUTE + 3)
        } else {
            return None;
        };
        // Pairs of digits: the second, a tenth, hundredths. The product has their sum as milliseconds in its third part.
        let digits = digits >> 8;
        let pairs = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF;
        let millis = pairs.wrapping_mul(1 + (100 << 16) + (1000 << 32)) >> 32 & 0xFFFF;
        let nanos = millis as i64 * 1_000_000;
        // What may be an offset, or more digits, is read with care.
        let next = text.get(len).copied().unwrap_or(0);
        let sign = len + usize::from(next == b' ');
        let is_digit = |place: usize| text.get(place).is_some_and(u8::is_ascii_digit);
        if next.is_ascii_digit() || matches!(text.get(sign), Some(b'+' | b'-')) && is_digit(sign + 1) {
            return None;
        }
        let is_utc = next | 0x20 == b'z';
        let minute = if is_utc { self.utc } else { self.local };
        Some(Read { timestamp: Timestamp::from_nanos(minute + nanos), fraction_digits, len: len + usize::from(is_utc) })
    }

    /// Any other time.
    #[inline(never)]
    fn other(&mut self, text: &[u8], zone: &Zone) -> Result<Read, NoTime> {
        if zone.is(&self.zone)
            && let Some(rest) = text.strip_prefix(&self.text)
            && let [b':', s0 @ b'0'..=b'5', s1 @ b'0'..=b'9', rest @ ..] = rest
        {
            let (nanos, fraction_digits, fraction_len) = civil::fraction(rest);
            let nanos = i64::from(s0 & 15) * 10_000_000_000 + i64::from(s1 & 15) * NANOS_PER_SECOND + i64::from(nanos);
            let (nanos, offset_len) = match civil::offset(rest.get(fraction_len..).unwrap_or_default())? {
                None => (self.local + nanos, 0),
                Some((offset, len)) => {
                    let nanos = (self.utc + nanos).checked_sub(i64::from(offset) * NANOS_PER_SECOND);
                    (nanos.ok_or(NoTime::OutOfRange)?, len)
                }
            };
            let len = civil::SECOND_LEN + fraction_len + offset_len;
            return Ok(Read { timestamp: Timestamp::from_nanos(nanos), fraction_digits, len });
        }
        let civil = civil::iso(text)?;
        self.remember(text, civil.seconds, zone);
        civil.read(zone)
    }

    /// Keeps the minute of a time that was read, unless it is a strange one.
    fn remember(&mut self, text: &[u8], second: i64, zone: &Zone) -> Option<()> {
        let (minute, rest) = text.split_first_chunk::<MINUTE>()?;
        if rest.starts_with(b":60") {
            return None;
        }
        let minute_start = second - second.rem_euclid(60);
        let minute_end = minute_start + 60;
        let (offset, same) = zone.offset_at(minute_start);
        if minute_end > same.end {
            return None;
        }
        let nanos = |second| Timestamp::from_seconds(second).map(Timestamp::as_nanos);
        let offset = i64::from(offset);
        nanos(minute_end)?;
        nanos(minute_end - offset)?;
        let (utc, local) = (nanos(minute_start)?, nanos(minute_start - offset)?);
        if !zone.is(&self.zone) {
            self.zone = zone.clone();
        }
        (self.text, self.utc, self.local) = (*minute, utc, local);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::zone::tests::{NAMES, both};
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn zones() -> Vec<Zone> {
        let fixed = [0, 5 * 3600 + 1800, -3600, 53 * 60 + 28, 86_399, -86_399];
        let changing = [
            // In the midst of a minute, and several in one.
            Zone::from_transitions(0, [(1_762_425_005, 3600), (1_762_425_030, 17), (1_762_425_040, -3600)]),
            Zone::from_transitions(0, [(1_762_425_010, 3), (1_762_425_020, 0), (1_762_425_030, 60)]),
        ];
        fixed
            .map(|offset| Zone::fixed(offset).unwrap())
            .into_iter()
            .chain(NAMES.map(|name| both(name).1))
            .chain(changing)
            .collect()
    }

    /// Times that are near each other, most of them right.
    fn text() -> impl Strategy<Value = String> {
        let minute = select(
            &[
                "2025-11-06 10:30",
                "2025-11-06 10:30",
                "2025-11-06 10:30",
                "2025-11-06T10:30",
                "2025/11/06 10:30",
                "2025-11-06 09:30",
                "2025-11-06 11:30",
                "2025-11-06 10:31",
                "2025-10-26 02:30",
                "2025-03-30 02:30",
                "1893-04-01 00:06",
                "1677-09-21 00:12",
                "2262-04-11 23:47",
                "2262-04-12 23:47",
                "2025-02-30 10:30",
                "2025-11-06 10:60",
            ][..],
        );
        let second = prop_oneof![8 => ":[0-5][0-9]", 1 => "[:;][0-9:/][0-9:/]"];
        let fraction = prop_oneof![8 => "[.,][0-9]{3}", 4 => "", 2 => "[.,][0-9]{0,12}", 1 => "[.,:][0-9:/]{3}"];
        let offset = prop_oneof![
            4 => " - INFO", 2 => "", 2 => "[Zz]", 2 => " ?[+-][0-2][0-9]:?[0-9]{0,3}", 1 => "[ Z+0-9:-]{0,9}", 1 => "(?s).{0,3}",
        ];
        (minute, second, fraction, offset, prop_oneof![2 => Just(""), 8 => Just("] something that goes on")])
            .prop_map(|(minute, second, fraction, offset, rest)| format!("{minute}{second}{fraction}{offset}{rest}"))
    }

    proptest! {
        #[test]
        fn reads_what_the_careful_reader_reads(
            times in prop::collection::vec((text(), 0_usize..13, 0..4), 1..40),
            first in 0_usize..13,
        ) {
            let zones = zones();
            let mut cache = MinuteCache::new();
            for (text, other, switch) in times {
                // Mostly one zone, as a format has it.
                let zone = &zones[if switch == 0 { other } else { first }];
                prop_assert_eq!(cache.read(text.as_bytes(), zone), civil::read(text.as_bytes(), zone), "{}", text);
            }
        }

        #[test]
        fn one_byte_makes_no_difference(text in text(), place in 0_usize..40, byte: u8, zone in 0_usize..13) {
            let zone = &zones()[zone];
            let mut cache = MinuteCache::new();
            let _ = cache.read(text.as_bytes(), zone);
            let mut bytes = text.into_bytes();
            if let Some(place) = bytes.get_mut(place) {
                *place = byte;
            }
            prop_assert_eq!(cache.read(&bytes, zone), civil::read(&bytes, zone), "{}", bytes.escape_ascii());
        }

        #[test]
        fn any_bytes_are_read_or_not(bytes: Vec<u8>) {
            prop_assert_eq!(MinuteCache::new().read(&bytes, &Zone::UTC), civil::read(&bytes, &Zone::UTC));
        }
    }

    #[test]
    fn what_is_usual_is_fast() {
        for text in ["2025-11-06 10:30:15,123 - INFO", "2025-11-06T10:30:15.123Z INFO", "2025/11/06 10:30:15 [error]"] {
            let mut cache = MinuteCache::new();
            let zone = &zones()[7];
            assert_eq!(cache.ordinary(text.as_bytes(), zone), None);
            let read = cache.read(text.as_bytes(), zone).unwrap();
            assert_eq!(cache.ordinary(text.as_bytes(), zone), Some(read), "{text}");
        }
    }
}
