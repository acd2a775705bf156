//! Records as JSON, one object a line.
//!
//! A record becomes a run of blocks. Texts are copied 32 bytes at a time, and while a block is in the registers it is
//! asked for bytes that JSON wants escaped; nearly always there is none. Keys are constants that hold all that stands
//! between two values, padded so that they too are copied as one block. Everything that is longer than what it has to
//! say is overwritten by what follows; room for the worst case is made once a record.
//!
//! What needs thought (escapes, bytes that are not ASCII) is handled out of line, a whole field at a time.

use crate::batch::{Batch, Flags, Head, NO_NUMBER};
use crate::encode::Output;
use crate::error::Slot;
use crate::escape::unescape;
use crate::scan::{Kernel, Level, Vector};
use crate::schema::{Kind, Schema};
use crate::severity::Severity;
use crate::span::Span;
use crate::timestamp::{Timestamp, date_of_day};

/// Writes records as JSON objects, one a line: `timestamp`, `severity`, the fields of the schema in its order, then
/// `message` and `parse_error` for a record that did not parse, and `truncated` for one that was cut.
///
/// The output is valid UTF-8 and valid JSON whatever the input was. Controls (C0, DEL, C1) and the line separators
/// U+2028 and U+2029 are always escaped, so that no log text can speak to a terminal or break a line.
#[derive(Clone, Debug)]
pub struct JsonEncoder {
    columns: Box<[Column]>,
    /// The names of the fields, escaped for JSON, for `parse_error`.
    names: Box<[Box<[u8]>]>,
    /// Bytes that a record may take beside its texts.
    overhead: usize,
    decode: bool,
    level: Level,
}

/// How one field is written.
#[derive(Clone, Debug)]
struct Column {
    key: Key,
    value: Value,
    optional: bool,
}

#[derive(Clone, Copy, Debug)]
enum Value {
    /// Text in the log's escaping.
    Text,
    /// Text that is shown as it stands.
    Verbatim,
    /// The number at this place of the number row.
    Integer(usize),
}

/// `,"name":"`, the opening quote of a text included; where the value is no text, one byte less is written.
#[derive(Clone, Debug)]
struct Key {
    block: [u8; BLOCK],
    len: usize,
    /// The whole key, where it is longer than a block.
    long: Option<Box<[u8]>>,
}

const BLOCK: usize = 32;
/// No number and no fixed text in a record, outside its keys, takes more than this.
const FIXED: usize = 64;
/// The most bytes that one byte of text becomes: a control character as `\u0000`.
const WORST: usize = 6;

impl JsonEncoder {
    /// An encoder for records of this schema, with escapes decoded.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let mut numbers = 0;
        let columns: Box<[Column]> = schema
            .fields()
            .iter()
            .map(|field| Column {
                key: Key::new(field.name()),
                value: match field.kind() {
                    Kind::Text => Value::Text,
                    Kind::Verbatim => Value::Verbatim,
                    Kind::Integer => {
                        numbers += 1;
                        Value::Integer(numbers - 1)
                    }
                },
                optional: field.is_optional(),
            })
            .collect();
        let names: Box<[_]> = schema.fields().iter().map(|field| escaped(field.name())).collect();
        let keys: usize = columns.iter().map(|column| column.key.len + FIXED).sum();
        let longest_name = names.iter().map(|name| name.len()).max().unwrap_or(0);
        Self {
            columns,
            names,
            overhead: keys + longest_name + 10 * FIXED,
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

    /// Appends a line to `out` for every record of `batch` that is not dropped. `input` is what the batch was parsed
    /// from, with this encoder's schema.
    pub fn encode(&self, batch: &Batch, input: &[u8], out: &mut Output) {
        self.level.run(Encode { encoder: self, batch, input, out });
    }
}

impl Key {
    fn new(name: &str) -> Self {
        let mut key = b",\"".to_vec();
        key.extend_from_slice(&escaped(name));
        key.extend_from_slice(b"\":\"");
        let mut block = [0; BLOCK];
        match block.get_mut(..key.len()) {
            Some(place) => {
                place.copy_from_slice(&key);
                Self { block, len: key.len(), long: None }
            }
            None => Self { block, len: key.len(), long: Some(key.into()) },
        }
    }
}

/// A name as it stands between quotes in JSON.
fn escaped(name: &str) -> Box<[u8]> {
    let mut bytes = vec![0; WORST * name.len() + BLOCK];
    let mut writer = Writer { bytes: &mut bytes, at: 0 };
    writer.str(name);
    let len = writer.at;
    bytes.truncate(len);
    bytes.into()
}

struct Encode<'a> {
    encoder: &'a JsonEncoder,
    batch: &'a Batch,
    input: &'a [u8],
    out: &'a mut Output,
}

impl Kernel for Encode<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) {
        let Self { encoder, batch, input, out } = self;
        let mut scratch = std::mem::take(&mut out.decoded);
        let mut times = TimeText::new();
        for (record, row) in batch.rows().enumerate() {
            let head = row.head();
            if head.flags.has(Flags::DROPPED) {
                continue;
            }
            // From the record's first byte on, past its end: blocks may be read beyond it.
            let text = input.get(head.start..).unwrap_or_default();
            let len = (head.len as usize).min(text.len());
            let texts = if head.flags.has(Flags::REJECTED) { 2 * len } else { len };
            let mut writer = Writer { bytes: out.room(encoder.overhead + WORST * texts), at: 0 };
            writer.head(&head, &mut times);
            let (spans, numbers) = row.fields();
            for (column, &span) in encoder.columns.iter().zip(spans) {
                let span = Span::from_cell(span);
                if column.optional && span == Span::ABSENT {
                    continue;
                }
                writer.key(&column.key);
                match column.value {
                    Value::Integer(place) => {
                        let number = numbers.get(place).copied().unwrap_or(NO_NUMBER);
                        writer.at -= 1;
                        if number == NO_NUMBER { writer.null() } else { writer.number(number) }
                    }
                    _ if !span.is_value() => {
                        writer.at -= 1;
                        writer.null();
                    }
                    value => {
                        let decode = encoder.decode && matches!(value, Value::Text);
                        writer.text(vector, text, span, decode, &mut scratch);
                        writer.byte(b'"');
                    }
                }
            }
            if head.flags.has(Flags::REJECTED) {
                writer.rejected(encoder, batch, record, &text[..len]);
            }
            if head.flags.has(Flags::TRUNCATED) {
                writer.slice(b",\"truncated\":");
                writer.number(batch.original_len(record).unwrap_or(0));
            }
            writer.slice(b"}\n");
            let written = writer.at;
            out.advance(written);
        }
        out.decoded = scratch;
    }
}

/// Writes into the room of one record.
struct Writer<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    /// Copies a whole block, of which only the first `len` bytes count.
    #[inline(always)]
    fn block(&mut self, block: &[u8; BLOCK], len: usize) {
        self.bytes[self.at..][..BLOCK].copy_from_slice(block);
        self.at += len;
    }

    #[inline(always)]
    fn slice(&mut self, slice: &[u8]) {
        self.bytes[self.at..][..slice.len()].copy_from_slice(slice);
        self.at += slice.len();
    }

    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        self.bytes[self.at] = byte;
        self.at += 1;
    }

    #[inline(always)]
    fn null(&mut self) {
        self.slice(b"null");
    }

    #[inline(always)]
    fn key(&mut self, key: &Key) {
        match &key.long {
            None => self.block(&key.block, key.len),
            Some(long) => self.slice(long),
        }
    }

    /// The time and the severity.
    #[inline(always)]
    fn head(&mut self, head: &Head, times: &mut TimeText) {
        // `","severity":…` begins with the quote that closes the time.
        let severity =
            &SEVERITIES[head.severity.map_or(0, |severity| usize::from(severity.number()))];
        if head.flags.has(Flags::TIME) {
            times.write(self, head.timestamp, head.fraction_digits);
            self.block(&severity.block, severity.len);
        } else {
            self.slice(b"{\"timestamp\":null");
            self.slice(&severity.block[1..severity.len]);
        }
    }

    #[inline(always)]
    fn number(&mut self, number: u64) {
        if number < 10_000 {
            let digits = &FOUR_DIGITS[number as usize];
            self.bytes[self.at..][..4].copy_from_slice(&digits[..4]);
            self.at += usize::from(digits[4]);
        } else {
            self.large_number(number);
        }
    }

    #[inline(always)]
    fn large_number(&mut self, number: u64) {
        if number < 100_000_000 {
            let (high, low) = ((number / 10_000) as usize, (number % 10_000) as usize);
            self.number(high as u64);
            self.four_digits(low);
        } else {
            let mut digits = itoa::Buffer::new();
            self.slice(digits.format(number).as_bytes());
        }
    }

    /// Four digits with leading zeros, of a number below 10,000.
    #[inline(always)]
    fn four_digits(&mut self, number: usize) {
        let (high, low) = (number / 100, number % 100);
        self.slice(&TWO_DIGITS[high]);
        self.slice(&TWO_DIGITS[low]);
    }

    /// The bytes of a span as the inside of a JSON string.
    #[inline(always)]
    fn text<V: Vector>(
        &mut self,
        vector: V,
        text: &[u8],
        span: Span,
        decode: bool,
        scratch: &mut Vec<u8>,
    ) {
        let begun = self.at;
        let mut rest = text.get(span.start()..).unwrap_or_default();
        let mut left = span.len().min(rest.len());
        loop {
            let padded;
            let block: &[u8; BLOCK] = match rest.first_chunk() {
                Some(block) => block,
                None => {
                    padded = pad(rest);
                    &padded
                }
            };
            let mut special = vector.json_special(block);
            if left < BLOCK {
                special &= (1 << left) - 1;
            }
            self.bytes[self.at..][..BLOCK].copy_from_slice(block);
            if special == 0 {
                if left <= BLOCK {
                    self.at += left;
                    return;
                }
                self.at += BLOCK;
                rest = &rest[BLOCK..];
                left -= BLOCK;
                continue;
            }
            let clean = special.trailing_zeros() as usize;
            let byte = block[clean];
            if byte == b'"' || (byte == b'\\' && !decode) {
                // The common specials need no thought, so that an `extra` full of quotes is not slow.
                self.at += clean;
                self.slice(&[b'\\', byte]);
                rest = &rest[clean + 1..];
                left -= clean + 1;
                continue;
            }
            self.at = begun;
            let field = text
                .get(span.start()..)
                .and_then(|rest| rest.get(..span.len()))
                .unwrap_or_default();
            return self.field(field, decode, scratch);
        }
    }

    /// A whole field that holds bytes which need thought.
    #[cold]
    #[inline(never)]
    fn field(&mut self, field: &[u8], decode: bool, scratch: &mut Vec<u8>) {
        if decode {
            scratch.clear();
            unescape(field, scratch);
            if let Ok(decoded) = std::str::from_utf8(scratch) {
                return self.str(decoded);
            }
        }
        self.lossy(field);
    }

    /// Bytes that may not be UTF-8; each part that is not becomes U+FFFD.
    fn lossy(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            self.str(chunk.valid());
            if !chunk.invalid().is_empty() {
                self.slice("\u{FFFD}".as_bytes());
            }
        }
    }

    fn str(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(needs_escape) {
            let (clean, special) = rest.split_at(at);
            self.slice(clean.as_bytes());
            let mut chars = special.chars();
            if let Some(char) = chars.next() {
                self.escape(char);
            }
            rest = chars.as_str();
        }
        self.slice(rest.as_bytes());
    }

    fn escape(&mut self, char: char) {
        let short = match char {
            '"' => b'"',
            '\\' => b'\\',
            '\u{8}' => b'b',
            '\u{C}' => b'f',
            '\n' => b'n',
            '\r' => b'r',
            '\t' => b't',
            _ => {
                let code = char as u32;
                let digit = |shift: u32| b"0123456789abcdef"[(code >> shift & 15) as usize];
                return self.slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
            }
        };
        self.slice(&[b'\\', short]);
    }

    /// What a record that did not parse has behind its fields.
    #[cold]
    fn rejected(&mut self, encoder: &JsonEncoder, batch: &Batch, record: usize, raw: &[u8]) {
        self.slice(b",\"message\":\"");
        self.lossy(raw);
        self.byte(b'"');
        let Some(error) = batch.error(record) else { return };
        let name = match error.slot() {
            Slot::Timestamp => &b"timestamp"[..],
            Slot::Field(field) => encoder.names.get(field.position()).map_or(&b""[..], |name| name),
        };
        self.slice(b",\"parse_error\":{\"reason\":\"");
        self.slice(error.reason().name().as_bytes());
        self.slice(b"\",\"field\":\"");
        self.slice(name);
        self.slice(b"\",\"at\":");
        self.number(u64::from(error.at()));
        self.byte(b'}');
    }
}

/// Characters that never stand as they are: JSON's own, all controls, and the line separators.
fn needs_escape(char: char) -> bool {
    char.is_control() || matches!(char, '"' | '\\' | '\u{2028}' | '\u{2029}')
}

/// The last bytes of an input, filled up to a block.
#[cold]
fn pad(rest: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// The text of the minute before, so that a record of the same minute needs only its second written.
struct TimeText {
    /// Minutes since the epoch.
    minute: i64,
    /// `{"timestamp":"2025-11-06T10:30:` and one byte more.
    block: [u8; BLOCK],
}

impl TimeText {
    const LEN: usize = BLOCK - 1;

    fn new() -> Self {
        // No time has this minute.
        Self { minute: i64::MIN, block: [0; BLOCK] }
    }

    #[inline(always)]
    fn write(&mut self, writer: &mut Writer<'_>, timestamp: Timestamp, fraction_digits: u8) {
        let (seconds, nanos) = timestamp.as_seconds();
        let minute = seconds.div_euclid(60);
        if minute != self.minute {
            self.remember(minute);
        }
        writer.block(&self.block, Self::LEN);
        writer.slice(&TWO_DIGITS[seconds.rem_euclid(60) as usize]);
        if fraction_digits > 0 {
            writer.byte(b'.');
            let mut rest = nanos;
            let mut weight = 100_000_000;
            for _ in 0..fraction_digits.min(9) {
                writer.byte(b'0' + (rest / weight) as u8);
                rest %= weight;
                weight = (weight / 10).max(1);
            }
        }
        writer.byte(b'Z');
    }

    #[cold]
    fn remember(&mut self, minute: i64) {
        self.minute = minute;
        let (year, month, day) = date_of_day(minute.div_euclid(24 * 60));
        let of_day = minute.rem_euclid(24 * 60);
        let pair = |number: i64| TWO_DIGITS[(number.rem_euclid(100)) as usize];
        let [[y1, y2], [y3, y4], [m1, m2], [d1, d2]] =
            [pair(year / 100), pair(year), pair(month), pair(day)];
        let [[h1, h2], [n1, n2]] = [pair(of_day / 60), pair(of_day % 60)];
        self.block[..14].copy_from_slice(b"{\"timestamp\":\"");
        let time = [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':'];
        self.block[14..Self::LEN].copy_from_slice(&time);
    }
}

/// `","severity":"INFO"`, by severity number; number 0 is `null`.
static SEVERITIES: [Key; 25] = {
    const fn append(key: &mut Key, text: &[u8]) {
        let mut i = 0;
        while i < text.len() {
            key.block[key.len] = text[i];
            key.len += 1;
            i += 1;
        }
    }
    let mut keys = [const { Key { block: [0; BLOCK], len: 0, long: None } }; 25];
    let mut number = 0;
    while number < keys.len() {
        let key = &mut keys[number];
        match Severity::from_number(number as u8) {
            None => append(key, b"\",\"severity\":null"),
            Some(severity) => {
                append(key, b"\",\"severity\":\"");
                append(key, severity.name().as_bytes());
                append(key, b"\"");
            }
        }
        number += 1;
    }
    keys
};

/// `00` to `99`.
static TWO_DIGITS: [[u8; 2]; 100] = {
    let mut table = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        table[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    table
};

/// The digits of 0 to 9,999 without leading zeros, and how many they are.
static FOUR_DIGITS: [[u8; 5]; 10_000] = {
    let mut table = [[0; 5]; 10_000];
    let mut number = 0;
    while number < 10_000 {
        let digits = if number < 10 {
            1
        } else if number < 100 {
            2
        } else if number < 1000 {
            3
        } else {
            4
        };
        let mut rest = number;
        let mut place = digits;
        while place > 0 {
            place -= 1;
            table[number][place] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        table[number][4] = digits as u8;
        number += 1;
    }
    table
};
