//! Bytes of a log as a terminal can show them: each character with the columns that it takes.

use unicode_width::UnicodeWidthChar;

/// A character, or what stands in its place.
pub(crate) struct Cell {
    /// The first byte's place.
    pub(crate) at: usize,
    /// How many bytes it has.
    pub(crate) len: usize,
    pub(crate) text: String,
    /// Columns that the text takes; 0 for a mark that is drawn over the character before it.
    pub(crate) columns: usize,
}

impl Cell {
    fn new(at: usize, len: usize, text: String) -> Self {
        let columns = text.chars().filter_map(UnicodeWidthChar::width).sum();
        Self { at, len, text, columns }
    }
}

/// The bytes' cells. What is no printable character is shown as an escape.
pub(crate) fn cells(bytes: &[u8]) -> Vec<Cell> {
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

/// Whether a terminal shows the character where it stands, and as nothing but itself. That is not true of controls, nor of
/// those that cannot be seen, change what stands before them or turn the direction of what follows: marks that are meant
/// for a byte would stand under another.
fn is_printable(char: char) -> bool {
    let is_format = matches!(char,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}');
    !char.is_control() && !is_format
}

/// Bytes as people can see them, with escapes for what is no printable character.
pub(crate) fn visible(bytes: &[u8]) -> String {
    cells(bytes).into_iter().map(|cell| cell.text).collect()
}

/// The columns that a text takes in which everything is printable.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

/// The bytes, in no more than so many columns; where that is not all of them, it ends with `…`.
pub(crate) fn shortened(bytes: &[u8], room: usize) -> String {
    match whole(bytes, room) {
        Ok(cells) => cells.into_iter().map(|cell| cell.text).collect(),
        Err(mut cells) => {
            let mut width: usize = cells.iter().map(|cell| cell.columns).sum();
            while width + 1 > room
                && let Some(cell) = cells.pop()
            {
                width -= cell.columns;
            }
            cells.into_iter().map(|cell| cell.text).chain(["…".to_owned()]).collect()
        }
    }
}

/// Whether the bytes take no more than so many columns.
pub(crate) fn fits(bytes: &[u8], room: usize) -> bool {
    whole(bytes, room).is_ok()
}

/// The bytes' cells, or where they do not fit some of them, too many for the columns.
fn whole(bytes: &[u8], room: usize) -> Result<Vec<Cell>, Vec<Cell>> {
    // No character has more bytes than four; a long text is not walked to its end.
    let looked_at = &bytes[..bytes.len().min(4 * (room + 1))];
    let cells = cells(looked_at);
    let width: usize = cells.iter().map(|cell| cell.columns).sum();
    if looked_at.len() < bytes.len() || width > room { Err(cells) } else { Ok(cells) }
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

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(shortened(b"abc", 3), "abc");
        assert_eq!(shortened(b"abcd", 3), "ab…");
        assert_eq!(shortened("日本語".as_bytes(), 6), "日本語");
        assert_eq!(shortened("日本語".as_bytes(), 5), "日本…");
        assert_eq!(shortened("日本語".as_bytes(), 4), "日…");
        assert_eq!(shortened(&[b'x'; 5000], 4), "xxx…");
        assert_eq!(shortened(b"\x1B\x1B", 7), "\\u{1b}…");
        assert_eq!(shortened(b"", 0), "");
    }
}
