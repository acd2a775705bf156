//! `[run]`: how the pipeline runs.

use std::num::NonZeroUsize;

use super::table::Table;
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
}

impl Default for Run {
    fn default() -> Self {
        Self { threads: None, chunk_size: None, on_error: OnError::Keep, decode: true }
    }
}

impl Run {
    pub(super) fn read(mut table: Table<'_, '_>) -> Self {
        const MOST_THREADS: u64 = 1024;
        const LARGEST_CHUNK: u64 = 1 << 30;
        let threads = table.integer("threads", 1..=MOST_THREADS);
        let chunk_size = table.size("chunk_size", 1..=LARGEST_CHUNK);
        let on_error = table
            .choice("on_error", &[("keep", OnError::Keep), ("drop", OnError::Drop), ("fail", OnError::Fail)])
            .unwrap_or_default();
        let decode = table.flag("decode").unwrap_or(true);
        table.finish();
        Self {
            threads: threads.and_then(|threads| NonZeroUsize::new(usize::try_from(threads).ok()?)),
            chunk_size: chunk_size.and_then(|size| usize::try_from(size).ok()),
            on_error,
            decode,
        }
    }
}
