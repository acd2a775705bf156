//! The members of JSON objects, in text that is known to be JSON: found, decoded, and rewritten where some must not be seen.
//!
//! With text that is no JSON the members end early; nothing worse happens.

use super::redact::{Buffers, REDACTED, Rules, apply};

/// A member of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Member<'a> {
    /// What stands between the quotes of its name, escapes and all.
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
}

impl Member<'_> {
    /// Whether its name is this one.
    pub(super) fn is_named(&self, name: &str) -> bool {
        if memchr::memchr(b'\\', self.key).is_none() {
            return self.key == name.as_bytes();
        }
        let mut key = String::new();
        unescape_json(self.key, &mut key);
        key == name
    }
}

/// The members in `"a":1,"b":[2]`, as they stand between the braces of an object.
#[derive(Clone, Debug)]
pub(super) struct Members<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Members<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Those of an object with its braces; none if it is no object.
    pub(super) fn of_object(text: &'a [u8]) -> Self {
        let text = text.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(text).trim_ascii();
        Self::new(text.strip_prefix(b"{").and_then(|text| text.strip_suffix(b"}")).unwrap_or_default())
    }

    fn skip(&mut self, byte: u8) -> Option<()> {
        self.spaces();
        (self.text.get(self.at) == Some(&byte)).then(|| self.at += 1)
    }

    fn spaces(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        self.skip(b'"')?;
        let key = self.at;
        self.at = string_end(self.text, key)?;
        let key = &self.text[key..self.at - 1];
        self.skip(b':')?;
        self.spaces();
        let value = self.at;
        self.at = value_end(self.text, value)?;
        let value = &self.text[value..self.at];
        // None behind the last.
        let _ = self.skip(b',');
        Some(Member { key, value })
    }
}

/// The end of a string, behind its quote, of which the first byte between the quotes is at `at`.
fn string_end(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The end of the value that begins at `at`.
fn value_end(text: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut end = at;
    loop {
        match text.get(end) {
            Some(b'"') => end = string_end(text, end + 1)?,
            Some(b'{' | b'[') => {
                depth += 1;
                end += 1;
            }
            Some(b'}' | b']') if depth > 0 => {
                depth -= 1;
                end += 1;
            }
            Some(b',' | b':' | b' ' | b'\t' | b'\r' | b'\n') if depth > 0 => {
                end += 1;
                continue;
            }
            Some(b',' | b':' | b'}' | b']') | None => return None,
            Some(_) => end += scalar_len(&text[end..]),
        }
        if depth == 0 {
            return Some(end);
        }
    }
}

/// The bytes of a number, `true`, `false` or `null`.
fn scalar_len(text: &[u8]) -> usize {
    text.iter()
        .take_while(|byte| !matches!(byte, b',' | b':' | b'}' | b']' | b'"' | b' ' | b'\t' | b'\r' | b'\n'))
        .count()
        .max(1)
}

/// The value of the first member with that name: of an outermost one, or else, if the name has dots, of one in another.
pub(super) fn find<'a>(members: Members<'a>, name: &str) -> Option<&'a [u8]> {
    if let Some(member) = members.clone().find(|member| member.is_named(name)) {
        return Some(member.value);
    }
    name.match_indices('.').find_map(|(dot, _)| {
        let outer = members.clone().find(|member| member.is_named(&name[..dot]))?;
        find(Members::of_object(outer.value), &name[dot + 1..])
    })
}

/// Appends what stands between the quotes of a JSON string, decoded. Half a surrogate pair becomes U+FFFD, as do bytes that
/// are not UTF-8.
pub(super) fn unescape_json(inside: &[u8], out: &mut String) {
    let mut rest = inside;
    while let Some(backslash) = memchr::memchr(b'\\', rest) {
        push_lossy(&rest[..backslash], out);
        let escape = &rest[backslash + 1..];
        let (char, len) = match escape {
            [b'u', ..] => match (unit(escape), escape.get(5..)) {
                (Some(high @ 0xD800..0xDC00), Some([b'\\', low @ ..]))
                    if unit(low).is_some_and(|low| low & 0xFC00 == 0xDC00) =>
                {
                    let low = unit(low).unwrap_or_default();
                    (char::from_u32(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)), 11)
                }
                (Some(unit), _) => (char::from_u32(unit), 5),
                (None, _) => (None, 1),
            },
            [b'b', ..] => (Some('\u{8}'), 1),
            [b'f', ..] => (Some('\u{C}'), 1),
            [b'n', ..] => (Some('\n'), 1),
            [b'r', ..] => (Some('\r'), 1),
            [b't', ..] => (Some('\t'), 1),
            [byte @ (b'"' | b'\\' | b'/'), ..] => (Some(char::from(*byte)), 1),
            // No escape that JSON has.
            _ => (Some('\\'), 0),
        };
        out.push(char.unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = escape.get(len..).unwrap_or_default();
    }
    push_lossy(rest, out);
}

/// The number of `uXXXX`.
fn unit(escape: &[u8]) -> Option<u32> {
    let digits = escape.strip_prefix(b"u")?.first_chunk::<4>()?;
    digits.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?))
}

/// Appends bytes; each part that is not UTF-8 becomes U+FFFD.
pub(super) fn push_lossy(bytes: &[u8], out: &mut String) {
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// Appends a JSON string.
fn push_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '"' | '\\' => out.extend_from_slice(&[b'\\', char as u8]),
                '\0'..' ' => out.extend_from_slice(format!("\\u{:04x}", char as u32).as_bytes()),
                char => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{FFFD}".as_bytes());
        }
    }
    out.push(b'"');
}

/// Writes members anew: without what the rules hide, and without those whose names are taken.
pub(super) struct Rewriter<'a> {
    rules: &'a Rules,
    buffers: &'a mut Buffers,
    /// What is written.
    out: &'a mut Vec<u8>,
    /// How many objects and arrays it is in.
    depth: usize,
}

/// How deep objects and arrays are rewritten, as deep as the parser of JSON logs reads them.
const MAX_DEPTH: usize = 1024;

impl<'a> Rewriter<'a> {
    pub(super) fn new(rules: &'a Rules, buffers: &'a mut Buffers, out: &'a mut Vec<u8>) -> Self {
        Self { rules, buffers, out, depth: 0 }
    }

    /// Appends members, with commas between them, of what is called `outer`; outermost ones have no such name.
    pub(super) fn members(&mut self, members: Members<'_>, outer: &str, is_taken: &dyn Fn(&str) -> bool) {
        let mut is_first = true;
        for member in members {
            let mut name = outer.to_owned();
            if !outer.is_empty() {
                name.push('.');
            }
            unescape_json(member.key, &mut name);
            if is_taken(&name) {
                continue;
            }
            if !is_first {
                self.out.push(b',');
            }
            is_first = false;
            self.string(member.key, outer);
            self.out.push(b':');
            self.value(member.value, &name);
        }
    }

    /// Appends the value of the member with that name.
    pub(super) fn value(&mut self, value: &[u8], name: &str) {
        match value {
            [b'"', inside @ .., b'"'] => self.string(inside, name),
            [b'{' | b'[', ..] => self.container(value, name),
            b"null" => self.out.extend_from_slice(value),
            _ => match apply(self.rules.of(name, true), value, self.buffers) {
                Some(shown) => push_string(shown, self.out),
                None => self.out.extend_from_slice(value),
            },
        }
    }

    /// Appends an object or an array: as one, where a rule for it changes its text, or else each value in it.
    fn container(&mut self, value: &[u8], name: &str) {
        if self.depth == MAX_DEPTH {
            return push_string(REDACTED.as_bytes(), self.out);
        }
        let has_own = self.rules.of(name, true).count() > self.rules.everywhere().len();
        if has_own && let Some(shown) = apply(self.rules.of(name, true), value, self.buffers) {
            // Behind escapes there may be more that the rule has not seen.
            let is_all = memchr::memchr(b'\\', value).is_none();
            return push_string(if is_all { shown } else { REDACTED.as_bytes() }, self.out);
        }
        self.depth += 1;
        if value.first() == Some(&b'{') {
            self.out.push(b'{');
            self.members(Members::of_object(value), name, &|_| false);
            self.out.push(b'}');
        } else {
            self.array(value, name);
        }
        self.depth -= 1;
    }

    /// Appends an array, in whose elements the members are those of the array's own name.
    fn array(&mut self, value: &[u8], name: &str) {
        let inside = value.get(1..value.len().saturating_sub(1)).unwrap_or_default();
        self.out.push(b'[');
        let mut at = 0;
        while let Some(spaces) = inside.get(at..).map(|rest| rest.len() - rest.trim_ascii_start().len()) {
            let start = at + spaces;
            let Some(end) = value_end(inside, start) else { break };
            if at > 0 {
                self.out.push(b',');
            }
            self.value(&inside[start..end], name);
            match inside.get(end..).and_then(|rest| memchr::memchr(b',', rest)) {
                Some(comma) => at = end + comma + 1,
                None => break,
            }
        }
        self.out.push(b']');
    }

    /// Appends a string of what is called so, given what stands between its quotes.
    fn string(&mut self, inside: &[u8], name: &str) {
        let mut text = String::new();
        unescape_json(inside, &mut text);
        if let Some(shown) = apply(self.rules.of(name, true), text.as_bytes(), self.buffers) {
            return push_string(shown, self.out);
        }
        self.out.push(b'"');
        self.out.extend_from_slice(inside);
        self.out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found() {
        let text = br#" { "a":1, "b" : {"c":[1,{"d":2}],"x.y":true}, "a.b":"x,\"}", "\u0065":null,"a":2 } "#;
        let find = |name| find(Members::of_object(text), name).map(|value| String::from_utf8_lossy(value).into_owned());
        for (name, want) in [
            ("a", Some("1")),
            ("b", Some(r#"{"c":[1,{"d":2}],"x.y":true}"#)),
            ("b.c", Some(r#"[1,{"d":2}]"#)),
            ("b.x.y", Some("true")),
            ("b.c.d", None),
            ("a.b", Some(r#""x,\"}""#)),
            ("e", Some("null")),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(find(name).as_deref(), want, "{name}");
        }
    }

    #[test]
    fn what_is_no_json_ends_early() {
        for text in [
            &b"{"[..],
            b"{\"",
            b"{\"a",
            b"{\"a\"",
            b"{\"a\":",
            b"{\"a\":}",
            b"{\"a\":\"}",
            b"{\"a\":[}",
            b"{\"a\\",
            b"{,}",
            b"{:}",
        ] {
            assert!(Members::of_object(text).count() <= 1);
            assert_eq!(Members::new(text).count(), 0);
        }
    }
}
