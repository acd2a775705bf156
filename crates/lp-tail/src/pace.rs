//! When the folders are looked through: as soon as something has changed, and never all the time.

use std::time::{Duration, Instant};

use crate::system;

/// The times of the looks.
#[derive(Debug)]
pub(crate) struct Pace {
    /// When the last look began, or the one that is going on.
    began: Instant,
    /// How long the last one took that is over.
    took: Duration,
    /// When the next one comes if nobody asks for it.
    next: Instant,
    /// If one has been asked for since the last one began, how long after that it may begin.
    asked: Option<Duration>,
    /// Whether a look that came upon something unfinished has asked for it.
    is_asked_again: bool,
    /// How many in a row have been asked for so.
    in_row: u32,
}

impl Pace {
    /// How many looks in a row may ask for the next one: nobody renames a log just as it is opened more often than that.
    pub(crate) const MOST_IN_ROW: u32 = 5;

    /// The first look is due at once.
    pub(crate) fn new(now: Instant) -> Self {
        Self { began: now, took: Duration::ZERO, next: now, asked: None, is_asked_again: false, in_row: 0 }
    }

    /// When the last look began, or the one that is going on.
    pub(crate) const fn began(&self) -> Instant {
        self.began
    }

    /// A look begins.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.began = now;
        self.asked = None;
        self.in_row = if std::mem::take(&mut self.is_asked_again) { self.in_row + 1 } else { 0 };
    }

    /// The look is over. If nobody asks for the next one, it comes after this time, or later if looks last long.
    pub(crate) fn end(&mut self, now: Instant, every: Duration) {
        self.took = now.saturating_duration_since(self.began);
        // No more than the fiftieth part of the time, as long as what is new is found within a second; and never nearly all of it, where a
        // file system is so slow that a look takes longer than that.
        let pause = self.took.saturating_mul(50).min(Duration::from_secs(1));
        self.next = system::later(self.began, every.max(pause)).max(system::later(now, self.took));
    }

    /// Something has changed.
    pub(crate) fn soon(&mut self, pause: Duration) {
        self.asked = Some(self.asked.map_or(pause, |asked| asked.min(pause)));
    }

    /// What a look has found is not there any more as it was, so the next one must look at it again. If that goes on and on, it comes
    /// when it would have come.
    pub(crate) fn again(&mut self, pause: Duration) {
        self.is_asked_again = true;
        if self.in_row < Self::MOST_IN_ROW {
            self.soon(pause);
        }
    }

    /// When the next look is due.
    pub(crate) fn due(&self) -> Instant {
        match self.asked {
            // Looks that follow each other closely must not take up all the time.
            Some(pause) => {
                let pause = pause.max(self.took.saturating_mul(4)).saturating_add(self.took);
                self.next.min(system::later(self.began, pause))
            }
            None => self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_millis(3);
    const TOOK: Duration = Duration::from_millis(1);
    const EVERY: Duration = Duration::from_secs(10);
    /// For a look that was asked for, with the time that it takes.
    const SOON: Duration = Duration::from_millis(5);

    /// A look at this time. Returns when the next one is due.
    fn look(pace: &mut Pace, now: Instant, during: impl Fn(&mut Pace)) -> Instant {
        pace.begin(now);
        during(pace);
        pace.end(now + TOOK, EVERY);
        pace.due()
    }

    /// Half of the time at least is for reading.
    #[test]
    fn looks_that_last_for_seconds_leave_time_between_them() {
        let (now, took) = (Instant::now(), Duration::from_secs(3));
        let mut pace = Pace::new(now);
        pace.begin(now);
        pace.soon(PAUSE);
        pace.end(now + took, Duration::from_millis(500));
        assert_eq!(pace.due(), now + 2 * took);
    }

    #[test]
    fn a_look_that_is_asked_for_comes_soon_whether_another_is_going_on_or_not() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        assert_eq!(pace.due(), now);
        assert_eq!(look(&mut pace, now, |_| {}), now + EVERY);
        pace.soon(PAUSE);
        assert_eq!(pace.due(), now + SOON);
        assert_eq!(look(&mut pace, now + SOON, |pace| pace.soon(PAUSE)), now + SOON + SOON);
        assert_eq!(look(&mut pace, now + 2 * SOON, |pace| pace.again(PAUSE)), now + 3 * SOON);
        assert_eq!(look(&mut pace, now + 3 * SOON, |_| {}), now + 3 * SOON + EVERY);
    }

    #[test]
    fn looks_that_last_long_leave_four_fifths_of_the_time() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.begin(now);
        pace.soon(PAUSE);
        pace.end(now + Duration::from_secs(1), EVERY);
        assert_eq!(pace.due(), now + Duration::from_secs(5));
    }

    #[test]
    fn looks_that_ask_for_the_next_for_ever_come_at_their_usual_times() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        for _ in 0..2 {
            for _ in 0..Pace::MOST_IN_ROW {
                let due = look(&mut pace, now, |pace| pace.again(PAUSE));
                assert_eq!(due, now + SOON);
                now = due;
            }
            let mut began = now;
            for is_between in [false, true, false] {
                began = now;
                now = look(&mut pace, now, |pace| {
                    if !is_between {
                        pace.again(PAUSE)
                    }
                });
                if is_between {
                    pace.again(PAUSE);
                }
                assert_eq!((now, pace.due()), (began + EVERY, began + EVERY));
            }
            // What the system tells is not held up by that.
            pace.soon(PAUSE);
            assert_eq!(pace.due(), began + SOON);
            // One that asks for nothing ends the row.
            now = look(&mut pace, began + SOON, |_| {});
        }
    }
}
