use std::ops::AddAssign;

/// What a generator wrote, for benchmarks and tests that check record counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// All lines, the malformed ones included.
    pub lines: u64,
    /// Lines that are not a record of the format.
    pub malformed: u64,
}

impl Summary {
    /// Lines that are a record of the format.
    #[must_use]
    pub fn well_formed(&self) -> u64 {
        self.lines - self.malformed
    }
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.lines += other.lines;
        self.malformed += other.malformed;
    }
}
