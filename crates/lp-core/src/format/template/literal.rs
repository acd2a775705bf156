//! A fixed text between two values.

use memchr::memchr;

/// A text that stands between values, and the byte in it that is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Literal {
    bytes: Box<[u8]>,
    /// The place in it of a byte that is rare in values.
    rare: usize,
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
        Self { bytes, rare }
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
        let Some(rest) = text.get(at..) else { return false };
        // The usual lengths without a call.
        match *self.bytes {
            [] => true,
            [a] => rest.first() == Some(&a),
            [a, b] => rest.len() > 1 && rest[0] == a && rest[1] == b,
            [a, b, c] => rest.len() > 2 && rest[0] == a && rest[1] == b && rest[2] == c,
            ref bytes => rest.starts_with(bytes),
        }
    }

    /// The first place at or behind `from` where it stands. An empty one stands everywhere.
    #[inline(always)]
    pub(crate) fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let Some(&rare) = self.bytes.get(self.rare) else { return (from <= text.len()).then_some(from) };
        let mut at = from + self.rare;
        loop {
            at += memchr(rare, text.get(at..)?)?;
            if self.stands_at(text, at - self.rare) {
                return Some(at - self.rare);
            }
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_windows_find(text in "[ab \"-]{0,20}", literal in "[ab \"-]{0,5}", from in 0_usize..24) {
            let want = text.get(from..).and_then(|rest| rest.find(&literal)).map(|at| from + at);
            prop_assert_eq!(Literal::new(literal.as_bytes()).find(text.as_bytes(), from), want);
        }
    }
}
