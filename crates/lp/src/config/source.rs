//! `[[source]]`: where records come from.

use lp_core::format::detect::Settings;
use lp_core::{Batch, FieldDef, Kind, STATUS_CLASSES, Schema, Severity};
use lp_tail::Start;

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
    /// The files with these paths, in which `*`, `?` and `[...]` may stand for parts of names. There is at least one. They are
    /// read to their end, once.
    Files(Vec<Text>),
    /// Files that are read on as they grow.
    Followed {
        /// Their paths, as those above.
        paths: Vec<Text>,
        /// Where reading begins in a file that the checkpoint does not know.
        start: Start,
    },
}

impl Origin {
    /// The paths; none of the standard input.
    #[must_use]
    pub fn paths(&self) -> &[Text] {
        match self {
            Self::Stdin => &[],
            Self::Files(paths) | Self::Followed { paths, .. } => paths,
        }
    }

    /// Whether files are followed.
    #[must_use]
    pub const fn is_followed(&self) -> bool {
        matches!(self, Self::Followed { .. })
    }
}

#[derive(Clone, Copy)]
enum Type {
    File,
    Stdin,
}

const TYPES: [(&str, Type); 2] = [("file", Type::File), ("stdin", Type::Stdin)];

/// What `start` may be. A file that a checkpoint does not know is read from its beginning.
const STARTS: [(&str, Start); 3] =
    [("checkpoint", Start::Beginning), ("beginning", Start::Beginning), ("end", Start::End)];

/// What the names of files end with that are compressed, and so do not grow.
const COMPRESSED: [&str; 4] = [".gz", ".zst", ".xz", ".bz2"];

impl Source {
    /// Reads a table, which follows these sources. `None` if its type is wrong, or not known.
    pub(super) fn read(table: Table<'_, '_>, names: &mut Names, before: &[Self], has_checkpoint: bool) -> Option<Self> {
        let (mut table, kind, name) = names.take_typed(table, &TYPES, "\"file\"")?;
        let origin = match kind {
            Type::File => {
                table.require("paths", "[\"/var/log/nginx/access.log\"]");
                table.refuse_empty("paths", "give at least one path");
                files(&mut table, has_checkpoint)
            }
            Type::Stdin => {
                table.refuse("paths", "only a source of the type `file` has paths");
                table.refuse("start", "only files are followed");
                if before.iter().any(|source| matches!(source.origin, Origin::Stdin)) {
                    let message = "another source reads the standard input already";
                    table.reader.mistake(table.value_span("type"), message, "it can be read once");
                }
                Origin::Stdin
            }
        };
        check_mixed(&mut table, &origin, before);
        let settings = format::settings(&mut table);
        let format = format::read(&mut table, &settings);
        let max_record = limit(table.size("max_record", 1..=u64::from(u32::MAX)), Batch::DEFAULT_LIMIT);
        let max_lines = limit(table.integer("max_lines", 1..=u64::from(u32::MAX)), Batch::DEFAULT_LINE_LIMIT);
        table.finish();
        Some(Self { name, origin, format, settings, max_record, max_lines })
    }

    /// All values that its records can have under this name, if these are known.
    pub(super) fn values(&self, field: &str) -> Option<Vec<&'static str>> {
        let schema = self.format.schema(&self.settings);
        // It would stand for the field.
        if schema.as_ref().is_some_and(|schema| schema.field(field).is_some()) {
            return None;
        }
        let is_status = |field: &FieldDef| field.name() == "status_code" && field.kind() == Kind::Integer;
        let has_status = |schema: &Schema| schema.fields().iter().any(is_status);
        match field {
            // A `log_format` that is not known may have it, too.
            "severity" if !matches!(self.format, SourceFormat::NginxConf(_)) => {
                Some((1..=24).filter_map(Severity::from_number).map(Severity::name).collect())
            }
            "status_class" if schema.as_ref().is_some_and(has_status) => Some(STATUS_CLASSES.to_vec()),
            _ => None,
        }
    }
}

/// Takes `paths` and `start`.
fn files(table: &mut Table<'_, '_>, has_checkpoint: bool) -> Origin {
    let paths = table.texts("paths");
    let start = table.named_choice("start", &STARTS);
    table.set_apart(&["paths", "start"]);
    if !table.has("start") && !has_checkpoint {
        return Origin::Files(paths);
    }
    if let (Some(("checkpoint", _)), false) = (start, has_checkpoint) {
        let hint =
            "add one, such as `checkpoint.path = \"/var/lib/lp/checkpoint\"`, or begin at the `beginning` or the `end`";
        table.reader.missing(table.value_span("start"), "there is no `[checkpoint]`", hint);
    }
    for path in paths.iter().filter(|path| COMPRESSED.iter().any(|suffix| path.as_str().ends_with(suffix))) {
        let message = format!("{} is compressed, and followed files are not", table.reader.written(path));
        table.reader.mistake(path.span(), message, "without `start` and `[checkpoint]` it is read to its end, once");
    }
    Origin::Followed { paths, start: start.map_or(Start::Beginning, |(_, start)| start) }
}

/// What is followed never ends, so nothing could come after it. It is told of the first source that does not fit.
fn check_mixed(table: &mut Table<'_, '_>, origin: &Origin, before: &[Source]) {
    let Some(first) = before.first() else { return };
    let is_followed = first.origin.is_followed();
    if origin.is_followed() == is_followed || before.iter().any(|source| source.origin.is_followed() != is_followed) {
        return;
    }
    let (message, hint) = match origin {
        Origin::Followed { .. } => ("this source is followed, and those before it end", "give them `start`, too"),
        Origin::Stdin => ("the standard input ends, and the sources before are followed", ""),
        Origin::Files(_) => ("this source ends, and those before it are followed", "give it `start`, too"),
    };
    let ends = before.iter().any(|source| matches!(source.origin, Origin::Stdin)) || matches!(origin, Origin::Stdin);
    let hint = if ends { "put one of them into a configuration of its own" } else { hint };
    table.reader.mistake(table.span(), message, hint);
}

fn limit(given: Option<u64>, default: u32) -> u32 {
    given.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(default)
}
