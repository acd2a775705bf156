//! `type = "count"`.

use std::time::Duration;

use super::dedup::max_keys;
use super::{Schemas, Table, Text, condition, fields};

/// Counts records.
#[derive(Clone, Debug)]
pub struct Count {
    /// The fields whose values are counted; without any, the records are.
    pub by: Vec<Text>,
    /// Which records are counted; all where it is not given.
    pub condition: Option<Text>,
    /// The interval for which counts are told; the whole run where it is not given.
    pub every: Option<Duration>,
    /// Whether the whole run is counted beside the intervals.
    pub total: bool,
    /// How many different values are counted; the others are together.
    pub max_keys: usize,
    /// How much later than others records may come.
    pub lateness: Duration,
}

/// How late records may be if nothing is said.
const LATENESS: Duration = Duration::from_secs(5);

impl Count {
    pub(super) fn read(table: &mut Table<'_, '_>, schemas: &Schemas, has_checkpoint: bool) -> Self {
        let count = Self {
            by: fields(table, "by", schemas),
            condition: condition(table, schemas),
            every: table.duration("every"),
            total: table.flag("total").unwrap_or(false),
            max_keys: max_keys(table, 1000),
            lateness: lateness(table),
        };
        if has_checkpoint {
            count.refuse_what_is_told_at_the_end(table);
        }
        count
    }

    /// A run with a checkpoint has no end: the next one goes on with what it has counted.
    fn refuse_what_is_told_at_the_end(&self, table: &mut Table<'_, '_>) {
        const WHY: &str = "with a checkpoint the next run goes on counting where one is stopped";
        if !table.has("every") {
            let message = format!("this count never tells anything: {WHY}, so that there is no total");
            table.reader.missing(
                table.span(),
                message,
                "say how often it is to be told, for example `every = \"10s\"`",
            );
        } else if self.total {
            let message = format!("the total is never told: {WHY}");
            table.reader.mistake(table.key_span("total"), message, "leave it out, and add the intervals up");
        }
    }
}

/// Takes `lateness`.
pub(super) fn lateness(table: &mut Table<'_, '_>) -> Duration {
    table.duration_or_zero("lateness").unwrap_or(LATENESS)
}
