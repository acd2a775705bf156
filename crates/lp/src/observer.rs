//! Who watches a run.

use std::path::Path;
use std::time::Duration;

use lp_core::format::detect::Detected;

use crate::error::Cause;
use crate::event::Event;
use crate::ledger::Report;
use crate::source::InputError;
use crate::stage::BindError;

/// What a run tells while it goes on; every method does nothing unless it is implemented. `()` is an observer.
pub trait Observer {
    /// An input could not be read, or not to its end. Told in the order of the output.
    fn input_failed(&mut self, _error: &InputError) {}

    /// The format of an input was told from its first records. Told when the first of them are written.
    fn format_detected(&mut self, _input: &str, _detected: &Detected) {}

    /// So many bytes of the inputs have been read, compressed ones counted as they stand in the file.
    fn progress(&mut self, _bytes: u64) {}

    /// The stage of this name tells something that no outlet takes.
    fn event(&mut self, _stage: &str, _event: &Event) {}

    /// How a run stands that follows files or is live; told a few times a second.
    fn status(&mut self, _status: &Status<'_>) {}

    /// Something has happened in a run that follows files.
    fn notice(&mut self, _notice: &Notice<'_>) {}

    /// The run ends early, for this reason and with this done. It returns when no thread waits for input any more; a
    /// program that cannot wait for input that may never come may end itself here.
    fn ends_early(&mut self, _cause: &Cause, _report: &Report) {}
}

impl Observer for () {}

/// How a run stands that follows files or is live, as far as it has come. (How its files stand is [told at any time](crate::follow::Standing).)
#[derive(Debug)]
#[non_exhaustive]
pub struct Status<'a> {
    /// What it has done.
    pub report: &'a Report,
    /// Chunks that have been read and are not written yet.
    pub queue: usize,
    /// How long ago what had been written was made safe in a checkpoint; `None` if none is kept.
    pub checkpoint_age: Option<Duration>,
}

/// What happens in a run that follows files.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// A file is followed from this position on.
    Opened {
        /// Its path.
        path: &'a Path,
        /// Where reading begins.
        position: u64,
        /// Its size.
        size: u64,
    },
    /// A file is not followed any more: it is gone and has been read to its end.
    Ended {
        /// Its path.
        path: &'a Path,
    },
    /// A file that the checkpoint knows is not found any more: it has been moved away, truncated, compressed or deleted since. What was
    /// written to it behind its last known size has not been read, and nobody can tell how much that is.
    Missing {
        /// Its path.
        path: &'a Path,
        /// Its size when it was last looked at.
        size: u64,
    },
    /// Bytes are gone that were seen in a file and not read.
    Lost {
        /// Its path.
        path: &'a Path,
        /// How many.
        bytes: u64,
    },
    /// A hole of NUL bytes has been skipped.
    Skipped {
        /// The path of the file.
        path: &'a Path,
        /// How many.
        bytes: u64,
    },
    /// A file or a folder cannot be read; it is tried again.
    Unreadable {
        /// Its path.
        path: &'a Path,
        /// What the system says.
        error: &'a std::io::Error,
    },
    /// A file is compressed and left alone.
    Compressed {
        /// Its path.
        path: &'a Path,
    },
    /// A file whose format was told lacks what a stage or an outlet asks for, which another format has: it is null there. Or what a condition
    /// compares has other types in it: that has no result there. Told once of each, when the first records are written.
    Lacking {
        /// The name of the file.
        input: &'a str,
        /// The name of the stage or outlet.
        name: &'a str,
        /// What is lacking, or does not go together.
        error: &'a BindError,
    },
    /// The checkpoint knows files that no source names now; where they are done with is kept for when one does again.
    Unclaimed {
        /// How many.
        kept: usize,
        /// How many are forgotten, since they are too many.
        forgotten: usize,
    },
    /// What has changed since a checkpoint was kept could not be noted, or can be again: until then, what is written is not known to have
    /// been if the process is killed, and may be written twice.
    Noted {
        /// Why not.
        noted: Result<(), &'a (dyn std::error::Error + 'static)>,
        /// Whether it was otherwise the last time.
        is_news: bool,
    },
    /// A checkpoint was kept; or not, and it is tried again.
    Checkpoint(Result<(), &'a (dyn std::error::Error + 'static)>),
}
