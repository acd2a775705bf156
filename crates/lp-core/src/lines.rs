//! Lines of an input, walked with `memchr`.

use std::ops::Range;

use memchr::{memchr, memrchr};

/// The lines of an input: for each the range of its bytes without the terminator.
///
/// A line ends at a line feed. One carriage return right before the line feed, or at the very end of the input, is
/// part of the terminator. An input that does not end with a line feed has a last line all the same; an empty input
/// has none.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    input: &'a [u8],
    next: usize,
}

impl<'a> Lines<'a> {
    /// The lines of `input`.
    #[must_use]
    pub const fn new(input: &'a [u8]) -> Self {
        Self { input, next: 0 }
    }

    /// The lines from byte `start` on, which must be the first of a line.
    pub(crate) const fn starting_at(input: &'a [u8], start: usize) -> Self {
        Self { input, next: start }
    }

    /// The offset at which the next line begins: what a [`Format`](crate::Format) returns that stops there.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.next
    }
}

impl Iterator for Lines<'_> {
    type Item = Range<usize>;

    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        let rest = self.input.get(self.next..).filter(|rest| !rest.is_empty())?;
        let start = self.next;
        let end = memchr(b'\n', rest).map_or(self.input.len(), |length| start + length);
        self.next = (end + 1).min(self.input.len());
        Some(start..trim_carriage_return(self.input, start, end))
    }
}

/// The first bytes of a line that decide whether it starts a record.
pub const START_BYTES: usize = 4096;

/// The records of an input whose records may have several lines: a line that does not start a record belongs to the one
/// before it. What stands before the first start is a record too.
#[derive(Clone, Debug)]
pub struct MultiLines<'a, F> {
    input: &'a [u8],
    next: usize,
    line_limit: u32,
    starts: F,
}

/// A record of one or more lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MultiLine {
    /// Its bytes, without the last line's terminator.
    pub range: Range<usize>,
    /// Where the first line ends in the input, without its terminator.
    pub first_line_end: usize,
    /// Bytes of the lines that are within the limit, without the last one's terminator; for
    /// [`Batch::push_kept`](crate::Batch::push_kept).
    pub kept: usize,
}

impl<'a, F: FnMut(&[u8]) -> bool> MultiLines<'a, F> {
    /// The records of `input`. `starts` is given at most [`START_BYTES`] of a line; see
    /// [`Format::starts_record`](crate::Format::starts_record).
    pub fn new(input: &'a [u8], line_limit: u32, starts: F) -> Self {
        Self { input, next: 0, line_limit, starts }
    }

    /// The offset at which the next record begins.
    pub const fn position(&self) -> usize {
        self.next
    }
}

impl<F: FnMut(&[u8]) -> bool> Iterator for MultiLines<'_, F> {
    type Item = MultiLine;

    fn next(&mut self) -> Option<MultiLine> {
        let mut lines = Lines::starting_at(self.input, self.next);
        let first = lines.next()?;
        let mut record = MultiLine { first_line_end: first.end, kept: first.len(), range: first };
        let mut count = 1;
        loop {
            self.next = lines.position();
            let Some(line) = lines.next() else { break };
            if (self.starts)(start_of(&self.input[line.clone()])) {
                break;
            }
            record.range.end = line.end;
            count += 1;
            if count <= self.line_limit {
                record.kept = record.range.len();
            }
        }
        Some(record)
    }
}

/// As much of a line as decides whether it starts a record.
pub(crate) fn start_of(line: &[u8]) -> &[u8] {
    &line[..line.len().min(START_BYTES)]
}

/// Where the last line begins that starts a record; 0 where none does.
///
/// A last line without a terminator counts only where it is longer than [`START_BYTES`]: it may start a record now and
/// not when it has grown. Lines that begin before `from`, which must be the beginning of a line, are not looked at.
pub fn last_record_start(input: &[u8], from: usize, mut starts: impl FnMut(&[u8]) -> bool) -> usize {
    let mut end = input.len();
    while end > from {
        // The terminator of the line that ends here is not the one before it.
        let is_whole = input[end - 1] == b'\n';
        let content = if is_whole { end - 1 } else { end };
        let start = memrchr(b'\n', &input[from..content]).map_or(from, |at| from + at + 1);
        if start == 0 {
            return 0;
        }
        if (is_whole || content - start > START_BYTES)
            && starts(start_of(&input[start..trim_carriage_return(input, start, content)]))
        {
            return start;
        }
        end = start;
    }
    0
}

/// The end of a line's own bytes, given where it starts and where its line feed (or the end of the input) stands.
#[inline(always)]
pub(crate) fn trim_carriage_return(input: &[u8], start: usize, end: usize) -> usize {
    if end > start && input[end - 1] == b'\r' { end - 1 } else { end }
}

/// How many leading bytes of an input hold whole lines.
#[must_use]
pub fn whole_lines(input: &[u8]) -> usize {
    memchr::memrchr(b'\n', input).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminators_are_not_part_of_a_line() {
        let cases: [(&[u8], &[&[u8]]); 8] = [
            (b"", &[]),
            (b"\n", &[b""]),
            (b"a", &[b"a"]),
            (b"a\nb", &[b"a", b"b"]),
            (b"a\r\nb\r\n", &[b"a", b"b"]),
            (b"a\r", &[b"a"]),
            (b"\r\r\n\n", &[b"\r", b""]),
            (b"a\rb\n", &[b"a\rb"]),
        ];
        for (input, want) in cases {
            let got: Vec<&[u8]> = Lines::new(input).map(|range| &input[range]).collect();
            assert_eq!(got, want, "{input:?}");
        }
    }

    fn is_start(line: &[u8]) -> bool {
        line.starts_with(b"#")
    }

    #[test]
    fn records_of_several_lines() {
        let records = |input: &'static [u8], limit| -> Vec<(&[u8], usize)> {
            MultiLines::new(input, limit, is_start).map(|record| (&input[record.range], record.kept)).collect()
        };
        assert_eq!(records(b"", 9), []);
        assert_eq!(records(b"#a", 9), [(&b"#a"[..], 2)]);
        assert_eq!(records(b"x\n#a\n b\r\n\n#c\r\n", 9), [(&b"x"[..], 1), (b"#a\n b\r\n", 7), (b"#c", 2)]);
        assert_eq!(records(b"#a\r\nb\nc\n#d", 2), [(&b"#a\r\nb\nc"[..], 5), (b"#d", 2)]);
        assert_eq!(records(b"x\ny\n", 1), [(&b"x\ny"[..], 1)]);
    }

    #[test]
    fn the_last_record_may_grow() {
        let long = [b"x\n#", &[b'a'; START_BYTES][..]].concat();
        for (input, want) in [
            (&b""[..], 0),
            (b"#a\nb\n", 0),
            (b"x\n#a\n", 2),
            // What the line will be is not known yet.
            (b"x\n#a", 0),
            (&long[..long.len() - 1], 0),
            (&long, 2),
            (b"x\n#a\nb\n\nc", 2),
            (b"#a\n#b\n#c\nd", 6),
            (b"#a\r\n#\r\n", 4),
            (b"\n\n", 0),
        ] {
            assert_eq!(last_record_start(input, 0, is_start), want, "{input:?}");
        }
        assert_eq!(last_record_start(b"x\n#a\nb\nc", 5, is_start), 0);
        assert_eq!(last_record_start(b"x\n#a\nb\n#c\n", 5, is_start), 7);
    }

    #[test]
    fn whole_lines_end_after_the_last_line_feed() {
        assert_eq!(whole_lines(b""), 0);
        assert_eq!(whole_lines(b"abc"), 0);
        assert_eq!(whole_lines(b"abc\n"), 4);
        assert_eq!(whole_lines(b"abc\nde"), 4);
    }
}
