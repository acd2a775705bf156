//! Where the members of a JSON object stand in its text.

use std::ops::Range;

/// A member of an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    /// The bytes of the value.
    pub(super) value: Range<usize>,
}

/// The members that stand in `text[range]`: an object's inside (`"a":1,"b":[2]`), or with its braces all of it. Of what is
/// no JSON those that stand before the first byte that is wrong.
pub(super) fn members(text: &[u8], range: Range<usize>) -> Vec<Member> {
    let mut reader = Reader { text: &text[..range.end.min(text.len())], at: range.start };
    let mut members = Vec::new();
    reader.space();
    if reader.peek() == Some(b'{') {
        reader.at += 1;
    }
    while let Some(member) = reader.member() {
        members.push(member);
        reader.space();
        if reader.peek() != Some(b',') {
            break;
        }
        reader.at += 1;
    }
    members
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn member(&mut self) -> Option<Member> {
        self.space();
        let key = self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return None;
        }
        self.at += 1;
        self.space();
        let start = self.at;
        self.value()?;
        let name = serde_json::from_slice(&self.text[key]).ok()?;
        Some(Member { name, value: start..self.at })
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return None;
        }
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(start..self.at)
    }

    /// Up to the comma or the brace behind the value.
    fn value(&mut self) -> Option<()> {
        let start = self.at;
        let mut depth = 0_usize;
        let mut end = start;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string()?;
                    end = self.at;
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b',' | b']' | b'}' if depth == 0 => break,
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if !byte.is_ascii_whitespace() {
                end = self.at;
            }
        }
        self.at = end;
        (depth == 0 && end > start).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(String, &str)> {
        let members = members(text.as_bytes(), 0..text.len());
        members.into_iter().map(|member| (member.name, &text[member.value])).collect()
    }

    #[test]
    fn members_are_found() {
        let text = r#"{"a": 1 , "b,\"}":"x]\\","c":{"d":[1,"}"]}, "e":null }"#;
        let want = [("a", "1"), ("b,\"}", r#""x]\\""#), ("c", r#"{"d":[1,"}"]}"#), ("e", "null")];
        let want: Vec<_> = want.map(|(name, value)| (name.to_owned(), value)).into();
        assert_eq!(shown(text), want);
        assert_eq!(shown(&text[1..text.len() - 2]), want);
    }

    #[test]
    fn what_is_no_json_ends_the_members() {
        for (text, want) in [
            ("", 0),
            ("{", 0),
            ("{}", 0),
            ("words", 0),
            (r#"{"a":1,"b"#, 1),
            (r#"{"a":1,"b":"#, 1),
            (r#"{"a":1,"b":[2"#, 1),
            (r#"{"a":1,"b":"\"#, 1),
            (r#"{"a":1,"b":2} x"#, 2),
        ] {
            assert_eq!(shown(text).len(), want, "{text}");
        }
    }
}
