//! The beginning of every line: the time and the severity.

use crate::batch::{Flags, Head};
use crate::encode::json::digits::{TWO_DIGITS, fraction};
use crate::encode::json::writer::Writer;
use crate::encode::json::{KEY_BLOCK, ROOM};
use crate::severity::Severity;
use crate::timestamp::{Timestamp, date_of_day};

impl Writer<'_> {
    /// The time and the severity.
    #[inline(always)]
    pub(super) fn head(&mut self, head: &Head, times: &mut TimeText) -> Option<()> {
        // `","severity":…` begins with the quote that closes the time.
        let severity = &SEVERITIES[head.severity.map_or(0, |severity| usize::from(severity.number()))];
        if !head.flags.has(Flags::TIME) {
            self.slice(b"{\"timestamp\":null")?;
            return self.slice(severity.block.get(1..usize::from(severity.len))?);
        }
        let nanos = times.nanos_of_minute(head.timestamp);
        let room: &mut [u8; ROOM] = self.room()?;
        room[..KEY_BLOCK].copy_from_slice(&times.block);
        room[TimeText::LEN..][..2].copy_from_slice(&TWO_DIGITS[(nanos / NANOS_PER_SECOND) as usize % 60]);
        let mut end = TimeText::LEN + 2;
        if head.fraction_digits > 0 {
            end += fraction(&mut room[end..], (nanos % NANOS_PER_SECOND) as u32, head.fraction_digits);
        }
        let rest: &mut [u8; KEY_BLOCK + 1] = room.get_mut(end..)?.first_chunk_mut()?;
        rest[0] = b'Z';
        rest[1..].copy_from_slice(&severity.block);
        self.at += end + 1 + usize::from(severity.len);
        Some(())
    }
}

/// The text of the minute before, so that a record of the same minute needs only its second written.
pub(super) struct TimeText {
    /// The minute's first nanosecond since the epoch. The earliest minute begins before 64 bits do; there it is the
    /// first one that is representable.
    first: i64,
    /// Nanoseconds of the minute before `first`: 0, but for the earliest minute.
    before: u64,
    /// Nanoseconds from `first` to the minute's end, or to the end of what is representable.
    len: u64,
    /// `{"timestamp":"2025-11-06T10:30:` and one byte more.
    block: [u8; KEY_BLOCK],
}

const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// Nanoseconds of a minute.
const MINUTE: u64 = 60 * NANOS_PER_SECOND;

impl TimeText {
    const LEN: usize = KEY_BLOCK - 1;

    pub(super) fn new() -> Self {
        let mut text = Self { first: 0, before: 0, len: 0, block: [0; KEY_BLOCK] };
        text.block[..14].copy_from_slice(b"{\"timestamp\":\"");
        text.remember(Timestamp::EPOCH);
        text
    }

    /// Makes the text that of the timestamp's minute; returns the nanoseconds since that began.
    #[inline(always)]
    fn nanos_of_minute(&mut self, timestamp: Timestamp) -> u64 {
        // A time before the minute wraps around to behind it.
        let nanos = timestamp.as_nanos().wrapping_sub(self.first) as u64;
        if nanos < self.len {
            return nanos + self.before;
        }
        self.remember(timestamp);
        timestamp.as_nanos().wrapping_sub(self.first) as u64 + self.before
    }

    #[cold]
    #[inline(never)]
    fn remember(&mut self, timestamp: Timestamp) {
        let minute = timestamp.as_seconds().0.div_euclid(60);
        let start = i128::from(minute) * i128::from(MINUTE);
        self.first = start.max(i128::from(i64::MIN)) as i64;
        self.before = (i128::from(self.first) - start) as u64;
        let end = (start + i128::from(MINUTE)).min(i128::from(i64::MAX) + 1);
        self.len = (end - i128::from(self.first)) as u64;
        let (year, month, day) = date_of_day(minute.div_euclid(24 * 60));
        let of_day = minute.rem_euclid(24 * 60);
        let pair = |number: i64| TWO_DIGITS[(number.rem_euclid(100)) as usize];
        let [[y1, y2], [y3, y4], [m1, m2], [d1, d2]] = [pair(year / 100), pair(year), pair(month), pair(day)];
        let [[h1, h2], [n1, n2]] = [pair(of_day / 60), pair(of_day % 60)];
        let time = [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':'];
        self.block[14..Self::LEN].copy_from_slice(&time);
    }
}

/// A constant that is copied as a whole block.
struct SeverityText {
    block: [u8; KEY_BLOCK],
    len: u8,
}

/// `","severity":"INFO"`, by severity number; number 0 is `null`.
static SEVERITIES: [SeverityText; 25] = {
    const fn append(key: &mut SeverityText, text: &[u8]) {
        let mut i = 0;
        while i < text.len() {
            key.block[key.len as usize] = text[i];
            key.len += 1;
            i += 1;
        }
    }
    let mut keys = [const { SeverityText { block: [0; KEY_BLOCK], len: 0 } }; 25];
    let mut number = 0;
    while number < keys.len() {
        let key = &mut keys[number];
        match Severity::from_number(number as u8) {
            None => append(key, b"\",\"severity\":null"),
            Some(severity) => {
                append(key, b"\",\"severity\":\"");
                append(key, severity.name().as_bytes());
                append(key, b"\"");
            }
        }
        number += 1;
    }
    keys
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn times_are_what_display_says(
            nanos in prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)],
            digits in 0_u8..=9,
            near in -70_000_000_000_i64..70_000_000_000,
        ) {
            let mut times = TimeText::new();
            // One after the other, so that the later may come from the cache: near each other, or at the ends of time.
            for nanos in [nanos, nanos.saturating_add(near), nanos.wrapping_add(near), nanos.wrapping_sub(near)] {
                let timestamp = Timestamp::from_nanos(nanos);
                let head = Head {
                    start: 0, len: 0, severity: None, fraction_digits: digits, flags: Flags::TIME, timestamp,
                };
                let mut bytes = [0; 2 * ROOM];
                let mut writer = Writer { bytes: &mut bytes, at: 0 };
                prop_assert!(writer.head(&head, &mut times).is_some());
                let len = writer.at;
                let want = format!("{{\"timestamp\":\"{timestamp:.*}\",\"severity\":null", usize::from(digits));
                prop_assert_eq!(std::str::from_utf8(&bytes[..len]).unwrap(), want);
            }
        }
    }
}
