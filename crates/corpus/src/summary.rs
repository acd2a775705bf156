use std::ops::AddAssign;

/// What a generator wrote, for benchmarks and tests that check record counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// All lines, the malformed ones included.
    pub lines: u64,
    /// All records, the malformed ones included: as many as lines, unless the format has records of
    /// several lines.
    pub records: u64,
    /// Records that are not in the format. Only access logs have some, of one line each.
    pub malformed: u64,
    /// Records with a Python traceback, which counts once if it is a chain of several.
    pub tracebacks: u64,
}

impl Summary {
    /// Records that are in the format.
    #[must_use]
    pub fn well_formed(&self) -> u64 {
        self.records - self.malformed
    }

    /// One well-formed record, with all its lines and their newlines.
    pub(crate) fn of_record(record: &[u8]) -> Self {
        let lines = record.iter().filter(|&&byte| byte == b'\n').count() as u64;
        Self { lines, records: 1, ..Self::default() }
    }
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.lines += other.lines;
        self.records += other.records;
        self.malformed += other.malformed;
        self.tracebacks += other.tracebacks;
    }
}
