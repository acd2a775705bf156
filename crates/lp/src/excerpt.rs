//! A line of text with marks under a part of it, for people.

use std::fmt;
use std::ops::Range;

use crate::visible::{Cell, cells};

/// The most columns that are used: what every terminal has.
pub const COLUMNS: usize = 80;

/// Before both lines.
const MARGIN: &str = "  ";

/// Where something is left out.
const DOTS: &str = "...";

/// Two lines: the text, as far as there is room around the place, and `^^^` under the place. Bytes that are no printable
/// characters are shown as escapes.
///
/// ```
/// let excerpt = lp::excerpt::Excerpt { text: b"status_code >> 500", place: 12..14 };
/// assert_eq!(excerpt.to_string(), "  status_code >> 500\n              ^^");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excerpt<'a> {
    /// The line.
    pub text: &'a [u8],
    /// Bytes of the text; may be empty, and right behind its end.
    pub place: Range<usize>,
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = cells(self.text);
        let column = |byte: usize| width(&cells[..cells.partition_point(|cell| cell.at < byte)]);
        let (start, end) = (column(self.place.start), column(self.place.end));
        let room = COLUMNS - MARGIN.len() - 2 * DOTS.len();
        let all = width(&cells);
        let from = if all <= room { 0 } else { start.saturating_sub(room / 2).min(all - room) };
        // A character of two columns may stand at either end, half of it within.
        let mut left = cells.as_slice();
        let mut skipped = 0;
        while let [cell, rest @ ..] = left
            && skipped < from
        {
            skipped += cell.columns;
            left = rest;
        }
        let mut text = String::new();
        let mut to = skipped;
        while let [cell, rest @ ..] = left
            && to + cell.columns <= from + room
        {
            text += &cell.text;
            to += cell.columns;
            left = rest;
        }
        let before = if skipped > 0 { DOTS } else { "" };
        let behind = if left.is_empty() { "" } else { DOTS };
        writeln!(f, "{MARGIN}{before}{text}{behind}")?;
        let marks = end.clamp(start + 1, to.max(start + 1)) - start;
        write!(f, "{MARGIN}{:1$}{2}", "", before.len() + start - skipped, "^".repeat(marks))
    }
}

fn width(cells: &[Cell]) -> usize {
    cells.iter().map(|cell| cell.columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visible::columns;

    #[test]
    fn marks_stand_under_their_place() {
        let excerpt = |text: &str, place| Excerpt { text: text.as_bytes(), place }.to_string();
        assert_eq!(excerpt("abc def", 4..7), "  abc def\n      ^^^");
        assert_eq!(excerpt("abc", 3..3), "  abc\n     ^");
        assert_eq!(excerpt("", 0..0), "  \n  ^");
        assert_eq!(excerpt("a\u{1b}b\u{202e}", 2..3), "  a\\u{1b}b\\u{202e}\n         ^");
        assert_eq!(excerpt("ü\tb", 3..4), "  ü\\tb\n     ^");
        assert_eq!(excerpt("日本 x", 7..8), "  日本 x\n       ^");
        for long in ["x".repeat(500), "日".repeat(250)] {
            for place in [0..1, 250..260, 499..500, 500..500] {
                let shown = excerpt(&long, place);
                assert!(shown.lines().all(|line| columns(line) <= COLUMNS), "{shown}");
                assert!(shown.contains('^'));
            }
        }
    }
}
