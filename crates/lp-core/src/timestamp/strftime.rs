//! Times in a format of `strftime`: compiled once, then read at the beginning of a text.
//!
//! The directives are those of glibc in the C locale, which Python's `time.strftime` writes, and what `datetime` adds.
//! A directive that means several (`%T`) is compiled as those.

mod error;
mod fields;
mod write;

pub use error::TimeFormatError;
use error::Wrong;
use fields::Fields;

use super::civil::{self, NoTime, Read};
use super::minute::MinuteCache;
use super::{Timestamp, Zone};
use crate::digits;

/// A format of `strftime`, such as `%d.%m.%Y %H:%M:%S`, to read times that were written in it, or to write them.
///
/// ```
/// use lp_core::TimeFormat;
///
/// assert!(TimeFormat::compile("%d.%m.%Y %H:%M:%S")?.has_date());
/// assert!(!TimeFormat::compile("%H:%M:%S")?.has_date());
/// assert_eq!(TimeFormat::compile("%H:%Q").unwrap_err().at(), 3);
/// # Ok::<(), lp_core::TimeFormatError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimeFormat {
    items: Vec<Item>,
    has_date: bool,
    /// Of `%Y-%m-%d %H:%M:%S` and its like, what stands in the date and behind it.
    separators: Option<[u8; 2]>,
}

/// A part of a format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Item {
    Byte(u8),
    Number {
        number: Number,
        width: u8,
        pad: Pad,
    },
    /// The month's name, in full or its first three letters.
    Month {
        full: bool,
    },
    /// The name of the day of the week, likewise.
    Weekday {
        full: bool,
    },
    /// AM or PM.
    Half,
    /// A name such as `UTC` or `CEST`, or an offset where a zone has no name.
    ZoneName,
    /// `+0200`, `+02:00` or `Z`.
    Offset,
    /// Seconds since the epoch.
    Epoch,
    /// Up to nine digits, or as many as Python writes where a digit follows.
    Fraction {
        six: bool,
    },
}

/// What the digits of a number say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Number {
    Year,
    YearOfCentury,
    Month,
    Day,
    DayOfYear,
    Hour,
    HourOfHalf,
    Minute,
    Second,
    /// A part of a time that is known without it.
    Unused,
}

/// What a number has where it is shorter than its width.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pad {
    Zeros,
    Spaces,
    Nothing,
}

/// What a [`TimeFormat`] read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Formatted {
    /// The moment, where the format [has a date](TimeFormat::has_date).
    pub(crate) timestamp: Option<Timestamp>,
    /// With how many digits behind the second it was written; 9 at most.
    pub(crate) fraction_digits: u8,
    /// How many bytes of the text it is.
    pub(crate) len: usize,
}

impl TimeFormat {
    /// Compiles a format.
    ///
    /// # Errors
    ///
    /// A `%` that begins no directive, or one that cannot be read.
    pub fn compile(text: &str) -> Result<Self, TimeFormatError> {
        let mut items = Vec::new();
        compile(text, &mut items)?;
        // A fraction ends where the next number begins.
        for place in 1..items.len() {
            if let [Item::Fraction { six }, next] = &mut items[place - 1..=place] {
                *six = matches!(next, Item::Number { .. } | Item::Epoch | Item::Byte(b'0'..=b'9'));
            }
        }
        let has =
            |wanted: Number| items.iter().any(|item| matches!(item, Item::Number { number, .. } if *number == wanted));
        let has_year = has(Number::Year) || has(Number::YearOfCentury);
        let has_day = has(Number::DayOfYear)
            || has(Number::Day) && (has(Number::Month) || items.iter().any(|item| matches!(item, Item::Month { .. })));
        let has_hour = has(Number::Hour) || has(Number::HourOfHalf) && items.contains(&Item::Half);
        let has_date = has_year && has_day && has_hour || items.contains(&Item::Epoch);
        let separators = separators(&items);
        Ok(Self { items, has_date, separators })
    }

    /// Whether a moment can be read with it: it has a year, a month and a day (or the day of the year), and an hour, with
    /// AM or PM where it is one of twelve; or the seconds since the epoch.
    #[must_use]
    pub const fn has_date(&self) -> bool {
        self.has_date
    }

    /// Reads what [`read`](Self::read) reads; fast if the format is a usual one, and the minute the same from call to call.
    #[inline]
    pub(crate) fn read_near(&self, text: &[u8], zone: &Zone, minute: &mut MinuteCache) -> Result<Formatted, NoTime> {
        if let Some([date, between]) = self.separators
            && let Some(second) = text.get(..civil::SECOND_LEN)
            && (second.get(4), second.get(10)) == (Some(&date), Some(&between))
            && let Ok(Read { timestamp, fraction_digits, len }) = minute.read(second, zone)
        {
            return Ok(Formatted { timestamp: Some(timestamp), fraction_digits, len });
        }
        self.read(text, zone)
    }

    /// Reads a time at the beginning of a text, in `zone` where no offset is written.
    ///
    /// A time of day without a date is checked too.
    pub(crate) fn read(&self, text: &[u8], zone: &Zone) -> Result<Formatted, NoTime> {
        let mut fields = Fields::default();
        let mut rest = text;
        for item in &self.items {
            let len = item.read(rest, &mut fields)?;
            rest = rest.get(len..).ok_or(NoTime::Shape)?;
        }
        let timestamp = fields.timestamp(zone)?.filter(|_| self.has_date);
        Ok(Formatted { timestamp, fraction_digits: fields.fraction_digits, len: text.len() - rest.len() })
    }
}

/// What stands in the date and behind it, if these are the parts of a time as [`MinuteCache`] reads it.
fn separators(items: &[Item]) -> Option<[u8; 2]> {
    let &[_, Item::Byte(date @ (b'-' | b'/')), _, _, _, Item::Byte(between @ (b' ' | b'T' | b't')), ..] = items else {
        return None;
    };
    let mut usual = Vec::new();
    let [date_text, between_text] = [date, between].map(char::from);
    compile(&format!("%Y{date_text}%m{date_text}%d{between_text}%H:%M:%S"), &mut usual).ok()?;
    (items == usual).then_some([date, between])
}

/// Appends the parts of a format.
fn compile(text: &str, items: &mut Vec<Item>) -> Result<(), TimeFormatError> {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first != '%' {
            items.extend(rest.bytes().take(first.len_utf8()).map(Item::Byte));
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        let wrong = |wrong| TimeFormatError::new(text.len() - rest.len(), wrong);
        let mut chars = rest.chars();
        chars.next();
        let mut next = || chars.next().ok_or(wrong(Wrong::Unfinished));
        let (flag, directive) = match next()? {
            flag @ ('-' | '_' | '0') => (Some(flag), next()?),
            ':' if next()? == 'z' => (None, 'z'),
            ':' => return Err(wrong(Wrong::Unknown(':'))),
            directive => (None, directive),
        };
        rest = chars.as_str();
        let before = items.len();
        append(directive, items).map_err(wrong)?;
        if let Some(flag) = flag {
            // Names and the like have nothing to pad.
            match items.get_mut(before..) {
                Some([Item::Number { pad, .. }]) => {
                    *pad = match flag {
                        '-' => Pad::Nothing,
                        '_' => Pad::Spaces,
                        _ => Pad::Zeros,
                    }
                }
                _ => return Err(wrong(Wrong::Flag(flag, directive))),
            }
        }
    }
    Ok(())
}

/// Appends what a directive means.
fn append(directive: char, items: &mut Vec<Item>) -> Result<(), Wrong> {
    use Number::*;
    let number = |number, width| Item::Number { number, width, pad: Pad::Zeros };
    let spaced = |number| Item::Number { number, width: 2, pad: Pad::Spaces };
    items.push(match directive {
        'Y' => number(Year, 4),
        'y' => number(YearOfCentury, 2),
        'm' => number(Month, 2),
        'd' => number(Day, 2),
        'e' => spaced(Day),
        'j' => number(DayOfYear, 3),
        'H' => number(Hour, 2),
        'k' => spaced(Hour),
        'I' => number(HourOfHalf, 2),
        'l' => spaced(HourOfHalf),
        'M' => number(Minute, 2),
        'S' => number(Second, 2),
        'G' => number(Unused, 4),
        'C' | 'g' | 'U' | 'V' | 'W' => number(Unused, 2),
        'u' | 'w' => number(Unused, 1),
        'b' | 'h' => Item::Month { full: false },
        'B' => Item::Month { full: true },
        'a' => Item::Weekday { full: false },
        'A' => Item::Weekday { full: true },
        'p' | 'P' => Item::Half,
        'Z' => Item::ZoneName,
        'z' => Item::Offset,
        's' => Item::Epoch,
        'f' => Item::Fraction { six: false },
        'n' => Item::Byte(b'\n'),
        't' => Item::Byte(b'\t'),
        '%' => Item::Byte(b'%'),
        _ => {
            let several = match directive {
                'T' | 'X' => "%H:%M:%S",
                'R' => "%H:%M",
                'r' => "%I:%M:%S %p",
                'D' | 'x' => "%m/%d/%y",
                'F' => "%Y-%m-%d",
                'c' => "%a %b %e %H:%M:%S %Y",
                _ => return Err(Wrong::Unknown(directive)),
            };
            return compile(several, items).map_err(|_| Wrong::Unknown(directive));
        }
    });
    Ok(())
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Item {
    /// Reads this part at the beginning of a text, and says how long it is.
    fn read(self, text: &[u8], fields: &mut Fields) -> Result<usize, NoTime> {
        match self {
            Self::Byte(byte) => (text.first() == Some(&byte)).then_some(1).ok_or(NoTime::Shape),
            Self::Number { number, width, pad } => {
                let (value, len) = padded(text, width.into(), pad).ok_or(NoTime::Shape)?;
                fields.set(number, value)?;
                Ok(len)
            }
            Self::Month { full } => {
                let (place, len) = name(text, &MONTHS, full).ok_or(NoTime::Shape)?;
                fields.set(Number::Month, place as i64 + 1)?;
                Ok(len)
            }
            Self::Weekday { full } => Ok(name(text, &WEEKDAYS, full).ok_or(NoTime::Shape)?.1),
            Self::Half => {
                let (place, len) = name(text, &["AM", "PM"], true).ok_or(NoTime::Shape)?;
                fields.after_noon = Some(place == 1);
                Ok(len)
            }
            Self::ZoneName => zone_name(text, fields),
            Self::Offset => {
                let (offset, len) = match text {
                    [b'Z', ..] => (0, 1),
                    _ => {
                        // It has its width, whatever follows.
                        let len = if text.get(3) == Some(&b':') { 6 } else { 5 };
                        civil::signed_offset(text.get(..len).ok_or(NoTime::Shape)?, true)?.ok_or(NoTime::Shape)?
                    }
                };
                fields.offset = Some(offset);
                Ok(len)
            }
            Self::Epoch => {
                let sign = usize::from(text.first() == Some(&b'-'));
                let digits = text.get(sign..).unwrap_or_default();
                let len = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let number = digits.get(..len).filter(|digits| !digits.is_empty()).ok_or(NoTime::Shape)?;
                let number = number
                    .iter()
                    .try_fold(0_i64, |number, digit| number.checked_mul(10)?.checked_add(i64::from(digit - b'0')));
                let number = number.ok_or(NoTime::OutOfRange)?;
                fields.epoch = Some(if sign == 1 { -number } else { number });
                Ok(sign + len)
            }
            // The C library, and so Python's logging, does not know this directive and writes it as it stands.
            Self::Fraction { .. } if text.starts_with(b"%f") => Ok(2),
            Self::Fraction { six } => {
                let digits = text.get(..text.len().min(if six { 6 } else { usize::MAX })).unwrap_or_default();
                let (nanos, digits, len) = civil::fraction_digits(digits);
                if len == 0 || six && len < 6 {
                    return Err(NoTime::Shape);
                }
                (fields.nanos, fields.fraction_digits) = (nanos, digits);
                Ok(len)
            }
        }
    }
}

/// Reads a number of a width: its value and its length.
fn padded(text: &[u8], width: usize, pad: Pad) -> Option<(i64, usize)> {
    let (start, end) = match pad {
        Pad::Zeros => (0, width),
        Pad::Spaces => (text.iter().take(width - 1).take_while(|&&byte| byte == b' ').count(), width),
        Pad::Nothing => (0, text.iter().take(width).take_while(|byte| byte.is_ascii_digit()).count().max(1)),
    };
    Some((digits::all(text.get(start..end)?)?, end))
}

/// Reads one of several names, or its first three letters, in any case: its place and its length.
fn name(text: &[u8], names: &[&str], full: bool) -> Option<(usize, usize)> {
    names.iter().enumerate().find_map(|(place, name)| {
        let name = if full { name.as_bytes() } else { name.as_bytes().get(..3)? };
        text.get(..name.len())?.eq_ignore_ascii_case(name).then_some((place, name.len()))
    })
}

/// Reads the name of a zone. Only those of UTC say what its offset is, and those that are an offset.
fn zone_name(text: &[u8], fields: &mut Fields) -> Result<usize, NoTime> {
    let len = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    match text.get(..len).unwrap_or_default() {
        b"" => {
            let (offset, len) = civil::signed_offset(text, false)?.ok_or(NoTime::Shape)?;
            fields.offset = Some(offset);
            return Ok(len);
        }
        b"UTC" | b"GMT" | b"Z" if fields.offset.is_none() => fields.offset = Some(0),
        _ => {}
    }
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    #[test]
    fn what_python_writes() {
        let mut count = 0;
        for line in include_str!("strftime/times.tsv").lines().filter(|line| !line.starts_with('#')) {
            let [offset, seconds, format, text] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let zone = Zone::fixed(offset.parse().unwrap()).unwrap();
            let text = text.replace("\\n", "\n").replace("\\t", "\t");
            let want = Formatted {
                timestamp: Timestamp::from_seconds(seconds.parse().unwrap()),
                fraction_digits: 0,
                len: text.len(),
            };
            let format = TimeFormat::compile(format).unwrap();
            assert!(format.has_date());
            assert_eq!(format.read(text.as_bytes(), &zone), Ok(want), "{line}");
            assert_eq!(format.read(format!("{text} x").as_bytes(), &zone), Ok(want), "{line}");
            for len in 0..text.len() {
                // Less may be a time too, with a shorter number, but is never more than there is.
                let less = format.read(&text.as_bytes()[..len], &zone);
                assert!(less.is_err() || less.is_ok_and(|read| read.len == len), "{line}");
            }
            count += 1;
        }
        assert!(count > 400);
    }

    #[test]
    fn known_times() {
        let zone = Zone::fixed(3600).unwrap();
        for (format, text, want) in [
            ("%H:%M:%S", "10:30:15 x", "- 8"),
            ("%H:%M:%S", "24:30:15", "Impossible"),
            ("%H:%M:%S", "10:60:15", "Impossible"),
            ("%H:%M:%S", "10:30:61", "Impossible"),
            ("%H:%M:%S", "10:30-15", "Shape"),
            ("%H:%M:%S", "10:30:1", "Shape"),
            ("%H:%M:%S", "", "Shape"),
            ("", "x", "- 0"),
            ("%d %b", "30 Feb", "- 6"),
            ("%d %b %Y %H", "30 Feb 2025 10", "Impossible"),
            ("%d %b %Y %H", "29 FEB 2024 10", "2024-02-29T09:00:00Z 14"),
            ("%d %b %Y %H", "29 Foo 2024 10", "Shape"),
            ("%d %b %Y %H", "00 Feb 2024 10", "Impossible"),
            ("%m/%d/%Y %H", "13/01/2024 10", "Impossible"),
            ("%F", "2025-11-06", "- 10"),
            ("%F %I:%M", "2025-11-06 10:30", "- 16"),
            ("%F %I:%M %p", "2025-11-06 12:30 am", "2025-11-05T23:30:00Z 19"),
            ("%F %I:%M %p", "2025-11-06 12:30 PM", "2025-11-06T11:30:00Z 19"),
            ("%F %I:%M %p", "2025-11-06 00:30 PM", "Impossible"),
            ("%F %I:%M %p", "2025-11-06 11:30 XM", "Shape"),
            ("%p%I %F", "PM01 2025-11-06", "2025-11-06T12:00:00Z 15"),
            ("%j %Y %H", "366 2024 00", "2024-12-30T23:00:00Z 11"),
            ("%j %Y %H", "366 2025 00", "Impossible"),
            ("%j %Y %H", "000 2025 00", "Impossible"),
            ("%y-%m-%d %H", "68-01-01 01", "2068-01-01T00:00:00Z 11"),
            ("%y-%m-%d %H", "69-01-01 01", "1969-01-01T00:00:00Z 11"),
            ("%F %T", "9999-01-01 00:00:00", "OutOfRange"),
            ("%F %T", "2016-12-31 23:59:60", "2016-12-31T23:00:00Z 19"),
            ("%F %T%z", "2025-11-06 10:30:15-0800", "2025-11-06T18:30:15Z 24"),
            ("%F %T%:z", "2025-11-06 10:30:15-08:00", "2025-11-06T18:30:15Z 25"),
            ("%F %T%z%j", "2025-11-06 10:30:15-0800310", "2025-11-06T18:30:15Z 27"),
            ("%F %T%z%j", "2025-11-06 10:30:15-08:00310", "2025-11-06T18:30:15Z 28"),
            ("%F %T%z", "2025-11-06 10:30:15-08", "Shape"),
            ("%F %T%z", "2025-11-06 10:30:15-08:0", "Shape"),
            ("%F %T%z", "2025-11-06 10:30:15Z", "2025-11-06T10:30:15Z 20"),
            ("%F %T%z", "2025-11-06 10:30:15 +0000", "Shape"),
            ("%F %T%z", "2025-11-06 10:30:15+2500", "Impossible"),
            ("%F %T %Z", "2025-11-06 10:30:15 UTC", "2025-11-06T10:30:15Z 23"),
            ("%F %T %Z", "2025-11-06 10:30:15 CET: x", "2025-11-06T09:30:15Z 23"),
            ("%F %T %Z", "2025-11-06 10:30:15 -03", "2025-11-06T13:30:15Z 23"),
            ("%F %T %Z", "2025-11-06 10:30:15 ", "Shape"),
            ("%F %T %z %Z", "2025-11-06 10:30:15 +0200 UTC", "2025-11-06T08:30:15Z 29"),
            ("%F %T %Z %z", "2025-11-06 10:30:15 UTC +0200", "2025-11-06T08:30:15Z 29"),
            ("%s", "-1 x", "1969-12-31T23:59:59Z 2"),
            ("%s.%f", "1762425015.250000", "2025-11-06T10:30:15.250000Z 17"),
            ("%s", "99999999999999999999", "OutOfRange"),
            ("%s", "9223372037", "OutOfRange"),
            ("%s", "-", "Shape"),
            ("%F %T.%f", "2025-11-06 10:30:15.123456 x", "2025-11-06T09:30:15.123456Z 26"),
            ("%F %T.%f", "2025-11-06 10:30:15.123 x", "2025-11-06T09:30:15.123Z 23"),
            ("%F %T.%f", "2025-11-06 10:30:15.%f x", "2025-11-06T09:30:15Z 22"),
            ("%F %T.%f", "2025-11-06 10:30:15.x", "Shape"),
            ("%F %T.%f%j", "2025-11-06 10:30:15.123456310", "2025-11-06T09:30:15.123456Z 29"),
            ("%F %T.%f%j", "2025-11-06 10:30:15.123", "Shape"),
            ("%F %-k Uhr", "2025-11-06 9 Uhr", "2025-11-06T08:00:00Z 16"),
            ("%F %k Uhr", "2025-11-06  9 Uhr", "2025-11-06T08:00:00Z 17"),
            ("%F %k Uhr", "2025-11-06 9 Uhr", "Shape"),
            ("%F um %H\u{a0}Uhr", "2025-11-06 um 10\u{a0}Uhr", "2025-11-06T09:00:00Z 21"),
        ] {
            let shown = match TimeFormat::compile(format).unwrap().read(text.as_bytes(), &zone) {
                Ok(Formatted { timestamp: Some(timestamp), fraction_digits, len }) => {
                    format!("{timestamp:.*} {len}", usize::from(fraction_digits))
                }
                Ok(Formatted { timestamp: None, len, .. }) => format!("- {len}"),
                Err(error) => format!("{error:?}"),
            };
            assert_eq!(shown, want, "{format}: {text}");
        }
    }

    #[test]
    fn wrong_formats() {
        for (format, at, says) in [
            ("%H:%M:%", 6, "a directive is not finished; a percent sign is written `%%`"),
            ("%-", 0, "a directive is not finished; a percent sign is written `%%`"),
            ("%:", 0, "a directive is not finished; a percent sign is written `%%`"),
            ("%H:%i", 3, "`%i` is no directive of strftime; minutes are `%M`"),
            ("%T.%L", 3, "`%L` is no directive of strftime; the fraction of a second is `%f`"),
            ("%:a", 0, "`%:` is no directive of strftime; an offset with a colon is `%:z`"),
            (
                "100% %H",
                3,
                "`% ` is no directive of strftime; there are `%Y %m %d %H %M %S %f %z`, for names `%a %A %b %B %p %Z`, and for several at once `%F %T %c`; a percent sign is written `%%`",
            ),
            (
                "ä%ö",
                2,
                "`%ö` is no directive of strftime; there are `%Y %m %d %H %M %S %f %z`, for names `%a %A %b %B %p %Z`, and for several at once `%F %T %c`; a percent sign is written `%%`",
            ),
            ("%F %-T", 3, "`%-T` has a flag for padding, which only numbers have; write `%T`"),
            ("%_b", 0, "`%_b` has a flag for padding, which only numbers have; write `%b`"),
            ("%-Q", 0, "`%Q` is no directive of strftime; the fraction of a second is `%f`"),
            ("%5d", 0, "`%5` is no directive of strftime; leave out the width"),
        ] {
            let error = TimeFormat::compile(format).unwrap_err();
            assert_eq!((error.at(), error.to_string().as_str()), (at, says), "{format}");
        }
    }

    #[test]
    fn which_are_usual() {
        for format in ["%Y-%m-%d %H:%M:%S", "%Y/%m/%dT%T", "%F %T"] {
            assert!(TimeFormat::compile(format).unwrap().separators.is_some());
        }
        for format in ["%Y-%m/%d %T", "%F %k:%M:%S", "%F %T.%f", "%F %R", "%Y.%m.%d %T", "%Y-%d-%m %T", "%F%T", ""] {
            assert!(TimeFormat::compile(format).unwrap().separators.is_none());
        }
    }

    #[test]
    fn which_have_a_date() {
        for (format, has_date) in [
            ("%c", true),
            ("%s", true),
            ("%D %k", true),
            ("%y %j %l %p", true),
            ("%Y %B %e %H", true),
            ("%F", false),
            ("%T", false),
            ("%m-%d %H:%M:%S", false),
            ("%b %d %H:%M:%S", false),
            ("%Y-%m %H", false),
            ("%Y-%d %H", false),
            ("%F %I", false),
            ("%F %p", false),
            ("%G-%V-%u %H", false),
            ("", false),
        ] {
            assert_eq!(TimeFormat::compile(format).unwrap().has_date(), has_date, "{format}");
        }
    }

    proptest! {
        #[test]
        fn the_fast_reader_reads_the_same(
            format in select(&["%Y-%m-%d %H:%M:%S", "%Y/%m/%dT%T", "%F %T", "%F %T.%f", "%F %k:%M:%S", "%Y-%m/%d %T"][..]),
            texts in prop::collection::vec("2025[/-]1[0-3][/-]0[0-9][ T][ 01][0-9]:[0-6][0-9]:[0-6][0-9][.,Z x]?[0-9]{0,3}", 1..9),
            hours_east in -12_i32..=12,
        ) {
            let format = TimeFormat::compile(format).unwrap();
            let zone = Zone::fixed(hours_east * 3600).unwrap();
            let mut minute = MinuteCache::new();
            for text in texts.iter().flat_map(|text| [text.as_str(), text, &text[..18]]) {
                prop_assert_eq!(format.read_near(text.as_bytes(), &zone, &mut minute), format.read(text.as_bytes(), &zone));
            }
        }

        #[test]
        fn reads_what_jiff_writes(
            seconds in 0_i64..3_124_224_000,
            minutes_east in -1439_i32..=1439,
            micros in 0_i64..1_000_000,
            date in select(&["%Y-%m-%d", "%d %B %y", "%A %-m/%e/%Y", "%j.%Y", "%F", "%D", "%a %h %_d %Y", "%Y%m%d"][..]),
            time in select(&["%H:%M:%S", "%T", "%I-%M-%S %p", "%-l %-M %-S%p", "%k.%M.%S", "%H%M%S", "%R:%-S"][..]),
            fraction in select(&["", ".%f", ",%f"][..]),
            offset in select(&["", "%z", " %z", "%:z", " (%:z)"][..]),
            between in "[ T/_%äZ-]{1,3}",
            time_first: bool,
        ) {
            let between = between.replace('%', "%%");
            let time = format!("{time}{fraction}{offset}");
            let format = if time_first { format!("{time}{between}{date}") } else { format!("{date}{between}{time}") };
            let moment = jiff::Timestamp::from_microsecond(seconds * 1_000_000 + micros).unwrap();
            let zoned = moment.to_zoned(jiff::tz::Offset::from_seconds(minutes_east * 60).unwrap().to_time_zone());
            let text = zoned.strftime(&format.replace("%f", "%6f")).to_string();
            let nanos = if fraction.is_empty() { seconds * 1_000_000_000 } else { moment.as_nanosecond() as i64 };
            let want = Formatted {
                timestamp: Some(Timestamp::from_nanos(nanos)),
                fraction_digits: if fraction.is_empty() { 0 } else { 6 },
                len: text.len(),
            };
            let zone = Zone::fixed(minutes_east * 60).unwrap();
            prop_assert_eq!(TimeFormat::compile(&format).unwrap().read(text.as_bytes(), &zone), Ok(want), "{} {}", format, text);
        }

        #[test]
        fn any_format_and_text(format in "(%[-_0:]?[a-zA-Z%]|.){0,12}", text: Vec<u8>, digits in "[0-9 :./+-]{0,40}") {
            match TimeFormat::compile(&format) {
                Ok(compiled) => {
                    for text in [&text, digits.as_bytes(), format.as_bytes()] {
                        if let Ok(read) = compiled.read(text, &Zone::UTC) {
                            prop_assert!(read.len <= text.len());
                            prop_assert_eq!(read.timestamp.is_some(), compiled.has_date());
                        }
                    }
                }
                Err(error) => prop_assert!(format[error.at()..].starts_with('%') && !error.to_string().is_empty()),
            }
        }
    }
}
