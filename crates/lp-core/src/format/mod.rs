//! The formats that lp reads, one module each.

pub mod access;

use crate::batch::Batch;
use crate::schema::Schema;

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

    /// How many leading bytes of `input` hold whole records, so that what follows may still grow.
    ///
    /// The records of `input[..n]` and those of what follows are together the records of the whole.
    fn complete(&self, input: &[u8]) -> usize {
        crate::lines::whole_lines(input)
    }
}
