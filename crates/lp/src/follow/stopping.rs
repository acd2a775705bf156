//! How a run that has been stopped reads on: what is in the files, so that the last lines of a program that has ended before are not
//! lost with it. But not for long.

use std::time::{Duration, Instant};

/// How long it reads on at most, if there is so much to read.
const MOST: Duration = Duration::from_secs(2);

/// How long it waits for what has been written just before.
const WAIT: Duration = Duration::from_millis(10);

/// How often it waits. The first wait may only have been told of the stop.
const WAITS: u32 = 3;

pub(super) struct Stopping {
    until: Instant,
    /// How often nothing more has come.
    waits: u32,
}

impl Stopping {
    pub(super) fn new(now: Instant) -> Self {
        Self { until: now + MOST, waits: 0 }
    }

    pub(super) fn goes_on(&self, now: Instant) -> bool {
        now < self.until && self.waits < WAITS
    }

    /// How long the next wait is.
    pub(super) fn wait(&mut self) -> Duration {
        self.waits += 1;
        WAIT
    }

    /// Something has come.
    pub(super) fn news(&mut self) {
        self.waits = 0;
    }
}
