//! Which format a log is in, told from its first records.

use std::sync::Arc;

use crate::batch::Batch;
use crate::format::access::Access;
use crate::format::app::App;
use crate::format::json::Json;
use crate::format::nginx_error::NginxError;
use crate::format::python::Python;
use crate::format::{Format, Mixed};
use crate::lines::{Lines, start_of};
use crate::record::Record;
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

    /// The parser.
    #[must_use]
    pub fn format(self, settings: &Settings) -> Arc<dyn Format> {
        let zone = settings.zone.clone();
        match self {
            Self::Combined => Arc::new(Access::combined()),
            Self::Common => Arc::new(Access::common()),
            Self::NginxError => Arc::new(NginxError::new().with_zone(zone)),
            Self::Python(number) => Arc::new(settings.python(Python::usual_first(number))),
            Self::App => Arc::new(App::new().with_zone(zone)),
            Self::Json => Arc::new(Json::new().with_zone(zone)),
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
    /// What it is read as where no format explains any: the first that came into question.
    pub fallback: Known,
}

impl Detected {
    /// The parser for both.
    #[must_use]
    pub fn format(self, settings: &Settings) -> Arc<dyn Format> {
        let first = self.first.unwrap_or(self.fallback).format(settings);
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
    let mut among = among.peekable();
    let fallback = among.peek().copied().unwrap_or(Known::Combined);
    let mut judge = Judge { sample, lines: Lines::new(sample).count(), batch: Batch::new(), best: None };
    let (python, others): (Vec<Known>, Vec<Known>) = among.partition(|known| matches!(known, Known::Python(_)));
    // A line of nothing but a time and a text may be one of Python's as well.
    let (plain, others): (Vec<Known>, Vec<Known>) = others.into_iter().partition(|known| *known == Known::App);
    let mut parsers: Vec<(Known, Arc<dyn Format>)> = Vec::new();
    for known in others {
        parsers.push((known, known.format(settings)));
        judge.format(known, &*parsers[parsers.len() - 1].1);
        if judge.is_done() {
            break;
        }
    }
    if !judge.is_done() && !python.is_empty() {
        let usual = settings.python(Python::usual());
        judge.python(&python, &usual);
        parsers.push((Known::Python(0), Arc::new(usual)));
    }
    if !judge.is_done() {
        for known in plain {
            parsers.push((known, known.format(settings)));
            judge.format(known, &*parsers[parsers.len() - 1].1);
        }
    }
    let Some((first, _)) = judge.best else { return Detected { first: None, second: None, fallback } };
    let second = if judge.is_done() { None } else { second(first, &parsers, &judge) };
    // Which of Python's formats it is, where it is the second, does not matter: every parser of one knows all.
    Detected { first: Some(first), second, fallback }
}

/// Looks for the format that explains most of a sample.
struct Judge<'a> {
    sample: &'a [u8],
    lines: usize,
    batch: Batch,
    /// The best one so far, and how well it explains the sample.
    best: Option<(Known, usize)>,
}

impl Judge<'_> {
    /// What a line is worth that is explained from its beginning to its end. One with something extra at its end is worth
    /// less: a combined line is a common one with something extra.
    const LINE: usize = 4;

    /// What a line is worth of a format that takes nearly every one.
    const PLAIN_LINE: usize = 1;

    fn format(&mut self, known: Known, format: &dyn Format) {
        let line = if known == Known::App { Self::PLAIN_LINE } else { Self::LINE };
        format.parse(self.sample, &mut self.batch);
        // A line in ten must be explained, where each is a record.
        let explained = self.batch.len() - self.batch.errors().len();
        if !format.is_multiline() && explained * 10 < self.lines {
            return;
        }
        // What stands behind nginx's errors is of no other format.
        let may_have_extra = matches!(known, Known::Combined | Known::Common);
        let extra = format.schema().field("extra").filter(|_| may_have_extra);
        let has_extra = |record: &Record<'_>| extra.is_some_and(|extra| record.get(extra).is_some());
        let records = self.batch.records(self.sample).filter(|record| record.error().is_none());
        let worth = records.map(|record| line - usize::from(has_extra(&record))).sum();
        self.score(known, worth);
    }

    fn python(&mut self, among: &[Known], usual: &Python) {
        let mut worth = vec![0; Python::USUAL];
        for line in Lines::new(self.sample) {
            usual.count(start_of(&self.sample[line]), |number| worth[number] += Self::LINE);
        }
        for &known in among {
            if let Known::Python(number) = known {
                self.score(known, worth.get(number).copied().unwrap_or(0));
            }
        }
    }

    /// Of two that explain as much it is the one that comes first.
    fn score(&mut self, known: Known, worth: usize) {
        if worth > self.best.map_or(0, |(_, best)| best) {
            self.best = Some((known, worth));
        }
    }

    /// Whether nothing can explain more.
    fn is_done(&self) -> bool {
        self.best.is_some_and(|(_, worth)| worth == Self::LINE * self.lines)
    }
}

/// The format that explains most of what the first does not.
fn second(first: Known, parsers: &[(Known, Arc<dyn Format>)], judge: &Judge<'_>) -> Option<Known> {
    let (sample, lines) = (judge.sample, judge.lines);
    let (_, format) = parsers.iter().find(|(known, _)| known.name() == first.name())?;
    let rest: Vec<&[u8]> = Lines::new(sample)
        .map(|line| &sample[line])
        .filter(|line| !line.is_empty() && !format.starts_record(start_of(line)))
        .collect();
    let mut batch = Batch::new();
    let mut most: Option<(Known, usize)> = None;
    for (known, format) in parsers.iter().filter(|(known, _)| known.name() != first.name()) {
        let mut explains = |line: &&&[u8]| {
            format.starts_record(start_of(line)) && {
                format.parse(line, &mut batch);
                batch.errors().len() == 0
            }
        };
        let explained = rest.iter().filter(|line| explains(line)).count();
        if explained > most.map_or(0, |(_, most)| most) {
            most = Some((*known, explained));
        }
    }
    // A stray line does not make it a log of two formats.
    most.filter(|&(_, explained)| explained * 100 >= lines && (explained > 1 || lines < 100)).map(|(known, _)| known)
}
