//! The escapes in the texts of expressions.

use super::error::FilterError;

/// What a text says, given what stands between its quotes, which begins at `start`.
pub(super) fn unescape(content: &str, start: usize) -> Result<String, FilterError> {
    let mut decoded = String::with_capacity(content.len());
    let mut rest = content;
    while let Some((before, escape)) = rest.split_once('\\') {
        decoded.push_str(before);
        match decode(escape) {
            Some((char, len)) => {
                decoded.push(char);
                rest = &escape[len..];
            }
            None => {
                let at = start + content.len() - escape.len() - 1;
                let len = 1 + escape.chars().next().map_or(0, char::len_utf8);
                let what = "this is no escape; a backslash is written `\\\\`, or the text as r\"…\"";
                return Err(FilterError::syntax(at..at + len, what));
            }
        }
    }
    decoded.push_str(rest);
    Ok(decoded)
}

/// The character of an escape whose backslash has been read, and the length of what is behind the backslash.
fn decode(escape: &str) -> Option<(char, usize)> {
    let char = match escape.bytes().next()? {
        char @ (b'\\' | b'?' | b'"' | b'\'' | b'`') => char::from(char),
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b'f' => '\u{C}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'v' => '\u{B}',
        b'x' | b'X' => return numbered(escape, 1, 2, 16),
        b'u' => return numbered(escape, 1, 4, 16).or_else(|| surrogates(escape)),
        b'U' => return numbered(escape, 1, 8, 16),
        b'0'..=b'3' => return numbered(escape, 0, 3, 8),
        _ => return None,
    };
    Some((char, 1))
}

/// The character whose number stands in `len` digits from `start` on.
fn numbered(escape: &str, start: usize, len: usize, radix: u32) -> Option<(char, usize)> {
    let code = digits(escape.get(start..start + len)?, radix)?;
    Some((char::from_u32(code)?, start + len))
}

/// A character in two escapes: `uD83D\uDE00`.
fn surrogates(escape: &str) -> Option<(char, usize)> {
    let high = digits(escape.get(1..5)?, 16)?;
    let low = digits(escape.get(5..11)?.strip_prefix("\\u")?, 16)?;
    if !(0xD800..0xDC00).contains(&high) || !(0xDC00..0xE000).contains(&low) {
        return None;
    }
    Some((char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00))?, 11))
}

fn digits(text: &str, radix: u32) -> Option<u32> {
    text.chars().try_fold(0, |code: u32, digit| Some(code.checked_mul(radix)? + digit.to_digit(radix)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for (content, want) in [
            ("", ""),
            ("a ü", "a ü"),
            (r#"\\\?\"\'\`"#, "\\?\"'`"),
            (r"\a\b\f\n\r\t\v", "\u{7}\u{8}\u{C}\n\r\t\u{B}"),
            (r"\x41\XfF\101\377\u00fc\U0001F600", "AÿAÿü\u{1F600}"),
            (r"\ud83d\ude00!", "\u{1F600}!"),
        ] {
            assert_eq!(unescape(content, 0).unwrap(), want, "{content}");
        }
    }

    #[test]
    fn what_is_no_escape() {
        for (content, at) in [
            (r"\d", 7..9),
            (r"ab\é", 9..12),
            (r"\x4", 7..9),
            (r"\x4g", 7..9),
            (r"\400", 7..9),
            (r"\38", 7..9),
            (r"\ud83d", 7..9),
            (r"\ude00\ud83d", 7..9),
            (r"\U00110000", 7..9),
            (r"\Uffffffff", 7..9),
            ("\\", 7..8),
        ] {
            assert_eq!(unescape(content, 7).unwrap_err().at(), at, "{content}");
        }
    }
}
