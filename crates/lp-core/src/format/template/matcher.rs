//! Whether a line fits a template, and which bytes are which value.

use std::ops::Range;

use super::numbers::{decimal, decimals, integer, thousandths};
use super::row::Row;
use super::text::{characters, continues_list, first_quote, is_filled, is_word, split_request, unpadded};
use super::times::{Times, impossible};
use super::value::{Align, Levels, Names, Pad, Time, Value};
use super::{Part, Template, severity_of_level};
use crate::severity::Severity;
use crate::timestamp::civil::NoTime;
use crate::timestamp::{Timestamp, Zone, clf, epoch};

/// How many places behind a message are tried. What follows it is short, so the right one is among the last.
const MOST_PLACES: usize = 64;

/// Bytes of a text that are looked at for a time. It is read from every place where the value before it may end, so that
/// without a bound a fraction could be read again and again.
const LONGEST_TIME: usize = 1024;

/// A template and what is the same for all of its lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matcher<'t> {
    pub(crate) template: &'t Template,
    pub(crate) zone: &'t Zone,
    pub(crate) levels: &'t Levels,
    /// Whether only levels that are known count, whatever the template says.
    pub(crate) known_levels: bool,
}

impl Matcher<'_> {
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

/// A value that was read.
pub(super) struct Found {
    /// How many bytes it has.
    pub(super) len: usize,
}

impl<'t> Matcher<'t> {
    /// Reads the parts from `message` on, the first of which is open and begins at `at`, up to the end of the text, where
    /// the open value is to end at the last place that fits, among so many that a line made for it cannot take long.
    pub(crate) fn message_and_rest(
        &self,
        message: usize,
        at: usize,
        text: &[u8],
        row: &mut Row,
        times: &mut Times,
    ) -> Option<()> {
        let parts = &self.template.parts;
        let part = &parts[message];
        if part.literal.is_empty() {
            return self.parts(message, parts.len(), at, text, row, times).map(drop);
        }
        let mut tried = 0;
        for place in (at..text.len()).rev() {
            if !part.literal.stands_at(text, place) || !is_filled(part.pad, text, at, place) {
                continue;
            }
            if self.parts(message + 1, parts.len(), place + part.literal.len(), text, row, times).is_some() {
                self.put_open(&part.value, text, unpadded(part.pad, text, at, place), row);
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
    ///
    /// Where it is `None`, what stands in the row is undefined.
    #[inline(always)]
    pub(crate) fn parts_before(&self, until: usize, text: &[u8], row: &mut Row, times: &mut Times) -> Option<usize> {
        if !self.template.before.stands_at(text, 0) {
            return None;
        }
        self.parts(0, until, self.template.before.len(), text, row, times)
    }

    /// Reads the parts `from..until`, of which the first begins at `at`; returns where they end.
    #[inline(always)]
    pub(crate) fn parts(
        &self,
        from: usize,
        until: usize,
        at: usize,
        text: &[u8],
        row: &mut Row,
        times: &mut Times,
    ) -> Option<usize> {
        let (part, at) = self.closed(from, until, at, text, row, times)?;
        if part == until { Some(at) } else { self.open_parts(part, until, at, text, row, times) }
    }

    /// As [`parts`](Self::parts), where the first part is open, unless there is none.
    #[inline(always)]
    fn open_parts(
        &self,
        from: usize,
        until: usize,
        at: usize,
        text: &[u8],
        row: &mut Row,
        times: &mut Times,
    ) -> Option<usize> {
        let (mut part, mut at) = (from, at);
        while part < until {
            let open = &self.template.parts[part];
            let (end, next, behind) = self.open(part, until, at, text, row, times)?;
            self.put_open(&open.value, text, unpadded(open.pad, text, at, end), row);
            (part, at) = (next, behind);
        }
        Some(at)
    }

    /// As [`parts_before`](Self::parts_before), for templates most of whose values say themselves where they end: for
    /// others there is a call.
    #[inline(always)]
    pub(crate) fn closed_parts_before(
        &self,
        until: usize,
        text: &[u8],
        row: &mut Row,
        times: &mut Times,
    ) -> Option<usize> {
        if !self.template.before.stands_at(text, 0) {
            return None;
        }
        let (part, at) = self.closed(0, until, self.template.before.len(), text, row, times)?;
        if part == until { Some(at) } else { self.open_parts_by_call(part, until, at, text, row, times) }
    }

    #[inline(never)]
    fn open_parts_by_call(
        &self,
        from: usize,
        until: usize,
        at: usize,
        text: &[u8],
        row: &mut Row,
        times: &mut Times,
    ) -> Option<usize> {
        self.open_parts(from, until, at, text, row, times)
    }

    /// The end of an open value, and where the next one begins: its part, and its place.
    #[inline(always)]
    pub(super) fn open(
        &self,
        number: usize,
        until: usize,
        at: usize,
        text: &[u8],
        row: &mut Row,
        times: &mut Times,
    ) -> Option<(usize, usize, usize)> {
        let part = &self.template.parts[number];
        let behind = |end: usize| end + part.literal.len();
        if part.literal.is_empty() {
            // The last one takes the rest.
            return Some((text.len(), until, text.len()));
        }
        if self.template.quotes_are_escaped && part.literal.starts_with_quote() {
            let end = first_quote(text, at)?;
            if !part.literal.stands_at(text, end) {
                return None;
            }
            let (next, place) = self.closed(number + 1, until, behind(end), text, row, times)?;
            return Some((end, next, place));
        }
        let is_list = matches!(part.value, Value::List(_));
        let mut from = at + part.pad.map_or(0, |pad| pad.width);
        let mark = row.mark();
        // The first place that fits with something extra behind the line's last part.
        let mut with_extra = None;
        while let Some(end) = part.literal.find(text, from) {
            if !(is_list && continues_list(text, at, end))
                && is_filled(part.pad, text, at, end)
                && let Some((next, place)) = self.closed(number + 1, until, behind(end), text, row, times)
            {
                if next < self.template.parts.len() || place == text.len() {
                    return Some((end, next, place));
                }
                with_extra.get_or_insert(end);
            }
            row.back_to(&mark);
            from = end + 1;
        }
        let end = with_extra?;
        let (next, place) = self.closed(number + 1, until, behind(end), text, row, times)?;
        Some((end, next, place))
    }

    /// Reads values that say themselves where they end, with their literals, up to the next open one or to the end.
    /// Returns the part that follows and its place.
    #[inline(always)]
    fn closed(
        &self,
        from: usize,
        until: usize,
        at: usize,
        text: &[u8],
        row: &mut Row,
        times: &mut Times,
    ) -> Option<(usize, usize)> {
        let mut at = at;
        let mut number = from;
        while number < until {
            let part = &self.template.parts[number];
            if self.is_open(&part.value) {
                return Some((number, at));
            }
            at = self.padded(part, text, at, row, times)?;
            if !part.literal.stands_at(text, at) {
                return None;
            }
            at += part.literal.len();
            number += 1;
        }
        let ends = until < self.template.parts.len() || self.may_end_at(text, at);
        ends.then_some((number, at))
    }

    /// Whether a line may end at `at`, behind its last part.
    pub(super) fn may_end_at(&self, text: &[u8], at: usize) -> bool {
        if at == text.len() {
            return true;
        }
        // Behind a quote or a bracket anything may follow; behind a number only what does not make it another word.
        let is_closed = self.template.parts.last().is_none_or(|part| !part.literal.is_empty());
        self.template.extra.is_some() && (is_closed || text.get(at) == Some(&b' '))
    }

    #[inline(always)]
    pub(super) fn padded(
        &self,
        part: &Part,
        text: &[u8],
        at: usize,
        row: &mut Row,
        times: &mut Times,
    ) -> Option<usize> {
        let Some(pad) = part.pad else {
            return Some(at + self.value(&part.value, text, at, row, times)?.len);
        };
        self.filled(part, pad, text, at, row, times)
    }

    #[inline(never)]
    fn filled(&self, part: &Part, pad: Pad, text: &[u8], at: usize, row: &mut Row, times: &mut Times) -> Option<usize> {
        // More than the width before the value is too much, and behind it no more is wanted.
        let fills = |at: usize| {
            let rest = text.get(at..).unwrap_or_default();
            rest.iter().take(pad.width + 1).take_while(|&&byte| byte == pad.fill).count()
        };
        let before = if pad.align == Align::Left { 0 } else { fills(at) };
        let start = at + before;
        let value = self.value(&part.value, text, start, row, times)?;
        let chars = characters(&text[start..start + value.len]);
        let missing = pad.width.saturating_sub(before + chars);
        let behind = if pad.align == Align::Right { 0 } else { missing };
        let fits = fills(start + value.len) >= behind && (before == 0 || before + chars + behind == pad.width);
        (fits && before + chars + behind >= pad.width).then_some(start + value.len + behind)
    }

    /// Reads a value that says itself where it ends.
    #[inline(always)]
    pub(super) fn value(
        &self,
        value: &Value,
        text: &[u8],
        at: usize,
        row: &mut Row,
        times: &mut Times,
    ) -> Option<Found> {
        let rest = text.get(at..)?;
        let len = match *value {
            Value::Time { ref time, shown, text: field } => {
                let rest = &rest[..rest.len().min(LONGEST_TIME)];
                let (timestamp, fraction_digits, len) = match self.time(time, rest, times) {
                    Ok(read) => read,
                    Err(why) => {
                        let len = impossible(time, rest, why)?;
                        row.set_no_time(why, at);
                        return Some(Found { len });
                    }
                };
                if shown && let Some(timestamp) = timestamp {
                    row.set_time(timestamp, fraction_digits, at..at + len);
                }
                if let Some(field) = field {
                    row.set(field, at..at + len);
                }
                len
            }
            Value::Level { field, names, colon } => {
                let (severity, len) = self.levels.read(rest, names)?;
                row.set_severity(severity.or(row.severity()));
                row.set(field, at..at + len);
                if colon && rest.get(len) != Some(&b':') {
                    return None;
                }
                len + usize::from(colon)
            }
            Value::Word(field) => {
                let len = rest.iter().take_while(|&&byte| is_word(byte)).count();
                if len == 0 {
                    return None;
                }
                row.set(field, at..at + len);
                len
            }
            Value::LevelNumber { field, number } => {
                let (value, len) = integer(rest)?;
                row.set_severity(row.severity().or(severity_of_level(value)));
                row.set(field, at..at + len);
                row.set_number(number, value);
                len
            }
            Value::Status { field, number, empty } => match *rest {
                [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', ..] => {
                    let [a, b, c] = [a, b, c].map(|digit| u16::from(digit - b'0'));
                    let status = a * 100 + b * 10 + c;
                    row.set(field, at..at + 3);
                    row.set_number(number, u64::from(status));
                    row.set_severity(Some(Severity::from_status(status)));
                    3
                }
                _ => return no_number(rest, field, empty, row),
            },
            Value::Integer { field, number, empty } => {
                let Some((value, len)) = integer(rest) else { return no_number(rest, field, empty, row) };
                row.set(field, at..at + len);
                row.set_number(number, value);
                len
            }
            Value::Decimal { field, empty } => {
                let Some(len) = decimal(rest) else { return no_number(rest, field, empty, row) };
                row.set(field, at..at + len);
                len
            }
            Value::Decimals { field, empty } => {
                let Some(len) = decimals(rest) else { return no_number(rest, field, empty, row) };
                row.set_or_dash(field, text, at..at + len);
                len
            }
            Value::Thousandths => {
                let (thousandths, digits, len) = thousandths(rest)?;
                row.add_to_time(thousandths, digits, at + len);
                len
            }
            Value::Text(_) | Value::List(_) | Value::Request(_) | Value::Ignored => return None,
        };
        Some(Found { len })
    }

    /// Puts the text of an open value to its fields.
    #[inline(always)]
    pub(super) fn put_open(&self, value: &Value, text: &[u8], range: Range<usize>, row: &mut Row) {
        match *value {
            Value::Text(field) | Value::List(field) if self.template.dash_is_nothing => {
                row.set_or_dash(field, text, range);
            }
            Value::Text(field) | Value::List(field) => row.set(field, range),
            Value::Level { field, names, .. } => {
                let read = self.levels.read(&text[range.clone()], names).filter(|&(_, len)| len == range.len());
                let cut = || self.levels.cut(&text[range.clone()]).filter(|_| names == Names::Cut && !range.is_empty());
                row.set_severity(read.and_then(|(severity, _)| severity).or_else(cut).or(row.severity()));
                row.set(field, range);
            }
            Value::Request(fields) => {
                let Some((method, protocol)) = split_request(&text[range.clone()]) else {
                    return row.set_or_dash(fields.request, text, range);
                };
                row.set(fields.method, range.start..range.start + method);
                row.set(fields.path, range.start + method + 1..range.start + protocol - 1);
                row.set(fields.protocol, range.start + protocol..range.end);
            }
            _ => {}
        }
    }

    /// The time at the beginning of a text, how many digits it has behind the second, and its length.
    #[inline(always)]
    pub(super) fn time(
        &self,
        time: &Time,
        rest: &[u8],
        times: &mut Times,
    ) -> Result<(Option<Timestamp>, u8, usize), NoTime> {
        match time {
            Time::Iso => {
                let read = times.minute.read(rest, self.zone)?;
                Ok((Some(read.timestamp), read.fraction_digits, read.len))
            }
            Time::Clf => Ok((Some(times.clf.read(rest)?), 0, clf::LEN)),
            Time::Epoch => {
                let read = epoch::epoch(rest)?;
                Ok((Some(read.timestamp), read.fraction_digits, read.len))
            }
            Time::Format(format) => {
                let read = format.read_near(rest, self.zone, &mut times.minute)?;
                Ok((read.timestamp, read.fraction_digits, read.len))
            }
        }
    }
}

/// A dash in the place of a number, or nothing where nothing may stand for none.
#[cold]
fn no_number(rest: &[u8], field: crate::schema::Field, empty: bool, row: &mut Row) -> Option<Found> {
    match rest.first() {
        Some(b'-') if !rest.get(1).is_some_and(u8::is_ascii_digit) => {
            row.set_dash(field);
            Some(Found { len: 1 })
        }
        _ => empty.then_some(Found { len: 0 }),
    }
}
