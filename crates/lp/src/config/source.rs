//! `[[source]]`: where records come from.

use lp_core::Batch;
use lp_core::format::detect::Settings;

use super::format::{self, SourceFormat};
use super::names::Names;
use super::table::Table;
use super::text::Text;

/// Where records come from.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name, which no other source has.
    pub name: Text,
    /// What is read.
    pub origin: Origin,
    /// The format of the lines.
    pub format: SourceFormat,
    /// What the format is told.
    pub settings: Settings,
    /// The most bytes of a record.
    pub max_record: u32,
    /// The most lines of a record.
    pub max_lines: u32,
}

/// What a source reads.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The standard input.
    Stdin,
    /// The files with these paths, in which `*`, `?` and `[...]` may stand for parts of names. There is at least one.
    Files(Vec<Text>),
}

#[derive(Clone, Copy)]
enum Type {
    File,
    Stdin,
}

const TYPES: [(&str, Type); 2] = [("file", Type::File), ("stdin", Type::Stdin)];

impl Source {
    /// Reads a table, which follows these sources. `None` if its type is wrong, or not known.
    pub(super) fn read(table: Table<'_, '_>, names: &mut Names, before: &[Self]) -> Option<Self> {
        let (mut table, kind, name) = names.take_typed(table, &TYPES, "\"file\"")?;
        let origin = match kind {
            Type::File => {
                table.require("paths", "[\"/var/log/nginx/access.log\"]");
                table.refuse_empty("paths", "give at least one path");
                Origin::Files(table.texts("paths"))
            }
            Type::Stdin => {
                table.refuse("paths", "only a source of the type `file` has paths");
                if before.iter().any(|source| matches!(source.origin, Origin::Stdin)) {
                    let message = "another source reads the standard input already";
                    table.reader.mistake(table.value_span("type"), message, "it can be read once");
                }
                Origin::Stdin
            }
        };
        let settings = format::settings(&mut table);
        let format = format::read(&mut table, &settings);
        let max_record = limit(table.size("max_record", 1..=u64::from(u32::MAX)), Batch::DEFAULT_LIMIT);
        let max_lines = limit(table.integer("max_lines", 1..=u64::from(u32::MAX)), Batch::DEFAULT_LINE_LIMIT);
        table.finish();
        Some(Self { name, origin, format, settings, max_record, max_lines })
    }
}

fn limit(given: Option<u64>, default: u32) -> u32 {
    given.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(default)
}
