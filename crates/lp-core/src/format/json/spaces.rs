//! Spaces between the members of a line that is known to be an object. Nearly always there are none.

/// Between members there is nothing else that is as low.
#[inline(always)]
const fn is_space(byte: u8) -> bool {
    byte <= b' '
}

/// Where a value begins, given the closing quote of its key.
#[inline(always)]
pub(super) fn value_behind(text: &[u8], quote: usize) -> usize {
    match text.get(quote..).and_then(<[u8]>::first_chunk) {
        Some([_, b':', first]) if !is_space(*first) => quote + 2,
        _ => behind(text, behind(text, quote + 1) + 1),
    }
}

/// Where the member ends behind which the next one begins at `next`; for the text's length, where the last one ends.
#[inline(always)]
pub(super) fn end_before(text: &[u8], next: usize) -> usize {
    match text.get(..next).and_then(<[u8]>::last_chunk) {
        Some([last, comma]) if !is_space(*last) && !is_space(*comma) => next - 1,
        // The comma or the brace may have spaces on both sides.
        _ => before(text, before(text, next).saturating_sub(1)),
    }
}

/// The first byte from `at` on that is no space.
#[cold]
#[inline(never)]
pub(super) fn behind(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|&byte| !is_space(byte)).unwrap_or(rest.len())
}

/// Behind the last byte before `end` that is no space.
#[cold]
#[inline(never)]
fn before(text: &[u8], end: usize) -> usize {
    let rest = text.get(..end).unwrap_or_default();
    rest.iter().rposition(|&byte| !is_space(byte)).map_or(0, |last| last + 1)
}
