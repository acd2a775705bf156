//! Texts of records beside constants, without decoding what need not be.

use lp_core::{Field, Record};
use memchr::memmem::Finder;
use regex::bytes::Regex;

use super::source::Source;
use crate::escape::Escape;

/// A text of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Text {
    /// `None` for all of the record.
    field: Option<Field>,
    escape: Escape,
    is_message: bool,
}

impl Text {
    pub(super) const fn of(source: &Source) -> Option<Self> {
        Some(match source {
            Source::Text { field, escape, is_message } => {
                Self { field: Some(*field), escape: *escape, is_message: *is_message }
            }
            Source::Raw => Self { field: None, escape: Escape::None, is_message: false },
            _ => return None,
        })
    }

    /// Its bytes as they were logged, and how they are escaped.
    #[inline(always)]
    pub(super) fn find<'a>(&self, record: &Record<'a>) -> Option<(&'a [u8], Escape)> {
        match self.field {
            Some(_) if self.is_message && record.error().is_some() => Some((record.raw(), Escape::None)),
            Some(field) => Some((record.get(field)?, self.escape)),
            None => Some((record.raw(), Escape::None)),
        }
    }
}

/// What a text is asked. Constants here hold no backslash and no U+FFFD: up to its first backslash a text stands in the log
/// as it is, and bytes that are not UTF-8 are like no constant.
#[derive(Clone, Debug)]
pub(super) enum TextTest {
    Is(Box<[u8]>),
    /// These ascend.
    IsOneOf(Box<[Box<[u8]>]>),
    StartsWith(Box<[u8]>),
    EndsWith(Box<[u8]>),
    Contains(Box<Finder<'static>>),
    Matches(Regex),
}

impl TextTest {
    /// Whether a constant may be held against bytes that are not decoded.
    pub(super) fn takes(constant: &str) -> bool {
        !constant.contains(['\\', char::REPLACEMENT_CHARACTER])
    }

    #[inline(always)]
    pub(super) fn holds(&self, text: &[u8], escape: Escape) -> bool {
        match self {
            Self::Is(constant) => {
                text == &**constant || is_undecided(text, constant) && self.holds_decoded(text, escape)
            }
            Self::StartsWith(constant) => {
                text.starts_with(constant) || is_undecided(text, constant) && self.holds_decoded(text, escape)
            }
            _ => self.holds_for_all(text, escape),
        }
    }

    /// Where it takes all of the text to know.
    #[inline(never)]
    fn holds_for_all(&self, text: &[u8], escape: Escape) -> bool {
        let is_plain = match self {
            Self::Matches(_) => text.is_ascii() && (escape == Escape::None || memchr::memchr(b'\\', text).is_none()),
            _ => escape == Escape::None || memchr::memchr(b'\\', text).is_none(),
        };
        if is_plain { self.holds_as_it_is(text) } else { self.holds_decoded(text, escape) }
    }

    #[cold]
    #[inline(never)]
    fn holds_decoded(&self, text: &[u8], escape: Escape) -> bool {
        self.holds_as_it_is(escape.decode(text).as_bytes())
    }

    fn holds_as_it_is(&self, text: &[u8]) -> bool {
        match self {
            Self::Is(constant) => *text == **constant,
            Self::IsOneOf(constants) => constants.binary_search_by(|constant| (**constant).cmp(text)).is_ok(),
            Self::StartsWith(constant) => text.starts_with(constant),
            Self::EndsWith(constant) => text.ends_with(constant),
            Self::Contains(finder) => finder.find(text).is_some(),
            Self::Matches(regex) => regex.is_match(text),
        }
    }

    pub(super) fn cost(&self) -> u32 {
        match self {
            Self::Is(_) | Self::StartsWith(_) => 3,
            Self::EndsWith(_) | Self::IsOneOf(_) => 5,
            Self::Contains(_) => 20,
            Self::Matches(_) => 50,
        }
    }
}

/// Whether the text goes on with an escape where it is not the constant any more.
#[inline(always)]
fn is_undecided(text: &[u8], constant: &[u8]) -> bool {
    match (text.first(), constant.first()) {
        (Some(b'\\'), _) => true,
        (Some(text), Some(constant)) if text != constant => false,
        _ => {
            let same = text.iter().zip(constant).take_while(|(text, constant)| text == constant).count();
            text.get(same) == Some(&b'\\')
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// Pieces of texts as they are logged: plain, escaped, escaped but not UTF-8, and not UTF-8 at all.
    const PIECES: [&[u8]; 12] = [
        b"a",
        b"b",
        "é".as_bytes(),
        br"\x61",
        br"\xC3\xA9",
        br"\xC3",
        br"\\",
        br"\u0061",
        br"\q",
        b"\\",
        b"\xC3",
        b"\xFF",
    ];

    proptest! {
        #[test]
        fn a_text_is_asked_as_it_is_decoded(
            pieces in prop::collection::vec(select(&PIECES[..]), 0..5),
            constants in prop::collection::vec("[abé]{0,3}", 1..4),
            escape in select(&[Escape::None, Escape::Log, Escape::Json][..]),
        ) {
            let text = pieces.concat();
            let constant = || constants[0].as_bytes();
            let mut all: Vec<Box<[u8]>> = constants.iter().map(|constant| constant.as_bytes().into()).collect();
            all.sort_unstable();
            let tests = [
                TextTest::Is(constant().into()),
                TextTest::IsOneOf(all.into()),
                TextTest::StartsWith(constant().into()),
                TextTest::EndsWith(constant().into()),
                TextTest::Contains(Box::new(Finder::new(constant()).into_owned())),
                TextTest::Matches(Regex::new(&format!("^.?{}.$", constants[0])).unwrap()),
            ];
            let decoded = escape.decode(&text);
            for test in tests {
                let want = test.holds_as_it_is(decoded.as_bytes());
                prop_assert_eq!(test.holds(&text, escape), want, "{:?} of {:?} {:?}", test, text.escape_ascii(), escape);
            }
        }
    }
}
