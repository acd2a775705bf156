//! The colours of a terminal. Those of its own palette, which people choose so that they can read them.

use crate::severity::Severity;

/// How text looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Style {
    Plain,
    Bold,
    Dim,
    Green,
    Yellow,
    Red,
    BoldRed,
    Cyan,
    /// What stands in the place of a character that is not shown, so that nobody takes it for text of the log.
    Escape,
}

/// What ends a style.
pub(super) const RESET: &[u8] = b"\x1b[0m";

impl Style {
    /// What begins the style after a [`RESET`].
    pub(super) const fn start(self) -> &'static [u8] {
        match self {
            Self::Plain => b"",
            Self::Bold => b"\x1b[1m",
            Self::Dim => b"\x1b[2m",
            Self::Green => b"\x1b[32m",
            Self::Yellow => b"\x1b[33m",
            Self::Red => b"\x1b[31m",
            Self::BoldRed => b"\x1b[1;31m",
            Self::Cyan => b"\x1b[36m",
            Self::Escape => b"\x1b[35m",
        }
    }

    pub(super) const fn of_severity(severity: Severity) -> Self {
        match severity.number() {
            0..9 => Self::Dim,
            9..13 => Self::Green,
            13..17 => Self::Yellow,
            17..21 => Self::Red,
            _ => Self::BoldRed,
        }
    }

    pub(super) const fn of_status(status: u64) -> Self {
        match status {
            200..300 => Self::Green,
            300..400 => Self::Cyan,
            400..500 => Self::Yellow,
            500..600 => Self::Red,
            _ => Self::Plain,
        }
    }
}
