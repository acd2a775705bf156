//! Lines of nginx's error log for property tests.
//!
//! The strategies are boxed: as plain values those that are made of many others fill the stack of a test's thread.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::mutation::{chosen, mutated, words};

/// What tells the parts of a line, and what may be taken for it.
const INSERTS: &[&str] = &[
    "\"",
    "\"",
    ",",
    ", ",
    "\", ",
    ", client: ",
    ", client: 6.6.6.6",
    ", client: 6.6.6.6, server: s",
    ", client: 6.6.6.6, server: s, host: \"h\"",
    ", udp client: 6.6.6.6, server: s",
    ", server: ",
    ", request: \"",
    ", request: \"GET / HTTP/1.1\"",
    " HTTP/1.1\"",
    "\", subrequest: \"",
    "\", upstream: \"",
    "\", host: \"",
    ", referrer: \"",
    "\", request_id: \"",
    ", bytes from/to client:1/2",
    "\n",
    "\r\n",
    "\r",
    " ",
    "9",
    "18446744073709551615",
    "*",
    "*7 ",
    "#",
    "] ",
    "[debug] ",
    "\n2025/11/06 10:30:15 [error] 1#1: ",
    "\0",
    "\u{e9}",
];

/// A line, a part of one, or what may stand between lines. It may hold line feeds, and then is several.
pub(crate) fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => ordinary(),
        6 => mutated(ordinary(), INSERTS),
        1 => vec(any::<u8>(), 0..200),
        1 => words("[ -~]{0,60}"),
        1 => context(),
        1 => vec(select(INSERTS), 0..8).prop_map(|texts| texts.concat().into_bytes()),
        1 => Just(Vec::new()),
    ]
}

/// A line as nginx may write it. Its time may be one that does not exist, and its numbers ones that nothing has.
pub(crate) fn ordinary() -> BoxedStrategy<Vec<u8>> {
    (head(), message(), prop_oneof![4 => context(), 1 => Just(Vec::new())])
        .prop_map(|parts| [parts.0, parts.1, parts.2].concat())
        .boxed()
}

fn head() -> BoxedStrategy<Vec<u8>> {
    let minute = chosen(&[
        "2025/11/06 10:30",
        "2025/11/06 10:30",
        "2025/11/06 10:30",
        "2025/11/06 10:31",
        "2024/02/29 23:59",
        "2025/02/29 23:59",
        "1969/12/31 24:00",
        "1677/09/21 00:12",
        "2262/04/11 23:47",
        "0000/01/01 00:00",
    ]);
    let second = prop_oneof![8 => 0..=60, 1 => 61..=99];
    let level = prop_oneof![
        4 => Just("error"),
        4 => select(&["debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"][..]),
        1 => select(&["", "errors", "err", "ERROR", "stderr"][..]),
    ];
    let number = || prop_oneof![6 => words("[0-9]{1,7}"), 1 => words("[0-9]{8,21}")];
    let pid = number().prop_map(|pid| [&pid[..], b"#", &pid].concat());
    let pid = prop_oneof![3 => pid, 1 => (number(), number()).prop_map(|(pid, tid)| [pid, tid].join(&b'#'))];
    let connection = prop_oneof![
        5 => number().prop_map(|number| [b"*", &number[..], b" "].concat()),
        2 => Just(Vec::new()),
        1 => chosen(&["*", "* ", "*12", "*x "]),
    ];
    (minute, second, level, pid, connection)
        .prop_map(|(minute, second, level, pid, connection)| {
            let rest = format!(":{second:02} [{level}] ").into_bytes();
            [minute, rest, pid, b": ".to_vec(), connection].concat()
        })
        .boxed()
}

fn message() -> BoxedStrategy<Vec<u8>> {
    prop_oneof![
        3 => chosen(&[
            "open() \"/usr/share/nginx/html/x\" failed (2: No such file or directory)",
            "limiting requests, excess: 5.120 by zone \"one\"",
            "signal process started",
            "client 192.0.2.1 closed keepalive connection",
            "FastCGI sent in stderr: \"PHP message: PHP Fatal error: x\nStack trace:\n#0 {main}\n  thrown\" while reading",
            "got \"x, client: 6.6.6.6, server: s, request: \"GET / HTTP/1.1\", host: \"h\"\" from upstream",
            "",
        ]),
        2 => words("[ -~]{0,80}"),
        1 => vec(select(INSERTS), 0..5).prop_map(|texts| texts.concat().into_bytes()),
    ]
    .boxed()
}

/// What follows a message.
fn context() -> BoxedStrategy<Vec<u8>> {
    let client = prop_oneof![
        5 => words("[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}"),
        1 => words("[0-9a-f:]{28,70}"),
        1 => chosen(&["unix:", "::1", "", "1.2.3.4 using starttls", "a,b", "\"", "1.2.3.4, 5.6.7.8", "\u{e9}"]),
    ];
    let server = prop_oneof![
        5 => chosen(&["_", "example.com", "", "0.0.0.0:443", "~^a{1,3}$"]),
        1 => chosen(&["x\"y", "a,", ",", " ", "a, b"]),
        1 => words("[a-z.]{60,70}"),
    ];
    let server = prop_oneof![9 => server.prop_map(|name| [b", server: ", &name[..]].concat()), 1 => Just(Vec::new())];
    let values = (
        (option::weighted(0.8, request()), option::weighted(0.1, value()), option::weighted(0.4, upstream())),
        (option::weighted(0.8, value()), option::weighted(0.5, value())),
        any::<prop::sample::Index>(),
    );
    let values = values.prop_map(|((request, subrequest, upstream), (host, referrer), order)| {
        let mut values = vec![
            ("request", request),
            ("subrequest", subrequest),
            ("upstream", upstream),
            ("host", host),
            ("referrer", referrer),
        ];
        // Another order than nginx's, now and then.
        let (first, second) = (order.index(30), order.index(7) % 5);
        if first < 5 {
            values.swap(first, second);
        }
        let mut context = Vec::new();
        for (name, value) in values {
            if let Some(value) = value {
                context.extend([b", ", name.as_bytes(), b": \"", &value, b"\""].concat());
            }
        }
        context
    });
    let behind = prop_oneof![
        8 => Just(Vec::new()),
        2 => chosen(&[
            ", request_id: \"8c3f\"",
            ", bytes from/to client:0/0, bytes from/to upstream:0/0",
            ", login: \"joe\", upstream: 10.0.0.1:25",
            "\nsomething else",
            "\r\n, client: 7.7.7.7",
            " x",
            "x",
            "\"",
            ",",
        ]),
    ];
    let key =
        chosen(&[", client: ", ", client: ", ", client: ", ", client: ", ", udp client: ", ", client:", " client: "]);
    (key, client, server, values, behind)
        .prop_map(|(key, client, server, values, behind)| [key, client, server, values, behind].concat())
        .boxed()
}

fn request() -> BoxedStrategy<Vec<u8>> {
    prop_oneof![
        5 => words("(GET|POST|HEAD) /[a-z0-9/?=&%.,_-]{0,40} HTTP/(1\\.0|1\\.1|2\\.0)"),
        1 => chosen(&["GET /", "-", "\u{16}\u{3}\u{1}", "GET /a, b HTTP/1.1", "GET /x\", host: \"e HTTP/1.1", "\", host: \"e"]),
        1 => value(),
    ]
    .boxed()
}

fn upstream() -> BoxedStrategy<Vec<u8>> {
    prop_oneof![
        4 => words("http://10\\.0\\.0\\.[0-9]:8080/[a-z/]{0,20}"),
        1 => chosen(&["fastcgi://unix:/run/php.sock:", "10.0.0.1:53", ""]),
        1 => value(),
    ]
    .boxed()
}

/// What a client may send as a header.
fn value() -> BoxedStrategy<Vec<u8>> {
    prop_oneof![
        4 => words("(https?://)?[a-z]{1,10}\\.example(/[a-z0-9/?=&%.,_-]{0,40})?"),
        2 => chosen(&["", "-", "a\"b", "x, client: 6.6.6.6, server: s, host: \"h", "x\", client: 6.6.6.6, server: s, host: \"h"]),
        1 => chosen(&["{\"a\": 1, \"b\": \"c\"}", "x\", host: \"y", "x\", key: \"y", "\" ", "x\"\", ", "\u{e9}"]),
        1 => words("[ -~]{0,60}"),
    ]
    .boxed()
}
