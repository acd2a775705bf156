//! A text with marks under a part of it, for people.

use std::fmt;
use std::ops::Range;

use crate::visible::{Cell, cells, columns};

/// The most columns that are used.
pub(crate) const COLUMNS: usize = 80;

/// Two lines: the text, as far as there is room around the place, and `^^^` under the place. Bytes that are no printable
/// characters are shown as escapes.
pub(crate) struct Caret<'a> {
    pub(crate) text: &'a [u8],
    /// Bytes of the text; may be empty, and right behind its end.
    pub(crate) place: Range<usize>,
}

impl fmt::Display for Caret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = cells(self.text);
        let column = |byte: usize| width(&cells[..cells.partition_point(|cell| cell.at < byte)]);
        let (start, end) = (column(self.place.start), column(self.place.end));
        // The margin, and dots where something is left out.
        let room = COLUMNS - 2 - 6;
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
        let mut shown = String::new();
        let mut to = skipped;
        while let [cell, rest @ ..] = left
            && to + cell.columns <= from + room
        {
            shown += &cell.text;
            to += cell.columns;
            left = rest;
        }
        let dots = if skipped > 0 { "..." } else { "" };
        let behind = if left.is_empty() { "" } else { "..." };
        writeln!(f, "  {dots}{shown}{behind}")?;
        let marks = end.clamp(start + 1, to.max(start + 1)) - start;
        write!(f, "  {:1$}{2}", "", columns(dots) + start - skipped, "^".repeat(marks))
    }
}

fn width(cells: &[Cell]) -> usize {
    cells.iter().map(|cell| cell.columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_under_their_place() {
        let caret = |text: &str, place| Caret { text: text.as_bytes(), place }.to_string();
        assert_eq!(caret("abc def", 4..7), "  abc def\n      ^^^");
        assert_eq!(caret("abc", 3..3), "  abc\n     ^");
        assert_eq!(caret("ü\tb", 3..4), "  ü\\tb\n     ^");
        assert_eq!(caret("日本 x", 7..8), "  日本 x\n       ^");
        for long in ["x".repeat(500), "日".repeat(250)] {
            for place in [0..1, 250..260, 499..500, 500..500] {
                let shown = caret(&long, place);
                assert!(shown.lines().all(|line| columns(line) <= COLUMNS), "{shown}");
                assert!(shown.contains('^'));
            }
        }
    }
}
