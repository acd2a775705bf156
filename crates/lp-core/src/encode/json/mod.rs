//! Records as JSON, one object a line.
//!
//! A record becomes a run of blocks. Texts are copied 64 bytes at a time, and while a block is in the registers it is
//! asked for bytes that JSON wants escaped; nearly always there is none. Keys are constants that hold all that stands
//! between two values, padded so that they too are copied as one block. Everything that is longer than what it has to
//! say is overwritten by what follows. A record is written into what room there is; if that turns out to be too little,
//! it is written again into more. The texts of a record that the parser has marked are not even looked at.
//!
//! What needs thought (escapes, bytes that are not ASCII) is handled out of line, a whole field at a time.

mod columns;
mod digits;
mod head;
mod layout;
mod raw;
mod writer;

use std::ops::Range;

use crate::batch::{Batch, Flags, Head, Row};
use crate::encode::{Encoder, Output};
use crate::error::Slot;
use crate::scan::{Kernel, Level, Plain, Vector};
use crate::schema::{Kind, Schema};
use crate::span::Span;
use head::TimeText;
use writer::Writer;

pub(super) use digits::TWO_DIGITS;
pub(super) use layout::JsonColumns;
pub(super) use raw::is_string_content;

/// Writes records as JSON objects, one a line: `timestamp`, `severity`, the fields of the schema in its order, then
/// `message` (unless it is one of the fields) and `parse_error` for a record that did not parse, and `truncated` for one
/// that was cut.
///
/// The output is valid UTF-8 and valid JSON whatever was logged. Controls (C0, DEL, C1) and the line separators
/// U+2028 and U+2029 are always escaped, so that no log text can speak to a terminal or break a line.
#[derive(Clone, Debug)]
pub struct JsonEncoder {
    columns: Box<[Column]>,
    /// How many of them records of the first kind have.
    first_kind: usize,
    /// The names of the fields, escaped for JSON, for `parse_error`.
    names: Box<[Box<[u8]>]>,
    /// The numbers of the fields named `message`, at most one of each kind of records.
    messages: Box<[usize]>,
    decode: bool,
    level: Level,
}

/// How one field is written.
#[derive(Clone, Debug)]
struct Column {
    key: Key,
    value: Value,
    /// 1 if the value stands in quotes, whose first one is part of the key; 0 if it does not.
    quotes: u8,
    optional: bool,
    /// Whether the value of a record that is `PLAIN` can be copied from the input, behind a key of one block.
    plain: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Value {
    /// Text in the log's escaping.
    Text,
    /// Text in the escaping of a JSON string.
    JsonText,
    /// Text that is shown as it stands.
    Verbatim,
    /// The number at this place of the number row.
    Integer(usize),
    /// A number as it stands, or else text.
    Decimal,
    /// JSON as it stands.
    Json,
    /// Members of an object, as they stand; they have no key of their own.
    Members,
}

/// `,"name":"`, or `,"name":` where the value does not begin with a quote, or not always.
#[derive(Clone, Debug)]
struct Key {
    block: [u8; KEY_BLOCK],
    /// Bytes of the block that count, fewer than it has; 0 where `long` has the key.
    len: u8,
    long: Box<[u8]>,
}

/// Bytes of a key or of another constant that are copied at a time.
const KEY_BLOCK: usize = 32;
/// Room for a key and a block of text, and for all that is written at once elsewhere.
const ROOM: usize = 128;
/// A guess at what a record takes beside its texts; more room is made where it turns out to be too little.
const OVERHEAD: usize = 1024;

impl JsonEncoder {
    /// An encoder for records of this schema, with escapes decoded.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let mut numbers = 0;
        let columns = schema.fields().iter().map(|field| {
            let value = match field.kind() {
                Kind::Text => Value::Text,
                Kind::JsonText => Value::JsonText,
                Kind::Verbatim => Value::Verbatim,
                Kind::Integer => {
                    numbers += 1;
                    Value::Integer(numbers - 1)
                }
                Kind::Decimal => Value::Decimal,
                Kind::Json => Value::Json,
                Kind::Members => Value::Members,
            };
            let quotes = u8::from(matches!(value, Value::Text | Value::JsonText | Value::Verbatim));
            let key = Key::new(field.name(), quotes == 1);
            let plain = matches!(value, Value::Text | Value::Integer(_)) && key.len > 0;
            Column { key, value, quotes, optional: field.is_optional(), plain }
        });
        Self {
            columns: columns.collect(),
            first_kind: schema.first_kind(),
            names: schema.fields().iter().map(|field| escaped(field.name())).collect(),
            messages: (0..schema.fields().len()).filter(|&field| schema.fields()[field].name() == "message").collect(),
            decode: true,
            level: Level::best(),
        }
    }

    /// Whether escapes in text fields (`\xHH`, `\"`, `\\`) are decoded where the result is UTF-8. Otherwise the text
    /// is shown as it was logged.
    #[must_use]
    pub const fn with_decode(mut self, decode: bool) -> Self {
        self.decode = decode;
        self
    }

    /// With other instructions than the best that the machine has. The output is the same.
    #[must_use]
    pub const fn with_level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Appends a line to `out` for every record of `batch` that is not dropped, and returns how many those are.
    ///
    /// `input` must be what the batch was parsed from, and the format's schema this encoder's. With others the lines
    /// are not JSON; nothing worse happens.
    pub fn encode(&self, batch: &Batch, input: &[u8], out: &mut Output) -> usize {
        let records = batch.rows().enumerate().filter(|(_, row)| !row.head().flags.has(Flags::DROPPED));
        self.level.for_copying().run(Encode { encoder: self, batch, input, out, records })
    }
}

impl Encoder for JsonEncoder {
    fn encode(&self, batch: &Batch, input: &[u8], records: &[u32], out: &mut Output) {
        let records = records.iter().filter_map(|&number| Some((number as usize, batch.row(number as usize)?)));
        self.level.for_copying().run(Encode { encoder: self, batch, input, out, records });
    }
}

impl Key {
    fn new(name: &str, quoted: bool) -> Self {
        let mut key = b",\"".to_vec();
        key.extend_from_slice(&escaped(name));
        key.extend_from_slice(if quoted { b"\":\"" } else { b"\":" });
        let mut block = [0; KEY_BLOCK];
        if key.len() < KEY_BLOCK {
            block[..key.len()].copy_from_slice(&key);
            Self { block, len: key.len() as u8, long: Box::default() }
        } else {
            Self { block, len: 0, long: key.into() }
        }
    }
}

/// A name as it stands between quotes in JSON.
fn escaped(name: &str) -> Box<[u8]> {
    let mut bytes = vec![0; 6 * name.len()];
    let mut writer = Writer { bytes: &mut bytes, at: 0 };
    // Six bytes are enough for any byte of the name.
    let _ = writer.str(name);
    let len = writer.at;
    bytes.truncate(len);
    bytes.into()
}

struct Encode<'a, R> {
    encoder: &'a JsonEncoder,
    batch: &'a Batch,
    input: &'a [u8],
    out: &'a mut Output,
    /// The records to write, with their numbers.
    records: R,
}

impl<'a, R: Iterator<Item = (usize, Row<'a>)>> Kernel for Encode<'a, R> {
    /// The number of lines.
    type Output = usize;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> usize {
        let Self { encoder, batch, input, out, records } = self;
        let mut lines = 0;
        let mut memory = Memory { times: TimeText::new(), decoded: std::mem::take(&mut out.decoded) };
        for (number, row) in records {
            let record = current(encoder, batch, input, number, row);
            let head = &record.head;
            let mut room = OVERHEAD + 2 * record.text.len().min(head.len as usize);
            loop {
                let mut writer = Writer { bytes: out.room(room), at: 0 };
                if writer.record(vector, &record, &mut memory).is_some() {
                    let written = writer.at;
                    out.advance(written);
                    lines += 1;
                    break;
                }
                room *= 2;
            }
        }
        out.decoded = memory.decoded;
        lines
    }
}

/// The record that is being written.
struct Current<'a> {
    encoder: &'a JsonEncoder,
    batch: &'a Batch,
    number: usize,
    row: Row<'a>,
    head: Head,
    /// The input from the record's first byte on.
    text: &'a [u8],
}

#[inline(always)]
fn current<'a>(
    encoder: &'a JsonEncoder,
    batch: &'a Batch,
    input: &'a [u8],
    number: usize,
    row: Row<'a>,
) -> Current<'a> {
    let head = row.head();
    // From the record's first byte on, past its end: blocks may be read beyond it. But not so far that there is something
    // at the offset that stands for no place.
    let text = input.get(head.start..).unwrap_or_default();
    let text = &text[..text.len().min(Span::NO_PLACE)];
    Current { encoder, batch, number, row, head, text }
}

impl<'a> Current<'a> {
    /// The columns of its kind.
    #[inline(always)]
    fn columns(&self) -> Range<usize> {
        let (first, all) = (self.encoder.first_kind, self.encoder.columns.len());
        if self.head.flags.has(Flags::SECOND) { first..all } else { 0..first }
    }

    /// The bytes at a place; none where it is no place, or the input is another one.
    fn bytes(&self, span: Span) -> &'a [u8] {
        span.range().and_then(|range| self.text.get(range)).unwrap_or_default()
    }
}

/// What is kept from one record to the next.
struct Memory {
    times: TimeText,
    decoded: Vec<u8>,
}

impl Writer<'_> {
    #[inline(always)]
    fn record<V: Vector>(&mut self, vector: V, record: &Current<'_>, memory: &mut Memory) -> Option<()> {
        self.head(&record.head, &mut memory.times)?;
        let (spans, numbers) = record.row.fields();
        if record.head.flags.has(Flags::PLAIN) {
            self.at = self.plain_columns(record, memory)?;
        } else if record.head.flags.has(Flags::REJECTED) {
            self.rejected_columns(record, memory)?;
        } else {
            let kind = record.columns();
            let columns = record.encoder.columns.get(kind.clone()).unwrap_or_default();
            for (column, &span) in columns.iter().zip(spans.get(kind).unwrap_or_default()) {
                self.column(vector, record, column, Span::from_cell(span), numbers, memory)?;
            }
        }
        if record.head.flags.has(Flags::REJECTED) {
            self.error(record)?;
        }
        if record.head.flags.has(Flags::TRUNCATED) {
            self.slice(b",\"truncated\":")?;
            self.number(record.batch.original_len(record.number).unwrap_or(0))?;
        }
        self.slice(b"}\n")
    }

    /// The fields of a record that did not parse, with its raw text as its message: behind them, unless the format has
    /// a place for it.
    #[cold]
    #[inline(never)]
    fn rejected_columns(&mut self, record: &Current<'_>, memory: &mut Memory) -> Option<()> {
        let (spans, numbers) = record.row.fields();
        let kind = record.columns();
        let message = record.encoder.messages.iter().copied().find(|message| kind.contains(message));
        for number in kind {
            let (Some(column), Some(&span)) = (record.encoder.columns.get(number), spans.get(number)) else { break };
            if message == Some(number) {
                self.raw(record)?;
            } else {
                self.column(Plain, record, column, Span::from_cell(span), numbers, memory)?;
            }
        }
        if message.is_none() {
            self.raw(record)?;
        }
        Some(())
    }

    /// A record's raw text as its message.
    fn raw(&mut self, record: &Current<'_>) -> Option<()> {
        let raw = record.text.get(..record.head.len as usize).unwrap_or(record.text);
        self.slice(b",\"message\":\"")?;
        self.lossy(raw)?;
        self.slice(b"\"")
    }

    /// Why a record did not parse.
    #[cold]
    #[inline(never)]
    fn error(&mut self, record: &Current<'_>) -> Option<()> {
        let Some(error) = record.batch.error(record.number) else { return Some(()) };
        let name = match error.slot() {
            Slot::Timestamp => &b"timestamp"[..],
            Slot::Field(field) => record.encoder.names.get(field.position()).map_or(&b""[..], |name| name),
        };
        self.slice(b",\"parse_error\":{\"reason\":\"")?;
        self.slice(error.reason().name().as_bytes())?;
        self.slice(b"\",\"field\":\"")?;
        self.slice(name)?;
        self.slice(b"\",\"at\":")?;
        self.number(u64::from(error.at()))?;
        self.slice(b"}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Not what anybody should do, but it must end.
    #[test]
    fn an_input_that_lost_its_end_is_survived() {
        let agent = "x".repeat(300);
        let line = format!("203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"{agent}\"\n");
        let input = line.repeat(3);
        let format = crate::format::access::Access::combined();
        let mut batch = Batch::new();
        crate::Format::parse(&format, input.as_bytes(), &mut batch);
        for len in 0..input.len() {
            let mut out = Output::new();
            JsonEncoder::new(crate::Format::schema(&format)).encode(&batch, &input.as_bytes()[..len], &mut out);
            let lines: Vec<_> = out.as_bytes().split_inclusive(|&byte| byte == b'\n').collect();
            assert_eq!(lines.len(), 3);
            for line in lines {
                serde_json::from_slice::<serde_json::Value>(line).unwrap();
            }
        }
    }

    /// A dash stands at no place, not even where an input is so long that there is something at its offset.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_dash_is_null_in_an_input_of_more_than_four_gibibytes() {
        let line = b"203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n";
        // Pages of zeros that are never written take no memory.
        let mut input = vec![0; (1 << 32) + 4096];
        input[..line.len()].copy_from_slice(line);
        let format = crate::format::access::Access::combined();
        let mut batch = Batch::new();
        crate::Format::parse(&format, &input[..line.len()], &mut batch);
        let (mut long, mut short) = (Output::new(), Output::new());
        let encoder = JsonEncoder::new(crate::Format::schema(&format));
        encoder.encode(&batch, &input, &mut long);
        encoder.encode(&batch, line, &mut short);
        assert_eq!(long.as_bytes(), short.as_bytes());
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(short.as_bytes()).unwrap()["user"],
            serde_json::Value::Null
        );
    }

    proptest! {
        #[test]
        fn names_of_any_kind_are_json(name in any::<String>()) {
            let json = [b"\"", &*escaped(&name), b"\""].concat();
            prop_assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), name);
        }
    }
}
