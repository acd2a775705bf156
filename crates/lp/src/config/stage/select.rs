//! `type = "select"`.

use lp_core::encode::Preset;

use super::{Schemas, Table, Text, fields};

/// Chooses which fields go out, in which order and by which names.
#[derive(Clone, Debug)]
pub enum Select {
    /// These, renamed.
    Fields {
        /// The fields in their order; all where there are none.
        fields: Vec<Text>,
        /// Fields and their new names.
        rename: Vec<(Text, Text)>,
    },
    /// All, by the names of others.
    Preset(Preset),
}

impl Select {
    /// Reads the keys of the stage of this name.
    pub(super) fn read(table: &mut Table<'_, '_>, stage: &Text, schemas: &mut Schemas) -> Self {
        for key in ["fields", "rename"] {
            table.one_of(&["preset", key]);
        }
        if !["preset", "fields", "rename"].iter().any(|key| table.has(key)) {
            let hint = "for example `fields = [\"timestamp\", \"path\"]` or `preset = \"ecs\"`";
            table.reader.missing(table.span(), "it is not said what is selected", hint);
        }
        let preset = table.choice("preset", &[("ecs", Preset::Ecs), ("otel", Preset::OpenTelemetry)]);
        let fields = fields(table, "fields", schemas);
        let rename = table.text_members("rename", "{ client_ip = \"ip\" }");
        check_renamed(table, &fields, &rename, schemas);
        if !fields.is_empty() {
            schemas.select(stage, &fields, &rename);
        }
        match preset {
            Some(preset) => Self::Preset(preset),
            None => Self::Fields { fields, rename },
        }
    }
}

/// What is renamed must be selected, and no two fields may have one name afterwards.
fn check_renamed(table: &mut Table<'_, '_>, fields: &[Text], rename: &[(Text, Text)], schemas: &mut Schemas) {
    let is_renamed = |field: &Text| rename.iter().any(|(from, _)| from.as_str() == field.as_str());
    for (number, (from, to)) in rename.iter().enumerate() {
        table.reader.field(from, schemas);
        if !fields.is_empty() && !fields.iter().any(|field| field.as_str() == from.as_str()) {
            let message = format!("{} is renamed, but not selected", table.reader.written(from));
            table.reader.mistake(from.span(), message, "put it into `fields`");
        }
        let taken = rename[..number].iter().any(|(_, before)| before.as_str() == to.as_str())
            || fields.iter().any(|field| field.as_str() == to.as_str() && !is_renamed(field));
        if taken {
            let message = format!("two fields would have the name {}", table.reader.written(to));
            table.reader.mistake(to.span(), message, "");
        } else if to.as_str().is_empty() {
            table.reader.mistake(to.span(), "this name is empty", "");
        }
        schemas.push_added(to.as_str());
    }
}
