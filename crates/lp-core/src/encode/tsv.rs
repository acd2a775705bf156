//! Records as tab-separated values, with a line of names first, as PostgreSQL's [`COPY … FORMAT text`] reads and writes them.
//!
//! Nothing is quoted. A backslash begins an escape: `\t`, `\n`, `\r`, `\\`, `\xHH` for one byte of what would speak to a
//! terminal, and `\N` for no value. So a value never has a tab or a line feed in it, and what was logged can be had back.
//!
//! [`COPY … FORMAT text`]: https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2

use super::Output;
use super::separated::Dialect;
use super::visible::{Special, hex, is_unsafe};

pub(super) struct Tsv;

impl Dialect for Tsv {
    const SEPARATOR: &'static [u8] = b"\t";

    fn null(_only: bool) -> &'static [u8] {
        b"\\N"
    }

    fn value(text: &str, out: &mut Output) {
        const ESCAPED: Special = Special::new(b"\\");
        ESCAPED.write(text, out, |char, out| {
            match char {
                '\\' => out.extend(b"\\\\"),
                '\t' => out.extend(b"\\t"),
                '\n' => out.extend(b"\\n"),
                '\r' => out.extend(b"\\r"),
                char if is_unsafe(char) => {
                    for byte in char.encode_utf8(&mut [0; 4]).bytes().map(u32::from) {
                        out.extend(&[b'\\', b'x', hex(byte >> 4), hex(byte)]);
                    }
                }
                _ => return false,
            }
            true
        });
    }
}
