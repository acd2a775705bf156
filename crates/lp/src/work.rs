//! What is done to one chunk, on whatever thread: parse, account, encode.

use std::sync::Arc;

use bytes::BytesMut;
use lp_core::encode::{JsonEncoder, Output};
use lp_core::{Batch, Format, ParseError};

use crate::chunk::Chunk;
use crate::ledger::Ledger;
use crate::pipeline::OnError;

/// Records that are parsed and encoded at a time. A chunk of very short lines becomes several batches, so that the
/// memory of a batch does not depend on what is in the input.
const BATCH_RECORDS: usize = 4096;

/// What every worker needs and none changes.
pub(crate) struct Work {
    pub(crate) format: Arc<dyn Format>,
    pub(crate) encoder: JsonEncoder,
    pub(crate) on_error: OnError,
    pub(crate) limit: u32,
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
        if self.output.capacity() > KEPT_OUTPUT {
            self.output = Output::new();
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
        Batch::with_limit(self.limit).with_capacity(BATCH_RECORDS)
    }

    /// Parses and encodes a chunk. `full` is called whenever the output has become large, and at the end never: what
    /// is left in `output` is the rest. `Err` is what `full` returned.
    pub(crate) fn run<E>(
        &self,
        chunk: &Chunk,
        batch: &mut Batch,
        output: &mut Output,
        mut full: impl FnMut(&mut Output) -> Result<(), E>,
    ) -> Result<Outcome, E> {
        let bytes = chunk.bytes();
        let mut outcome = Outcome {
            // Until a record turns out to be cut, all that the chunk took from the input counts as parsed.
            ledger: Ledger { bytes_parsed: bytes.len() as u64 + chunk.cut(), ..Ledger::default() },
            bad: None,
        };
        let mut start = 0;
        while start < bytes.len() && outcome.bad.is_none() {
            if output.len() > LARGE_OUTPUT {
                full(output)?;
            }
            let input = &bytes[start..];
            let taken = self.format.parse(input, batch).min(input.len());
            if taken == 0 {
                // No format may do this. What cannot be parsed is not counted as parsed, so the ledger tells of it.
                outcome.ledger.bytes_parsed -= input.len() as u64;
                break;
            }
            start += taken;
            if start == bytes.len()
                && let Some(original_len) = chunk.original_len()
            {
                batch.set_original_len(original_len);
            }
            self.account(batch, &mut outcome);
            self.encoder.encode(batch, input, output);
        }
        Ok(outcome)
    }

    /// Counts the batch's records, and drops those that are not to be written.
    fn account(&self, batch: &mut Batch, outcome: &mut Outcome) {
        let ledger = &mut outcome.ledger;
        let before = ledger.records;
        let mut records = batch.len();
        let mut dropped = 0;
        match self.on_error {
            OnError::Keep => {}
            OnError::Drop => {
                let errors: Vec<usize> = batch.errors().map(|(record, _)| record).collect();
                dropped = errors.len();
                for record in errors {
                    batch.drop_record(record);
                }
            }
            OnError::Fail => {
                let first = batch.errors().next();
                if let Some((record, error)) = first {
                    outcome.bad = Some((before + record as u64, error));
                    for after in record..records {
                        batch.drop_record(after);
                    }
                    records = record;
                }
            }
        }
        for (_, error) in batch.errors().filter(|&(record, _)| record < records) {
            ledger.rejected[error.reason() as usize] += 1;
        }
        // The same bytes are cut off whether the parser did it or the chunker, which never saw the whole record.
        let limit = u64::from(batch.limit());
        for (_, original_len) in batch.truncated().filter(|&(record, _)| record < records) {
            ledger.truncated += 1;
            ledger.bytes_cut += original_len - limit;
            ledger.bytes_parsed -= original_len - limit;
        }
        ledger.records += records as u64;
        ledger.dropped += dropped as u64;
        ledger.written += (records - dropped) as u64;
    }
}

/// An output buffer of more bytes is not kept for the next chunk.
const KEPT_OUTPUT: usize = 4 << 20;

/// An output of more bytes than this is handed on before the chunk's next records are encoded.
const LARGE_OUTPUT: usize = 1 << 20;
