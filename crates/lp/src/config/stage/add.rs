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
    /// The name of a field with what tells a record from all others.
    pub identity: Option<Text>,
}

/// What the host is called where nobody knows it.
const HOST: &str = "localhost";

impl Add {
    pub(super) fn read(table: &mut Table<'_, '_>, schemas: &mut Schemas) -> Self {
        let fields = table.text_members("fields", "{ env = \"prod\" }");
        let input = name(table, "input");
        let identity = name(table, "identity");
        let host = name(table, "host").map(|name| {
            let host = table.reader.environment.host().unwrap_or_else(|| HOST.to_owned());
            let value = Text::implied(host, name.span());
            (name, value)
        });
        let fields: Vec<_> = fields.into_iter().chain(host).collect();
        if !["fields", "input", "identity", "host"].iter().any(|key| table.has(key)) {
            let hint = "for example `fields = { env = \"prod\" }`, `input = true` or `host = true`";
            table.reader.missing(table.span(), "it is not said what is added", hint);
        }
        let names: Vec<&Text> = fields.iter().map(|(name, _)| name).chain(&input).chain(&identity).collect();
        for (number, name) in names.iter().enumerate() {
            if names[..number].iter().any(|before| before.as_str() == name.as_str()) {
                let message = format!("{} is added twice", table.reader.written(name));
                table.reader.mistake(name.span(), message, "");
            }
            schemas.push_added(name.as_str());
        }
        Self { fields, input, identity }
    }
}

/// Takes the name of a field for something that is added: the key itself for `true`.
fn name(table: &mut Table<'_, '_>, key: &'static str) -> Option<Text> {
    let value = table.value(key)?;
    match value.get_ref() {
        DeValue::Boolean(wanted) => wanted.then(|| Text::implied(key.to_owned(), value.span())),
        DeValue::String(_) => table.filled_text(key),
        _ => {
            table.reader.unlike(value, "`true` or the name of a field", "");
            None
        }
    }
}
