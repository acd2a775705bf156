//! Sizes and durations as people write them: `100MB`, `64KiB`, `24h`, `1h30m`.

use std::time::Duration;

use bytesize::ByteSize;
use jiff::{Span, SpanRelativeTo};

/// Why a text is no size or no duration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this {}; {}", self.what(), self.hint())]
#[non_exhaustive]
pub enum QuantityError {
    /// Not a number with a unit of bytes.
    Size,
    /// More bytes than there are numbers for.
    TooLarge,
    /// Not numbers with units of time.
    Duration,
    /// Months and years.
    Calendar,
    /// Less than nothing.
    Negative,
}

impl QuantityError {
    /// What the kinds of quantities look like: sizes.
    pub(crate) const SIZE: &str = "a size is written such as `64KiB`, `100MB` or `1GiB`";

    /// Durations.
    pub(crate) const DURATION: &str = "a duration is written such as `500ms`, `10s`, `1h30m` or `7d`";

    /// What is wrong with the text, behind the text itself.
    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::Size => "is no size",
            Self::TooLarge => "is too large for a size",
            Self::Duration => "is no duration",
            Self::Calendar => "has no fixed length",
            Self::Negative => "is negative",
        }
    }

    /// What would be right.
    pub(crate) const fn hint(self) -> &'static str {
        match self {
            Self::Size => Self::SIZE,
            Self::TooLarge => "the largest are below 16EiB",
            Self::Duration => Self::DURATION,
            Self::Calendar => "months and years differ, so give days or weeks",
            Self::Negative => "a duration is not",
        }
    }
}

/// A number of bytes: whole or decimal, with the unit `B`, `kB`, `MB`, … (powers of 1000) or `KiB`, `MiB`, … (powers of
/// 1024), in whatever case. A number alone is bytes. Fractions of a byte are cut off.
///
/// ```
/// assert_eq!(lp::quantity::size("100MB")?, 100_000_000);
/// assert_eq!(lp::quantity::size("64KiB")?, 65_536);
/// # Ok::<(), lp::quantity::QuantityError>(())
/// ```
///
/// # Errors
///
/// Where the text is anything else, or the number is 2⁶⁴ bytes or more.
pub fn size(text: &str) -> Result<u64, QuantityError> {
    match text.trim().parse() {
        // What is too large for a number comes out as the largest one.
        Ok(ByteSize(u64::MAX)) => Err(QuantityError::TooLarge),
        Ok(ByteSize(bytes)) => Ok(bytes),
        Err(_) => Err(QuantityError::Size),
    }
}

/// A span of time: numbers with the units `ns`, `us`, `ms`, `s`, `m`, `h`, `d` (24 hours) and `w` (7 days), the larger
/// first; the units may be written out (`90 seconds`). It may be zero.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(lp::quantity::duration("1h30m")?, Duration::from_secs(5400));
/// assert_eq!(lp::quantity::duration("2w")?, Duration::from_secs(14 * 86_400));
/// # Ok::<(), lp::quantity::QuantityError>(())
/// ```
///
/// # Errors
///
/// Where the text is anything else, such as a number without a unit, or months and years, which are not all of a length.
pub fn duration(text: &str) -> Result<Duration, QuantityError> {
    let span: Span = text.trim().parse().map_err(|_| QuantityError::Duration)?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| QuantityError::Calendar)?;
    duration.try_into().map_err(|_| QuantityError::Negative)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("10B", 10),
            ("64KiB", 65_536),
            ("64 KiB", 65_536),
            ("100MB", 100_000_000),
            ("100mb", 100_000_000),
            (" 1.5GB ", 1_500_000_000),
            ("15EiB", 15 << 60),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", " ", "MB", "-1MB", "1,5MB", "100 megs", "1.2.3MB", "0x10", "10MBs", "1h"] {
            assert_eq!(size(text), Err(QuantityError::Size));
        }
        for text in ["16EiB", "18446744073709551615", "99999999999999999999999999MB"] {
            assert_eq!(size(text), Err(QuantityError::TooLarge));
        }
    }

    #[test]
    fn durations() {
        let day = 86_400_000;
        for (text, milliseconds) in [
            ("0s", 0),
            ("500ms", 500),
            ("10s", 10_000),
            ("1m", 60_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("90 seconds", 90_000),
            ("24h", day),
            ("7d", 7 * day),
            ("2w", 14 * day),
            ("1w2d3h4m5s6ms", 9 * day + 11_045_006),
            (" 1d ", day),
            ("PT1H", 3_600_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        assert_eq!(duration("1us"), Ok(Duration::from_micros(1)));
        for text in ["", "10", "h", "1x", "10 s m", "30m1h", "one hour", "99999999999999999999999s", "1h\u{1b}"] {
            assert_eq!(duration(text), Err(QuantityError::Duration));
        }
        for text in ["1mo", "1y", "2 years"] {
            assert_eq!(duration(text), Err(QuantityError::Calendar));
        }
        for text in ["-1h", "1h ago"] {
            assert_eq!(duration(text), Err(QuantityError::Negative));
        }
    }

    #[test]
    fn what_is_wrong() {
        let says = |error: Option<QuantityError>| error.unwrap().to_string();
        assert_eq!(says(size("1h").err()), "this is no size; a size is written such as `64KiB`, `100MB` or `1GiB`");
        assert_eq!(
            says(duration("1y").err()),
            "this has no fixed length; months and years differ, so give days or weeks"
        );
    }
}
