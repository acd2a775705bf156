//! The answers without special instructions: the definition that every other level is held against.

use super::Vector;

/// Needs no proof: every machine can do it.
#[derive(Clone, Copy)]
pub(crate) struct Plain;

/// The mask of the bytes that pass a test, written so that the compiler can use what vectors the target always has.
#[inline(always)]
fn mask<const N: usize>(block: &[u8; N], test: impl Fn(usize, u8) -> bool) -> u64 {
    let mut mask = 0;
    for (i, &byte) in block.iter().enumerate() {
        mask |= u64::from(test(i, byte)) << i;
    }
    mask
}

impl Vector for Plain {
    #[inline(always)]
    fn either_of(self, block: &[u8; 64], a: u8, b: u8) -> u64 {
        mask(block, |_, byte| byte == a || byte == b)
    }

    #[inline(always)]
    fn at_most(self, block: &[u8; 32], max: u8) -> u32 {
        mask(block, |_, byte| byte <= max) as u32
    }

    #[inline(always)]
    fn same(self, left: &[u8; 32], right: &[u8; 32]) -> u32 {
        mask(left, |i, byte| byte == right[i]) as u32
    }

    #[inline(always)]
    fn json_special(self, block: &[u8; 64]) -> u64 {
        mask(block, |_, byte| !(b' '..=b'~').contains(&byte) || byte == b'"' || byte == b'\\')
    }
}
