//! The answers of x86-64 with AVX2, and with AVX-512 where the machine also has VBMI2 (Ice Lake, Zen 4 and later).
//!
//! The methods are `#[inline(always)]` and use instructions that their own signature does not ask for. That is sound
//! because a value of `Avx2` or `Avx512` comes from `detect` alone, and fast because they end up inlined into `enter`,
//! which is compiled for the instruction set.

#![allow(unsafe_code)]

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::*;

use super::{Kernel, Vector};

/// Proof that this machine has AVX2, BMI1, BMI2, LZCNT and POPCNT.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        let detected = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        detected.then_some(Self(()))
    }

    #[inline(always)]
    fn either_of_32(self, block: &[u8; 32], a: u8, b: u8) -> u32 {
        // SAFETY: `self` is the proof that the machine has AVX2.
        unsafe {
            let bytes = load32(self, block);
            let a = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(a as i8));
            let b = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b as i8));
            _mm256_movemask_epi8(_mm256_or_si256(a, b)) as u32
        }
    }

    #[inline(always)]
    fn json_special_32(self, block: &[u8; 32]) -> u32 {
        // SAFETY: `self` is the proof that the machine has AVX2.
        unsafe {
            let bytes = load32(self, block);
            // As signed numbers what is not ASCII is negative, so that one comparison finds it and the controls.
            let low = _mm256_cmpgt_epi8(_mm256_set1_epi8(b' ' as i8), bytes);
            let quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'"' as i8));
            let backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\\' as i8));
            let delete = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7F));
            let special = _mm256_or_si256(_mm256_or_si256(low, quote), _mm256_or_si256(backslash, delete));
            _mm256_movemask_epi8(special) as u32
        }
    }

    #[inline]
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn enter<K: Kernel>(vector: Avx2, kernel: K) -> K::Output {
            kernel.run(vector)
        }
        // SAFETY: `self` is the proof that the machine has the features of `enter`.
        unsafe { enter(self, kernel) }
    }
}

#[inline(always)]
fn load32(_proof: Avx2, block: &[u8; 32]) -> __m256i {
    // SAFETY: the proof is that the machine has AVX2; the array is 32 readable bytes, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(block.as_ptr().cast()) }
}

impl Vector for Avx2 {
    #[inline(always)]
    fn either_of(self, block: &[u8; 64], a: u8, b: u8) -> u64 {
        let (halves, _) = block.as_chunks::<32>();
        let (low, high) = (self.either_of_32(&halves[0], a, b), self.either_of_32(&halves[1], a, b));
        u64::from(low) | u64::from(high) << 32
    }

    #[inline(always)]
    fn at_most(self, block: &[u8; 32], max: u8) -> u32 {
        // SAFETY: `self` is the proof that the machine has AVX2.
        unsafe {
            let bytes = load32(self, block);
            let low = _mm256_min_epu8(bytes, _mm256_set1_epi8(max as i8));
            _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, bytes)) as u32
        }
    }

    #[inline(always)]
    fn same(self, left: &[u8; 32], right: &[u8; 32]) -> u32 {
        // SAFETY: `self` is the proof that the machine has AVX2.
        unsafe { _mm256_movemask_epi8(_mm256_cmpeq_epi8(load32(self, left), load32(self, right))) as u32 }
    }

    #[inline(always)]
    fn in_ranges(self, block: &[u8; 16], low: &[u8; 16], high: &[u8; 16]) -> bool {
        // SAFETY: `self` is the proof that the machine has AVX2; each array is 16 readable bytes, and the loads need no
        // alignment.
        unsafe {
            let bytes = _mm_loadu_si128(block.as_ptr().cast());
            let low = _mm_loadu_si128(low.as_ptr().cast());
            let high = _mm_loadu_si128(high.as_ptr().cast());
            let not_below = _mm_cmpeq_epi8(_mm_max_epu8(bytes, low), bytes);
            let not_above = _mm_cmpeq_epi8(_mm_min_epu8(bytes, high), bytes);
            _mm_movemask_epi8(_mm_and_si128(not_below, not_above)) == 0xFFFF
        }
    }

    #[inline(always)]
    fn prefetch(self, bytes: &[u8], at: usize) {
        prefetch(bytes, at);
    }

    #[inline(always)]
    fn json_special(self, block: &[u8; 64]) -> u64 {
        let (halves, _) = block.as_chunks::<32>();
        let (low, high) = (self.json_special_32(&halves[0]), self.json_special_32(&halves[1]));
        u64::from(low) | u64::from(high) << 32
    }
}

/// Tells the machine that the bytes at an offset will be wanted soon; every x86-64 can be told.
#[inline(always)]
pub(super) fn prefetch(bytes: &[u8], at: usize) {
    if let Some(byte) = bytes.get(at) {
        // SAFETY: a prefetch reads nothing, and the address is that of a byte that is there.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast()) }
    }
}

/// Proof that this machine has what [`Avx2`] proves and AVX-512 F, BW, VL and VBMI2.
#[derive(Clone, Copy)]
pub(super) struct Avx512(Avx2);

impl Avx512 {
    /// Stores sixteen numbers of one byte each, with `base` added.
    #[inline(always)]
    fn store_positions(self, out: &mut [u32; 16], numbers: __m128i, base: u32) {
        // SAFETY: `self` is the proof that the machine has AVX-512 F; the array is 64 writable bytes, and the store
        // needs no alignment.
        unsafe {
            let positions = _mm512_add_epi32(_mm512_cvtepu8_epi32(numbers), _mm512_set1_epi32(base as i32));
            _mm512_storeu_si512(out.as_mut_ptr().cast(), positions);
        }
    }

    #[inline]
    pub(super) fn detect() -> Option<Self> {
        let detected = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi2");
        if detected { Avx2::detect().map(Self) } else { None }
    }

    #[inline]
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,avx512vbmi2")]
        fn enter<K: Kernel>(vector: Avx512, kernel: K) -> K::Output {
            kernel.run(vector)
        }
        // SAFETY: `self` is the proof that the machine has the features of `enter`.
        unsafe { enter(self, kernel) }
    }
}

impl Vector for Avx512 {
    #[inline(always)]
    fn either_of(self, block: &[u8; 64], a: u8, b: u8) -> u64 {
        // SAFETY: `self` is the proof that the machine has AVX-512 BW; the array is 64 readable bytes, and the load
        // needs no alignment.
        unsafe {
            let bytes = _mm512_loadu_si512(block.as_ptr().cast());
            let a = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(a as i8));
            let b = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b as i8));
            a | b
        }
    }

    #[inline(always)]
    fn at_most(self, block: &[u8; 32], max: u8) -> u32 {
        // SAFETY: `self` is the proof that the machine has AVX-512 BW and VL.
        unsafe { _mm256_cmple_epu8_mask(load32(self.0, block), _mm256_set1_epi8(max as i8)) }
    }

    #[inline(always)]
    fn same(self, left: &[u8; 32], right: &[u8; 32]) -> u32 {
        // SAFETY: `self` is the proof that the machine has AVX-512 BW and VL.
        unsafe { _mm256_cmpeq_epi8_mask(load32(self.0, left), load32(self.0, right)) }
    }

    #[inline(always)]
    fn in_ranges(self, block: &[u8; 16], low: &[u8; 16], high: &[u8; 16]) -> bool {
        self.0.in_ranges(block, low, high)
    }

    #[inline(always)]
    fn prefetch(self, bytes: &[u8], at: usize) {
        self.0.prefetch(bytes, at);
    }

    #[inline(always)]
    fn json_special(self, block: &[u8; 64]) -> u64 {
        // SAFETY: `self` is the proof that the machine has AVX-512 BW; the array is 64 readable bytes, and the load
        // needs no alignment.
        unsafe {
            let bytes = _mm512_loadu_si512(block.as_ptr().cast());
            // From space to DEL, counted from space: what is below wraps around to the top.
            let from_space = _mm512_sub_epi8(bytes, _mm512_set1_epi8(b' ' as i8));
            let beyond = _mm512_cmpge_epu8_mask(from_space, _mm512_set1_epi8((0x7F - b' ') as i8));
            let quote = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b'"' as i8));
            let backslash = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b'\\' as i8));
            beyond | quote | backslash
        }
    }

    #[inline(always)]
    fn positions(self, mask: u64, base: u32, out: &mut [u32; 64]) {
        // The numbers 0 to 63 squeezed to those whose bit is set, widened to 32 bits sixteen at a time.
        const NUMBERS: [u8; 64] = {
            let mut numbers = [0; 64];
            let mut i = 0;
            while i < 64 {
                numbers[i] = i as u8;
                i += 1;
            }
            numbers
        };
        let count = mask.count_ones() as usize;
        // SAFETY: `self` is the proof that the machine has AVX-512 F and VBMI2; `NUMBERS` is 64 readable bytes.
        let squeezed = unsafe { _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(NUMBERS.as_ptr().cast())) };
        let (sixteens, _) = out.as_chunks_mut::<16>();
        // SAFETY: `self` is the proof that the machine has AVX-512 F; `extract` takes a quarter of a register.
        unsafe {
            self.store_positions(&mut sixteens[0], _mm512_castsi512_si128(squeezed), base);
            if count > 16 {
                self.store_positions(&mut sixteens[1], _mm512_extracti32x4_epi32::<1>(squeezed), base);
                self.store_positions(&mut sixteens[2], _mm512_extracti32x4_epi32::<2>(squeezed), base);
                self.store_positions(&mut sixteens[3], _mm512_extracti32x4_epi32::<3>(squeezed), base);
            }
        }
    }
}
