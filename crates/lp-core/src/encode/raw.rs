//! Records as they were logged, each with a line feed behind it.
//!
//! The one form that passes on what the log has, byte for byte: what is not UTF-8, and controls that a terminal obeys.

use super::columns::{Columns, Scratch, each};
use super::layout::Layout;
use super::{Encoder, Output};
use crate::batch::Batch;

pub(super) struct Raw {
    columns: Columns,
}

impl Raw {
    pub(super) fn new(layout: &Layout) -> Self {
        Self { columns: Columns::new(layout) }
    }
}

impl Encoder for Raw {
    fn encode(&self, batch: &Batch, input: &[u8], records: &[u32], out: &mut Output) {
        let mut scratch = Scratch::default();
        each(batch, input, records, |record| {
            out.extend(self.columns.raw(&record, &mut scratch));
            out.extend(b"\n");
        });
    }
}
