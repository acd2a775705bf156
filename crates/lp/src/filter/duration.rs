//! Durations as text: `1h30m`.

const UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3600 * SECOND),
];

const SECOND: i64 = 1_000_000_000;

/// Reads numbers with units, largest or smallest first, perhaps behind a sign, as CEL and Go write them: `-1.5h`, `1m30s`,
/// `0`. The result is in nanoseconds; what is less than one is cut.
pub(super) fn parse(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut nanos = 0_i128;
    loop {
        let len = rest.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'.')?;
        let (number, behind) = rest.split_at(len);
        let len = behind.find(|char: char| char.is_ascii_digit() || char == '.').unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(len);
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
        nanos = nanos.checked_add(in_unit(number, *unit)?)?;
        if behind.is_empty() {
            return i64::try_from(sign * nanos).ok();
        }
        rest = behind;
    }
}

/// A decimal number of a unit, in nanoseconds.
fn in_unit(number: &str, unit: i64) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || whole.len() > 19 {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut nanos = whole.checked_mul(unit.into())?;
    let mut place = i128::from(unit) * 1_000_000_000;
    for digit in fraction.chars() {
        place /= 10;
        nanos += i128::from(digit.to_digit(10)?) * place / 1_000_000_000;
    }
    Some(nanos)
}

/// Seconds with as many decimals as it takes, and `s`.
pub(super) fn string(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let (seconds, fraction) = (nanos.unsigned_abs() / SECOND as u64, nanos.unsigned_abs() % SECOND as u64);
    let text = format!("{sign}{seconds}.{fraction:09}");
    format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, want) in [
            ("0", "0s"),
            ("-0", "0s"),
            ("1h30m", "5400s"),
            ("-1.5h", "-5400s"),
            ("+30s", "30s"),
            ("1m1ms1us1µs1ns", "60.001002001s"),
            (".5s", "0.5s"),
            ("1.s", "1s"),
            ("0.1ns", "0s"),
            ("9223372036.854775807s", "9223372036.854775807s"),
        ] {
            assert_eq!(string(parse(text).unwrap()), want, "{text}");
        }
        for text in
            ["", "1", "-", "s", ".s", "1d", "1h ", "1.2.3s", "1hh", "9223372036.854775808s", "99999999999999999999h"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
