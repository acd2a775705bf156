//! Random expressions over random records: the predicate says what the plain interpreter says.

use lp_core::Batch;
use lp_core::format::Format;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

use super::format;
use super::naive::{Value, seen};
use crate::{Filter, Names};

/// Expressions of each type, as text.
#[derive(Clone, Copy)]
struct Words {
    integers: &'static [&'static str],
    decimals: &'static [&'static str],
    texts: &'static [&'static str],
    /// Of any type.
    any: &'static [&'static str],
    names: &'static [&'static str],
}

const COMBINED: Words = Words {
    integers: &["status_code", "response_size"],
    decimals: &["1.5"],
    texts: &[
        "method",
        "path",
        "user",
        "user_agent",
        "client_ip",
        "status_class",
        "raw",
        "parse_error",
        "request",
        "extra",
    ],
    any: &["null"],
    names: &["status_code", "user", "path", "request", "extra", "severity", "timestamp", "parse_error", "status_class"],
};

const JSON: Words = Words {
    integers: &["truncated"],
    decimals: &["0.5"],
    texts: &["raw", "parse_error"],
    any: &[
        "message",
        "n",
        "n",
        "text",
        "user",
        "user.id",
        "user.id",
        "list",
        "list[1]",
        "missing",
        "record[\"a b\"]",
        "status_code",
    ],
    names: &["message", "n", "user.id", "list[1]", "missing", "user", "raw"],
};

const LOG_FORMAT: Words = Words {
    integers: &["status_code", "response_size"],
    decimals: &["request_time", "upstream_response_time"],
    texts: &["path", "user_agent", "raw"],
    any: &["null"],
    names: &["request_time", "upstream_response_time", "user_agent", "path"],
};

const MIXED: Words = Words {
    integers: &["status_code", "response_size"],
    decimals: &["2.0"],
    texts: &["path", "method", "status_class", "raw"],
    any: &["message", "n", "text", "user.id", "list"],
    names: &["status_code", "path", "n", "message"],
};

fn one(of: &'static [&'static str]) -> BoxedStrategy<String> {
    select(of).prop_map(str::to_owned).boxed()
}

const TEXTS: &[&str] = &[
    r#""""#,
    r#""GET""#,
    r#""/a""#,
    r#""/""#,
    r#""é""#,
    r#""5xx""#,
    r#""2xx""#,
    r#""\\""#,
    r#""x""#,
    r#""10.1.2.3""#,
    r#""\uFFFD""#,
    r#""/aé""#,
    r#""404""#,
    r#"r"\xC3""#,
    r#""missing""#,
];
const INTEGERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "200",
    "404",
    "500",
    "599",
    "1000",
    "7u",
    "200u",
    "18446744073709551615u",
    "9223372036854775807",
    "200.0",
    "200.5",
    "-0.5",
    "1e30",
    "-1e30",
];
const SEVERITIES: &[&str] = &["severity", "severity", "WARN", "ERROR", "INFO", "TRACE", "FATAL4"];
const TIMES: &[&str] = &[
    "timestamp",
    "timestamp",
    r#"timestamp("2025-11-06T10:30:15Z")"#,
    r#"timestamp("2025-11-06T10:30:15.5Z")"#,
    r#"timestamp("1677-09-21T00:12:44Z")"#,
    r#"timestamp("2262-04-11T23:47:16Z")"#,
];
const NETWORKS: &[&str] = &[
    r#"cidr("10.0.0.0/8")"#,
    r#"cidr("0.0.0.0/0")"#,
    r#"cidr("::/0")"#,
    r#"cidr("2001:db8::/32")"#,
    r#"cidr("10.1.2.3/32")"#,
];

fn texts(words: Words) -> BoxedStrategy<String> {
    let leaf = prop_oneof![3 => one(words.texts), 2 => one(TEXTS), 1 => one(words.any)].boxed();
    prop_oneof![
        8 => leaf.clone(),
        1 => leaf.clone().prop_map(|text| format!("{text}.lowerAscii()")),
        1 => leaf.clone().prop_map(|text| format!("{text}.upperAscii()")),
        1 => leaf.clone().prop_map(|text| format!("{text}.trim()")),
        1 => (leaf.clone(), leaf.clone()).prop_map(|(a, b)| format!("({a} + {b})")).prop_filter("null", |text| !text.contains("null")),
        1 => one(words.integers).prop_map(|number| format!("string({number})")),
    ]
    .prop_filter("null", |text| !text.contains("null."))
    .boxed()
}

fn numbers(words: Words) -> BoxedStrategy<String> {
    let leaf = prop_oneof![3 => one(words.integers), 2 => one(INTEGERS), 1 => one(words.decimals)].boxed();
    let integers = prop_oneof![
        one(words.integers),
        select(&["0", "1", "-1", "200", "9223372036854775807"][..]).prop_map(str::to_owned)
    ];
    prop_oneof![
        6 => leaf,
        1 => (integers.clone(), select(&["+", "-", "*", "/", "%"][..]), integers).prop_map(|(a, by, b)| format!("({a} {by} {b})")),
        1 => one(words.texts).prop_map(|text| format!("size({text})")),
        1 => one(words.texts).prop_map(|text| format!("int({text})")),
        1 => one(words.decimals).prop_map(|number| format!("({number} * 2.0)")),
        1 => one(words.integers).prop_map(|number| format!("double({number})")),
        1 => Just("timestamp.getHours()".to_owned()),
        1 => Just("int(severity)".to_owned()),
    ]
    .boxed()
}

/// Something that is true or false.
fn conditions(words: Words) -> BoxedStrategy<String> {
    let relation = || select(&["==", "!=", "<", "<=", ">", ">="][..]);
    let equality = || select(&["==", "!="][..]);
    let pair =
        |of: BoxedStrategy<String>| (of.clone(), relation(), of).prop_map(|(a, is, b)| format!("{a} {is} {b}")).boxed();
    let plain_text = || prop_oneof![3 => one(words.texts), 1 => one(words.any)];
    let ordered_text = |text: &String| !text.contains("null <") && !text.contains("null >") && !text.ends_with(" null");
    let leaf = Union::new_weighted(vec![
        (4, pair(texts(words)).prop_filter("null has no order", ordered_text).boxed()),
        (4, pair(numbers(words))),
        (2, pair(one(SEVERITIES))),
        (2, pair(one(TIMES))),
        (
            1,
            (one(TIMES), relation())
                .prop_map(|(time, is)| format!("{time} - timestamp {is} duration(\"60s\")"))
                .boxed(),
        ),
        (
            1,
            (relation(), select(&["13", "17", "0", "-5"][..])).prop_map(|(is, n)| format!("severity {is} {n}")).boxed(),
        ),
        (1, (plain_text(), equality()).prop_map(|(text, is)| format!("{text} {is} null")).boxed()),
        (
            2,
            (plain_text(), prop::collection::vec(one(TEXTS), 0..4))
                .prop_map(|(text, list)| format!("{text} in [{}]", list.join(", ")))
                .boxed(),
        ),
        (
            2,
            (one(words.integers), prop::collection::vec(one(INTEGERS), 0..4))
                .prop_map(|(number, list)| format!("{number} in [{}]", list.join(", ")))
                .boxed(),
        ),
        (
            1,
            prop::collection::vec(one(&SEVERITIES[2..]), 0..4)
                .prop_map(|list| format!("severity in [{}]", list.join(", ")))
                .boxed(),
        ),
        (1, (plain_text(), one(NETWORKS)).prop_map(|(text, network)| format!("{text} in {network}")).boxed()),
        (
            1,
            (plain_text(), prop::collection::vec(one(NETWORKS), 0..3))
                .prop_map(|(text, list)| format!("{text} in [\"x\", {}]", list.join(", ")))
                .boxed(),
        ),
        (
            3,
            (one(words.texts), select(&["startsWith", "endsWith", "contains"][..]), one(TEXTS))
                .prop_map(|(text, does, part)| format!("{text}.{does}({part})"))
                .boxed(),
        ),
        (
            1,
            (one(words.texts), select(&["^/", "(?i)get", "é", ".", "^.$", "[^a-z]", r"\\\\x", "$"][..]))
                .prop_map(|(text, regex)| format!("{text}.matches(\"{regex}\")"))
                .boxed(),
        ),
        (2, one(words.names).prop_map(|name| format!("has({name})")).boxed()),
        (2, (one(words.any), equality(), one(words.any)).prop_map(|(a, is, b)| format!("{a} {is} {b}")).boxed()),
        (1, (one(words.any), equality(), numbers(words)).prop_map(|(a, is, b)| format!("{a} {is} {b}")).boxed()),
        (1, Just("true".to_owned()).boxed()),
        (1, Just("false".to_owned()).boxed()),
    ]);
    leaf.prop_recursive(5, 24, 4, |inner| {
        let many = prop::collection::vec(inner.clone().prop_map(|part| format!("({part})")), 2..5);
        prop_oneof![
            inner.clone().prop_map(|operand| format!("!({operand})")),
            many.clone().prop_map(|parts| parts.join(" && ")),
            many.prop_map(|parts| parts.join(" || ")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("({a}) == ({b})")),
        ]
    })
    .boxed()
}

fn combined_line() -> BoxedStrategy<String> {
    let ip =
        select(&["10.1.2.3", "192.0.2.1", "::ffff:10.1.2.3", "2001:db8::1", "10.1.2.3, 192.0.2.1", "unix:", "-"][..]);
    let request = select(
        &[
            "GET / HTTP/1.1",
            r"GET /a\xC3\xA9 HTTP/1.1",
            "POST /a HTTP/2.0",
            r"GET /\x5C HTTP/1.1",
            r"\x16\x03",
            "-",
            r"GET /aé\xFF HTTP/1.1",
            r"GET /\\ HTTP/1.1",
            "GET /a\u{FFFD} HTTP/1.1",
            "GET /é HTTP/1.1",
        ][..],
    );
    let time = select(
        &["06/Nov/2025:10:30:15 +0000", "06/Nov/2025:11:30:16 +0100", "01/Jan/1970:00:00:00 +0000", "nonsense"][..],
    );
    let status = select(&["200", "404", "500", "599", "000", "999"][..]);
    let size = select(&["0", "157", "-", "7", "18446744073709551614"][..]);
    let agent = select(&["-", "x", "curl/8.4.0", r"\xC3", "", r#"\"GET\""#, "é"][..]);
    (ip, request, time, status, size, agent, 0..8)
        .prop_map(|(ip, request, time, status, size, agent, odd)| match odd {
            0 => "no such line".to_owned(),
            1 => format!("{ip} - bob [{time}] \"{request}\" {status} {size} \"-\" \"{agent}\" \"GET\""),
            _ => format!("{ip} - - [{time}] \"{request}\" {status} {size} \"-\" \"{agent}\""),
        })
        .boxed()
}

fn json_line() -> BoxedStrategy<String> {
    let value = || {
        let scalar = select(
            &[
                "null",
                "true",
                "false",
                "0",
                "200",
                "-1",
                "7",
                "200.0",
                "200.5",
                "18446744073709551615",
                "1e30",
                r#""""#,
                r#""GET""#,
                r#""x""#,
                r#""\u00e9""#,
                r#""/a""#,
                r#""404""#,
                r#""10.1.2.3""#,
            ][..],
        )
        .prop_map(str::to_owned);
        scalar.prop_recursive(2, 6, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(|list| format!("[{}]", list.join(","))),
                inner.prop_map(|value| format!(r#"{{"id":{value}}}"#)),
            ]
        })
    };
    let names = prop::sample::subsequence(vec!["message", "n", "text", "user", "list", "a b", "status_code"], 0..=7);
    let head = select(
        &[
            r#""level":"warn""#,
            r#""time":"2025-11-06T10:30:15.5Z""#,
            r#""level":"INFO","time":1762425015"#,
            r#""time":"nonsense""#,
            r#""x":1"#,
        ][..],
    );
    (names.prop_shuffle(), prop::collection::vec(value(), 7), head, 0..10)
        .prop_map(|(names, values, head, odd)| {
            let members: Vec<_> = names.iter().zip(values).map(|(name, value)| format!("\"{name}\":{value}")).collect();
            let members = members.join(", ");
            match (odd, members.is_empty()) {
                (0, _) => format!("{{{head},{members}"),
                (_, true) => format!("{{{head}}}"),
                (1..5, _) => format!("{{{members},{head}}}"),
                _ => format!("{{{head},{members}}}"),
            }
        })
        .boxed()
}

fn log_format_line() -> BoxedStrategy<String> {
    let decimal = || select(&["0.500", "1.5", "-", "0.001, 0.002", "2", "200", "0.001 : 0.2", "-1.5"][..]);
    (combined_line(), decimal(), decimal()).prop_map(|(line, a, b)| format!("{line} {a} {b}")).boxed()
}

fn check(format: &dyn Format, lines: &[String], expression: &str) -> Result<(), TestCaseError> {
    let filter = Filter::parse(expression).map_err(|error| TestCaseError::fail(format!("{expression}: {error}")))?;
    // What is not typed as it should be is refused: that is tested elsewhere.
    let predicate = match filter.bind(&Names::of(format.schema())) {
        Ok(predicate) => predicate,
        Err(error) => return Err(TestCaseError::reject(error.to_string())),
    };
    let negated = Filter::parse(&format!("!({expression})")).unwrap().bind(&Names::of(format.schema())).unwrap();
    let input = lines.concat();
    let mut batch = Batch::with_limit(120);
    format.parse(input.as_bytes(), &mut batch);
    for (record, seen) in batch.records(input.as_bytes()).zip(seen(format.schema(), &batch, input.as_bytes())) {
        let want = match seen.answer(&filter.expr) {
            Ok(Value::Bool(value)) => Some(value),
            _ => None,
        };
        let told = (predicate.matches(&record), negated.matches(&record));
        prop_assert_eq!(told, (want == Some(true), want == Some(false)), "{} of {:?}", expression, record);
    }
    Ok(())
}

fn lines(line: BoxedStrategy<String>) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(line.prop_map(|line| line + "\n"), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 100_000, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn combined(lines in lines(combined_line()), expression in conditions(COMBINED)) {
        check(&*format("combined"), &lines, &expression)?;
    }

    #[test]
    fn json(lines in lines(json_line()), expression in conditions(JSON)) {
        check(&*format("json"), &lines, &expression)?;
    }

    #[test]
    fn log_format(lines in lines(log_format_line()), expression in conditions(LOG_FORMAT)) {
        let text = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time $upstream_response_time"#;
        check(&*format(&format!("log_format {text}")), &lines, &expression)?;
    }

    #[test]
    fn mixed(lines in lines(prop_oneof![combined_line(), json_line()].boxed()), expression in conditions(MIXED)) {
        check(&*format("mixed"), &lines, &expression)?;
    }
}
