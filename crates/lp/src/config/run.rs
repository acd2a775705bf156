//! `[run]`: how the pipeline runs.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::table::Table;
use crate::follow::Follow;
use crate::pipeline::OnError;

/// How the pipeline runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// The number of threads; as many as there are processors where it is not given.
    pub threads: Option<NonZeroUsize>,
    /// How many bytes are read at once, where it is given.
    pub chunk_size: Option<usize>,
    /// What happens to records with errors.
    pub on_error: OnError,
    /// Whether escapes of the log are undone.
    pub decode: bool,
    /// How long a stop may take, of a run that follows files.
    pub grace: Duration,
    /// How long the last record of a followed file, if records may have several lines, waits for more of them.
    pub quiet: Duration,
}

/// How long a stop may take if nothing is said.
const GRACE: Duration = Duration::from_secs(10);

/// The keys that have a meaning only if files are followed.
pub(super) const OF_FOLLOWED: [&str; 2] = ["grace", "quiet"];

impl Default for Run {
    fn default() -> Self {
        Self {
            threads: None,
            chunk_size: None,
            on_error: OnError::Keep,
            decode: true,
            grace: GRACE,
            quiet: Follow::QUIET,
        }
    }
}

impl Run {
    pub(super) fn read(mut table: Table<'_, '_>) -> Self {
        const MOST_THREADS: u64 = 1024;
        const LARGEST_CHUNK: u64 = 1 << 30;
        const SHORTEST_WAIT: Duration = Duration::from_millis(10);
        const LONGEST_WAIT: Duration = Duration::from_secs(3600);
        let threads = table.integer("threads", 1..=MOST_THREADS);
        let chunk_size = table.size("chunk_size", 1..=LARGEST_CHUNK);
        let on_error = table
            .choice("on_error", &[("keep", OnError::Keep), ("drop", OnError::Drop), ("fail", OnError::Fail)])
            .unwrap_or_default();
        let decode = table.flag("decode").unwrap_or(true);
        let grace = table.duration_within("grace", SHORTEST_WAIT..=LONGEST_WAIT, "it may be 10ms to 1h");
        let quiet = table.duration_within("quiet", SHORTEST_WAIT..=LONGEST_WAIT, "it may be 10ms to 1h");
        table.set_apart(&["threads", "chunk_size", "grace", "quiet"]);
        table.finish();
        Self {
            threads: threads.and_then(|threads| NonZeroUsize::new(usize::try_from(threads).ok()?)),
            chunk_size: chunk_size.and_then(|size| usize::try_from(size).ok()),
            on_error,
            decode,
            grace: grace.unwrap_or(GRACE),
            quiet: quiet.unwrap_or(Follow::QUIET),
        }
    }
}
