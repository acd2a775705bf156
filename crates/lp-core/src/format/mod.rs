//! The formats that lp reads, one module each.

pub mod access;
pub mod app;
mod catalog;
pub mod detect;
pub mod json;
pub mod log_format;
mod mixed;
pub mod nginx_error;
mod offsets;
mod pattern_error;
pub mod python;
mod template;

use crate::batch::Batch;
pub use crate::lines::START_BYTES;
use crate::lines::{Lines, last_record_start, start_of, whole_lines};
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
    /// `line` has no terminator, and of a line that is longer than [`START_BYTES`] it is only so much: that must decide.
    /// `true` unless a format knows better.
    fn starts_record(&self, line: &[u8]) -> bool {
        let _ = line;
        true
    }

    /// Whether a line that does not [start a record](Self::starts_record) may belong to the record before it. Otherwise
    /// every line is a record. `false` unless a format says otherwise.
    fn is_multiline(&self) -> bool {
        false
    }

    /// Whether a record that begins with this line, of which it is given what [`starts_record`](Self::starts_record) is,
    /// goes on with the lines that start none. Where it does not, each of them begins a record of its own.
    ///
    /// It is that of all records or of none, unless a format has both kinds.
    fn goes_on(&self, line: &[u8]) -> bool {
        let _ = line;
        self.is_multiline()
    }

    /// How many leading bytes of `input` hold whole records, so that what follows may still grow.
    ///
    /// The records of `input[..n]` and those of what follows are together the records of the whole. A format need not
    /// implement this: it follows from the methods before.
    fn complete(&self, input: &[u8]) -> usize {
        self.complete_from(input, 0)
    }

    /// As [`complete`](Self::complete), if it is known that nothing is complete before the line that begins at `from`.
    fn complete_from(&self, input: &[u8], from: usize) -> usize {
        if !self.is_multiline() {
            return whole_lines(input);
        }
        let mut start = last_record_start(input, from, |line| self.starts_record(line));
        // No line behind the first one starts a record.
        let mut lines = Lines::starting_at(input, start);
        while let Some(line) = lines.next()
            && input.get(lines.position() - 1) == Some(&b'\n')
            && !self.goes_on(start_of(&input[line]))
        {
            start = lines.position();
        }
        start
    }
}
