//! Where the text stands among the windows of input that lp indexes at a time.

use std::borrow::Cow;

/// Bytes that lp indexes at a time.
pub const WINDOW: usize = 32 << 10;

/// The text as it is, nearly always; else across the end of a window, or repeated through several. `within` is how
/// much of it stands before that end.
#[must_use]
pub fn place(choice: u8, within: u8, text: &[u8]) -> Cow<'_, [u8]> {
    match choice {
        192..=223 => across_window(text, within.into()).into(),
        252..=255 => repeated(text).into(),
        _ => text.into(),
    }
}

/// The text over and over, so that every line meets its neighbours and the ends of windows come anywhere; less of it
/// where its lines are so short that there would be thousands.
fn repeated(text: &[u8]) -> Vec<u8> {
    let lines = text.iter().filter(|&&byte| byte == b'\n').count();
    let times = (70 << 10) / text.len().max(1) + 1;
    text.repeat(times.min(2000 / lines.max(1)).max(1))
}

/// The text behind an ordinary line that leaves `within` bytes of the window to it.
fn across_window(text: &[u8], within: usize) -> Vec<u8> {
    let mut input = b"203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET /".to_vec();
    let end = b" HTTP/1.1\" 200 157 \"-\" \"-\"\n";
    input.resize(WINDOW - within - end.len(), b'a');
    input.extend_from_slice(end);
    input.extend_from_slice(text);
    input
}
