//! Strings of JSON that are short enough to mean something to lp: names, times, levels.

/// A string without its escapes. All that lp knows is ASCII and short; what is not, is no such string.
pub(super) enum Short<'a> {
    /// There are no escapes.
    Plain(&'a [u8]),
    Decoded([u8; MAX_LEN], usize),
}

/// Bytes of a string with escapes that is looked at.
const MAX_LEN: usize = 64;

impl<'a> Short<'a> {
    /// Decodes what stands between the quotes of a string, which must be valid. `None` where it has escapes and stands
    /// for something that is not ASCII or too long.
    #[inline]
    pub(super) fn new(raw: &'a [u8]) -> Option<Self> {
        if memchr::memchr(b'\\', raw).is_none() { Some(Self::Plain(raw)) } else { Self::decode(raw) }
    }

    #[cold]
    fn decode(raw: &[u8]) -> Option<Self> {
        let mut decoded = [0; MAX_LEN];
        let mut len = 0;
        let mut rest = raw;
        while let [byte, behind @ ..] = rest {
            let (byte, behind) = match (byte, behind) {
                (b'\\', [b'u', digits @ ..]) => (hex(digits.first_chunk()?)?, digits.get(4..)?),
                (b'\\', [escape, behind @ ..]) => (unescaped(*escape), behind),
                _ => (*byte, behind),
            };
            *decoded.get_mut(len)? = byte;
            len += 1;
            rest = behind;
        }
        Some(Self::Decoded(decoded, len))
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Plain(raw) => raw,
            Self::Decoded(decoded, len) => &decoded[..*len],
        }
    }
}

/// The ASCII character of four hexadecimal digits.
fn hex(digits: &[u8; 4]) -> Option<u8> {
    let code = digits.iter().try_fold(0, |code, &digit| Some(code * 16 + char::from(digit).to_digit(16)?))?;
    u8::try_from(code).ok().filter(u8::is_ascii)
}

fn unescaped(escape: u8) -> u8 {
    match escape {
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        itself => itself,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(raw: &str) -> Option<String> {
        Short::new(raw.as_bytes()).map(|text| String::from_utf8(text.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn escapes() {
        assert_eq!(decoded("2025\\u002d11").as_deref(), Some("2025-11"));
        assert_eq!(decoded("\\\\\\/\\\"\\u0041ü").as_deref(), Some("\\/\"Aü"));
        assert_eq!(decoded("\\ud800"), None);
        assert_eq!(decoded("\\u00fc"), None);
        assert_eq!(decoded(&"x".repeat(65)).unwrap().len(), 65);
        assert_eq!(decoded(&("\\n".to_owned() + &"x".repeat(63))).unwrap().len(), 64);
        assert_eq!(decoded(&("\\n".to_owned() + &"x".repeat(64))), None);
    }

    proptest! {
        #[test]
        fn equals_serde(text in "[ -~\\n\\t\\x08\\x0C\\r]{0,64}") {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(decoded(&json[1..json.len() - 1]), Some(text));
        }
    }
}
