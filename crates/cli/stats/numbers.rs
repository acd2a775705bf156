//! Numbers as people read them.

use bytesize::ByteSize;
use lp::stats::Unit;

/// A whole number with a comma between its thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A part of a whole, in five columns: `12.3%`.
pub(super) fn share(part: u64, whole: u64) -> String {
    let percent = if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 };
    match percent {
        _ if part == whole => " 100%".to_owned(),
        percent if percent < 0.05 && part > 0 => "<0.1%".to_owned(),
        percent => format!("{percent:4.1}%"),
    }
}

/// Bytes: `1.2 MB`.
pub(super) fn bytes(bytes: f64) -> String {
    ByteSize(bytes as u64).display().si().to_string()
}

/// A time in its unit, to three digits: `85.0 ms`.
pub(super) fn duration(number: f64, unit: Unit) -> String {
    let seconds = match unit {
        Unit::Seconds => number,
        Unit::Milliseconds => number / 1e3,
        Unit::Unknown => return significant(number),
    };
    match seconds {
        0.0 => "0 s".to_owned(),
        seconds if seconds < 1e-3 => format!("{} µs", significant(seconds * 1e6)),
        seconds if seconds < 1.0 => format!("{} ms", significant(seconds * 1e3)),
        seconds => format!("{} s", significant(seconds)),
    }
}

/// Three digits that count, or all before the point.
fn significant(number: f64) -> String {
    match number {
        0.0 => "0".to_owned(),
        number if number < 10.0 => format!("{number:.2}"),
        number if number < 100.0 => format!("{number:.1}"),
        number => format!("{number:.0}"),
    }
}

/// Seconds as the two largest units that they have: `3 h 20 min`.
pub(super) fn span(seconds: u64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let first = units.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(units.len() - 1);
    let (unit, name) = units[first];
    let rest = seconds % unit;
    match units.get(first + 1).filter(|(next, _)| rest / next > 0) {
        Some((next, next_name)) => format!("{} {name} {} {next_name}", seconds / unit, rest / next),
        None => format!("{} {name}", seconds / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_can_read_them() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [(0, 0), (1, 1), (1, 3), (1, 9999), (0, 5)].map(|(part, whole)| share(part, whole)),
            [" 100%", " 100%", "33.3%", "<0.1%", " 0.0%"]
        );
        assert_eq!([0, 59, 60, 3661, 90_061].map(span), ["0 s", "59 s", "1 min", "1 h 1 min", "1 d 1 h"]);
        let seconds = [0.0, 0.000_05, 0.085, 1.5, 250.0].map(|number| duration(number, Unit::Seconds));
        assert_eq!(seconds, ["0 s", "50.0 µs", "85.0 ms", "1.50 s", "250 s"]);
        assert_eq!(duration(85.0, Unit::Milliseconds), "85.0 ms");
        assert_eq!(duration(0.5, Unit::Unknown), "0.50");
    }
}
