//! What every record has, whatever its format: the first cells of its row.

use crate::severity::Severity;
use crate::timestamp::Timestamp;

/// What every record has, whatever its format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// Offset of the record's first byte in the input.
    pub(crate) start: usize,
    /// Bytes of the record, without its line terminator and without what was cut off.
    pub(crate) len: u32,
    pub(crate) severity: Option<Severity>,
    /// Digits that the logged time has after the second, 0 to 9.
    pub(crate) fraction_digits: u8,
    pub(crate) flags: Flags,
    /// Meaningful only with [`Flags::TIME`].
    pub(crate) timestamp: Timestamp,
}

impl Head {
    /// Cells at the front of a row.
    pub(crate) const CELLS: usize = 3;

    #[inline(always)]
    pub(crate) const fn to_cells(self) -> [u64; Self::CELLS] {
        let severity = match self.severity {
            Some(severity) => severity.number(),
            None => 0,
        };
        let rest = self.len as u64
            | (severity as u64) << 32
            | (self.fraction_digits as u64) << 40
            | (self.flags.0 as u64) << 48;
        [self.start as u64, self.timestamp.as_nanos() as u64, rest]
    }

    #[inline(always)]
    pub(crate) const fn from_cells([start, timestamp, rest]: [u64; Self::CELLS]) -> Self {
        Self {
            start: start as usize,
            len: rest as u32,
            severity: Severity::from_number((rest >> 32) as u8),
            fraction_digits: (rest >> 40) as u8,
            flags: Flags((rest >> 48) as u8),
            timestamp: Timestamp::from_nanos(timestamp as i64),
        }
    }
}

/// What is true of a record; a set of bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Flags(u8);

impl Flags {
    pub(crate) const NONE: Self = Self(0);
    /// The record has a time.
    pub(crate) const TIME: Self = Self(1);
    /// The record did not parse: the error table has why.
    pub(crate) const REJECTED: Self = Self(2);
    /// The record was longer than the limit: the table of cut records has its length.
    pub(crate) const TRUNCATED: Self = Self(4);
    /// Somebody chose to leave the record out of the output.
    pub(crate) const DROPPED: Self = Self(8);

    /// The record is of the second kind of a schema that has [two](Schema::either).
    pub(crate) const SECOND: Self = Self(32);

    /// No byte of the record's text fields needs an escape in JSON; without this flag any may.
    pub(crate) const PLAIN: Self = Self(16);

    #[inline(always)]
    pub(crate) const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    #[inline(always)]
    pub(crate) const fn with(self, flag: Self) -> Self {
        Self(self.0 | flag.0)
    }
}
