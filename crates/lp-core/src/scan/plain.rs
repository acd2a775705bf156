//! The answers without special instructions, eight bytes of a word at a time; right on every machine.
//!
//! A word holds eight lanes. Each test leaves the highest bit of a lane set where the byte passes, with arithmetic that
//! never carries from one lane into the next, and one multiplication gathers the eight bits into a byte.

use super::Vector;

/// Needs no proof: every machine can do it.
#[derive(Clone, Copy)]
pub(crate) struct Plain;

/// A byte in every lane.
#[inline(always)]
const fn all(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

const HIGH: u64 = all(0x80);
const LOW: u64 = all(0x7F);

/// The lanes that are zero.
#[inline(always)]
const fn zero(word: u64) -> u64 {
    // The sum sets the highest bit of a lane unless its other bits are all zero; it is at most 0xFE.
    !(((word & LOW) + LOW) | word) & HIGH
}

/// The lanes that are at least `min`, which is 1 to 0x80.
#[inline(always)]
const fn at_least(word: u64, min: u8) -> u64 {
    (((word & LOW) + all(0x80 - min)) | word) & HIGH
}

/// The highest bits of the lanes, the first lane's lowest.
#[inline(always)]
const fn gather(lanes: u64) -> u64 {
    ((lanes >> 7).wrapping_mul(0x0102_0408_1020_4080)) >> 56
}

#[inline(always)]
fn word(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
}

impl Vector for Plain {
    #[inline(always)]
    fn either_of(self, block: &[u8; 64], a: u8, b: u8) -> u64 {
        let (words, _) = block.as_chunks::<8>();
        let mut mask = 0;
        for (place, bytes) in words.iter().enumerate() {
            let word = word(bytes);
            mask |= gather(zero(word ^ all(a)) | zero(word ^ all(b))) << (8 * place);
        }
        mask
    }

    #[inline(always)]
    fn at_most(self, block: &[u8; 32], max: u8) -> u32 {
        let (words, _) = block.as_chunks::<8>();
        let mut mask = 0;
        for (place, bytes) in words.iter().enumerate() {
            let word = word(bytes);
            // From 0x80 on the highest bit is part of the number: only lanes that have it are compared then, without it.
            let above = match max {
                0..0x80 => at_least(word, max + 1),
                0x80..0xFF => at_least(word & LOW, max - 0x80 + 1) & word,
                0xFF => 0,
            };
            mask |= gather(!above & HIGH) << (8 * place);
        }
        mask as u32
    }

    #[inline(always)]
    fn same(self, left: &[u8; 32], right: &[u8; 32]) -> u32 {
        let ((left, _), (right, _)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
        let mut mask = 0;
        for (place, (left, right)) in left.iter().zip(right).enumerate() {
            mask |= gather(zero(word(left) ^ word(right))) << (8 * place);
        }
        mask as u32
    }

    #[inline(always)]
    fn in_ranges(self, block: &[u8; 16], low: &[u8; 16], high: &[u8; 16]) -> bool {
        let mut inside = true;
        for (byte, (low, high)) in block.iter().zip(low.iter().zip(high)) {
            inside &= low <= byte && byte <= high;
        }
        inside
    }

    #[inline(always)]
    fn json_special(self, block: &[u8; 64]) -> u64 {
        let (words, _) = block.as_chunks::<8>();
        let mut mask = 0;
        for (place, bytes) in words.iter().enumerate() {
            let word = word(bytes);
            let text = at_least(word, b' ') & !at_least(word, 0x7F);
            let special = !text | zero(word ^ all(b'"')) | zero(word ^ all(b'\\'));
            mask |= gather(special & HIGH) << (8 * place);
        }
        mask
    }
}
