//! Lines of Python's `logging`.
//!
//! The format string of a [`Formatter`], in any of its three styles, is compiled once; without one, the usual formats are
//! recognised. A record begins with a line that fits the format up to the message. Every other line belongs to the record
//! before it: the message's further lines, then the traceback.
//!
//! [`Formatter`]: https://docs.python.org/3/library/logging.html#logging.Formatter

mod attributes;
mod compile;
mod style;
mod traceback;
mod usual;

use std::ops::Range;

use crate::batch::Batch;
use crate::error::{Reason, Slot};
use crate::format::template::{Failure, Levels, Matcher, Row, Times};
use crate::format::{Format, PatternError};
use crate::lines::{Lines, start_of};
use crate::scan::{IndexedLines, Level};
use crate::schema::{Field, FieldDef, Kind, Schema};
use crate::severity::Severity;
use crate::span::Span;
use crate::timestamp::{TimeFormat, Zone};
use compile::{Pattern, Source};
pub use style::Style;

/// `level`: the level as it was logged.
pub const LEVEL: Field = Field::new(0);
/// `logger`: the logger's name.
pub const LOGGER: Field = Field::new(1);
/// `message`: all that was logged before the traceback.
pub const MESSAGE: Field = Field::new(2);
/// `traceback`: from its first line to the record's end.
pub const TRACEBACK: Field = Field::new(3);

/// The fields that every format has. Further ones follow, in the order of the format string.
static FIELDS: [FieldDef; 4] = [
    FieldDef::required("level", Kind::Verbatim),
    FieldDef::required("logger", Kind::Verbatim),
    FieldDef::required("message", Kind::Verbatim),
    FieldDef::required("traceback", Kind::Verbatim),
];

/// Logs of Python's `logging`.
#[derive(Clone, Debug)]
pub struct Python {
    /// The first that fits a line reads it.
    patterns: Vec<Pattern>,
    /// For each byte the patterns whose lines may begin with it. Most lines of a traceback begin with none of those.
    by_first_byte: Box<[Vec<u16>]>,
    schema: Schema,
    zone: Zone,
    levels: Levels,
}

impl Python {
    /// The usual formats: those of gunicorn, Celery, uvicorn, Airflow, Flask, Django, of `basicConfig`, and what most
    /// people write. Where one line could be read in several, the more particular one is taken.
    #[must_use]
    pub fn usual() -> Self {
        Self::usual_first(0)
    }

    /// The number of usual formats.
    pub const USUAL: usize = usual::USUAL.len();

    /// The usual formats, with the one of that number before all others.
    ///
    /// All of its fields are shown for every record; those of others only where they are.
    #[must_use]
    pub fn usual_first(number: usize) -> Self {
        let first = usual::USUAL.get(number).copied();
        let others = usual::USUAL.iter().enumerate().filter(|&(other, _)| other != number).map(|(_, text)| *text);
        let texts = first.into_iter().chain(others);
        let sources: Vec<_> = texts.filter_map(|text| Source::new(text, Style::Percent, None, true).ok()).collect();
        debug_assert_eq!(sources.len(), Self::USUAL);
        let schema = compile::schema(&sources).unwrap_or(Schema::from_static(&FIELDS));
        Self::over(&sources, schema)
    }

    /// The text of the usual format of that number.
    #[must_use]
    pub fn usual_text(number: usize) -> Option<&'static str> {
        usual::USUAL.get(number).copied()
    }

    /// Compiles a format string, given with its `datefmt` if it has one.
    ///
    /// # Errors
    ///
    /// If the text is not a format string of that style, two attributes touch, or a name is nearly one that `logging`
    /// knows; the error says where.
    pub fn compile(text: &str, style: Style, time_format: Option<&TimeFormat>) -> Result<Self, PatternError> {
        let source = [Source::new(text, style, time_format, false)?];
        let schema = compile::schema(&source)?;
        Ok(Self::over(&source, schema))
    }

    fn over(sources: &[Source<'_>], schema: Schema) -> Self {
        let patterns: Vec<_> = sources.iter().map(|source| compile::pattern(source, &schema)).collect();
        let with = |byte| (0..).zip(&patterns).filter(move |(_, pattern)| pattern.may_begin_with(byte));
        let by_first_byte = (0..=u8::MAX).map(|byte| with(byte).map(|(number, _)| number).collect()).collect();
        Self { patterns, by_first_byte, schema, zone: Zone::UTC, levels: Levels::default() }
    }

    /// With the zone of times that say none; UTC without this.
    #[must_use]
    pub fn with_zone(mut self, zone: Zone) -> Self {
        self.zone = zone;
        self
    }

    /// With a name of a level that the program has added, beside the usual ones.
    #[must_use]
    pub fn with_level(mut self, name: &str, severity: Severity) -> Self {
        self.levels.add(name.as_bytes(), severity);
        self
    }

    fn matcher<'a>(&'a self, pattern: &'a Pattern) -> Matcher<'a> {
        Matcher {
            template: &pattern.template,
            zone: &self.zone,
            levels: &self.levels,
            known_levels: !pattern.any_level,
        }
    }

    /// Reads a line up to the message, whose place is returned.
    #[inline(always)]
    fn up_to_message(&self, pattern: &Pattern, line: &[u8], row: &mut Row, times: &mut Times) -> Option<usize> {
        let matcher = self.matcher(pattern);
        row.clear();
        if !pattern.any_level {
            return matcher.line(line, row, times).closed_parts_before(pattern.message);
        }
        let known = Matcher { known_levels: true, ..matcher };
        let message = known.line(line, row, times).closed_parts_before(pattern.message);
        if message.is_some() { message } else { self.with_any_level(pattern, line, row, times) }
    }

    #[cold]
    #[inline(never)]
    fn with_any_level(&self, pattern: &Pattern, line: &[u8], row: &mut Row, times: &mut Times) -> Option<usize> {
        row.clear();
        self.matcher(pattern).line(line, row, times).closed_parts_before(pattern.message)
    }

    /// Calls `with` for every pattern that reads a line as the first of a record.
    pub(crate) fn count(&self, line: &[u8], mut with: impl FnMut(usize)) {
        let (mut row, mut times) = (Row::new(&self.schema), Times::new());
        let first = line.first().copied().unwrap_or(b'\n');
        for &number in &self.by_first_byte[usize::from(first)] {
            let number = usize::from(number);
            if self.up_to_message(&self.patterns[number], line, &mut row, &mut times).is_some() {
                with(number);
            }
        }
    }

    /// The pattern that reads a line as the first of a record, and where the message begins.
    #[inline(always)]
    fn first_line(&self, line: &[u8], row: &mut Row, times: &mut Times) -> Option<(usize, usize)> {
        // What an empty line may be, one that begins with a line feed would be.
        let first = line.first().copied().unwrap_or(b'\n');
        for &number in &self.by_first_byte[usize::from(first)] {
            let number = usize::from(number);
            let pattern = &self.patterns[number];
            if let Some(end) = self.up_to_message(pattern, line, row, times) {
                return Some((number, end));
            }
        }
        None
    }
}

impl Format for Python {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn parse(&self, input: &[u8], batch: &mut Batch) -> usize {
        batch.begin(&self.schema);
        let mut parse = Parse { format: self, input, row: Row::new(&self.schema), times: Times::new(), record: None };
        let mut lines = IndexedLines::new(input, Level::best(), std::mem::take(&mut batch.index));
        let mut end = input.len();
        for line in lines.by_ref() {
            let text = start_of(&input[line.clone()]);
            if let Some((pattern, message)) = self.first_line(text, &mut parse.row, &mut parse.times) {
                parse.end(batch);
                if batch.is_full() {
                    end = line.start;
                    break;
                }
                parse.begin(line, Some(pattern), message, batch);
            } else if let Some(record) = &mut parse.record {
                record.add(input, line, batch.line_limit());
            } else {
                parse.begin(line, None, 0, batch);
            }
        }
        parse.end(batch);
        batch.index = lines.into_index();
        end
    }

    fn starts_record(&self, line: &[u8]) -> bool {
        self.first_line(line, &mut Row::new(&self.schema), &mut Times::new()).is_some()
    }

    fn is_multiline(&self) -> bool {
        true
    }
}

/// A parse on its way.
struct Parse<'a> {
    format: &'a Python,
    input: &'a [u8],
    /// The fields of the line that was read last, up to the message.
    row: Row,
    times: Times,
    /// The record whose end has not been seen. It is in the batch, as if its first line were all of it.
    record: Option<Open>,
}

/// A record whose end has not been seen. All places are offsets in the input.
struct Open {
    /// Without the last line's terminator.
    range: Range<usize>,
    first_line_end: usize,
    /// Where the last line ends that is within the limit of lines.
    kept_end: usize,
    lines: u32,
    /// `None`: what stands before the first record.
    pattern: Option<usize>,
    /// Whether it is as it should be, if only it is not too long.
    is_ordinary: bool,
    /// Where the message begins.
    message: usize,
    traceback: Option<Traceback>,
}

#[derive(Clone, Copy)]
struct Traceback {
    start: usize,
    /// The end of what stands before it.
    message_end: usize,
}

impl Open {
    #[inline(always)]
    fn add(&mut self, input: &[u8], line: Range<usize>, line_limit: u32) {
        if self.traceback.is_none() && traceback::begins(&input[line.clone()]) {
            self.traceback = Some(Traceback { start: line.start, message_end: self.range.end });
        }
        self.range.end = line.end;
        self.lines += 1;
        if self.lines <= line_limit {
            self.kept_end = line.end;
        }
    }
}

impl Parse<'_> {
    /// Begins a record with a line, whose fields up to the message are in the row.
    #[inline(always)]
    fn begin(&mut self, line: Range<usize>, pattern: Option<usize>, message: usize, batch: &mut Batch) {
        let message = line.start + message;
        let traceback = traceback::begins(&self.input[message.min(line.end)..line.end])
            .then_some(Traceback { start: message, message_end: message });
        self.row.append(batch, line.start);
        self.record = Some(Open {
            first_line_end: line.end,
            kept_end: line.end,
            lines: 1,
            pattern,
            is_ordinary: pattern.is_some_and(|number| self.format.patterns[number].ends_with_message)
                && self.row.no_time().is_none()
                && !batch.keeps_time_places(),
            message,
            traceback,
            range: line,
        });
    }

    /// Ends the record: what is known only now is set in the batch.
    #[inline(always)]
    fn end(&self, batch: &mut Batch) {
        let Some(record) = &self.record else { return };
        let Range { start, end } = record.range;
        if record.is_ordinary && record.kept_end == end && end - start <= batch.limit() as usize {
            let message_end = record.traceback.map_or(end, |traceback| traceback.message_end);
            let span = |from: usize, to: usize| Span::new((from - start) as u32, (to - start) as u32);
            batch.set_last_len(end - start);
            batch.set_last(MESSAGE, span(record.message, message_end));
            if let Some(traceback) = record.traceback {
                batch.set_last(TRACEBACK, span(traceback.start, end));
            }
            return;
        }
        batch.pop();
        self.end_unusual(record, batch);
    }

    /// A record that was cut, or has something behind its message, or does not fit the format. It is read again.
    #[cold]
    #[inline(never)]
    fn end_unusual(&self, record: &Open, batch: &mut Batch) {
        let Range { start, end } = record.range;
        let kept = (record.kept_end - start).min(batch.limit() as usize);
        let text = &self.input[start..start + kept];
        let cut = kept < end - start;
        let row = &mut Row::new(&self.format.schema);
        let times = &mut Times::new();
        // What is known of a first line depends on what is kept of it, so that it is the same for whoever sees no more.
        let fits = record.pattern.filter(|_| record.message - start <= kept);
        let first_line = &text[..(record.first_line_end - start).min(kept)];
        let Some(pattern) = fits.map(|number| &self.format.patterns[number]) else {
            let is_cut = record.first_line_end - start > kept;
            let first = &self.format.patterns[0];
            let diagnosis =
                self.format.matcher(first).line(first_line, row, times).diagnose(0..first.message, 0, is_cut);
            // It is no first line, so something is wrong with it; one that is too long to be one was not read to its end.
            let unknown = Failure { reason: Reason::UnexpectedByte, slot: Slot::Timestamp, at: 0 };
            return row.push(batch, start, end - start, kept, Some(diagnosis.failure.unwrap_or(unknown)));
        };
        let matcher = self.format.matcher(pattern);
        let parts = pattern.template.parts.len();
        let message = record.message - start;
        self.format.up_to_message(pattern, start_of(first_line), row, times);
        let traceback = record.traceback.filter(|traceback| {
            text.get(traceback.start - start..)
                .is_some_and(|rest| Lines::new(rest).next().is_some_and(|line| traceback::begins(&rest[line])))
        });
        let logged = &text[..traceback.map_or(kept, |traceback| traceback.message_end - start)];
        let mut failure = row.no_time();
        if pattern.message < parts {
            if matcher.line(logged, row, times).message_and_rest(pattern.message, message).is_none() {
                let cut = cut && traceback.is_none();
                let diagnosis = matcher.line(logged, row, times).diagnose(pattern.message..parts, message, cut);
                failure = failure.or(diagnosis.failure);
            }
        } else if logged.len() > message {
            // A format without a message: what stands behind the first line is all there is of it.
            row.set(MESSAGE, (message + 1).min(logged.len())..logged.len());
        }
        if let Some(traceback) = traceback {
            row.set(TRACEBACK, traceback.start - start..kept);
        }
        row.push(batch, start, end - start, kept, failure);
    }
}
