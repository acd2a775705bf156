//! Durations and sizes as people write them.

use std::time::Duration;

/// What a duration looks like.
pub(super) const DURATION: &str = "a duration is written such as `500ms`, `10s`, `1h30m` or `7d`";

/// What a size looks like.
pub(super) const SIZE: &str = "a size is written such as `64KiB`, `100MB` or `1GiB`";

/// A duration: numbers with units, each smaller than the one before.
pub(super) fn duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
    let mut units = UNITS.as_slice();
    let mut milliseconds = 0_u64;
    let mut rest = text;
    loop {
        let (number, behind) = number(rest)?;
        let unit = behind.find(|char: char| char.is_ascii_digit()).unwrap_or(behind.len());
        let place = units.iter().position(|(name, _)| *name == &behind[..unit])?;
        milliseconds = milliseconds.checked_add(number.checked_mul(units[place].1)?)?;
        units = &units[place + 1..];
        rest = &behind[unit..];
        if rest.is_empty() {
            return Some(Duration::from_millis(milliseconds));
        }
    }
}

/// A size in bytes: a number with a unit of powers of 1000 (`kB`) or of 1024 (`KiB`), or without one.
pub(super) fn size(text: &str) -> Option<u64> {
    let (number, unit) = number(text)?;
    let unit: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// The number at the beginning, and what stands behind it.
fn number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, behind) = text.split_at(digits);
    Some((number.parse().ok()?, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, milliseconds) in [
            ("500ms", Some(500)),
            ("10s", Some(10_000)),
            ("0s", Some(0)),
            ("1h30m", Some(5_400_000)),
            ("7d", Some(604_800_000)),
            ("1d1h1m1s1ms", Some(90_061_001)),
            ("", None),
            ("10", None),
            ("s", None),
            ("-1s", None),
            ("1.5s", None),
            ("1m1h", None),
            ("1s1s", None),
            ("1s ", None),
            ("1w", None),
            ("99999999999999999999s", None),
            ("9999999999999999d", None),
        ] {
            assert_eq!(duration(text), milliseconds.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", Some(0)),
            ("4096", Some(4096)),
            ("12B", Some(12)),
            ("100MB", Some(100_000_000)),
            ("64KiB", Some(65_536)),
            ("64 kib", Some(65_536)),
            ("1GiB", Some(1 << 30)),
            ("1M", None),
            ("MB", None),
            ("-1MB", None),
            ("1.5MB", None),
            ("99999999999TiB", None),
        ] {
            assert_eq!(size(text), bytes, "{text}");
        }
    }
}
