//! Who watches a run.

use lp_core::format::detect::Detected;

use crate::error::Cause;
use crate::event::Event;
use crate::ledger::Report;
use crate::source::InputError;

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

    /// The run ends early, for this reason and with this done. It returns when no thread waits for input any more; a
    /// program that cannot wait for input that may never come may end itself here.
    fn ends_early(&mut self, _cause: &Cause, _report: &Report) {}
}

impl Observer for () {}
