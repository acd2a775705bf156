//! Where a traceback begins in a record.

/// The lines that begin what `logging` writes behind a message: the traceback of an exception, that of a group of
/// exceptions, and the stack that was asked for with `stack_info`.
const FIRST_LINES: [&[u8]; 3] = [
    b"Traceback (most recent call last):",
    b"  + Exception Group Traceback (most recent call last):",
    b"Stack (most recent call last):",
];

/// Whether a line, given without its terminator, begins a traceback: it says nothing else.
#[inline(always)]
pub(super) fn begins(line: &[u8]) -> bool {
    matches!(line, [b'T', b'r', ..] | [b' ', b' ', b'+', ..] | [b'S', b't', ..]) && FIRST_LINES.contains(&line)
}
