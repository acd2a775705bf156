//! Log lines, built from what real ones are built from and from what must not confuse a parser.

use crate::choices::Choices;

const CLIENTS: &[&[u8]] = &[
    b"203.0.113.7",
    b"2001:db8::1",
    b"unix:",
    b"-",
    b"10.0.0.1, 10.0.0.2",
    b"10.0.0.1,10.0.0.2,",
    b"host.example",
    b"\xEF\xBB\xBF192.0.2.1",
    b"\\x22",
    b"",
    b",",
];
const USERS: &[&[u8]] = &[
    b"-",
    b"",
    b"frank",
    b"a b",
    b"[x]",
    b"a [06/Nov/2025:10:30:15 +0000] b",
    b"x [06/Nov/2025:10:30:15 +0000]",
    b"a\\\"b",
    b"a\\\\",
    b" [",
    b"\\x5C\\x22",
    b"a\tb",
];
const TIMES: &[&[u8]] = &[
    b"06/Nov/2025:10:30:15 +0000",
    b"06/Nov/2025:10:30:16 +0000",
    b"06/Nov/2025:10:30:59 +0000",
    b"06/Nov/2025:10:30:60 +0000",
    b"06/Nov/2025:10:30:61 +0000",
    b"06/Nov/2025:10:30:1\xB0 +0000",
    b"06/Nov/2025:10:31:00 +0000",
    b"06/Nov/2025:10:60:00 +0000",
    b"06/Nov/2025:24:00:00 +0000",
    b"31/Dec/2016:23:59:60 -2359",
    b"29/Feb/2024:00:00:00 +0530",
    b"29/Feb/2025:00:00:00 +0000",
    b"00/Jan/2025:00:00:00 +0000",
    b"06/nov/2025:10:30:15 +0000",
    b"06/Nov/2025:10:30:15 +2400",
    b"21/Sep/1677:00:12:43 +0000",
    b"21/Sep/1677:00:12:44 +0000",
    b"21/Sep/1677:00:13:44 +0000",
    b"11/Apr/2262:23:47:16 +0000",
    b"11/Apr/2262:23:47:17 +0000",
    b"11/Apr/2262:23:46:59 +0000",
    b"31/Dec/9999:23:59:59 -2359",
    b"01/Jan/0000:00:00:00 +2359",
    b"06/Nov/2025:10:30:15",
    b"06/Nov/2025 10:30:15 +0000",
    b"",
];
const REQUESTS: &[&[u8]] = &[
    b"GET / HTTP/1.1",
    b"POST /api/v1/items?id=1&x=%20 HTTP/2.0",
    b"GET /a b HTTP/1.0",
    b"GET  HTTP/1.1",
    b"GET HTTP/1.1",
    b" / HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
    b"PROPFIND /x HTTP/1.1",
    b"PROPPATCH /x HTTP/1.1",
    b"GET / HTTP/1.1 ",
    b"GET / HTTP/",
    b"GET / HTTP/11",
    b"GET / HTTP/1.x",
    b"GET /  HTTP/1.1",
    b"GET / http/1.1",
    b"GET /\\\" HTTP/1.1",
    b"GET /\\x22\\xC3\\xA9\\xC3 HTTP/1.1",
    b"GET /\xC3\xA9\xFF HTTP/1.1",
    b"GET / HTTP/1.1\\\\",
    b"\\x16\\x03\\x01",
    b"-",
    b"",
    b"x",
    b" ",
];
const STATUSES: &[&[u8]] = &[
    b"200", b"404", b"502", b"000", b"009", b"399", b"400", b"499", b"500", b"999", b"-", b"20", b"2000", b"", b"2x0",
    b"\xB200",
];
const SIZES: &[&[u8]] = &[
    b"157",
    b"0",
    b"-",
    b"12345678",
    b"123456789",
    b"00000007",
    b"18446744073709551614",
    b"18446744073709551615",
    b"18446744073709551616",
    b"99999999999999999999999",
    b"",
    b"+1",
    b"1:",
    b"1/2",
    b"--",
];
const TEXTS: &[&[u8]] = &[
    b"-",
    b"curl/8.4.0",
    b"https://example.com/?q=%22",
    b"Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    b"",
    b"--",
    b"\\x2d",
    b"\\",
    b"\\\\",
    b"\\\"",
    b"\\\\\\\"",
    b"a\\\\\" \"b",
    b"\" \"",
    b"\" 200 1 \"",
    b"\\x22\\x5C\\x00\\x7F\\x1b",
    b"\\xC3\\xA9 \\xE2\\x80\\xA8 \\xc2\\x85",
    b"\\xF0\\x9F\\x98\\x80",
    b"\\xED\\xA0\\x80",
    b"\\xC3 \\x4 \\xg0 \\x \\q \\b\\n\\r\\t\\v\\f\\0",
    b"\xC3\xA9 \xE2\x80\xA8\xE2\x80\xA9 \xC2\x85 \xF0\x9F\x98\x80",
    b"\xC3 \xE2\x80 \xF0\x9F\x98 \xFF\xFE \xED\xA0\x80 \xF4\x90\x80\x80 \xC0\xAF",
    b"\x00\x01\x08\t\x0B\x0C\x1B[2J\x7F",
    b"\r",
    b"<\\xE4>",
];
const EXTRAS: &[&[u8]] = &[
    b"",
    b" ",
    b" \"198.51.100.9\"",
    b" 0.003 \"-\" \"-\"",
    b"x",
    b"  ",
    b" \\x22\\\"",
    b"\"",
    b" \r",
    b"\r",
    b"\t",
    b" \xFF",
];
const ENDS: &[&[u8]] = &[b"\n", b"\r\n", b"\n\n", b"\r\r\n", b"", b"\r", b" \n", b"\0\n"];
const SEPARATORS: &[&[u8]] = &[b"", b"  ", b"\t", b" - ", b"\r", b"\0", b"\xA0", b"\n"];

/// Pieces that mean something wherever they stand.
const FRAGMENTS: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"\\\"",
    b"\\\\",
    b" ",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"-",
    b"[",
    b"]",
    b" [",
    b"] ",
    b"] \"",
    b" \"",
    b"\" ",
    b"\" \"",
    b" - ",
    b",",
    b" HTTP/1.1",
    b" HTTP/1.1\" 200 1 \"-\" \"-\"\n",
    b"\\x22",
    b"\\x5c",
    b"\\x",
    b"\\x0",
    b"\xE2\x80\xA8",
    b"\xC2\x9B",
    b"\x7F",
    b"\x1F\x8B\x08",
    b"\x28\xB5\x2F\xFD",
];

/// What stands behind the client: a separator, values, and the last of these that is usual. The first so many of them
/// make a common line.
const VALUES: [(&[u8], &[&[u8]], usize); 7] = [
    (b" - ", USERS, 3),
    (b" [", TIMES, 2),
    (b"] \"", REQUESTS, 1),
    (b"\" ", STATUSES, 3),
    (b" ", SIZES, 3),
    (b" \"", TEXTS, 3),
    (b"\" \"", TEXTS, 3),
];
const COMMON_VALUES: usize = 5;

/// A line with its end. Half of the lines are what a server writes, the others have one or more oddities.
pub fn line(choices: &mut Choices<'_>) -> Vec<u8> {
    let odd = !choices.once_in(2);
    let mut line = Vec::new();
    let mut part = |choices: &mut Choices<'_>, parts: &[&[u8]], usual: usize| {
        if odd && choices.once_in(4) {
            line.extend(piece(choices, parts));
        } else {
            line.extend_from_slice(parts[choices.up_to(usual)]);
        }
    };
    let separator = |choices: &mut Choices<'_>, usual: &'static [u8]| {
        [if odd && choices.once_in(24) { choices.pick(SEPARATORS) } else { usual }]
    };
    let common = choices.once_in(3);
    part(choices, CLIENTS, 2);
    let values = if common { &VALUES[..COMMON_VALUES] } else { &VALUES };
    for &(before, values, usual) in values {
        let before = separator(choices, before);
        part(choices, &before, 0);
        part(choices, values, usual);
    }
    if !common {
        let quote = separator(choices, b"\"");
        part(choices, &quote, 0);
    }
    part(choices, EXTRAS, 3);
    part(choices, ENDS, 1);
    line
}

/// One of `parts`, or another thing in its place: a long text, digits, a fragment, raw bytes.
fn piece(choices: &mut Choices<'_>, parts: &[&[u8]]) -> Vec<u8> {
    match choices.up_to(9) {
        0..=5 => choices.pick(parts).to_vec(),
        6 => vec![choices.pick(b"a/:.9-"); choices.up_to(140)],
        7 => (0..choices.up_to(24)).map(|_| b'0' + choices.up_to(9) as u8).collect(),
        8 => fragment(choices),
        _ => (0..choices.up_to(12)).map(|_| choices.byte()).collect(),
    }
}

/// A piece of text that may stand anywhere.
pub fn fragment(choices: &mut Choices<'_>) -> Vec<u8> {
    match choices.up_to(9) {
        0..=3 => choices.pick(FRAGMENTS).to_vec(),
        4 => choices.pick(TIMES).to_vec(),
        5 => choices.pick(REQUESTS).to_vec(),
        6 => choices.pick(TEXTS).to_vec(),
        7 => choices.pick(SIZES).to_vec(),
        8 => vec![choices.pick(b"\\\" a\n\r\0\xFF"); choices.up_to(70)],
        _ => (0..choices.up_to(12)).map(|_| choices.byte()).collect(),
    }
}
