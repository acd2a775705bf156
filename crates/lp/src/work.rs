//! What is done to one chunk, on whatever thread: parse, account, encode.

use bytes::BytesMut;
use lp_core::encode::Output;
use lp_core::{Batch, ParseError};

use crate::chunk::Chunk;
use crate::ledger::Ledger;
use crate::pipeline::OnError;
use crate::reading::Reading;

/// Records that are parsed and encoded at a time. A chunk of very short lines becomes several batches, so that the
/// memory of a batch does not depend on what is in the input.
const BATCH_RECORDS: usize = 4096;

/// A buffer of more bytes is not kept for the next chunk.
const KEPT: usize = 4 << 20;

/// An output of more bytes than this is handed on before the chunk's next records are encoded.
const LARGE_OUTPUT: usize = 1 << 20;

/// What every worker needs and none changes.
pub(crate) struct Work {
    pub(crate) on_error: OnError,
    pub(crate) limit: u32,
    pub(crate) line_limit: u32,
}

/// The memory for one chunk at a time, used again and again.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) buffer: BytesMut,
    pub(crate) output: Output,
}

impl Memory {
    /// Makes it ready for the next chunk. What grew out of all proportion, for a record of unusual size, is given back.
    pub(crate) fn reset(&mut self) {
        self.output.clear();
        if self.output.capacity() > KEPT {
            self.output = Output::new();
        }
        if self.buffer.len() > KEPT {
            self.buffer = BytesMut::new();
        }
    }
}

/// What a chunk came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The chunk's part of its input's account. (Bytes read are counted where they are read.)
    pub(crate) ledger: Ledger,
    /// The record that ends the run, with its number in the chunk.
    pub(crate) bad: Option<(u64, ParseError)>,
}

impl Work {
    pub(crate) fn batch(&self) -> Batch {
        Batch::with_limit(self.limit).with_line_limit(self.line_limit).with_capacity(BATCH_RECORDS)
    }

    /// Parses and encodes a chunk. `full` is called whenever the output has become large, and at the end never: what
    /// is left in `output` is the rest. `Err` is what `full` returned.
    pub(crate) fn run<E>(
        &self,
        chunk: &Chunk,
        reading: &Reading,
        batch: &mut Batch,
        output: &mut Output,
        mut full: impl FnMut(&mut Output) -> Result<(), E>,
    ) -> Result<Outcome, E> {
        let bytes = chunk.bytes();
        let mut outcome = Outcome { ledger: Ledger::default(), bad: None };
        let mut start = 0;
        while start < bytes.len() && outcome.bad.is_none() {
            if output.len() > LARGE_OUTPUT {
                full(output)?;
            }
            let input = &bytes[start..];
            let taken = reading.format.parse(input, batch).min(input.len());
            if taken == 0 {
                // No format may do this. The rest is not counted as parsed, so the ledger tells of it.
                break;
            }
            start += taken;
            let mut consumed = taken as u64;
            if start == bytes.len() {
                consumed += chunk.cut();
                if let Some(original_len) = chunk.original_len() {
                    batch.set_original_len(original_len);
                }
            }
            self.account(batch, input, consumed, &mut outcome);
            outcome.ledger.written += reading.encoder.encode(batch, input, output) as u64;
        }
        Ok(outcome)
    }

    /// Counts the batch's records and the bytes that they took from the input, and drops those records that are not to
    /// be written.
    fn account(&self, batch: &mut Batch, input: &[u8], consumed: u64, outcome: &mut Outcome) {
        let ledger = &mut outcome.ledger;
        let mut records = batch.len();
        let mut consumed = consumed;
        let first_error = batch.errors().next();
        if self.on_error == OnError::Fail
            && let Some((record, error)) = first_error
        {
            outcome.bad = Some((ledger.records + record as u64, error));
            for number in record..records {
                batch.drop_record(number);
            }
            records = record + 1;
            if let Some(next) = batch.record(input, records) {
                consumed = next.offset() as u64;
            }
            ledger.dropped += 1;
        }
        if self.on_error == OnError::Drop {
            ledger.dropped += batch.drop_rejected() as u64;
        }
        for (_, error) in batch.errors().filter(|&(record, _)| record < records) {
            ledger.rejected[error.reason() as usize] += 1;
        }
        // The same bytes are cut off whether the parser did it or the chunker, which never saw the whole record.
        let mut cut = 0;
        for (record, original_len) in batch.truncated().filter(|&(record, _)| record < records) {
            ledger.truncated += 1;
            let kept = batch.record(input, record).map_or(0, |record| record.raw().len());
            cut += original_len.saturating_sub(kept as u64);
        }
        ledger.records += records as u64;
        ledger.bytes_cut += cut;
        ledger.bytes_parsed += consumed.saturating_sub(cut);
    }
}
