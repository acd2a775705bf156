//! Lines of an input, walked with `memchr`.

use std::ops::Range;

use memchr::memchr;

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

    /// The offset at which the next line begins.
    pub(crate) const fn position(&self) -> usize {
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

    #[test]
    fn whole_lines_end_after_the_last_line_feed() {
        assert_eq!(whole_lines(b""), 0);
        assert_eq!(whole_lines(b"abc"), 0);
        assert_eq!(whole_lines(b"abc\n"), 4);
        assert_eq!(whole_lines(b"abc\nde"), 4);
    }
}
