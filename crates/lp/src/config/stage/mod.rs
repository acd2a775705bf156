//! `[[stage]]`: what happens to records between the sources and the sinks.

mod add;
mod alert;
mod count;
mod dedup;
mod redact;
mod sample;
mod select;

pub use add::Add;
pub use alert::Alert;
pub use count::Count;
pub use dedup::Dedup;
pub use redact::{Redact, Replacement};
pub use sample::{Sample, Share};
pub use select::Select;

use super::checks::Schemas;
use super::names::Names;
use super::table::Table;
use super::text::Text;
use crate::stage::AlertKind;

/// A stage. The stages of a configuration follow each other in its order.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its name, which no other stage has.
    pub name: Text,
    /// What it does.
    pub kind: StageKind,
}

/// What a stage does.
#[derive(Clone, Debug)]
pub enum StageKind {
    /// Keeps the records for which this is true.
    Filter(Text),
    /// Keeps a part of the records.
    Sample(Sample),
    /// Keeps one of several equal records.
    Dedup(Dedup),
    /// Takes away what is not for everybody.
    Redact(Redact),
    /// Adds fields.
    Add(Add),
    /// Chooses and renames fields.
    Select(Select),
    /// Counts records.
    Count(Count),
    /// Raises alerts.
    Alert(Alert),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Filter,
    Sample,
    Dedup,
    Redact,
    Add,
    Select,
    Count,
    Alert,
}

const TYPES: [(&str, Type); 8] = [
    ("filter", Type::Filter),
    ("sample", Type::Sample),
    ("dedup", Type::Dedup),
    ("redact", Type::Redact),
    ("add", Type::Add),
    ("select", Type::Select),
    ("count", Type::Count),
    ("alert", Type::Alert),
];

impl StageKind {
    /// Whether such a stage emits events, which a sink can take.
    #[must_use]
    pub fn has_events(&self) -> bool {
        !self.members().is_empty()
    }

    /// The members of its events, any of which some event lacks perhaps.
    pub(super) fn members(&self) -> &'static [&'static str] {
        match self {
            Self::Alert(Alert { kind: AlertKind::Each, .. }) => &["alert", "timestamp", "suppressed", "details"],
            Self::Alert(_) => &["alert", "state", "timestamp", "details"],
            Self::Count(_) => &["count", "period", "from", "to", "by", "total", "counts", "other", "late"],
            Self::Dedup(_) => &["dedup", "timestamp", "key", "repeated"],
            _ => &[],
        }
    }
}

impl Stage {
    /// Reads a table. `None` if its type is wrong, or not known. What it adds to the records is added to the schemas.
    pub(super) fn read(
        table: Table<'_, '_>,
        names: &mut Names,
        schemas: &mut Schemas,
        has_checkpoint: bool,
    ) -> Option<Self> {
        let (mut table, kind, name) = names.take_typed(table, &TYPES, "\"filter\"")?;
        if kind == Type::Alert {
            // What people are woken by is named by them.
            table.require("name", "\"HTTP_5XX_ERROR\"");
        }
        let kind = match kind {
            Type::Filter => {
                let condition = condition(&mut table, schemas);
                StageKind::Filter(required(&mut table, "where", "'status_code >= 500'", condition))
            }
            Type::Sample => StageKind::Sample(Sample::read(&mut table, schemas)),
            Type::Dedup => StageKind::Dedup(Dedup::read(&mut table, schemas)),
            Type::Redact => StageKind::Redact(Redact::read(&mut table, schemas)),
            Type::Add => StageKind::Add(Add::read(&mut table, schemas)),
            Type::Select => StageKind::Select(Select::read(&mut table, &name, schemas)),
            Type::Count => StageKind::Count(Count::read(&mut table, schemas, has_checkpoint)),
            Type::Alert => StageKind::Alert(Alert::read(&mut table, schemas)),
        };
        table.finish();
        Some(Self { name, kind })
    }
}

/// Takes `where`.
pub(super) fn condition(table: &mut Table<'_, '_>, schemas: &Schemas) -> Option<Text> {
    let condition = table.filled_text("where")?;
    if !condition.as_str().is_empty() {
        table.reader.condition(&condition, schemas);
    }
    Some(condition)
}

/// Takes names of fields.
pub(super) fn fields(table: &mut Table<'_, '_>, key: &'static str, schemas: &Schemas) -> Vec<Text> {
    let fields = table.texts(key);
    for (number, field) in fields.iter().enumerate() {
        if fields[..number].iter().any(|before| before.as_str() == field.as_str()) {
            let message = format!("{} is there twice", table.reader.written(field));
            table.reader.mistake(field.span(), message, "leave one of them out");
        } else if !field.as_str().is_empty() {
            table.reader.field(field, schemas);
        }
    }
    fields
}

/// The value of a key that must be there. What is returned where it is not is not used.
fn required(table: &mut Table<'_, '_>, key: &'static str, example: &'static str, value: Option<Text>) -> Text {
    table.require(key, example);
    value.unwrap_or_else(|| Text::implied(String::new(), table.span()))
}
