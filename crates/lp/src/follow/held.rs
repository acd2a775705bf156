//! Which files hold lines back, and when those are given out.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use lp_tail::FileId;

use super::file::{File, Which};

/// The files that hold lines back: whole records for which there was no room, and last records that wait for more.
pub(super) struct Held {
    /// Files that hold whole records.
    ready: VecDeque<FileId>,
    /// Files whose last record waits, and since when; the longest first, or nearly so.
    waiting: VecDeque<(Instant, FileId)>,
    /// How long a last record waits.
    quiet: Duration,
}

impl Held {
    pub(super) fn new(quiet: Duration) -> Self {
        Self { ready: VecDeque::new(), waiting: VecDeque::new(), quiet }
    }

    /// Notes that a file may hold something.
    pub(super) fn note(&mut self, file: FileId, followed: &mut File) {
        if followed.has_complete() {
            self.ready.push_back(file);
        } else if followed.when_quiet().is_some() && !followed.waits {
            followed.waits = true;
            self.waiting.push_back((followed.changed(), file));
        }
    }

    /// The next file that has something to give out by now, and what. `has_more` says whether more of a file is there: if what has come
    /// has not been read for a while, that is no quiet time.
    pub(super) fn take(
        &mut self,
        files: &mut BTreeMap<FileId, Box<File>>,
        now: Instant,
        mut has_more: impl FnMut(FileId) -> bool,
    ) -> Option<(FileId, Which)> {
        if let Some(file) = self.ready.pop_front() {
            return Some((file, Which::Records));
        }
        for _ in 0..self.waiting.len() {
            let Some(&(since, file)) = self.waiting.front() else { break };
            if now.saturating_duration_since(since) < self.quiet {
                break;
            }
            self.waiting.pop_front();
            let Some(followed) = files.get_mut(&file) else { continue };
            followed.waits = false;
            if followed.changed() == since {
                match followed.when_quiet() {
                    Some(which) if !has_more(file) => return Some((file, which)),
                    Some(_) => followed.change(now),
                    None => continue,
                }
            }
            self.note(file, followed);
        }
        None
    }

    /// Whether some hold whole records.
    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// How long it is until one has waited long enough.
    pub(super) fn due(&self, now: Instant) -> Option<Duration> {
        self.waiting.front().map(|(since, _)| self.quiet.saturating_sub(now.saturating_duration_since(*since)))
    }
}
