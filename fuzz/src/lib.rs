//! What the fuzz targets share: how an input is read, how it is changed, and what lp must make of it.
//!
//! An input is a few bytes of settings and then log text (see [`split`]), so that a seed is a log file with zeros in
//! front, and a finding can be read. [`mutate`] knows what a log line is made of; [`naive`] says what must come out.

pub mod choices;
pub mod lines;
pub mod mutate;
pub mod naive;
pub mod peak;
pub mod place;
pub mod reader;
pub mod records;
pub mod whole;

use choices::Choices;

/// How a gzip file begins, as far as lp looks: RFC 1952, section 2.3.1.
pub const GZIP: &[u8] = b"\x1F\x8B\x08";
/// How a Zstandard frame begins: RFC 8878, section 3.1.1.
pub const ZSTD: &[u8] = b"\x28\xB5\x2F\xFD";

/// Whether a Zstandard file begins so: with a frame, or with one to be skipped (RFC 8878, section 3.1.2).
#[must_use]
pub fn is_zstd(bytes: &[u8]) -> bool {
    bytes.starts_with(ZSTD) || matches!(bytes, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..])
}

/// Whether an input begins with a byte order mark: that of UTF-8, which belongs to no record, or one of UTF-16, which is not read.
#[must_use]
pub fn is_marked(bytes: &[u8]) -> bool {
    [&b"\xEF\xBB\xBF"[..], b"\xFF\xFE", b"\xFE\xFF"].iter().any(|mark| bytes.starts_with(mark))
}

/// The settings in the first `N` bytes of an input, and the text behind them.
///
/// Zeros are the ordinary settings; an input too short to have any has no text.
#[must_use]
pub fn split<const N: usize>(data: &[u8]) -> (Choices<'_>, &[u8]) {
    let (settings, text) = data.split_at(N.min(data.len()));
    (Choices::new(settings), text)
}

/// The first line of a text, if it is UTF-8, and what follows it.
#[must_use]
pub fn first_line(text: &[u8]) -> Option<(&str, &[u8])> {
    let end = text.iter().position(|&byte| byte == b'\n')?;
    Some((std::str::from_utf8(&text[..end]).ok()?, &text[end + 1..]))
}
