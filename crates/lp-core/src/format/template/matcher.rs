//! Whether a line fits a template, and which bytes are which value.

use std::ops::Range;

use memchr::{memchr_iter, memrchr};

use super::literal::find_near;
use super::row::Row;
use super::value::{Align, Levels, Names, Pad, Time, Value};
use super::{Part, Template, severity_of_level};
use crate::severity::Severity;
use crate::timestamp::civil::{self, NoTime};
use crate::timestamp::minute::MinuteCache;
use crate::timestamp::{Timestamp, Zone, clf, epoch};

/// What is kept of the times of the lines before, so that those of the same minute are read faster.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    minute: MinuteCache,
    clf: ClfCache,
}

impl Times {
    pub(crate) const fn new() -> Self {
        Self { minute: MinuteCache::new(), clf: ClfCache { text: [0; clf::LEN], seconds: 0 } }
    }
}

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
    /// the open value is to end at the last place that fits.
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
        let mut place = text.len();
        while place > at {
            place -= 1;
            if part.literal.stands_at(text, place)
                && is_filled(part.pad, text, at, place)
                && self.parts(message + 1, parts.len(), place + part.literal.len(), text, row, times).is_some()
            {
                self.put_open(&part.value, text, unpadded(part.pad, text, at, place), row);
                return Some(());
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
        let fills = |at: usize| text.get(at..).unwrap_or_default().iter().take_while(|&&byte| byte == pad.fill).count();
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
                let len = decimals(rest);
                if len == 0 {
                    return no_number(rest, field, empty, row);
                }
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
                row.set_severity(read.and_then(|(severity, _)| severity).or(row.severity()));
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

/// The length of what has the shape of a time, but is none.
#[cold]
fn impossible(time: &Time, rest: &[u8], why: NoTime) -> Option<usize> {
    match time {
        _ if why == NoTime::Shape => None,
        Time::Iso => civil::len_of_impossible(rest),
        Time::Clf => Some(clf::LEN),
        Time::Epoch | Time::Format(_) => None,
    }
}

/// The last time of the common log format, so that one of the same minute needs only its second read.
#[derive(Clone, Debug)]
struct ClfCache {
    text: [u8; clf::LEN],
    /// Seconds since the epoch of the minute's first second.
    seconds: i64,
}

impl ClfCache {
    #[inline(always)]
    fn read(&mut self, rest: &[u8]) -> Result<Timestamp, NoTime> {
        let text: &[u8; clf::LEN] = rest.first_chunk().ok_or(NoTime::Shape)?;
        let (tens, ones) = (text[18].wrapping_sub(b'0'), text[19].wrapping_sub(b'0'));
        if text[..18] != self.text[..18] || text[20..] != self.text[20..] || tens > 5 || ones > 9 {
            return self.read_other(text);
        }
        Timestamp::from_seconds(self.seconds + i64::from(tens * 10 + ones)).ok_or(NoTime::OutOfRange)
    }

    #[cold]
    fn read_other(&mut self, text: &[u8; clf::LEN]) -> Result<Timestamp, NoTime> {
        if !clf::has_shape(text) {
            return Err(NoTime::Shape);
        }
        let seconds = clf::parse(text).ok_or(NoTime::Impossible)?;
        let second = i64::from(text[18] - b'0') * 10 + i64::from(text[19] - b'0');
        self.text = *text;
        self.seconds = seconds - second;
        Timestamp::from_seconds(seconds).ok_or(NoTime::OutOfRange)
    }
}

/// Where the method ends and where the protocol begins in `METHOD target HTTP/x`; `None` for any other text. The
/// target may hold spaces.
#[inline(always)]
fn split_request(text: &[u8]) -> Option<(usize, usize)> {
    let first = find_near(b' ', text)?;
    // `HTTP/1.1` is what stands at the end of nearly every request.
    let last = match text.last_chunk::<9>() {
        Some([b' ', b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9']) => text.len() - 9,
        _ => memrchr(b' ', text)?,
    };
    let fits = first > 0 && last > first + 1 && text[last + 1..].starts_with(b"HTTP/");
    fits.then_some((first, last + 1))
}

/// The first quote from `from` on that has an even number of backslashes before it.
#[inline(always)]
pub(super) fn first_quote(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    // Nearly always it is the first one.
    let quote = from + find_near(b'"', rest)?;
    if quote == from || text[quote - 1] != b'\\' {
        return Some(quote);
    }
    memchr_iter(b'"', rest).map(|quote| from + quote).find(|&quote| {
        let backslashes = text[from..quote].iter().rev().take_while(|&&byte| byte == b'\\').count();
        backslashes % 2 == 0
    })
}

/// Whether the place is within a list: `10.0.0.1, 10.0.0.2`, `0.1 : 0.2`.
pub(super) fn continues_list(text: &[u8], start: usize, end: usize) -> bool {
    let before = &text[start..end];
    text[end] == b' '
        && (before.ends_with(b",") || before.ends_with(b" :") || text[end..].starts_with(b" : ") || before == b":")
}

/// Whether a value that is filled up to a width may end at `end`.
pub(super) fn is_filled(pad: Option<Pad>, text: &[u8], start: usize, end: usize) -> bool {
    pad.is_none_or(|pad| characters(&text[start..end]) >= pad.width)
}

/// A value without what it was filled up with.
pub(super) fn unpadded(pad: Option<Pad>, text: &[u8], start: usize, end: usize) -> Range<usize> {
    let Some(pad) = pad else { return start..end };
    let (mut start, mut end) = (start, end);
    if characters(&text[start..end]) > pad.width {
        return start..end;
    }
    while pad.align != Align::Left && start < end && text[start] == pad.fill {
        start += 1;
    }
    while pad.align != Align::Right && start < end && text[end - 1] == pad.fill {
        end -= 1;
    }
    start..end
}

/// How many characters bytes are; each that is not UTF-8 counts as one or none.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
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

/// Whether a byte may be part of a name: of a logger, a file, a function, a process.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'<' | b'>' | b'/' | b'$' | 0x80..)
}

/// The integer at the beginning of a text, below 2⁶⁴−1.
#[inline(always)]
pub(super) fn integer(rest: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0_u64;
    let mut len = 0;
    while let Some(digit) = rest.get(len).map(|byte| byte.wrapping_sub(b'0')).filter(|&digit| digit < 10) {
        // Nineteen digits cannot overflow.
        number = if len < 19 {
            number * 10 + u64::from(digit)
        } else {
            number.checked_mul(10)?.checked_add(u64::from(digit))?
        };
        len += 1;
    }
    (len > 0 && number != crate::batch::NO_NUMBER).then_some((number, len))
}

/// The length of the number at the beginning of a text: digits, perhaps with a fraction.
#[inline(always)]
fn decimal(rest: &[u8]) -> Option<usize> {
    let digits =
        |from: usize| rest.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(0);
    if whole == 0 {
        return None;
    }
    let fraction = if rest.get(whole) == Some(&b'.') { digits(whole + 1) } else { 0 };
    Some(if fraction > 0 { whole + 1 + fraction } else { whole })
}

/// The length of a list of numbers and dashes.
fn decimals(rest: &[u8]) -> usize {
    let mut len = 0;
    loop {
        let item = rest.get(len..).unwrap_or_default();
        let item_len = match decimal(item) {
            Some(len) => len,
            None if item.first() == Some(&b'-') => 1,
            None => return len.saturating_sub(separator(rest, len)),
        };
        len += item_len;
        let behind = &rest[len..];
        if behind.starts_with(b", ") {
            len += 2;
        } else if behind.starts_with(b" : ") {
            len += 3;
        } else {
            return len;
        }
    }
}

/// The length of the separator that ends at `end`.
fn separator(rest: &[u8], end: usize) -> usize {
    let before = &rest[..end];
    if before.ends_with(b" : ") {
        3
    } else if before.ends_with(b", ") {
        2
    } else {
        0
    }
}

/// Thousandths of a second as nanoseconds, with how many digits behind the second they are, and their length.
fn thousandths(rest: &[u8]) -> Option<(i64, u8, usize)> {
    let len = decimal(rest)?;
    let (whole, whole_len) = integer(rest)?;
    let whole = i64::try_from(whole).ok().filter(|&whole| whole < 1000)?;
    let fraction = rest.get(whole_len + 1..len).unwrap_or_default();
    let mut nanos = whole * 1_000_000;
    let mut unit = 1_000_000;
    for digit in fraction.iter().take(6) {
        unit /= 10;
        nanos += i64::from(digit - b'0') * unit;
    }
    Some((nanos, 3 + fraction.len().min(6) as u8, len))
}
