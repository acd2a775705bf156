//! A fixed text between two values.

use memchr::memchr;

/// A text that stands between values, and the byte in it that is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Literal {
    bytes: Box<[u8]>,
    /// The place in it of a byte that is rare in values.
    rare: usize,
    /// Its first four bytes, the first of them lowest, and which of these bits it has.
    first: u32,
    mask: u32,
}

impl Literal {
    pub(crate) fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        let bytes = bytes.into();
        // Punctuation is rarer than letters and digits; spaces, dots and slashes are everywhere.
        let rareness = |byte: u8| match byte {
            b' ' | b'.' | b'/' | b':' | b',' => 1,
            byte if byte.is_ascii_alphanumeric() => 0,
            _ => 2,
        };
        let rare = (0..bytes.len()).rev().max_by_key(|&at| rareness(bytes[at])).unwrap_or(0);
        let (mut first, mut mask) = ([0; 4], [0; 4]);
        for (at, &byte) in bytes.iter().take(4).enumerate() {
            (first[at], mask[at]) = (byte, 0xFF);
        }
        Self { bytes, rare, first: u32::from_le_bytes(first), mask: u32::from_le_bytes(mask) }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn starts_with_quote(&self) -> bool {
        self.bytes.first() == Some(&b'"')
    }

    /// Whether it stands at `at`.
    #[inline(always)]
    pub(crate) fn stands_at(&self, text: &[u8], at: usize) -> bool {
        // The usual lengths without a call: as many bytes as four hold, compared at once.
        if let Some(near) = text.get(at..).and_then(<[u8]>::first_chunk)
            && self.bytes.len() <= 4
        {
            return (u32::from_le_bytes(*near) ^ self.first) & self.mask == 0;
        }
        text.get(at..).is_some_and(|rest| rest.starts_with(&self.bytes))
    }

    /// The first place at or behind `from` where it stands. An empty one stands everywhere.
    #[inline(always)]
    pub(crate) fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let Some(&rare) = self.bytes.get(self.rare) else { return (from <= text.len()).then_some(from) };
        let mut at = from + self.rare;
        loop {
            at += find_near(rare, text.get(at..)?)?;
            if self.stands_at(text, at - self.rare) {
                return Some(at - self.rare);
            }
            at += 1;
        }
    }
}

/// As `memchr`, but without a call where it stands among the first 16 bytes, as it mostly does.
#[inline(always)]
pub(super) fn find_near(byte: u8, text: &[u8]) -> Option<usize> {
    let Some(near) = text.first_chunk::<16>() else { return memchr(byte, text) };
    // A byte is zero where it was the one that is looked for; the lowest bit that is set then marks the first of them.
    // (Bits above it may be set in error by a borrow.)
    const EACH: u128 = u128::from_ne_bytes([1; 16]);
    let zero_if_found = u128::from_le_bytes(*near) ^ (EACH * byte as u128);
    let found = zero_if_found.wrapping_sub(EACH) & !zero_if_found & (EACH << 7);
    if found != 0 {
        return Some(found.trailing_zeros() as usize / 8);
    }
    memchr(byte, &text[16..]).map(|at| at + 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn near_and_far(text: Vec<u8>, byte: u8, few: bool) {
            let text: Vec<u8> = if few { text.iter().map(|byte| byte % 4).collect() } else { text };
            let byte = if few { byte % 4 } else { byte };
            prop_assert_eq!(find_near(byte, &text), text.iter().position(|&other| other == byte));
        }

        #[test]
        fn finds_what_windows_find(text in "[ab \"-]{0,20}", literal in "[ab \"-]{0,5}", from in 0_usize..24) {
            let want = text.get(from..).and_then(|rest| rest.find(&literal)).map(|at| from + at);
            prop_assert_eq!(Literal::new(literal.as_bytes()).find(text.as_bytes(), from), want);
        }
    }
}
