//! The kinds of values: how each is recognised, and where it goes.

use crate::schema::Field;
use crate::severity::Severity;
use crate::timestamp::TimeFormat;

/// A value of a format string.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Any text, perhaps an empty one.
    Text(Field),
    /// A word, or several where it is a list: what follows `, ` or stands around ` : ` belongs to it.
    List(Field),
    /// A word of letters, digits and the signs that names in programs have.
    Word(Field),
    /// nginx's `$request`.
    Request(RequestFields),
    /// A text that is not shown.
    Ignored,
    /// An integer, or a dash.
    Integer { field: Field, number: usize, empty: bool },
    /// A status: three digits, or a dash. It gives the severity.
    Status { field: Field, number: usize, empty: bool },
    /// A number that may have a fraction, or a dash.
    Decimal { field: Field, empty: bool },
    /// Numbers and dashes with `, ` or ` : ` between them.
    Decimals { field: Field, empty: bool },
    /// A time. Only the one that is shown sets the record's.
    Time { time: Time, shown: bool, text: Option<Field> },
    /// Thousandths of the second that was read before.
    Thousandths,
    /// The name of a level, with a colon behind it where that is part of what is filled up.
    Level { field: Field, names: Names, colon: bool },
    /// The number of a level, which gives the severity.
    LevelNumber { field: Field, number: usize },
}

/// Which names of levels count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Names {
    /// Those that are known.
    Known,
    /// Any text.
    Any,
    /// Any text, and of those that are known also the first letters.
    Cut,
}

/// Where the parts of a request go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RequestFields {
    pub(crate) method: Field,
    pub(crate) path: Field,
    pub(crate) protocol: Field,
    /// For a text that is not of the shape `METHOD target HTTP/x`.
    pub(crate) request: Field,
}

/// How a time is written.
#[derive(Clone, Debug)]
pub(crate) enum Time {
    /// `06/Nov/2025:10:30:15 +0000`.
    Clf,
    /// `2025-11-06 10:30:15,123` and its like.
    Iso,
    /// Seconds since the epoch, perhaps with a fraction.
    Epoch,
    /// As `strftime` writes it.
    Format(Box<TimeFormat>),
}

/// The width that a value is filled up to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pad {
    /// Characters.
    pub(crate) width: usize,
    pub(crate) align: Align,
    /// What it is filled up with.
    pub(crate) fill: u8,
}

/// On which side of a field its value stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Align {
    Left,
    Right,
    Center,
}

/// Names of levels that a program has added to the usual ones.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Levels {
    /// The longest first, so that none hides another that goes on.
    names: Vec<(Box<[u8]>, Severity)>,
}

impl Levels {
    pub(crate) fn add(&mut self, name: &[u8], severity: Severity) {
        self.names.retain(|(known, _)| **known != *name);
        self.names.push((name.into(), severity));
        self.names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    }

    /// The severity of a level of which the first letters are given, if it is one that the program has added.
    pub(crate) fn cut(&self, text: &[u8]) -> Option<Severity> {
        self.names.iter().find(|(name, _)| name.starts_with(text)).map(|(_, severity)| *severity)
    }

    /// The severity and the length of the level that stands at the beginning of the text. A severity of `None` is that
    /// of a level without one.
    #[inline(always)]
    pub(crate) fn read(&self, text: &[u8], names: Names) -> Option<(Option<Severity>, usize)> {
        for (name, severity) in &self.names {
            if text.starts_with(name) && !text.get(name.len()).is_some_and(u8::is_ascii_alphanumeric) {
                return Some((Some(*severity), name.len()));
            }
        }
        // The usual ones, all letters at once.
        if let Some(bytes) = text.first_chunk() {
            let bytes = u64::from_le_bytes(*bytes);
            const fn first(count: u32) -> u64 {
                u64::MAX >> (64 - 8 * count)
            }
            let usual = if bytes & first(4) == u64::from_le_bytes(*b"INFO\0\0\0\0") {
                Some((Severity::INFO, 4))
            } else if bytes & first(5) == u64::from_le_bytes(*b"DEBUG\0\0\0") {
                Some((Severity::DEBUG, 5))
            } else if bytes & first(7) == u64::from_le_bytes(*b"WARNING\0") {
                Some((Severity::WARN, 7))
            } else if bytes & first(5) == u64::from_le_bytes(*b"ERROR\0\0\0") {
                Some((Severity::ERROR, 5))
            } else if bytes == u64::from_le_bytes(*b"CRITICAL") {
                Some((Severity::FATAL, 8))
            } else {
                None
            };
            if let Some((severity, len)) = usual
                && !text.get(len).is_some_and(|&byte| byte.is_ascii_alphanumeric())
            {
                return Some((Some(severity), len));
            }
        }
        read_unusual(text, names)
    }
}

/// No name of a level that is known is longer.
const LONGEST_NAME: usize = 16;

#[cold]
fn read_unusual(text: &[u8], names: Names) -> Option<(Option<Severity>, usize)> {
    // What `logging.getLevelName` gives for a level without a name.
    if let Some(number) = text.strip_prefix(b"Level ") {
        let sign = usize::from(number.first() == Some(&b'-'));
        let digits = number[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 {
            let level = number[sign..][..digits]
                .iter()
                .fold(0_u64, |level, &digit| level.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
            let severity = if sign == 1 { Some(Severity::TRACE) } else { severity_of_level(level) };
            return Some((severity, b"Level ".len() + sign + digits));
        }
    }
    // A name that goes on further is none that is known, wherever it ends.
    let near = text.iter().take(LONGEST_NAME + 1);
    let len = near.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let name = &text[..len];
    let mut severity = Severity::from_name(name);
    if names == Names::Cut && len > 0 {
        let usual: [&[u8]; 9] =
            [b"DEBUG", b"INFO", b"WARNING", b"ERROR", b"CRITICAL", b"TRACE", b"NOTICE", b"SUCCESS", b"FATAL"];
        // `CRIT` is a name of its own elsewhere.
        let begins = |usual: &&[u8]| usual.get(..len).is_some_and(|first| first.eq_ignore_ascii_case(name));
        let whole = usual.into_iter().find(begins);
        severity = whole.and_then(Severity::from_name).or(severity);
    }
    (severity.is_some() || name.eq_ignore_ascii_case(b"NOTSET")).then_some((severity, len))
}

/// The severity of a numeric level of Python's [`logging`]: that of the named level at or below it.
///
/// [`logging`]: https://docs.python.org/3/library/logging.html#logging-levels
pub(crate) fn severity_of_level(level: u64) -> Option<Severity> {
    match level {
        0 => None,
        1..10 => Some(Severity::TRACE),
        10..20 => Some(Severity::DEBUG),
        20..30 => Some(Severity::INFO),
        30..40 => Some(Severity::WARN),
        40..50 => Some(Severity::ERROR),
        50.. => Some(Severity::FATAL),
    }
}
