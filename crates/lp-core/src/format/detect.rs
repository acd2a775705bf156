//! Which format a log is in, told from its first records.

use std::sync::Arc;

use crate::batch::Batch;
use crate::format::access::Access;
use crate::format::python::Python;
use crate::format::{Format, Mixed};
use crate::lines::{Lines, start_of};
use crate::severity::Severity;
use crate::timestamp::Zone;

/// The most bytes that are worth looking at.
pub const SAMPLE: usize = 64 << 10;

/// A format that is recognised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Known {
    /// nginx's default access log, which is also Apache's combined format.
    Combined,
    /// The common log format.
    Common,
    /// nginx's error log.
    NginxError,
    /// Python's `logging`, in the [usual format](Python::usual_text) of that number; others may be among them.
    Python(usize),
    /// A time, and a message.
    App,
    /// A JSON object a line.
    Json,
}

impl Known {
    /// Every one, those before others that would take their lines too.
    pub fn all() -> impl Iterator<Item = Self> {
        let python = (0..Python::USUAL).map(Self::Python);
        [Self::Combined, Self::Common, Self::NginxError, Self::Json].into_iter().chain(python).chain([Self::App])
    }

    /// The name, as in `--format`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Combined => "nginx-combined",
            Self::Common => "common",
            Self::NginxError => "nginx-error",
            Self::Python(_) => "python",
            Self::App => "app",
            Self::Json => "json",
        }
    }

    /// The parser of this very format, without others of its family.
    fn alone(self, settings: &Settings) -> Arc<dyn Format> {
        match self {
            Self::Python(number) => match Python::one_usual(number) {
                Some(python) => Arc::new(settings.python(python)),
                None => self.format(settings),
            },
            other => other.format(settings),
        }
    }

    /// The parser.
    #[must_use]
    pub fn format(self, settings: &Settings) -> Arc<dyn Format> {
        let zone = settings.zone.clone();
        match self {
            Self::Combined => Arc::new(Access::combined()),
            Self::Common => Arc::new(Access::common()),

            Self::Python(number) => Arc::new(settings.python(Python::usual_first(number))),

            _ => Arc::new(Access::common()),
        }
    }
}

/// What the formats are told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The zone of times that say none.
    pub zone: Zone,
    /// Names of levels that a Python program has added.
    pub levels: Vec<(String, Severity)>,
}

impl Settings {
    fn python(&self, python: Python) -> Python {
        let python = python.with_zone(self.zone.clone());
        self.levels.iter().fold(python, |python, (name, severity)| python.with_level(name, *severity))
    }
}

impl Default for Settings {
    /// UTC, and no further levels.
    fn default() -> Self {
        Self { zone: Zone::UTC, levels: Vec::new() }
    }
}

/// What was found in a sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Detected {
    /// The format that explains most records; `None` where no format explains any.
    pub first: Option<Known>,
    /// The one that explains most of what the first does not.
    pub second: Option<Known>,
}

impl Detected {
    /// The parser for both. Where nothing was recognised it is that for nginx's access log.
    #[must_use]
    pub fn format(self, settings: &Settings) -> Arc<dyn Format> {
        let first = self.first.unwrap_or(Known::Combined).format(settings);
        let Some(second) = self.second else { return first };
        match Mixed::new(Arc::clone(&first), second.format(settings)) {
            Ok(mixed) => Arc::new(mixed),
            Err(_) => first,
        }
    }
}

/// Looks at the complete lines at the beginning of a log, of which [`SAMPLE`] bytes are enough.
///
/// `among`: the formats that come into question.
#[must_use]
pub fn detect(sample: &[u8], among: impl Iterator<Item = Known>, settings: &Settings) -> Detected {
    let sample = &sample[..sample.len().min(SAMPLE)];
    let whole = crate::lines::whole_lines(sample);
    // A log of a single line that has not ended yet is all there is to look at.
    let sample = if whole > 0 { &sample[..whole] } else { sample };
    let candidates: Vec<(Known, Arc<dyn Format>)> = among.map(|known| (known, known.alone(settings))).collect();

    let mut batch = Batch::new();
    let mut most = None;
    for (number, (_, format)) in candidates.iter().enumerate() {
        format.parse(sample, &mut batch);
        let explained = batch.len() - batch.errors().len();
        // Of two that explain as much it is the one that comes first.
        if explained > most.map_or(0, |(_, most)| most) {
            most = Some((number, explained));
        }
    }
    let Some((first, _)) = most else { return Detected { first: None, second: None } };

    let format = &candidates[first].1;
    let family = candidates[first].0.name();
    let rest: Vec<&[u8]> = Lines::new(sample)
        .map(|line| &sample[line])
        .filter(|line| !line.is_empty() && !format.starts_record(start_of(line)))
        .collect();
    let mut most = None;
    // Every parser of Python's formats knows all of them.
    for (known, format) in candidates.iter().filter(|(known, _)| known.name() != family) {
        let explains = |line: &&&[u8]| {
            format.starts_record(start_of(line)) && {
                format.parse(line, &mut batch);
                batch.errors().len() == 0
            }
        };
        let explained = rest.iter().filter(explains).count();
        if explained > most.map_or(0, |(_, most)| most) {
            most = Some((*known, explained));
        }
    }
    // A stray line does not make it a log of two formats.
    let lines = Lines::new(sample).count();
    let second = most.filter(|&(_, explained)| explained * 100 >= lines && (explained > 1 || lines < 100));
    Detected { first: Some(candidates[first].0), second: second.map(|(known, _)| known) }
}
