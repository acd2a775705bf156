//! The formats that lp reads, one module each.

pub mod access;
pub mod detect;
pub mod log_format;
mod mixed;
mod pattern_error;
pub mod python;
mod template;

use crate::batch::Batch;
pub use crate::lines::START_BYTES;
use crate::lines::last_record_start;
use crate::schema::Schema;
pub use mixed::Mixed;
pub use pattern_error::{PatternError, PatternErrorKind};

/// A kind of log: how its bytes become records.
///
/// A format is immutable and shared between threads; what parsing needs to write to is in the [`Batch`].
pub trait Format: Send + Sync {
    /// The fields of its records.
    fn schema(&self) -> &Schema;

    /// Parses the records of `input` into `batch`, which is emptied first, and returns the number of bytes they take.
    ///
    /// That is all of `input`, unless the batch was made [`with_capacity`](Batch::with_capacity) and is full: then
    /// parse again from there. It cannot fail: what is not a record of the format is a record with an
    /// [error](crate::Record::error). An input that does not end with a line terminator has a last record all the same.
    fn parse(&self, input: &[u8], batch: &mut Batch) -> usize;

    /// Whether a line looks like the first line of a record.
    ///
    /// `line` has no terminator, and may be no more than the beginning of the line: what is asked must be decided by the
    /// first [`START_BYTES`] bytes, and a line that starts a record must do so however it goes on. `true` unless a
    /// format knows better.
    fn starts_record(&self, line: &[u8]) -> bool {
        let _ = line;
        true
    }

    /// Whether a line that does not [start a record](Self::starts_record) belongs to the record before it. Otherwise every
    /// line is a record. `false` unless a format says otherwise.
    fn is_multiline(&self) -> bool {
        false
    }

    /// How many leading bytes of `input` hold whole records, so that what follows may still grow.
    ///
    /// The records of `input[..n]` and those of what follows are together the records of the whole. A format need not
    /// implement this: it follows from the two methods before.
    fn complete(&self, input: &[u8]) -> usize {
        if self.is_multiline() {
            last_record_start(input, 0, |line| self.starts_record(line))
        } else {
            crate::lines::whole_lines(input)
        }
    }
}
