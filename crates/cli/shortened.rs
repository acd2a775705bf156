//! Bytes of a log in the room that there is for them.

use lp::visible::{Cell, cells};

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
