//! A text of a configuration, of which every byte is known where it comes from.

use std::fmt;
use std::ops::Range;

/// A text of a configuration: what it means once its escapes are undone and its variables replaced, and where it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    value: String,
    span: Range<usize>,
    /// For each byte of the value the byte of the configuration that it comes from; and for its end.
    places: Vec<usize>,
    is_known: bool,
    has_variables: bool,
}

impl Text {
    /// The text that the parser found at this place of the configuration, with its quotes.
    pub(super) fn new(configuration: &str, span: Range<usize>, value: &str) -> Self {
        let raw = configuration.get(span.clone()).unwrap_or_default();
        let places = places(raw, value).map_or_else(
            // Nothing more is known than where the whole stands.
            || std::iter::repeat_n(span.start, value.len()).chain([span.end]).collect(),
            |places| places.into_iter().map(|place| span.start + place).collect(),
        );
        Self { value: value.to_owned(), span, places, is_known: true, has_variables: false }
    }

    /// A text that does not stand in the configuration, but follows from what stands there.
    pub(super) fn implied(value: String, span: Range<usize>) -> Self {
        let places = std::iter::repeat_n(span.start, value.len()).chain([span.end]).collect();
        Self { value, span, places, is_known: true, has_variables: false }
    }

    /// The text. Where it depends on variables that are [unknown](super::Variable::Unknown), those stand in it as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Whether the text is what it will be; if not, it depends on variables that are not known here.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.is_known
    }

    /// The bytes of the configuration, quotes included.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The bytes of the configuration that these bytes of the text come from.
    #[must_use]
    pub fn span_of(&self, bytes: Range<usize>) -> Range<usize> {
        let place = |at: usize| self.places.get(at).or(self.places.last()).copied().unwrap_or(self.span.end);
        let start = place(bytes.start);
        start..place(bytes.end).max(start)
    }

    /// Whether a part of it comes from variables.
    pub(super) const fn has_variables(&self) -> bool {
        self.has_variables
    }

    /// Becomes a text that is made out of this one.
    pub(super) fn rebuild(&self) -> Rebuilt<'_> {
        let (value, places) = (String::with_capacity(self.value.len()), Vec::with_capacity(self.places.len()));
        Rebuilt { of: self, value, places, is_known: true, has_variables: false }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}

/// A text that is being made out of another.
pub(super) struct Rebuilt<'a> {
    of: &'a Text,
    value: String,
    places: Vec<usize>,
    is_known: bool,
    has_variables: bool,
}

impl Rebuilt<'_> {
    /// Takes these bytes as they are.
    pub(super) fn keep(&mut self, bytes: Range<usize>) {
        self.value += &self.of.value[bytes.clone()];
        self.places.extend_from_slice(&self.of.places[bytes]);
    }

    /// Puts a variable's value in place of these bytes.
    pub(super) fn replace(&mut self, bytes: Range<usize>, with: &str) {
        self.value += with;
        self.places.extend(std::iter::repeat_n(self.of.places[bytes.start], with.len()));
        self.has_variables = true;
    }

    /// Takes the bytes of a variable that is not known.
    pub(super) fn keep_unknown(&mut self, bytes: Range<usize>) {
        self.keep(bytes);
        (self.is_known, self.has_variables) = (false, true);
    }

    pub(super) fn finish(mut self) -> Text {
        self.places.extend(self.of.places.last());
        let Self { of, value, places, is_known, has_variables } = self;
        Text { value, span: of.span.clone(), places, is_known, has_variables }
    }
}

/// For each byte of the value of a string of TOML the byte of the string, quotes included, that it comes from; and for
/// its end. `None` if the one is not the other's value.
fn places(raw: &str, value: &str) -> Option<Vec<usize>> {
    let quote = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
    let has_escapes = raw.starts_with('"');
    let mut at = quote;
    if quote == 3 {
        // A line feed right behind the quotes is not part of it.
        at += line_feed(&raw[at..]).unwrap_or(0);
    }
    let mut places = Vec::with_capacity(value.len() + 1);
    for char in value.chars() {
        if has_escapes {
            at += raw.get(at..).map_or(0, continued);
        }
        let rest = raw.get(at..)?;
        let len = match rest.chars().next()? {
            '\\' if has_escapes => escape(rest)?,
            '\r' if char == '\n' => line_feed(rest)?,
            same if same == char => char.len_utf8(),
            _ => return None,
        };
        places.extend(std::iter::repeat_n(at, char.len_utf8()));
        if len == char.len_utf8() {
            // Written as it is: each byte has its own place.
            let first = places.len() - len;
            places[first..].iter_mut().enumerate().for_each(|(number, place)| *place += number);
        }
        at += len;
    }
    places.push(at);
    Some(places)
}

/// The length of a line feed at the beginning.
fn line_feed(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

/// The length of an escape at the beginning.
fn escape(text: &str) -> Option<usize> {
    Some(match text.as_bytes().get(1)? {
        b'x' => 4,
        b'u' => 6,
        b'U' => 10,
        _ => 2,
    })
}

/// The length of backslashes at ends of lines, with the blanks that follow them, at the beginning.
fn continued(text: &str) -> usize {
    let mut rest = text;
    while let Some(behind) = rest.strip_prefix('\\')
        && let blanks = behind.trim_start_matches([' ', '\t', '\r', '\n'])
        && behind[..behind.len() - blanks.len()].contains('\n')
    {
        rest = blanks;
    }
    text.len() - rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::de::DeValue;

    /// The place of the first `!` of the value is that of the first `!` of the string, or of the escape `\u0021`.
    #[test]
    fn bytes_are_where_they_come_from() {
        for raw in [
            "'a!'",
            "'a\\n!'",
            "\"!\"",
            "\"\\n\\t\\\\\\\"!\"",
            "\"\\u00e9\\U0001F600\\x41!\"",
            "\"é日!\"",
            "'''\nab\n!'''",
            "'''\r\nab\r\n!'''",
            "\"\"\"\na \\\n   !\"\"\"",
            "\"\"\"a\\\r\n  \\\n !\"\"\"",
            "\"\"\"a\"\"!\"\"\"",
            "\"\"\"\\\n!\"\"\"",
            "\"a\\u0021\"",
        ] {
            let parsed = DeValue::parse(raw).unwrap();
            let value = parsed.get_ref().as_str().unwrap();
            let text = Text::new(raw, 0..raw.len(), value);
            let at = value.find('!').unwrap();
            let want = raw.find('!').unwrap_or_else(|| raw.find("\\u0021").unwrap());
            assert_eq!(text.span_of(at..at).start, want, "{raw}");
            let end = raw.trim_end_matches(['"', '\'']).len();
            assert_eq!(text.span_of(at..value.len()), want..end, "{raw}");
            assert_eq!(text.span_of(at + 5..at + 7).start, end, "{raw}");
        }
    }

    #[test]
    fn what_is_not_understood_is_a_place_as_a_whole() {
        let text = Text::new("x = 'abc'", 4..9, "something else");
        assert_eq!(text.span_of(3..6), 4..4);
        assert_eq!(text.span_of(3..14), 4..9);
        assert_eq!(Text::new("", 4..9, "a").span_of(0..1), 4..9);
    }
}
