//! Texts without the escapes that they are logged with.

use lp_core::unescape;

use super::texts::Writing;

/// What the text says.
pub(super) fn decoded(text: &[u8], writing: Writing) -> Vec<u8> {
    let mut out = Vec::new();
    match writing {
        Writing::Plain => out.extend_from_slice(text),
        Writing::Escaped => unescape(text, &mut out),
        Writing::JsonText => json_unescape(text, &mut out),
    }
    out
}

/// Appends the inside of a JSON string without its escapes; what is no escape, or half a character, is kept as it is.
fn json_unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(place) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..place]);
        rest = &rest[place..];
        let (char, len) = match rest.get(1) {
            Some(b'n') => ('\n', 2),
            Some(b't') => ('\t', 2),
            Some(b'r') => ('\r', 2),
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{C}', 2),
            Some(byte @ (b'"' | b'\\' | b'/')) => (char::from(*byte), 2),
            Some(b'u') => utf16(rest).unwrap_or(('\\', 1)),
            _ => ('\\', 1),
        };
        out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &rest[len..];
    }
    out.extend_from_slice(rest);
}

/// The character that `\uXXXX`, or two of these, stand for, and their length.
fn utf16(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
        u16::from_str_radix(std::str::from_utf8(digits).ok().filter(|_| is_hex)?, 16).ok()
    };
    let units = [unit(0)?, unit(6).unwrap_or(0)];
    let char = char::decode_utf16(units).next()?.ok()?;
    Some((char, 6 * char.len_utf16()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        for (text, want) in [
            ("", ""),
            ("plain", "plain"),
            (r#"a\n\t\"\\\/b"#, "a\n\t\"\\/b"),
            (r"\u00e9\uD83D\uDE00.", "é😀."),
            (r"\uD83Dx", r"\uD83Dx"),
            (r"\u00", r"\u00"),
            (r"\u+0e9", r"\u+0e9"),
            (r"\q\", r"\q\"),
        ] {
            assert_eq!(String::from_utf8(decoded(text.as_bytes(), Writing::JsonText)).unwrap(), want);
        }
        assert_eq!(decoded(br"\xFF", Writing::Escaped), b"\xFF");
        assert_eq!(decoded(br"\xFF", Writing::Plain), br"\xFF");
    }
}
