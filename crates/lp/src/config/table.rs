//! A table of a configuration, from which keys are taken one after another.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::listed::listed;
use super::reader::Reader;
use super::shown::quoted;
use super::text::Text;
use crate::nearest::nearest;
use crate::quantity::{self, QuantityError};

/// A table of a configuration. It is to be [finished](Self::finish), which tells of keys that nobody has asked for.
///
/// What is asked for and is not right is a mistake, and `None` is returned as if the key were not there: whatever is made
/// of the table then is not used.
pub(super) struct Table<'r, 't> {
    pub(super) reader: &'r mut Reader<'t>,
    entries: &'t DeTable<'t>,
    span: Range<usize>,
    /// What it is, for people: `a filter`.
    what: String,
    known: Vec<&'static str>,
    /// The keys that must be there and are not, each with what it may look like.
    missing: Vec<(&'static str, &'static str)>,
}

impl<'r, 't> Table<'r, 't> {
    pub(super) fn new(
        reader: &'r mut Reader<'t>,
        entries: &'t DeTable<'t>,
        span: Range<usize>,
        what: impl Into<String>,
    ) -> Self {
        Self { reader, entries, span, what: what.into(), known: Vec::new(), missing: Vec::new() }
    }

    /// Where the table begins: its header, or the whole of an inline table.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Says what it is, once that is known.
    pub(super) fn is(&mut self, what: impl Into<String>) {
        self.what = what.into();
    }

    /// The value of a key, of whatever type.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.entries.get(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Where the key stands; the table where it does not.
    pub(super) fn key_span(&self, key: &str) -> Range<usize> {
        self.entries.get_key_value(key).map_or_else(|| self.span(), |(key, _)| key.span())
    }

    /// Where the value of a key stands; the table where it does not.
    pub(super) fn value_span(&self, key: &str) -> Range<usize> {
        self.entries.get(key).map_or_else(|| self.span(), Spanned::span)
    }

    /// The key must be there.
    pub(super) fn require(&mut self, key: &'static str, example: &'static str) {
        if !self.has(key) {
            self.missing.push((key, example));
        }
    }

    /// The key must not be there, for this reason.
    pub(super) fn refuse(&mut self, key: &'static str, reason: &str) {
        if self.value(key).is_some() {
            self.reader.mistake(self.key_span(key), format!("`{key}` has no meaning here"), reason);
        }
    }

    /// If the key is there, its array must not be empty.
    pub(super) fn refuse_empty(&mut self, key: &'static str, hint: &str) {
        if let Some(value) = self.value(key)
            && value.get_ref().as_array().is_some_and(|array| array.is_empty())
        {
            self.reader.mistake(value.span(), format!("`{key}` is empty"), hint);
        }
    }

    /// Of these keys at most one may be there. Returns that one.
    pub(super) fn one_of(&mut self, keys: &[&'static str]) -> Option<&'static str> {
        let mut there = keys.iter().copied().filter(|key| self.entries.contains_key(*key));
        let first = there.next();
        for key in there {
            let message = format!("`{key}` and `{}` exclude each other", first.unwrap_or_default());
            self.reader.mistake(self.key_span(key), message, "leave one of them out");
        }
        first
    }

    /// A text, its variables replaced.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Text> {
        let value = self.value(key)?;
        self.reader.text(value)
    }

    /// A text that is not empty, or what it is if the key is not there.
    pub(super) fn filled_text(&mut self, key: &'static str) -> Option<Text> {
        let text = self.text(key)?;
        if text.as_str().is_empty() {
            self.reader.mistake(text.span(), format!("`{key}` is empty"), "leave it out or give it a value");
        }
        Some(text)
    }

    /// Texts, none empty; no texts if the key is not there.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<Text> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else {
            self.reader.unlike(value, "an array of texts", &format!("write `{key} = [\"...\"]`"));
            return Vec::new();
        };
        let texts: Vec<Text> = array.iter().filter_map(|value| self.reader.text(value)).collect();
        for text in texts.iter().filter(|text| text.as_str().is_empty()) {
            self.reader.mistake(text.span(), "this text is empty", "leave it out or give it a value");
        }
        texts
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.scalar(key, "`true` or `false`", |value| match value {
            Scalar::Flag(flag) => Some(flag),
            Scalar::Text(text) => text.parse().ok(),
            _ => None,
        })
    }

    /// A whole number in this range.
    pub(super) fn integer(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let wanted = if *range.end() == u64::MAX {
            format!("a whole number from {}", range.start())
        } else {
            format!("a whole number from {} to {}", range.start(), range.end())
        };
        self.scalar(key, &wanted, |value| match value {
            Scalar::Integer(number) => number.filter(|number| range.contains(number)),
            Scalar::Text(text) => text.parse().ok().filter(|number| range.contains(number)),
            _ => None,
        })
    }

    /// A number for which this is true.
    pub(super) fn decimal(&mut self, key: &'static str, wanted: &str, is_right: fn(f64) -> bool) -> Option<f64> {
        self.scalar(key, wanted, |value| {
            let number = match value {
                Scalar::Integer(number) => number? as f64,
                Scalar::Decimal(number) => number,
                Scalar::Text(text) => text.parse().ok()?,
                Scalar::Flag(_) => return None,
            };
            is_right(number).then_some(number)
        })
    }

    /// A duration that is not zero.
    pub(super) fn duration(&mut self, key: &'static str) -> Option<Duration> {
        let duration = self.duration_or_zero(key)?;
        if duration.is_zero() {
            self.reader.mistake(self.value_span(key), format!("`{key}` is zero"), "it must be longer");
        }
        Some(duration)
    }

    /// A duration in this range.
    pub(super) fn duration_within(
        &mut self,
        key: &'static str,
        range: RangeInclusive<Duration>,
        hint: &str,
    ) -> Option<Duration> {
        let duration = self.duration_or_zero(key)?;
        if !range.contains(&duration) {
            let wrong = if duration < *range.start() { "short" } else { "long" };
            self.reader.mistake(self.value_span(key), format!("this duration is too {wrong}"), hint);
        }
        Some(duration)
    }

    /// A duration.
    pub(super) fn duration_or_zero(&mut self, key: &'static str) -> Option<Duration> {
        self.quantity(key, QuantityError::DURATION, quantity::duration)
    }

    /// A size in bytes, in this range.
    pub(super) fn size(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let size = self.quantity(key, QuantityError::SIZE, quantity::size)?;
        if !range.contains(&size) {
            let wrong = if size < *range.start() { "small" } else { "large" };
            let hint = format!("it may be {} to {} bytes", range.start(), range.end());
            self.reader.mistake(self.value_span(key), format!("this size is too {wrong}"), hint);
        }
        Some(size)
    }

    /// A text of this form.
    fn quantity<Q>(&mut self, key: &'static str, form: &str, read: fn(&str) -> Result<Q, QuantityError>) -> Option<Q> {
        let value = self.value(key)?;
        if !matches!(value.get_ref(), DeValue::String(_)) {
            self.reader.unlike(value, "a text", form);
            return None;
        }
        let text = self.reader.text(value)?;
        if !text.is_known() {
            return None;
        }
        match read(text.as_str()) {
            Ok(quantity) => Some(quantity),
            Err(error) => {
                let message = format!("{} {}", self.reader.written(&text), error.what());
                self.reader.mistake(text.span(), message, error.hint());
                None
            }
        }
    }

    /// What one of several names means.
    pub(super) fn choice<C: Copy>(&mut self, key: &'static str, names: &[(&'static str, C)]) -> Option<C> {
        self.named_choice(key, names).map(|(_, choice)| choice)
    }

    /// One of several names, and what it means.
    pub(super) fn named_choice<C: Copy>(
        &mut self,
        key: &'static str,
        names: &[(&'static str, C)],
    ) -> Option<(&'static str, C)> {
        let text = self.text(key)?;
        if !text.is_known() {
            return None;
        }
        let chosen = names.iter().find(|(name, _)| *name == text.as_str());
        if chosen.is_none() {
            self.reader.no_choice(&text, key, names.iter().map(|(name, _)| *name));
        }
        chosen.copied()
    }

    /// A table within this one.
    pub(super) fn table(&mut self, key: &'static str, what: &str, example: &str) -> Option<Table<'_, 't>> {
        let value = self.value(key)?;
        let DeValue::Table(entries) = value.get_ref() else {
            self.reader.unlike(value, "a table", &format!("for example `{key} = {example}`"));
            return None;
        };
        Some(Table::new(self.reader, entries, value.span(), what))
    }

    /// Tables that are written `[[key]]`, each with the place of its header.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<(&'t DeTable<'t>, Range<usize>)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else {
            let hint = format!("write `[[{key}]]`");
            if matches!(value.get_ref(), DeValue::Table(_)) {
                self.reader.mistake(value.span(), "there may be several of these", hint);
            } else {
                self.reader.unlike(value, "an array of tables", &hint);
            }
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in array {
            match value.get_ref() {
                DeValue::Table(entries) => tables.push((entries, value.span())),
                _ => self.reader.unlike(value, "a table", &format!("write `[[{key}]]`")),
            }
        }
        tables
    }

    /// The keys and values of a table whose keys anybody may choose.
    pub(super) fn members(&mut self, key: &'static str, example: &str) -> Vec<(Text, &'t Spanned<DeValue<'t>>)> {
        let Some(table) = self.table(key, key, example) else { return Vec::new() };
        table.entries.iter().map(|(key, value)| (Text::implied(key.get_ref().to_string(), key.span()), value)).collect()
    }

    /// The keys and texts of such a table.
    pub(super) fn text_members(&mut self, key: &'static str, example: &str) -> Vec<(Text, Text)> {
        let members = self.members(key, example);
        members.into_iter().filter_map(|(key, value)| Some((key, self.reader.text(value)?))).collect()
    }

    /// What comes out of given lines does not depend on the values of these keys.
    pub(super) fn set_apart(&mut self, keys: &[&str]) {
        for value in keys.iter().filter_map(|key| self.entries.get(*key)) {
            self.reader.set_apart(value.span());
        }
    }

    /// Tells what is missing, and that whatever nobody has asked for is unknown.
    pub(super) fn finish(self) {
        self.close(true);
    }

    /// Tells what is missing in a table of which nobody knows what else it may have.
    pub(super) fn finish_untyped(self) {
        self.close(false);
    }

    fn close(mut self, tell_all: bool) {
        let absent: Vec<&str> = self.known.iter().copied().filter(|key| !self.has(key)).collect();
        for key in self.entries.keys().filter(|key| !self.known.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref().as_ref();
            let near = nearest(name, absent.iter().copied());
            let number = self.missing.len();
            // It is there, by a wrong name.
            self.missing.retain(|(missing, _)| Some(*missing) != near);
            if !tell_all && self.missing.len() == number {
                continue;
            }
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{} may have {}", self.what, listed(self.known.iter().copied())),
            };
            self.reader.mistake(key.span(), format!("unknown key {}", quoted(name)), hint);
        }
        for (key, example) in self.missing {
            let message = format!("{} needs `{key}`", self.what);
            self.reader.missing(self.span.clone(), message, format!("for example `{key} = {example}`"));
        }
    }

    /// A value that is no array and no table. A text may stand for any other, if it comes from variables.
    fn scalar<S>(&mut self, key: &'static str, wanted: &str, read: impl FnOnce(Scalar<'_>) -> Option<S>) -> Option<S> {
        let value = self.value(key)?;
        let text;
        let scalar = match value.get_ref() {
            DeValue::Integer(number) => Scalar::Integer(u64::from_str_radix(number.as_str(), number.radix()).ok()),
            DeValue::Float(number) => Scalar::Decimal(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(flag) => Scalar::Flag(*flag),
            DeValue::String(_) => {
                text = self.reader.text(value)?;
                if !text.is_known() {
                    return None;
                }
                if !text.has_variables() {
                    self.reader.unlike(value, wanted, "write it without quotes");
                    return None;
                }
                Scalar::Text(text.as_str())
            }
            _ => {
                self.reader.unlike(value, wanted, "");
                return None;
            }
        };
        let found = read(scalar);
        if found.is_none() {
            self.reader.mistake(value.span(), format!("{wanted} is wanted here"), "");
        }
        found
    }
}

/// A value that is no array and no table.
enum Scalar<'a> {
    /// `None` where it is negative, or too large.
    Integer(Option<u64>),
    Decimal(f64),
    Flag(bool),
    /// What variables came to.
    Text(&'a str),
}
