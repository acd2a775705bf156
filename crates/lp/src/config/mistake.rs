//! What is wrong with a configuration, and where.

use std::fmt;
use std::ops::Range;

use super::lines::{Lines, Part};
use super::shown::excerpt;
use crate::visible::visible;

/// What is wrong at a place of a configuration.
///
/// It is written `12:9: what is wrong; what would be right`, with the line and marks under the place on two more lines,
/// save where the line is empty.
/// There is nothing in it that a terminal would obey, and no value of a secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    span: Range<usize>,
    line: usize,
    column: usize,
    excerpt: String,
    message: String,
    hint: Option<String>,
}

impl Mistake {
    /// A mistake at these bytes of the text of a configuration.
    #[must_use]
    pub fn new(text: &str, span: Range<usize>, message: impl AsRef<str>) -> Self {
        Self::at(&Lines::new(text), span, message)
    }

    pub(super) fn at(lines: &Lines<'_>, span: Range<usize>, message: impl AsRef<str>) -> Self {
        let Part { number, line, bytes } = lines.part(span.clone());
        Self {
            line: number,
            column: 1 + line[..bytes.start].chars().count(),
            excerpt: if line.trim().is_empty() { String::new() } else { excerpt(line, bytes) },
            message: visible(message.as_ref().as_bytes()),
            hint: None,
            span,
        }
    }

    /// With what would be right.
    #[must_use]
    pub fn with_hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = Some(visible(hint.as_ref().as_bytes()));
        self
    }

    /// The bytes of the text that are wrong. May be empty, and at its end.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The line, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The character of the line, from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What would be right, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The line as it can be shown, and below it marks under the place; empty where the line is.
    #[must_use]
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        if !self.excerpt.is_empty() {
            write!(f, "\n{}", self.excerpt)?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a configuration, in the order of the places. There is at least one mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistakes {
    file: String,
    mistakes: Vec<Mistake>,
}

impl Mistakes {
    /// The mistakes; `None` if there are none.
    #[must_use]
    pub fn new(mistakes: impl IntoIterator<Item = Mistake>) -> Option<Self> {
        let mut mistakes: Vec<Mistake> = mistakes.into_iter().collect();
        mistakes.sort_by_key(|mistake| (mistake.span.start, mistake.span.end));
        mistakes.dedup();
        (!mistakes.is_empty()).then(|| Self { file: "lp.toml".to_owned(), mistakes })
    }

    /// With the name of the file that they are in, as it is to be shown; `lp.toml` without this.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = file.into();
        self
    }

    /// Each mistake.
    pub fn iter(&self) -> std::slice::Iter<'_, Mistake> {
        self.mistakes.iter()
    }

    /// How many there are; never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.mistakes.len()
    }
}

impl<'a> IntoIterator for &'a Mistakes {
    type Item = &'a Mistake;
    type IntoIter = std::slice::Iter<'a, Mistake>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Each as `lp.toml:12:9: …` and the two lines of its excerpt, without a last line feed.
impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mistake) in self.mistakes.iter().enumerate() {
            let separator = if number == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{mistake}", self.file)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let text = "a = 1\r\nbé = 2\n";
        for (span, line, column, excerpt) in [
            (0..1, 1, 1, "  a = 1\n  ^"),
            (4..5, 1, 5, "  a = 1\n      ^"),
            (4..20, 1, 5, "  a = 1\n      ^"),
            (6..7, 1, 6, "  a = 1\n       ^"),
            (13..14, 2, 6, "  bé = 2\n       ^"),
            // Within the character.
            (9..10, 2, 2, "  bé = 2\n   ^"),
            (15..15, 3, 1, ""),
            (99..100, 3, 1, ""),
        ] {
            let mistake = Mistake::new(text, span.clone(), "wrong");
            assert_eq!((mistake.line(), mistake.column(), mistake.excerpt()), (line, column, excerpt), "{span:?}");
        }
    }

    #[test]
    fn no_mistakes_are_none() {
        assert_eq!(Mistakes::new([]), None);
    }

    #[test]
    fn mistakes_are_told_in_order() {
        let text = "a = 1\nb = 2";
        let (a, b) = (Mistake::new(text, 0..1, "first"), Mistake::new(text, 6..7, "second").with_hint("write c"));
        let mistakes = Mistakes::new([b, a]).unwrap().in_file("x.toml");
        assert_eq!(mistakes.len(), 2);
        assert_eq!(mistakes.to_string(), "x.toml:1:1: first\n  a = 1\n  ^\nx.toml:2:1: second; write c\n  b = 2\n  ^");
    }
}
