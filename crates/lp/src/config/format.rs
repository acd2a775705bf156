//! The keys of a source that say which format its lines are in.

use std::sync::Arc;

use lp_core::format::detect::{Known, Settings};
use lp_core::format::log_format::{Escape, LogFormat};
use lp_core::format::python::{Python, Style};
use lp_core::{Format, Schema, Severity};
use toml::Spanned;
use toml::de::DeValue;

use super::checks::Fault;
use super::reader::Reader;
use super::table::Table;
use super::text::Text;
use crate::custom_format::{self, FormatTextError};
use crate::nearest::nearest;

/// Which format the lines of a source are in.
#[derive(Clone, Debug)]
pub enum SourceFormat {
    /// The one of these that explains most lines of an input.
    Detect(Vec<Known>),
    /// This one.
    Known(Known),
    /// An access log in a `log_format` of nginx.
    LogFormat(LogFormat),
    /// An access log in the `log_format` of a configuration of nginx: `PATH` or `PATH:NAME`.
    NginxConf(Text),
    /// A log of Python's logging in a format string.
    Python(Python),
}

impl SourceFormat {
    /// The format, where it is known without a look at an input or at another file.
    #[must_use]
    pub fn format(&self, settings: &Settings) -> Option<Arc<dyn Format>> {
        match self {
            Self::Detect(_) | Self::NginxConf(_) => None,
            Self::Known(known) => Some(known.format(settings)),
            Self::LogFormat(format) => Some(Arc::new(format.clone())),
            Self::Python(format) => Some(Arc::new(format.clone())),
        }
    }

    /// The schema of [its format](Self::format).
    pub(super) fn schema(&self, settings: &Settings) -> Option<Schema> {
        self.format(settings).map(|format| format.schema().clone())
    }
}

/// What `format` may be.
#[derive(Clone, Copy)]
enum Name {
    Auto,
    Python,
    Known(Known),
}

const NAMES: [(&str, Name); 7] = [
    ("auto", Name::Auto),
    ("nginx-combined", Name::Known(Known::Combined)),
    ("common", Name::Known(Known::Common)),
    ("nginx-error", Name::Known(Known::NginxError)),
    ("python", Name::Python),
    ("app", Name::Known(Known::App)),
    ("json", Name::Known(Known::Json)),
];

const ESCAPES: [(&str, Escape); 3] = [("default", Escape::Default), ("json", Escape::Json), ("none", Escape::None)];

const STYLES: [(&str, Style); 3] = [("percent", Style::Percent), ("brace", Style::Brace), ("dollar", Style::Dollar)];

/// Takes the keys that say the format.
pub(super) fn read(table: &mut Table<'_, '_>, settings: &Settings) -> SourceFormat {
    let name = table.choice("format", &NAMES);
    let chosen = match name {
        // It is the same that both say.
        Some(Name::Python) => table.one_of(&["log_format", "nginx_conf", "python_format"]),
        _ => table.one_of(&["format", "log_format", "nginx_conf", "python_format"]),
    };
    if let (Some(Name::Python), Some(key @ ("log_format" | "nginx_conf"))) = (name, chosen) {
        let message = format!("`{key}` and `format` exclude each other");
        table.reader.mistake(table.key_span(key), message, "leave one of them out");
    }
    let log_format = log_format(table);
    let nginx_conf = table.filled_text("nginx_conf");
    let python = python(table, settings);
    log_format
        .map(SourceFormat::LogFormat)
        .or(nginx_conf.map(SourceFormat::NginxConf))
        .or(python.map(SourceFormat::Python))
        .unwrap_or_else(|| match name {
            Some(Name::Known(known)) => SourceFormat::Known(known),
            Some(Name::Python) => {
                SourceFormat::Detect(Known::all().filter(|known| matches!(known, Known::Python(_))).collect())
            }
            Some(Name::Auto) | None => SourceFormat::Detect(Known::all().collect()),
        })
}

fn log_format(table: &mut Table<'_, '_>) -> Option<LogFormat> {
    let text = table.text("log_format");
    if !table.has("log_format") {
        table.refuse("escape", "it belongs to `log_format`");
        return None;
    }
    let escape = table.choice("escape", &ESCAPES);
    let text = text.filter(Text::is_known)?;
    read_text(table.reader, &text, |text| custom_format::log_format(text, escape))
}

/// What a text means; an error at the place within it.
fn read_text<F>(
    reader: &mut Reader<'_>,
    text: &Text,
    read: impl FnOnce(&str) -> Result<F, FormatTextError>,
) -> Option<F> {
    match read(text.as_str()) {
        Ok(format) => Some(format),
        Err(error) => {
            // Places in the format of a directive, whose strings are joined there, are not known.
            let at = if error.text == text.as_str() { error.at } else { 0..text.as_str().len() };
            reader.fault(text, Fault { at, message: error.why, hint: None });
            None
        }
    }
}

fn python(table: &mut Table<'_, '_>, settings: &Settings) -> Option<Python> {
    let text = table.text("python_format");
    if !table.has("python_format") {
        table.refuse("python_style", "it belongs to `python_format`");
        table.refuse("python_datefmt", "it belongs to `python_format`");
        return None;
    }
    let style = table.choice("python_style", &STYLES);
    let datefmt = table.text("python_datefmt");
    let time_format = match datefmt.filter(Text::is_known) {
        Some(datefmt) => Some(read_text(table.reader, &datefmt, custom_format::time_format)?),
        None => None,
    };
    let text = text.filter(Text::is_known)?;
    let Some(style) = style.or_else(|| Style::of(text.as_str())) else {
        let hint = "they are written `%(name)s`, `{name}` or `$${name}`; `python_style` says in which style";
        table.reader.mistake(text.span(), "there are no attributes in this format string", hint);
        return None;
    };
    read_text(table.reader, &text, |text| custom_format::python(text, style, time_format.as_ref(), settings))
}

/// Takes what the format is told: names of levels that a program has added, and the zone of times that say none.
pub(super) fn settings(table: &mut Table<'_, '_>) -> Settings {
    let mut settings = Settings::default();
    for (name, value) in table.members("levels", "{ AUDIT = \"INFO\" }") {
        if let Some(severity) = severity(table.reader, value) {
            settings.levels.push((name.as_str().to_owned(), severity));
        }
    }
    if let Some(text) = table.text("timezone").filter(Text::is_known) {
        match crate::zone(text.as_str()) {
            Ok(zone) => settings.zone = zone,
            Err(error) => table.reader.mistake(text.span(), error.to_string(), ""),
        }
    }
    settings
}

/// A severity by OpenTelemetry's name or number.
fn severity(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Severity> {
    const HINT: &str = "a severity is `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR`, `FATAL` or a number from 1 to 24";
    let found = match value.get_ref() {
        DeValue::Integer(number) => {
            u8::from_str_radix(number.as_str(), number.radix()).ok().and_then(Severity::from_number)
        }
        DeValue::String(_) => {
            let text = reader.text(value).filter(Text::is_known)?;
            let found = text.as_str().parse().ok();
            let names = (1..=24).filter_map(Severity::from_number).map(Severity::name);
            if found.is_none()
                && let Some(near) = nearest(text.as_str(), names)
            {
                let message = format!("{} is no severity", reader.written(&text));
                reader.mistake(text.span(), message, format!("did you mean `{near}`?"));
                return None;
            }
            found
        }
        _ => {
            reader.unlike(value, "a severity", HINT);
            return None;
        }
    };
    if found.is_none() {
        reader.mistake(value.span(), "this is no severity", HINT);
    }
    found
}
