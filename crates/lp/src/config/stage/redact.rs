//! `type = "redact"`.

use super::super::environment::Secret;
use super::super::secret;
use super::{Schemas, Table, Text, fields};

/// Replaces what is not for everybody.
#[derive(Clone, Debug)]
pub struct Redact {
    /// The fields in which something is replaced; all texts if there are none.
    pub fields: Vec<Text>,
    /// The regular expression for what is replaced; the whole field if there is none.
    pub pattern: Option<Text>,
    /// What stands there then.
    pub replacement: Replacement,
}

/// What stands in place of what is redacted.
#[derive(Clone, Debug)]
pub enum Replacement {
    /// A mark.
    Mark(String),
    /// A hash with this key, so that equal texts can be told to be equal. `None` if the key is not known here.
    Hash(Option<Secret>),
}

/// What the mark is if none is given.
const MARK: &str = "[REDACTED]";

/// The fewest bytes of a key that nobody can try all of.
const SHORTEST_KEY: usize = 16;

const KEY_HINT: &str = "for example `hash_key = \"${NAME}\"` or `hash_key = \"file:/run/secrets/key\"`";

impl Redact {
    pub(super) fn read(table: &mut Table<'_, '_>, schemas: &Schemas) -> Self {
        let fields = fields(table, "fields", schemas);
        let pattern = table.filled_text("pattern");
        if let Some(pattern) = &pattern {
            table.reader.pattern(pattern);
        }
        if fields.is_empty() && !table.has("pattern") {
            let hint = "for example `fields = [\"client_ip\"]` or `pattern = '[0-9]{16}'`";
            table.reader.missing(table.span(), "it is not said what is redacted", hint);
        }
        table.one_of(&["replace", "hash_key"]);
        let mark = table.text("replace").map_or_else(|| MARK.to_owned(), |mark| mark.as_str().to_owned());
        let replacement = match hash_key(table) {
            Some(key) => Replacement::Hash(key),
            None => Replacement::Mark(mark),
        };
        Self { fields, pattern, replacement }
    }
}

/// Takes `hash_key`. Nothing that is said of it has the value in it.
fn hash_key(table: &mut Table<'_, '_>) -> Option<Option<Secret>> {
    let text = table.text("hash_key")?;
    if secret::is_written_out(&text) {
        table.reader.mistake(text.span(), "a key must not stand in the configuration", KEY_HINT);
        return None;
    }
    let key = secret::read(table.reader, &text, "key", "anybody could undo hashes with it")?;
    if key.as_ref().is_some_and(|key| key.as_bytes().len() < SHORTEST_KEY) {
        let message = format!("the key is shorter than {SHORTEST_KEY} bytes");
        table.reader.mistake(text.span(), message, "it could be guessed; make one with `openssl rand -hex 16`");
    }
    Some(key)
}
