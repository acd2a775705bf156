//! A text with marks under a part of it, for people.

use std::fmt;
use std::ops::Range;

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
        let cells = printable(self.text);
        let column =
            |byte: usize| cells.iter().take_while(|cell| cell.at < byte).map(|cell| cell.text.chars().count()).sum();
        let (start, end): (usize, usize) = (column(self.place.start), column(self.place.end));
        let shown: Vec<char> = cells.iter().flat_map(|cell| cell.text.chars()).collect();
        // The margin, and dots where something is left out.
        let room = COLUMNS - 2 - 6;
        let from = if shown.len() <= room { 0 } else { start.saturating_sub(room / 2).min(shown.len() - room) };
        let to = shown.len().min(from + room);
        let dots = if from > 0 { "..." } else { "" };
        let behind = if to < shown.len() { "..." } else { "" };
        writeln!(f, "  {dots}{}{behind}", shown[from..to].iter().collect::<String>())?;
        let marks = end.clamp(start + 1, to.max(start + 1)) - start;
        write!(f, "  {:1$}{2}", "", dots.len() + start - from, "^".repeat(marks))
    }
}

/// What is shown of some bytes.
struct Cell {
    /// The first byte's place.
    at: usize,
    text: String,
}

fn printable(bytes: &[u8]) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            let text = if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') {
                char.escape_default().collect()
            } else {
                char.to_string()
            };
            cells.push(Cell { at, text });
            at += char.len_utf8();
        }
        for byte in chunk.invalid() {
            cells.push(Cell { at, text: format!("\\x{byte:02X}") });
            at += 1;
        }
    }
    cells
}

/// Bytes as people can see them, with escapes for what is no printable character.
pub(crate) fn visible(bytes: &[u8]) -> String {
    printable(bytes).into_iter().map(|cell| cell.text).collect()
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
        assert_eq!(visible(b"a\xFF\x1B[0m"), "a\\xFF\\u{1b}[0m");
        let long = "x".repeat(500);
        for place in [0..1, 250..260, 499..500, 500..500] {
            let shown = caret(&long, place);
            assert!(shown.lines().all(|line| line.chars().count() <= COLUMNS), "{shown}");
            assert!(shown.contains('^'));
        }
    }
}
