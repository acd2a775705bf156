//! What the members of JSON objects say that are no fields: services give the same things different names.

use memchr::memchr2;

use super::decimal::millionths;
use super::fields::{DURATIONS, Said, Text};

/// Reads members as they stand in an object (`"a":1,"b":[2]`), into what is not known yet; `duration` is given those of the
/// [`DURATIONS`] with their numbers and millionths.
pub(super) fn read<'a>(members: &'a [u8], said: &mut Said<'a>, mut duration: impl FnMut(usize, u64)) {
    for (name, value) in (Members { rest: members }) {
        let whole = || millionths(value).map(|number| number / 1_000_000);
        let text = || Text::of_json(value);
        match name {
            b"status" | b"status_code" | b"http_status" => said.status = said.status.or_else(whole),
            b"method" | b"request_method" | b"http_method" => {
                said.method = said.method.or_else(|| text().map(|text| text.bytes));
            }
            b"bytes" | b"bytes_sent" | b"body_bytes_sent" | b"response_size" => said.size = said.size.or_else(whole),
            b"path" | b"uri" | b"url" | b"request_uri" => said.path = said.path.or_else(text),
            b"client_ip" | b"remote_addr" | b"remote_ip" | b"ip" | b"client" => {
                said.client = said.client.or_else(text);
            }
            b"user_agent" | b"http_user_agent" => said.user_agent = said.user_agent.or_else(text),
            b"logger" | b"logger_name" => said.logger = said.logger.or_else(text),
            name => {
                if let Some(number) = DURATIONS.iter().position(|(known, _)| known.as_bytes() == name)
                    && let Some(value) = millionths(value)
                {
                    duration(number, value);
                }
            }
        }
    }
}

/// The value of the member of that name, the first of several.
pub(super) fn find<'a>(members: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    Members { rest: members }.find_map(|(of, value)| (of == name).then_some(value))
}

/// The names of members, without their quotes and as they are written, and their values. Ends where it is no JSON.
struct Members<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let from_name = skip(self.rest, |byte| is_space(byte) || byte == b',');
        let name = from_name.get(..string_len(from_name)?)?;
        let from_value = skip(from_name.get(name.len()..)?, |byte| is_space(byte) || byte == b':');
        let value = from_value.get(..value_len(from_value)?)?;
        self.rest = from_value.get(value.len()..)?;
        Some((name.get(1..name.len() - 1)?, value))
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn skip(text: &[u8], is_skipped: impl Fn(u8) -> bool) -> &[u8] {
    let end = text.iter().position(|&byte| !is_skipped(byte)).unwrap_or(text.len());
    &text[end..]
}

/// The length of the string that begins there, with both quotes.
fn string_len(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The length of the value that begins there.
fn value_len(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'"' => string_len(text),
        b'{' | b'[' => {
            let (mut at, mut depth) = (0, 0_usize);
            loop {
                match text.get(at)? {
                    b'"' => at += string_len(&text[at..])? - 1,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => Some(text.iter().position(|&byte| is_space(byte) || byte == b',').unwrap_or(text.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_between_any_others() {
        let json =
            r#" "a" : {"path":"\"}"}, "path":"/x\"?y","n":[1,[2]], "status" :502 ,"duration_ms":1.5,"url":"/z" "#;
        let mut said = Said::default();
        let mut durations = Vec::new();
        read(json.as_bytes(), &mut said, |number, duration| durations.push((DURATIONS[number].0, duration)));
        assert_eq!(said.path, Text::of_json(br#""/x\"?y""#));
        assert_eq!(said.status, Some(502));
        assert_eq!(durations, [("duration_ms", 1_500_000)]);
        assert_eq!(find(json.as_bytes(), b"n"), Some(&b"[1,[2]]"[..]));
        assert_eq!(find(json.as_bytes(), b"url"), Some(&b"\"/z\""[..]));
        assert_eq!(find(json.as_bytes(), b"x"), None);
    }

    #[test]
    fn what_is_no_json_ends() {
        for json in ["", "\"", "\"a", "\"a\"", "\"a\":", "\"a\":[", "\"a\":{]", "\"a\":\"\\", "a", "\"a\\"] {
            assert_eq!(find(json.as_bytes(), b"b"), None, "{json}");
        }
    }
}
