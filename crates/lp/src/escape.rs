//! Texts as they stand in a log, and what they say.

use std::borrow::Cow;

use lp_core::format::json;
use lp_core::{Kind, unescape};

/// How a text is escaped in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Escape {
    None,
    /// As web servers do.
    Log,
    /// As in a string of JSON.
    Json,
}

impl Escape {
    /// That of a field of this kind.
    pub(crate) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Log,
            Kind::JsonText => Self::Json,
            _ => Self::None,
        }
    }

    /// The text as the output shows it: decoded where the result is UTF-8, and else with U+FFFD for what is not.
    pub(crate) fn decode(self, text: &[u8]) -> Cow<'_, str> {
        let decoded = match self {
            Self::None => None,
            _ if memchr::memchr(b'\\', text).is_none() => None,
            Self::Json => json::string(text),
            Self::Log => {
                let mut decoded = Vec::with_capacity(text.len());
                unescape(text, &mut decoded);
                String::from_utf8(decoded).ok().map(Cow::Owned)
            }
        };
        decoded.unwrap_or_else(|| String::from_utf8_lossy(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded_as_they_are_shown() {
        for (escape, text, want) in [
            (Escape::Log, &br"\xC3\xA9 \q"[..], "é \\q"),
            (Escape::Log, br"\xFF", "\\xFF"),
            (Escape::Log, b"\\x41\xFF", "\\x41\u{FFFD}"),
            (Escape::Json, br"\u00e9\n", "é\n"),
            (Escape::Json, br"\u00e9\q", "\\u00e9\\q"),
            (Escape::None, br"\x41", "\\x41"),
            (Escape::None, b"\xFF", "\u{FFFD}"),
        ] {
            assert_eq!(escape.decode(text), want);
        }
    }
}
