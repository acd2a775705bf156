//! What encoding a text is in.

use std::io::{self, ErrorKind};

/// Checks that a text that begins with these bytes is not in an encoding in which a line feed is more than one byte.
///
/// # Errors
///
/// If it begins with the byte order mark of UTF-16.
pub fn check_encoding(first: &[u8]) -> io::Result<()> {
    if first.starts_with(b"\xFF\xFE") || first.starts_with(b"\xFE\xFF") {
        let what = "it is text in UTF-16, which is not read; make UTF-8 of it: iconv -f UTF-16 -t UTF-8";
        return Err(io::Error::new(ErrorKind::InvalidData, what));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_told_by_its_mark() {
        for (first, is_read) in [
            (&b"\xFF\xFEa\0"[..], false),
            (b"\xFE\xFF\0a", false),
            (b"\xFF", true),
            (b"\xEF\xBB\xBFa", true),
            (b"", true),
        ] {
            assert_eq!(check_encoding(first).is_ok(), is_read, "{first:?}");
        }
    }
}
