//! Formats that are given as a text: a `log_format` of nginx, a format string of Python's logging.
//!
//! The texts are what people write on command lines and into configurations, which is more than the formats themselves take:
//! a whole directive of nginx, escapes that nginx undoes before it reads the format.

use std::ops::Range;

use lp_core::TimeFormat;
use lp_core::format::PatternError;
use lp_core::format::detect::Settings;
use lp_core::format::log_format::{Escape, LogFormat};
use lp_core::format::python::{Python, Style};

use crate::nginx_conf;

/// What is wrong with the text of a format, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{why}")]
pub struct FormatTextError {
    /// What is wrong.
    pub why: String,
    /// The text that the place is in: the one that was given; or of a whole directive the format in it, whose strings are
    /// joined there.
    pub text: String,
    /// The bytes of the text that are wrong. May be empty, and at its end.
    pub at: Range<usize>,
}

impl FormatTextError {
    fn of_pattern(error: &PatternError, text: &str) -> Self {
        Self { why: error.to_string(), text: text.to_owned(), at: error.at() }
    }
}

/// Why there is no format in a configuration of nginx.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NginxConfError {
    /// The configuration cannot be read, or has no such directive.
    #[error(transparent)]
    Configuration(#[from] nginx_conf::Error),
    /// The directive is no format that lines can be read in.
    #[error(transparent)]
    Format(#[from] FormatTextError),
}

/// The format of the text of a `log_format`, as it stands in the directive's quotes, or of the whole directive. An escape
/// that is given goes before the directive's.
///
/// ```
/// use lp::custom_format::log_format;
///
/// assert!(log_format("$remote_addr [$time_local] $status", None).is_ok());
/// assert!(log_format("log_format brief '$remote_addr ' '$status';", None).is_ok());
/// assert_eq!(log_format(r"$status\t$remote_adr$status", None).unwrap_err().at, 20..27);
/// ```
///
/// # Errors
///
/// If nginx would refuse it, or lines could not be told apart into its variables.
pub fn log_format(text: &str, escape: Option<Escape>) -> Result<LogFormat, FormatTextError> {
    if !text.trim_start().starts_with("log_format") {
        // nginx reads a tab in the directive's strings.
        let unescaped = text.replace("\\t", "\t");
        let written = |at: usize| {
            at + text.match_indices("\\t").enumerate().filter(|(number, (tab, _))| tab - number < at).count()
        };
        return LogFormat::compile(&unescaped, escape.unwrap_or_default()).map_err(|error| {
            let at = written(error.at().start)..written(error.at().end);
            FormatTextError { at, ..FormatTextError::of_pattern(&error, text) }
        });
    }
    let directive = nginx_conf::parse_directive(text).map_err(|error| {
        let at = error.place.position.map_or(0, |position| byte_of(text, position));
        let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
        FormatTextError { why: error.kind.to_string(), text: text.to_owned(), at: at..end }
    })?;
    compile(&directive.text, escape.unwrap_or(directive.escape))
}

/// The `log_format` that a configuration of nginx has: `PATH` or `PATH:NAME`.
///
/// # Errors
///
/// If the configuration cannot be read, has no such directive, or that is no format that lines can be read in.
pub fn from_nginx_conf(place: &str) -> Result<LogFormat, NginxConfError> {
    let (path, name) = nginx_conf::path_and_name(place);
    let directive = nginx_conf::read(path, name)?;
    Ok(compile(&directive.text, directive.escape)?)
}

fn compile(text: &str, escape: Escape) -> Result<LogFormat, FormatTextError> {
    LogFormat::compile(text, escape).map_err(|error| FormatTextError::of_pattern(&error, text))
}

/// The format of a format string of Python's logging, with the zone and the levels of the settings.
///
/// # Errors
///
/// If it is no format string of this style, or lines could not be told apart into its attributes.
pub fn python(
    text: &str,
    style: Style,
    time_format: Option<&TimeFormat>,
    settings: &Settings,
) -> Result<Python, FormatTextError> {
    let python = Python::compile(text, style, time_format)
        .map_err(|error| FormatTextError::of_pattern(&error, text))?
        .with_zone(settings.zone.clone());
    Ok(settings.levels.iter().fold(python, |python, (name, severity)| python.with_level(name, *severity)))
}

/// The format of times in a text for `strftime`.
///
/// # Errors
///
/// If it has a directive that times cannot be read by; the place is that of the directive.
pub fn time_format(text: &str) -> Result<TimeFormat, FormatTextError> {
    TimeFormat::compile(text).map_err(|error| {
        // The `%` and what follows.
        let end = text[error.at()..].char_indices().nth(2).map_or(text.len(), |(len, _)| error.at() + len);
        FormatTextError { why: error.to_string(), text: text.to_owned(), at: error.at()..end }
    })
}

/// The byte of a text that is at a place.
fn byte_of(text: &str, position: nginx_conf::Position) -> usize {
    let line_start = match position.line {
        0 | 1 => 0,
        line => text.match_indices('\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1),
    };
    let column = text[line_start..].char_indices().nth(position.column.saturating_sub(1));
    column.map_or(text.len(), |(at, _)| line_start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_carry_their_place() {
        for (text, place) in [
            ("$status $nope$status", "$status"),
            (r"\t$status\t$host$request\t", "$request"),
            ("log_format a '$status ' '$host$request';", "$request"),
            ("log_format a\n  {", "{"),
            ("log_format é", ""),
        ] {
            let error = log_format(text, None).unwrap_err();
            assert_eq!(&error.text[error.at.clone()], place, "{text}: {error:?}");
        }
        let error = time_format("%H:%é").unwrap_err();
        assert_eq!(&error.text[error.at], "%é");
    }

    #[test]
    fn texts_and_directives_are_one() {
        for (text, escape, same) in [
            (r"$status\t$request", None, "log_format a \"$status\\t$request\";"),
            ("$status $request", Some(Escape::Json), "log_format a escape=json '$status' ' $request'"),
        ] {
            let (format, of_directive) = (log_format(text, escape).unwrap(), log_format(same, None).unwrap());
            assert_eq!(format!("{format:?}"), format!("{of_directive:?}"));
        }
    }
}
