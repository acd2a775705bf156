//! What the members that were found say: time, severity, message, and whether there is something wrong with them.

use std::ops::Range;

use super::found::{Found, Member};
use super::names::{self, Role};
use super::text::Short;
use super::{Json, MEMBERS, MESSAGE, PIECES, SEVERITY_TEXT, pieces};
use crate::batch::{Batch, Flags, Head};
use crate::error::{Reason, Slot};
use crate::format::template::severity_of_level;
use crate::severity::Severity;
use crate::span::Span;
use crate::timestamp::civil::{NoTime, Read};
use crate::timestamp::minute::MinuteCache;
use crate::timestamp::{Timestamp, Zone, clf, epoch};

/// Appends the record of a line that is an object. `text` is what the batch takes of the line.
#[inline(always)]
pub(super) fn store(
    text: &[u8],
    found: &Found,
    line: Range<usize>,
    json: &Json,
    minute: &mut MinuteCache,
    batch: &mut Batch,
) {
    let is_usual = text.len() < batch.limit() as usize && found.duplicate.is_none() && !batch.keeps_time_places();
    if !is_usual || Meaning::new(text, found, json, minute).store(text, line.start, batch).is_none() {
        store_unusual(text, found, line, json, minute, batch);
    }
}

/// As [`store`], for a record that has something unusual: it reads the members again, so that what they mean need not be
/// in memory for all others.
#[cold]
#[inline(never)]
fn store_unusual(
    text: &[u8],
    found: &Found,
    line: Range<usize>,
    json: &Json,
    minute: &mut MinuteCache,
    batch: &mut Batch,
) {
    Meaning::new(text, found, json, minute).store_any(text, found, line, batch);
}

/// A time, and how many digits it has behind the second.
#[derive(Clone, Copy)]
struct Time {
    timestamp: Timestamp,
    fraction_digits: u8,
}

/// The meaning of a line that is an object.
struct Meaning {
    time: Result<Option<Time>, Reason>,
    severity: Option<Severity>,
    /// The members that are the record's time, severity and message, and so none of the others.
    used: [Option<Member>; 3],
    message: Span,
    /// The value of a member `severity` that is none.
    severity_text: Span,
}

impl Meaning {
    #[inline(always)]
    fn new(text: &[u8], found: &Found, json: &Json, minute: &mut MinuteCache) -> Self {
        let time_member = found.get(Role::Time);
        let time = match time_member {
            Some(member) => time(text, member, &json.zone, minute),
            None => Ok(None),
        };
        let (mut severity, mut level_member, mut severity_text) = (None, None, Span::ABSENT);
        match found.get(Role::Level) {
            Some(member) => match level(value(text, member), &json.levels) {
                Ok(level) => (severity, level_member) = (level, Some(member)),
                Err(NoLevel) if found.is_own(Role::Level) => {
                    severity_text = span(member.value(text));
                    level_member = Some(member);
                }
                Err(NoLevel) => {}
            },
            None => {
                let status = |role| found.get(role).and_then(|member| status(value(text, member)));
                severity = status(Role::Status).or_else(|| status(Role::StatusCode)).map(Severity::from_status);
            }
        }
        let time_member = time_member.filter(|_| time.is_ok());
        let message_member = found.get(Role::Message);
        let message = match message_member {
            Some(member) => {
                let place = member.value(text);
                if text.get(place.start) == Some(&b'n') { Span::ABSENT } else { span(place) }
            }
            None => Span::ABSENT,
        };
        Self { time, severity, used: [time_member, level_member, message_member], message, severity_text }
    }

    /// Appends the record to a batch, if there is nothing unusual about it. `start` is where its line begins, `text` all
    /// of the line.
    #[inline(always)]
    fn store(self, text: &[u8], start: usize, batch: &mut Batch) -> Option<()> {
        let time = self.time.ok()?;
        if self.severity_text != Span::ABSENT {
            return None;
        }
        let head = Head {
            start,
            len: text.len() as u32,
            severity: self.severity,
            fraction_digits: time.map_or(0, |time| time.fraction_digits),
            flags: if time.is_some() { Flags::TIME } else { Flags::NONE },
            timestamp: time.map_or(Timestamp::EPOCH, |time| time.timestamp),
        };
        let [h0, h1, h2] = head.to_cells();
        let [p0, p1, p2, p3] = pieces::around(text, self.used).map(Span::to_cell);
        let row = batch.next_row::<{ Head::CELLS + 2 + PIECES }>()?;
        *row = [h0, h1, h2, self.message.to_cell(), Span::ABSENT.to_cell(), p0, p1, p2, p3];
        batch.commit::<{ Head::CELLS + 2 + PIECES }>();
        Some(())
    }

    /// As [`store`](Self::store), any record. `line` is the whole line, of which `text` is what the batch takes.
    fn store_any(&self, text: &[u8], found: &Found, line: Range<usize>, batch: &mut Batch) {
        let problem = self.problem(text, found, batch.limit() as usize);
        let mut draft = batch.push(line);
        if let Ok(Some(time)) = self.time {
            draft.set_timestamp(time.timestamp, time.fraction_digits);
            if let Some(member) = self.used[0] {
                draft.set_time_place(member.value(text));
            }
        }
        if let Some(severity) = self.severity {
            draft.set_severity(severity);
        }
        let pieces = match problem {
            None => pieces::around(text, self.used),
            Some((reason, slot, at)) => {
                draft.reject(reason, slot, at);
                pieces::of_rejected(text, self.used)
            }
        };
        let spans = [(MESSAGE, self.message), (SEVERITY_TEXT, self.severity_text)];
        for (field, span) in spans.into_iter().chain(MEMBERS.into_iter().zip(pieces)) {
            if let Some(range) = span.range() {
                draft.set(field, range);
            }
        }
    }

    /// Why the record is none, with what and where.
    fn problem(&self, text: &[u8], found: &Found, limit: usize) -> Option<(Reason, Slot, usize)> {
        if let Err(reason) = self.time {
            let at = found.get(Role::Time).map_or(0, |member| member.value(text).start);
            return Some((reason, Slot::Timestamp, at));
        }
        if let Some((role, at)) = found.duplicate {
            let slot = match role {
                Role::Time => Slot::Timestamp,
                Role::Level => Slot::Field(SEVERITY_TEXT),
                _ => Slot::Field(MESSAGE),
            };
            return Some((Reason::DuplicateKey, slot, at as usize));
        }
        if self.severity_text != Span::ABSENT
            && let Some(at) = pieces::key(text, names::SEVERITY_TEXT)
        {
            return Some((Reason::DuplicateKey, Slot::Field(SEVERITY_TEXT), at));
        }
        // As long as a record may be: it may have been cut, even where somebody else did that, and then the output
        // has a key that says so.
        if text.len() >= limit
            && let Some(at) = pieces::key(text, names::TRUNCATED)
        {
            return Some((Reason::DuplicateKey, Slot::Field(MEMBERS[0]), at));
        }
        None
    }
}

#[inline(always)]
fn value(text: &[u8], member: Member) -> &[u8] {
    text.get(member.value(text)).unwrap_or_default()
}

#[inline(always)]
const fn span(place: Range<usize>) -> Span {
    Span::new(place.start as u32, place.end as u32)
}

/// What stands between the quotes of a string, if the value is one.
fn unquoted(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// Reads a time: a text as [`MinuteCache`] and [`clf`] do, or a number.
#[inline(always)]
fn time(text: &[u8], member: Member, zone: &Zone, minute: &mut MinuteCache) -> Result<Option<Time>, Reason> {
    let place = member.value(text);
    // No time has a quote in it, so it does no harm that the text goes on behind the closing one; and it is faster.
    if let Some([b'"', inside @ ..]) = text.get(place.start..)
        && let Ok(Read { timestamp, fraction_digits, len }) = minute.read(inside, zone)
        && place.start + len + 2 == place.end
    {
        return Ok(Some(Time { timestamp, fraction_digits }));
    }
    unusual_time(text.get(place).unwrap_or_default(), zone)
}

#[inline(never)]
fn unusual_time(value: &[u8], zone: &Zone) -> Result<Option<Time>, Reason> {
    let read = if value == b"null" {
        return Ok(None);
    } else if let Some(raw) = unquoted(value) {
        time_of_text(Short::new(raw).ok_or(Reason::InvalidTime)?.as_bytes(), zone)
    } else {
        whole(value, epoch::epoch_by_magnitude(value))
    };
    match read {
        Ok(Read { timestamp, fraction_digits, .. }) => Ok(Some(Time { timestamp, fraction_digits })),
        Err(NoTime::OutOfRange) => Err(Reason::TimeOutOfRange),
        Err(_) => Err(Reason::InvalidTime),
    }
}

fn time_of_text(text: &[u8], zone: &Zone) -> Result<Read, NoTime> {
    if let Ok(text) = text.try_into()
        && clf::has_shape(text)
    {
        let seconds = clf::parse(text).ok_or(NoTime::Impossible)?;
        let timestamp = Timestamp::from_seconds(seconds).ok_or(NoTime::OutOfRange)?;
        return Ok(Read { timestamp, fraction_digits: 0, len: text.len() });
    }
    // nginx's `escape=json` makes a text of its `$msec`. Fewer digits are more likely a date, or a duration.
    if text.iter().take_while(|byte| byte.is_ascii_digit()).count() >= 9 {
        return whole(text, epoch::epoch_by_magnitude(text));
    }
    whole(text, crate::timestamp::civil::read(text, zone))
}

/// A time that is all of its text.
fn whole(text: &[u8], read: Result<Read, NoTime>) -> Result<Read, NoTime> {
    read.and_then(|read| if read.len == text.len() { Ok(read) } else { Err(NoTime::Shape) })
}

/// Not a level that lp knows.
struct NoLevel;

/// Reads a level: a name (of `added` ones first), or a number as [pino] and bunyan write it; none where the value is null.
///
/// [pino]: https://getpino.io/#/docs/api?id=loggerlevels-object
#[inline(always)]
fn level(value: &[u8], added: &[(Box<[u8]>, Severity)]) -> Result<Option<Severity>, NoLevel> {
    match value {
        [b'"', ..] => {
            let raw = unquoted(value).ok_or(NoLevel)?;
            match Severity::from_name(raw) {
                Some(severity) if added.is_empty() => Ok(Some(severity)),
                _ => unusual_level(raw, added).map(Some),
            }
        }
        b"60" => Ok(Some(Severity::FATAL)),
        [tens @ b'1'..=b'5', b'0'..=b'9'] => Ok(Severity::from_number((tens - b'1') * 4 + 1)),
        b"null" => Ok(None),
        _ => Err(NoLevel),
    }
}

#[inline(never)]
fn unusual_level(raw: &[u8], added: &[(Box<[u8]>, Severity)]) -> Result<Severity, NoLevel> {
    let name = Short::new(raw).ok_or(NoLevel)?;
    let name = name.as_bytes();
    if let Some((_, severity)) = added.iter().find(|(added, _)| **added == *name) {
        return Ok(*severity);
    }
    // What Python's `logging` calls a level that it has no name for.
    if let Some(digits) = name.strip_prefix(b"Level ")
        && digits.iter().all(u8::is_ascii_digit)
    {
        let number = digits
            .iter()
            .fold(0_u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
        return severity_of_level(number).ok_or(NoLevel);
    }
    Severity::from_name(name).ok_or(NoLevel)
}

/// Reads the status of an HTTP response: three digits, as a number or as a text.
fn status(value: &[u8]) -> Option<u16> {
    let digits: &[u8; 3] = unquoted(value).unwrap_or(value).try_into().ok()?;
    digits
        .iter()
        .try_fold(0, |status, digit| Some(status * 10 + u16::from(digit.checked_sub(b'0').filter(|&d| d < 10)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        for (value, want) in [
            ("\"Warning\"", Some(Some("WARN"))),
            ("\"\\u0049nfo\"", Some(Some("INFO"))),
            ("null", Some(None)),
            ("10", Some(Some("TRACE"))),
            ("20", Some(Some("DEBUG"))),
            ("30", Some(Some("INFO"))),
            ("35", Some(Some("INFO"))),
            ("40", Some(Some("WARN"))),
            ("50", Some(Some("ERROR"))),
            ("60", Some(Some("FATAL"))),
            ("9", None),
            ("61", None),
            ("30.0", None),
            ("\"30\"", None),
            ("\"\"", None),
            ("\"infos\"", None),
            ("\"Level 35\"", Some(Some("WARN"))),
            ("\"Level 0\"", None),
            ("\"Level \"", None),
            ("\"Level 99999999999999999999999\"", Some(Some("FATAL"))),
            ("{}", None),
            ("true", None),
        ] {
            let got = level(value.as_bytes(), &[]).ok().map(|level| level.map(Severity::name));
            assert_eq!(got, want, "{value}");
        }
        let added = [(b"AUDIT"[..].into(), Severity::WARN), (b"info"[..].into(), Severity::DEBUG)];
        for (value, want) in
            [("\"AUDIT\"", "WARN"), ("\"info\"", "DEBUG"), ("\"Info\"", "INFO"), ("\"\\u0049NFO\"", "INFO")]
        {
            let got = level(value.as_bytes(), &added).ok().flatten();
            assert_eq!(got.map(Severity::name), Some(want), "{value}");
        }
        assert!(level(b"\"audit\"", &added).is_err());
    }

    #[test]
    fn statuses() {
        for (value, want) in
            [("200", Some(200)), ("\"000\"", Some(0)), ("1e2", None), ("2000", None), ("\"ok\"", None), ("-12", None)]
        {
            assert_eq!(status(value.as_bytes()), want, "{value}");
        }
    }

    #[test]
    fn times() {
        let zone = Zone::fixed(3600).unwrap();
        for (value, want) in [
            ("\"2025-11-06T10:30:15.123Z\"", Ok(Some("2025-11-06T10:30:15.123Z"))),
            ("\"2025-11-06 10:30:15,5\"", Ok(Some("2025-11-06T09:30:15.5Z"))),
            ("\"2025\\u002d11-06 10:30:15+0000\"", Ok(Some("2025-11-06T10:30:15Z"))),
            ("\"06/Nov/2025:10:30:15 +0000\"", Ok(Some("2025-11-06T10:30:15Z"))),
            ("\"06\\/Nov\\/2025:10:30:15 +0000\"", Ok(Some("2025-11-06T10:30:15Z"))),
            ("\"06/Nov/2025:25:30:15 +0000\"", Err(Reason::InvalidTime)),
            ("\"06/Nov/2525:10:30:15 +0000\"", Err(Reason::TimeOutOfRange)),
            ("\"1762425015.123\"", Ok(Some("2025-11-06T10:30:15.123Z"))),
            ("1762425015", Ok(Some("2025-11-06T10:30:15Z"))),
            ("1762425015.25", Ok(Some("2025-11-06T10:30:15.25Z"))),
            ("1762425015123", Ok(Some("2025-11-06T10:30:15.123Z"))),
            ("1762425015123456", Ok(Some("2025-11-06T10:30:15.123456Z"))),
            ("1762425015123456789", Ok(Some("2025-11-06T10:30:15.123456789Z"))),
            ("1.762425015E9", Ok(Some("2025-11-06T10:30:15Z"))),
            ("1e400", Err(Reason::TimeOutOfRange)),
            ("null", Ok(None)),
            ("true", Err(Reason::InvalidTime)),
            ("{}", Err(Reason::InvalidTime)),
            ("\"\"", Err(Reason::InvalidTime)),
            ("\"20251106\"", Err(Reason::InvalidTime)),
            ("\"1762425015 s\"", Err(Reason::InvalidTime)),
            ("\"2025-11-06 10:30:15 x\"", Err(Reason::InvalidTime)),
            ("\"2025-02-30 10:30:15\"", Err(Reason::InvalidTime)),
            ("\"2525-11-06T10:30:15Z\"", Err(Reason::TimeOutOfRange)),
        ] {
            let text = format!("{{\"a\":{value}}}");
            let member = Member { start: 1, quote: 3, next: text.len() as u32 };
            let got = time(text.as_bytes(), member, &zone, &mut MinuteCache::new())
                .map(|read| read.map(|read| format!("{:.*}", usize::from(read.fraction_digits), read.timestamp)));
            assert_eq!(got, want.map(|want| want.map(str::to_owned)), "{value}");
        }
    }
}
