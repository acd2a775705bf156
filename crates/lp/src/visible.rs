//! Bytes of a log, or of anything else that is not trusted, as a terminal can show them: each character with the columns
//! that it takes.

use std::borrow::Cow;
use std::path::Path;

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

/// A path as people can see it, in messages, labels and output. No two paths are shown alike: a backslash is doubled, but on Windows, where
/// it separates folders. Most paths are shown as they are.
#[must_use]
pub fn visible_path(path: &Path) -> Cow<'_, str> {
    let doubles = |byte: u8| byte == b'\\' && !cfg!(windows);
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !doubles(byte);
    let bytes = path.as_os_str().as_encoded_bytes();
    match path.to_str() {
        Some(text) if text.bytes().all(is_plain) => text.into(),
        _ => cells(bytes)
            .into_iter()
            .map(|cell| if doubles(bytes[cell.at]) { "\\\\".to_owned() } else { cell.text })
            .collect(),
    }
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
    #[cfg(unix)]
    #[test]
    fn no_two_paths_are_shown_alike() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;

        let cases: [(&[u8], &str); 8] = [
            (b"/var/log/a b.log", "/var/log/a b.log"),
            (b"bad\xFF.log", "bad\\xFF.log"),
            (b"bad\xFE.log", "bad\\xFE.log"),
            (b"bad\\xFF.log", "bad\\\\xFF.log"),
            ("bad\u{FFFD}.log".as_bytes(), "bad\u{FFFD}.log"),
            (b"x\ny.log", "x\\ny.log"),
            (b"x\\ny.log", "x\\\\ny.log"),
            ("日志\u{202E}.log".as_bytes(), "日志\\u{202e}.log"),
        ];
        for (path, shown) in cases {
            assert_eq!(visible_path(Path::new(OsStr::from_bytes(path))), shown);
        }
    }
}
