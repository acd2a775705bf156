//! Texts: where one may end, and what is in it.

use std::ops::Range;

use memchr::{memchr_iter, memrchr};

use super::literal::find_near;
use super::value::{Align, Pad};

/// Where the method ends and where the protocol begins in `METHOD target HTTP/x`; `None` for any other text. The
/// target may hold spaces.
#[inline(always)]
pub(super) fn split_request(text: &[u8]) -> Option<(usize, usize)> {
    let first = find_near(b' ', text)?;
    // `HTTP/1.1` is what stands at the end of nearly every request.
    let last = match text.last_chunk::<9>() {
        Some([b' ', b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9']) => text.len() - 9,
        _ => memrchr(b' ', text)?,
    };
    let fits = first > 0 && last > first + 1 && text[last + 1..].starts_with(b"HTTP/");
    fits.then_some((first, last + 1))
}

/// The first quote from `from` on that has an even number of backslashes before it.
#[inline(always)]
pub(super) fn first_quote(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    // Nearly always it is the first one.
    let quote = from + find_near(b'"', rest)?;
    if quote == from || text[quote - 1] != b'\\' {
        return Some(quote);
    }
    memchr_iter(b'"', rest).map(|quote| from + quote).find(|&quote| {
        let backslashes = text[from..quote].iter().rev().take_while(|&&byte| byte == b'\\').count();
        backslashes % 2 == 0
    })
}

/// Whether the place is within a list: `10.0.0.1, 10.0.0.2`, `0.1 : 0.2`.
pub(super) fn continues_list(text: &[u8], start: usize, end: usize) -> bool {
    let before = &text[start..end];
    text[end] == b' '
        && (before.ends_with(b",") || before.ends_with(b" :") || text[end..].starts_with(b" : ") || before == b":")
}

/// Whether a value that is filled up to a width may end at `end`. No more of it is looked at than the longest characters
/// would need, since it is asked of every place.
pub(super) fn is_filled(pad: Option<Pad>, text: &[u8], start: usize, end: usize) -> bool {
    pad.is_none_or(|pad| end - start >= MOST_CHARACTER_BYTES * pad.width || characters(&text[start..end]) >= pad.width)
}

/// Bytes of a character in UTF-8.
const MOST_CHARACTER_BYTES: usize = 4;

/// A value without what it was filled up with.
pub(super) fn unpadded(pad: Option<Pad>, text: &[u8], start: usize, end: usize) -> Range<usize> {
    let Some(pad) = pad else { return start..end };
    let (mut start, mut end) = (start, end);
    if characters(&text[start..end]) > pad.width {
        return start..end;
    }
    while pad.align != Align::Left && start < end && text[start] == pad.fill {
        start += 1;
    }
    while pad.align != Align::Right && start < end && text[end - 1] == pad.fill {
        end -= 1;
    }
    start..end
}

/// How many characters bytes are; each that is not UTF-8 counts as one or none.
pub(super) fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

/// Whether a byte may be part of a name: of a logger, a file, a function, a process.
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'<' | b'>' | b'/' | b'$' | 0x80..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_filled_up_to_its_width() {
        let pad = Some(Pad { width: 3, align: Align::Left, fill: b' ' });
        let filled = |text: &str| is_filled(pad, text.as_bytes(), 0, text.len());
        for text in ["a  ", "\u{e9}\u{e9}\u{e9}", "\u{1F600}\u{1F600}\u{1F600}", "abcd"] {
            assert!(filled(text), "{text}");
        }
        for text in ["", "a ", "\u{e9}\u{e9}", "\u{1F600}\u{1F600}"] {
            assert!(!filled(text), "{text}");
        }
        assert!(is_filled(None, b"", 0, 0));
    }

    /// What is not UTF-8 may have no characters however long it is; no more of it is looked at.
    #[test]
    fn so_many_bytes_fill_any_width() {
        let pad = Some(Pad { width: 3, align: Align::Left, fill: b' ' });
        assert!(!is_filled(pad, &[0x80; 11], 0, 11));
        assert!(is_filled(pad, &[0x80; 12], 0, 12));
    }
}
