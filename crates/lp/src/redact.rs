//! Redactors: what is put in place of a value that must not be seen.
//!
//! What they are applied to is told by [`Layout::redact`](lp_core::encode::Layout::redact) and
//! [`Layout::redact_all`](lp_core::encode::Layout::redact_all).

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use lp_core::encode::{REDACTED, Redact};
use regex::bytes::Regex;
use sha2::Sha256;

/// Replaces a value as a whole by a mark.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    mark: Box<[u8]>,
}

impl Mark {
    /// With a mark of one's own.
    #[must_use]
    pub fn new(mark: &str) -> Self {
        Self { mark: mark.as_bytes().into() }
    }
}

/// `[REDACTED]`.
impl Default for Mark {
    fn default() -> Self {
        Self::new(REDACTED)
    }
}

impl Redact for Mark {
    fn redact(&self, _value: &[u8], out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(&self.mark);
        true
    }
}

/// Replaces what a regular expression matches, wherever it stands in a value, by what another redactor makes of it, and
/// leaves the rest.
///
/// The time it takes grows with the value's length and no faster, whatever the expression: the `regex` crate does not
/// backtrack.
#[derive(Clone, Debug)]
pub struct Pattern<R> {
    regex: Regex,
    replacement: R,
}

impl<R: Redact> Pattern<R> {
    /// With a redactor for each match: a [`Mark`], which is written as it is, `$1` too, or a [`KeyedHash`].
    #[must_use]
    pub const fn new(regex: Regex, replacement: R) -> Self {
        Self { regex, replacement }
    }
}

impl<R: Redact> Redact for Pattern<R> {
    fn redact(&self, value: &[u8], out: &mut Vec<u8>) -> bool {
        let mut end = 0;
        let mut is_changed = false;
        for found in self.regex.find_iter(value) {
            // Where nothing stands nothing is hidden.
            if found.is_empty() {
                continue;
            }
            out.extend_from_slice(&value[end..found.start()]);
            if !self.replacement.redact(found.as_bytes(), out) {
                out.extend_from_slice(found.as_bytes());
            }
            end = found.end();
            is_changed = true;
        }
        if is_changed {
            out.extend_from_slice(&value[end..]);
        }
        is_changed
    }
}

/// Replaces a value by a keyed hash of it, so that equal values stay equal: the first 128 bits of its HMAC-SHA-256
/// ([RFC 2104], [FIPS 180-4]), as 32 hexadecimal digits.
///
/// Without the key nobody can try out values to see which has that hash; so the key is a secret, and should have 32 random
/// bytes. Who has the key can try, and there are few enough addresses and numbers of cards to try them all.
///
/// [RFC 2104]: https://www.rfc-editor.org/rfc/rfc2104
/// [FIPS 180-4]: https://csrc.nist.gov/pubs/fips/180-4/upd1/final
#[derive(Clone)]
pub struct KeyedHash {
    keyed: Hmac<Sha256>,
}

/// Bytes of the hash that are shown.
const SHOWN: usize = 16;

impl KeyedHash {
    /// With a key.
    ///
    /// # Errors
    ///
    /// If the key is empty.
    pub fn new(key: &[u8]) -> Result<Self, EmptyKey> {
        if key.is_empty() {
            return Err(EmptyKey);
        }
        Hmac::new_from_slice(key).map(|keyed| Self { keyed }).map_err(|_| EmptyKey)
    }
}

impl Redact for KeyedHash {
    fn redact(&self, value: &[u8], out: &mut Vec<u8>) -> bool {
        let mut hmac = self.keyed.clone();
        hmac.update(value);
        for byte in hmac.finalize().into_bytes().iter().take(SHOWN) {
            out.extend([byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]));
        }
        true
    }
}

/// Without the key, which is nobody's business.
impl fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedHash").finish_non_exhaustive()
    }
}

/// A [`KeyedHash`] needs a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the key is empty")]
pub struct EmptyKey;

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(redact: &dyn Redact, value: &str) -> Option<String> {
        let mut out = Vec::new();
        let is_changed = redact.redact(value.as_bytes(), &mut out);
        assert!(is_changed || out.is_empty());
        is_changed.then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn marks() {
        assert_eq!(redacted(&Mark::default(), "x").as_deref(), Some("[REDACTED]"));
        assert_eq!(redacted(&Mark::new(""), "x").as_deref(), Some(""));
    }

    #[test]
    fn patterns_replace_what_they_match() {
        let mail = Pattern::new(Regex::new(r"[a-z]+@[a-z.]+").unwrap(), Mark::new("<$0>"));
        for (value, want) in [
            ("a@b.c", Some("<$0>")),
            ("from a@b.c to d@e, é", Some("from <$0> to <$0>, é")),
            ("nobody", None),
            ("", None),
        ] {
            assert_eq!(redacted(&mail, value).as_deref(), want, "{value}");
        }
        let hashed = Pattern::new(Regex::new("[0-9]+").unwrap(), KeyedHash::new(b"key").unwrap());
        let (once, twice) = (redacted(&hashed, "a 17").unwrap(), redacted(&hashed, "b 17 c 17").unwrap());
        let hash = once.strip_prefix("a ").unwrap();
        assert_eq!((hash.len(), twice), (32, format!("b {hash} c {hash}")));
        let maybe_nothing = Pattern::new(Regex::new("a*").unwrap(), Mark::new("-"));
        assert_eq!(redacted(&maybe_nothing, "bcb"), None);
        assert_eq!(redacted(&maybe_nothing, "baacab").as_deref(), Some("b-c-b"));
        let mut out = Vec::new();
        assert!(maybe_nothing.redact(b"\xFFa\xFF", &mut out));
        assert_eq!(out, b"\xFF-\xFF");
    }

    /// The second and third test cases of RFC 4231.
    #[test]
    fn hashes_are_hmac_sha_256() {
        let jefe = KeyedHash::new(b"Jefe").unwrap();
        assert_eq!(redacted(&jefe, "what do ya want for nothing?").unwrap(), "5bdcc146bf60754e6a042426089575c7");
        let third = KeyedHash::new(&[0xAA; 20]).unwrap();
        let mut out = Vec::new();
        assert!(third.redact(&[0xDD; 50], &mut out));
        assert_eq!(out, b"773ea91e36800e46854db8ebd09181a7");
        assert_eq!(KeyedHash::new(b"").unwrap_err(), EmptyKey);
        assert!(!format!("{jefe:?}").contains("Jefe"));
    }
}
