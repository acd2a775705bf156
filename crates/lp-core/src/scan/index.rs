//! The structural bytes of a window of input.
//!
//! Step one of parsing: the positions of the two bytes that give a format its structure (for access logs the quote and
//! the line feed), 64 bytes at a time, into one flat list. Step two walks the list and never searches. The window is
//! small enough to be still in the nearest caches when step two comes to its bytes.

use super::Vector;

/// Bytes of input that are indexed at a time.
pub(crate) const WINDOW: usize = 32 << 10;

/// Where the structural bytes of a window stand; the memory is kept from one window to the next.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Room for every byte of a window to be structural, and for one block written past the end.
    positions: Vec<u32>,
    /// Room for every block of a window, and for the end mark.
    unusual: Vec<u32>,
}

/// What an index found; all positions are relative to the window.
#[derive(Clone, Copy)]
pub(crate) struct Structure<'a> {
    /// The positions of the structural bytes, ascending.
    pub(crate) positions: &'a [u32],
    /// The starts of the 64-byte blocks that hold unusual bytes: others than the structural ones that cannot stand in
    /// a JSON string as they are. Ascending, with `u32::MAX` as an end mark. What is in no such block can be copied
    /// into JSON without a look.
    pub(crate) unusual: &'a [u32],
}

impl Index {
    pub(crate) const fn new() -> Self {
        Self { positions: Vec::new(), unusual: Vec::new() }
    }

    /// Looks for `a` and `b` in `window`, which may be as long as [`WINDOW`]; what is longer is not looked at.
    #[inline(always)]
    pub(crate) fn fill<V: Vector>(&mut self, vector: V, window: &[u8], a: u8, b: u8) -> Structure<'_> {
        let window = &window[..window.len().min(WINDOW)];
        self.positions.resize(WINDOW + 64, 0);
        self.unusual.resize(WINDOW / 64 + 2, 0);
        // No closures here or in a `Vector`: they would be compiled without the instruction set.
        let mut found = Found::default();
        let (blocks, rest) = window.as_chunks::<64>();
        for block in blocks {
            self.append(vector, block, u64::MAX, a, b, &mut found);
        }
        if !rest.is_empty() {
            let mut block = [0; 64];
            block[..rest.len()].copy_from_slice(rest);
            self.append(vector, &block, (1 << rest.len()) - 1, a, b, &mut found);
        }
        self.unusual[found.unusual] = u32::MAX;
        Structure { positions: &self.positions[..found.positions], unusual: &self.unusual[..=found.unusual] }
    }

    /// Looks for `byte` alone, as [`fill_two`](Self::fill_two) does for two.
    #[inline(always)]
    pub(crate) fn fill_one<V: Vector>(&mut self, vector: V, window: &[u8], byte: u8) -> usize {
        self.fill_two(vector, window, byte, byte)
    }

    /// Looks for `a` and `b` in `window`, as [`fill`](Self::fill) does, but not for unusual bytes, which is a fifth of
    /// the work; returns how often they are there. The positions are then in [`positions`](Self::positions).
    #[inline(always)]
    pub(crate) fn fill_two<V: Vector>(&mut self, vector: V, window: &[u8], a: u8, b: u8) -> usize {
        let window = &window[..window.len().min(WINDOW)];
        self.positions.resize(WINDOW + 64, 0);
        let mut found = 0;
        let mut base = 0;
        let (blocks, rest) = window.as_chunks::<64>();
        for block in blocks {
            let mask = vector.either_of(block, a, b);
            if let Some(out) = self.positions.get_mut(found..).and_then(<[u32]>::first_chunk_mut) {
                vector.positions(mask, base, out);
                found += mask.count_ones() as usize;
            }
            base += 64;
        }
        for (at, _) in rest.iter().enumerate().filter(|&(_, &other)| other == a || other == b) {
            self.positions[found] = base + at as u32;
            found += 1;
        }
        found
    }

    /// What was found last; only as many as there were are meaningful.
    #[inline(always)]
    pub(crate) fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// Adds what is in a block, of which only the bytes in the mask `real` count.
    #[inline(always)]
    fn append<V: Vector>(&mut self, vector: V, block: &[u8; 64], real: u64, a: u8, b: u8, found: &mut Found) {
        let structural = vector.either_of(block, a, b) & real;
        let unusual = vector.json_special(block) & real & !structural;
        if let Some(out) = self.positions.get_mut(found.positions..).and_then(<[u32]>::first_chunk_mut) {
            vector.positions(structural, found.base, out);
            found.positions += structural.count_ones() as usize;
        }
        if let Some(out) = self.unusual.get_mut(found.unusual) {
            *out = found.base;
            found.unusual += usize::from(unusual != 0);
        }
        found.base += 64;
    }
}

/// How much an index has found.
#[derive(Default)]
struct Found {
    positions: usize,
    unusual: usize,
    /// The start of the next block.
    base: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{Kernel, Level};
    use proptest::prelude::*;

    struct Fill<'a>(&'a [u8]);

    impl Kernel for Fill<'_> {
        /// The positions of the structural bytes, and the starts of the unusual blocks.
        type Output = (Vec<u32>, Vec<u32>);

        #[inline(always)]
        fn run<V: Vector>(self, vector: V) -> Self::Output {
            let mut index = Index::new();
            index.fill(vector, b"\"\n\"\"\\", b'"', b'\n');
            let structure = index.fill(vector, self.0, b'"', b'\n');
            (structure.positions.to_vec(), structure.unusual.to_vec())
        }
    }

    struct FillOne<'a>(&'a [u8]);

    impl Kernel for FillOne<'_> {
        type Output = Vec<u32>;

        #[inline(always)]
        fn run<V: Vector>(self, vector: V) -> Self::Output {
            let mut index = Index::new();
            let count = index.fill_one(vector, self.0, b'\n');
            index.positions()[..count].to_vec()
        }
    }

    fn check(window: &[u8]) {
        let looked_at = &window[..window.len().min(WINDOW)];
        let positions: Vec<u32> = memchr::memchr2_iter(b'"', b'\n', looked_at).map(|at| at as u32).collect();
        let usual = |byte: &u8| matches!(byte, b'\n' | b' '..=b'~') && *byte != b'\\';
        let unusual = looked_at.chunks(64).enumerate().filter(|(_, block)| !block.iter().all(usual));
        let unusual = unusual.map(|(number, _)| number as u32 * 64).chain([u32::MAX]).collect();
        let want = (positions, unusual);
        for level in Level::available() {
            assert_eq!(level.run(Fill(window)), want, "{}", level.name());
            let line_feeds: Vec<u32> = memchr::memchr_iter(b'\n', looked_at).map(|at| at as u32).collect();
            assert_eq!(level.run(FillOne(window)), line_feeds, "{}", level.name());
        }
    }

    #[test]
    fn nothing_something_and_everything() {
        check(b"");
        check(b"\n");
        check(&[b'x'; 200]);
        check(&[0; 65]);
        check(&vec![b'"'; WINDOW]);
        check(&vec![b'\n'; WINDOW + 1]);
    }

    proptest! {
        #[test]
        fn finds_what_memchr_finds(window in proptest::collection::vec(
            prop_oneof![1 => Just(b'"'), 1 => Just(b'\n'), 40 => Just(b'x'), 1 => any::<u8>()], 0..600,
        )) {
            check(&window);
        }
    }
}
