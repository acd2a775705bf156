//! What the clock says, as records would say it.

use std::time::{SystemTime, UNIX_EPOCH};

use lp_core::Timestamp;

/// The time of a clock; before 1970, the beginning of 1970.
pub(crate) fn timestamp(now: SystemTime) -> Timestamp {
    let nanos = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}
