//! What a run must do, found out on the whole input at once: no chunks, no threads, no reader.

use lp::encode::{JsonEncoder, Output};
use lp::{Batch, Format, Ledger, OnError, ParseError};

/// What must come of one input.
#[derive(Debug)]
pub struct Whole {
    /// The records, as they must be written.
    pub output: Vec<u8>,
    /// The account.
    pub ledger: Ledger,
    /// The record that ends the run (its number counted from 1), if it is to.
    pub bad: Option<(u64, ParseError)>,
}

/// Parses, accounts and encodes the whole of an input.
#[must_use]
pub fn whole(format: &impl Format, input: &[u8], limit: u32, on_error: OnError, decode: bool) -> Whole {
    whole_of(format, input, Batch::with_limit(limit), on_error, decode)
}

/// As [`whole`], with a batch that has the limits.
#[must_use]
pub fn whole_of<F: Format + ?Sized>(
    format: &F,
    input: &[u8],
    mut batch: Batch,
    on_error: OnError,
    decode: bool,
) -> Whole {
    assert_eq!(format.parse(input, &mut batch), input.len(), "a batch without a capacity takes all");
    let errors: Vec<(usize, ParseError)> = batch.errors().collect();
    let mut ledger = Ledger { bytes_read: input.len() as u64, ..Ledger::default() };
    let bad = errors.first().filter(|_| on_error == OnError::Fail).copied();
    // The record that ends the run is read and rejected, but not written.
    let records = bad.map_or(batch.len(), |(record, _)| record + 1);
    if let Some(next) = batch.record(input, records) {
        ledger.bytes_read = next.offset() as u64;
    }
    ledger.records = records as u64;
    for (record, len) in batch.truncated().filter(|&(record, _)| record < records) {
        ledger.truncated += 1;
        let kept = batch.record(input, record).map_or(0, |record| record.raw().len());
        ledger.bytes_cut += len - kept as u64;
    }
    ledger.bytes_parsed = ledger.bytes_read - ledger.bytes_cut;
    for &(record, error) in errors.iter().filter(|&&(record, _)| record < records) {
        ledger.rejected[error.reason() as usize] += 1;
        if on_error != OnError::Keep {
            ledger.dropped += 1;
            batch.drop_record(record);
        }
    }
    for record in records..batch.len() {
        batch.drop_record(record);
    }
    ledger.written = ledger.records - ledger.dropped;
    let mut output = Output::new();
    JsonEncoder::new(format.schema()).with_decode(decode).encode(&batch, input, &mut output);
    Whole { output: output.as_bytes().to_vec(), ledger, bad: bad.map(|(record, error)| (record as u64 + 1, error)) }
}
