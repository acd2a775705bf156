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

#[cfg(test)]
mod tests {
    use super::{push_decimal, push_two_digits};

    #[test]
    fn agrees_with_the_standard_library() {
        for number in [0, 1, 9, 10, 99, 100, 12_345, u64::MAX] {
            let mut out = b"n=".to_vec();
            push_decimal(&mut out, number);
            assert_eq!(out, format!("n={number}").into_bytes());
        }
    }

    #[test]
    fn two_digits_are_padded() {
        let mut out = Vec::new();
        push_two_digits(&mut out, 7);
        push_two_digits(&mut out, 42);
        assert_eq!(out, b"0742");
    }
}
