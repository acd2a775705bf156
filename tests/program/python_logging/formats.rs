//! Format strings of `logging`, and the attributes that they name.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

/// How a formatter comes by the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Clock {
    Local,
    Gmtime,
    /// Airflow's: local, with milliseconds and the offset.
    Airflow,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    /// `%`, `{` or `$`.
    pub(super) style: char,
    pub(super) text: &'static str,
    pub(super) datefmt: Option<&'static str>,
    pub(super) clock: Clock,
    /// Whether `lp` finds it out itself.
    pub(super) usual: bool,
}

/// One attribute in a format string.
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    /// Width, precision and type.
    pub(super) spec: &'a str,
}

const fn format(style: char, text: &'static str) -> Format {
    Format { style, text, datefmt: None, clock: Clock::Local, usual: false }
}

const fn dated(style: char, text: &'static str, datefmt: &'static str) -> Format {
    Format { datefmt: Some(datefmt), ..format(style, text) }
}

const fn gmtime(style: char, text: &'static str, datefmt: Option<&'static str>) -> Format {
    Format { datefmt, clock: Clock::Gmtime, ..format(style, text) }
}

const fn usual(text: &'static str) -> Format {
    Format { usual: true, ..format('%', text) }
}

const fn usual_dated(text: &'static str, datefmt: &'static str) -> Format {
    Format { usual: true, ..dated('%', text, datefmt) }
}

/// Formats that `lp` is told.
pub(super) const TOLD: [Format; 38] = [
    format('%', "%(asctime)s - %(levelname)s - %(message)s"),
    format('%', "%(asctime)s - %(name)s - %(levelname)s - %(message)s"),
    format('%', "%(levelname)s:%(name)s:%(message)s"),
    format('%', "%(asctime)s %(levelname)-8s [%(name)s] %(message)s"),
    format('%', "%(levelname)8s %(asctime)s %(module)s %(process)d %(thread)d %(message)s"),
    dated(
        '%',
        "%(asctime)s.%(msecs)03d %(process)7d --- [%(threadName)15s] %(name)-20s : %(message)s",
        "%Y-%m-%d %H:%M:%S",
    ),
    dated('%', "[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s", "%Y-%m-%dT%H:%M:%S%z"),
    format('%', "%(created)f %(levelno)02d %(relativeCreated)d <%(funcName)s> %(processName)s: %(message)s"),
    dated(
        '%',
        "%(levelname)s (%(asctime)s) %(pathname)s:%(lineno)04d, %(request_id)s: %(message)s",
        "%d/%b/%Y:%H:%M:%S %z",
    ),
    dated('%', "%(asctime)s,%(msecs)d %(levelname)s %(message)s", "%a %d %B %y, %I:%M:%S %p"),
    dated('%', "%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"),
    format('%', "%(asctime)s %(levelname).4s %(name)s: %(message)s"),
    gmtime('%', "%(asctime)sZ 100%% $ {%(levelname)s} %(message)s", Some("%Y-%m-%dT%H:%M:%S")),
    gmtime('%', "%(asctime)s | %(levelname)s | %(msecs)6.2f | %(message)s", None),
    format('%', "%(asctime)s %(levelname)s %(message)s [%(filename)s:%(lineno)d]"),
    format('{', "{asctime} - {levelname} - {message}"),
    format('{', "{asctime} - {name} - {levelname} - {message}"),
    format('{', "{levelname}:{name}:{message}"),
    format('{', "{asctime} [{levelname:<8}] {name:>20} {message}"),
    format('{', "{asctime} {levelname:^12}|{threadName:*^20}|{message!s}"),
    dated('{', "{asctime}.{msecs:03.0f} {process:>8d} {thread:d} {lineno:>5} {message:s}", "%Y-%m-%d %H:%M:%S"),
    dated('{', "{levelname:.<10} {asctime} {{{module}.{funcName}}} {message}", "%Y%m%dT%H%M%S%z"),
    format('{', "%(this)s $not {asctime} {levelname} {message}"),
    format('{', "{created:.3f} {levelno:3d} {relativeCreated} {filename} {message}"),
    format('{', "{created} {levelname} {request_id:>8} {processName}: {message}"),
    dated('{', "{name} {levelname} {asctime} {message}", "%c"),
    gmtime('{', "{asctime} UTC [{levelname}] {pathname} {message}", None),
    format('$', "$asctime - $levelname - $message"),
    format('$', "${asctime} - ${name} - ${levelname} - ${message}"),
    format('$', "$levelname:$name:$message"),
    dated('$', "$asctime.$msecs $levelname $process/$threadName: $message", "%d.%m.%Y %H:%M:%S"),
    dated('$', "[$asctime] $$5 {$levelname} %($lineno)d ${module}_py $message", "%Y-%m-%d %H:%M:%S %z"),
    format('$', "$created|$levelno|$relativeCreated|$funcName|$message"),
    format('$', "$thread $asctime ($pathname) $levelname $message"),
    dated('$', "$levelname $asctime $filename $processName> $message", "%D %T"),
    dated('$', "${asctime}: ${levelname}: ${request_id}; ${message}", "%j %Y %H-%M-%S"),
    gmtime('$', "$asctime $levelname $name $message", None),
    gmtime('$', "$levelname @ $asctime; $message", Some("%Y-%m-%d %H:%M:%S%z")),
];

/// Formats that `lp` finds out itself.
pub(super) const USUAL: [Format; 22] = [
    usual("%(asctime)s - %(levelname)s - %(message)s"),
    usual("%(asctime)s - %(name)s - %(levelname)s - %(message)s"),
    usual("%(levelname)s:%(name)s:%(message)s"),
    usual("%(asctime)s %(levelname)s %(message)s"),
    usual("%(asctime)s %(levelname)s: %(message)s"),
    usual("%(asctime)s %(levelname)s %(name)s: %(message)s"),
    usual("%(asctime)s %(levelname)-8s %(message)s"),
    usual("%(asctime)s [%(levelname)s] %(message)s"),
    usual("%(asctime)s [%(levelname)-8s] %(message)s"),
    usual("%(asctime)s [%(levelname)s] %(name)s: %(message)s"),
    usual("%(asctime)s | %(levelname)s | %(message)s"),
    usual("[%(asctime)s] [%(levelname)s] %(message)s"),
    usual_dated("[%(levelname)s] %(asctime)s - %(message)s", "%Y-%m-%d %H:%M:%S"),
    // Flask.
    usual("[%(asctime)s] %(levelname)s in %(module)s: %(message)s"),
    // Django projects.
    usual("[%(asctime)s] %(levelname)s [%(name)s:%(lineno)s] %(message)s"),
    usual("%(levelname)s %(asctime)s %(module)s %(process)d %(thread)d %(message)s"),
    // gunicorn.
    usual_dated("%(asctime)s [%(process)d] [%(levelname)s] %(message)s", "[%Y-%m-%d %H:%M:%S %z]"),
    // Celery.
    usual("[%(asctime)s: %(levelname)s/%(processName)s] %(message)s"),
    // uvicorn.
    usual("%(levelprefix)s %(message)s"),
    // Airflow.
    Format { clock: Clock::Airflow, ..usual("[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s") },
    // Scrapy.
    usual_dated("%(asctime)s [%(name)s] %(levelname)s: %(message)s", "%Y-%m-%d %H:%M:%S"),
    // loguru.
    usual("%(asctime)s | %(levelname)-8s | %(name)s:%(funcName)s:%(lineno)d - %(message)s"),
];

impl Format {
    /// The attributes, in the order of the text.
    pub(super) fn attributes(&self) -> Vec<Attribute<'_>> {
        static PERCENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"%%|%\((\w+)\)([-\d.]*[sdf])").unwrap());
        static BRACE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{|\}\}|\{(\w+)([^}]*)\}").unwrap());
        static DOLLAR: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\$\$|\$\{?(\w+)()").unwrap());
        let regex = match self.style {
            '%' => &PERCENT,
            '{' => &BRACE,
            _ => &DOLLAR,
        };
        let attribute = |captures: regex::Captures<'static>| {
            Some(Attribute { name: captures.get(1)?.as_str(), spec: captures.get(2)?.as_str() })
        };
        regex.captures_iter(self.text).filter_map(attribute).collect()
    }

    /// Width, precision and type of an attribute, if it is there.
    pub(super) fn spec(&self, name: &str) -> Option<&str> {
        self.attributes().into_iter().find(|attribute| attribute.name == name).map(|attribute| attribute.spec)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.spec(name).is_some()
    }

    pub(super) fn has_level(&self) -> bool {
        self.has("levelname") || self.has("levelprefix")
    }

    /// Whether the time has a date.
    pub(super) fn has_date(&self) -> bool {
        self.datefmt != Some("%H:%M:%S")
    }

    /// Whether no more than four letters of a level are logged.
    pub(super) fn cuts_level(&self) -> bool {
        self.spec("levelname").is_some_and(|spec| spec.ends_with(".4s"))
    }

    pub(super) fn ends_with_message(&self) -> bool {
        self.attributes().last().is_some_and(|last| last.name == "message")
    }

    /// What `--python-style` must be, where the text looks like another one.
    pub(super) fn told_style(&self) -> Option<&'static str> {
        match self.style {
            '{' if self.text.contains("%(") => Some("brace"),
            _ => None,
        }
    }

    /// What the script has to know.
    pub(super) fn order(&self, name: &str) -> Value {
        let kind = match self.clock {
            Clock::Local => None,
            Clock::Gmtime => Some("gmtime"),
            Clock::Airflow => Some("airflow"),
        };
        json!({"name": name, "style": self.style, "text": self.text, "datefmt": self.datefmt, "kind": kind})
    }
}
