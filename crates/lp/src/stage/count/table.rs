//! Counts by key, of a bounded number of keys.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};

use crate::stage::key::{Key, KeyValue};
use crate::stage::saved;

/// How many records have which key. The first keys that come are counted each, all others together.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub(super) struct Table {
    counts: HashMap<Key, u64, RandomState>,
    other: u64,
    /// The sum of these.
    #[serde(skip)]
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

    /// The table from what was saved of it, if it can be one of keys of so many values.
    pub(super) fn restored(self, values: usize, max_keys: usize) -> Option<Self> {
        let is_key = |key: &Key| key.len() == values && key.iter().all(KeyValue::is_sound);
        if self.counts.len() > max_keys || !self.counts.keys().all(is_key) {
            return None;
        }
        let total = saved::sum(self.counts.values().copied().chain([self.other]))?;
        Some(Self { total, ..self })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_have_been_counted_is_not_restored() {
        let table = |entries: &[(&[KeyValue], u64)], other| {
            let counts = entries.iter().map(|(key, count)| (Key::from(*key), *count)).collect();
            Table { counts, other, total: 0 }
        };
        let text = |len: usize| [KeyValue::Text("x".repeat(len).into())];
        let [short, long, null] = [text(1024), text(2000), [KeyValue::Null]];
        let json = [KeyValue::Json("\u{1B}[1m".into())];
        let cases = [
            (table(&[], 0), Some(0)),
            (table(&[(&short, 3), (&null, 4)], 5), Some(12)),
            // As many keys as it may have, and one more.
            (table(&[(&short, 1), (&text(1), 1), (&text(2), 1), (&null, 1)], 0), None),
            (table(&[(&[], 1)], 0), None),
            (table(&[(&[KeyValue::Null, KeyValue::Null], 1)], 0), None),
            (table(&[(&long, 1)], 0), None),
            (table(&[(&json, 1)], 0), None),
            (table(&[(&null, u64::MAX)], 1), None),
            (table(&[(&null, u64::MAX / 2)], 1), None),
            (table(&[(&null, u64::MAX / 2 - 1)], 1), Some(u64::MAX / 2)),
        ];
        for (table, want) in cases {
            let restored = table.clone().restored(1, 3);
            assert_eq!(restored.map(|table| table.total()), want, "{table:?}");
        }
    }
}
