//! What is wrong with a line that does not fit its template.
//!
//! From left to right: what can be read stays in the row. A wrong value (a status of two digits, the 30th of February)
//! is told, and reading goes on behind it; where the structure is wrong, reading stops. What was met first is the error.

use std::ops::Range;

use super::matcher::Line;
use super::numbers::integer;
use super::row::Failure;
use super::text::{first_quote, is_filled};
use super::value::Value;
use super::{Literal, Part};
use crate::error::{Reason, Slot};
use crate::timestamp::civil::NoTime;

struct Reader<'t, 'a> {
    line: Line<'t, 'a>,
    /// Whether the record goes on behind the text: a number that ends with it is another number.
    cut: bool,
    failure: Option<Failure>,
}

/// Nothing behind this can be read.
struct Stop;

/// What came of reading a line that does not fit.
pub(crate) struct Diagnosis {
    /// What is wrong, if anything is: a text that was cut may fit.
    pub(crate) failure: Option<Failure>,
    /// Where the last part ended, if it was read.
    pub(crate) end: Option<usize>,
}

impl Line<'_, '_> {
    /// Reads what can be read of these parts, the first of which begins at `at` (with the very first, what stands before
    /// it does), and says what is wrong. `cut`: the record goes on behind the text.
    #[cold]
    #[inline(never)]
    pub(crate) fn diagnose(self, parts: Range<usize>, at: usize, cut: bool) -> Diagnosis {
        let mut reader = Reader { line: self, cut, failure: None };
        let end = reader.read(parts, at).ok();
        Diagnosis { failure: reader.failure, end }
    }
}

impl Reader<'_, '_> {
    fn read(&mut self, range: Range<usize>, at: usize) -> Result<usize, Stop> {
        let parts = self.line.parts();
        let until = range.end;
        let mut at = at;
        if range.start == 0 {
            if self.line.text.is_empty() {
                return self.stop(Reason::EmptyLine, slot(parts, 0), 0);
            }
            at = self.literal(&self.line.matcher.template.before, at, slot(parts, 0))?;
        }
        for number in range {
            let is_open = self.line.matcher.is_open(&parts[number].value);
            at = if is_open { self.open(number, until, at)? } else { self.closed(number, at)? };
        }
        if until == parts.len() && !self.line.may_end_at(at) {
            return self.stop(Reason::UnexpectedByte, slot(parts, until), at);
        }
        Ok(at)
    }

    fn open(&mut self, number: usize, until: usize, at: usize) -> Result<usize, Stop> {
        let (parts, text) = (self.line.parts(), self.line.text);
        let part = &parts[number];
        let quoted = self.line.matcher.template.quotes_are_escaped && part.literal.starts_with_quote();
        // What is tried leaves no trace.
        let before = self.line.row.mark();
        let tried = self.line.open(number, until, at);
        self.line.row.back_to(&before);
        let end = match tried {
            Some((end, ..)) => end,
            None if quoted => match first_quote(text, at) {
                Some(end) => end,
                None => {
                    let opened = at.saturating_sub(usize::from(at > 0 && text[at - 1] == b'"'));
                    return self.stop(Reason::UnterminatedQuote, part.value.slot(), opened);
                }
            },
            None => {
                let mut from = at;
                loop {
                    match part.literal.find(text, from) {
                        Some(end) if is_filled(part.pad, text, at, end) => break end,
                        Some(end) => from = end + 1,
                        None => return self.stop(Reason::Missing, slot(parts, number + 1), text.len()),
                    }
                }
            }
        };
        self.line.put_open(part, at, end);
        self.literal(&part.literal, end, slot(parts, number + 1))
    }

    fn closed(&mut self, number: usize, at: usize) -> Result<usize, Stop> {
        let (parts, text) = (self.line.parts(), self.line.text);
        let part = &parts[number];
        let opened = number.checked_sub(1).map_or(&self.line.matcher.template.before, |before| &parts[before].literal);
        if part.literal.starts_with_quote() && opened.bytes().ends_with(b"\"") && first_quote(text, at).is_none() {
            return self.stop(Reason::UnterminatedQuote, part.value.slot(), at - 1);
        }
        let before = self.line.row.mark();
        let end = self.line.padded(part, at);
        if let Some(end) = end
            && self.line.row.no_time().is_none()
            && !(self.cut && end == text.len())
            && (!part.literal.is_empty() && part.literal.stands_at(text, end) || !self.goes_on(part, end))
        {
            return self.literal(&part.literal, end, slot(parts, number + 1));
        }
        // The value is not what it should be. What it would have set is not to be seen.
        self.line.row.back_to(&before);
        let slot = part.value.slot();
        match text.get(at) {
            None => return self.stop(Reason::Missing, slot, at),
            // Two spaces: what follows may be this value or the next.
            Some(b' ') => return self.stop(Reason::UnexpectedByte, slot, at),
            Some(_) => {}
        }
        let reason = self.why(part, at);
        self.reject(reason, slot, at);
        let literal = if part.literal.is_empty() { &Literal::new(*b" ") } else { &part.literal };
        match literal.find(text, at) {
            Some(end) => Ok(end + part.literal.len()),
            None if part.literal.is_empty() => Ok(text.len()),
            None => Err(Stop),
        }
    }

    /// Whether a value that was read up to `end` goes on there, with something that is not part of it: `20x`.
    fn goes_on(&self, part: &Part, end: usize) -> bool {
        self.line.text.get(end).is_some_and(|&byte| byte > b' ' && Some(&byte) != part.literal.bytes().first())
    }

    /// What is wrong with the value at `at`.
    fn why(&mut self, part: &Part, at: usize) -> Reason {
        let rest = &self.line.text[at..];
        match &part.value {
            Value::Time { time, .. } => match self.line.time(time, rest) {
                Err(NoTime::OutOfRange) => Reason::TimeOutOfRange,
                _ => Reason::InvalidTime,
            },
            Value::Integer { .. } | Value::LevelNumber { .. } => {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let is_cut = self.cut && digits == rest.len();
                if digits > 0 && !is_cut && integer(&rest[..digits]).is_none() {
                    Reason::NumberTooLarge
                } else {
                    Reason::InvalidNumber
                }
            }
            Value::Status { .. } | Value::Decimal { .. } | Value::Decimals { .. } | Value::Thousandths => {
                Reason::InvalidNumber
            }
            _ => Reason::UnexpectedByte,
        }
    }

    /// Expects a literal, behind which the value of `next` should begin.
    fn literal(&mut self, literal: &Literal, at: usize, next: Slot) -> Result<usize, Stop> {
        let rest = self.line.text.get(at..).unwrap_or_default();
        let same = literal.bytes().iter().zip(rest).take_while(|(want, is)| want == is).count();
        if same == literal.len() {
            return Ok(at + same);
        }
        let reason = if same == rest.len() { Reason::Missing } else { Reason::UnexpectedByte };
        self.stop(reason, next, at + same)
    }

    fn reject(&mut self, reason: Reason, slot: Slot, at: usize) {
        self.failure.get_or_insert(Failure { reason, slot, at });
    }

    fn stop<T>(&mut self, reason: Reason, slot: Slot, at: usize) -> Result<T, Stop> {
        self.reject(reason, slot, at);
        Err(Stop)
    }
}

/// What an error at the part of that number is about; behind the last one it is about the last.
fn slot(parts: &[Part], number: usize) -> Slot {
    parts.get(number).or(parts.last()).map_or(Slot::Timestamp, |part| part.value.slot())
}

impl Value {
    fn slot(&self) -> Slot {
        match self {
            Self::Text(field)
            | Self::Word(field)
            | Self::List(field)
            | Self::Request(super::RequestFields { request: field, .. })
            | Self::Integer { field, .. }
            | Self::Status { field, .. }
            | Self::Decimal { field, .. }
            | Self::Decimals { field, .. }
            | Self::Level { field, .. }
            | Self::LevelNumber { field, .. } => Slot::Field(*field),
            Self::Time { .. } | Self::Thousandths | Self::Ignored => Slot::Timestamp,
        }
    }
}
