//! `type = "dedup"`.

use std::time::Duration;

use super::{Schemas, Table, Text, fields};

/// Keeps the first of equal records, and says how many followed.
#[derive(Clone, Debug)]
pub struct Dedup {
    /// The fields that make records equal. If there are none: the message, or in a format without one all fields.
    pub by: Vec<Text>,
    /// For how long after the first.
    pub window: Duration,
    /// How many different records are remembered.
    pub max_keys: usize,
}

impl Dedup {
    pub(super) fn read(table: &mut Table<'_, '_>, schemas: &Schemas) -> Self {
        table.refuse_empty("by", "without `by` it is the message");
        Self {
            by: fields(table, "by", schemas),
            window: table.duration("window").unwrap_or(Duration::from_secs(60)),
            max_keys: max_keys(table, 10_000),
        }
    }
}

/// Takes `max_keys`.
pub(super) fn max_keys(table: &mut Table<'_, '_>, default: usize) -> usize {
    // Each takes some hundred bytes at most.
    const MOST: u64 = 10_000_000;
    table.integer("max_keys", 1..=MOST).and_then(|most| usize::try_from(most).ok()).unwrap_or(default)
}
