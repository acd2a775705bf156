//! JSON lines: an object a line, as most services log today.
//!
//! # How a line is read
//!
//! A record needs little of its object: where the members stand that say the time, the level and the message. The rest
//! is kept as it was logged, in at most four pieces of the line between those three, so that every value stays exact and
//! none is copied into the record. There are two scanners for it. `careful` goes through the line byte by byte and is the definition
//! of right. `fast` lets simd-json take the line apart and walks over the outermost members; where simd-json refuses a
//! line (it does not know numbers such as `1e400`, or halves of surrogate pairs) the careful scanner decides. What the
//! members mean is read in one place, whichever scanner found them, and the tests and fuzzers hold the scanners to
//! finding the same.
//!
//! # What the members mean
//!
//! | the record's | is the member |
//! |---|---|
//! | time | `timestamp`, `time`, `ts`, `@timestamp`, `asctime` |
//! | severity | `severity`, `level`, `levelname`, `log.level`; without any of them the HTTP status in `status`, `status_code` |
//! | `message` | `message`, `msg`, `event` |
//!
//! The first name that is there counts, and of members with one name the first. It stands no longer among the others;
//! but a level that is none stays one of them, and the record has no severity. `null` says that there is none.
//!
//! The names that the output begins with (`timestamp`, `severity`, `message`) come first in their lists, so that a member
//! with such a name does not stand beside lp's own key. Three things remain:
//!
//! - where the member that counts is no time, the record is rejected;
//! - where `severity` is no level, its value is shown as `severity_text`;
//! - where there are two members of such a name, the record is rejected, as who reads the output would see only one.
//!
//! A rejected record shows its raw text, so nothing is lost. Beside that it shows the members that are not used, but for
//! those that have a name of lp's own. What lp itself has written reads as it was written.

mod careful;
mod fast;
mod found;
mod look_up;
mod meaning;
mod names;
mod number;
mod pieces;
mod spaces;
mod text;

use std::ops::Range;

use crate::batch::Batch;
use crate::error::{Reason, Slot};
use crate::format::Format;
use crate::lines::Lines;
use crate::schema::{Field, FieldDef, Kind, Schema};
use crate::severity::Severity;
use crate::timestamp::Zone;
use crate::timestamp::minute::MinuteCache;
use careful::Refusal;
pub(crate) use fast::Scratch;
use found::Found;
pub use look_up::{Elements, elements, member, string};
pub use number::is_number;

/// `message`: a JSON value as it stands, text with its quotes.
pub const MESSAGE: Field = Field::new(0);
/// `severity_text`: the value of a member `severity` that is no known level.
pub const SEVERITY_TEXT: Field = Field::new(1);
/// The other members of the object, as they stand (`"a":1,"b":[2]`), in pieces.
pub const MEMBERS: [Field; PIECES] = [Field::new(2), Field::new(3), Field::new(4), Field::new(5)];

/// Three members that are used leave no more than four pieces of the others.
const PIECES: usize = 4;

static FIELDS: [FieldDef; 2 + PIECES] = [
    FieldDef::required("message", Kind::Json),
    FieldDef::optional("severity_text", Kind::Json),
    FieldDef::optional("members", Kind::Members),
    FieldDef::optional("members_2", Kind::Members),
    FieldDef::optional("members_3", Kind::Members),
    FieldDef::optional("members_4", Kind::Members),
];

static SCHEMA: Schema = Schema::from_static(&FIELDS);

/// What may stand between the parts of JSON within a line.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// A byte order mark, which some programs put before what they write; it is no part of the JSON.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// Logs of one JSON object a line ([RFC 8259]).
///
/// A line that is JSON and an object is a record, whatever its members are, unless the member that should be the time is
/// none ([`Reason::InvalidTime`]) or a name that lp's own output has stands in it twice ([`Reason::DuplicateKey`]).
/// Objects and arrays may be nested 1024 deep.
///
/// [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259
#[derive(Clone, Debug)]
pub struct Json {
    zone: Zone,
    /// Names of levels beside the usual ones.
    levels: Vec<(Box<[u8]>, Severity)>,
    fast: bool,
}

impl Default for Json {
    fn default() -> Self {
        Self::new()
    }
}

impl Json {
    /// Times without an offset are UTC.
    #[must_use]
    pub const fn new() -> Self {
        Self { zone: Zone::UTC, levels: Vec::new(), fast: true }
    }

    /// With another zone for times without an offset.
    #[must_use]
    pub fn with_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// With the name of a level that the program has added, beside the usual ones. Unlike theirs its case counts.
    #[must_use]
    pub fn with_level(mut self, name: &str, severity: Severity) -> Self {
        self.levels.retain(|(known, _)| **known != *name.as_bytes());
        self.levels.push((name.as_bytes().into(), severity));
        self
    }

    /// Without the fast path. The records are the same; tests hold the fast path against this.
    #[must_use]
    pub fn careful(self) -> Self {
        Self { fast: false, ..self }
    }
}

/// Appends the records of an input.
struct Reader<'a, 'b> {
    json: &'a Json,
    input: &'a [u8],
    minute: MinuteCache,
    batch: &'b mut Batch,
}

impl<'a> Reader<'a, '_> {
    /// Appends the lines that wait.
    fn flush(&mut self, scratch: &mut Scratch, found: &mut Found) {
        scratch.flush(self.input, found, &mut |line, text, found| match found {
            Some(found) => self.object(line, text, found),
            None => self.scan_carefully(line),
        });
    }

    /// Appends a line that is an object with these members. `text` is what the batch takes of it.
    #[inline(always)]
    fn object(&mut self, line: Range<usize>, text: &[u8], found: &Found) {
        meaning::store(text, found, line, self.json, &mut self.minute, self.batch);
    }

    /// Appends any line.
    #[cold]
    #[inline(never)]
    fn scan_carefully(&mut self, line: Range<usize>) {
        let mut found = Found::new();
        let len = line.len().min(self.batch.limit() as usize);
        let text = self.input.get(line.start..line.start + len).unwrap_or_default();
        let refusal = if text.is_empty() {
            Refusal { reason: Reason::EmptyLine, at: 0 }
        } else {
            match careful::members(text, |key, member| found.see_raw(key, member)) {
                Ok(()) => return self.object(line, text, &found),
                Err(refusal) => refusal,
            }
        };
        self.batch.push(line).reject(refusal.reason, Slot::Field(MESSAGE), refusal.at);
    }
}

impl Format for Json {
    fn schema(&self) -> &Schema {
        &SCHEMA
    }

    fn parse(&self, input: &[u8], batch: &mut Batch) -> usize {
        batch.begin(&SCHEMA);
        let mut lines = Lines::new(input);
        let mut scratch = batch.json.take().unwrap_or_default();
        let mut found = Found::new();
        let mut reader = Reader { json: self, input, minute: MinuteCache::new(), batch };
        // Lines are taken from the input only while there is room for their records.
        let mut room = reader.batch.room();
        while room > 0
            && let Some(line) = lines.next()
        {
            room -= 1;
            let fits = line.len() <= reader.batch.limit() as usize;
            if !(self.fast && fits && scratch.push(input, line.clone())) {
                reader.flush(&mut scratch, &mut found);
                reader.scan_carefully(line);
            } else if scratch.is_full() {
                reader.flush(&mut scratch, &mut found);
            }
        }
        reader.flush(&mut scratch, &mut found);
        let taken = lines.position();
        batch.json = Some(scratch);
        taken
    }

    /// Whether it begins as an object does: `{`, then `"` or `}`.
    fn starts_record(&self, line: &[u8]) -> bool {
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        let mut bytes = line.iter().copied().filter(|&byte| !is_space(byte));
        bytes.next() == Some(b'{') && matches!(bytes.next(), Some(b'"' | b'}'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_starts_a_record() {
        for line in ["{}", "{\"", "{\"a\":1", " \t{ \r\"a", "{ } and more", "\u{FEFF} {}"] {
            assert!(Json::new().starts_record(line.as_bytes()), "{line}");
        }
        for line in ["", "{", " ", "[{\"a\":1}]", "{a:1}", "{'a'", "\"", "}{\"a\"", " \u{FEFF}{}"] {
            assert!(!Json::new().starts_record(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn the_schema_has_its_names() {
        for (field, name) in [(MESSAGE, "message"), (SEVERITY_TEXT, "severity_text"), (MEMBERS[3], "members_4")] {
            assert_eq!(SCHEMA.field(name), Some(field));
        }
        assert_eq!(SCHEMA.field("severity_text").map(|_| names::SEVERITY_TEXT), Some(&b"severity_text"[..]));
        assert!(Schema::new(FIELDS.to_vec()).is_ok());
    }
}
