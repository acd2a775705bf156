//! `type = "add"`.

use toml::de::DeValue;

use super::{Schemas, Table, Text};

/// Adds fields to every record.
#[derive(Clone, Debug)]
pub struct Add {
    /// Names and values.
    pub fields: Vec<(Text, Text)>,
    /// The name of a field with the name of the input.
    pub input: Option<Text>,
}

/// What the field with the input's name is called if nothing else is said.
const INPUT: &str = "input";

impl Add {
    pub(super) fn read(table: &mut Table<'_, '_>, schemas: &mut Schemas) -> Self {
        let fields = table.text_members("fields", "{ env = \"prod\" }");
        let input = match table.value("input") {
            None => None,
            Some(value) => match value.get_ref() {
                DeValue::Boolean(wanted) => wanted.then(|| Text::implied(INPUT.to_owned(), value.span())),
                DeValue::String(_) => table.filled_text("input"),
                _ => {
                    table.reader.unlike(value, "`true` or the name of a field", "");
                    None
                }
            },
        };
        if !table.has("fields") && !table.has("input") {
            let hint = "for example `fields = { env = \"prod\" }` or `input = true`";
            table.reader.missing(table.span(), "it is not said what is added", hint);
        }
        for (number, name) in fields.iter().map(|(name, _)| name).chain(&input).enumerate() {
            if number == fields.len() && fields.iter().any(|(before, _)| before.as_str() == name.as_str()) {
                let message = format!("{} is added twice", table.reader.written(name));
                table.reader.mistake(name.span(), message, "");
            }
            schemas.push_added(name.as_str());
        }
        Self { fields, input }
    }
}
