//! Numbers as decimal digits, without branches on how many digits there are.

/// The eight decimal digits of a number below 10⁸ as bytes 0 to 9, the first digit in the lowest byte.
///
/// Fours, pairs and single digits are split off in all parts of the word at once; each division is a multiplication by
/// the inverse that is exact for numbers of that size.
#[inline(always)]
pub(super) const fn eight_digits(number: u32) -> u64 {
    let number = number as u64;
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007F_0000_007F;
    let pairs = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000F_000F_000F_000F;
    tens | ((pairs - tens * 10) << 8)
}

/// Writes a point and the first digits of a number of nanoseconds; returns how many bytes that are.
#[cold]
#[inline(never)]
pub(super) fn fraction(out: &mut [u8], nanos: u32, digits: u8) -> usize {
    let digits = usize::from(digits.min(9));
    let mut rest = nanos;
    for (place, byte) in (0..=digits).zip(out) {
        if place == 0 {
            *byte = b'.';
        } else {
            *byte = b'0' + (rest / 100_000_000) as u8;
            rest = rest % 100_000_000 * 10;
        }
    }
    digits + 1
}

/// `00` to `99`.
pub(in crate::encode) static TWO_DIGITS: [[u8; 2]; 100] = {
    let mut table = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        table[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_eight_digits() {
        // All below a million, then one in 997.
        for number in (0..1_000_000).chain((1_000_000..100_000_000).step_by(997)) {
            let digits = eight_digits(number).to_le_bytes().map(|digit| char::from(b'0' + digit));
            assert_eq!(String::from_iter(digits), format!("{number:08}"));
        }
    }
}
