//! What several threads have gathered of one stretch of the input.
//!
//! Rare texts must be forgotten at points that the input alone determines, or the result would depend on the threads. So the
//! input is divided into blocks of a fixed size, and every tally is one of records of one block. Within a block the order
//! does not matter: each thread that comes to it takes a tally that nobody else is using, and goes on with it.

use std::sync::{Mutex, PoisonError};

use super::tally::Tally;
use crate::stage::Place;

/// The size of a block, as a power of two. A block has so many texts at most that its tallies' memory has a bound.
const BLOCK_BITS: u32 = 20;

/// The number of the block in which a record begins.
#[inline(always)]
pub(super) const fn block_of(place: Place) -> u64 {
    place.offset >> BLOCK_BITS
}

/// The tallies of an input's blocks.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    tallies: Mutex<Tallies>,
}

#[derive(Debug, Default)]
struct Tallies {
    /// Those with something in them, each with the number of its block.
    begun: Vec<(u64, Tally)>,
    /// Those that may be used again.
    free: Vec<Tally>,
}

impl Blocks {
    /// A tally of a block that is nobody else's until it is given back.
    pub(super) fn take(&self, block: u64) -> Tally {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        match tallies.begun.iter().position(|(of, _)| *of == block) {
            Some(place) => tallies.begun.swap_remove(place).1,
            None => tallies.free.pop().unwrap_or_default(),
        }
    }

    /// Gives a tally back.
    pub(super) fn put(&self, block: u64, tally: Tally) {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner).begun.push((block, tally));
    }

    /// Adds the tallies of a block to one of all. Nobody may be at work on it any more.
    pub(super) fn close(&self, block: u64, into: &mut Tally) {
        loop {
            let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(place) = tallies.begun.iter().position(|(of, _)| *of == block) else { return };
            let (_, mut tally) = tallies.begun.swap_remove(place);
            // The others may go on meanwhile.
            drop(tallies);
            into.merge(&tally);
            tally.clear();
            self.tallies.lock().unwrap_or_else(PoisonError::into_inner).free.push(tally);
        }
    }
}
