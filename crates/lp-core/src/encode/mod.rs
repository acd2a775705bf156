//! Records to bytes.

mod json;
mod output;

pub use json::JsonEncoder;
pub use output::Output;

use crate::batch::Batch;

/// Writes records in some form.
pub trait Encoder: Send + Sync {
    /// What stands once before the first record, such as the names of columns.
    fn header(&self) -> &[u8] {
        b""
    }

    /// Appends the records with these numbers, in this order. `input` must be what the batch was parsed from.
    fn encode(&self, batch: &Batch, input: &[u8], records: &[u32], out: &mut Output);
}
