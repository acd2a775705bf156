//! The structural bytes of a window of input.
//!
//! Step one of parsing: the positions of the two bytes that give a format its structure (for access logs the quote and
//! the line feed), 64 bytes at a time, into one flat list. Step two walks the list and never searches. The window is
//! small enough to be still in the nearest caches when step two comes to its bytes.

use super::Vector;

/// Bytes of input that are indexed at a time.
pub(crate) const WINDOW: usize = 32 << 10;

/// Where the structural bytes of a window stand, ascending; the memory is kept from one window to the next.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Room for every byte of a window to be structural, and for one block written past the end.
    positions: Vec<u32>,
}

impl Index {
    pub(crate) const fn new() -> Self {
        Self { positions: Vec::new() }
    }

    /// The positions of `a` and `b` in `window`, which may be as long as [`WINDOW`]; what is longer is not looked at.
    #[inline(always)]
    pub(crate) fn fill<V: Vector>(&mut self, vector: V, window: &[u8], a: u8, b: u8) -> &[u32] {
        let window = &window[..window.len().min(WINDOW)];
        self.positions.resize(WINDOW + 64, 0);
        // No closures here or in a `Vector`: they would be compiled without the instruction set.
        let mut found = 0;
        let mut base = 0;
        let (blocks, rest) = window.as_chunks::<64>();
        for block in blocks {
            found = self.append(vector, found, vector.either_of(block, a, b), base);
            base += 64;
        }
        if !rest.is_empty() {
            let mut block = [0; 64];
            block[..rest.len()].copy_from_slice(rest);
            let real = (1 << rest.len()) - 1;
            found = self.append(vector, found, vector.either_of(&block, a, b) & real, base);
        }
        &self.positions[..found]
    }

    /// Writes a block's positions behind the `found` ones, and returns how many there are then.
    #[inline(always)]
    fn append<V: Vector>(&mut self, vector: V, found: usize, mask: u64, base: u32) -> usize {
        match self.positions.get_mut(found..).and_then(<[u32]>::first_chunk_mut) {
            Some(out) => {
                vector.positions(mask, base, out);
                found + mask.count_ones() as usize
            }
            None => found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{Kernel, Level};
    use proptest::prelude::*;

    struct Fill<'a>(&'a [u8]);

    impl Kernel for Fill<'_> {
        type Output = Vec<u32>;

        #[inline(always)]
        fn run<V: Vector>(self, vector: V) -> Vec<u32> {
            let mut index = Index::new();
            index.fill(vector, b"\"\n\"\"", b'"', b'\n');
            index.fill(vector, self.0, b'"', b'\n').to_vec()
        }
    }

    fn check(window: &[u8]) {
        let looked_at = &window[..window.len().min(WINDOW)];
        let want: Vec<u32> =
            memchr::memchr2_iter(b'"', b'\n', looked_at).map(|at| at as u32).collect();
        for level in Level::available() {
            assert_eq!(level.run(Fill(window)), want, "{}", level.name());
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
            prop_oneof![Just(b'"'), Just(b'\n'), Just(0_u8), any::<u8>()], 0..600,
        )) {
            check(&window);
        }
    }
}
