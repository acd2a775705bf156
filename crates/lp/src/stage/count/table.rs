//! Counts by key, of a bounded number of keys.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::stage::key::{Key, KeyValue};

/// How many records have which key. The first keys that come are counted each, all others together.
#[derive(Clone, Default, Debug)]
pub(super) struct Table {
    counts: HashMap<Key, u64, RandomState>,
    other: u64,
    total: u64,
}

impl Table {
    /// Counts so many records of a key; as one of the others if it is new and there are `max_keys` already.
    pub(super) fn add(&mut self, key: &[KeyValue], records: u64, max_keys: usize) {
        self.total += records;
        if let Some(count) = self.counts.get_mut(key) {
            *count += records;
        } else if self.counts.len() < max_keys {
            self.counts.insert(key.into(), records);
        } else {
            self.other += records;
        }
    }

    /// All records.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// Those whose keys are not counted each.
    pub(super) const fn other(&self) -> u64 {
        self.other
    }

    /// The keys and their counts: the highest count first, keys of the same count by their values.
    pub(super) fn sorted(&self) -> Vec<(&Key, u64)> {
        let mut sorted: Vec<_> = self.counts.iter().map(|(key, count)| (key, *count)).collect();
        sorted.sort_by(|(a, count_a), (b, count_b)| count_b.cmp(count_a).then_with(|| a.cmp(b)));
        sorted
    }
}
