//! How a run that has been stopped reads on, so that the last lines of a program that has ended before are not lost with it: until all
//! records are given out that began before the ends of the files as they were then. But not for long.
//!
//! If another run may go on, a last record that could have more lines waits for them as it always does, and is given out when that is
//! over, or left to the other run if that would take too long. Half a line is left to it in any case, unless its file has been deleted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lp_tail::{Event, FileId};

use super::file::File;

/// How long it reads on at most, if there is so much to read.
const MOST: Duration = Duration::from_secs(2);

/// How long it waits for what is being written, or cannot be read.
const WAIT: Duration = Duration::from_millis(10);

/// How often it waits so. The first wait may only have been told of the stop.
const WAITS: u32 = 3;

/// How long the last record of a file may be waited for.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// How long one that could have more lines waits for them. `None` if all that has been read is given out anyway.
    pub(super) quiet: Option<Duration>,
    /// How long the run may read on.
    pub(super) most: Duration,
}

pub(super) struct Stopping {
    /// Where the files ended that are not done with.
    ends: BTreeMap<FileId, u64>,
    patience: Patience,
    begun: Instant,
    /// Whether all has been told that was known of the files then.
    is_told: bool,
    /// How often nothing has come.
    waits: u32,
}

impl Stopping {
    /// The files ended there when the run was stopped.
    pub(super) fn new(ends: impl Iterator<Item = (FileId, u64)>, patience: Patience, now: Instant) -> Self {
        Self { ends: ends.collect(), patience, begun: now, is_told: false, waits: 0 }
    }

    /// How long the next wait is; `None` if nothing is waited for any more.
    pub(super) fn wait(&mut self, files: &BTreeMap<FileId, Box<File>>, now: Instant) -> Option<Duration> {
        let time = now.saturating_duration_since(self.begun);
        if !self.is_told && time < self.longest_reading() {
            return Some(WAIT);
        }
        while let Some((file, &end)) = self.ends.first_key_value() {
            // One that is not there any more has been given out to its end.
            if let Some(wait) = files.get(file).and_then(|file| self.wait_for(file, end, time, now)) {
                return Some(wait);
            }
            self.ends.pop_first();
        }
        None
    }

    /// How long what began before this end is waited for.
    fn wait_for(&self, file: &File, end: u64, time: Duration, now: Instant) -> Option<Duration> {
        if file.begins() >= end {
            return None;
        }
        let is_cut = file.position() < end || file.ends_in_line();
        if is_cut && self.waits < WAITS && time < self.longest_reading() {
            return Some(WAIT);
        }
        // All is given out of a file that nobody will find again.
        if file.position() < end || !file.has_lines() || file.is_unlinked() {
            return None;
        }
        let left = self.patience.quiet?.saturating_sub(now.saturating_duration_since(file.changed()));
        (time.saturating_add(left) <= self.patience.most).then_some(left.max(WAIT))
    }

    fn longest_reading(&self) -> Duration {
        self.patience.most.min(MOST)
    }

    /// This has come of waiting.
    pub(super) fn note(&mut self, event: &Event) {
        self.is_told |= matches!(event, Event::Bytes { .. } | Event::Skipped { .. } | Event::Idle);
        self.waits += u32::from(matches!(event, Event::Idle));
    }
}
