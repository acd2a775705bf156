//! The scanner that goes through a line byte by byte: the definition of what JSON is.
//!
//! It is [RFC 8259] to the letter: UTF-8, no control characters in strings, no other spaces than its four, any number
//! that its grammar allows, any `\u` escape (half a surrogate pair too, which stands for nothing but is allowed). Two
//! choices are its own, as the standard leaves them open: a byte order mark before it all is skipped, and objects and
//! arrays may be nested [`MAX_DEPTH`] deep. Nothing is recursive.
//!
//! [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259

use super::found::Member;
use super::{BYTE_ORDER_MARK, is_space};
use crate::error::Reason;

/// How deep objects and arrays may be nested, the outermost counted. simd-json has the same limit.
const MAX_DEPTH: usize = 1024;

/// Why a line is no object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Refusal {
    pub(super) reason: Reason,
    /// The first byte with which it cannot be JSON any more, or the first of the value that is no object.
    pub(super) at: usize,
}

/// Scans a line that should be an object, and calls `with` for each of its members: what stands between the quotes of
/// the key, and the member's place. Where the line turns out not to be JSON, it has been called for some.
pub(super) fn members<'a>(text: &'a [u8], with: impl FnMut(&'a [u8], Member)) -> Result<(), Refusal> {
    let valid = match std::str::from_utf8(text) {
        Ok(_) => text,
        Err(error) => text.get(..error.valid_up_to()).unwrap_or_default(),
    };
    let at = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let mut scanner = Scanner { text: valid, at, kinds: [0; _], depth: 0 };
    scanner.spaces();
    let start = scanner.at;
    let is_object = scanner.peek() == Some(b'{');
    let scanned = if is_object { scanner.object(text.len(), with) } else { scanner.value() };
    if scanned.is_ok() {
        scanner.spaces();
    }
    if scanned.is_err() || scanner.at < text.len() {
        Err(Refusal { reason: Reason::InvalidJson, at: scanner.at })
    } else if !is_object {
        Err(Refusal { reason: Reason::NotAnObject, at: start })
    } else {
        Ok(())
    }
}

/// It is not JSON: the byte at which the scanner stands cannot be there, or is missing.
struct Stop;

struct Scanner<'a> {
    text: &'a [u8],
    /// The next byte to be read.
    at: usize,
    /// Which of the objects and arrays that are open are objects, a bit each.
    kinds: [u64; MAX_DEPTH / 64],
    /// How many are open.
    depth: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn spaces(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        if self.peek() != Some(byte) {
            return Err(Stop);
        }
        self.at += 1;
        Ok(())
    }

    /// The outermost object, of a line that ends there.
    fn object(&mut self, line_end: usize, mut with: impl FnMut(&'a [u8], Member)) -> Result<(), Stop> {
        self.open()?;
        if self.peek() != Some(b'}') {
            loop {
                let start = self.at;
                self.string()?;
                let quote = self.at - 1;
                let key = self.text.get(start + 1..quote).unwrap_or_default();
                self.colon()?;
                self.value()?;
                self.spaces();
                let is_last = self.peek() != Some(b',');
                let next = if is_last {
                    line_end
                } else {
                    self.at += 1;
                    self.spaces();
                    self.at
                };
                let [start, quote, next] = [start, quote, next].map(|place| place as u32);
                with(key, Member { start, quote, next });
                if is_last {
                    break;
                }
            }
        }
        self.depth -= 1;
        self.expect(b'}')
    }

    /// A value with all that is in it.
    fn value(&mut self) -> Result<(), Stop> {
        let outside = self.depth;
        loop {
            match self.peek() {
                Some(b'{') => {
                    self.open()?;
                    if self.peek() != Some(b'}') {
                        self.string()?;
                        self.colon()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.open()?;
                    if self.peek() != Some(b']') {
                        continue;
                    }
                }
                Some(b'"') => self.string()?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.literal(b"true")?,
                Some(b'f') => self.literal(b"false")?,
                Some(b'n') => self.literal(b"null")?,
                _ => return Err(Stop),
            }
            // Behind a value, or where the first one of an object or array could be but is not.
            loop {
                if self.depth == outside {
                    return Ok(());
                }
                self.spaces();
                let in_object = self.is_in_object();
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        self.spaces();
                        if in_object {
                            self.string()?;
                            self.colon()?;
                        }
                        break;
                    }
                    Some(b'}') if in_object => {}
                    Some(b']') if !in_object => {}
                    _ => return Err(Stop),
                }
                self.at += 1;
                self.depth -= 1;
            }
        }
    }

    /// The opening bracket of an object or array, and the spaces behind it.
    fn open(&mut self) -> Result<(), Stop> {
        let kinds = self.kinds.get_mut(self.depth / 64).ok_or(Stop)?;
        let bit = 1 << (self.depth % 64);
        *kinds = if self.text.get(self.at) == Some(&b'{') { *kinds | bit } else { *kinds & !bit };
        self.depth += 1;
        self.at += 1;
        self.spaces();
        Ok(())
    }

    fn is_in_object(&self) -> bool {
        let innermost = self.depth - 1;
        self.kinds.get(innermost / 64).is_some_and(|kinds| kinds >> (innermost % 64) & 1 == 1)
    }

    /// What stands between a key and its value.
    fn colon(&mut self) -> Result<(), Stop> {
        self.spaces();
        self.expect(b':')?;
        self.spaces();
        Ok(())
    }

    fn string(&mut self) -> Result<(), Stop> {
        self.expect(b'"')?;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let ordinary = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..b' ');
            self.at += rest.iter().position(|byte| !ordinary(byte)).unwrap_or(rest.len());
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                _ => return Err(Stop),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Stop> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(Stop);
                    }
                    self.at += 1;
                }
            }
            _ => return Err(Stop),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Stop> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// At least one.
    fn digits(&mut self) -> Result<(), Stop> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count > 0 { Ok(()) } else { Err(Stop) }
    }

    fn literal(&mut self, literal: &[u8]) -> Result<(), Stop> {
        literal.iter().try_for_each(|&byte| self.expect(byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scanned(text: &[u8]) -> Result<usize, (Reason, usize)> {
        let mut count = 0;
        members(text, |_, _| count += 1).map(|()| count).map_err(|refusal| (refusal.reason, refusal.at))
    }

    #[test]
    fn what_is_an_object() {
        for (text, want) in [
            ("{}", 0),
            (" { }\t\r", 0),
            ("{\"a\":1}", 1),
            ("{\"a\":1,\"a\":2}", 2),
            ("\u{FEFF}\t{\"\" : -0.0e-00 , \"b\\\"\":[{},[],[[]],{\"c\":{}}] }", 2),
            ("{\"a\":1e400,\"b\":12345678901234567890123,\"c\":1E+99999999999999999999}", 3),
            ("{\"a\":\"\\ud800\",\"\\udfff\":\"\\u0000\"}", 2),
            ("{\"a\":true,\"b\":false,\"c\":null}", 3),
        ] {
            assert_eq!(scanned(text.as_bytes()), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_not() {
        for (text, at) in [
            (&b"  "[..], 2),
            (b"hello", 0),
            (b"{", 1),
            (b"{\"a\"", 4),
            (b"{\"a\":", 5),
            (b"{\"a\":1", 6),
            (b"{\"a\":1,", 7),
            (b"{\"a\":1,}", 7),
            (b"{,}", 1),
            (b"{a:1}", 1),
            (b"{'a':1}", 1),
            (b"{\"a\" 1}", 5),
            (b"{\"a\":1 \"b\":2}", 7),
            (b"{\"a\":01}", 6),
            (b"{\"a\":+1}", 5),
            (b"{\"a\":-}", 6),
            (b"{\"a\":1.}", 7),
            (b"{\"a\":.5}", 5),
            (b"{\"a\":1e}", 7),
            (b"{\"a\":1e+}", 8),
            (b"{\"a\":NaN}", 5),
            (b"{\"a\":nul}", 8),
            (b"{\"a\":nulll}", 9),
            (b"{\"a\":True}", 5),
            (b"{\"a\":[1,]}", 8),
            (b"{\"a\":[1}", 7),
            (b"{\"a\":{\"b\":1]", 11),
            (b"{\"a\":[}]}", 6),
            (b"{\"a\":\"\t\"}", 6),
            (b"{\"a\":\"\\x\"}", 7),
            (b"{\"a\":\"\\u12g4\"}", 10),
            (b"{\"a\":\"\xFF\"}", 6),
            (b"{\"a\":\"\xC3", 6),
            (b"{}\xFF", 2),
            (b"{}\0", 2),
            (b"\0{}", 0),
            (b"{\0}", 1),
            (b"{}{}", 2),
            (b"{}\x0C", 2),
            (b"{\"a\":1}//", 7),
            (b"\xEF\xBB\xBF\xEF\xBB\xBF{}", 3),
            (b" \xEF\xBB\xBF{}", 1),
            (b"12 a", 3),
            (b"[1,2", 4),
        ] {
            assert_eq!(scanned(text), Err((Reason::InvalidJson, at)), "{}", String::from_utf8_lossy(text));
        }
        for (text, at) in [("[]", 0), (" [{\"a\":1}]", 1), ("1", 0), ("\"{}\"", 0), ("null ", 0)] {
            assert_eq!(scanned(text.as_bytes()), Err((Reason::NotAnObject, at)), "{text}");
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize, [open, close]: [&str; 2]| {
            format!("{{\"a\":{}1{}}}", open.repeat(depth - 1), close.repeat(depth - 1))
        };
        for brackets in [["[", "]"], ["{\"b\":", "}"]] {
            assert_eq!(scanned(nested(MAX_DEPTH, brackets).as_bytes()), Ok(1));
            let at = "{\"a\":".len() + (MAX_DEPTH - 1) * brackets[0].len();
            let refused = Err((Reason::InvalidJson, at));
            assert_eq!(scanned(nested(MAX_DEPTH + 1, brackets).as_bytes()), refused);
            assert_eq!(scanned(nested(100 * MAX_DEPTH, brackets).as_bytes()), refused);
        }
        assert_eq!(
            scanned(format!("{}1{}", "[{\"a\":".repeat(512), "}]".repeat(512)).as_bytes()),
            Err((Reason::NotAnObject, 0))
        );
        assert_eq!(
            scanned(format!("{}1{}", "[{\"a\":".repeat(513), "}]".repeat(513)).as_bytes()),
            Err((Reason::InvalidJson, 512 * 6))
        );
    }

    /// Texts that are often JSON.
    fn almost_json() -> impl Strategy<Value = Vec<u8>> {
        let token = prop_oneof![
            8 => prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"a\"", "\"\"", "\"\\n\\u00e4\"", "\"ü\"", "0", "-1", "1.5e3", "1E400",
                "12345678901234567890123", "true", "false", "null", " ", "\t", "\r", "{}", "[]", "{\"a\":1}", ",\"b\":",
            ]).prop_map(|token| token.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 1..3),
            1 => prop::sample::select(vec!["\"", "\\", "\u{0}", "\u{FEFF}", "01", "1.", "tru", "\"\\ud800\"", "\"\\uD83D\\uDE00\""])
                .prop_map(|token| token.as_bytes().to_vec()),
        ];
        (prop::collection::vec(token, 0..12), any::<bool>()).prop_map(|(tokens, wrapped)| {
            let text = tokens.concat();
            if wrapped { [&b"{\"k\":"[..], &text, b"}"].concat() } else { text }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

        /// serde_json checks the grammar of what it is not asked to decode, but for the depth.
        #[test]
        fn json_is_what_serde_takes(text in almost_json()) {
            let json = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
            let want = serde_json::from_slice::<&serde_json::value::RawValue>(json).is_ok();
            let got = scanned(&text);
            let is_json = !matches!(got, Err((Reason::InvalidJson, _)));
            prop_assert_eq!(is_json, want, "{:?} {}", got, String::from_utf8_lossy(&text));
        }
    }
}
