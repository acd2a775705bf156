//! The flags that say which format the lines are in, and the format that they mean.

use std::str::FromStr;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use lp::custom_format::{self, FormatTextError, NginxConfError};
use lp::format::detect::{Known, Settings};
use lp::format::python::{Python, Style};
use lp::{Format, Severity, UnknownSeverity};

use crate::wrong_flag::WrongFlag;

/// The format of the lines.
#[derive(Args, Debug)]
#[command(next_help_heading = "Format")]
pub(crate) struct FormatArgs {
    /// The format of the lines; `lp formats` shows a line of each. By default each file's first lines tell it
    #[arg(short, long, value_enum, default_value_t = Name::Auto, value_name = "NAME")]
    pub(crate) format: Name,

    /// An access log in this log_format of nginx: its text, or the whole directive
    #[arg(long, value_name = "TEXT", group = "custom")]
    log_format: Option<String>,

    /// An access log in the log_format that this nginx configuration has; NAME says which of several
    #[arg(long, value_name = "PATH[:NAME]", group = "custom")]
    nginx_conf: Option<String>,

    /// A log of Python's logging in this format string, such as '%(asctime)s %(levelname)s %(message)s'
    #[arg(long, value_name = "TEXT", group = "custom")]
    python_format: Option<String>,

    /// The style of --python-format, where its text does not show it
    #[arg(long, value_enum, value_name = "STYLE", requires = "python_format")]
    python_style: Option<StyleName>,

    /// How --python-format writes the time, as for strftime, such as '%d/%m/%Y %H:%M:%S'
    #[arg(long, value_name = "TEXT", requires = "python_format")]
    python_datefmt: Option<String>,

    /// A level that the Python program has added, with its severity: TRACE, DEBUG, INFO, WARN, ERROR, FATAL or 1 to 24
    #[arg(long, value_name = "NAME=SEVERITY")]
    level: Vec<Level>,

    /// The time zone of times that say none: a name such as Europe/Berlin, local, or an offset such as +01:00
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    timezone: String,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Name {
    /// Told from the first lines of each file
    Auto,
    /// nginx's default access log, which is also Apache's combined format
    #[value(alias = "combined")]
    NginxCombined,
    /// The common log format: no referer, no user agent
    Common,
    /// nginx's error log
    NginxError,
    /// Python's logging in one of the usual formats, with tracebacks
    Python,
    /// A time and a message: [2025-11-06 10:30:15] Processing request
    App,
    /// A JSON object a line
    Json,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum StyleName {
    /// %(levelname)s
    Percent,
    /// {levelname}
    Brace,
    /// $levelname or ${levelname}
    Dollar,
}

/// A level's name and severity.
#[derive(Clone, Debug)]
struct Level(String, Severity);

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "NAME=SEVERITY is wanted, such as AUDIT=INFO";
        let (name, severity) = text.rsplit_once('=').filter(|(name, _)| !name.is_empty()).ok_or(wanted)?;
        Ok(Self(name.to_owned(), severity.parse().map_err(|error: UnknownSeverity| error.to_string())?))
    }
}

/// The format that is meant.
pub(crate) enum Choice {
    /// This one.
    Given(Arc<dyn Format>),
    /// One of these.
    Detect(Vec<Known>, Settings),
}

impl FormatArgs {
    /// The format that the flags mean.
    pub(crate) fn choice(&self) -> Result<Choice, WrongFlag> {
        let settings = self.settings()?;
        let custom = [
            ("--log-format", self.log_format.is_some(), false),
            ("--nginx-conf", self.nginx_conf.is_some(), false),
            ("--python-format", self.python_format.is_some(), true),
        ];
        for (flag, given, is_python) in custom {
            let fits = self.format == Name::Auto || (is_python && self.format == Name::Python);
            if given && !fits {
                return Err(WrongFlag::new(flag, "it says the format already, and --format another one"));
            }
        }
        if let Some(text) = &self.log_format {
            let format = custom_format::log_format(text, None).map_err(|error| wrong("--log-format", error))?;
            return Ok(Choice::Given(Arc::new(format)));
        }
        if let Some(place) = &self.nginx_conf {
            let format = custom_format::from_nginx_conf(place).map_err(|error| match error {
                NginxConfError::Format(error) => wrong("--nginx-conf", error),
                error => WrongFlag::new("--nginx-conf", error),
            })?;
            return Ok(Choice::Given(Arc::new(format)));
        }
        if let Some(text) = &self.python_format {
            return self.python(text, &settings).map(|format| Choice::Given(Arc::new(format)));
        }
        if let Some(known) = self.known() {
            return Ok(Choice::Given(known.format(&settings)));
        }
        // Which of them it is.
        let may_be = |known: &Known| self.format == Name::Auto || matches!(known, Known::Python(_));
        Ok(Choice::Detect(Known::all().filter(may_be).collect(), settings))
    }

    /// What the formats are told.
    pub(crate) fn settings(&self) -> Result<Settings, WrongFlag> {
        let zone = lp::zone(&self.timezone).map_err(|error| WrongFlag::new("--timezone", error))?;
        let levels = self.level.iter().map(|Level(name, severity)| (name.clone(), *severity)).collect();
        Ok(Settings { zone, levels })
    }

    /// The format that --format names, where it is one.
    pub(crate) const fn known(&self) -> Option<Known> {
        match self.format {
            Name::Auto | Name::Python => None,
            Name::NginxCombined => Some(Known::Combined),
            Name::Common => Some(Known::Common),
            Name::NginxError => Some(Known::NginxError),
            Name::App => Some(Known::App),
            Name::Json => Some(Known::Json),
        }
    }

    /// The flag that holds the format itself, and what it holds.
    pub(crate) fn custom(&self) -> Option<(&'static str, &str)> {
        let flags = [
            ("--log-format", &self.log_format),
            ("--nginx-conf", &self.nginx_conf),
            ("--python-format", &self.python_format),
        ];
        flags.into_iter().find_map(|(flag, text)| Some((flag, text.as_deref()?)))
    }

    fn python(&self, text: &str, settings: &Settings) -> Result<Python, WrongFlag> {
        let style = match self.python_style {
            Some(StyleName::Percent) => Style::Percent,
            Some(StyleName::Brace) => Style::Brace,
            Some(StyleName::Dollar) => Style::Dollar,
            None => Style::of(text).ok_or_else(|| {
                WrongFlag::new("--python-format", "there is no %(name)s, {name} or ${name} in it")
                    .at(text, 0..text.len())
            })?,
        };
        let time_format = self.python_datefmt.as_deref().map(custom_format::time_format).transpose();
        let time_format = time_format.map_err(|error| wrong("--python-datefmt", error))?;
        custom_format::python(text, style, time_format.as_ref(), settings)
            .map_err(|error| wrong("--python-format", error))
    }
}

/// The text of this flag is no format.
fn wrong(flag: &'static str, FormatTextError { why, text, at }: FormatTextError) -> WrongFlag {
    WrongFlag::new(flag, why).at(&text, at)
}
