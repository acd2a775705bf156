//! Places of a text as the fast paths have them: offsets of 32 bits.

use crate::span::Span;

/// The `N` bytes at an offset. Where `usize` has 64 bits the end cannot overflow, and one comparison is enough; where it
/// has 32 and does, there is no such range.
#[inline(always)]
pub(super) fn block<const N: usize>(text: &[u8], at: u32) -> Option<&[u8; N]> {
    let at = at as usize;
    text.get(at..at.wrapping_add(N))?.first_chunk()
}

/// The eight bytes at an offset, the first being the lowest.
#[inline(always)]
pub(super) fn word(text: &[u8], at: u32) -> Option<u64> {
    Some(u64::from_le_bytes(*block(text, at)?))
}

#[inline(always)]
pub(super) fn byte(text: &[u8], at: u32) -> Option<&u8> {
    text.get(at as usize)
}

/// The cell of a field that stands there.
#[inline(always)]
pub(super) fn cell(start: u32, end: u32) -> u64 {
    Span::new(start, end).to_cell()
}
