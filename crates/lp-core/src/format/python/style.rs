//! The three styles of `logging`'s format strings, taken apart.
//!
//! `%(name)-8s` is [printf-style formatting], `{name:<8}` is [`str.format`], `${name}` is [`string.Template`].
//!
//! [printf-style formatting]: https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting
//! [`str.format`]: https://docs.python.org/3/library/string.html#format-specification-mini-language
//! [`string.Template`]: https://docs.python.org/3/library/string.html#template-strings-strings

use std::ops::Range;

use crate::format::template::{Align, Pad};
use crate::format::{PatternError, PatternErrorKind};

/// A style of format strings: the `style` parameter of `logging.Formatter`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// `%(levelname)s`
    Percent,
    /// `{levelname}`
    Brace,
    /// `$levelname` or `${levelname}`
    Dollar,
}

impl Style {
    /// The style that a text is written in, as far as it can be told: the first sign of one that is followed by a name.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let is_name = |text: &str| text.starts_with(|char: char| char == '_' || char.is_ascii_alphabetic());
        let begins = |sign: &str| text.match_indices(sign).any(|(at, _)| is_name(&text[at + sign.len()..]));
        if begins("%(") {
            Some(Self::Percent)
        } else if begins("${") || begins("$") {
            Some(Self::Dollar)
        } else if begins("{") {
            Some(Self::Brace)
        } else {
            None
        }
    }
}

/// A part of a format string.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Piece<'a> {
    Literal(String),
    Attribute(Attribute<'a>),
}

/// An attribute of a record, and how it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    /// Where it stands in the format string, signs and all.
    pub(super) place: Range<usize>,
    pub(super) pad: Option<Pad>,
    /// Whether the text may be cut to a length.
    pub(super) cut: bool,
}

pub(super) fn pieces(text: &str, style: Style) -> Result<Vec<Piece<'_>>, PatternError> {
    let signs: &[char] = match style {
        Style::Percent => &['%'],
        Style::Brace => &['{', '}'],
        Style::Dollar => &['$'],
    };
    let mut reader = Reader { text, at: 0, pieces: Vec::new() };
    loop {
        let rest = reader.rest();
        let sign = rest.find(signs).unwrap_or(rest.len());
        reader.literal(&rest[..sign], sign);
        let rest = reader.rest();
        let Some(sign) = rest.chars().next() else { return Ok(reader.pieces) };
        if rest[1..].starts_with(sign) {
            // Doubled, it is text.
            reader.literal(&rest[..1], 2);
            continue;
        }
        match style {
            Style::Percent => reader.percent()?,
            Style::Brace => reader.brace()?,
            Style::Dollar => reader.dollar()?,
        }
    }
}

/// Takes a format string apart. What it reads begins with a sign of the style.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    pieces: Vec<Piece<'a>>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Takes text that `len` bytes stand for.
    fn literal(&mut self, text: &str, len: usize) {
        self.at += len;
        match self.pieces.last_mut() {
            Some(Piece::Literal(literal)) => literal.push_str(text),
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece::Literal(text.to_owned())),
        }
    }

    fn attribute(&mut self, name: &'a str, end: usize, pad: Option<Pad>, cut: bool) {
        let place = self.at..end;
        self.at = end;
        self.pieces.push(Piece::Attribute(Attribute { name, place, pad, cut }));
    }

    fn error<T>(&self, kind: PatternErrorKind, at: Range<usize>) -> Result<T, PatternError> {
        Err(PatternError::new(kind, at))
    }

    /// `%(name)` flags width `.`precision type.
    fn percent(&mut self) -> Result<(), PatternError> {
        let rest = self.rest();
        let Some(named) = rest.strip_prefix("%(") else {
            return self.error(PatternErrorKind::NoName, self.at..self.at + 1);
        };
        let Some(len) = named.find(')') else {
            return self.error(PatternErrorKind::Unclosed('('), self.at + 1..self.at + 2);
        };
        let name = &named[..len];
        if name.is_empty() {
            return self.error(PatternErrorKind::NoName, self.at..self.at + 3);
        }
        let spec = &named[len + 1..];
        let flags_len = spec.bytes().take_while(|byte| b"-+ #0".contains(byte)).count();
        let (flags, spec) = spec.split_at(flags_len);
        let (width, spec) = number(spec);
        let (precision, spec) = match spec.strip_prefix('.') {
            Some(behind) => {
                let (precision, rest) = number(behind);
                (Some(precision.unwrap_or(0)), rest)
            }
            None => (None, spec),
        };
        let end = self.text.len() - spec.len();
        let Some(kind) = spec.chars().next() else {
            return self.error(PatternErrorKind::Unsupported("a conversion without a type".to_owned()), self.at..end);
        };
        let end = end + kind.len_utf8();
        if !"sdiufF".contains(kind) {
            return self.error(PatternErrorKind::Unsupported(format!("the conversion `{kind}`")), self.at..end);
        }
        let align = if flags.contains('-') { Align::Left } else { Align::Right };
        // Zeros before a number are part of it.
        let zeros = flags.contains('0') && kind != 's' && align == Align::Right;
        let pad = width.filter(|&width| width > 0 && !zeros).map(|width| Pad { width, align, fill: b' ' });
        self.attribute(name, end, pad, kind == 's' && precision.is_some());
        Ok(())
    }

    /// `{name!conversion:[fill]align sign # 0 width .precision type}`.
    fn brace(&mut self) -> Result<(), PatternError> {
        let rest = self.rest();
        let Some(inside) = rest.strip_prefix('{') else {
            return self.error(PatternErrorKind::Unopened('}'), self.at..self.at + 1);
        };
        let Some(len) = inside.find('}') else {
            return self.error(PatternErrorKind::Unclosed('{'), self.at..self.at + 1);
        };
        let inside = &inside[..len];
        let end = self.at + len + 2;
        let (field, spec) = inside.split_once(':').unwrap_or((inside, ""));
        let (name, conversion) = field.split_once('!').unwrap_or((field, "s"));
        if conversion != "s" {
            return self.error(PatternErrorKind::Unsupported(format!("the conversion `!{conversion}`")), self.at..end);
        }
        if name.is_empty() {
            return self.error(PatternErrorKind::NoName, self.at..end);
        }
        let Some((pad, cut)) = brace_spec(spec) else {
            return self
                .error(PatternErrorKind::Unsupported(format!("the format specification `{spec}`")), self.at..end);
        };
        self.attribute(name, end, pad, cut);
        Ok(())
    }

    /// `$name` or `${name}`.
    fn dollar(&mut self) -> Result<(), PatternError> {
        let named = &self.rest()[1..];
        let (name, len) = match named.strip_prefix('{') {
            Some(inside) => match inside.find('}') {
                Some(len) => (&inside[..len], len + 3),
                None => return self.error(PatternErrorKind::Unclosed('{'), self.at + 1..self.at + 2),
            },
            None => {
                let len = named.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
                (&named[..len], len + 1)
            }
        };
        if name.is_empty() {
            return self.error(PatternErrorKind::NoName, self.at..self.at + len);
        }
        self.attribute(name, self.at + len, None, false);
        Ok(())
    }
}

/// The number that a text begins with, and what follows it.
fn number(text: &str) -> (Option<usize>, &str) {
    let len = text.bytes().take_while(u8::is_ascii_digit).count();
    (text[..len].parse().ok().filter(|&number| number <= 1000), &text[len..])
}

/// The width and whether there is a precision; `None` for what cannot be read back.
fn brace_spec(spec: &str) -> Option<(Option<Pad>, bool)> {
    let align = |char| match char {
        '<' => Some(Align::Left),
        '>' => Some(Align::Right),
        '^' => Some(Align::Center),
        _ => None,
    };
    let mut chars = spec.chars();
    let (first, second) = (chars.next(), chars.next());
    let (fill, given, rest) = match (first, second) {
        (Some(fill), Some(sign)) if align(sign).is_some() => (fill, align(sign), chars.as_str()),
        (Some(sign), _) if align(sign).is_some() => (' ', align(sign), &spec[1..]),
        _ => (' ', None, spec),
    };
    let zeros = rest.starts_with('0') && given.is_none();
    let (width, rest) = number(rest);
    let (precision, rest) = match rest.strip_prefix('.') {
        Some(behind) => number(behind),
        None => (None, rest),
    };
    let is_number = match rest {
        "" | "s" => false,
        "d" | "f" | "F" => true,
        _ => return None,
    };
    let fill = u8::try_from(fill).ok().filter(u8::is_ascii)?;
    let align = given.unwrap_or(if is_number { Align::Right } else { Align::Left });
    let pad = width.filter(|&width| width > 0 && !zeros).map(|width| Pad { width, align, fill });
    Some((pad, !is_number && precision.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(text: &str, style: Style) -> Vec<(String, Option<(usize, Align)>)> {
        let pieces = pieces(text, style).unwrap();
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(literal) => (format!("'{literal}'"), None),
                Piece::Attribute(attribute) => {
                    (attribute.name.to_owned(), attribute.pad.map(|pad| (pad.width, pad.align)))
                }
            })
            .collect()
    }

    #[test]
    fn the_same_in_each_style() {
        let want = [("levelname".to_owned(), None), ("' - 100%{} $ '".to_owned(), None), ("message".to_owned(), None)];
        for (style, text) in [
            (Style::Percent, "%(levelname)s - 100%%{} $ %(message)s"),
            (Style::Brace, "{levelname} - 100%{{}} $ {message}"),
            (Style::Dollar, "$levelname - 100%{} $$ ${message}"),
        ] {
            assert_eq!(Style::of(text), Some(style));
            assert_eq!(attributes(text, style), want, "{text}");
        }
        assert_eq!(Style::of("100% {} $"), None);
    }

    #[test]
    fn widths() {
        let pad = |text, style| attributes(text, style)[0].1;
        assert_eq!(pad("%(levelname)-8s", Style::Percent), Some((8, Align::Left)));
        assert_eq!(pad("%(levelname)8.3s", Style::Percent), Some((8, Align::Right)));
        assert_eq!(pad("%(process)05d", Style::Percent), None);
        assert_eq!(pad("{levelname:8}", Style::Brace), Some((8, Align::Left)));
        assert_eq!(pad("{levelname:*^8s}", Style::Brace), Some((8, Align::Center)));
        assert_eq!(pad("{process:6d}", Style::Brace), Some((6, Align::Right)));
        assert_eq!(pad("{msecs:03.0f}", Style::Brace), None);
    }

    #[test]
    fn what_cannot_be() {
        let error = |text, style| pieces(text, style).map(drop).map_err(|error| (error.to_string(), error.at()));
        for (style, text, want, at) in [
            (Style::Percent, "a %(name", "this `(` is never closed", 3..4),
            (Style::Percent, "a % b", "the name of a variable is wanted here", 2..3),
            (Style::Percent, "%(name)", "a conversion without a type cannot be read back from a line", 0..7),
            (Style::Percent, "%(name)r", "the conversion `r` cannot be read back from a line", 0..8),
            (Style::Brace, "{name", "this `{` is never closed", 0..1),
            (Style::Brace, "a}", "this `}` closes nothing; where it is text it must be doubled", 1..2),
            (Style::Brace, "{name!r}", "the conversion `!r` cannot be read back from a line", 0..8),
            (Style::Brace, "{lineno:,}", "the format specification `,` cannot be read back from a line", 0..10),
            (Style::Dollar, "${name", "this `{` is never closed", 1..2),
            (Style::Dollar, "a $ b", "the name of a variable is wanted here", 2..3),
        ] {
            assert_eq!(error(text, style), Err((want.to_owned(), at)), "{text}");
        }
    }
}
