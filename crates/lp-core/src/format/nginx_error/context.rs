//! What nginx says of the client behind a message; the rules are told in the [module](super).

use std::ops::Range;

use memchr::{memchr, memchr_iter, memrchr, memrchr_iter};

/// The beginnings of the quoted values, in nginx's order.
pub(super) const QUOTED: [&[u8]; 5] =
    [b", request: \"", b", subrequest: \"", b", upstream: \"", b", host: \"", b", referrer: \""];

/// Where the parts of a context stand.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Context {
    /// Where the message ends.
    pub(super) start: usize,
    pub(super) client: Range<usize>,
    pub(super) server: Option<Range<usize>>,
    /// The values that [`QUOTED`] names, without their quotes.
    pub(super) quoted: [Option<Range<usize>>; 5],
    /// What is behind.
    pub(super) extra: Option<Range<usize>>,
}

/// Finds the context of a message that begins at byte `message` of a record.
pub(super) fn find(text: &[u8], message: usize) -> Option<Context> {
    // Each line and each comma of it are looked at once, from the last to the first, so that the time is linear whatever
    // the text; only the one that is chosen is read to its line's end.
    let mut any = None;
    let mut end = text.len();
    loop {
        let start = memrchr(b'\n', &text[message..end]).map_or(message, |at| message + at + 1);
        let line_end = if end < text.len() && text[start..end].ends_with(b"\r") { end - 1 } else { end };
        let line = &text[..line_end];
        for comma in memrchr_iter(b',', &line[start..]) {
            let Some(client) = client(line, start + comma) else { continue };
            if is_whole(&line[client.end..]) {
                return Some(read(text, line_end, start + comma, client));
            }
            any.get_or_insert((line_end, start + comma, client));
        }
        if start == message {
            return any.map(|(line_end, comma, client)| read(text, line_end, comma, client));
        }
        end = start - 1;
    }
}

/// The client, if the comma is that of `, client: ` and a word follows.
fn client(line: &[u8], comma: usize) -> Option<Range<usize>> {
    let rest = &line[comma..];
    let word = rest.strip_prefix(b", client: ").or_else(|| rest.strip_prefix(b", udp client: "))?;
    let start = line.len() - word.len();
    let length = word.iter().position(|&byte| byte <= b' ' || byte == b',').unwrap_or(word.len());
    (length > 0).then_some(start..start + length)
}

/// Whether what follows the client, up to its line's end, begins and ends as nginx's text does.
fn is_whole(behind_client: &[u8]) -> bool {
    let Some(server) = behind_client.strip_prefix(SERVER) else { return false };
    let (server, rest) = server.split_at(server_len(server));
    let value = QUOTED.iter().find_map(|key| rest.strip_prefix(*key));
    !server.contains(&b'"') && (rest.is_empty() || value.is_some_and(|value| value.ends_with(b"\"")))
}

const SERVER: &[u8] = b", server: ";

/// The length of the server's name at the beginning of a text.
fn server_len(text: &[u8]) -> usize {
    memchr_iter(b',', text).find(|&comma| text.get(comma + 1) == Some(&b' ')).unwrap_or(text.len())
}

/// Reads the context that begins at `start` in a line that ends at `line_end`.
fn read(text: &[u8], line_end: usize, start: usize, client: Range<usize>) -> Context {
    let line = &text[..line_end];
    let mut at = client.end;
    let mut context = Context { start, client, server: None, quoted: [const { None }; 5], extra: None };
    if let Some(server) = line[at..].strip_prefix(SERVER) {
        let server_start = at + SERVER.len();
        at = server_start + server_len(server);
        context.server = Some(server_start..at);
    }
    for (key, place) in QUOTED.iter().zip(&mut context.quoted) {
        if line[at..].starts_with(key) {
            let value = at + key.len();
            let end = value + value_len(&line[value..], *key == QUOTED[0]);
            *place = Some(value..end);
            // Behind its quote, if it has one.
            at = line_end.min(end + 1);
        }
    }
    let rest = &text[at..];
    let separator = [&b"\r\n"[..], b"\n", b", ", b" "].into_iter().find(|separator| rest.starts_with(separator));
    let extra = at + separator.map_or(0, <[u8]>::len);
    context.extra = (extra < text.len()).then_some(extra..text.len());
    context
}

/// The length of the value at the beginning of a text that goes on to the line's end: where its closing quote stands.
fn value_len(text: &[u8], is_request: bool) -> usize {
    let mut first = None;
    for quote in memchr_iter(b'"', text).filter(|&quote| ends_value(&text[quote + 1..])) {
        if !is_request || ends_with_protocol(&text[..quote]) {
            return quote;
        }
        first.get_or_insert(quote);
    }
    // A value that nginx had no room for has no closing quote.
    first.or_else(|| memchr(b'"', text)).unwrap_or(text.len())
}

/// Whether what is behind a quote says that the quote closed a value.
fn ends_value(behind: &[u8]) -> bool {
    let Some(rest) = behind.strip_prefix(b", ") else { return behind.is_empty() };
    let name = rest.iter().take_while(|byte| matches!(byte, b'a'..=b'z' | b'_')).count();
    (name > 0 && rest[name..].starts_with(b": \"")) || rest.starts_with(b"bytes from/to client:")
}

/// Whether a request ends as those do behind which there are headers.
fn ends_with_protocol(request: &[u8]) -> bool {
    let version = request.last_chunk::<9>().and_then(|end| end.strip_prefix(b" HTTP/"));
    matches!(version, Some([b'0'..=b'9', b'.', b'0'..=b'9']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_value_ends() {
        for (text, request, other) in [
            ("a\"", 1, 1),
            ("a\"b\"", 3, 3),
            ("a\", host: \"b\"", 1, 1),
            ("a\", HOST: \"b\"", 12, 12),
            ("a\", \"b\"", 6, 6),
            ("a\", bytes from/to client:0/0", 1, 1),
            ("a\", host: \"b HTTP/1.1\", host: \"c\"", 21, 1),
            ("a HTTP/1.1\", host: \"b HTTP/1.1\"", 10, 10),
            ("a\" b\" c", 1, 1),
            ("a", 1, 1),
            ("", 0, 0),
        ] {
            assert_eq!(value_len(text.as_bytes(), true), request, "{text}");
            assert_eq!(value_len(text.as_bytes(), false), other, "{text}");
        }
    }

    #[test]
    fn the_last_client_counts_that_nginx_may_have_written() {
        // A caret stands before the context.
        for text in [
            "x",
            "x, client: ",
            "x^, client: a",
            "x, client: a^, client: b",
            "x, client: a, server: b^, client: c",
            "x^, client: a, server: b\n, client: c",
            "x^, client: a, server: b, host: \", client: c, server: d\"",
            "x, client: a, server: b, host: \"^, client: c, server: d, host: \"\"",
            "x, client: a, server: b, port: \"c\"^, udp client: d, server: e",
        ] {
            let found = find(text.replace('^', "").as_bytes(), 0).map(|context| context.start);
            assert_eq!(found, text.find('^'), "{text}");
        }
    }
}
