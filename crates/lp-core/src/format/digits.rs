//! Numbers of eight digits at once. The first of the eight bytes is the lowest.

const EACH: u64 = u64::from_ne_bytes([1; 8]);
const HIGH: u64 = EACH << 7;
const ZEROS: u64 = EACH * b'0' as u64;

/// The powers of ten up to that of eight digits.
pub(super) const POWERS: [u64; 9] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The number that the digits spell which eight bytes begin with, and how many there are.
#[inline(always)]
pub(super) fn leading(bytes: u64) -> (u64, u32) {
    let digits = bytes ^ ZEROS;
    let length = others(digits).trailing_zeros() / 8;
    // The digits move to the end; in two steps, as a shift by all 64 bits is none.
    (number((digits << (32 - 4 * length)) << (32 - 4 * length)), length)
}

/// The number that the last `length` (1 to 8) of eight bytes spell; `None` where one of them is no digit.
#[inline(always)]
pub(super) fn last(bytes: u64, length: u32) -> Option<u64> {
    let wanted = u64::MAX << (64 - 8 * length);
    let digits = ((bytes & wanted) | (ZEROS & !wanted)) ^ ZEROS;
    (others(digits) == 0).then_some(number(digits))
}

/// The high bits of the bytes that are not 0 to 9.
#[inline(always)]
const fn others(digits: u64) -> u64 {
    // Adding 0x76 sets the high bit of what is 10 and above; what had it keeps it.
    (((digits & !HIGH) + EACH * 0x76) | digits) & HIGH
}

/// The number of eight bytes of 0 to 9.
#[inline(always)]
const fn number(digits: u64) -> u64 {
    // Pairs, then fours, then all eight: each step multiplies the lower half by its weight and adds the higher.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_FFFF_0000_FFFF;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_of_every_length() {
        for (text, length, want) in [
            (b"12345678", 8, Some(12_345_678)),
            (b"99999999", 8, Some(99_999_999)),
            (b"xxxxxxx7", 1, Some(7)),
            (b"xxxx 007", 3, Some(7)),
            (b"1234567-", 2, None),
            (b"123456:7", 3, None),
            (b"123456/7", 3, None),
            (b"12345\xFF67", 3, None),
        ] as [(&[u8; 8], u32, Option<u64>); 8]
        {
            assert_eq!(last(u64::from_le_bytes(*text), length), want, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn digits_are_what_parse_says(text in "[0-9/: ]{8}", length in 1_u32..=8) {
            let bytes = u64::from_le_bytes(text.as_bytes().try_into().unwrap());
            prop_assert_eq!(last(bytes, length), text[8 - length as usize..].parse().ok());
        }

        #[test]
        fn leading_digits_are_what_parse_says(digits in "[0-9]{0,8}", behind in "[/: x]{8}") {
            let text = format!("{digits}{behind}");
            let bytes = u64::from_le_bytes(*text.as_bytes().first_chunk().unwrap());
            prop_assert_eq!(leading(bytes), (digits.parse().unwrap_or(0), digits.len() as u32));
        }
    }
}
