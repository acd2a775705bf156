//! What the clock says, as records would say it, and whether it can be believed.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lp_core::Timestamp;

/// The time of a clock; before 1970, the beginning of 1970.
pub(crate) fn timestamp(now: SystemTime) -> Timestamp {
    let nanos = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

/// How long this thread has worked. What others have done on its core meanwhile does not count, where the system can tell.
pub(crate) fn worked() -> Duration {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, clock_gettime};
        Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
    }
    #[cfg(not(unix))]
    {
        static BEGAN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
        BEGAN.elapsed()
    }
}

/// Notices that the clock was set, ahead or back: it has not gone on as time has. (Nor has it after a sleep of the machine.)
pub(crate) struct Watch {
    clock: SystemTime,
    time: Instant,
}

impl Watch {
    /// A clock that is put right bit by bit is off by less between two looks.
    const TOLERANCE: Duration = Duration::from_secs(1);

    pub(crate) const fn new(clock: SystemTime, time: Instant) -> Self {
        Self { clock, time }
    }

    /// Whether the clock was set since the last look.
    pub(crate) fn was_set(&mut self, clock: SystemTime, time: Instant) -> bool {
        let passed = time.saturating_duration_since(self.time);
        let off = match clock.duration_since(self.clock) {
            Ok(shown) => shown.abs_diff(passed),
            Err(back) => back.duration().saturating_add(passed),
        };
        *self = Self { clock, time };
        off > Self::TOLERANCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_noticed_once() {
        let (time, day) = (Instant::now(), 86_400_000);
        let at = |millis| UNIX_EPOCH + Duration::from_millis(millis);
        let mut watch = Watch::new(at(2 * day), time);
        for (passed, clock, was_set) in [
            (250, 2 * day + 250, false),
            (500, 2 * day + 700, false),
            // Nobody has looked for long.
            (90_000, 2 * day + 90_000, false),
            (90_250, 2 * day + 3_690_250, true),
            (90_500, 2 * day + 3_690_500, false),
            (90_750, 2 * day + 90_750, true),
            (91_000, day + 91_000, true),
            (91_250, day + 91_250, false),
            (91_250, 0, true),
        ] {
            assert_eq!(watch.was_set(at(clock), time + Duration::from_millis(passed)), was_set, "{passed}");
        }
    }
}
