//! A flag that cannot be followed.

use std::fmt;
use std::ops::Range;

use lp::Refused;
use lp::excerpt::Excerpt;

/// A flag that cannot be followed: why, and the place in its text.
#[derive(Debug)]
pub(crate) struct WrongFlag {
    flag: String,
    why: String,
    place: Option<(String, Range<usize>)>,
}

impl WrongFlag {
    pub(crate) fn new(flag: impl Into<String>, why: impl fmt::Display) -> Self {
        Self { flag: flag.into(), why: why.to_string(), place: None }
    }

    pub(crate) fn at(mut self, text: &str, place: Range<usize>) -> Self {
        self.place = Some((text.to_owned(), place));
        self
    }
}

impl fmt::Display for WrongFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.flag, self.why)?;
        if let Some((text, place)) = &self.place {
            write!(f, "\n{}", Excerpt { text: text.as_bytes(), place: place.clone() })?;
        }
        Ok(())
    }
}

/// A stage or an outlet that does not fit the records, with a mark under the place.
pub(crate) struct Refusal<'a>(pub(crate) &'a Refused);

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refused { input, name, error } = self.0;
        if let Some(input) = input {
            write!(f, "{input}: ")?;
        }
        let wrong = WrongFlag::new(name, &error.why);
        if error.text.is_empty() { wrong.fmt(f) } else { wrong.at(&error.text, error.at.clone()).fmt(f) }
    }
}
