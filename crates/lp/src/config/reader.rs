//! What reads a configuration: its text, what it may ask, and what is wrong so far.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::checks::{Checks, Fault, Schemas};
use super::environment::{Environment, Secret};
use super::lines::Lines;
use super::listed::listed;
use super::mistake::Mistake;
use super::shown::quoted;
use super::text::Text;
use super::variables;
use crate::nearest::nearest;

pub(super) struct Reader<'t> {
    pub(super) lines: Lines<'t>,
    pub(super) environment: &'t dyn Environment,
    checks: &'t dyn Checks,
    /// Whether all of the text is TOML. If not, what seems to be missing may stand in the rest.
    is_whole: bool,
    mistakes: Vec<Mistake>,
    unchecked: Vec<Range<usize>>,
    /// The places of values on which it does not depend what comes out of given lines.
    apart: Vec<Range<usize>>,
}

/// What was found while a configuration was read.
pub(super) struct Found {
    pub(super) mistakes: Vec<Mistake>,
    /// The places of values that could not be checked.
    pub(super) unchecked: Vec<Range<usize>>,
    /// Those of them on which it depends what comes out of given lines.
    pub(super) decisive: Vec<Range<usize>>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(
        lines: Lines<'t>,
        environment: &'t dyn Environment,
        checks: &'t dyn Checks,
        is_whole: bool,
    ) -> Self {
        Self { lines, environment, checks, is_whole, mistakes: Vec::new(), unchecked: Vec::new(), apart: Vec::new() }
    }

    pub(super) fn finish(self) -> Found {
        let Self { mistakes, unchecked, apart, .. } = self;
        let is_apart =
            |place: &Range<usize>| apart.iter().any(|apart| apart.start <= place.start && place.end <= apart.end);
        let decisive = unchecked.iter().filter(|place| !is_apart(place)).cloned().collect();
        Found { mistakes, unchecked, decisive }
    }

    /// What comes out of given lines does not depend on the values at this place.
    pub(super) fn set_apart(&mut self, span: Range<usize>) {
        self.apart.push(span);
    }

    /// Something is wrong. The hint may be empty.
    pub(super) fn mistake(&mut self, span: Range<usize>, message: impl AsRef<str>, hint: impl AsRef<str>) {
        let (mistake, hint) = (Mistake::at(&self.lines, span, message), hint.as_ref());
        self.mistakes.push(if hint.is_empty() { mistake } else { mistake.with_hint(hint) });
    }

    /// Something is not there that must be.
    pub(super) fn missing(&mut self, span: Range<usize>, message: impl AsRef<str>, hint: impl AsRef<str>) {
        if self.is_whole {
            self.mistake(span, message, hint);
        }
    }

    /// A value is of another type.
    pub(super) fn unlike(&mut self, value: &Spanned<DeValue<'_>>, wanted: &str, hint: &str) {
        let message = format!("{wanted} is wanted here, this is {}", kind(value.get_ref()));
        self.mistake(value.span(), message, hint);
    }

    /// A text, its variables replaced.
    pub(super) fn text(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Text> {
        let DeValue::String(string) = value.get_ref() else {
            self.unlike(value, "a text", "put it in quotes");
            return None;
        };
        let text = Text::new(self.lines.text(), value.span(), string);
        let (replaced, faults) = variables::replace(&text, self.environment);
        if !replaced.is_known() {
            self.unchecked.push(replaced.span());
        }
        if faults.is_empty() {
            return Some(replaced);
        }
        for fault in faults {
            self.mistake(text.span_of(fault.at), fault.message, fault.hint);
        }
        None
    }

    /// The text as it is written, for messages: what variables hold is not for everybody to read.
    pub(super) fn written(&self, text: &Text) -> String {
        if text.has_variables() {
            quoted(self.lines.text().get(text.span()).unwrap_or_default().trim_matches(['"', '\'']))
        } else {
            quoted(text.as_str())
        }
    }

    /// A text is none of the names that there are.
    pub(super) fn no_choice<'a>(
        &mut self,
        text: &Text,
        what: &str,
        names: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
    ) {
        let names = names.into_iter();
        let hint = match nearest(text.as_str(), names.clone()) {
            Some(name) => format!("did you mean `{name}`?"),
            None if names.clone().next().is_none() => "there is none".to_owned(),
            None => format!("there {} {}", if names.clone().count() == 1 { "is" } else { "are" }, listed(names)),
        };
        let message = format!("there is no {what} {}", self.written(text));
        self.mistake(text.span(), message, hint);
    }

    /// Something is wrong within a text.
    pub(super) fn fault(&mut self, text: &Text, fault: Fault) {
        self.mistake(text.span_of(fault.at), fault.message, fault.hint.unwrap_or_default());
    }

    pub(super) fn condition(&mut self, text: &Text, schemas: &Schemas) {
        let checks = self.checks;
        self.check(text, |text| checks.condition(text, schemas));
    }

    pub(super) fn field(&mut self, text: &Text, schemas: &Schemas) {
        let checks = self.checks;
        self.check(text, |text| checks.field(text, schemas));
    }

    pub(super) fn template(&mut self, text: &Text, schemas: &Schemas) {
        let checks = self.checks;
        self.check(text, |text| checks.template(text, schemas));
    }

    pub(super) fn event_template(&mut self, text: &Text, names: Option<&BTreeSet<&'static str>>) {
        let checks = self.checks;
        self.check(text, |text| checks.event_template(text, names));
    }

    pub(super) fn pattern(&mut self, text: &Text) {
        let checks = self.checks;
        self.check(text, |text| checks.pattern(text));
    }

    /// The URL of a webhook, which a text is or leads to.
    pub(super) fn url(&mut self, text: &Text, url: &Secret) {
        let checked = std::str::from_utf8(url.as_bytes()).map_err(|_| "the URL is not UTF-8".to_owned());
        if let Err(message) = checked.and_then(|url| self.checks.url(url)) {
            self.mistake(text.span(), message, "");
        }
    }

    /// A header of requests to a webhook; its value where that is known.
    pub(super) fn header(&mut self, name: &Text, value: Option<&Secret>) {
        let value = value.map_or(&b""[..], Secret::as_bytes);
        if let Err(message) = self.checks.header(name.as_str(), value) {
            self.mistake(name.span(), message, "");
        }
    }

    fn check(&mut self, text: &Text, check: impl FnOnce(&str) -> Result<(), Fault>) {
        if text.is_known()
            && let Err(fault) = check(text.as_str())
        {
            self.fault(text, fault);
        }
    }
}

/// The type of a value, for people.
const fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a `true` or `false`",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
