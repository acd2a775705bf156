//! The words of a configuration, as nginx's `ngx_conf_read_token` cuts them.
//!
//! White space ends a word, and so do `;` and `{`, but not the `{` of `${`. A word that begins with a quote goes to
//! the next such quote, which white space, `;`, `{` or `)` must follow. A backslash takes the byte behind it into the
//! word, whatever it is. A comment begins with `#` where a word could begin. All else is part of a word: a quote, `}`
//! or `#` in its middle, bytes that are not UTF-8.

use std::borrow::Cow;

use super::lua;

/// What ends a row of words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// A directive's `;`.
    Semicolon,
    /// The `{` that opens a block.
    Open,
    /// A `}`; there are no words.
    Close,
    /// The end of the text; there are no words.
    Text,
}

/// A word as it stands in the text, without its quotes.
pub(super) struct Word<'a> {
    /// Where it begins, its quote not counted.
    pub(super) at: usize,
    raw: &'a [u8],
}

impl<'a> Word<'a> {
    /// Its value: without the backslashes before quotes and backslashes, `\t`, `\r` and `\n` replaced, and every other
    /// backslash kept.
    pub(super) fn value(&self) -> Cow<'a, [u8]> {
        let Some(first) = memchr::memchr(b'\\', self.raw) else {
            return Cow::Borrowed(self.raw);
        };
        let (plain, mut rest) = self.raw.split_at(first);
        let mut value = plain.to_vec();
        while let Some((&byte, behind)) = rest.split_first() {
            let (byte, length) = match (byte, behind.first()) {
                (b'\\', Some(&escaped @ (b'"' | b'\'' | b'\\'))) => (escaped, 2),
                (b'\\', Some(b't')) => (b'\t', 2),
                (b'\\', Some(b'r')) => (b'\r', 2),
                (b'\\', Some(b'n')) => (b'\n', 2),
                _ => (byte, 1),
            };
            value.push(byte);
            rest = &rest[length..];
        }
        Cow::Owned(value)
    }
}

/// Something that nginx does not accept: where, and what would be right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

/// Reads words from a text.
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Whether the end of the text ends a directive too.
    fragment: bool,
}

impl<'a> Lexer<'a> {
    /// Of a whole file.
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, fragment: false }
    }

    /// Of a directive, whose `;` may be missing.
    pub(super) fn of_fragment(text: &'a [u8]) -> Self {
        Self { text, at: 0, fragment: true }
    }

    /// Reads the words to the next `;`, `{` or `}`, or to the end.
    pub(super) fn next(&mut self, words: &mut Vec<Word<'a>>) -> Result<End, Fault> {
        words.clear();
        loop {
            self.skip_space_and_comments();
            let Some(byte) = self.peek() else {
                return match words.first() {
                    None => Ok(End::Text),
                    Some(_) if self.fragment => Ok(End::Semicolon),
                    Some(word) => Err(Fault { at: word.at, what: "this directive does not end: `;` is missing" }),
                };
            };
            match byte {
                b';' | b'{' if words.is_empty() => return Err(self.fault("a directive must stand before `;` or `{`")),
                b';' | b'{' => {
                    self.at += 1;
                    return Ok(if byte == b';' { End::Semicolon } else { End::Open });
                }
                b'}' if !words.is_empty() => return Err(self.fault("`;` is missing before `}`")),
                b'}' => {
                    self.at += 1;
                    return Ok(End::Close);
                }
                b'"' | b'\'' => words.push(self.quoted(byte)?),
                _ => words.push(self.bare()),
            }
        }
    }

    /// Skips the Lua code of a block whose `{` was just read, and its `}`.
    pub(super) fn skip_lua(&mut self) -> Result<(), Fault> {
        match lua::block(&self.text[self.at..]) {
            Some(length) => {
                self.at += length;
                Ok(())
            }
            None => Err(self.fault_before("this block of Lua code does not end: `}` is missing")),
        }
    }

    /// A fault unless there are only white space and comments.
    pub(super) fn nothing_more(&mut self, what: &'static str) -> Result<(), Fault> {
        self.skip_space_and_comments();
        if self.peek().is_none() { Ok(()) } else { Err(self.fault(what)) }
    }

    /// A fault at the byte that was read last.
    pub(super) fn fault_before(&self, what: &'static str) -> Fault {
        Fault { at: self.at.saturating_sub(1), what }
    }

    fn fault(&self, what: &'static str) -> Fault {
        Fault { at: self.at, what }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space_and_comments(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' => self.at = memchr::memchr(b'\n', &self.text[self.at..]).map_or(self.text.len(), |n| self.at + n),
                _ => return,
            }
        }
    }

    /// A word that begins with this quote.
    fn quoted(&mut self, quote: u8) -> Result<Word<'a>, Fault> {
        let start = self.at + 1;
        let mut end = start;
        loop {
            match memchr::memchr2(quote, b'\\', self.text.get(end..).unwrap_or_default()) {
                None => return Err(self.fault("this quote is never closed")),
                Some(n) if self.text[end + n] == b'\\' => end += n + 2,
                Some(n) => {
                    end += n;
                    break;
                }
            }
        }
        self.at = end + 1;
        match self.peek() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' | b')') => {
                Ok(Word { at: start, raw: &self.text[start..end] })
            }
            Some(_) => Err(self.fault("a space or `;` must follow a closing quote")),
        }
    }

    /// A word that begins with no quote.
    fn bare(&mut self) -> Word<'a> {
        let start = self.at;
        let mut variable = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' if variable => {}
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' => break,
                b'\\' => {
                    variable = false;
                    self.at += 1;
                }
                _ => variable = byte == b'$',
            }
            self.at += 1;
        }
        self.at = self.at.min(self.text.len());
        Word { at: start, raw: &self.text[start..self.at] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of words, each with its end.
    fn rows(text: &str) -> Result<Vec<(Vec<String>, End)>, Fault> {
        let mut lexer = Lexer::new(text.as_bytes());
        let mut words = Vec::new();
        let mut rows = Vec::new();
        loop {
            let end = lexer.next(&mut words)?;
            if end == End::Text {
                return Ok(rows);
            }
            let values = words.iter().map(|word| String::from_utf8(word.value().into_owned()).unwrap());
            rows.push((values.collect(), end));
        }
    }

    /// The words of one directive.
    fn words(text: &str) -> Vec<String> {
        match rows(text).unwrap().as_mut_slice() {
            [(words, End::Semicolon)] => std::mem::take(words),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn words_end_as_for_nginx() {
        assert_eq!(words("a b\tc\r\nd;"), ["a", "b", "c", "d"]);
        assert_eq!(words("a 'b c' \"d;e\" ;"), ["a", "b c", "d;e"]);
        assert_eq!(words("a b\"c' d#e f}g;"), ["a", "b\"c'", "d#e", "f}g"]);
        assert_eq!(words("# x;\na # y;\n b #;\n;"), ["a", "b"]);
        assert_eq!(words("a '' \"\";"), ["a", "", ""]);
        assert_eq!(words("a \"b\")c;"), ["a", "b", ")c"]);
        assert_eq!(words("a ${b} c${d}e $f \"${g}\";"), ["a", "${b}", "c${d}e", "$f", "${g}"]);
        assert_eq!(words("a ${{b;"), ["a", "${{b"]);
    }

    #[test]
    fn escapes() {
        assert_eq!(words(r#"a \"b \'c' '\'' "\"";"#), ["a", "\"b", "'c'", "'", "\""]);
        assert_eq!(words(r"a '\t\r\n\\n\x\$';"), ["a", "\t\r\n\\n\\x\\$"]);
        assert_eq!(words(r"a b\ c \{ \;d;"), ["a", r"b\ c", r"\{", r"\;d"]);
        assert_eq!(rows(r"a \${").unwrap()[0], (vec!["a".to_owned(), r"\$".to_owned()], End::Open));
        assert_eq!(words(r"a \#b '\' ';"), ["a", r"\#b", "' "]);
    }

    #[test]
    fn blocks() {
        let text = "http{a b;c 'd'{}}";
        let ends: Vec<End> = rows(text).unwrap().into_iter().map(|(_, end)| end).collect();
        assert_eq!(ends, [End::Open, End::Semicolon, End::Open, End::Close, End::Close]);
    }

    #[test]
    fn faults() {
        for (text, at) in [
            ("a 'b", 2),
            ("a 'b\\", 2),
            ("a 'b\\'", 2),
            ("x; a b", 3),
            ("a 'b'", 0),
            ("a 'b'c;", 5),
            ("a 'b'#;", 5),
            ("a 'b''c';", 5),
            ("a 'b'}", 5),
            ("a }", 2),
            (";", 0),
            ("a;;", 2),
            ("a; {", 3),
            ("a \\", 0),
        ] {
            assert_eq!(rows(text).map_err(|fault| fault.at), Err(at), "{text}");
        }
    }

    #[test]
    fn the_end_of_a_fragment_ends_its_directive() {
        for text in ["a 'b'", "a b", "a b # c", "a b \\", "a b;"] {
            let mut words = Vec::new();
            assert_eq!(Lexer::of_fragment(text.as_bytes()).next(&mut words), Ok(End::Semicolon), "{text}");
        }
        assert!(Lexer::of_fragment(b"a 'b").next(&mut Vec::new()).is_err());
    }
}
