//! Decimal digits, eight at a time.

/// Each byte's lowest bit.
const EACH: u64 = u64::from_ne_bytes([1; 8]);
/// Each byte's highest bit.
const HIGH: u64 = EACH << 7;

/// 10⁰ to 10⁹.
pub(super) const POWERS: [u32; 10] =
    [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// The number that the digits at the beginning of eight bytes spell, and how many they are.
#[inline(always)]
pub(super) fn leading(text: &[u8; 8]) -> (u32, u32) {
    let digits = u64::from_le_bytes(*text) ^ (EACH * b'0' as u64);
    let len = above(digits, [9; 8]).trailing_zeros() / 8;
    // The digits become the last of eight, behind zeros.
    let digits = digits.checked_shl(64 - 8 * len).unwrap_or(0);
    // Pairs, then fours, then all eight: each step multiplies the lower half by its weight and adds the higher.
    let add = |digits: u64, weight: u64, shift: u32| digits.wrapping_mul(weight).wrapping_add(digits >> shift);
    let pairs = add(digits, 10, 8) & 0x00FF_00FF_00FF_00FF;
    let fours = add(pairs, 100, 16) & 0x0000_FFFF_0000_FFFF;
    (add(fours, 10_000, 32) as u32, len)
}

/// Has the high bit of each byte set that is more than it may be: at most 127, or 255 for any.
#[inline(always)]
pub(super) fn above(bytes: u64, most: [u8; 8]) -> u64 {
    // Without its high bit a byte is carried into it by what the most lacks of 127. No byte carries into the next.
    let lacks = u64::from_le_bytes(most.map(|most| 0x7F_u8.saturating_sub(most)));
    let any = u64::from_le_bytes(most.map(|most| if most == 0xFF { 0xFF } else { 0 }));
    (((bytes & !HIGH) + lacks) | bytes) & !any & HIGH
}

/// The number that a few digits spell; `None` where one of them is none.
pub(super) fn all(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn leading_digits_are_what_parse_says(text in "[0-9]{0,8}[0-9/:a\u{0}]{8}", other: [u8; 8]) {
            for bytes in [text.as_bytes()[..8].try_into().unwrap(), other] {
                let len = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let number = std::str::from_utf8(&bytes[..len]).unwrap().parse().unwrap_or(0);
                prop_assert_eq!(leading(&bytes), (number, len as u32));
            }
        }

        #[test]
        fn bytes_above(bytes: [u8; 8], most: [u8; 8]) {
            let most = most.map(|most| if most > 127 { 255 } else { most });
            let want = u64::from_le_bytes(std::array::from_fn(|at| if bytes[at] > most[at] { 0x80 } else { 0 }));
            prop_assert_eq!(above(u64::from_le_bytes(bytes), most), want);
        }
    }
}
