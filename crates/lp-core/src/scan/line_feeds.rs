//! Lines whose ends are found for many at once.

use std::ops::Range;

use memchr::memchr;

use super::{Index, Kernel, Level, Vector, WINDOW};
use crate::lines::trim_carriage_return;

/// The lines of an input, as [`Lines`](crate::Lines) gives them, by way of an [`Index`].
#[derive(Debug)]
pub(crate) struct IndexedLines<'a> {
    input: &'a [u8],
    level: Level,
    index: Index,
    /// Where the window begins in the input, and how many line feeds are in it.
    window: usize,
    count: usize,
    /// The next of them.
    next: usize,
    /// Where the next line begins.
    start: usize,
}

impl<'a> IndexedLines<'a> {
    /// The lines of `input`. The index is scratch, and can be had back.
    pub(crate) fn new(input: &'a [u8], level: Level, index: Index) -> Self {
        Self { input, level, index, window: 0, count: 0, next: 0, start: 0 }
    }

    pub(crate) fn into_index(self) -> Index {
        self.index
    }

    /// The offset at which the next line begins.
    #[inline(always)]
    pub(crate) const fn position(&self) -> usize {
        self.start
    }

    #[inline(never)]
    fn refill(&mut self) -> Option<Range<usize>> {
        let rest = self.input.get(self.start..).filter(|rest| !rest.is_empty())?;
        self.window = self.start;
        self.next = 0;
        self.count = self.level.run(Fill { window: &rest[..rest.len().min(WINDOW)], index: &mut self.index });
        if self.count > 0 {
            return self.next();
        }
        // A line that is longer than the window, or the last one.
        let line_feed = memchr(b'\n', rest);
        let end = self.start + line_feed.unwrap_or(rest.len());
        Some(self.line(end, end + usize::from(line_feed.is_some())))
    }

    #[inline(always)]
    fn line(&mut self, end: usize, next: usize) -> Range<usize> {
        let start = self.start;
        self.start = next;
        start..trim_carriage_return(self.input, start, end)
    }
}

impl Iterator for IndexedLines<'_> {
    type Item = Range<usize>;

    #[inline(always)]
    fn next(&mut self) -> Option<Range<usize>> {
        if self.next == self.count {
            return self.refill();
        }
        let line_feed = self.window + self.index.positions()[self.next] as usize;
        self.next += 1;
        // The next window is fetched while this one is gone through, about as many bytes a line as a line has.
        #[cfg(target_arch = "x86_64")]
        for ahead in [0, 64] {
            super::x86::prefetch(self.input, line_feed + WINDOW + ahead);
        }
        Some(self.line(line_feed, line_feed + 1))
    }
}

struct Fill<'a> {
    window: &'a [u8],
    index: &'a mut Index,
}

impl Kernel for Fill<'_> {
    type Output = usize;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> usize {
        self.index.fill_one(vector, self.window, b'\n')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::Lines;
    use proptest::prelude::*;

    fn check(input: &[u8]) {
        let want: Vec<_> = Lines::new(input).collect();
        for level in Level::available() {
            let mut lines = IndexedLines::new(input, level, Index::new());
            let got: Vec<_> = lines.by_ref().collect();
            assert_eq!(got, want);
            assert_eq!(lines.position(), input.len());
        }
    }

    #[test]
    fn lines_longer_than_a_window() {
        let long = "x".repeat(WINDOW + 10);
        check(long.as_bytes());
        check(format!("a\n{long}\r\nb\n\n{long}\n").as_bytes());
        check(format!("{}\n", &long[..WINDOW - 1]).as_bytes());
        check(format!("{}\n", &long[..WINDOW]).as_bytes());
        check("ab\n".repeat(WINDOW).as_bytes());
    }

    proptest! {
        #[test]
        fn the_same_lines(input in "[a\n\r]{0,300}") {
            check(input.as_bytes());
        }
    }
}
