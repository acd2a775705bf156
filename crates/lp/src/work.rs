//! What is done to one chunk, on whatever thread: parse, account, pass the stages, encode.

use std::any::Any;
use std::time::SystemTime;

use bytes::BytesMut;
use lp_core::{Batch, ParseError};

use crate::chunk::Chunk;
use crate::clock;
use crate::event::Events;
use crate::ledger::Ledger;
use crate::outlet::{BoundOutlet, Encoded};
use crate::pipeline::OnError;
use crate::reading::{Limits, Reading};
use crate::stage::{AnyStage, Place, Selected};
use crate::stages::{Seen, Stages};

/// Records that are parsed and encoded at a time. A chunk of very short lines becomes several batches, so that the
/// memory of a batch does not depend on what is in the input.
const BATCH_RECORDS: usize = 4096;

/// A buffer of more bytes is not kept for the next chunk.
const KEPT: usize = 4 << 20;

/// Outputs of more bytes than this are given back when so many chunks in a row have needed less than a quarter of them: what is read
/// after a pause comes in larger chunks.
const AMPLE: usize = 256 << 10;
const SPARED: u32 = 16;

/// An output of more bytes than this is handed on before the chunk's next records are encoded.
const LARGE_OUTPUT: usize = 1 << 20;

/// What stages have gathered of so many batches is handed on before the chunk's next one: alerts may hold a text for every
/// record.
const HELD_BATCHES: usize = 4;

/// What every worker needs and none changes.
pub(crate) struct Work<'a> {
    pub(crate) on_error: OnError,
    pub(crate) stages: &'a Stages<'a>,
    /// How many outlets take records.
    pub(crate) outlets: usize,
    /// Whether what is read has just been written.
    pub(crate) live: bool,
}

/// The memory for one chunk at a time, used again and again.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) buffer: BytesMut,
    /// What each outlet of records is given.
    pub(crate) outputs: Vec<Encoded>,
    /// How many chunks in a row have needed little of that.
    spared: u32,
}

impl Memory {
    /// Makes it ready for the next chunk. What grew out of all proportion, for a record of unusual size, is given back.
    pub(crate) fn reset(&mut self) {
        self.outputs.iter_mut().for_each(Encoded::clear);
        let room: usize = self.outputs.iter().map(|output| output.bytes.capacity()).sum();
        let needed: usize = self.outputs.iter_mut().map(|output| std::mem::take(&mut output.most)).sum();
        self.spared = if room > AMPLE && needed < room / 4 { self.spared + 1 } else { 0 };
        if self.spared == SPARED {
            (self.outputs, self.spared) = (Vec::new(), 0);
        }
        for output in &mut self.outputs {
            if output.bytes.capacity() > KEPT {
                *output = Encoded::default();
            }
        }
        if self.buffer.len() > KEPT {
            self.buffer = BytesMut::new();
        }
    }
}

/// What a worker writes to, batch by batch.
pub(crate) struct Scratch {
    batch: Batch,
    /// The numbers of the records that are still in the run.
    numbers: Vec<u32>,
    picked: Picked,
}

/// The numbers of the records that outlets with conditions take.
#[derive(Default)]
struct Picked {
    by_one: Vec<u32>,
    by_any: Vec<u32>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { batch: batch(Limits::default()), numbers: Vec::new(), picked: Picked::default() }
    }

    /// With a batch that has these limits.
    fn with_limits(&mut self, limits: Limits) -> &mut Self {
        if (self.batch.limit(), self.batch.line_limit()) != (limits.record(), limits.lines()) {
            self.batch = batch(limits);
        }
        self
    }
}

fn batch(limits: Limits) -> Batch {
    Batch::with_limit(limits.record()).with_line_limit(limits.lines()).with_capacity(BATCH_RECORDS)
}

/// What a chunk came to.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The chunk's part of its input's account. (Bytes read are counted where they are read.)
    pub(crate) ledger: Ledger,
    /// The record that ends the run, with its number in the chunk.
    pub(crate) bad: Option<(u64, ParseError)>,
    /// What the batches have contributed to the stages of these numbers, in order.
    pub(crate) partials: Vec<(usize, Box<dyn Any + Send>)>,
    /// What sequential stages have told.
    pub(crate) events: Events,
    /// What they had gathered behind it, if that is to be noted when it is written.
    pub(crate) seen: Option<Seen>,
    /// How many records each outlet of records was given.
    pub(crate) taken: Vec<u64>,
    /// Batches whose part has not been handed on.
    batches: usize,
}

/// How a worker waits for others.
pub(crate) trait Flow {
    type Error;

    /// Returns when every chunk before this one has passed the sequential stages.
    fn wait_for_turn(&mut self) -> Result<(), Self::Error>;

    /// Takes what a chunk has come to so far, as it has become large, and empties the outputs and what belongs to stages.
    fn hand_on(&mut self, reading: &Reading, outputs: &mut [Encoded], outcome: &mut Outcome)
    -> Result<(), Self::Error>;
}

impl Work<'_> {
    /// Parses a chunk, takes its records through the stages and encodes them. What is left in `outputs` is the rest that
    /// was not [written](Flow::write).
    pub(crate) fn run<F: Flow>(
        &self,
        chunk: &Chunk,
        input_number: usize,
        reading: &Reading,
        scratch: &mut Scratch,
        outputs: &mut Vec<Encoded>,
        flow: &mut F,
    ) -> Result<Outcome, F::Error> {
        let bytes = chunk.bytes();
        let mut outcome = Outcome { taken: vec![0; self.outlets], ..Outcome::default() };
        outcome.ledger.filtered.resize(self.stages.len(), 0);
        outputs.resize_with(self.outlets, Encoded::default);
        let Scratch { batch, numbers, picked } = scratch.with_limits(reading.limits);
        let mut start = 0;
        while start < bytes.len() && outcome.bad.is_none() {
            let is_large = outputs.iter().map(|output| output.bytes.len()).sum::<usize>() > LARGE_OUTPUT;
            if is_large || outcome.batches == HELD_BATCHES {
                flow.hand_on(reading, outputs, &mut outcome)?;
                outcome.batches = 0;
            }
            outcome.batches += 1;
            let input = &bytes[start..];
            let taken = reading.format.parse(input, batch).min(input.len());
            if taken == 0 {
                // No format may do this. The rest is not counted as parsed, so the ledger tells of it.
                break;
            }
            let origin =
                Place { input: u32::try_from(input_number).unwrap_or(u32::MAX), offset: chunk.offset() + start as u64 };
            batch.set_origin(origin.offset);
            start += taken;
            let mut consumed = taken as u64;
            if start == bytes.len() {
                consumed += chunk.cut();
                if let Some(original_len) = chunk.original_len() {
                    batch.set_original_len(original_len);
                }
            }
            self.account(batch, numbers, input, consumed, &mut outcome);
            let mut records = Selected::new(batch, input, reading.format.schema(), origin, numbers);
            if self.live {
                records = records.coming(clock::timestamp(SystemTime::now()));
            }
            self.pass_stages(reading, &mut records, &mut outcome, flow)?;
            self.encode(reading, &records, picked, &mut outcome, outputs);
        }
        Ok(outcome)
    }

    /// Takes the records of a batch through the stages.
    fn pass_stages<F: Flow>(
        &self,
        reading: &Reading,
        records: &mut Selected<'_>,
        outcome: &mut Outcome,
        flow: &mut F,
    ) -> Result<(), F::Error> {
        for (number, stage) in reading.stages.iter().enumerate() {
            let before = records.len();
            match &stage.stage {
                AnyStage::Parallel(parallel) => {
                    let part = parallel.map(&stage.bound, records);
                    outcome.partials.extend(part.map(|part| (number, part)));
                }
                AnyStage::Sequential(_) => {
                    flow.wait_for_turn()?;
                    self.stages.run(number, stage, records, &mut outcome.events);
                }
            }
            outcome.ledger.filtered[number] += (before - records.len()) as u64;
        }
        Ok(())
    }

    /// Gives each outlet the records that it takes.
    fn encode(
        &self,
        reading: &Reading,
        records: &Selected<'_>,
        picked: &mut Picked,
        outcome: &mut Outcome,
        outputs: &mut [Encoded],
    ) {
        let (batch, input, numbers) = (records.batch(), records.input(), records.numbers());
        picked.by_any.clear();
        for ((outlet, output), taken) in reading.outlets.iter().zip(outputs).zip(&mut outcome.taken) {
            let of_this = if outlet.takes_all() {
                numbers
            } else {
                picked.by_one.clear();
                picked.by_one.extend_from_slice(numbers);
                outlet.retain_taken(batch, input, &mut picked.by_one);
                picked.by_any.extend_from_slice(&picked.by_one);
                &picked.by_one
            };
            outlet.encode(batch, input, of_this, output);
            *taken += of_this.len() as u64;
        }
        let written = if reading.outlets.iter().any(BoundOutlet::takes_all) {
            numbers.len()
        } else {
            picked.by_any.sort_unstable();
            picked.by_any.dedup();
            picked.by_any.len()
        };
        outcome.ledger.written += written as u64;
        outcome.ledger.untaken += (numbers.len() - written) as u64;
    }

    /// Counts the batch's records and the bytes that they took from the input, and notes the numbers of those that are to
    /// be given to the stages.
    fn account(&self, batch: &Batch, numbers: &mut Vec<u32>, input: &[u8], consumed: u64, outcome: &mut Outcome) {
        let ledger = &mut outcome.ledger;
        let mut records = batch.len();
        let mut consumed = consumed;
        let first_error = batch.errors().next();
        numbers.clear();
        // No batch has more records than this holds.
        numbers.extend(0..records as u32);
        if self.on_error == OnError::Fail
            && let Some((record, error)) = first_error
        {
            outcome.bad = Some((ledger.records + record as u64, error));
            numbers.truncate(record);
            records = record + 1;
            if let Some(next) = batch.record(input, records) {
                consumed = next.offset() as u64;
            }
            ledger.dropped += 1;
        }
        if self.on_error == OnError::Drop && first_error.is_some() {
            let mut errors = batch.errors().map(|(record, _)| record).peekable();
            numbers.retain(|&number| errors.next_if(|&record| record == number as usize).is_none());
            ledger.dropped += batch.errors().len() as u64;
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
