//! The words of an expression.

use std::ops::Range;

use super::error::FilterError;
use super::escape::unescape;

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token {
    /// The digits of an integer; a minus is not part of it.
    Int(u64),
    Uint(u64),
    Double(f64),
    Text(String),
    Name(String),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

/// The longer ones first, where one begins with another.
const SIGNS: [&str; 23] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", "(", ")", "[", "]", ",", ".",
    "{",
];

pub(super) struct Lexer<'a> {
    text: &'a str,
    /// The next byte to be read.
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next word and where it stands; behind the last one always the end.
    pub(super) fn next(&mut self) -> Result<(Token, Range<usize>), FilterError> {
        self.skip();
        let start = self.at;
        let rest = &self.text[start..];
        let mut bytes = rest.bytes();
        let token = match (bytes.next(), bytes.next()) {
            (None, _) => Token::End,
            (Some(b'"' | b'\''), _) => self.string(false)?,
            (Some(b'r' | b'R'), Some(b'"' | b'\'')) => {
                self.at += 1;
                self.string(true)?
            }
            (Some(b'b' | b'B'), Some(b'"' | b'\'' | b'r' | b'R')) if is_bytes(rest) => {
                return Err(FilterError::syntax(start..start + 1, "bytes (`b\"…\"`) are not known here, only text"));
            }
            (Some(b'0'..=b'9'), _) | (Some(b'.'), Some(b'0'..=b'9')) => self.number()?,
            (Some(b'_' | b'a'..=b'z' | b'A'..=b'Z'), _) => {
                let name = self.take_while(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
                Token::Name(name.to_owned())
            }
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => {
                    self.at += sign.len();
                    Token::Sign(sign)
                }
                None => return Err(self.stray(rest)),
            },
        };
        Ok((token, start..self.at))
    }

    /// A character that begins no word.
    fn stray(&self, rest: &str) -> FilterError {
        let len = rest.chars().next().map_or(0, char::len_utf8);
        let what = match rest.as_bytes() {
            [b'=', ..] => "`=` is no operator; to compare, write `==`".to_owned(),
            [b'&', ..] => "`&` is no operator; for `and`, write `&&`".to_owned(),
            [b'|', ..] => "`|` is no operator; for `or`, write `||`".to_owned(),
            _ => format!("{:?} begins nothing that is known here", &rest[..len]),
        };
        FilterError::syntax(self.at..self.at + len, what)
    }

    /// Goes over spaces and comments.
    fn skip(&mut self) {
        loop {
            self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0C'));
            if !self.text[self.at..].starts_with("//") {
                return;
            }
            self.take_while(|byte| !matches!(byte, b'\n' | b'\r'));
        }
    }

    fn take_while(&mut self, is_part: impl Fn(u8) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let len = rest.bytes().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    fn number(&mut self) -> Result<Token, FilterError> {
        let start = self.at;
        let rest = &self.text[start..];
        let hex = rest.starts_with("0x") || rest.starts_with("0X");
        let mut is_double = false;
        if hex {
            self.at += 2;
            self.take_while(|byte| byte.is_ascii_hexdigit());
        } else {
            self.take_while(|byte| byte.is_ascii_digit());
            if let [b'.', b'0'..=b'9', ..] = self.text.as_bytes()[self.at..] {
                is_double = true;
                self.at += 1;
                self.take_while(|byte| byte.is_ascii_digit());
            }
            if let [b'e' | b'E', b'0'..=b'9', ..] | [b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..] =
                self.text.as_bytes()[self.at..]
            {
                is_double = true;
                self.at += 2;
                self.take_while(|byte| byte.is_ascii_digit());
            }
        }
        let digits = &self.text[start..self.at];
        let is_unsigned = !is_double && matches!(self.text.as_bytes().get(self.at), Some(b'u' | b'U'));
        self.at += usize::from(is_unsigned);
        let behind = self.take_while(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
        let at = start..self.at;
        if !behind.is_empty() || (hex && digits.len() == 2) {
            return Err(FilterError::syntax(at, "this is no number"));
        }
        let token = if is_double {
            digits.parse().ok().filter(|number: &f64| number.is_finite()).map(Token::Double)
        } else {
            let number = if hex { u64::from_str_radix(&digits[2..], 16) } else { digits.parse() };
            number.ok().map(if is_unsigned { Token::Uint } else { Token::Int })
        };
        token.ok_or_else(|| FilterError::syntax(at, "the number is too large"))
    }

    fn string(&mut self, is_raw: bool) -> Result<Token, FilterError> {
        let rest = &self.text[self.at..];
        let three = ["\"\"\"", "'''"].into_iter().find(|quotes| rest.starts_with(quotes));
        let quotes = three.unwrap_or(&rest[..1]);
        let start = self.at + quotes.len();
        let mut end = start;
        loop {
            let rest = &self.text[end..];
            if rest.starts_with(quotes) {
                break;
            }
            let mut chars = rest.chars();
            end += match chars.next() {
                None => return Err(self.open()),
                Some('\n' | '\r') if three.is_none() => return Err(self.open()),
                Some('\\') if !is_raw => 1 + chars.next().map_or(0, char::len_utf8),
                Some(char) => char.len_utf8(),
            };
        }
        let content = &self.text[start..end];
        self.at = end + quotes.len();
        if is_raw { Ok(Token::Text(content.to_owned())) } else { unescape(content, start).map(Token::Text) }
    }

    /// A text without an end.
    fn open(&self) -> FilterError {
        FilterError::syntax(self.at..self.at + 1, "the text that begins here has no closing quote")
    }
}

/// Whether it begins with `b"`, `br"` and so on.
fn is_bytes(rest: &str) -> bool {
    let behind = &rest[1..];
    behind.strip_prefix(['r', 'R']).unwrap_or(behind).starts_with(['"', '\''])
}
