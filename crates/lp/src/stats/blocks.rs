//! What several threads have gathered of one stretch of the input.
//!
//! Rare texts must be forgotten at points that the input alone determines, or the result would depend on the threads. So the
//! input is divided into blocks of a fixed size, and every sum is one of records of one block. Within a block the order does
//! not matter: each thread that comes to it takes a sum that nobody else is using, and goes on with it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lp_core::Record;

use crate::stage::{Place, Selected};

/// The size of a block, as a power of two. A block has so many texts at most that the memory for them has a bound.
const BLOCK_BITS: u32 = 20;

/// The number of the block in which a record begins.
#[inline(always)]
const fn block_of(place: Place) -> u64 {
    place.offset >> BLOCK_BITS
}

/// What is gathered of records.
pub trait Sum: Default {
    /// Adds what another one has gathered of records that are not pruned, in whatever order.
    fn merge(&mut self, other: &Self);

    /// Forgets what is least, where it is too much; called between blocks.
    fn prune(&mut self);

    /// Forgets all and keeps the memory.
    fn clear(&mut self);
}

/// The sums of an input's blocks.
#[derive(Debug, Default)]
pub(super) struct Blocks<T> {
    sums: Mutex<Sums<T>>,
}

#[derive(Debug, Default)]
struct Sums<T> {
    /// Those with something in them, each with the number of its block.
    begun: Vec<(u64, T)>,
    /// Those that may be used again.
    free: Vec<T>,
}

/// Where the records of a batch are gathered.
#[derive(Debug)]
pub struct Part<T> {
    sums: Arc<Blocks<T>>,
    /// In order.
    blocks: Vec<u64>,
}

/// What a run has gathered.
#[derive(Debug, Default)]
pub struct Gathered<T> {
    all: T,
    /// The block that the last batch ended in.
    open: Option<(Arc<Blocks<T>>, u64)>,
}

impl<T: Sum> Blocks<T> {
    /// Adds each of the records to a sum of its block.
    pub(super) fn gather(
        self: &Arc<Self>,
        records: &Selected<'_>,
        mut add: impl FnMut(&mut T, &Record<'_>),
    ) -> Part<T> {
        let mut part = Part { sums: Arc::clone(self), blocks: Vec::new() };
        let mut at_hand: Option<(u64, T)> = None;
        for record in records.iter() {
            let block = block_of(records.place(&record));
            if at_hand.as_ref().is_none_or(|(of, _)| *of != block) {
                if let Some(at_hand) = at_hand.take() {
                    self.sums().begun.push(at_hand);
                }
                part.blocks.push(block);
            }
            let (_, sum) = at_hand.get_or_insert_with(|| (block, self.take(block)));
            add(sum, &record);
        }
        if let Some(at_hand) = at_hand {
            self.sums().begun.push(at_hand);
        }
        part
    }

    /// A sum of a block that is nobody else's until it is given back.
    fn take(&self, block: u64) -> T {
        let mut sums = self.sums();
        match sums.begun.iter().position(|(of, _)| *of == block) {
            Some(place) => sums.begun.swap_remove(place).1,
            None => sums.free.pop().unwrap_or_default(),
        }
    }

    /// Adds the sums of a block to one of all. Nobody may be at work on it any more.
    fn close(&self, block: u64, into: &mut T) {
        loop {
            let mut sums = self.sums();
            let Some(place) = sums.begun.iter().position(|(of, _)| *of == block) else { return };
            let (_, mut sum) = sums.begun.swap_remove(place);
            // The others may go on meanwhile.
            drop(sums);
            into.merge(&sum);
            sum.clear();
            self.sums().free.push(sum);
        }
    }

    /// Only sums that are whole are given back, so what is there is right even where a thread has panicked.
    fn sums(&self) -> MutexGuard<'_, Sums<T>> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Sum> Gathered<T> {
    /// Takes a part, in the order of the input.
    pub(super) fn add(&mut self, part: Part<T>) {
        for block in part.blocks {
            let is_open = self.open.as_ref().is_some_and(|(of, open)| *open == block && Arc::ptr_eq(of, &part.sums));
            if !is_open {
                self.close();
                self.open = Some((Arc::clone(&part.sums), block));
            }
        }
    }

    /// Adds what was gathered in a block, once there are no more records of it.
    fn close(&mut self) {
        if let Some((sums, block)) = self.open.take() {
            sums.close(block, &mut self.all);
            self.all.prune();
        }
    }

    /// What was gathered of all.
    pub(super) fn into_all(mut self) -> T {
        self.close();
        self.all
    }
}
