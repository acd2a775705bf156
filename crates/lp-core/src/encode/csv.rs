//! Records as comma-separated values ([RFC 4180]), with a line of names first.
//!
//! - Lines end with a line feed alone, as most tools write and all read them.
//! - A value with a comma, a quote or a line feed stands in quotes, in which a quote is doubled. Line feeds and tabs stay as
//!   they are; all else that would speak to a terminal is an escape, `\x1b` or `\u{9b}`. Where the log itself has what would
//!   read as such an escape, its backslash is `\x5c`; any other stays as it is. So whoever replaces the escapes, and nothing
//!   else, has what was logged.
//! - No value is nothing, an empty text is `""`, as in PostgreSQL's `COPY`. Where there is one column both are `""`, as
//!   readers skip empty lines.
//! - Nothing is put before values that begin with `=`, `+`, `-` or `@`: they are what was logged. A spreadsheet takes them for
//!   [formulas] unless the column is imported as text, and what a client has sent can begin so.
//!
//! [RFC 4180]: https://www.rfc-editor.org/rfc/rfc4180
//! [formulas]: https://owasp.org/www-community/attacks/CSV_Injection

use super::Output;
use super::separated::Dialect;
use super::visible::{Special, escape, hex, is_unsafe};

pub(super) struct Csv;

impl Dialect for Csv {
    const SEPARATOR: &'static [u8] = b",";

    fn null(only: bool) -> &'static [u8] {
        if only { b"\"\"" } else { b"" }
    }

    fn value(text: &str, out: &mut Output) {
        const QUOTED: Special = Special::new(b",\"\\");
        if !text.is_empty() && !QUOTED.is_in(text) {
            return out.extend(text.as_bytes());
        }
        out.extend(b"\"");
        QUOTED.write_before(text, out, |char, rest, out| {
            match char {
                '"' => out.extend(b"\"\""),
                '\n' | '\t' => return false,
                '\\' if !begins_escape(rest) => return false,
                char if char.is_ascii() && (is_unsafe(char) || char == '\\') => {
                    out.extend(&[b'\\', b'x', hex(char as u32 >> 4), hex(char as u32)]);
                }
                char if is_unsafe(char) => escape(char, out),
                _ => return false,
            }
            true
        });
        out.extend(b"\"");
    }
}

/// Whether a backslash before this text would read as the beginning of an escape.
fn begins_escape(text: &str) -> bool {
    match text.as_bytes() {
        [b'x', high, low, ..] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        [b'u', b'{', digits @ ..] => {
            let len = digits.iter().take_while(|digit| digit.is_ascii_hexdigit()).count();
            len > 0 && digits.get(len) == Some(&b'}')
        }
        _ => false,
    }
}
