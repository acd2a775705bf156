//! Why a text is no format of times.

use std::fmt;

/// Why a text is no [`TimeFormat`](super::TimeFormat). What it prints says what would be right, without the place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeFormatError {
    at: usize,
    wrong: Wrong,
}

/// The ways of a directive to be wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wrong {
    /// The text ends before the directive does.
    Unfinished,
    /// No such directive.
    Unknown(char),
    /// A flag for padding before a directive that has none.
    Flag(char, char),
}

impl TimeFormatError {
    pub(super) const fn new(at: usize, wrong: Wrong) -> Self {
        Self { at, wrong }
    }

    /// The byte of the text at which the wrong directive begins: where its `%` stands.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }
}

impl fmt::Display for TimeFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.wrong {
            Wrong::Unfinished => f.write_str("a directive is not finished; a percent sign is written `%%`"),
            Wrong::Flag(flag, directive) => {
                write!(f, "`%{flag}{directive}` has a flag for padding, which only numbers have; write `%{directive}`")
            }
            Wrong::Unknown(directive) => {
                write!(f, "`%{}` is no directive of strftime; ", directive.escape_debug())?;
                f.write_str(match directive {
                    'L' | 'N' | 'Q' | 'q' => "the fraction of a second is `%f`",
                    'i' => "minutes are `%M`",
                    ':' => "an offset with a colon is `%:z`",
                    'E' | 'O' => "leave out the modifier, the names are those of the C locale",
                    '1'..='9' => "leave out the width",
                    '^' | '#' => "names are read in any case, without a flag",
                    '+' => "write its parts, such as `%a %b %e %H:%M:%S %Z %Y`",
                    _ => {
                        "there are `%Y %m %d %H %M %S %f %z`, for names `%a %A %b %B %p %Z`, and for several at once \
                         `%F %T %c`; a percent sign is written `%%`"
                    }
                })
            }
        }
    }
}

impl std::error::Error for TimeFormatError {}
