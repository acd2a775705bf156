//! The records of a batch that are still in the run.

use lp_core::encode::{Encoder, Output};
use lp_core::{Batch, Record, Schema};

/// The place of a record among all that a run reads: the same however the input was cut into chunks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The number of the input, from 0.
    pub input: u32,
    /// The offset of the record's first byte in the input (after decompression).
    pub offset: u64,
}

impl Place {
    /// Behind all records.
    pub const END: Self = Self { input: u32::MAX, offset: u64::MAX };
}

/// The records of a batch that no stage has left out yet, in the order of the input.
pub struct Selected<'a> {
    pub(crate) batch: &'a Batch,
    pub(crate) input: &'a [u8],
    pub(crate) schema: &'a Schema,
    /// Where the batch's input begins.
    pub(crate) origin: Place,
    /// The numbers of the records.
    pub(crate) numbers: &'a mut Vec<u32>,
}

impl<'a> Selected<'a> {
    /// The records of a batch with these numbers, which must ascend. The batch's schema is `schema`, and what it was parsed
    /// from is `input`, which begins at `origin`.
    pub const fn new(
        batch: &'a Batch,
        input: &'a [u8],
        schema: &'a Schema,
        origin: Place,
        numbers: &'a mut Vec<u32>,
    ) -> Self {
        Self { batch, input, schema, origin, numbers }
    }

    /// Where the batch's input begins.
    #[must_use]
    pub const fn origin(&self) -> Place {
        self.origin
    }

    /// The fields of the records.
    #[must_use]
    pub const fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// How many records there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The records.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Record<'a>> + '_ {
        let (batch, input) = (self.batch, self.input);
        self.numbers.iter().filter_map(move |&number| batch.record(input, number as usize))
    }

    /// Leaves out the records for which `keep` is false. It is asked for each of them once, in order.
    #[inline]
    pub fn retain(&mut self, mut keep: impl FnMut(Record<'a>) -> bool) {
        let (batch, input) = (self.batch, self.input);
        self.numbers.retain(|&number| batch.record(input, number as usize).is_some_and(&mut keep));
    }

    /// The place of one of the records.
    #[inline]
    #[must_use]
    pub fn place(&self, record: &Record<'_>) -> Place {
        Place { input: self.origin.input, offset: self.origin.offset + record.offset() as u64 }
    }

    /// Writes one of the records.
    pub fn encode(&self, record: &Record<'_>, encoder: &dyn Encoder, out: &mut Output) {
        if let Ok(number) = u32::try_from(record.number()) {
            encoder.encode(self.batch, self.input, &[number], out);
        }
    }
}
