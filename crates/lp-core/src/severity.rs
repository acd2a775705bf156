//! How bad a record is, in OpenTelemetry's numbers.

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

/// OpenTelemetry's `SeverityNumber`, 1 to 24: four steps each of TRACE, DEBUG, INFO, WARN, ERROR and FATAL.
///
/// The numbers and short names are those of the [log data model]; a larger number is worse.
///
/// [log data model]: https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Severity(NonZeroU8);

impl Severity {
    /// 1: the finest detail.
    pub const TRACE: Self = Self(NonZeroU8::MIN);
    /// 5: for whoever debugs the program.
    pub const DEBUG: Self = Self(NonZeroU8::MIN.saturating_add(4));
    /// 9: something happened, as it should.
    pub const INFO: Self = Self(NonZeroU8::MIN.saturating_add(8));
    /// 13: not an error, but worth a look.
    pub const WARN: Self = Self(NonZeroU8::MIN.saturating_add(12));
    /// 17: something went wrong.
    pub const ERROR: Self = Self(NonZeroU8::MIN.saturating_add(16));
    /// 21: the program cannot go on.
    pub const FATAL: Self = Self(NonZeroU8::MIN.saturating_add(20));

    /// The severity with this OpenTelemetry number, or `None` outside 1 to 24.
    #[inline]
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match NonZeroU8::new(number) {
            Some(number) if number.get() <= 24 => Some(Self(number)),
            _ => None,
        }
    }

    /// The severity of an HTTP response: below 400 INFO, 400 to 499 WARN, 500 and above ERROR.
    ///
    /// Total, because logs hold 000 (nginx, when the client left before an answer) and 999 as well.
    #[inline]
    #[must_use]
    pub const fn from_status(status: u16) -> Self {
        match status {
            0..400 => Self::INFO,
            400..500 => Self::WARN,
            _ => Self::ERROR,
        }
    }

    /// The severity that a log calls by this name, in any case; `None` for a name that is none.
    ///
    /// OpenTelemetry's own short names, and those of syslog, Python's `logging`, log4j, zap, java.util.logging and
    /// .NET after the [example mappings] of its data model. Two names are more than one thing: `critical` is FATAL, as
    /// it is in Python and .NET, while syslog's and nginx's `crit` is ERROR2; `panic` is FATAL, as it is in syslog and
    /// PostgreSQL.
    ///
    /// [example mappings]: https://opentelemetry.io/docs/specs/otel/logs/data-model-appendix/#appendix-b-severitynumber-example-mappings
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        let name = Name::new(name)?;
        let (known, severity) = NAMES.get(usize::from(PLACES[name.place(FACTOR)]))?;
        (*known == name).then_some(*severity)
    }

    /// OpenTelemetry's `SeverityNumber`, 1 to 24.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0.get()
    }

    /// OpenTelemetry's short name: `INFO` for 9, `INFO2` for 10, and so on.
    #[must_use]
    pub const fn name(self) -> &'static str {
        const NAMES: [&str; 24] = [
            "TRACE", "TRACE2", "TRACE3", "TRACE4", "DEBUG", "DEBUG2", "DEBUG3", "DEBUG4", "INFO", "INFO2", "INFO3",
            "INFO4", "WARN", "WARN2", "WARN3", "WARN4", "ERROR", "ERROR2", "ERROR3", "ERROR4", "FATAL", "FATAL2",
            "FATAL3", "FATAL4",
        ];
        NAMES[self.0.get() as usize - 1]
    }
}

/// From OpenTelemetry's short name, in any case, or its number.
impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Self, UnknownSeverity> {
        let named = || (1..=24).filter_map(Self::from_number).find(|known| known.name().eq_ignore_ascii_case(text));
        text.parse().ok().and_then(Self::from_number).or_else(named).ok_or(UnknownSeverity)
    }
}

/// A text is neither a short name of OpenTelemetry's nor a number from 1 to 24.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownSeverity;

impl fmt::Display for UnknownSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a severity is TRACE, DEBUG, INFO, WARN, ERROR, FATAL or a number from 1 to 24")
    }
}

impl std::error::Error for UnknownSeverity {}

/// A name in small letters: its first and its last bytes, which overlap or leave nothing between them, and its length.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Name {
    first: u64,
    last: u64,
    len: u8,
}

impl Name {
    const MAX_LEN: usize = 16;

    #[inline(always)]
    const fn new(name: &[u8]) -> Option<Self> {
        let len = name.len() as u8;
        if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
            let (first, last) = (u32::from_le_bytes(*first) as u64, u32::from_le_bytes(*last) as u64);
            if name.len() <= 8 {
                return Some(Self { first: lowercase(first | last << 32), last: 0, len });
            }
        }
        match (name.first_chunk(), name.last_chunk()) {
            (Some(first), Some(last)) if name.len() <= Self::MAX_LEN => {
                let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
                Some(Self { first: lowercase(first), last: lowercase(last), len })
            }
            _ => match name {
                [a, b, c] => Some(Self { first: lowercase(u32::from_le_bytes([*a, *b, *c, 0]) as u64), last: 0, len }),
                _ => None,
            },
        }
    }

    /// Where it stands in [`PLACES`], if it is known.
    #[inline(always)]
    const fn place(self, factor: u64) -> usize {
        ((self.first ^ self.last.rotate_left(32)).wrapping_mul(factor) >> 56) as usize
    }
}

/// Eight bytes at once in small letters.
#[inline(always)]
const fn lowercase(word: u64) -> u64 {
    const EACH: u64 = u64::MAX / 0xFF;
    // The high bit of each byte: whether the byte is ASCII, and from `A` on, and not behind `Z`.
    let ascii = word & (0x7F * EACH);
    let from_a = ascii + (0x80 - b'A' as u64) * EACH;
    let behind_z = ascii + (0x7F - b'Z' as u64) * EACH;
    let is_capital = from_a & !behind_z & !word & (0x80 * EACH);
    word | is_capital >> 2
}

/// For each [place](Name::place) the number of the name that has it, or one that no name has.
static PLACES: [u8; 256] = match places(FACTOR) {
    Some(places) => places,
    None => unreachable!(),
};

/// With this factor no two names have one place.
const FACTOR: u64 = {
    let mut factor = 0x9E37_79B9_7F4A_7C15;
    while places(factor).is_none() {
        factor += 2;
    }
    factor
};

const fn places(factor: u64) -> Option<[u8; 256]> {
    let mut places = [u8::MAX; 256];
    let mut number = 0;
    while number < NAMES.len() {
        let place = &mut places[NAMES[number].0.place(factor)];
        if *place != u8::MAX {
            return None;
        }
        *place = number as u8;
        number += 1;
    }
    Some(places)
}

/// The names there are.
static NAMES: [(Name, Severity); 43] = {
    const fn named(name: &str, number: u8) -> (Name, Severity) {
        match (Name::new(name.as_bytes()), Severity::from_number(number)) {
            (Some(name), Some(severity)) => (name, severity),
            _ => unreachable!(),
        }
    }
    [
        named("info", 9),
        named("error", 17),
        named("warning", 13),
        named("warn", 13),
        named("debug", 5),
        named("notice", 10),
        named("critical", 21),
        named("crit", 18),
        named("fatal", 21),
        named("trace", 1),
        named("err", 17),
        named("alert", 19),
        named("emerg", 21),
        named("success", 9),
        named("information", 9),
        named("informational", 9),
        named("emergency", 21),
        named("panic", 21),
        named("dpanic", 18),
        named("severe", 17),
        named("config", 7),
        named("fine", 6),
        named("finer", 5),
        named("finest", 1),
        named("verbose", 5),
        named("trace2", 2),
        named("trace3", 3),
        named("trace4", 4),
        named("debug2", 6),
        named("debug3", 7),
        named("debug4", 8),
        named("info2", 10),
        named("info3", 11),
        named("info4", 12),
        named("warn2", 14),
        named("warn3", 15),
        named("warn4", 16),
        named("error2", 18),
        named("error3", 19),
        named("error4", 20),
        named("fatal2", 22),
        named("fatal3", 23),
        named("fatal4", 24),
    ]
};

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_severity() {
        for status in 0..=999 {
            let want = match status / 100 {
                0..=3 => "INFO",
                4 => "WARN",
                _ => "ERROR",
            };
            assert_eq!(Severity::from_status(status).name(), want, "{status}");
        }
    }

    #[test]
    fn a_severity_is_found_by_its_own_name_in_any_case() {
        for number in 1..=24 {
            let severity = Severity::from_number(number).unwrap();
            assert_eq!(Severity::from_name(severity.name().as_bytes()), Some(severity));
            assert_eq!(Severity::from_name(severity.name().to_ascii_lowercase().as_bytes()), Some(severity));
        }
    }

    #[test]
    fn names_that_logs_use() {
        for (name, want) in [
            ("Information", "INFO"),
            ("informational", "INFO"),
            ("SUCCESS", "INFO"),
            ("notice", "INFO2"),
            ("Warning", "WARN"),
            ("err", "ERROR"),
            ("crit", "ERROR2"),
            ("dpanic", "ERROR2"),
            ("alert", "ERROR3"),
            ("CRITICAL", "FATAL"),
            ("emerg", "FATAL"),
            ("emergency", "FATAL"),
            ("panic", "FATAL"),
            ("FINE", "DEBUG2"),
        ] {
            assert_eq!(Severity::from_name(name.as_bytes()).unwrap().name(), want, "{name}");
        }
        for name in
            ["", "e", "er", "info1", "info ", "info\0", "inform", "NOTSET", "30", "informationally", "informational   "]
        {
            assert_eq!(Severity::from_name(name.as_bytes()), None, "{name}");
        }
        for (place, (name, _)) in NAMES.iter().enumerate() {
            assert!(NAMES[..place].iter().all(|(before, _)| before != name), "{place}");
        }
    }

    #[test]
    fn letters_are_made_small() {
        for byte in 0..=u8::MAX {
            let word = u64::from_le_bytes([byte, b'Z', byte, 0xFF, 0, b'@', byte, byte]);
            let small = byte.to_ascii_lowercase();
            assert_eq!(lowercase(word).to_le_bytes(), [small, b'z', small, 0xFF, 0, b'@', small, small]);
        }
    }

    #[test]
    fn numbers_are_open_telemetrys() {
        assert_eq!(Severity::from_number(0), None);
        assert_eq!(Severity::from_number(25), None);
        for number in 1..=24 {
            assert_eq!(Severity::from_number(number).unwrap().number(), number);
        }
        assert_eq!(Severity::FATAL.number(), 21);
        assert!(Severity::ERROR > Severity::WARN);
        assert_eq!(Severity::from_number(24).unwrap().name(), "FATAL4");
        assert_eq!(size_of::<Option<Severity>>(), 1);
    }
}
