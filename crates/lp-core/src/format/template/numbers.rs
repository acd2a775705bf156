//! Numbers, which say themselves where they end.
//!
//! They are read from every place where the value before them may end, so what is read from one has a bound: else the
//! time would grow with the square of a line that is made for it.

/// Digits of a number before its point, and behind it. More are no number.
const MOST_DIGITS: usize = 64;

/// Items of a list of numbers: servers that nginx has asked for one request. More are no list.
const MOST_ITEMS: usize = 64;

/// The integer at the beginning of a text, below 2⁶⁴−1.
#[inline(always)]
pub(super) fn integer(rest: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0_u64;
    let mut len = 0;
    while let Some(digit) = rest.get(len).map(|byte| byte.wrapping_sub(b'0')).filter(|&digit| digit < 10) {
        // Nineteen digits cannot overflow.
        number = if len < 19 {
            number * 10 + u64::from(digit)
        } else if len < MOST_DIGITS {
            number.checked_mul(10)?.checked_add(u64::from(digit))?
        } else {
            return None;
        };
        len += 1;
    }
    (len > 0 && number != crate::batch::NO_NUMBER).then_some((number, len))
}

/// The length of the number at the beginning of a text: digits, perhaps with a fraction.
#[inline(always)]
pub(super) fn decimal(rest: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let rest = rest.get(from..).unwrap_or_default();
        let count = rest.iter().take(MOST_DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
        (count <= MOST_DIGITS).then_some(count)
    };
    let whole = digits(0).filter(|&whole| whole > 0)?;
    let fraction = if rest.get(whole) == Some(&b'.') { digits(whole + 1)? } else { 0 };
    Some(if fraction > 0 { whole + 1 + fraction } else { whole })
}

/// The length of the list of numbers and dashes at the beginning of a text.
pub(super) fn decimals(rest: &[u8]) -> Option<usize> {
    let mut end = None;
    let mut at = 0;
    for _ in 0..MOST_ITEMS {
        let Some(len) = item(&rest[at..]) else { return end };
        at += len;
        end = Some(at);
        at += match rest[at..] {
            [b',', b' ', ..] => 2,
            [b' ', b':', b' ', ..] => 3,
            _ => return end,
        };
    }
    if item(&rest[at..]).is_some() { None } else { end }
}

/// The length of an item of a list.
fn item(rest: &[u8]) -> Option<usize> {
    decimal(rest).or_else(|| rest.starts_with(b"-").then_some(1))
}

/// Thousandths of a second as nanoseconds, with how many digits behind the second they are, and their length.
pub(super) fn thousandths(rest: &[u8]) -> Option<(i64, u8, usize)> {
    let len = decimal(rest)?;
    let (whole, whole_len) = integer(rest)?;
    let whole = i64::try_from(whole).ok().filter(|&whole| whole < 1000)?;
    let fraction = rest.get(whole_len + 1..len).unwrap_or_default();
    let mut nanos = whole * 1_000_000;
    let mut unit = 1_000_000;
    for digit in fraction.iter().take(6) {
        unit /= 10;
        nanos += i64::from(digit - b'0') * unit;
    }
    Some((nanos, 3 + fraction.len().min(6) as u8, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_so_many_items() {
        for separator in [", ", " : "] {
            let list = |items| vec!["0.1"; items].join(separator);
            assert_eq!(decimals(list(MOST_ITEMS).as_bytes()), Some(list(MOST_ITEMS).len()));
            assert_eq!(decimals((list(MOST_ITEMS) + separator).as_bytes()), Some(list(MOST_ITEMS).len()));
            assert_eq!(decimals(list(MOST_ITEMS + 1).as_bytes()), None);
        }
    }

    #[test]
    fn lists() {
        for (text, want) in [
            ("", None),
            (", 1", None),
            ("x", None),
            ("-", Some(1)),
            ("-, 1", Some(4)),
            ("1", Some(1)),
            ("1.5 x", Some(3)),
            ("0.1, 0.2 : -", Some(12)),
            ("1, ", Some(1)),
            ("1 : ", Some(1)),
            ("1, x", Some(1)),
            ("1,2", Some(1)),
            ("1 :2", Some(1)),
        ] {
            assert_eq!(decimals(text.as_bytes()), want, "{text}");
        }
    }

    /// What is read from one place does not grow with the line.
    #[test]
    fn a_number_has_so_many_digits() {
        let zeros = |count| "0".repeat(count);
        let longest = zeros(MOST_DIGITS);
        assert_eq!(integer(longest.as_bytes()), Some((0, MOST_DIGITS)));
        assert_eq!(integer(zeros(MOST_DIGITS + 1).as_bytes()), None);
        let fraction = format!("{longest}.{longest}");
        assert_eq!(decimal(fraction.as_bytes()), Some(fraction.len()));
        assert_eq!(decimal(zeros(MOST_DIGITS + 1).as_bytes()), None);
        assert_eq!(decimal((fraction + "0").as_bytes()), None);
    }
}
