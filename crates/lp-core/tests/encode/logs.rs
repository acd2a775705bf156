//! Logs of all formats, with what makes trouble in them.

use std::sync::Arc;

use lp_core::Format;
use lp_core::format::Mixed;
use lp_core::format::access::Access;
use lp_core::format::json::Json;
use lp_core::format::log_format::{Escape, LogFormat};
use lp_core::format::nginx_error::NginxError;
use lp_core::format::python::Python;
use proptest::prelude::*;
use proptest::sample::select;

/// A format that can be shown where a test fails.
#[derive(Clone)]
pub(crate) struct Known(Arc<dyn Format>);

impl std::ops::Deref for Known {
    type Target = dyn Format;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.schema().fields().iter().map(|field| field.name())).finish()
    }
}

type Log = (Known, Vec<u8>);

/// Text with what any form may stumble over; no line feed.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => "[a-zA-Z0-9/?=.:]{1,8}".prop_map(String::into_bytes),
        1 => select(vec![
            &b" "[..], b"\t", b"\r", b"\x1b[31m", b"\x7f", b"\xc2\x9b", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xff", b"\xc3\xa9", b",", b"'", b"\\", b"\\x22",
            b"\\x41", b"\\xff", b"\\\"", b"\\n", b"\\x1b", b"\\u{9b}", b"\\/", b"\\u001B", b"\\ud83d\\ude00", b"\xef\xbb\xbf", b"\xe6\x97\xa5", b"\xcc\x81", b"=", b"-", b"+", b"@", b"{", b"}", b"%", b"\0", b"\xef\xbf\xbd",
        ]).prop_map(<[u8]>::to_vec),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn access_line() -> impl Strategy<Value = Vec<u8>> {
    (text(), text(), text(), "[1-5][0-9]{2}", 0_u32..100_000, "|-| ann|a b").prop_map(
        |(path, referer, agent, status, size, user)| {
            [
                b"203.0.113.7 - ",
                user.trim_start().as_bytes(),
                b" [06/Nov/2025:10:30:15 +0000] \"GET /",
                &path,
                b" HTTP/1.1\" ",
                status.as_bytes(),
                b" ",
                size.to_string().as_bytes(),
                b" \"",
                &referer,
                b"\" \"",
                &agent,
                b"\"\n",
            ]
            .concat()
        },
    )
}

fn junk() -> impl Strategy<Value = Vec<u8>> {
    text().prop_map(|text| [&text[..], b"\n"].concat())
}

fn python_record() -> impl Strategy<Value = Vec<u8>> {
    (text(), select(vec!["DEBUG", "INFO", "CRITICAL"]), proptest::bool::ANY, text()).prop_map(
        |(message, level, traceback, error)| {
            let mut record =
                [b"2025-11-06 10:30:15,123 - app.db - ", level.as_bytes(), b" - ", &message, b"\n"].concat();
            if traceback {
                record.extend_from_slice(
                    b"Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nValueError: ",
                );
                record.extend_from_slice(&error);
                record.push(b'\n');
            }
            record
        },
    )
}

fn nginx_error_line() -> impl Strategy<Value = Vec<u8>> {
    (text(), text()).prop_map(|(message, host)| {
        [
            b"2025/11/06 10:30:15 [error] 12#13: *45 ",
            &message[..],
            b", client: 192.0.2.1, server: _, request: \"GET /x HTTP/1.1\", host: \"",
            &host,
            b"\"\n",
        ]
        .concat()
    })
}

fn json_value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        (-1000_i64..1000).prop_map(|number| number.to_string()),
        text().prop_map(|text| serde_json::to_string(&String::from_utf8_lossy(&text)).unwrap()),
    ];
    prop_oneof![
        4 => scalar.clone(),
        1 => proptest::collection::vec(scalar.clone(), 0..3).prop_map(|values| format!("[{}]", values.join(" , "))),
        1 => scalar.prop_map(|value| format!("{{\"c\": {value},\"d\":[{{}}]}}")),
    ]
}

fn json_line() -> impl Strategy<Value = Vec<u8>> {
    let member =
        (select(vec!["time", "level", "msg", "a", "b", "b.c", "x y", "zz2", "event", "q=\\u0022"]), json_value());
    proptest::collection::vec(member, 0..6).prop_map(|members| {
        let mut seen = Vec::new();
        let mut parts = Vec::new();
        for (name, value) in members {
            if !seen.contains(&name) {
                seen.push(name);
                let value = if name == "time" { "\"2025-11-06T10:30:15.5Z\"".to_owned() } else { value };
                parts.push(format!("\"{name}\": {value}"));
            }
        }
        format!("{{{}}}\n", parts.join(", ")).into_bytes()
    })
}

fn log_of(line: impl Strategy<Value = Vec<u8>> + 'static) -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![8 => line.boxed(), 1 => junk().boxed()];
    proptest::collection::vec(line, 0..8).prop_map(|lines| lines.concat())
}

/// A format, and a log for it.
pub(crate) fn any() -> impl Strategy<Value = Log> {
    let log_format = LogFormat::compile(
        "$remote_addr [$time_iso8601] $request_time \"$request_uri\" $status $args",
        Escape::Default,
    )
    .unwrap();
    let log_format: Arc<dyn Format> = Arc::new(log_format);
    let nginx_json =
        LogFormat::compile("$msec \"$http_user_agent\" $upstream_response_time $status", Escape::Json).unwrap();
    let nginx_json: Arc<dyn Format> = Arc::new(nginx_json);
    let mixed: Arc<dyn Format> = Arc::new(Mixed::new(Arc::new(Python::usual()), Arc::new(Access::combined())).unwrap());
    let with = |format: Arc<dyn Format>| move |log| (Known(format.clone()), log);
    let own = (text(), text(), select(vec!["0.001", "-", "x", ""])).prop_map(|(uri, args, time)| {
        [b"192.0.2.1 [2025-11-06T10:30:15+00:00] ", time.as_bytes(), b" \"/", &uri, b"\" 200 ", &args, b"\n"].concat()
    });
    let own_json = (text(), select(vec!["0.001", "0.1, 0.2", "-"]))
        .prop_map(|(agent, time)| [b"1762425015.250 \"", &agent[..], b"\" ", time.as_bytes(), b" 404\n"].concat());
    prop_oneof![
        2 => log_of(access_line()).prop_map(with(Arc::new(Access::combined()))),
        1 => log_of(python_record()).prop_map(with(Arc::new(Python::usual()))),
        1 => log_of(nginx_error_line()).prop_map(with(Arc::new(NginxError::new()))),
        2 => log_of(json_line()).prop_map(with(Arc::new(Json::new()))),
        1 => log_of(own).prop_map(with(log_format)),
        1 => log_of(own_json).prop_map(with(nginx_json)),
        1 => log_of(prop_oneof![python_record(), access_line()]).prop_map(with(mixed)),
    ]
}

/// A format, a log of it that has a secret in certain fields only, and the names of these.
pub(crate) fn with_secret() -> impl Strategy<Value = (Known, Vec<u8>, Vec<&'static str>)> {
    let access = |name: &'static str, line: &'static str| {
        (Known(Arc::new(Access::combined())), line.as_bytes().to_vec(), vec![name])
    };
    let json =
        |name: &'static str, line: &'static str| (Known(Arc::new(Json::new())), line.as_bytes().to_vec(), vec![name]);
    select(vec![
        access("user", "1.2.3.4 - secret [06/Nov/2025:10:30:15 +0000] \"GET /x HTTP/1.1\" 200 1 \"-\" \"x\"\n"),
        access("user", "1.2.3.4 - \\x73ecret [06/Nov/2025:10:30:15 +0000] \"GET /x HTTP/1.1\" 200 1 \"-\" \"x\"\n"),
        access("user", "1.2.3.4 - secret [06/Nov/2025:10:30:99 +0000] \"GET /x HTTP/1.1\" 200 1 \"-\" \"x\"\n"),
        access("path", "1.2.3.4 - - [06/Nov/2025:10:30:15 +0000] \"GET /secret?secret HTTP/1.1\" 200 1 \"-\" \"x\"\n"),
        access("path", "1.2.3.4 - - [06/Nov/2025:10:30:15 +0000] \"secret\" 200 1 \"-\" \"x\"\n"),
        access("request", "1.2.3.4 - - [06/Nov/2025:10:30:15 +0000] \"GET /secret HTTP/1.1\" 200 1 \"-\" \"x\"\n"),
        access("user", "junk with a secret\n"),
        json("token", "{\"token\":\"secret\",\"msg\":\"x\"}\n"),
        json("token", "{\"token\":{\"a\":[\"secret\",{\"b\":\"\\u0073ecret\"}]},\"msg\":\"x\"}\n"),
        json("token", "{\"tok\\u0065n\":\"secret\",\"token\":\"secret\"}\n"),
        json("a.token", "{\"a\":{\"token\":\"secret\",\"b\":1}}\n"),
        json("a.token", "{\"a\":[{\"token\":\"secret\"}],\"a.token\":\"secret\"}\n"),
        json("a", "{\"a\":{\"token\":\"\\u0073ecret\"}}\n"),
        json("msg", "{\"msg\":\"a secret\"}\n"),
        json("message", "{\"msg\":\"a secret\"}\n"),
        json("msg.token", "{\"msg\":{\"token\":\"secret\"}}\n"),
        json("message.token", "{\"msg\":{\"token\":\"secret\"},\"event\":{\"token\":\"secret\"}}\n"),
        json("message", "{\"message\":\"x\",\"msg\":\"a secret\"}\n"),
        json("token", "{\"token\":\"secret\"\n"),
        json("token", "{\"token\":\"secret\",\"time\":\"x\"}\n"),
        json("level", "{\"level\":\"secret\",\"severity\":\"secret\"}\n"),
    ])
}
