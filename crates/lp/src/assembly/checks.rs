//! The languages that texts of a configuration are in: expressions, templates, names of fields, patterns.

use std::collections::BTreeSet;
use std::ops::Range;

use lp_core::Schema;
use lp_core::encode::{Encoding, EncodingError, Layout, Template};
use regex::bytes::Regex;

use super::webhook;
use crate::config::{Checks, Fault, Schemas};
use crate::filter::{Filter, Names};
use crate::nearest::nearest;

/// Checks texts as they will be read when the pipeline runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Languages;

impl Checks for Languages {
    fn condition(&self, text: &str, schemas: &Schemas) -> Result<(), Fault> {
        let fault = |error: crate::filter::FilterError| fault(error.at(), error.to_string());
        let filter = Filter::parse(text).map_err(fault)?;
        for (number, schema) in known(schemas).into_iter().enumerate() {
            let others = known(schemas).into_iter().enumerate().filter(|(other, _)| *other != number);
            let names = others.fold(Names::of(schema), |names, (_, other)| names.also(other));
            filter.bind(&names).map_err(fault)?;
        }
        Ok(())
    }

    fn field(&self, name: &str, schemas: &Schemas) -> Result<(), Fault> {
        let layouts: Vec<Layout> = known(schemas).into_iter().map(Layout::of).collect();
        let is_added = schemas.added().iter().any(|added| added == name);
        if layouts.is_empty() || is_added || layouts.iter().any(|layout| layout.has(name)) {
            return Ok(());
        }
        Err(unknown(0..name.len(), name, &layouts))
    }

    fn template(&self, text: &str, schemas: &Schemas) -> Result<(), Fault> {
        let end = |at: usize| text[at..].find('}').map_or(text.len(), |end| at + end);
        let template = template(text)?;
        let mut refused = None;
        let layouts: Vec<Layout> = known(schemas).into_iter().map(Layout::of).collect();
        for layout in &layouts {
            let others = known(schemas).into_iter().fold(layout.clone(), |layout, other| layout.also(other));
            let others = schemas.added().iter().fold(others, |layout, name| {
                layout.clone().add(name, "", lp_core::encode::Place::Last).unwrap_or(layout)
            });
            match Encoding::Template(template.clone()).encoder(&others) {
                Ok(_) => {}
                Err(EncodingError::UnknownName { name, at }) => {
                    refused = Some(unknown(at..at + name.len(), &name, &layouts));
                }
                Err(EncodingError::NotATime { at, name }) => {
                    let error = EncodingError::NotATime { at, name };
                    refused = Some(fault(at..end(at), error.to_string()));
                }
                Err(_) => {}
            }
        }
        refused.map_or(Ok(()), Err)
    }

    fn event_template(&self, text: &str, names: Option<&BTreeSet<&'static str>>) -> Result<(), Fault> {
        let template = template(text)?;
        let Some(names) = names else { return Ok(()) };
        template.names().find(|(name, _)| !names.contains(name)).map_or(Ok(()), |(name, at)| {
            // `WARNING` is `WARN`.
            let begins =
                |short: &&&str| short.len() > 2 && name.to_ascii_uppercase().starts_with(&short.to_ascii_uppercase());
            let similar = nearest(name, names.iter().copied()).or(names.iter().rfind(begins).copied());
            let hint = match similar {
                Some(similar) => format!("did you mean `{similar}`?"),
                None => format!("there are {}", listed(names)),
            };
            let message = format!("no event of this sink has a value for `{name}`");
            Err(Fault { at: at..at + name.len(), message, hint: Some(hint) })
        })
    }

    fn pattern(&self, text: &str) -> Result<(), Fault> {
        Regex::new(text).map(|_| ()).map_err(|error| {
            // The last line says what is wrong; those before show where.
            let text_of = error.to_string();
            let what = text_of.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            fault(0..text.len(), format!("not a regular expression: {what}"))
        })
    }

    fn url(&self, url: &str) -> Result<(), String> {
        webhook::check_url(url).map_err(|error| error.to_string())
    }

    fn header(&self, name: &str, value: &[u8]) -> Result<(), String> {
        webhook::check_header(name, value).map_err(|error| error.to_string())
    }
}

fn template(text: &str) -> Result<Template, Fault> {
    Template::parse(text).map_err(|error| fault(error.at()..error.at() + 1, error.to_string()))
}

/// Names as they are written in templates.
fn listed(names: &BTreeSet<&'static str>) -> String {
    // Without the finer severities, such as `INFO2`.
    let names = names.iter().filter(|name| !name.ends_with(['2', '3', '4']));
    names.map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", ")
}

/// The schemas, if all are known; a name that these do not have may else be of one that is not.
fn known(schemas: &Schemas) -> Vec<&Schema> {
    if schemas.are_all_known() { schemas.known().collect() } else { Vec::new() }
}

fn fault(at: Range<usize>, message: String) -> Fault {
    Fault { at, message, hint: None }
}

fn unknown(at: Range<usize>, name: &str, layouts: &[Layout]) -> Fault {
    let similar = nearest(name, layouts.iter().flat_map(Layout::names));
    let hint = similar.map(|similar| format!("did you mean `{similar}`?"));
    Fault { at, message: format!("there is no field `{name}`"), hint }
}
