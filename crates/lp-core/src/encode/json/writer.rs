//! The bytes of a record's line: numbers, and texts as JSON strings.

use crate::encode::json::digits::eight_digits;
use crate::escape::unescape;
use crate::scan::Vector;
use crate::span::Span;

/// Bytes of a text that are copied at a time.
pub(super) const TEXT_BLOCK: usize = 64;

/// Writes one record into the room there is. `None` means that there is not enough of it.
pub(super) struct Writer<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) at: usize,
}

impl Writer<'_> {
    #[inline(always)]
    pub(super) fn room<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        self.bytes.get_mut(self.at..)?.first_chunk_mut()
    }

    #[inline(always)]
    pub(super) fn slice(&mut self, slice: &[u8]) -> Option<()> {
        self.bytes.get_mut(self.at..)?.get_mut(..slice.len())?.copy_from_slice(slice);
        self.at += slice.len();
        Some(())
    }

    #[inline(always)]
    pub(super) fn number(&mut self, number: u64) -> Option<()> {
        if number >= 100_000_000 {
            return self.large_number(number);
        }
        // Without a branch on how many digits there are: eight, and those that are leading zeros shifted out.
        let digits = eight_digits(number as u32);
        let leading_zeros = (digits.trailing_zeros() / 8).min(7);
        let text = (digits | u64::from_ne_bytes([b'0'; 8])) >> (8 * leading_zeros);
        *self.room()? = text.to_le_bytes();
        self.at += 8 - leading_zeros as usize;
        Some(())
    }

    #[cold]
    #[inline(never)]
    fn large_number(&mut self, number: u64) -> Option<()> {
        let mut digits = itoa::Buffer::new();
        self.slice(digits.format(number).as_bytes())
    }

    /// The bytes of a span as the inside of a JSON string.
    #[inline(always)]
    pub(super) fn text<V: Vector>(
        &mut self,
        vector: V,
        text: &[u8],
        span: Span,
        decode: bool,
        decoded: &mut Vec<u8>,
    ) -> Option<()> {
        let begun = self.at;
        let mut rest = text.get(span.start()..).unwrap_or_default();
        let mut left = span.len().min(rest.len());
        loop {
            let padded;
            let block: &[u8; TEXT_BLOCK] = match rest.first_chunk() {
                Some(block) => block,
                None => {
                    padded = pad(rest);
                    &padded
                }
            };
            *self.room()? = *block;
            let mut special = vector.json_special(block);
            if left < TEXT_BLOCK {
                special &= (1 << left) - 1;
            }
            if special == 0 {
                if left <= TEXT_BLOCK {
                    self.at += left;
                    return Some(());
                }
                self.at += TEXT_BLOCK;
                rest = &rest[TEXT_BLOCK..];
                left -= TEXT_BLOCK;
                continue;
            }
            let clean = special.trailing_zeros() as usize;
            let byte = block[clean];
            if byte == b'"' || (byte == b'\\' && !decode) {
                // The common specials need no thought, so that an `extra` full of quotes is not slow.
                self.at += clean;
                self.slice(&[b'\\', byte])?;
                rest = &rest[clean + 1..];
                left -= clean + 1;
                continue;
            }
            self.at = begun;
            let field = text.get(span.start()..).and_then(|rest| rest.get(..span.len())).unwrap_or_default();
            return self.field(field, decode, decoded);
        }
    }

    /// A whole field that holds bytes which need thought.
    #[cold]
    #[inline(never)]
    fn field(&mut self, field: &[u8], decode: bool, decoded: &mut Vec<u8>) -> Option<()> {
        if decode {
            decoded.clear();
            unescape(field, decoded);
            if let Ok(text) = std::str::from_utf8(decoded) {
                return self.str(text);
            }
        }
        self.lossy(field)
    }

    /// Bytes that may not be UTF-8; each part that is not becomes U+FFFD.
    pub(super) fn lossy(&mut self, bytes: &[u8]) -> Option<()> {
        for chunk in bytes.utf8_chunks() {
            self.str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                self.slice("\u{FFFD}".as_bytes())?;
            }
        }
        Some(())
    }

    pub(super) fn str(&mut self, text: &str) -> Option<()> {
        let mut rest = text;
        while let Some(at) = rest.find(needs_escape) {
            let (clean, special) = rest.split_at(at);
            self.slice(clean.as_bytes())?;
            let mut chars = special.chars();
            if let Some(char) = chars.next() {
                self.escape(char)?;
            }
            rest = chars.as_str();
        }
        self.slice(rest.as_bytes())
    }

    pub(super) fn escape(&mut self, char: char) -> Option<()> {
        let short = match char {
            '"' => b'"',
            '\\' => b'\\',
            '\u{8}' => b'b',
            '\u{C}' => b'f',
            '\n' => b'n',
            '\r' => b'r',
            '\t' => b't',
            _ => {
                let code = char as u32;
                let digit = |shift: u32| b"0123456789abcdef"[(code >> shift & 15) as usize];
                return self.slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
            }
        };
        self.slice(&[b'\\', short])
    }
}

/// Characters that never stand as they are: JSON's own, all controls, and the line separators.
fn needs_escape(char: char) -> bool {
    char.is_control() || matches!(char, '"' | '\\' | '\u{2028}' | '\u{2029}')
}

/// A block of the input from a span's first byte on, if there is as much.
#[inline(always)]
pub(super) fn block(text: &[u8], span: Span) -> Option<&[u8; TEXT_BLOCK]> {
    // Where the start stands for no place, the text is not as long; nor is the end below it, should it wrap.
    text.get(span.start()..span.start().wrapping_add(TEXT_BLOCK))?.first_chunk()
}

/// The last bytes of an input, filled up to a block.
#[cold]
fn pad(rest: &[u8]) -> [u8; TEXT_BLOCK] {
    let mut block = [0; TEXT_BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_what_display_says(number: u64, shift in 0_u32..64) {
            let number = number >> shift;
            let mut bytes = [0; 32];
            let mut writer = Writer { bytes: &mut bytes, at: 0 };
            prop_assert!(writer.number(number).is_some());
            let len = writer.at;
            prop_assert_eq!(std::str::from_utf8(&bytes[..len]).unwrap(), number.to_string());
        }
    }
}
