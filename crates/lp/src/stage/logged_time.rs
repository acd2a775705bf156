//! The time of a record, as it was logged.

use lp_core::{Record, Timestamp};
use serde::{Deserialize, Serialize};

use crate::event::Value;

/// A time, and how many digits it has after the second.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "(i64, u8)", try_from = "(i64, u8)")]
pub(super) struct LoggedTime {
    pub(super) time: Timestamp,
    /// At most 9.
    digits: u8,
}

impl LoggedTime {
    /// That of a record, if it is not later than this.
    pub(super) fn of(record: &Record<'_>, latest: Timestamp) -> Option<Self> {
        Some(Self { time: record.timestamp().filter(|time| *time <= latest)?, digits: record.fraction_digits() })
    }

    /// The time as an event has it; `null` if there is none.
    pub(super) fn to_value(time: Option<Self>) -> Value {
        time.map_or(Value::Null, |Self { time, digits }| Value::Time(time, digits))
    }
}

impl From<LoggedTime> for (i64, u8) {
    fn from(LoggedTime { time, digits }: LoggedTime) -> Self {
        (time.as_nanos(), digits)
    }
}

impl TryFrom<(i64, u8)> for LoggedTime {
    type Error = &'static str;

    fn try_from((nanos, digits): (i64, u8)) -> Result<Self, Self::Error> {
        let time = Timestamp::from_nanos(nanos);
        if digits <= 9 { Ok(Self { time, digits }) } else { Err("a nanosecond has nine digits") }
    }
}
