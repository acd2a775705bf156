//! Records as `logfmt`: `timestamp=2025-11-06T10:30:15Z severity=ERROR message="two words"`.
//!
//! There is no standard; this is what [go-logfmt] reads, which is the most careful about it. A value stands in quotes if it
//! has a space, a control, `=`, `"` or U+FFFD in it, or nothing at all. In quotes there are the escapes of JSON; without
//! them a backslash is one. What has no value is left out. In a name, `_` stands for what a name cannot have. The members of
//! JSON logs are pairs of their own; those that are objects or arrays are shown as JSON.
//!
//! [go-logfmt]: https://pkg.go.dev/github.com/go-logfmt/logfmt

use super::columns::{Columns, Scratch, each};
use super::layout::Layout;
use super::members::{Members, unescape_json};
use super::value::{Value, decoded};
use super::visible::{Special, hex, is_unsafe};
use super::{Encoder, Output};
use crate::batch::Batch;

pub(super) struct Logfmt {
    columns: Columns,
    keys: Box<[Box<str>]>,
}

impl Logfmt {
    pub(super) fn new(layout: &Layout) -> Self {
        let columns = Columns::new(layout);
        let keys = columns.list.iter().map(|column| key(&column.name).into()).collect();
        Self { columns, keys }
    }
}

impl Encoder for Logfmt {
    fn encode(&self, batch: &Batch, input: &[u8], records: &[u32], out: &mut Output) {
        let mut scratch = Scratch::default();
        let mut text = String::new();
        each(batch, input, records, |record| {
            let mut pairs = Pairs { out, is_first: true };
            for (number, _) in self.columns.of(&record) {
                match self.columns.value(number, &record, &mut scratch) {
                    Value::Members(members) => {
                        for member in Members::new(members) {
                            let mut name = String::new();
                            unescape_json(member.key, &mut name);
                            pairs.pair(&key(&name), decoded(member.value, &mut text));
                        }
                    }
                    value => pairs.pair(&self.keys[number], value),
                }
            }
            out.extend(b"\n");
        });
    }
}

/// The pairs of a record.
struct Pairs<'a> {
    out: &'a mut Output,
    is_first: bool,
}

impl Pairs<'_> {
    fn pair(&mut self, key: &str, value: Value<'_>) {
        let out = &mut *self.out;
        let is_first = self.is_first;
        let written = value.as_text(|text| {
            if !is_first {
                out.extend(b" ");
            }
            out.extend(key.as_bytes());
            out.extend(b"=");
            write(text, out);
        });
        self.is_first &= written.is_none();
    }
}

/// A value, in quotes where it needs them.
pub(super) fn write(text: &str, out: &mut Output) {
    // The byte that U+FFFD begins with is 0xEF.
    const QUOTED: Special = Special::new(b" =\"\xEF");
    const ESCAPED: Special = Special::new(b"\"\\");
    if !text.is_empty() && !QUOTED.is_in(text) {
        return out.extend(text.as_bytes());
    }
    out.extend(b"\"");
    ESCAPED.write(text, out, |char, out| {
        match char {
            '"' | '\\' => out.extend(&[b'\\', char as u8]),
            '\n' => out.extend(b"\\n"),
            '\r' => out.extend(b"\\r"),
            '\t' => out.extend(b"\\t"),
            char if is_unsafe(char) => {
                let code = char as u32;
                out.extend(&[b'\\', b'u', hex(code >> 12), hex(code >> 8), hex(code >> 4), hex(code)]);
            }
            _ => return false,
        }
        true
    });
    out.extend(b"\"");
}

/// A name as a key.
pub(super) fn key(name: &str) -> String {
    let is_bad =
        |char: char| char <= ' ' || matches!(char, '=' | '"' | '\u{FFFD}') || is_unsafe(char) || char.is_whitespace();
    if name.is_empty() {
        return "_".to_owned();
    }
    name.chars().map(|char| if is_bad(char) { '_' } else { char }).collect()
}
