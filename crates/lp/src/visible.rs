//! Bytes of a log, or of anything else that is not trusted, as a terminal can show them: each character with the columns
//! that it takes.

use lp_core::encode::is_printable;
use unicode_width::UnicodeWidthChar;

/// A character, or what stands in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// The first byte's place.
    pub at: usize,
    /// How many bytes it has.
    pub len: usize,
    /// What is shown.
    pub text: String,
    /// Columns that the text takes; 0 for a mark that is drawn over the character before it.
    pub columns: usize,
}

impl Cell {
    fn new(at: usize, len: usize, text: String) -> Self {
        let columns = text.chars().filter_map(UnicodeWidthChar::width).sum();
        Self { at, len, text, columns }
    }
}

/// The bytes' cells. What is no printable character is shown as an escape.
#[must_use]
pub fn cells(bytes: &[u8]) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            let text = if is_printable(char) { char.to_string() } else { char.escape_default().collect() };
            cells.push(Cell::new(at, char.len_utf8(), text));
            at += char.len_utf8();
        }
        for byte in chunk.invalid() {
            cells.push(Cell::new(at, 1, format!("\\x{byte:02X}")));
            at += 1;
        }
    }
    cells
}

/// Bytes as people can see them, with escapes for what is no printable character.
#[must_use]
pub fn visible(bytes: &[u8]) -> String {
    cells(bytes).into_iter().map(|cell| cell.text).collect()
}

/// The columns that a text takes in which everything is printable.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(visible(b"a\xFF\x1B[0m"), "a\\xFF\\u{1b}[0m");
        assert_eq!(visible("\u{202E}\u{9B}\u{FE0F}\u{2028}é日".as_bytes()), "\\u{202e}\\u{9b}\\u{fe0f}\\u{2028}é日");
        let columns: Vec<usize> = cells("aé日\u{301}\t".as_bytes()).iter().map(|cell| cell.columns).collect();
        assert_eq!(columns, [1, 1, 2, 0, 2]);
    }
}
