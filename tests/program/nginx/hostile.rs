//! Requests made of bytes that are hard on a log, at random, and always the same ones.

use super::http2;
use super::requests::{basic_auth, request};

/// What could end a field early, start one, or be taken for an escape, and text in and out of UTF-8.
const PIECES: [&[u8]; 44] = [
    b"a",
    b"/",
    b"?b=c&d",
    b"%00",
    b"%22",
    b"'",
    b",",
    b"-",
    b" ",
    b"  ",
    b" - ",
    b"\"",
    b"\\",
    b"\\\"",
    b"\\x22",
    b"\\x4",
    b"\\x",
    b"\\n",
    b"[",
    b"]",
    b" [",
    b"] \"",
    b"[10/Oct/2000",
    b"[10/Oct/2000:00:00:00 +0000] \"",
    b"\" 200 5 \"-\" \"-\"",
    b"GET / ",
    b"HTTP/1.1",
    b" HTTP/1.1",
    b"\t",
    b"\x01",
    b"\x1b[31m",
    b"\x7f",
    b"\r",
    b"\0",
    b"\n",
    b"\xc3\xa9",         // é
    b"\xf0\x9f\x98\x80", // an emoji
    b"\xe2\x80\xa8",     // U+2028, a line separator
    b"\xc2\x85",         // U+0085, a control character
    b"\xef\xbb\xbf",     // a byte order mark
    b"\xe9",             // é in Latin-1
    b"\xc3",             // the first half of é
    b"\xed\xa0\x80",     // a surrogate
    b"\xf4\x90\x80\x80", // beyond U+10FFFF
];

pub(crate) fn http1_requests(count: usize) -> Vec<Vec<u8>> {
    let mut random = Random(0x5eed_1e55_c0ff_ee00);
    (0..count).map(|_| http1_request(&mut random)).collect()
}

fn http1_request(random: &mut Random) -> Vec<u8> {
    // A line feed would end the request line or the header.
    let anything = |byte: u8| byte != b'\n';
    // nginx rejects spaces and control bytes in a URI, and then does not read the headers.
    let graphic = |byte: u8| byte > b' ' && byte != 0x7f;
    // nginx rejects these in a header.
    let header = |byte: u8| !b"\n\r\0".contains(&byte);

    let uri = if random.one_in(4) { random.text(anything) } else { random.text(graphic) };
    let mut headers = Vec::new();
    if !random.one_in(4) {
        headers.extend(basic_auth(&[&random.text(|_| true), &b":password"[..]].concat()));
    }
    for name in [&b"Referer: "[..], b"User-Agent: "] {
        let value = if random.one_in(20) { random.text(anything) } else { random.text(header) };
        headers.extend([name, &value, b"\r\n"].concat());
    }
    request("GET", &[b"/", &uri[..]].concat(), "HTTP/1.1", &headers)
}

pub(crate) fn http2_requests(count: usize) -> Vec<Vec<u8>> {
    let mut random = Random(0xdead_10cc_0b5e_55ed);
    (0..count).map(|_| http2_request(&mut random)).collect()
}

fn http2_request(random: &mut Random) -> Vec<u8> {
    let graphic = |byte: u8| byte > b' ' && byte != 0x7f;
    let header = |byte: u8| !b"\n\r\0".contains(&byte);
    let path = [b"/", &random.text(graphic)[..]].concat();
    let (referer, agent) = (random.text(header), random.text(header));
    http2::request(b"GET", &path, &[(b"referer", &referer), (b"user-agent", &agent)])
}

/// A xorshift generator: the same numbers everywhere and for ever.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 32).unwrap() % limit
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// Up to six pieces or stray bytes, without the bytes that may not be there; never long.
    fn text(&mut self, allowed: impl Fn(u8) -> bool) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..self.below(7) {
            if self.one_in(6) {
                text.push(self.below(256).to_le_bytes()[0]);
            } else {
                text.extend_from_slice(PIECES[self.below(PIECES.len())]);
            }
        }
        text.retain(|&byte| allowed(byte));
        text.truncate(100);
        text
    }
}
