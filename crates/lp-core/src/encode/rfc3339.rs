//! Times as RFC 3339, one after the other.

use super::json::TWO_DIGITS;
use crate::timestamp::{Timestamp, date_of_day};

/// The text of a time. That of the minute before is kept, as neighbours share it.
#[derive(Default)]
pub(super) struct Rfc3339 {
    /// The minute since the epoch that `text` begins with; none yet where `len` is 0.
    minute: i64,
    text: [u8; LEN],
    len: usize,
}

/// Bytes of `2025-11-06T10:30:15.123456789Z`.
const LEN: usize = 30;

impl Rfc3339 {
    /// The time in UTC, with so many digits of its fraction.
    pub(super) fn text(&mut self, timestamp: Timestamp, fraction_digits: u8) -> &str {
        let (seconds, nanos) = timestamp.as_seconds();
        let minute = seconds.div_euclid(60);
        if self.len == 0 || minute != self.minute {
            self.minute = minute;
            self.set_minute(minute);
        }
        self.text[17..19].copy_from_slice(&TWO_DIGITS[seconds.rem_euclid(60) as usize]);
        let mut end = 19;
        if fraction_digits > 0 {
            let digits = usize::from(fraction_digits.min(9));
            self.text[19] = b'.';
            let mut rest = nanos;
            for digit in &mut self.text[20..20 + digits] {
                *digit = b'0' + (rest / 100_000_000) as u8;
                rest = rest % 100_000_000 * 10;
            }
            end += 1 + digits;
        }
        self.text[end] = b'Z';
        self.len = end + 1;
        // All of it is ASCII.
        std::str::from_utf8(&self.text[..self.len]).unwrap_or_default()
    }

    #[cold]
    fn set_minute(&mut self, minute: i64) {
        let (year, month, day) = date_of_day(minute.div_euclid(24 * 60));
        let of_day = minute.rem_euclid(24 * 60);
        let pair = |number: i64| TWO_DIGITS[number.rem_euclid(100) as usize];
        let pairs = [(0, year / 100), (2, year), (5, month), (8, day), (11, of_day / 60), (14, of_day % 60)];
        self.text[..20].copy_from_slice(b"    -  -  T  :  :   ");
        for (place, number) in pairs {
            self.text[place..place + 2].copy_from_slice(&pair(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn times_are_what_display_says(times in proptest::collection::vec((any::<i64>(), -90_000_000_000_i64..90_000_000_000, 0_u8..=9), 1..4)) {
            let mut text = Rfc3339::default();
            for (nanos, near, digits) in times {
                for nanos in [nanos, nanos.saturating_add(near)] {
                    let timestamp = Timestamp::from_nanos(nanos);
                    prop_assert_eq!(text.text(timestamp, digits), format!("{timestamp:.*}", usize::from(digits)));
                }
            }
        }
    }
}
