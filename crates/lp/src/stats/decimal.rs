//! Numbers of a log as whole numbers.

/// The millionths in a number that is not negative, such as `0.125`, `17` or `1.5e3`: 125,000, and so on. Digits that say
/// less than a millionth are left out. Of several, such as nginx's `0.010, 0.020` for as many servers that were asked, the
/// last: the answer was that one's. `None` for what is no such number, or too large.
pub(super) fn millionths(text: &[u8]) -> Option<u64> {
    let last = text.rsplit(|byte| matches!(byte, b',' | b' ')).next()?;
    let (digits, exponent) = match last.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(place) => (&last[..place], std::str::from_utf8(&last[place + 1..]).ok()?.parse::<i32>().ok()?),
        None => (last, 0),
    };
    let (whole, fraction) = match digits.iter().position(|&byte| byte == b'.') {
        Some(place) => (&digits[..place], &digits[place + 1..]),
        None => (digits, &[][..]),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // Where the last digit of the result stands behind the point.
    let wanted = i64::from(exponent) + 6;
    let mut number: u64 = 0;
    for (place, &digit) in (1 - whole.len() as i64..).zip(whole.iter().chain(fraction)) {
        let digit = u64::from(digit.wrapping_sub(b'0'));
        if digit > 9 {
            return None;
        }
        if place <= wanted {
            number = number.checked_mul(10)?.checked_add(digit)?;
        }
    }
    let missing = wanted - fraction.len() as i64;
    if number == 0 || missing <= 0 {
        return Some(number);
    }
    number.checked_mul(10_u64.checked_pow(u32::try_from(missing).ok()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_logs_have_them() {
        for (text, want) in [
            ("0", Some(0)),
            ("0.000", Some(0)),
            ("0.125", Some(125_000)),
            ("17", Some(17_000_000)),
            ("12.5e-1", Some(1_250_000)),
            ("1.5e3", Some(1_500_000_000)),
            ("0.1234567", Some(123_456)),
            ("0.010, 0.020", Some(20_000)),
            ("0.010, -", None),
            ("1e-9", Some(0)),
            ("0e99", Some(0)),
            ("1e99", None),
            ("12e-8", Some(0)),
            ("18446744073709.551615", Some(u64::MAX)),
            ("18446744073709.551616", None),
            ("", None),
            (".", None),
            ("-1", None),
            ("\"1\"", None),
            ("true", None),
        ] {
            assert_eq!(millionths(text.as_bytes()), want, "{text}");
        }
    }
}
