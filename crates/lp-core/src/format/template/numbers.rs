//! Numbers, which say themselves where they end.

/// The integer at the beginning of a text, below 2⁶⁴−1.
#[inline(always)]
pub(super) fn integer(rest: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0_u64;
    let mut len = 0;
    while let Some(digit) = rest.get(len).map(|byte| byte.wrapping_sub(b'0')).filter(|&digit| digit < 10) {
        // Nineteen digits cannot overflow.
        number = if len < 19 {
            number * 10 + u64::from(digit)
        } else {
            number.checked_mul(10)?.checked_add(u64::from(digit))?
        };
        len += 1;
    }
    (len > 0 && number != crate::batch::NO_NUMBER).then_some((number, len))
}

/// The length of the number at the beginning of a text: digits, perhaps with a fraction.
#[inline(always)]
pub(super) fn decimal(rest: &[u8]) -> Option<usize> {
    let digits =
        |from: usize| rest.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(0);
    if whole == 0 {
        return None;
    }
    let fraction = if rest.get(whole) == Some(&b'.') { digits(whole + 1) } else { 0 };
    Some(if fraction > 0 { whole + 1 + fraction } else { whole })
}

/// The length of a list of numbers and dashes.
pub(super) fn decimals(rest: &[u8]) -> usize {
    let mut len = 0;
    loop {
        let item = rest.get(len..).unwrap_or_default();
        let item_len = match decimal(item) {
            Some(len) => len,
            None if item.first() == Some(&b'-') => 1,
            None => return len.saturating_sub(separator(rest, len)),
        };
        len += item_len;
        let behind = &rest[len..];
        if behind.starts_with(b", ") {
            len += 2;
        } else if behind.starts_with(b" : ") {
            len += 3;
        } else {
            return len;
        }
    }
}

/// The length of the separator that ends at `end`.
fn separator(rest: &[u8], end: usize) -> usize {
    let before = &rest[..end];
    if before.ends_with(b" : ") {
        3
    } else if before.ends_with(b", ") {
        2
    } else {
        0
    }
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
