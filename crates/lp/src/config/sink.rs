//! `[[sink]]`: where records and events go.

use std::num::{NonZeroU64, NonZeroUsize};

use lp_core::encode::Encoding;
use toml::de::DeValue;

use super::checks::Schemas;
use super::names::Names;
use super::source::Source;
use super::stage::{Stage, StageKind, condition, fields};
use super::table::Table;
use super::templated;
use super::text::Text;
use super::webhook::{self, Webhook};
use crate::sink::{Keep, Rotation};

/// Where records or events go.
#[derive(Clone, Debug)]
pub struct Sink {
    /// Its name, which no other sink has.
    pub name: Text,
    /// What is written to.
    pub target: Target,
    /// What it takes.
    pub input: SinkInput,
    /// Which records it takes; all where it is not given.
    pub condition: Option<Text>,
    /// In which form.
    pub form: Form,
    /// Which fields, in which order; all if there are none.
    pub fields: Vec<Text>,
    /// What stands before each line.
    pub prefix: Option<Text>,
}

/// What a sink writes to.
#[derive(Clone, Debug)]
pub enum Target {
    /// The standard output.
    Stdout,
    /// The standard error.
    Stderr,
    /// A file.
    File {
        /// Its path.
        path: Text,
        /// When a new one is begun; never where it is not given.
        rotate: Option<Rotation>,
    },
    /// A receiver over HTTP.
    Webhook(Webhook),
}

/// What a sink takes.
#[derive(Clone, Debug)]
pub enum SinkInput {
    /// The records that come through all stages.
    Records,
    /// What stages of the type `alert` emit.
    Alerts,
    /// What stages of the type `count` emit.
    Counts,
    /// What the stages with these names emit. There is at least one.
    Stages(Vec<Text>),
}

/// In which form a sink writes.
#[derive(Clone, Debug)]
pub enum Form {
    /// One that has a name.
    Named(Encoding),
    /// A text with the values of fields in it.
    Template(Text),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Stdout,
    Stderr,
    File,
    Webhook,
}

const TYPES: [(&str, Type); 4] =
    [("stdout", Type::Stdout), ("stderr", Type::Stderr), ("file", Type::File), ("webhook", Type::Webhook)];

/// What comes before a sink: the sources, and the stages, which it may name.
pub(super) struct Before<'a> {
    pub(super) sources: &'a [Source],
    /// Whether all sources are right.
    pub(super) has_all_sources: bool,
    pub(super) stages: &'a [Stage],
    /// The names of all stages, of those too that were wrong.
    pub(super) names: &'a Names,
}

impl Before<'_> {
    /// Whether the type of each stage is known.
    fn has_all_stages(&self) -> bool {
        self.stages.len() == self.names.len()
    }
}

impl Sink {
    /// Reads a table. `None` if its type is wrong, or not known.
    pub(super) fn read(
        table: Table<'_, '_>,
        names: &mut Names,
        before: &Before<'_>,
        schemas: &Schemas,
    ) -> Option<Self> {
        let (mut table, kind, name) = names.take_typed(table, &TYPES, "\"stdout\"")?;
        let target = match kind {
            Type::Stdout => Target::Stdout,
            Type::Stderr => Target::Stderr,
            Type::File => file(&mut table),
            Type::Webhook => Target::Webhook(Webhook::read(&mut table)),
        };
        if kind != Type::File {
            for key in ["path", "rotate", "keep"] {
                table.refuse(key, "it belongs to sinks of the type `file`");
            }
        }
        if kind != Type::Webhook {
            for key in webhook::KEYS {
                table.refuse(key, "it belongs to sinks of the type `webhook`");
            }
        }
        let input = input(&mut table, before);
        if !matches!(input, SinkInput::Records) {
            table.refuse("where", "it is for records, and this sink takes events");
        }
        let condition = condition(&mut table, schemas);
        let form = form(&mut table, &input, before, schemas);
        match &form {
            Form::Named(encoding) if !matches!(input, SinkInput::Records) && *encoding != Encoding::Json => {
                let hint = "the other encodings are for records, and this sink takes events";
                table.reader.mistake(table.value_span("encoding"), "events are JSON, or fill a `template`", hint);
            }
            Form::Named(Encoding::Raw) => table.refuse("fields", "`raw` writes records as they were logged"),
            Form::Template(_) => table.refuse("fields", "the template says which fields are written"),
            _ => {}
        }
        if let Target::Webhook(Webhook { batch: Some(false), .. }) = target
            && matches!((&input, &form), (SinkInput::Records, Form::Named(Encoding::Raw | Encoding::Text)))
        {
            let hint = "leave `batch` out, or choose another encoding";
            table.reader.mistake(table.value_span("batch"), "records of several lines cannot be told apart", hint);
        }
        let fields = match input {
            SinkInput::Records => {
                let fields = fields(&mut table, "fields", schemas);
                refuse_left_out(&mut table, &fields, schemas);
                fields
            }
            _ => {
                table.refuse("fields", "it is for records, and this sink takes events");
                Vec::new()
            }
        };
        let prefix = table.text("prefix");
        table.set_apart(&["path", "url", "headers"]);
        table.finish();
        Some(Self { name, target, input, condition, form, fields, prefix })
    }
}

/// What a stage has left out does not go out.
fn refuse_left_out(table: &mut Table<'_, '_>, fields: &[Text], schemas: &Schemas) {
    let Some((stage, selected)) = schemas.selected() else { return };
    for field in fields.iter().filter(|field| field.is_known() && !field.as_str().is_empty()) {
        if !selected.iter().any(|name| name == field.as_str()) {
            let message = format!("{} is left out by the stage {stage}", table.reader.written(field));
            table.reader.mistake(field.span(), message, "put it into the `fields` of that stage, too");
        }
    }
}

fn file(table: &mut Table<'_, '_>) -> Target {
    table.require("path", "\"errors.ndjson\"");
    let path = table.filled_text("path").unwrap_or_else(|| Text::implied(String::new(), table.span()));
    let keep = keep(table);
    if !table.has("rotate") {
        table.value("rotate");
        if table.has("keep") {
            let hint = "for example `rotate = { size = \"100MB\" }`";
            table.reader.missing(table.key_span("keep"), "without `rotate` there are no old files to keep", hint);
        }
        return Target::File { path, rotate: None };
    }
    let Some(mut rotate) = table.table("rotate", "`rotate`", "{ size = \"100MB\", age = \"1h\" }") else {
        return Target::File { path, rotate: None };
    };
    let (size, age) = (rotate.size("size", 1..=u64::MAX), rotate.duration("age"));
    if !rotate.has("size") && !rotate.has("age") {
        let hint = "for example `rotate = { size = \"100MB\", age = \"1h\" }`";
        rotate.reader.missing(rotate.span(), "it is not said when the file is rotated", hint);
    }
    rotate.finish();
    // Neither is known where they depend on variables.
    let rotate = Rotation::new(size.and_then(NonZeroU64::new), age);
    Target::File { path, rotate: rotate.map(|rotate| keep.map_or(rotate, |keep| rotate.keep(keep))) }
}

fn keep(table: &mut Table<'_, '_>) -> Option<Keep> {
    match table.value("keep")?.get_ref() {
        DeValue::Integer(_) => {
            let files = table.integer("keep", 1..=1_000_000)?;
            usize::try_from(files).ok().and_then(NonZeroUsize::new).map(Keep::Files)
        }
        _ => table.duration("keep").map(Keep::For),
    }
}

fn form(table: &mut Table<'_, '_>, input: &SinkInput, before: &Before<'_>, schemas: &Schemas) -> Form {
    table.one_of(&["encoding", "template"]);
    let name = table.choice("encoding", &Encoding::NAMES.map(|name| (name, name)));
    match table.text("template") {
        Some(template) => {
            if matches!(input, SinkInput::Records) {
                table.reader.template(&template, schemas);
            } else {
                let is_all = before.has_all_sources && before.has_all_stages();
                let names = if is_all { templated::names(input, before.stages, before.sources) } else { None };
                table.reader.event_template(&template, names.as_ref());
            }
            Form::Template(template)
        }
        None => Form::Named(name.and_then(|name| name.parse().ok()).unwrap_or(Encoding::Json)),
    }
}

fn input(table: &mut Table<'_, '_>, before: &Before<'_>) -> SinkInput {
    const HINT: &str = "it is `\"records\"`, `\"alerts\"`, `\"counts\"` or an array of names of stages";
    let Some(value) = table.value("input") else { return SinkInput::Records };
    match value.get_ref() {
        DeValue::Array(_) => {
            table.refuse_empty("input", HINT);
            let names = table.texts("input");
            for name in names.iter().filter(|name| name.is_known()) {
                check_stage(table, name, before);
            }
            SinkInput::Stages(names)
        }
        DeValue::String(_) => {
            let known = [("records", 0), ("alerts", 1), ("counts", 2)];
            let input = match table.choice("input", &known) {
                Some(1) => SinkInput::Alerts,
                Some(2) => SinkInput::Counts,
                _ => SinkInput::Records,
            };
            let is_source = |stage: &Stage| match input {
                SinkInput::Alerts => matches!(stage.kind, StageKind::Alert(_)),
                SinkInput::Counts => matches!(stage.kind, StageKind::Count(_)),
                _ => true,
            };
            if !matches!(input, SinkInput::Records) && before.has_all_stages() && !before.stages.iter().any(is_source) {
                let what = if matches!(input, SinkInput::Alerts) { "alert" } else { "count" };
                table.reader.missing(value.span(), format!("there is no stage of the type `{what}`"), "");
            }
            input
        }
        _ => {
            table.reader.unlike(value, "a text or an array of texts", HINT);
            SinkInput::Records
        }
    }
}

/// A stage that a sink takes events of must be there, and have some.
fn check_stage(table: &mut Table<'_, '_>, name: &Text, before: &Before<'_>) {
    match before.stages.iter().find(|stage| stage.name.as_str() == name.as_str()) {
        Some(stage) if stage.kind.has_events() => {}
        Some(_) => {
            let message = format!("the stage {} emits no events", table.reader.written(name));
            table.reader.mistake(name.span(), message, "stages of the types `alert`, `count` and `dedup` do");
        }
        None if before.names.find(name.as_str()).is_some() => {}
        None => table.reader.no_choice(name, "stage", before.names.iter()),
    }
}
