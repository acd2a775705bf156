//! Decimal digits, eight at a time. The first of the eight bytes is the lowest.

const EACH: u64 = u64::from_ne_bytes([1; 8]);
const HIGH: u64 = EACH << 7;
const ZEROS: u64 = EACH * b'0' as u64;

/// 10⁰ to 10⁹.
pub(crate) const POWERS: [u64; 10] =
    [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// The number that the digits spell which eight bytes begin with, and how many there are.
#[inline(always)]
pub(crate) fn leading(bytes: u64) -> (u64, u32) {
    let digits = bytes ^ ZEROS;
    let length = above(digits, [9; 8]).trailing_zeros() / 8;
    // The digits move to the end; in two steps, as a shift by all 64 bits is none.
    (number((digits << (32 - 4 * length)) << (32 - 4 * length)), length)
}

/// The number that the last `length` (1 to 8) of eight bytes spell; `None` where one of them is no digit.
#[inline(always)]
pub(crate) fn last(bytes: u64, length: u32) -> Option<u64> {
    let wanted = u64::MAX << (64 - 8 * length);
    let digits = ((bytes & wanted) | (ZEROS & !wanted)) ^ ZEROS;
    (above(digits, [9; 8]) == 0).then_some(number(digits))
}

/// Has the high bit of each byte set that is more than it may be: at most 127, or 255 for any.
#[inline(always)]
pub(crate) fn above(bytes: u64, most: [u8; 8]) -> u64 {
    // Without its high bit a byte is carried into it by what the most lacks of 127. No byte carries into the next.
    let lacks = u64::from_le_bytes(most.map(|most| 0x7F_u8.saturating_sub(most)));
    let any = u64::from_le_bytes(most.map(|most| if most == 0xFF { 0xFF } else { 0 }));
    (((bytes & !HIGH) + lacks) | bytes) & !any & HIGH
}

/// The number of eight bytes of 0 to 9.
#[inline(always)]
const fn number(digits: u64) -> u64 {
    // Pairs, then fours, then all eight: each step multiplies the lower half by its weight and adds the higher.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_FFFF_0000_FFFF;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF
}

/// The number that a few digits spell; `None` where one of them is none.
pub(crate) fn all(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
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

        #[test]
        fn leading_digits_of_any_bytes(bytes: [u8; 8]) {
            let len = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let number = std::str::from_utf8(&bytes[..len]).unwrap().parse().unwrap_or(0);
            prop_assert_eq!(leading(u64::from_le_bytes(bytes)), (number, len as u32));
        }

        #[test]
        fn bytes_above(bytes: [u8; 8], most: [u8; 8]) {
            let most = most.map(|most| if most > 127 { 255 } else { most });
            let want = u64::from_le_bytes(std::array::from_fn(|at| if bytes[at] > most[at] { 0x80 } else { 0 }));
            prop_assert_eq!(above(u64::from_le_bytes(bytes), most), want);
        }
    }
}
