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
    /// Bytes that were skipped, as they belong to no record: a byte order mark at the beginning, and the NULs of holes that a
    /// truncation leaves behind in a file whose writer does not append.
    pub bytes_skipped: u64,
    /// Bytes that were in a followed file when it was last looked at, and were truncated or deleted before they could be read.
    /// They are not among `bytes_read`.
    pub bytes_lost: u64,
    /// Records found.
    pub records: u64,
    /// Records that some outlet took, rejected ones that were kept included.
    pub written: u64,
    /// Records that came to the end of the pipeline and that no outlet took: all of them where there is none.
    pub untaken: u64,
    /// Records that a stage left out, for each stage of the pipeline in order.
    pub filtered: Vec<u64>,
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

    /// Records that a stage left out.
    #[must_use]
    pub fn filtered_total(&self) -> u64 {
        self.filtered.iter().sum()
    }

    /// Whether every byte that was read, and every record that was found, is accounted for: bytes are counted by the
    /// reader and by the parser, records by the parser, by each stage and behind the outlets. True after every run; where
    /// it is not, lp or the [`Format`](lp_core::Format) has lost something.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let records = self.written + self.untaken + self.filtered_total() + self.dropped;
        self.bytes_read == self.bytes_parsed + self.bytes_cut + self.bytes_skipped && self.records == records
    }

    /// Adds another account to this one.
    pub fn add(&mut self, other: &Self) {
        let Self {
            bytes_read,
            bytes_parsed,
            bytes_cut,
            bytes_skipped,
            bytes_lost,
            records,
            written,
            untaken,
            filtered,
            dropped,
            truncated,
            rejected,
        } = other;
        self.bytes_read += bytes_read;
        self.bytes_parsed += bytes_parsed;
        self.bytes_cut += bytes_cut;
        self.bytes_skipped += bytes_skipped;
        self.bytes_lost += bytes_lost;
        self.records += records;
        self.written += written;
        self.untaken += untaken;
        if self.filtered.len() < filtered.len() {
            self.filtered.resize(filtered.len(), 0);
        }
        for (sum, count) in self.filtered.iter_mut().zip(filtered) {
            *sum += count;
        }
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
    /// An account for each input, in order, as far as the run came. (Of a run that follows files, not of all:
    /// [`Follow::accounts`](crate::follow::Follow::accounts).)
    pub inputs: Vec<(String, Ledger)>,
    /// The inputs that could not be read, or not to their end.
    pub failures: Vec<InputError>,
    /// The stages of the pipeline, in order.
    pub stages: Vec<StageReport>,
    /// The outlets of the run, in order.
    pub outlets: Vec<OutletReport>,
}

/// What a stage did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageReport {
    /// Its name.
    pub name: String,
    /// How many events it told.
    pub events: u64,
    /// How many of these are alerts, and not the end of one.
    pub alerts: u64,
}

/// What an outlet was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutletReport {
    /// Its name.
    pub name: String,
    /// How many records or events.
    pub records: u64,
    /// How many bytes; the names of columns, which a sink writes at the start of a file, are not among them.
    pub bytes: u64,
}

impl Report {
    /// The number of bytes written, to all outlets.
    #[must_use]
    pub fn bytes_written(&self) -> u64 {
        self.outlets.iter().map(|outlet| outlet.bytes).sum()
    }

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
