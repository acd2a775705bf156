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
    what: (io::ErrorKind, Option<i32>),
    told: Instant,
    /// When it was last found to fail still.
    seen: Instant,
}

impl Failures {
    /// How often the same failure is told at most.
    const AGAIN: Duration = Duration::from_secs(60);

    /// Whether this failure has not been told for a while.
    pub(crate) fn is_new(&mut self, path: &Arc<Path>, error: &io::Error) -> bool {
        let what = (error.kind(), error.raw_os_error());
        let now = Instant::now();
        match self.0.get_mut(path) {
            Some(failure) if failure.what == what && now.duration_since(failure.told) < Self::AGAIN => {
                failure.seen = now;
                false
            }
            _ => {
                self.0.insert(Arc::clone(path), Failure { what, told: now, seen: now });
                true
            }
        }
    }

    /// Forgets what has not failed any more for some looks, of which one has begun at this time: mostly it is gone.
    pub(crate) fn forget(&mut self, look: Instant) {
        /// Looks are a second apart at most, or as far as they last.
        const LONG: Duration = Duration::from_secs(3);
        self.0.retain(|_, failure| look.saturating_duration_since(failure.seen) < LONG);
    }

    /// At how many paths something fails.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Whatever failed at this path works again.
    pub(crate) fn over(&mut self, path: &Path) {
        if !self.0.is_empty() {
            self.0.remove(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_come_and_go_are_forgotten() {
        let error = io::Error::from(io::ErrorKind::PermissionDenied);
        let mut failures = Failures::default();
        let began = Instant::now();
        for number in 0..1000 {
            assert!(failures.is_new(&Path::new(&number.to_string()).into(), &error));
        }
        let there: Arc<Path> = Path::new("7").into();
        assert!(!failures.is_new(&there, &error));
        failures.forget(began + Duration::from_secs(1));
        assert_eq!(failures.0.len(), 1000);
        failures.forget(began + Duration::from_secs(60));
        assert_eq!(failures.0.len(), 0);
    }
}
