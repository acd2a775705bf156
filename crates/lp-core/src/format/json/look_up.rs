//! Valid JSON, looked into where it stands: members by name, elements, and what strings say.
//!
//! Nothing here checks that its text is JSON; of other text it may find anything or nothing. It neither recurses nor
//! copies, but for strings with escapes.

use std::borrow::Cow;

use memchr::memchr2;

use super::is_space;

/// The value of the first member of that name, as it stands. The text is an object, or a piece of one as
/// [`MEMBERS`](super::MEMBERS) are.
///
/// ```
/// use lp_core::format::json::member;
///
/// assert_eq!(member(br#""a":1,"b":{"c":[2]}"#, "b"), Some(&br#"{"c":[2]}"#[..]));
/// assert_eq!(member(br#"{"c":[2]}"#, "c"), Some(&b"[2]"[..]));
/// assert_eq!(member(br#""a":1"#, "b"), None);
/// ```
#[must_use]
pub fn member<'a>(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut rest = text.strip_prefix(b"{").unwrap_or(text);
    loop {
        let (key, behind) = quoted(spaces(rest))?;
        let (value, behind) = value(spaces(spaces(behind).strip_prefix(b":")?))?;
        if key == name.as_bytes() || key.contains(&b'\\') && string(key).is_some_and(|key| key == name) {
            return Some(value);
        }
        rest = spaces(behind).strip_prefix(b",")?;
    }
}

/// The elements of an array, each as it stands; of anything else there are none.
#[must_use]
pub fn elements(text: &[u8]) -> Elements<'_> {
    Elements { rest: text.strip_prefix(b"[").unwrap_or_default() }
}

/// The elements of an array: see [`elements`].
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    /// From the next element on.
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (value, behind) = value(spaces(self.rest))?;
        self.rest = spaces(behind).strip_prefix(b",").unwrap_or_default();
        Some(value)
    }
}

/// What the bytes between the quotes of a string say, or `None` where they cannot stand there. Half of a surrogate pair
/// says U+FFFD.
///
/// ```
/// use lp_core::format::json::string;
///
/// assert_eq!(string(br"\u00e9t\u00e9\n").as_deref(), Some("été\n"));
/// assert_eq!(string(br#"a"b"#), None);
/// ```
#[must_use]
pub fn string(content: &[u8]) -> Option<Cow<'_, str>> {
    let content = std::str::from_utf8(content).ok()?;
    if !content.bytes().any(|byte| matches!(byte, b'"' | b'\\' | ..b' ')) {
        return Some(Cow::Borrowed(content));
    }
    if !is_escaped(content.as_bytes()) {
        return None;
    }
    let mut decoded = String::with_capacity(content.len());
    let mut rest = content;
    while let Some((before, escape)) = rest.split_once('\\') {
        decoded.push_str(before);
        let (char, behind) = decode(escape)?;
        decoded.push(char);
        rest = behind;
    }
    decoded.push_str(rest);
    Some(Cow::Owned(decoded))
}

/// Whether no quote stands there without a backslash before it, and no control.
fn is_escaped(content: &[u8]) -> bool {
    let mut rest = content;
    while let [byte, behind @ ..] = rest {
        rest = match (byte, behind) {
            (b'\\', [escape, behind @ ..]) if *escape >= b' ' => behind,
            (b'"' | b'\\' | ..b' ', _) => return false,
            _ => behind,
        };
    }
    true
}

/// The character of an escape whose backslash has been read, and what stands behind it.
fn decode(escape: &str) -> Option<(char, &str)> {
    let mut behind = escape.chars();
    let char = match behind.next()? {
        char @ ('"' | '\\' | '/') => char,
        'b' => '\u{8}',
        'f' => '\u{C}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let (unit, rest) = code_unit(behind.as_str())?;
            let low = || rest.strip_prefix("\\u").and_then(code_unit).filter(|(low, _)| (0xDC00..0xE000).contains(low));
            return Some(match (unit, low()) {
                (0xD800..0xDC00, Some((low, rest))) => {
                    let code = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                    (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
                }
                _ => (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), rest),
            });
        }
        _ => return None,
    };
    Some((char, behind.as_str()))
}

/// The number of four hexadecimal digits, and what stands behind them.
fn code_unit(text: &str) -> Option<(u32, &str)> {
    let (digits, behind) = text.split_at_checked(4)?;
    let unit = digits.bytes().try_fold(0, |unit, digit| Some(unit * 16 + char::from(digit).to_digit(16)?))?;
    Some((unit, behind))
}

fn spaces(text: &[u8]) -> &[u8] {
    let count = text.iter().take_while(|&&byte| is_space(byte)).count();
    &text[count..]
}

/// What stands between the quotes of the string that the text begins with, and what stands behind it.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some((&text[..at], &text[at + 1..]));
        }
        at += 2;
    }
}

/// The value that the text begins with, and what stands behind it.
fn value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = match text.first()? {
        b'"' => text.len() - quoted(text)?.1.len(),
        b'{' | b'[' => nested(text)?,
        b',' | b']' | b'}' | b':' => return None,
        _ => {
            let is_end = |&byte: &u8| is_space(byte) || matches!(byte, b',' | b']' | b'}');
            text.iter().position(is_end).unwrap_or(text.len())
        }
    };
    Some(text.split_at(len))
}

/// The length of the object or array that the text begins with.
fn nested(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        at += rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']'))?;
        match text[at] {
            b'"' => at = text.len() - quoted(&text[at..])?.1.len(),
            b'{' | b'[' => (depth, at) = (depth + 1, at + 1),
            _ => (depth, at) = (depth - 1, at + 1),
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;
    use serde_json::value::RawValue;

    /// The members of an object in their order, duplicates too.
    struct Members<'a>(Vec<(String, &'a RawValue)>);

    impl<'de> serde::Deserialize<'de> for Members<'de> {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            struct Visit;
            impl<'de> serde::de::Visitor<'de> for Visit {
                type Value = Members<'de>;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                    let mut members = Vec::new();
                    while let Some(member) = map.next_entry()? {
                        members.push(member);
                    }
                    Ok(Members(members))
                }
            }
            from.deserialize_map(Visit)
        }
    }

    fn json() -> impl Strategy<Value = String> {
        let string = r#"([ab ü:,{}\[\]]|\\["\\/bn]|\\u00[46][12]|\\ud83d\\ude00){0,4}"#;
        let scalar = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            "-?[1-9][0-9]{0,3}(\\.[0-9]{1,3})?([eE][+-]?[0-9])?",
            string.prop_map(|text| format!("\"{text}\"")),
        ];
        let space = "[ \t]{0,2}";
        scalar.prop_recursive(4, 32, 5, move |inner| {
            prop_oneof![
                (prop::collection::vec(inner.clone(), 0..5), space)
                    .prop_map(|(values, space)| format!("[{space}{}{space}]", values.join(&format!("{space},")))),
                (prop::collection::vec((string, inner), 0..5), space).prop_map(|(members, space)| {
                    let members: Vec<_> =
                        members.iter().map(|(key, value)| format!("\"{key}\"{space}:{space}{value}{space}")).collect();
                    format!("{{{space}{}}}", members.join(&format!(",{space}")))
                }),
            ]
        })
    }

    /// Everything that is in the value is found, and is what serde_json finds.
    fn check(text: &str) {
        let raw = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap();
        match serde_json::from_str(text).unwrap() {
            Value::Object(_) => {
                let Members(members) = serde_json::from_str(text).unwrap();
                for (name, _) in &members {
                    let (_, first) = members.iter().find(|(other, _)| other == name).unwrap();
                    let found = member(text.as_bytes(), name).unwrap();
                    assert_eq!(raw(found), first.get(), "{name} in {text}");
                    // A piece of the object, as a batch holds it.
                    let piece = text[1..text.len() - 1].trim();
                    assert_eq!(member(piece.as_bytes(), name), Some(found));
                    check(first.get());
                }
                assert_eq!(member(text.as_bytes(), "no such name"), None);
            }
            Value::Array(_) => {
                let want: Vec<&RawValue> = serde_json::from_str(text).unwrap();
                let found: Vec<_> = elements(text.as_bytes()).map(raw).collect();
                assert_eq!(found, want.iter().map(|raw| raw.get()).collect::<Vec<_>>(), "{text}");
                want.iter().for_each(|raw| check(raw.get()));
            }
            Value::String(want) => assert_eq!(string(&text.as_bytes()[1..text.len() - 1]).unwrap(), want, "{text}"),
            _ => assert_eq!(elements(text.as_bytes()).count(), 0),
        }
    }

    proptest! {
        #[test]
        fn all_that_is_there_is_found(text in json()) {
            check(&text);
        }

        #[test]
        fn strings_are_those_of_serde(text in r#"([a ü"\t]|\\[nu"\\x/0]|\\u00[0-9a-fg]{2}){0,5}"#) {
            let want: Option<String> = serde_json::from_str(&format!("\"{text}\"")).ok();
            prop_assert_eq!(string(text.as_bytes()).map(Cow::into_owned), want, "{:?}", text);
        }

        #[test]
        fn any_text_is_looked_into(text in r#"[\[\]{}":,\\a 1]{0,20}"#, bytes: Vec<u8>) {
            for text in [text.as_bytes(), &bytes] {
                let _ = (member(text, "a"), string(text));
                prop_assert!(elements(text).count() <= text.len());
            }
        }
    }

    #[test]
    fn halves_of_surrogate_pairs() {
        for (content, want) in [
            (r"\ud83d\ude00", "\u{1F600}"),
            (r"\ud83d", "\u{FFFD}"),
            (r"\ude00\ud83d", "\u{FFFD}\u{FFFD}"),
            (r"\ud83dx\u0041", "\u{FFFD}xA"),
            (r"\ud83d\ud83d\ude00", "\u{FFFD}\u{1F600}"),
        ] {
            assert_eq!(string(content.as_bytes()).unwrap(), want, "{content}");
        }
        assert_eq!(string(b"\xFF"), None);
    }
}
