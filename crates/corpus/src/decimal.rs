//! Numbers as text, without the detour through `std::fmt`.

/// Appends the number in decimal.
pub(crate) fn push_decimal(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends the last two decimal digits of the number.
pub(crate) fn push_two_digits(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&[b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]);
}

/// Appends the last three decimal digits of the number.
pub(crate) fn push_three_digits(out: &mut Vec<u8>, number: u64) {
    out.push(b'0' + (number / 100 % 10) as u8);
    push_two_digits(out, number);
}

/// Appends microseconds as seconds, as Python writes a floating point number: as short as it goes,
/// `0.25`, but never without a fraction, `2.0`, unless there is an exponent: `6.4e-05`.
pub(crate) fn push_seconds(out: &mut Vec<u8>, microseconds: u64) {
    if (10..100).contains(&microseconds) {
        push_decimal(out, microseconds / 10);
        if !microseconds.is_multiple_of(10) {
            out.push(b'.');
            push_decimal(out, microseconds % 10);
        }
        out.extend_from_slice(b"e-05");
    } else if (1..10).contains(&microseconds) {
        push_decimal(out, microseconds);
        out.extend_from_slice(b"e-06");
    } else {
        push_decimal(out, microseconds / 1_000_000);
        out.push(b'.');
        let shortest = out.len() + 1;
        push_three_digits(out, microseconds / 1000);
        push_three_digits(out, microseconds);
        while out.len() > shortest && out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{push_decimal, push_seconds, push_three_digits, push_two_digits};

    #[test]
    fn agrees_with_the_standard_library() {
        for number in [0, 1, 9, 10, 99, 100, 12_345, u64::MAX] {
            let mut out = b"n=".to_vec();
            push_decimal(&mut out, number);
            assert_eq!(out, format!("n={number}").into_bytes());
        }
    }

    #[test]
    fn few_digits_are_padded() {
        let mut out = Vec::new();
        push_two_digits(&mut out, 7);
        push_two_digits(&mut out, 42);
        push_three_digits(&mut out, 7);
        push_three_digits(&mut out, 12_345);
        assert_eq!(out, b"0742007345");
    }

    #[test]
    fn seconds_are_those_of_python() {
        let numbers = [
            (0, "0.0"),
            (3, "3e-06"),
            (64, "6.4e-05"),
            (70, "7e-05"),
            (100, "0.0001"),
            (250_000, "0.25"),
            (2_000_000, "2.0"),
            (12_345_678, "12.345678"),
        ];
        for (microseconds, text) in numbers {
            let mut out = Vec::new();
            push_seconds(&mut out, microseconds);
            assert_eq!(String::from_utf8_lossy(&out), text);
        }
    }
}
