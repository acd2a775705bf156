//! The escapes that web servers write into their logs, undone.

use memchr::memchr;

/// Appends `text` to `out` with its escapes decoded.
///
/// nginx writes `"`, `\`, controls and all that is not ASCII as [`\xHH`]; Apache writes [`\"`, `\\` and `\xhh`], and
/// `\b`, `\n`, `\r`, `\t`, `\v` for white space. A backslash that begins none of these is kept as it is.
/// The result need not be UTF-8, and is never longer than `text`.
///
/// [`\xHH`]: https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format
/// [`\"`, `\\` and `\xhh`]: https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#format-notes
///
/// ```
/// let mut decoded = Vec::new();
/// lp_core::unescape(br"\xC3\xA9t\xC3\xA9 \q", &mut decoded);
/// assert_eq!(decoded, "été \\q".as_bytes());
/// ```
pub fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(backslash) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..backslash]);
        let escape = &rest[backslash..];
        let (byte, len) = decode(escape).unwrap_or((b'\\', 1));
        out.push(byte);
        rest = &escape[len..];
    }
    out.extend_from_slice(rest);
}

/// The byte that an escape stands for, and the escape's length.
fn decode(escape: &[u8]) -> Option<(u8, usize)> {
    let byte = match escape.get(1)? {
        b'x' => {
            let high = char::from(*escape.get(2)?).to_digit(16)?;
            let low = char::from(*escape.get(3)?).to_digit(16)?;
            return Some(((high * 16 + low) as u8, 4));
        }
        byte @ (b'"' | b'\\') => *byte,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0B,
        b'r' => b'\r',
        _ => return None,
    };
    Some((byte, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_escapes() {
        let cases: [(&[u8], &[u8]); 10] = [
            (b"", b""),
            (b"plain", b"plain"),
            (br"\x22\x5C\x00\xff", b"\"\\\x00\xFF"),
            (br#"\"\\"#, b"\"\\"),
            (br"\b\t\n\v\r", b"\x08\t\n\x0B\r"),
            (br"\q\", br"\q\"),
            (br"\x", br"\x"),
            (br"\x4", br"\x4"),
            (br"\x4g\x41", br"\x4gA"),
            (br"\\x41", br"\x41"),
        ];
        for (text, want) in cases {
            let mut out = Vec::new();
            unescape(text, &mut out);
            assert_eq!(out, want, "{}", text.escape_ascii());
        }
    }
}
