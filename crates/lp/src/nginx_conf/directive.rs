//! A `log_format` directive from its words.

use lp_core::format::log_format::Escape;

use super::lexer::{Fault, Word};

pub(super) const EXPECTED: &str =
    "a directive is expected: `log_format NAME 'TEXT';`, with `escape=default|json|none` before the text if need be";
pub(super) const NOT_A_BLOCK: &str = "`;` must end this directive, not a block";

/// A `log_format` directive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// The name by which an `access_log` asks for it.
    pub name: String,
    /// How values are escaped.
    pub escape: Escape,
    /// The text, its parts joined. A variable at the end of a part that the next would make longer has got braces:
    /// `'$host' 'name'` is `${host}name`.
    pub text: String,
}

impl Directive {
    /// The format that nginx defines itself.
    pub(super) fn combined() -> Self {
        let text = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;
        Self { name: "combined".to_owned(), escape: Escape::Default, text: text.to_owned() }
    }

    /// From the words of a directive, the first of which is `log_format`.
    pub(super) fn from_words(words: &[Word]) -> Result<Self, Fault> {
        let [keyword, name, parts @ ..] = words else {
            return Err(Fault { at: words.first().map_or(0, |word| word.at), what: EXPECTED });
        };
        let (escape, parts) = match parts.first() {
            Some(word) => match escape_of(word)? {
                Some(escape) => (escape, &parts[1..]),
                None => (Escape::Default, parts),
            },
            None => (Escape::Default, parts),
        };
        if parts.is_empty() {
            return Err(Fault { at: keyword.at, what: EXPECTED });
        }
        let mut text = Text::default();
        for part in parts {
            text.push(part)?;
        }
        Ok(Self { name: utf8(name)?, escape, text: text.joined })
    }
}

/// The `escape=…` that a word is.
fn escape_of(word: &Word) -> Result<Option<Escape>, Fault> {
    match word.value().strip_prefix(b"escape=") {
        None => Ok(None),
        Some(b"default") => Ok(Some(Escape::Default)),
        Some(b"json") => Ok(Some(Escape::Json)),
        Some(b"none") => Ok(Some(Escape::None)),
        Some(_) => Err(Fault { at: word.at, what: "`escape=` takes `default`, `json` or `none`" }),
    }
}

/// The text of a format, put together from its parts.
#[derive(Default)]
struct Text {
    joined: String,
    /// Where the name of a variable begins with which the text ends, if it has no braces.
    name: Option<usize>,
}

impl Text {
    /// Adds a part. nginx looks for variables in each part for itself, so none goes on in the next.
    fn push(&mut self, word: &Word) -> Result<(), Fault> {
        let part = utf8(word)?;
        if part.is_empty() {
            return Ok(());
        }
        let name = name_at_the_end(&part).map_err(|at| {
            // With escapes the value's bytes stand elsewhere in the file.
            let at = if matches!(word.value(), std::borrow::Cow::Borrowed(_)) { word.at + at } else { word.at };
            Fault { at, what: "the name of a variable must follow `$`: `$name` or `${name}`" }
        })?;
        if let Some(name) = self.name
            && part.bytes().next().is_some_and(is_name)
        {
            self.joined.insert(name, '{');
            self.joined.push('}');
        }
        self.name = name.map(|at| self.joined.len() + at);
        self.joined.push_str(&part);
        Ok(())
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Where the name of a variable begins with which the part ends, if it has no braces; where a `$` stands that begins no
/// variable.
fn name_at_the_end(part: &str) -> Result<Option<usize>, usize> {
    let bytes = part.as_bytes();
    let length = |at: usize| bytes[at..].iter().take_while(|&&byte| is_name(byte)).count();
    let mut at = 0;
    while let Some(n) = memchr::memchr(b'$', &bytes[at..]) {
        let dollar = at + n;
        let braces = bytes.get(dollar + 1) == Some(&b'{');
        let name = dollar + 1 + usize::from(braces);
        let end = name + length(name);
        if end == name || braces && bytes.get(end) != Some(&b'}') {
            return Err(dollar);
        }
        if end == bytes.len() {
            return Ok(Some(name));
        }
        at = end;
    }
    Ok(None)
}

fn utf8(word: &Word) -> Result<String, Fault> {
    String::from_utf8(word.value().into_owned())
        .map_err(|_| Fault { at: word.at, what: "the name and the text of a log_format must be UTF-8" })
}
