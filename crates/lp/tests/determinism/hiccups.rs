//! A reader that gives its bytes as it likes.

use std::io::{self, Read};

use proptest::collection::vec;
use proptest::prelude::*;

/// Gives the bytes in reads of the given lengths, again and again; for a length of 0 it is interrupted instead.
pub(crate) struct Hiccups {
    bytes: io::Cursor<Vec<u8>>,
    steps: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl Hiccups {
    pub(crate) fn new(bytes: Vec<u8>, steps: Vec<usize>) -> Self {
        Self { bytes: io::Cursor::new(bytes), steps: steps.into_iter().cycle() }
    }
}

impl Read for Hiccups {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.steps.next() {
            Some(0) => Err(io::ErrorKind::Interrupted.into()),
            step => {
                let length = step.unwrap_or(1).min(buffer.len());
                self.bytes.read(&mut buffer[..length])
            }
        }
    }
}

/// Lengths of reads, not all of them 0.
pub(crate) fn steps() -> impl Strategy<Value = Vec<usize>> {
    let step = prop_oneof![1 => Just(0_usize), 2 => 1_usize..4, 2 => 1_usize..300, 1 => Just(10_000)];
    (vec(step, 0..8), 1_usize..300).prop_map(|(mut steps, last)| {
        steps.push(last);
        steps
    })
}
