//! Lines of an application: a time and a message.
//!
//! ```text
//! [2025-11-06 10:30:15] Processing request...
//! 2025-11-06T10:30:15.123Z a message that has
//! two lines
//! ```
//!
//! The time is a date and a time of day as ISO 8601 and its relatives write them: with `-` or `/`, with a space or a `T`
//! between, perhaps with a fraction, perhaps with an offset. It stands in brackets, or a space or the end of the line
//! follows it. Behind it one space is not part of the message.
//!
//! A record begins with a line that begins with a time. Other lines belong to the message of the record before.

use crate::batch::{Batch, Draft};
use crate::error::{Reason, Slot};
use crate::format::Format;
use crate::lines::{MultiLine, MultiLines};
use crate::schema::{Field, FieldDef, Kind, Schema};
use crate::timestamp::Zone;
use crate::timestamp::civil::{self, Civil, NoTime, Read};
use crate::timestamp::minute::MinuteCache;

/// `message`: all that follows the time; may have several lines.
pub const MESSAGE: Field = Field::new(0);

static FIELDS: [FieldDef; 1] = [FieldDef::required("message", Kind::Verbatim)];

static SCHEMA: Schema = Schema::from_static(&FIELDS);

/// A log of times and messages; see the [module](self).
#[derive(Clone, Debug)]
pub struct App {
    zone: Zone,
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

impl App {
    /// A log whose times are in UTC where they have no offset.
    #[must_use]
    pub fn new() -> Self {
        Self { zone: Zone::UTC }
    }

    /// With the zone of the times that have no offset.
    #[must_use]
    pub fn with_zone(self, zone: Zone) -> Self {
        Self { zone }
    }
}

impl Format for App {
    fn schema(&self) -> &Schema {
        &SCHEMA
    }

    fn parse(&self, input: &[u8], batch: &mut Batch) -> usize {
        batch.begin(&SCHEMA);
        let mut minute = MinuteCache::new();
        let mut minute_of_next = MinuteCache::new();
        let starts = |line: &[u8]| {
            starts_record(line, |text| match minute_of_next.read(text, &self.zone) {
                Ok(read) => Some(read.len),
                Err(_) => iso_len(text),
            })
        };
        let mut records = MultiLines::new(input, batch.line_limit(), starts);
        while !batch.is_full()
            && let Some(record) = records.next()
        {
            self.record(input, record, &mut minute, batch);
        }
        records.position()
    }

    fn starts_record(&self, line: &[u8]) -> bool {
        starts_record(line, iso_len)
    }

    fn is_multiline(&self) -> bool {
        true
    }
}

impl App {
    fn record(&self, input: &[u8], record: MultiLine, minute: &mut MinuteCache, batch: &mut Batch) {
        let MultiLine { range, first_line_end, kept } = record;
        let first_line = first_line_end - range.start;
        let text = &input[range.clone()];
        let text = &text[..kept.min(batch.limit() as usize).min(text.len())];
        let line = &text[..first_line.min(text.len())];
        let cut = line.len() < first_line;
        let mut draft = batch.push_kept(range, kept);
        match Line::read(line, cut, &self.zone, minute, &mut draft) {
            Ok(message) => draft.set(MESSAGE, message..text.len()),
            Err((reason, slot, at)) => draft.reject(reason, slot, at),
        }
    }
}

/// The first line of a record.
struct Line<'a> {
    /// What follows the bracket, if there is one.
    text: &'a [u8],
    is_bracketed: bool,
}

impl<'a> Line<'a> {
    fn new(line: &'a [u8]) -> Self {
        match line.strip_prefix(b"[") {
            Some(text) => Self { text, is_bracketed: true },
            None => Self { text: line, is_bracketed: false },
        }
    }

    /// Reads the time; returns where the message begins.
    fn read(
        line: &'a [u8],
        cut: bool,
        zone: &Zone,
        minute: &mut MinuteCache,
        draft: &mut Draft<'_>,
    ) -> Result<usize, (Reason, Slot, usize)> {
        if line.is_empty() {
            return Err((Reason::EmptyLine, Slot::Timestamp, 0));
        }
        let this = Self::new(line);
        let start = line.len() - this.text.len();
        let (time, len) = this.time(zone, minute);
        let mut end = start + len;
        let may_be_offset = |byte: &u8| matches!(byte, b' ' | b'+' | b'-' | b':' | b'0'..=b'9');
        if cut && line[end..].iter().all(may_be_offset) {
            // Where the line was cut in a time or its offset, what is left of it is another time.
            return Err((Reason::InvalidTime, Slot::Timestamp, start));
        }
        match time {
            Ok(read) => {
                draft.set_timestamp(read.timestamp, read.fraction_digits);
                draft.set_time_place(start..end);
            }
            Err(NoTime::OutOfRange) => draft.reject(Reason::TimeOutOfRange, Slot::Timestamp, start),
            Err(NoTime::Shape | NoTime::Impossible) => return Err((Reason::InvalidTime, Slot::Timestamp, start)),
        }
        match (line.get(end), this.is_bracketed) {
            (Some(b']'), true) => end += 1,
            (Some(b' ') | None, false) => {}
            (Some(_), _) => return Err((Reason::UnexpectedByte, Slot::Field(MESSAGE), end)),
            (None, true) => return Err((Reason::Missing, Slot::Field(MESSAGE), end)),
        }
        Ok(end + usize::from(line.get(end) == Some(&b' ')))
    }

    /// Reads the time, and says how long its text is; 0 where there is none.
    fn time(&self, zone: &Zone, minute: &mut MinuteCache) -> (Result<Read, NoTime>, usize) {
        let time = minute.read(self.text, zone);
        let len = match time {
            Ok(read) => read.len,
            Err(NoTime::OutOfRange) => iso_len(self.text).unwrap_or(0),
            Err(NoTime::Shape | NoTime::Impossible) => 0,
        };
        let stands = matches!(self.text.get(len), None | Some(b' '));
        if stands || self.is_bracketed {
            return (time, len);
        }
        // What looks like an offset behind a space may be the message: `10:30:15 +1000000 points`.
        match civil::local(self.text) {
            Ok(local) if self.text.get(local.len) == Some(&b' ') => {
                let Civil { fraction_digits, len, .. } = local;
                (local.timestamp(zone).map(|timestamp| Read { timestamp, fraction_digits, len }), len)
            }
            _ => (time, len),
        }
    }
}

/// Whether a line begins with a time, and what must follow does. If it is a day that no calendar has, a time it is.
fn starts_record(line: &[u8], mut iso_len: impl FnMut(&[u8]) -> Option<usize>) -> bool {
    let Line { text, is_bracketed } = Line::new(line);
    if !text.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let behind = if is_bracketed { b']' } else { b' ' };
    let stands = |len| text.get(len).map_or(!is_bracketed, |&byte| byte == behind);
    if iso_len(text).is_some_and(stands) {
        return true;
    }
    match civil::local(text) {
        Ok(local) => text.get(local.len) == Some(&behind),
        Err(no_time) => no_time == NoTime::Impossible,
    }
}

/// The length of the time that a text begins with.
fn iso_len(text: &[u8]) -> Option<usize> {
    civil::iso(text).ok().map(|civil| civil.len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_start_a_record() {
        let starts = |line: &str| App::new().starts_record(line.as_bytes());
        for line in [
            "2025-11-06 10:30:15 x",
            "2025/11/06 10:30:15 ",
            "2025-11-06T10:30:15.123Z x",
            "2025-11-06 10:30:15,123 x",
            "2025-11-06 10:30:15 +0100 x",
            "2025-11-06 10:30:15 +01000 x",
            "2025-11-06 10:30:15 +9900 x",
            "2025-13-06 10:30:15 x",
            "9999-11-06T10:30:15Z x",
            "[2025-11-06 10:30:15] x",
            "[2025-11-06 10:30:15]x",
            "[2025-11-06 10:30:15]",
            "[2025-11-06 10:30:15.123456 +01:00]",
            "[2025-13-06 10:30:15",
            "2025-11-06 10:30:15",
            "2025-11-06T10:30:15.5+01:00",
        ] {
            assert!(starts(line), "{line:?}");
        }
        for line in [
            "",
            "x",
            " 2025-11-06 10:30:15 x",
            "2025-11-06",
            "2025-11-06 10:30:15x",
            "2025-11-06 10:30:15, x",
            "2025-11-06T10:30:15+99 x",
            "[2025-11-06 10:30:15",
            "[2025-11-06 10:30:15 ",
            "[2025-11-06 10:30:15 x] y",
            "[2025-11-06 10:30:15 +9900] y",
            "[[2025-11-06 10:30:15] x",
        ] {
            assert!(!starts(line), "{line:?}");
        }
    }
}
