//! What changes about a terminal while it is written to.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU16, Ordering};

use crate::timestamp::Timestamp;

/// A terminal as its encoders know it. They share it with the program, which tells it what it finds out: an encoder looks at
/// it each time that it is given records. Two are equal if they are the same.
#[derive(Clone, Debug)]
pub struct Screen(Arc<State>);

#[derive(Debug)]
struct State {
    /// 0 where lines may be of any length.
    columns: AtomicU16,
    today: AtomicI64,
}

/// No record is of this day.
const NO_DAY: i64 = i64::MIN;

impl Screen {
    /// A terminal with narrower lines is written to as if it had so many columns.
    pub const LEAST_COLUMNS: u16 = 20;

    /// A screen with lines of any length, on no day.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(State { columns: AtomicU16::new(0), today: AtomicI64::new(NO_DAY) }))
    }

    /// How many columns a line has; `None` where it may have any number.
    pub fn set_columns(&self, columns: Option<NonZeroU16>) {
        let columns = columns.map_or(0, |columns| columns.get().max(Self::LEAST_COLUMNS));
        self.0.columns.store(columns, Ordering::Relaxed);
    }

    /// What time it is. Records of the same day, in UTC, are shown without their date.
    pub fn set_now(&self, now: Timestamp) {
        self.0.today.store(day(now), Ordering::Relaxed);
    }

    /// The columns of a line.
    pub(super) fn columns(&self) -> usize {
        match self.0.columns.load(Ordering::Relaxed) {
            0 => usize::MAX,
            columns => columns.into(),
        }
    }

    pub(super) fn is_today(&self, time: Timestamp) -> bool {
        self.0.today.load(Ordering::Relaxed) == day(time)
    }
}

fn day(time: Timestamp) -> i64 {
    time.as_seconds().0.div_euclid(24 * 60 * 60)
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Screen {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Screen {}
