//! What was JSON before and stays as it is: numbers, values, members of objects.

use crate::encode::json::writer::Writer;
use crate::format::json::is_number;

impl Writer<'_> {
    /// A number as it stands, or else a text. No bytes are no value.
    #[inline(always)]
    pub(super) fn decimal(&mut self, bytes: &[u8]) -> Option<()> {
        if bytes.is_empty() {
            return self.slice(b"null");
        }
        if is_number(bytes) {
            return self.slice(bytes);
        }
        self.slice(b"\"")?;
        self.lossy(bytes)?;
        self.slice(b"\"")
    }

    /// Members of an object, behind others.
    #[inline(always)]
    pub(super) fn members(&mut self, bytes: &[u8]) -> Option<()> {
        if bytes.is_empty() {
            return Some(());
        }
        self.slice(b",")?;
        self.json(bytes)
    }

    /// Valid JSON, or a part of it. What may not reach a terminal is escaped in it: outside of strings only white space
    /// can be meant, within them an escape means the same.
    #[inline(always)]
    pub(super) fn json(&mut self, bytes: &[u8]) -> Option<()> {
        if bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.slice(bytes);
        }
        self.unusual_json(bytes)
    }

    /// The inside of a JSON string, as it stands if it is one; else all of it is shown as it was logged.
    #[cold]
    #[inline(never)]
    pub(super) fn json_text(&mut self, bytes: &[u8]) -> Option<()> {
        let is_string = is_string_content(bytes) && std::str::from_utf8(bytes).is_ok();
        if is_string { self.unusual_json(bytes) } else { self.lossy(bytes) }
    }

    #[cold]
    #[inline(never)]
    fn unusual_json(&mut self, bytes: &[u8]) -> Option<()> {
        for chunk in bytes.utf8_chunks() {
            for char in chunk.valid().chars() {
                match char {
                    '\t' | '\n' | '\r' => self.slice(b" ")?,
                    char if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') => self.escape(char)?,
                    char => self.slice(char.encode_utf8(&mut [0; 4]).as_bytes())?,
                }
            }
            if !chunk.invalid().is_empty() {
                self.slice("\u{FFFD}".as_bytes())?;
            }
        }
        Some(())
    }
}

/// Whether the bytes, put between quotes, are a string as [JSON](https://www.rfc-editor.org/rfc/rfc8259#section-7)
/// writes it, apart from bytes that are not UTF-8.
pub(in crate::encode) fn is_string_content(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let [byte, behind @ ..] = rest {
        rest = match (byte, behind) {
            (b'\\', [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', behind @ ..]) => behind,
            (b'\\', [b'u', a, b, c, d, behind @ ..]) if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => {
                behind
            }
            (b'"' | b'\\' | ..b' ', _) => return false,
            _ => behind,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn strings_are_those_of_serde(text in r#"([a ü"\t]|\\\\[nu"\\\\x/0]|\\\\u00[0-9a-fg]{2}){0,5}"#) {
            let want = serde_json::from_str::<&serde_json::value::RawValue>(&format!("\"{text}\"")).is_ok();
            prop_assert_eq!(is_string_content(text.as_bytes()), want, "{:?}", text);
        }
    }

    #[test]
    fn nothing_in_json_speaks_to_a_terminal() {
        let mut bytes = [0; 100];
        let mut writer = Writer { bytes: &mut bytes, at: 0 };
        writer.json("{\"a\":\t\"ü\u{9B}31m\u{7F}\u{2028}\"\r}".as_bytes()).unwrap();
        let len = writer.at;
        assert_eq!(std::str::from_utf8(&bytes[..len]).unwrap(), "{\"a\": \"ü\\u009b31m\\u007f\\u2028\" }");
    }
}
