//! Decisions drawn from bytes.

use arbitrary::Unstructured;

/// Bytes that decide. Zeros, and the end of the bytes, decide for the first and the least: the ordinary case.
pub struct Choices<'a>(Unstructured<'a>);

impl<'a> Choices<'a> {
    /// Draws from these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(Unstructured::new(bytes))
    }

    /// A number from 0 to `most`.
    pub fn up_to(&mut self, most: usize) -> usize {
        self.0.int_in_range(0..=most).unwrap_or(0)
    }

    /// One of several.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.up_to(from.len() - 1)].clone()
    }

    /// True one time in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.up_to(times - 1) == times - 1
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.up_to(255) as u8
    }
}
