//! nginx's error log.
//!
//! # What nginx writes
//!
//! ```text
//! 2025/11/06 10:30:15 [error] 12#12: *45 open() "/x" failed (2: No such file or directory), client: 192.0.2.1, server: _, request: "GET /x HTTP/1.1", host: "h"
//! └──── time ───────┘ └level┘ pid#tid *connection └──────────── message ─────────────────┘└──────────────────── context ─────────────────────────────────────┘
//! ```
//!
//! The connection and the context are there where the message is about a connection. The context is what nginx knows of
//! the client, always in this order: `, client: ` and `, server: `, then as many as there are of `, request: "…"`,
//! `, subrequest: "…"`, `, upstream: "…"`, `, host: "…"` and `, referrer: "…"`. (In a `stream` block the first may be
//! `, udp client: `.) Debug messages never have one.
//!
//! A record begins with a line that begins with a time and a level. Other lines belong to the record before: a message
//! may have line feeds in it, such as what PHP wrote to its stderr, and then the context follows its last line. But the
//! context itself has none.
//!
//! # What is the context, and what was only said
//!
//! nginx escapes nothing in this log. A message may quote a whole earlier line, with its context; and a client may put
//! text that looks like a context, quotes and commas included, in the path that a message names, or in the request, host
//! and referrer behind it. So the last `, client: ` counts that is followed by what nginx writes: by `, server: `, a name
//! without quotes, and then the end of its line, or one of the quoted values and a line that ends with a quote. Without
//! such a one it is the last `, client: ` that a word follows: nginx cuts a record at 2048 bytes (NGX_MAX_ERROR_STR), with its
//! context, and others than nginx append to it.
//!
//! A value ends at the first quote that is followed by the end of the line or by the name and the opening quote of
//! another. A request ends there only if it has its protocol, where any such place has it: without it nginx takes no
//! header, so that nothing follows. What is behind the context, in the same line or in more lines, is `extra`.
//!
//! These are rules for logs as they are, and no defence against a client who knows them: the text alone does not tell a
//! forged context in the referrer from the real one behind a message that quotes a line.
//!
//! # How a record is read
//!
//! As in [`access`](super::access) there are two parsers: `careful` is the definition of right, and `ordinary` reads what
//! nearly every record is, a line, from an index of commas and line feeds.

mod careful;
mod context;
mod ordinary;

use crate::batch::Batch;
use crate::format::Format;
use crate::lines::{MultiLine, MultiLines};
use crate::scan::{Kernel, Level, Vector, WINDOW};
use crate::schema::{Field, FieldDef, Kind, Schema};
use crate::severity::Severity;
use crate::timestamp::Zone;
use crate::timestamp::minute::MinuteCache;
use ordinary::Ordinary;

/// `level`: nginx's own word, such as `error`; the severity is made of it.
pub const LEVEL: Field = Field::new(0);
/// `pid`: the process.
pub const PID: Field = Field::new(1);
/// `tid`: the thread.
pub const TID: Field = Field::new(2);
/// `connection`: the number of the connection that the message is about.
pub const CONNECTION: Field = Field::new(3);
/// `message`: what stands before the context; may have several lines.
pub const MESSAGE: Field = Field::new(4);
/// `client`: the client's address.
pub const CLIENT: Field = Field::new(5);
/// `server`: the name of the virtual server, which may be empty, or the address that it listens on.
pub const SERVER: Field = Field::new(6);
/// `request`: the request line as the client sent it.
pub const REQUEST: Field = Field::new(7);
/// `subrequest`: the path of the subrequest that the message is about.
pub const SUBREQUEST: Field = Field::new(8);
/// `upstream`: the URL of the upstream server.
pub const UPSTREAM: Field = Field::new(9);
/// `host`: the `Host` header as the client sent it.
pub const HOST: Field = Field::new(10);
/// `referrer`: the `Referer` header as the client sent it.
pub const REFERRER: Field = Field::new(11);
/// `extra`: what stands behind the context, such as byte counts of `stream`, or lines of another program.
pub const EXTRA: Field = Field::new(12);

static FIELDS: [FieldDef; 13] = [
    FieldDef::required("level", Kind::Verbatim),
    FieldDef::required("pid", Kind::Integer),
    FieldDef::required("tid", Kind::Integer),
    FieldDef::required("connection", Kind::Integer),
    FieldDef::required("message", Kind::Verbatim),
    FieldDef::required("client", Kind::Verbatim),
    FieldDef::required("server", Kind::Verbatim),
    FieldDef::required("request", Kind::Verbatim),
    FieldDef::required("subrequest", Kind::Verbatim),
    FieldDef::required("upstream", Kind::Verbatim),
    FieldDef::required("host", Kind::Verbatim),
    FieldDef::required("referrer", Kind::Verbatim),
    FieldDef::optional("extra", Kind::Verbatim),
];

static SCHEMA: Schema = Schema::from_static(&FIELDS);

/// The levels with their severities, which are those of OpenTelemetry's table for syslog.
const LEVELS: [(&[u8], Severity); 8] = [
    (b"error", Severity::ERROR),
    (b"warn", Severity::WARN),
    (b"notice", severity(10)),
    (b"info", Severity::INFO),
    (b"debug", Severity::DEBUG),
    (b"crit", severity(18)),
    (b"alert", severity(19)),
    (b"emerg", Severity::FATAL),
];

const fn severity(number: u8) -> Severity {
    match Severity::from_number(number) {
        Some(severity) => severity,
        None => Severity::ERROR,
    }
}

/// The level of messages that have no context, whatever they say.
const DEBUG: &[u8] = b"debug";

/// Bytes of a time.
const TIME_LEN: usize = 19;

/// nginx's error log; see the [module](self).
#[derive(Clone, Debug)]
pub struct NginxError {
    zone: Zone,
    parser: Parser,
}

#[derive(Clone, Copy, Debug)]
enum Parser {
    /// The fast path, with the careful parser for what it does not accept.
    Fast(Level),
    /// The careful parser for every record.
    Careful,
}

impl Default for NginxError {
    fn default() -> Self {
        Self::new()
    }
}

impl NginxError {
    /// The error log of an nginx whose clock shows UTC.
    #[must_use]
    pub fn new() -> Self {
        Self { zone: Zone::UTC, parser: Parser::Fast(Level::best()) }
    }

    /// With the zone of nginx's clock: its times have no offset.
    #[must_use]
    pub fn with_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// With other instructions than the best that the machine has. The records are the same.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        Self { parser: Parser::Fast(level), ..self }
    }

    /// Without the fast path. The records are the same; tests hold the fast path against this.
    #[must_use]
    pub fn careful(self) -> Self {
        Self { parser: Parser::Careful, ..self }
    }
}

impl Format for NginxError {
    fn schema(&self) -> &Schema {
        &SCHEMA
    }

    fn parse(&self, input: &[u8], batch: &mut Batch) -> usize {
        batch.begin(&SCHEMA);
        match self.parser {
            // The fast path does not keep where the times stand.
            Parser::Fast(level) if !batch.keeps_time_places() => level.run(Walk { input, zone: &self.zone, batch }),
            _ => {
                let mut minute = MinuteCache::new();
                let mut records = MultiLines::new(input, batch.line_limit(), starts_record);
                while !batch.is_full()
                    && let Some(record) = records.next()
                {
                    careful::parse(input, record, &self.zone, &mut minute, batch);
                }
                records.position()
            }
        }
    }

    fn starts_record(&self, line: &[u8]) -> bool {
        starts_record(line)
    }

    fn is_multiline(&self) -> bool {
        true
    }
}

/// Whether a line begins with a time and a level. It need not be a time that exists.
fn starts_record(line: &[u8]) -> bool {
    let Some((time, rest)) = line.split_first_chunk() else { return false };
    has_time_shape(time)
        && rest.strip_prefix(b" [").and_then(level).is_some_and(|(word, _)| rest[2 + word.len()..].starts_with(b"] "))
}

/// Whether it is `dddd/dd/dd dd:dd:dd`.
fn has_time_shape(time: &[u8; TIME_LEN]) -> bool {
    const SHAPE: &[u8; TIME_LEN] = b"0000/00/00 00:00:00";
    time.iter().zip(SHAPE).all(|(byte, shape)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == shape })
}

/// The level that a text begins with, before a closing bracket.
fn level(text: &[u8]) -> Option<(&'static [u8], Severity)> {
    LEVELS.into_iter().find(|(word, _)| text.strip_prefix(*word).is_some_and(|rest| rest.first() == Some(&b']')))
}

/// The walk over an input, window by window: index the commas and line feeds, then go through the records of the index.
struct Walk<'a, 'b> {
    input: &'a [u8],
    zone: &'a Zone,
    batch: &'b mut Batch,
}

impl Kernel for Walk<'_, '_> {
    /// The bytes of the records that were parsed.
    type Output = usize;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> usize {
        let Self { input, zone, batch } = self;
        // The index is taken out of the batch so that both can be written to.
        let mut index = std::mem::take(&mut batch.index);
        let mut minute = MinuteCache::new();
        let limit = batch.limit();
        let mut start = 0;
        while start < input.len() && !batch.is_full() {
            let window = &input[start..input.len().min(start + WINDOW)];
            let count = index.fill_two(vector, window, b',', b'\n');
            let positions = &index.positions()[..count];
            let mut record = start;
            let mut next = 0;
            let mut level = None;
            while next < positions.len() && !batch.is_full() {
                // The next window is fetched while this one is walked, about as many bytes a record as a record has.
                for ahead in [0, 64, 128, 192] {
                    vector.prefetch(input, record + WINDOW + ahead);
                }
                let mut ordinary =
                    Ordinary { vector, input, window: start, positions, zone, minute: &mut minute, limit };
                if let Some(parsed) = ordinary.parse(record, next, level, batch) {
                    next += parsed.used;
                    record = start + positions[next - 1] as usize + 1;
                    level = parsed.level;
                    continue;
                }
                level = None;
                // Not ordinary. What the window has only a part of may be so in the next.
                let is_line_feed = |&at: &u32| window.get(at as usize) == Some(&b'\n');
                if record > start && !positions[next..].iter().any(is_line_feed) {
                    break;
                }
                record = careful_record(input, record, zone, &mut minute, batch);
                while positions.get(next).is_some_and(|&at| start + (at as usize) < record) {
                    next += 1;
                }
            }
            if record == start {
                // There is neither comma nor line feed.
                record = careful_record(input, start, zone, &mut minute, batch);
            }
            start = record;
        }
        batch.index = index;
        start
    }
}

/// Leaves the record that begins at `start` to the careful parser; returns where the next one begins.
#[inline(never)]
fn careful_record(input: &[u8], start: usize, zone: &Zone, minute: &mut MinuteCache, batch: &mut Batch) -> usize {
    let mut records = MultiLines::new(&input[start..], batch.line_limit(), starts_record);
    if let Some(MultiLine { range, first_line_end, kept }) = records.next() {
        let range = start + range.start..start + range.end;
        let record = MultiLine { range, first_line_end: start + first_line_end, kept };
        careful::parse(input, record, zone, minute, batch);
    }
    start + records.position()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_starts_with_a_time_and_a_level() {
        for (word, _) in LEVELS {
            let line = [b"2025/11/06 10:30:15 [", word, b"] "].concat();
            assert!(starts_record(&line));
            for end in 0..line.len() {
                assert!(!starts_record(&line[..end]), "{end}");
            }
            assert!(starts_record(&[&line[..], b"x"].concat()));
        }
        assert!(starts_record(b"9999/99/99 99:99:99 [error] "), "it is one record, whose time is wrong");
        for line in ["2025-11-06 10:30:15 [error] ", "2025/11/06 10:30:15 [errors] ", "2025/11/06 10:30:15 [] ", ""] {
            assert!(!starts_record(line.as_bytes()), "{line:?}");
        }
    }
}
