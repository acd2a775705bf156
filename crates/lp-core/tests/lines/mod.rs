//! Access log lines for property tests: ordinary ones, ordinary ones with something done to them, and junk.

#[path = "../mutation/mod.rs"]
mod mutation;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use mutation::{chosen, words};

/// A log: lines with their terminators, the last one perhaps without. It does not seem to be in UTF-16.
pub(crate) fn log(lines: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    mutation::log(line(), lines)
        .prop_filter("a byte order mark", |log| !matches!(log[..], [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]))
}

/// Any line. It may hold line feeds, and then is several.
pub(crate) fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => ordinary(),
        5 => mutated(),
        1 => vec(any::<u8>(), 0..200),
        1 => words(r#"[ -~]{0,60}"#),
        1 => Just(Vec::new()),
    ]
}

/// An ordinary line with one to three things done to it.
pub(crate) fn mutated() -> impl Strategy<Value = Vec<u8>> {
    const INSERTS: &[&[u8]] = &[
        b"\"",
        b"\"",
        b"\\",
        b"\\",
        b"\\\"",
        b"\0",
        b"\r",
        b"\n",
        b" ",
        b"  ",
        b"\t",
        b"-",
        b",",
        b"[",
        b" [",
        b"] ",
        b"\" \"",
        b"9",
        b" [06/Nov/2025:10:30:15 +0000] ",
        b"\xFF",
    ];
    mutation::mutated(ordinary(), INSERTS)
}

/// A line of the combined or the common format, as nginx, Apache or another program may write it: well formed, but
/// its time may be one that does not exist, and its size one that nothing has.
pub(crate) fn ordinary() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => combined(), 1 => common()]
}

/// An [`ordinary`] line with a referer and a user agent.
pub(crate) fn combined() -> impl Strategy<Value = Vec<u8>> {
    let extra = mostly("", &[" \"203.0.113.9\"", " 0.005 -", "x", " ", "  ", " \"", " \r"]);
    (common(), text(), text(), extra).prop_map(|(common, referer, user_agent, extra)| {
        [&common[..], b" \"", &referer, b"\" \"", &user_agent, b"\"", &extra].concat()
    })
}

/// An [`ordinary`] line that ends with its size.
fn common() -> impl Strategy<Value = Vec<u8>> {
    let head = (client(), mostly("-", &["frank", "x\"y"]), user(), time(), request());
    let tail = (words("[0-9]{3}|-"), words("[0-9]{1,7}|[0-9]{8,21}|-"));
    (head, tail).prop_map(|((client, ident, user, time, request), (status, size))| {
        let parts: [&[u8]; 13] =
            [&client, b" ", &ident, b" ", &user, b" [", &time, b"] \"", &request, b"\" ", &status, b" ", &size];
        parts.concat()
    })
}

fn client() -> impl Strategy<Value = Vec<u8>> {
    let others =
        ["-", "unix:", "2001:db8::7", "203.0.113.9, 10.0.0.1", ",, x", "10.0.0.1, -", "\\x61\"", "h\u{f6}st\u{7f}"];
    prop_oneof![
        6 => words("[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}"),
        // Around 32 and 64 bytes, where a block ends.
        1 => words("[a-z0-9.-]{28,34}|[a-z0-9.-]{60,68}"),
        2 => chosen(&others),
    ]
}

fn user() -> impl Strategy<Value = Vec<u8>> {
    mostly(
        "-",
        &[
            "",
            " ",
            "alice",
            "john doe",
            "a [b] c",
            "x [06/Nov/2025:10:30:15 +0000]",
            "x [01/Jan/1999:00:00:00 +0000] \\\"GET / HTTP/1.1\\\" 200 5",
            "\\x22q\\x22",
            "\\\\",
            "\u{e9}\t",
        ],
    )
}

/// Few minutes and many seconds, so that neighbours often share a minute.
fn time() -> impl Strategy<Value = Vec<u8>> {
    let minute = select(vec![
        "06/Nov/2025:10:30",
        "06/Nov/2025:10:30",
        "06/Nov/2025:10:30",
        "06/Nov/2025:10:31",
        "29/Feb/2024:23:59",
        "29/Feb/2025:23:59",
        "31/Dec/1969:24:00",
        "21/Sep/1677:00:12",
        "11/Apr/2262:23:47",
        "01/Jan/0000:00:00",
    ]);
    let second = prop_oneof![8 => 0..=60, 1 => 61..=99];
    let zone = select(vec!["+0000", "+0000", "+0000", "-0000", "+0530", "-0800", "+2359", "+2400"]);
    (minute, second, zone).prop_map(|(minute, second, zone)| format!("{minute}:{second:02} {zone}").into_bytes())
}

fn request() -> impl Strategy<Value = Vec<u8>> {
    let target = prop_oneof![4 => words("/[a-z0-9/?=&%._-]{0,50}"), 2 => text()];
    let method = words("GET|POST|HEAD|OPTIONS|PROPFIND|-");
    let protocol = words("HTTP/1\\.[01]|HTTP/2\\.0|HTTP/|http/1\\.1|HTTP/1\\.1x");
    let odd = ["", "-", " ", "GET", "GET /", "GET  HTTP/1.1", "\\x16\\x03\\x01", " / HTTP/1.1", "GET / HTTP/1.1 "];
    prop_oneof![
        6 => (method, target, protocol)
            .prop_map(|(method, target, protocol)| [&method[..], &target, &protocol].join(&b' ')),
        1 => chosen(&odd),
    ]
}

/// What stands between quotes, with escapes, controls, and bytes that are not ASCII or not even UTF-8.
fn text() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&[u8]; 24] = [
        b"\\x22",
        b"\\x5C",
        b"\\x00",
        b"\\x1B[31m",
        b"\\xC3\\xA9",
        b"\\xe9",
        b"\\xC2\\x85",
        b"\\xE2\\x80\\xA8",
        b"\\\"",
        b"\\\\",
        b"\\n",
        b"\\q",
        b"\\x4",
        b"\\xG1",
        b"abc",
        b" ",
        b"\xC3\xA9",
        b"\xFF",
        b"\xF0\x9F\x98",
        b"\xC2\x9B",
        b"\xE2\x80\xA9",
        b"\x7F",
        b"\x00",
        b"\t",
    ];
    let pieces = vec(select(PIECES.to_vec()), 0..8).prop_map(|pieces| pieces.concat());
    prop_oneof![
        3 => chosen(&["-", "", "curl/8.4.0", "https://example.com/?q=1", "a\\\" "]),
        3 => words("[ !#-\\[\\]-~]{0,110}"),
        3 => pieces.clone(),
        // An oddity behind one or more whole blocks.
        1 => (words("[a-z]{25,70}"), pieces).prop_map(|(plain, pieces)| [plain, pieces].concat()),
    ]
}

/// One text most of the time, and any of the others now and then.
fn mostly(text: &'static str, others: &[&'static str]) -> impl Strategy<Value = Vec<u8>> + use<> {
    prop_oneof![4 => Just(text.as_bytes().to_vec()), 1 => chosen(others)]
}
