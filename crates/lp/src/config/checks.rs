//! Checks of texts whose languages are defined elsewhere: conditions, patterns, templates, names of fields.

use std::collections::BTreeSet;
use std::ops::Range;

use lp_core::Schema;

use super::text::Text;

/// What is wrong with a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The bytes of the text that are wrong. May be empty, and at its end.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right, where that can be said.
    pub hint: Option<String>,
}

/// Checks texts of a configuration when it is read. By default everything is right, as it is with `()`.
pub trait Checks {
    /// A `where`.
    ///
    /// # Errors
    ///
    /// If it is no condition, or none on records of these schemas.
    fn condition(&self, _text: &str, _schemas: &Schemas) -> Result<(), Fault> {
        Ok(())
    }

    /// The name of a field.
    ///
    /// # Errors
    ///
    /// If no record of these schemas has such a field.
    fn field(&self, _name: &str, _schemas: &Schemas) -> Result<(), Fault> {
        Ok(())
    }

    /// A `template` for records.
    ///
    /// # Errors
    ///
    /// If it is no template, or none for records of these schemas.
    fn template(&self, _text: &str, _schemas: &Schemas) -> Result<(), Fault> {
        Ok(())
    }

    /// A `template` for events, in which only these names have a meaning; any may have one where none are given.
    ///
    /// # Errors
    ///
    /// If it is no template, or has a name without a meaning.
    fn event_template(&self, _text: &str, _names: Option<&BTreeSet<&'static str>>) -> Result<(), Fault> {
        Ok(())
    }

    /// A `pattern`.
    ///
    /// # Errors
    ///
    /// If it is no regular expression.
    fn pattern(&self, _text: &str) -> Result<(), Fault> {
        Ok(())
    }

    /// The `url` of a webhook.
    ///
    /// # Errors
    ///
    /// What is wrong, if it cannot be posted to. Nothing of the URL stands in it, which may be secret.
    fn url(&self, _url: &str) -> Result<(), String> {
        Ok(())
    }

    /// A header of requests to a webhook. The value is empty where it is not known.
    ///
    /// # Errors
    ///
    /// What is wrong, if a request cannot have it. Nothing of the value stands in it, which may be secret.
    fn header(&self, _name: &str, _value: &[u8]) -> Result<(), String> {
        Ok(())
    }
}

impl Checks for () {}

/// What is known, where a text is checked, of the records that it will be for.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    sources: Vec<(String, Option<Schema>)>,
    added: Vec<String>,
    /// The stage that has chosen fields, and the names of all that goes out then.
    selected: Option<(String, Vec<String>)>,
}

impl Schemas {
    /// Each source's name and schema; `None` where the schema follows from the input or from another file.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = (&str, Option<&Schema>)> {
        self.sources.iter().map(|(name, schema)| (name.as_str(), schema.as_ref()))
    }

    /// The schemas that are known.
    pub fn known(&self) -> impl Iterator<Item = &Schema> {
        self.sources.iter().filter_map(|(_, schema)| schema.as_ref())
    }

    /// Whether every schema is known, so that a name that none of them has is a mistake.
    #[must_use]
    pub fn are_all_known(&self) -> bool {
        self.sources.iter().all(|(_, schema)| schema.is_some())
    }

    /// The names that the stages before have added to the records, or given to fields.
    #[must_use]
    pub fn added(&self) -> &[String] {
        &self.added
    }

    pub(super) fn push_source(&mut self, name: &str, schema: Option<Schema>) {
        self.sources.push((name.to_owned(), schema));
    }

    pub(super) fn push_added(&mut self, name: &str) {
        self.added.push(name.to_owned());
        if let Some((_, selected)) = &mut self.selected {
            selected.push(name.to_owned());
        }
    }

    /// Only these fields go out, some of them by other names.
    pub(super) fn select(&mut self, stage: &Text, fields: &[Text], rename: &[(Text, Text)]) {
        let texts = fields.iter().chain(rename.iter().map(|(_, to)| to));
        let names = texts.clone().map(|text| text.as_str().to_owned()).collect();
        self.selected = texts.clone().all(Text::is_known).then(|| (stage.as_str().to_owned(), names));
    }

    /// The stage that has chosen the fields that go out, and the names of all that do; if there is one.
    pub(super) fn selected(&self) -> Option<(&str, &[String])> {
        self.selected.as_ref().map(|(stage, names)| (stage.as_str(), names.as_slice()))
    }
}
