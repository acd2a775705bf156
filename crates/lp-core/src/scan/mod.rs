//! Looking at many bytes at once: where the bytes that matter stand in a block.
//!
//! The one place of the workspace with `unsafe` code. Everything above it is written once, over [`Vector`]: a handful
//! of questions about a block of bytes, answered as a bit mask (bit *i* for byte *i*). There is an answer in plain
//! Rust, which is the definition of right, and one for each instruction set. Which one runs is a [`Level`], found out
//! at run time; a value of it is the proof that this machine has the instructions, so nothing above needs `unsafe`.
//!
//! A piece of work is a [`Kernel`]: its whole loop is compiled once for each level, with the questions inlined into
//! it, and [`Level::run`] enters the right copy. One dispatch serves a whole batch.

mod index;
mod line_feeds;
#[cfg(target_arch = "aarch64")]
mod neon;
mod plain;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use index::{Index, Structure, WINDOW};
pub(crate) use line_feeds::IndexedLines;
pub(crate) use plain::Plain;

/// The questions that parsers and encoders ask about a block of bytes.
///
/// In every mask bit *i* speaks of byte *i*. The blocks are arrays, so an implementation needs no bounds to check; a
/// value of an implementing type exists only where the machine has its instructions. The methods must be
/// `#[inline(always)]` and use no closures: what is not inlined is compiled without the instruction set, and slow.
pub(crate) trait Vector: Copy {
    /// Which of 64 bytes are `a` or `b`.
    fn either_of(self, block: &[u8; 64], a: u8, b: u8) -> u64;

    /// Which of 32 bytes are at most `max`.
    fn at_most(self, block: &[u8; 32], max: u8) -> u32;

    /// Which of 32 bytes are the same in both blocks.
    fn same(self, left: &[u8; 32], right: &[u8; 32]) -> u32;

    /// Whether each of 16 bytes is at least the byte of `low` and at most the byte of `high` in its place.
    fn in_ranges(self, block: &[u8; 16], low: &[u8; 16], high: &[u8; 16]) -> bool;

    /// Which of 64 bytes cannot stand in a JSON string as they are, or not without a look at their neighbours:
    /// controls, `"`, `\`, DEL and all that is not ASCII.
    fn json_special(self, block: &[u8; 64]) -> u64;

    /// Tells the machine that the bytes at an offset will be wanted soon. Nothing depends on it.
    #[inline(always)]
    fn prefetch(self, _bytes: &[u8], _at: usize) {}

    /// Writes `base` plus the number of each bit that is set in `mask`, in ascending order, to the front of `out`.
    ///
    /// What stands in `out` behind these is undefined (but initialised).
    #[inline(always)]
    fn positions(self, mask: u64, base: u32, out: &mut [u32; 64]) {
        // Four at a time, whether there are as many or not: a branch for each bit would be mispredicted about once a
        // line, and writing too much costs nothing. With no bit left `trailing_zeros` gives 64, which nobody reads.
        let count = mask.count_ones() as usize;
        let (fours, _) = out.as_chunks_mut::<4>();
        let rest = next_four(mask, base, &mut fours[0]);
        if count > 4 {
            let mut rest = next_four(rest, base, &mut fours[1]);
            let mut written = 8;
            while written < count {
                rest = next_four(rest, base, &mut fours[written / 4]);
                written += 4;
            }
        }
    }
}

/// The numbers of the four lowest bits of a mask, and the mask without them.
#[inline(always)]
fn next_four(mask: u64, base: u32, out: &mut [u32; 4]) -> u64 {
    let mut rest = mask;
    for slot in out {
        *slot = base.wrapping_add(rest.trailing_zeros());
        rest &= rest.wrapping_sub(1);
    }
    rest
}

/// Work over blocks of bytes, written once for every [`Vector`].
pub(crate) trait Kernel {
    /// What the work returns.
    type Output;

    /// Does the work. Implementations are `#[inline(always)]`, so that they are compiled with each instruction set.
    fn run<V: Vector>(self, vector: V) -> Self::Output;
}

/// The instructions that parsing and encoding use: the best that the machine has, unless you choose otherwise.
///
/// Every level gives the same results; they differ in speed only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level(Instructions);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Instructions {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Level {
    /// No special instructions; right on every machine.
    pub const PLAIN: Self = Self(Instructions::Plain);

    /// The fastest level of this machine.
    #[must_use]
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self::PLAIN)
    }

    /// Every level of this machine, slowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        let levels = [
            Some(Self::PLAIN),
            #[cfg(target_arch = "x86_64")]
            x86::Avx2::detect().map(|_| Self(Instructions::Avx2)),
            #[cfg(target_arch = "x86_64")]
            x86::Avx512::detect().map(|_| Self(Instructions::Avx512)),
            #[cfg(target_arch = "aarch64")]
            neon::Neon::detect().map(|_| Self(Instructions::Neon)),
        ];
        levels.into_iter().flatten()
    }

    /// The level's name: `plain`, `avx2`, `avx512` or `neon`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Instructions::Plain => "plain",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => "avx512",
            #[cfg(target_arch = "aarch64")]
            Instructions::Neon => "neon",
        }
    }

    /// This level for work that mostly copies: copies of 512 bits, most of which cross a cache line, are slower than two
    /// of 256 (by 7% of the JSON encoder's time on Zen 4).
    #[must_use]
    pub(crate) const fn for_copying(self) -> Self {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => Self(Instructions::Avx2),
            _ => self,
        }
    }

    /// Runs the work with this level's instructions.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Instructions::Plain => kernel.run(Plain),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => match x86::Avx2::detect() {
                Some(vector) => vector.run(kernel),
                None => kernel.run(Plain),
            },
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => match x86::Avx512::detect() {
                Some(vector) => vector.run(kernel),
                None => kernel.run(Plain),
            },
            #[cfg(target_arch = "aarch64")]
            Instructions::Neon => match neon::Neon::detect() {
                Some(vector) => vector.run(kernel),
                None => kernel.run(Plain),
            },
        }
    }
}

impl Default for Level {
    fn default() -> Self {
        Self::best()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All questions at once, so that one run of a level can be held against another's.
    #[derive(Clone, Copy)]
    struct Ask<'a> {
        block: &'a [u8; 64],
        other: &'a [u8; 64],
        needles: (u8, u8),
        max: u8,
    }

    #[derive(PartialEq, Debug)]
    struct Answers {
        either_of: u64,
        at_most: u32,
        same: u32,
        in_ranges: [bool; 2],
        json_special: u64,
        positions: Vec<u32>,
    }

    impl Ask<'_> {
        fn halves(&self) -> (&[u8; 32], &[u8; 32]) {
            (self.block.first_chunk().unwrap(), self.other.first_chunk().unwrap())
        }

        /// Two questions of `in_ranges`, one of them near the truth: a block, and the ranges.
        fn ranges(&self) -> [[[u8; 16]; 3]; 2] {
            let quarter = |bytes: &[u8; 64]| *bytes.first_chunk::<16>().unwrap();
            let (block, other) = (quarter(self.block), quarter(self.other));
            let (a, b) = self.needles;
            let around = [block, block.map(|byte| byte.saturating_sub(a)), block.map(|byte| byte.saturating_add(b))];
            [[block, other, [self.max; 16]], around]
        }

        /// The obviously right answers.
        fn naive(&self) -> Answers {
            let mask = |len: usize, test: &dyn Fn(usize) -> bool| {
                (0..len).filter(|&i| test(i)).fold(0_u64, |mask, i| mask | 1 << i)
            };
            let (a, b) = self.needles;
            let either_of = mask(64, &|i| self.block[i] == a || self.block[i] == b);
            Answers {
                either_of,
                at_most: mask(32, &|i| self.block[i] <= self.max) as u32,
                in_ranges: self
                    .ranges()
                    .map(|[block, low, high]| (0..16).all(|i| low[i] <= block[i] && block[i] <= high[i])),
                same: mask(32, &|i| self.block[i] == self.other[i]) as u32,
                json_special: mask(64, &|i| !matches!(self.block[i], b' '..=b'~') || b"\"\\".contains(&self.block[i])),
                positions: (0..64).filter(|i| either_of >> i & 1 == 1).map(|i| i + 7).collect(),
            }
        }
    }

    impl Kernel for Ask<'_> {
        type Output = Answers;

        #[inline(always)]
        fn run<V: Vector>(self, vector: V) -> Answers {
            let (block, other) = self.halves();
            let either_of = vector.either_of(self.block, self.needles.0, self.needles.1);
            let mut positions = [0; 64];
            vector.positions(either_of, 7, &mut positions);
            Answers {
                either_of,
                at_most: vector.at_most(block, self.max),
                same: vector.same(block, other),
                in_ranges: {
                    let [[a, b, c], [d, e, f]] = self.ranges();
                    [vector.in_ranges(&a, &b, &c), vector.in_ranges(&d, &e, &f)]
                },
                json_special: vector.json_special(self.block),
                positions: positions[..either_of.count_ones() as usize].to_vec(),
            }
        }
    }

    fn check(ask: &Ask<'_>) {
        let want = ask.naive();
        for level in Level::available() {
            assert_eq!(level.run(*ask), want, "{}", level.name());
        }
    }

    #[test]
    fn every_byte_value_in_every_place() {
        for value in 0..=255 {
            for place in 0..64 {
                let mut block = [b'a'; 64];
                block[place] = value;
                check(&Ask { block: &block, other: &[b'a'; 64], needles: (value, b'\n'), max: value });
            }
            check(&Ask { block: &[value; 64], other: &[b'"'; 64], needles: (b'"', b'\n'), max: b' ' });
        }
    }

    #[test]
    fn every_place_counts_in_ranges() {
        for level in Level::available() {
            for place in 0..16 {
                for value in 0..=255 {
                    let mut block = [b'm'; 16];
                    block[place] = value;
                    let inside = level.run(InRanges(block, [b'k'; 16], [b'o'; 16]));
                    assert_eq!(inside, (b'k'..=b'o').contains(&value), "{}", level.name());
                }
            }
        }
    }

    struct InRanges([u8; 16], [u8; 16], [u8; 16]);

    impl Kernel for InRanges {
        type Output = bool;

        #[inline(always)]
        fn run<V: Vector>(self, vector: V) -> bool {
            vector.in_ranges(&self.0, &self.1, &self.2)
        }
    }

    proptest! {
        #[test]
        fn every_level_gives_the_plain_answer(
            block: [u8; 64], flips: [bool; 64], a: u8, b: u8, max: u8, few in 0_usize..64,
        ) {
            let mut other = block;
            for (byte, flip) in other.iter_mut().zip(flips) {
                *byte ^= u8::from(flip);
            }
            check(&Ask { block: &block, other: &other, needles: (a, b), max });
            let dense = block.map(|byte| if usize::from(byte) % 64 < few { a } else { byte });
            check(&Ask { block: &dense, other: &other, needles: (a, b), max });
        }
    }

    #[test]
    fn the_best_level_is_available() {
        assert!(Level::available().any(|level| level == Level::best()));
        assert_eq!(Level::available().next(), Some(Level::PLAIN));
    }
}
