//! `type = "sample"`.

use super::{Schemas, Table, Text, condition};

/// Keeps a part of the records.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Which part.
    pub share: Share,
    /// The field by which it is decided: all records with one value are kept, or none.
    pub key: Option<Text>,
    /// Only these records are sampled; the others are kept. All of them where it is not given.
    pub condition: Option<Text>,
}

/// A part of the records.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Share {
    /// Each with this probability, above 0 and up to 1.
    Rate(f64),
    /// One in so many; at least 1.
    OneIn(u64),
}

impl Sample {
    pub(super) fn read(table: &mut Table<'_, '_>, schemas: &Schemas) -> Self {
        if table.one_of(&["rate", "one_in"]).is_none() {
            let message = "it is not said how many records are kept";
            table.reader.missing(table.span(), message, "for example `rate = 0.1` or `one_in = 10`");
        }
        let rate = table.decimal("rate", "a number above 0 and up to 1", |rate| rate > 0.0 && rate <= 1.0);
        let one_in = table.integer("one_in", 1..=u64::MAX).map(Share::OneIn);
        let key = table.filled_text("key");
        if let Some(key) = key.as_ref().filter(|key| !key.as_str().is_empty()) {
            table.reader.field(key, schemas);
        }
        let condition = condition(table, schemas);
        Self { share: rate.map(Share::Rate).or(one_in).unwrap_or(Share::OneIn(1)), key, condition }
    }
}
