//! What became of every byte and every record: the accounts of a run.

use lp_core::Reason;

use crate::source::InputError;

/// The account of one input, or of several together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Bytes that came out of the input, after decompression.
    pub bytes_read: u64,
    /// Bytes that were parsed: records as far as they are within the limit, and line terminators.
    pub bytes_parsed: u64,
    /// Bytes of overlong records behind the limit, which were cut away.
    pub bytes_cut: u64,
    /// Records found.
    pub records: u64,
    /// Records written, rejected ones that were kept included.
    pub written: u64,
    /// Records left out of the output because they did not parse: all of them under
    /// [`OnError::Drop`](crate::OnError::Drop), the one that ended the run under [`OnError::Fail`](crate::OnError::Fail).
    pub dropped: u64,
    /// Records that were longer than the limit.
    pub truncated: u64,
    /// Records that did not parse, by [`Reason`] (`rejected[reason as usize]`).
    pub rejected: [u64; Reason::ALL.len()],
}

impl Ledger {
    /// Records that did not parse.
    #[must_use]
    pub fn rejected_total(&self) -> u64 {
        self.rejected.iter().sum()
    }

    /// Whether every byte that was read, and every record that was found, is accounted for: bytes are counted by the
    /// reader and by the parser, records by the parser and by the encoder. True after every run; where it is not, lp
    /// or the [`Format`](lp_core::Format) has lost something.
    #[must_use]
    pub const fn is_balanced(&self) -> bool {
        self.bytes_read == self.bytes_parsed + self.bytes_cut && self.records == self.written + self.dropped
    }

    /// Adds another account to this one.
    pub fn add(&mut self, other: &Self) {
        let Self { bytes_read, bytes_parsed, bytes_cut, records, written, dropped, truncated, rejected } = other;
        self.bytes_read += bytes_read;
        self.bytes_parsed += bytes_parsed;
        self.bytes_cut += bytes_cut;
        self.records += records;
        self.written += written;
        self.dropped += dropped;
        self.truncated += truncated;
        for (sum, count) in self.rejected.iter_mut().zip(rejected) {
            *sum += count;
        }
    }
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Report {
    /// An account for each input, in order, as far as the run came.
    pub inputs: Vec<(String, Ledger)>,
    /// The inputs that could not be read, or not to their end.
    pub failures: Vec<InputError>,
    /// The number of bytes written.
    pub bytes_written: u64,
}

impl Report {
    /// The accounts of all inputs together.
    #[must_use]
    pub fn total(&self) -> Ledger {
        let mut total = Ledger::default();
        for (_, ledger) in &self.inputs {
            total.add(ledger);
        }
        total
    }
}
