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

    /// The mask of 64 lanes, each of which is all ones or all zeros.
    #[inline(always)]
    fn mask64(self, lanes: [uint8x16_t; 4]) -> u64 {
        const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
        // SAFETY: `self` is the proof that the machine has NEON; `BITS` is 16 readable bytes.
        unsafe {
            let bits = vld1q_u8(BITS.as_ptr());
            let [a, b, c, d] = lanes.map(|lane| vandq_u8(lane, bits));
            let bytes = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
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
        let lanes = |quarter: &[u8; 16]| {
            let bytes = self.load(quarter);
            // SAFETY: `self` is the proof that the machine has NEON.
            unsafe { vorrq_u8(vceqq_u8(bytes, a), vceqq_u8(bytes, b)) }
        };
        self.mask64([lanes(&quarters[0]), lanes(&quarters[1]), lanes(&quarters[2]), lanes(&quarters[3])])
    }

    #[inline(always)]
    fn at_most(self, block: &[u8; 32], max: u8) -> u32 {
        let (halves, _) = block.as_chunks::<16>();
        // SAFETY: `self` is the proof that the machine has NEON.
        let lanes = |half: &[u8; 16]| unsafe { vcleq_u8(self.load(half), self.all(max)) };
        self.mask32([lanes(&halves[0]), lanes(&halves[1])])
    }

    #[inline(always)]
    fn same(self, left: &[u8; 32], right: &[u8; 32]) -> u32 {
        let ((left, _), (right, _)) = (left.as_chunks::<16>(), right.as_chunks::<16>());
        // SAFETY: `self` is the proof that the machine has NEON.
        let lanes = |i: usize| unsafe { vceqq_u8(self.load(&left[i]), self.load(&right[i])) };
        self.mask32([lanes(0), lanes(1)])
    }

    #[inline(always)]
    fn json_special(self, block: &[u8; 32]) -> u32 {
        let (halves, _) = block.as_chunks::<16>();
        let lanes = |half: &[u8; 16]| {
            let bytes = self.load(half);
            // SAFETY: `self` is the proof that the machine has NEON.
            unsafe {
                let low = vcltq_u8(bytes, self.all(b' '));
                let high = vcgeq_u8(bytes, self.all(0x7F));
                let quote = vceqq_u8(bytes, self.all(b'"'));
                let backslash = vceqq_u8(bytes, self.all(b'\\'));
                vorrq_u8(vorrq_u8(low, high), vorrq_u8(quote, backslash))
            }
        };
        self.mask32([lanes(&halves[0]), lanes(&halves[1])])
    }
}
