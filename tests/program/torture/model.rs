//! What was written, and what of it must come out.

use std::collections::HashSet;

use super::record::{Format, Record};

/// All generations of all logs.
#[derive(Default)]
pub(super) struct Model {
    pub(super) generations: Vec<Generation>,
    /// How many records have been written: the time goes by it.
    written: u32,
    /// Generations that were destroyed under the eyes of the program, and how many bytes it said were lost.
    pub(super) told_lost: Vec<(u32, u64)>,
}

/// What was written to a file from when it was new, or truncated, until it was truncated again.
pub(super) struct Generation {
    pub(super) path: String,
    pub(super) format: Format,
    /// The times of its records.
    times: Vec<u32>,
    /// How many of them are written to their end; all, or all but the last.
    whole: u32,
    /// The bytes of these.
    pub(super) bytes: u64,
    /// So many of them were certainly read and safe at some time.
    pub(super) confirmed: u64,
    pub(super) must: Must,
    /// Records that were so long in coming that their lines may have come out as several.
    pub(super) slow: HashSet<u32>,
    /// Whether it is one of those that end all intervals at the end.
    pub(super) is_closing: bool,
}

/// What of a generation must come out. The rest may be missing, but only from some place on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Must {
    All,
    /// The first so many bytes: what follows was destroyed.
    First(u64),
}

/// A second is so many records.
const RECORDS_A_SECOND: u32 = 50;

impl Model {
    pub(super) fn begin(&mut self, path: &str, format: Format) -> u32 {
        self.generations.push(Generation {
            path: path.to_owned(),
            format,
            times: Vec::new(),
            whole: 0,
            bytes: 0,
            confirmed: 0,
            must: Must::All,
            slow: HashSet::new(),
            is_closing: false,
        });
        self.generations.len() as u32 - 1
    }

    pub(super) fn generation(&mut self, number: u32) -> &mut Generation {
        &mut self.generations[number as usize]
    }

    /// The bytes of the next record, which is being written from now on.
    pub(super) fn next_record(&mut self, generation: u32) -> Vec<u8> {
        self.written += 1;
        let time = self.written / RECORDS_A_SECOND;
        self.record_at(generation, time)
    }

    /// A record that is so many seconds later than all before.
    pub(super) fn later_record(&mut self, generation: u32, seconds: u32) -> Vec<u8> {
        self.record_at(generation, self.now() + seconds)
    }

    /// The time of the latest record but for those that are later on purpose.
    pub(super) fn now(&self) -> u32 {
        self.written / RECORDS_A_SECOND
    }

    fn record_at(&mut self, number: u32, time: u32) -> Vec<u8> {
        let generation = self.generation(number);
        assert_eq!(generation.whole as usize, generation.times.len(), "the one before is not finished");
        generation.times.push(time);
        generation.record(number, generation.whole).text(time)
    }

    /// The last record has been written to its end.
    pub(super) fn finished(&mut self, number: u32, is_slow: bool) {
        let generation = self.generation(number);
        let record = generation.whole;
        generation.bytes += generation.record(number, record).text(0).len() as u64;
        if is_slow {
            generation.slow.insert(record);
        }
        generation.whole += 1;
    }

    /// Its bytes are gone, but for those that have been read.
    pub(super) fn destroyed(&mut self, number: u32) {
        let generation = self.generation(number);
        generation.must = Must::First(generation.confirmed);
    }

    /// Its bytes are gone, but the first ones are in a copy.
    pub(super) fn copied(&mut self, number: u32, bytes: u64) {
        let generation = self.generation(number);
        generation.must = Must::First(bytes.max(generation.confirmed));
    }

    /// Whether no record of it is unfinished.
    pub(super) fn is_finished(&self, number: u32) -> bool {
        let generation = &self.generations[number as usize];
        generation.whole as usize == generation.times.len()
    }

    /// All that can be read has been.
    pub(super) fn confirm(&mut self) {
        for generation in &mut self.generations {
            generation.confirmed = match generation.must {
                Must::All => generation.bytes,
                Must::First(bytes) => generation.confirmed.max(bytes),
            };
        }
    }
}

impl Generation {
    pub(super) fn record(&self, generation: u32, number: u32) -> Record {
        Record { format: self.format, generation, number }
    }

    /// How many records are written to their end.
    pub(super) fn whole(&self) -> u32 {
        self.whole
    }

    /// The time of a record, if it was begun.
    pub(super) fn time(&self, number: u32) -> Option<u32> {
        self.times.get(number as usize).copied()
    }
}
