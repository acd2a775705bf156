//! `type = "alert"`.

use std::time::Duration;

use super::count::lateness;
use super::{Schemas, Table, Text, condition, required};
use crate::stage::AlertKind;

/// Raises alerts.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Which records it is about.
    pub condition: Text,
    /// When an alert is raised.
    pub kind: AlertKind,
    /// For how long after an alert none is raised.
    pub cooldown: Duration,
    /// How much later than others records may come.
    pub lateness: Duration,
}

/// The cool-down if none is given, save of [`AlertKind::Each`], which has none.
const COOLDOWN: Duration = Duration::from_secs(300);

/// How many records a ratio needs if nothing is said.
const MIN_RECORDS: u64 = 100;

/// Stands for a time that depends on a variable that is not known here.
const UNKNOWN: Duration = Duration::from_secs(60);

impl Alert {
    pub(super) fn read(table: &mut Table<'_, '_>, schemas: &Schemas) -> Self {
        let where_ = condition(table, schemas);
        let condition = required(table, "where", "'status_code >= 500'", where_);
        table.one_of(&["rate", "ratio", "absence"]);
        let kind = [rate(table), ratio(table), absence(table)].into_iter().flatten().next().unwrap_or(AlertKind::Each);
        let default = if kind == AlertKind::Each { Duration::ZERO } else { COOLDOWN };
        let cooldown = table.duration_or_zero("cooldown").unwrap_or(default);
        Self { condition, kind, cooldown, lateness: lateness(table) }
    }
}

fn rate(table: &mut Table<'_, '_>) -> Option<AlertKind> {
    let mut rate = table.table("rate", "`rate`", "{ at_least = 10, within = \"1m\" }")?;
    rate.require("at_least", "10");
    rate.require("within", "\"1m\"");
    let at_least = rate.integer("at_least", 1..=u64::MAX).unwrap_or(1);
    let within = rate.duration("within").unwrap_or(UNKNOWN);
    rate.finish();
    Some(AlertKind::Rate { at_least, within })
}

fn ratio(table: &mut Table<'_, '_>) -> Option<AlertKind> {
    let mut ratio = table.table("ratio", "`ratio`", "{ above = 0.05, within = \"5m\" }")?;
    ratio.require("above", "0.05");
    ratio.require("within", "\"5m\"");
    let above =
        ratio.decimal("above", "a number from 0 and below 1", |above| (0.0..1.0).contains(&above)).unwrap_or_default();
    let within = ratio.duration("within").unwrap_or(UNKNOWN);
    let min_records = ratio.integer("min_records", 1..=u64::MAX).unwrap_or(MIN_RECORDS);
    ratio.finish();
    Some(AlertKind::Ratio { above, within, min_records })
}

fn absence(table: &mut Table<'_, '_>) -> Option<AlertKind> {
    let mut absence = table.table("absence", "`absence`", "{ for = \"10m\" }")?;
    absence.require("for", "\"10m\"");
    let lasting = absence.duration("for").unwrap_or(UNKNOWN);
    absence.finish();
    Some(AlertKind::Absence { lasting })
}
