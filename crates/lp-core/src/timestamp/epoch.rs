//! Times as a number: seconds since the epoch, or thousandths, millionths or billionths of them.

use super::Timestamp;
use super::civil::{NoTime, Read};
use crate::digits;

/// Digits that decide a time: of seconds in ten digits, a billionth is the nineteenth.
const DIGITS: u32 = 19;

/// Reads seconds since the epoch: digits, and a fraction behind a point where there is one.
pub(crate) fn epoch(text: &[u8]) -> Result<Read, NoTime> {
    Number::read(text).ok_or(NoTime::Shape)?.in_unit(0)
}

/// Reads a number of JSON as a time: below 10¹¹ seconds, below 10¹⁴ milliseconds, below 10¹⁷ microseconds, and else
/// nanoseconds since the epoch. The unit counts as digits behind the second that were written.
pub(crate) fn epoch_by_magnitude(text: &[u8]) -> Result<Read, NoTime> {
    let mut number = Number::read(text).ok_or(NoTime::Shape)?;
    number.read_exponent(text);
    if number.mantissa == 0 {
        return number.in_unit(0);
    }
    // How many digits stand before the point.
    match number.exponent.saturating_add(number.digits as i32) {
        ..=11 => number.in_unit(0),
        12..=14 => number.in_unit(3),
        15..=17 => number.in_unit(6),
        _ => number.in_unit(9),
    }
}

/// A decimal number: `mantissa` · 10^`exponent`, as precise as it has to be.
struct Number {
    negative: bool,
    mantissa: u64,
    /// The digits of the mantissa, without leading zeros.
    digits: u32,
    exponent: i32,
    /// Digits written behind the point, after an exponent has moved it.
    decimals: i32,
    len: usize,
}

impl Number {
    /// Reads a sign, digits, and digits behind a point.
    fn read(text: &[u8]) -> Option<Self> {
        let negative = text.first() == Some(&b'-');
        let mut number =
            Self { negative, mantissa: 0, digits: 0, exponent: 0, decimals: 0, len: usize::from(negative) };
        let whole = number.push(text.get(number.len..)?);
        if whole == 0 {
            return None;
        }
        number.len += whole;
        if let Some([b'.', behind @ ..]) = text.get(number.len..) {
            let decimals = number.push(behind);
            number.decimals = i32::try_from(decimals).unwrap_or(i32::MAX);
            number.exponent = number.exponent.saturating_sub(number.decimals);
            number.len += if decimals > 0 { decimals + 1 } else { 0 };
        }
        Some(number)
    }

    /// Appends the digits that a text begins with, and says how many. Those that do not matter raise the exponent.
    fn push(&mut self, text: &[u8]) -> usize {
        let mut len = 0;
        // As long as they are not the first and zeros, several at once.
        while self.digits < DIGITS - 8
            && let Some(block @ [first, ..]) = text.get(len..).and_then(|rest| rest.first_chunk::<8>())
            && (*first != b'0' || self.digits > 0)
        {
            let (number, count) = digits::leading(u64::from_le_bytes(*block));
            let unit = digits::POWERS.get(count as usize).copied().unwrap_or(0);
            self.mantissa = self.mantissa * unit + number;
            self.digits += count;
            len += count as usize;
            if count < 8 {
                return len;
            }
        }
        for byte in text.iter().skip(len).take_while(|byte| byte.is_ascii_digit()) {
            if self.digits < DIGITS {
                self.mantissa = self.mantissa * 10 + u64::from(byte - b'0');
                self.digits += u32::from(self.mantissa > 0);
            } else {
                self.exponent = self.exponent.saturating_add(1);
            }
            len += 1;
        }
        len
    }

    /// Reads the exponent behind the number, where there is one.
    fn read_exponent(&mut self, text: &[u8]) {
        let Some([b'e' | b'E', rest @ ..]) = text.get(self.len..) else { return };
        let (negative, digits) = match rest {
            [b'-', digits @ ..] => (true, digits),
            [b'+', digits @ ..] => (false, digits),
            digits => (false, digits),
        };
        let len = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if len == 0 {
            return;
        }
        let power = digits
            .iter()
            .take(len)
            .fold(0_i32, |power, byte| power.saturating_mul(10).saturating_add(i32::from(byte - b'0')));
        let power = if negative { -power } else { power };
        self.exponent = self.exponent.saturating_add(power);
        self.decimals = self.decimals.saturating_sub(power);
        self.len += 1 + rest.len() - digits.len() + len;
    }

    /// The number as a time: it counts the 10^-`unit`-th parts of a second. What is less than a nanosecond is cut.
    fn in_unit(&self, unit: i32) -> Result<Read, NoTime> {
        let power = self.exponent.saturating_add(9 - unit);
        let nanos = if self.mantissa == 0 {
            Some(0)
        } else if power >= 0 {
            power_of_ten(power.unsigned_abs()).and_then(|unit| self.mantissa.checked_mul(unit))
        } else {
            Some(power_of_ten(power.unsigned_abs()).map_or(0, |unit| self.mantissa / unit))
        };
        let nanos = nanos.and_then(|nanos| match self.negative {
            true => 0_i64.checked_sub_unsigned(nanos),
            false => 0_i64.checked_add_unsigned(nanos),
        });
        Ok(Read {
            timestamp: Timestamp::from_nanos(nanos.ok_or(NoTime::OutOfRange)?),
            fraction_digits: self.decimals.saturating_add(unit).clamp(0, 9) as u8,
            len: self.len,
        })
    }
}

fn power_of_ten(power: u32) -> Option<u64> {
    digits::POWERS.get(power as usize).copied().or_else(|| 10_u64.checked_pow(power))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(read: Result<Read, NoTime>) -> String {
        match read {
            Ok(read) => format!("{:.*} {}", usize::from(read.fraction_digits), read.timestamp, read.len),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn seconds() {
        for (text, want) in [
            ("1762425015.123", "2025-11-06T10:30:15.123Z 14"),
            ("1762425015", "2025-11-06T10:30:15Z 10"),
            ("1762425015.", "2025-11-06T10:30:15Z 10"),
            ("1762425015.x", "2025-11-06T10:30:15Z 10"),
            ("1762425015.123456 INFO", "2025-11-06T10:30:15.123456Z 17"),
            ("1762425015.1234567899", "2025-11-06T10:30:15.123456789Z 21"),
            ("1762425015e3", "2025-11-06T10:30:15Z 10"),
            ("0", "1970-01-01T00:00:00Z 1"),
            ("-0.5", "1969-12-31T23:59:59.5Z 4"),
            ("000000000000000000001762425015.5", "2025-11-06T10:30:15.5Z 32"),
            ("9223372036.854775807", "2262-04-11T23:47:16.854775807Z 20"),
            ("9223372036.854775808", "OutOfRange"),
            ("-9223372036.854775808", "1677-09-21T00:12:43.145224192Z 21"),
            ("-9223372036.854775809", "OutOfRange"),
            ("99999999999999999999999999999999999999999999", "OutOfRange"),
            ("", "Shape"),
            ("-", "Shape"),
            (".5", "Shape"),
            ("+5", "Shape"),
            ("x", "Shape"),
        ] {
            assert_eq!(shown(epoch(text.as_bytes())), want, "{text}");
        }
    }

    #[test]
    fn units() {
        for (text, want) in [
            ("1762425015", "2025-11-06T10:30:15Z 10"),
            ("1762425015.123,", "2025-11-06T10:30:15.123Z 14"),
            ("1762425015123", "2025-11-06T10:30:15.123Z 13"),
            ("1762425015123.25", "2025-11-06T10:30:15.12325Z 16"),
            ("1762425015123456", "2025-11-06T10:30:15.123456Z 16"),
            ("1762425015123456.7", "2025-11-06T10:30:15.1234567Z 18"),
            ("1762425015123456789", "2025-11-06T10:30:15.123456789Z 19"),
            ("1762425015123456789.9", "2025-11-06T10:30:15.123456789Z 21"),
            ("1.762425015123e9", "2025-11-06T10:30:15.123Z 16"),
            ("1.762425015123e+09}", "2025-11-06T10:30:15.123Z 18"),
            ("1.762425015123E12", "2025-11-06T10:30:15.123Z 17"),
            ("1762425015123e-3", "2025-11-06T10:30:15.123Z 16"),
            ("17624250150e-1", "2025-11-06T10:30:15.0Z 14"),
            ("1762425015e", "2025-11-06T10:30:15Z 10"),
            ("1762425015e+", "2025-11-06T10:30:15Z 10"),
            ("99999999999", "OutOfRange"),
            ("100000000000", "1973-03-03T09:46:40.000Z 12"),
            ("99999999999999", "OutOfRange"),
            ("100000000000000", "1973-03-03T09:46:40.000000Z 15"),
            ("99999999999999999", "OutOfRange"),
            ("100000000000000000", "1973-03-03T09:46:40.000000000Z 18"),
            ("-1000", "1969-12-31T23:43:20Z 5"),
            ("1e400", "OutOfRange"),
            ("1e99999999999999999999", "OutOfRange"),
            ("1e-99999999999999999999", "1970-01-01T00:00:00.000000000Z 23"),
            ("0e99999999999999999999", "1970-01-01T00:00:00Z 22"),
            ("1e2147483647", "OutOfRange"),
            ("1e-2147483648", "1970-01-01T00:00:00.000000000Z 13"),
            ("0.0", "1970-01-01T00:00:00.0Z 3"),
        ] {
            assert_eq!(shown(epoch_by_magnitude(text.as_bytes())), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_nanosecond_is_read_from_what_prints_it(nanos: i64, digits in 0_u32..=9) {
            let unit = 10_i64.pow(9 - digits);
            let nanos = nanos / unit * unit;
            let sign = if nanos < 0 { "-" } else { "" };
            let (seconds, fraction) = (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
            let mut text = format!("{sign}{seconds}");
            if digits > 0 {
                let fraction = format!("{fraction:09}");
                text += ".";
                text += &fraction[..digits as usize];
            }
            let want = Read { timestamp: Timestamp::from_nanos(nanos), fraction_digits: digits as u8, len: text.len() };
            prop_assert_eq!(epoch(text.as_bytes()), Ok(want));
            prop_assert_eq!(epoch_by_magnitude(text.as_bytes()), Ok(want));
        }

        #[test]
        fn any_text_is_read_or_not(text in "-?[0-9]{0,50}[.e+-]?[0-9]{0,40}[eE]?[0-9+-]{0,30}") {
            for read in [epoch(text.as_bytes()), epoch_by_magnitude(text.as_bytes())].into_iter().flatten() {
                prop_assert!(read.len <= text.len() && text[..read.len].parse::<f64>().is_ok());
            }
        }
    }
}
