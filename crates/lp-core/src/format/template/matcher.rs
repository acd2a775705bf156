//! Whether a line fits a template, and which bytes are which value.

use std::ops::Range;

use super::row::Row;
use super::text::{continues_list, first_quote, is_filled, split_request, unpadded};
use super::times::Times;
use super::value::{Levels, Names, Value};
use super::{Part, Template};
use crate::schema::Field;
use crate::timestamp::Zone;

/// How many places behind a message are tried. What follows it is short, so the right one is among the last.
const MOST_PLACES: usize = 64;

/// A template and what is the same for all of its lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matcher<'t> {
    pub(crate) template: &'t Template,
    pub(crate) zone: &'t Zone,
    pub(crate) levels: &'t Levels,
    /// Whether only levels that are known count, whatever the template says.
    pub(crate) known_levels: bool,
}

impl<'t> Matcher<'t> {
    /// A line that is to be read into a row.
    #[inline(always)]
    pub(crate) fn line<'a>(self, text: &'a [u8], row: &'a mut Row, times: &'a mut Times) -> Line<'t, 'a> {
        Line { matcher: self, text, row, times }
    }

    /// Whether only what follows says where a value ends.
    #[inline(always)]
    pub(super) fn is_open(&self, value: &Value) -> bool {
        match value {
            Value::Text(_) | Value::List(_) | Value::Request(_) | Value::Ignored => true,
            Value::Level { names, colon, .. } => !self.known_levels && *names != Names::Known && !*colon,
            _ => false,
        }
    }
}

/// A line, and where to what is read of it goes.
///
/// Methods that return `None` where something does not fit leave the row undefined.
#[derive(Debug)]
pub(crate) struct Line<'t, 'a> {
    pub(super) matcher: Matcher<'t>,
    pub(super) text: &'a [u8],
    pub(super) row: &'a mut Row,
    pub(super) times: &'a mut Times,
}

impl<'t> Line<'t, '_> {
    pub(super) fn parts(&self) -> &'t [Part] {
        &self.matcher.template.parts
    }

    /// Reads the parts from `message` on, the first of which is open and begins at `at`, up to the end of the text, where
    /// the open value is to end at the last place that fits, among so many that a line made for it cannot take long.
    pub(crate) fn message_and_rest(&mut self, message: usize, at: usize) -> Option<()> {
        let parts = self.parts();
        let part = &parts[message];
        if part.literal.is_empty() {
            return self.read(message, parts.len(), at).map(drop);
        }
        let mut tried = 0;
        for place in (at..self.text.len()).rev() {
            if !part.literal.stands_at(self.text, place) || !is_filled(part.pad, self.text, at, place) {
                continue;
            }
            if self.read(message + 1, parts.len(), place + part.literal.len()).is_some() {
                self.put_open(part, at, place);
                return Some(());
            }
            tried += 1;
            if tried > MOST_PLACES {
                break;
            }
        }
        None
    }

    /// Reads the parts before the part `until`, and what stands before the first of them; returns where they end. With
    /// all parts the text must end there, but for something extra where the template allows it.
    #[inline(always)]
    pub(crate) fn parts_before(&mut self, until: usize) -> Option<usize> {
        let first = self.first()?;
        self.read(0, until, first)
    }

    /// As [`parts_before`](Self::parts_before), for templates most of whose values say themselves where they end: for
    /// others there is a call.
    #[inline(always)]
    pub(crate) fn closed_parts_before(&mut self, until: usize) -> Option<usize> {
        let first = self.first()?;
        let (part, at) = self.closed(0, until, first)?;
        if part == until { Some(at) } else { self.open_parts_by_call(part, until, at) }
    }

    /// Where the first part begins.
    #[inline(always)]
    fn first(&self) -> Option<usize> {
        let before = &self.matcher.template.before;
        before.stands_at(self.text, 0).then_some(before.len())
    }

    /// Reads the parts `from..until`, of which the first begins at `at`; returns where they end.
    #[inline(always)]
    fn read(&mut self, from: usize, until: usize, at: usize) -> Option<usize> {
        let (part, at) = self.closed(from, until, at)?;
        if part == until { Some(at) } else { self.open_parts(part, until, at) }
    }

    /// As [`read`](Self::read), where the first part is open, unless there is none.
    #[inline(always)]
    fn open_parts(&mut self, from: usize, until: usize, at: usize) -> Option<usize> {
        let (mut part, mut at) = (from, at);
        while part < until {
            let (end, next, behind) = self.open(part, until, at)?;
            self.put_open(&self.parts()[part], at, end);
            (part, at) = (next, behind);
        }
        Some(at)
    }

    #[inline(never)]
    fn open_parts_by_call(&mut self, from: usize, until: usize, at: usize) -> Option<usize> {
        self.open_parts(from, until, at)
    }

    /// The end of an open value, and where the next one begins: its part, and its place.
    #[inline(always)]
    pub(super) fn open(&mut self, number: usize, until: usize, at: usize) -> Option<(usize, usize, usize)> {
        let (parts, text) = (self.parts(), self.text);
        let part = &parts[number];
        let behind = |end: usize| end + part.literal.len();
        if part.literal.is_empty() {
            // The last one takes the rest.
            return Some((text.len(), until, text.len()));
        }
        if self.matcher.template.quotes_are_escaped && part.literal.starts_with_quote() {
            let end = first_quote(text, at)?;
            if !part.literal.stands_at(text, end) {
                return None;
            }
            let (next, place) = self.closed(number + 1, until, behind(end))?;
            return Some((end, next, place));
        }
        let is_list = matches!(part.value, Value::List(_));
        let mut from = at + part.pad.map_or(0, |pad| pad.width);
        let mark = self.row.mark();
        // The first place that fits with something extra behind the line's last part.
        let mut with_extra = None;
        while let Some(end) = part.literal.find(text, from) {
            if !(is_list && continues_list(text, at, end))
                && is_filled(part.pad, text, at, end)
                && let Some((next, place)) = self.closed(number + 1, until, behind(end))
            {
                if next < parts.len() || place == text.len() {
                    return Some((end, next, place));
                }
                with_extra.get_or_insert(end);
            }
            self.row.back_to(&mark);
            from = end + 1;
        }
        let end = with_extra?;
        let (next, place) = self.closed(number + 1, until, behind(end))?;
        Some((end, next, place))
    }

    /// Reads values that say themselves where they end, with their literals, up to the next open one or to the end.
    /// Returns the part that follows and its place.
    #[inline(always)]
    fn closed(&mut self, from: usize, until: usize, at: usize) -> Option<(usize, usize)> {
        let parts = self.parts();
        let mut at = at;
        let mut number = from;
        while number < until {
            let part = &parts[number];
            if self.matcher.is_open(&part.value) {
                return Some((number, at));
            }
            at = self.padded(part, at)?;
            if !part.literal.stands_at(self.text, at) {
                return None;
            }
            at += part.literal.len();
            number += 1;
        }
        let ends = until < parts.len() || self.may_end_at(at);
        ends.then_some((number, at))
    }

    /// Whether a line may end at `at`, behind its last part.
    pub(super) fn may_end_at(&self, at: usize) -> bool {
        if at == self.text.len() {
            return true;
        }
        // Behind a quote or a bracket anything may follow; behind a number only what does not make it another word.
        let is_closed = self.parts().last().is_none_or(|part| !part.literal.is_empty());
        self.matcher.template.extra.is_some() && (is_closed || self.text.get(at) == Some(&b' '))
    }

    /// Puts an open value of a part, as it stands with what it is filled up with, to its fields.
    #[inline(always)]
    pub(super) fn put_open(&mut self, part: &Part, start: usize, end: usize) {
        let text = self.text;
        let range = unpadded(part.pad, text, start, end);
        match part.value {
            Value::Text(field) | Value::List(field) if self.matcher.template.dash_is_nothing => {
                self.row.set_or_dash(field, text, range);
            }
            Value::Text(field) | Value::List(field) => self.row.set(field, range),
            Value::Level { field, names, .. } => self.put_level(field, names, range),
            Value::Request(fields) => {
                let Some((method, protocol)) = split_request(&text[range.clone()]) else {
                    return self.row.set_or_dash(fields.request, text, range);
                };
                self.row.set(fields.method, range.start..range.start + method);
                self.row.set(fields.path, range.start + method + 1..range.start + protocol - 1);
                self.row.set(fields.protocol, range.start + protocol..range.end);
            }
            _ => {}
        }
    }

    /// A level that may be any text.
    #[inline(always)]
    fn put_level(&mut self, field: Field, names: Names, range: Range<usize>) {
        let (levels, text) = (self.matcher.levels, &self.text[range.clone()]);
        let read = levels.read(text, names).filter(|&(_, len)| len == text.len());
        let cut = || levels.cut(text).filter(|_| names == Names::Cut && !text.is_empty());
        let severity = read.and_then(|(severity, _)| severity).or_else(cut).or(self.row.severity());
        self.row.set_severity(severity);
        self.row.set(field, range);
    }
}
