//! How bad a record is, in OpenTelemetry's numbers.

use std::fmt;
use std::num::NonZeroU8;

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
