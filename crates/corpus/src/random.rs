//! Random numbers that are the same everywhere and for ever.

/// SplitMix64 (Steele, Lea and Flood, 2014).
///
/// One addition and a mix of the sum: small enough to check by eye, and good enough for text that
/// only has to look varied. The standard library has no seedable generator, and one from a crate
/// might change its output with a new version, which would silently change every corpus.
pub struct Random {
    state: u64,
}

impl Random {
    /// The numbers of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "it never ends, and nobody iterates over it")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..limit`; 0 if the limit is 0.
    ///
    /// Scales instead of rejecting, so a draw always costs one step; the bias is below `limit / 2^64`.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True once in `n` draws.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// True in `percent` of a hundred draws.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        (self.next() >> 56) as u8
    }

    /// A number of `low_bits..=high_bits` binary digits, every length equally likely, as the sizes
    /// of files are: many small ones, a few huge ones.
    pub fn magnitude(&mut self, low_bits: u64, high_bits: u64) -> u64 {
        let top_bit = 1 << (self.between(low_bits, high_bits) - 1);
        top_bit + self.below(top_bit)
    }

    /// One of the items, all equally likely. There must be at least one.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn agrees_with_the_published_reference() {
        let mut random = Random::new(1_234_567);
        let numbers = [random.next(), random.next(), random.next()];
        assert_eq!(numbers, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn stays_within_its_limits() {
        let mut random = Random::new(1);
        let mut seen = [false; 5];
        for _ in 0..1000 {
            seen[random.below(5) as usize] = true;
            assert!((3..=7).contains(&random.between(3, 7)));
            assert!((4..16).contains(&random.magnitude(3, 4)));
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!(random.below(0), 0);
    }
}
