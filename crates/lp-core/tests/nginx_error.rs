//! The parsers of nginx's error log against each other and against regular expressions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "nginx_error/lines.rs"]
mod lines;
mod mutation;
#[path = "nginx_error/naive.rs"]
mod naive;
mod seen;

use lp_core::format::nginx_error::{self as fields, NginxError};
use lp_core::{Batch, Field, Format, Level, Record, Timestamp, Zone};
use mutation::log;
use naive::Naive;
use proptest::prelude::*;
use proptest::sample::Index;
use seen::{Limits, assert_pieces_do_not_matter, limits, records, split};

/// Every level, with a batch that takes all and with a small one, against the careful parser.
fn assert_all_parsers_agree(log: &[u8], limits: Limits) {
    let unlimited = Limits { capacity: usize::MAX, ..limits };
    let careful = NginxError::new().careful();
    let want = records(&careful, log, unlimited);
    assert_eq!(records(&careful, log, limits), want, "careful, {limits:?}");
    for level in Level::available() {
        let fast = NginxError::new().with_level(level);
        assert_eq!(records(&fast, log, unlimited), want, "{}", level.name());
        assert_eq!(records(&fast, log, limits), want, "{}, {limits:?}", level.name());
    }
}

/// What a record says, as the naive reader has it.
fn seen(record: &Record<'_>) -> Naive {
    let all = (0..13).map(Field::new);
    Naive {
        timestamp: record.timestamp(),
        severity: record.severity(),
        error: record.error().map(|error| (error.reason(), error.slot(), error.at() as usize)),
        fields: all.clone().filter_map(|field| Some((field, record.span(field).range()?))).collect(),
        numbers: all.filter_map(|field| Some((field, record.integer(field)?))).collect(),
    }
}

fn assert_naive_agrees(log: &[u8], limits: Limits) {
    let format = NginxError::new();
    let mut batch = Limits { capacity: usize::MAX, ..limits }.batch();
    format.parse(log, &mut batch);
    let want = split(log, naive::starts);
    assert_eq!(batch.len(), want.len());
    for (record, (range, first_line)) in batch.records(log).zip(want) {
        assert_eq!(record.offset(), range.start);
        assert!(log[range.clone()].starts_with(record.raw()));
        assert_eq!(record.truncated(), (record.raw().len() < range.len()).then_some(range.len() as u64));
        let text = record.raw().escape_ascii().to_string();
        assert_eq!(seen(&record), naive::read(record.raw(), first_line), "{text}");
    }
}

proptest! {
    #[test]
    fn a_naive_reader_reads_the_same(log in log(lines::line(), 0..6), limits in limits()) {
        assert_naive_agrees(&log, limits);
    }

    #[test]
    fn the_fast_path_equals_the_careful_parser(log in log(lines::line(), 0..20), limits in limits()) {
        assert_all_parsers_agree(&log, limits);
    }

    #[test]
    fn pieces_do_not_matter(
        log in log(lines::line(), 0..12), cuts in prop::collection::vec(any::<Index>(), 0..8), limits in limits(),
    ) {
        assert_pieces_do_not_matter(&NginxError::new(), &log, &cuts, limits);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// A log of several windows of the index, whose edges fall anywhere.
    #[test]
    fn the_fast_path_equals_the_careful_parser_across_windows(
        first in lines::line(), log in log(lines::line(), 1..8), last in lines::line(), limits in limits(),
    ) {
        let repeated = [&log[..], b"\n"].concat().repeat(80_000 / (log.len() + 1));
        assert_all_parsers_agree(&[&first[..], b"\n", &repeated, &last].concat(), limits);
    }

    /// A line that is about as long as a window, or longer.
    #[test]
    fn the_fast_path_equals_the_careful_parser_on_long_lines(
        before in log(lines::line(), 0..3), line in lines::ordinary(), after in log(lines::line(), 0..3),
        at: Index, length in prop_oneof![32_000_usize..33_500, 65_000_usize..70_000], limits in limits(),
    ) {
        let (start, end) = line.split_at(at.index(line.len()));
        let long = [start, &vec![b'x'; length], end].concat();
        assert_all_parsers_agree(&[&before[..], b"\n", &long, b"\n", &after].concat(), limits);
    }
}

const LINES: [&str; 3] = [
    "2025/11/06 10:30:15 [error] 12#12: *45 x, y, client: 1.2.3.4, server: _, request: \"GET /a,b HTTP/1.1\", host: \"h\"\n",
    "2025/11/06 10:30:59 [warn] 1#2: *45 x, client: ::1, server: a, upstream: \"http://u/\", referrer: \"r\"\r\n",
    "2025/11/06 10:30:00 [notice] 12345678#12345678: signal process started\n",
];

/// A line after one that differs from it in a single byte, for every byte: what was kept of the first must not be
/// taken for the second's.
#[test]
fn the_fast_path_sees_every_byte_that_differs_from_the_line_before() {
    for line in LINES {
        let mut log = Vec::new();
        for place in 0..line.len() {
            for byte in 0..=255 {
                log.extend_from_slice(line.as_bytes());
                log.extend_from_slice(line.as_bytes());
                let end = log.len();
                log[end - line.len() + place] = byte;
            }
        }
        assert_all_parsers_agree(&log, Limits { capacity: 4096, ..Limits::NONE });
    }
}

/// Every line is one that the fast path takes, wherever the log ends.
#[test]
fn a_log_may_end_anywhere() {
    let log = LINES.concat();
    for end in 0..=log.len() {
        assert_all_parsers_agree(&log.as_bytes()[..end], Limits { capacity: 2, ..Limits::NONE });
        assert_naive_agrees(&log.as_bytes()[..end], Limits::NONE);
        assert_naive_agrees(log.as_bytes(), Limits { bytes: end as u32, ..Limits::NONE });
    }
}

#[test]
fn times_are_those_of_the_zone() {
    let format = NginxError::new().with_zone(Zone::fixed(3600).unwrap());
    for format in [format.clone(), format.careful()] {
        for mut batch in [Batch::new(), Batch::new().with_time_places()] {
            let keeps_places = batch.records(b"").len() == 0 && format!("{batch:?}").contains("time_places: Some");
            format.parse(LINES[0].as_bytes(), &mut batch);
            let record = batch.record(LINES[0].as_bytes(), 0).unwrap();
            assert_eq!(record.timestamp(), Timestamp::from_seconds(1_762_425_015 - 3600));
            assert_eq!(record.time_place(), keeps_places.then_some(0..19));
        }
    }
}

/// The values of some fields of one record.
fn check(text: &str, want: &[(Field, &str)]) {
    assert_naive_agrees(text.as_bytes(), Limits::NONE);
    let mut batch = Batch::new();
    NginxError::new().parse(text.as_bytes(), &mut batch);
    assert_eq!(batch.len(), 1, "{text}");
    let record = batch.record(text.as_bytes(), 0).unwrap();
    assert_eq!(record.error(), None, "{text}");
    let front = [fields::LEVEL, fields::PID, fields::TID, fields::CONNECTION];
    for field in (0..13).map(Field::new).filter(|field| !front.contains(field)) {
        let want = want.iter().find(|(of, _)| *of == field).map(|(_, value)| *value);
        let got = record.get(field).map(|value| std::str::from_utf8(value).unwrap());
        assert_eq!(got, want, "{} of {text}", format_name(field));
    }
}

fn format_name(field: Field) -> String {
    NginxError::new().schema().get(field).unwrap().name().to_owned()
}

const FRONT: &str = "2025/11/06 10:30:15 [error] 12#13: *45 ";

/// A context, as text and as fields.
const CONTEXT: &str = ", client: 192.0.2.1, server: s, request: \"GET / HTTP/1.1\", host: \"h\"";
const FIELDS: [(Field, &str); 4] =
    [(fields::CLIENT, "192.0.2.1"), (fields::SERVER, "s"), (fields::REQUEST, "GET / HTTP/1.1"), (fields::HOST, "h")];

/// A message with that context and something around it.
fn check_message(message: &str, behind: &str, more: &[(Field, &str)]) {
    let want = [&FIELDS[..], &[(fields::MESSAGE, message)], more].concat();
    check(&[FRONT, message, CONTEXT, behind].concat(), &want);
}

#[test]
fn messages_with_a_context() {
    check_message("open() \"/x\" failed (2: No such file or directory)", "", &[]);
    check_message("x", ", referrer: \"http://r/?a=b, c\"", &[(fields::REFERRER, "http://r/?a=b, c")]);
    check_message("limiting requests, excess: 5.120 by zone \"one\"", "", &[]);
    check_message("", "", &[]);
    // Lines of PHP.
    check_message("FastCGI sent in stderr: \"a\nb, client: \n\nc\" while reading", "", &[]);
    // A whole earlier line.
    check_message(&format!("got \"{FRONT}x{CONTEXT}\" from upstream"), "", &[]);
    check_message(&format!("{FRONT}x{CONTEXT}"), "", &[]);
}

#[test]
fn what_is_behind_the_context() {
    check_message("x", ", request_id: \"8c3f\"", &[(fields::EXTRA, "request_id: \"8c3f\"")]);
    check_message(
        "x",
        "\na line of another program\nand one more",
        &[(fields::EXTRA, "a line of another program\nand one more")],
    );
    check_message("x", " y", &[(fields::EXTRA, "y")]);
    // The referrer comes behind the host, never before it.
    check_message("x", ", request: \"y\"", &[(fields::EXTRA, "request: \"y\"")]);
}

#[test]
fn other_modules() {
    let line = format!(
        "{FRONT}connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.9, server: \
         0.0.0.0:53, upstream: \"10.0.0.1:53\", bytes from/to client:12/0, bytes from/to upstream:0/12"
    );
    let want = [
        (fields::MESSAGE, "connect() failed (111: Connection refused) while connecting to upstream"),
        (fields::CLIENT, "10.0.0.9"),
        (fields::SERVER, "0.0.0.0:53"),
        (fields::UPSTREAM, "10.0.0.1:53"),
        (fields::EXTRA, "bytes from/to client:12/0, bytes from/to upstream:0/12"),
    ];
    check(&line, &want);
    check(&line.replace(", client: ", ", udp client: "), &want);
    let mail =
        format!("{FRONT}x while in auth state, client: 10.0.0.9 using starttls, server: 0.0.0.0:25, login: \"joe\"");
    check(
        &mail,
        &[
            (fields::MESSAGE, "x while in auth state"),
            (fields::CLIENT, "10.0.0.9"),
            (fields::EXTRA, "using starttls, server: 0.0.0.0:25, login: \"joe\""),
        ],
    );
    let http_without_request =
        format!("{FRONT}client timed out while waiting for request, client: ::1, server: 0.0.0.0:80");
    check(
        &http_without_request,
        &[
            (fields::MESSAGE, "client timed out while waiting for request"),
            (fields::CLIENT, "::1"),
            (fields::SERVER, "0.0.0.0:80"),
        ],
    );
    check(
        &format!("{FRONT}x, client: unix:, server: , request: \"GET / HTTP/1.1\""),
        &[(fields::MESSAGE, "x"), (fields::CLIENT, "unix:"), (fields::SERVER, ""), (fields::REQUEST, "GET / HTTP/1.1")],
    );
}

#[test]
fn what_a_client_may_send() {
    let with = |request: &str, host: &str, referrer: &str| {
        let text = format!(
            "{FRONT}x, client: 192.0.2.1, server: s, request: \"{request}\", host: \"{host}\", referrer: \"{referrer}\""
        );
        let fields = [(fields::MESSAGE, "x"), (fields::REQUEST, request), (fields::HOST, host)];
        check(&text, &[&FIELDS[..2], &fields, &[(fields::REFERRER, referrer)]].concat());
    };
    with("GET /a\"b HTTP/1.1", "h", "r");
    with("GET /x\", host: \"evil\", y HTTP/1.0", "h", "r");
    with("GET / HTTP/1.1", "h", "a\"b, \"c\"");
    with("GET / HTTP/1.1", "h\"h", "{\"a\": 1, \"b\": \"c\"}");
    with("GET / HTTP/1.1", "h", "x, client: 6.6.6.6, server: evil");
    with("GET /, client: 6.6.6.6 HTTP/1.1", "h, client: 6.6.6.6, server: evil", "");
}

#[test]
fn messages_without_a_context() {
    for message in [
        "signal process started",
        "client 192.0.2.1 closed keepalive connection",
        "a, client sent",
        "ends in, client: ",
        "client: 192.0.2.1",
        "a\n\nb",
        "*x",
        "*45",
        "",
    ] {
        let text = format!("2025/11/06 10:30:15 [notice] 12#13: {message}");
        check(&text, &[(fields::MESSAGE, message)]);
    }
    let header = format!("http header: \"Referer: x{CONTEXT}\"");
    check(&format!("2025/11/06 10:30:15 [debug] 12#13: *45 {header}"), &[(fields::MESSAGE, &header)]);
}

#[test]
fn nginx_cuts_a_long_record() {
    let text = format!("{FRONT}x, client: 192.0.2.1, server: s, request: \"GET /aaaaa");
    check(&text, &[&FIELDS[..2], &[(fields::MESSAGE, "x"), (fields::REQUEST, "GET /aaaaa")]].concat());
    let text = format!("{FRONT}got {CONTEXT} x, client: 192.0.2.1, server: s, request: \"GET /aaaaa");
    let message = format!("got {CONTEXT} x");
    check(&text, &[&FIELDS[..2], &[(fields::MESSAGE, &message), (fields::REQUEST, "GET /aaaaa")]].concat());
}

/// The time to find a context grows with the record, not with its square.
#[test]
fn hostile_records_take_no_longer() {
    for piece in [
        ", client: a",
        ", client: a, server: b",
        ", client: a, server: b, host: \"",
        "\", a",
        ",",
        "\"",
        "\n, client: a",
    ] {
        let log = [FRONT, &piece.repeat((1 << 20) / piece.len()), "\n"].concat();
        let before = std::time::Instant::now();
        let mut batch = Batch::new().with_line_limit(u32::MAX);
        NginxError::new().parse(log.as_bytes(), &mut batch);
        assert_eq!(batch.len(), 1);
        assert!(before.elapsed().as_secs() < 2, "{piece:?}");
    }
}
