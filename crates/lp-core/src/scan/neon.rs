//! The answers of 64-bit ARM, whose vectors (NEON) every such machine has.
//!
//! NEON has no instruction that makes a bit mask of a comparison. Its place take one AND that leaves in each lane the
//! bit of that lane, and three rounds of pairwise addition that bring eight lanes into one byte.

#![allow(unsafe_code)]

use std::arch::aarch64::*;
use std::arch::is_aarch64_feature_detected;

use super::{Kernel, Vector};

/// Proof that this machine has NEON.
#[derive(Clone, Copy)]
pub(super) struct Neon(());

impl Neon {
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        is_aarch64_feature_detected!("neon").then_some(Self(()))
    }

    #[inline]
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }

    #[inline(always)]
    fn either_of_16(self, block: &[u8; 16], a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
        let bytes = self.load(block);
        // SAFETY: `self` is the proof that the machine has NEON.
        unsafe { vorrq_u8(vceqq_u8(bytes, a), vceqq_u8(bytes, b)) }
    }

    #[inline(always)]
    fn json_special_16(self, block: &[u8; 16]) -> uint8x16_t {
        let bytes = self.load(block);
        // SAFETY: `self` is the proof that the machine has NEON.
        unsafe {
            let low = vcltq_u8(bytes, self.all(b' '));
            let high = vcgeq_u8(bytes, self.all(0x7F));
            let quote = vceqq_u8(bytes, self.all(b'"'));
            let backslash = vceqq_u8(bytes, self.all(b'\\'));
            vorrq_u8(vorrq_u8(low, high), vorrq_u8(quote, backslash))
        }
    }

    /// The mask of 64 lanes, each of which is all ones or all zeros.
    #[inline(always)]
    fn mask64(self, lanes: [uint8x16_t; 4]) -> u64 {
        const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
        // SAFETY: `self` is the proof that the machine has NEON; `BITS` is 16 readable bytes.
        unsafe {
            let bits = vld1q_u8(BITS.as_ptr());
            let low = vpaddq_u8(vandq_u8(lanes[0], bits), vandq_u8(lanes[1], bits));
            let high = vpaddq_u8(vandq_u8(lanes[2], bits), vandq_u8(lanes[3], bits));
            let bytes = vpaddq_u8(low, high);
            vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(bytes, bytes)))
        }
    }

    /// The mask of 32 lanes.
    #[inline(always)]
    fn mask32(self, lanes: [uint8x16_t; 2]) -> u32 {
        // SAFETY: `self` is the proof that the machine has NEON.
        let none = unsafe { vdupq_n_u8(0) };
        self.mask64([lanes[0], lanes[1], none, none]) as u32
    }

    #[inline(always)]
    fn load(self, bytes: &[u8; 16]) -> uint8x16_t {
        // SAFETY: `self` is the proof that the machine has NEON; the array is 16 readable bytes.
        unsafe { vld1q_u8(bytes.as_ptr()) }
    }

    #[inline(always)]
    fn all(self, byte: u8) -> uint8x16_t {
        // SAFETY: `self` is the proof that the machine has NEON.
        unsafe { vdupq_n_u8(byte) }
    }
}

impl Vector for Neon {
    #[inline(always)]
    fn either_of(self, block: &[u8; 64], a: u8, b: u8) -> u64 {
        let (quarters, _) = block.as_chunks::<16>();
        let (a, b) = (self.all(a), self.all(b));
        self.mask64([
            self.either_of_16(&quarters[0], a, b),
            self.either_of_16(&quarters[1], a, b),
            self.either_of_16(&quarters[2], a, b),
            self.either_of_16(&quarters[3], a, b),
        ])
    }

    #[inline(always)]
    fn at_most(self, block: &[u8; 32], max: u8) -> u32 {
        let (halves, _) = block.as_chunks::<16>();
        let max = self.all(max);
        // SAFETY: `self` is the proof that the machine has NEON.
        let lanes = unsafe { [vcleq_u8(self.load(&halves[0]), max), vcleq_u8(self.load(&halves[1]), max)] };
        self.mask32(lanes)
    }

    #[inline(always)]
    fn same(self, left: &[u8; 32], right: &[u8; 32]) -> u32 {
        let ((left, _), (right, _)) = (left.as_chunks::<16>(), right.as_chunks::<16>());
        // SAFETY: `self` is the proof that the machine has NEON.
        let lanes = unsafe {
            [vceqq_u8(self.load(&left[0]), self.load(&right[0])), vceqq_u8(self.load(&left[1]), self.load(&right[1]))]
        };
        self.mask32(lanes)
    }

    #[inline(always)]
    fn in_ranges(self, block: &[u8; 16], low: &[u8; 16], high: &[u8; 16]) -> bool {
        let (bytes, low, high) = (self.load(block), self.load(low), self.load(high));
        // SAFETY: `self` is the proof that the machine has NEON.
        unsafe { vminvq_u8(vandq_u8(vcgeq_u8(bytes, low), vcleq_u8(bytes, high))) == 0xFF }
    }

    #[inline(always)]
    fn json_special(self, block: &[u8; 64]) -> u64 {
        let (quarters, _) = block.as_chunks::<16>();
        self.mask64([
            self.json_special_16(&quarters[0]),
            self.json_special_16(&quarters[1]),
            self.json_special_16(&quarters[2]),
            self.json_special_16(&quarters[3]),
        ])
    }
}
