//! Which failures have been told, so that the same one is not told all the time.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What has failed at which path.
#[derive(Debug, Default)]
pub(crate) struct Failures(HashMap<Arc<Path>, Failure>);

#[derive(Debug)]
struct Failure {
    what: What,
    told: Instant,
    /// When it has failed last.
    last: Instant,
}

type What = (io::ErrorKind, Option<i32>);

impl Failures {
    /// How often the same failure is told at most.
    const AGAIN: Duration = Duration::from_secs(60);

    /// Several looks.
    const NOW: Duration = Duration::from_secs(5);

    /// Whether this failure has not been told for a while.
    pub(crate) fn is_new(&mut self, path: &Arc<Path>, error: &io::Error) -> bool {
        let what = (error.kind(), error.raw_os_error());
        let now = Instant::now();
        match self.0.get_mut(path) {
            Some(known) if known.what == what && now.duration_since(known.told) < Self::AGAIN => {
                known.last = now;
                false
            }
            _ => {
                self.0.insert(Arc::clone(path), Failure { what, told: now, last: now });
                true
            }
        }
    }

    /// At how many paths something fails now. What has gone away does not fail any more, and nobody says so.
    pub(crate) fn count(&self) -> usize {
        self.0.values().filter(|failure| failure.last.elapsed() < Self::NOW).count()
    }

    /// Whatever failed at this path works again.
    pub(crate) fn over(&mut self, path: &Path) {
        if !self.0.is_empty() {
            self.0.remove(path);
        }
    }
}
