//! Logs whose time goes on, stands, jumps and goes back, in several formats.

use std::sync::Arc;

use lp::format::detect::{Known, Settings};
use lp::format::json::Json;
use lp::format::python::Python;
use lp::format::{Mixed, access::Access};
use lp::{Format, Input};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::hiccups::Hiccups;
use crate::lines;

/// What a log is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Access,
    /// Records of several lines.
    Python,
    Json,
    /// An access log with a program's lines in it.
    Mixed,
    /// An access log or one of JSON, which has to be told from its first records.
    Detected,
}

/// A log that can be read where a test fails.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) kind: Kind,
    pub(crate) bytes: Vec<u8>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} b\"{}\"", self.kind, self.bytes.escape_ascii())
    }
}

impl Kind {
    /// `None` where it is to be told from the log.
    pub(crate) fn format(self) -> Option<Arc<dyn Format>> {
        let access: Arc<dyn Format> = Arc::new(Access::combined());
        let python: Arc<dyn Format> = Arc::new(Python::usual());
        Some(match self {
            Self::Access => access,
            Self::Python => python,
            Self::Json => Arc::new(Json::new()),
            Self::Mixed => Arc::new(Mixed::new(access, python).expect("two formats that fit")),
            Self::Detected => return None,
        })
    }
}

impl Log {
    /// The log as an input of a run, read in these steps.
    pub(crate) fn input(&self, number: usize, steps: &[usize]) -> Input {
        let input = Input::reader(format!("log {number}"), Hiccups::new(self.bytes.clone(), steps.to_vec()));
        match self.kind.format() {
            Some(format) => input.format(format),
            None => input.detecting(Known::all(), Settings::default()),
        }
    }
}

/// What a line says.
#[derive(Clone, Debug)]
struct Line {
    /// Seconds since the line before.
    step: i64,
    status: u16,
    path: &'static str,
    client: &'static str,
    agent: &'static str,
    message: &'static str,
    level: &'static str,
    number: usize,
    /// What stands there instead.
    junk: Option<Vec<u8>>,
}

fn line() -> impl Strategy<Value = Line> {
    let step = prop_oneof![4 => Just(0_i64), 5 => 1_i64..4, 2 => -8_i64..0, 1 => 4_i64..60, 1 => 100_i64..4000];
    let status = select(vec![200_u16, 200, 204, 301, 404, 500, 503]);
    let path = select(vec!["/", "/a", "/a/b?x=1", "/caf\\xC3\\xA9"]);
    let client = select(vec!["10.1.2.3", "192.0.2.1", "192.0.2.17", "2001:db8::7"]);
    let agent = select(vec!["-", "curl/8.4.0", "Bot 17"]);
    let message = select(vec!["order 17 shipped", "order 18 shipped", "no parcel", "a \"b\" é"]);
    let level = select(vec!["DEBUG", "INFO", "WARNING", "ERROR"]);
    let junk = prop_oneof![
        20 => Just(None),
        1 => lines::log(1..3).prop_map(Some),
        2 => select(vec!["", "no record", "{\"n\":", "    at main (a.rs:12)"]).prop_map(|junk| Some(junk.into())),
    ];
    let parts = (step, status, path, client, agent, message, level, 0_usize..12, junk);
    parts.prop_map(|(step, status, path, client, agent, message, level, number, junk)| Line {
        step,
        status,
        path,
        client,
        agent,
        message,
        level,
        number,
        junk,
    })
}

impl Line {
    /// The line in a format, at this second of the day.
    fn text(&self, kind: Kind, second: i64) -> Vec<u8> {
        let Self { status, path, client, agent, message, level, number, .. } = self;
        let clock = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
        let text = match kind {
            Kind::Mixed if number % 2 == 0 => return self.text(Kind::Access, second),
            Kind::Mixed | Kind::Python => {
                let more = match number % 4 {
                    0 => "\nTraceback (most recent call last):\n  File \"a.py\", line 7, in main\nValueError: x",
                    1 => "\ngoes on",
                    _ => "",
                };
                format!("2025-11-06 {clock},{:03} - shop - {level} - {message}{more}", number * 71)
            }
            Kind::Access | Kind::Detected => format!(
                "{client} - - [06/Nov/2025:{clock} +0000] \"GET {path} HTTP/1.1\" {status} {} \"-\" \"{agent}\"",
                number * 100
            ),
            Kind::Json => {
                let message = message.replace('"', "\\\"");
                let more = match number % 3 {
                    0 => String::new(),
                    1 => format!(",\"who\":{{\"id\":\"u{status}\",\"tags\":[1,{{}}]}}"),
                    _ => format!(",\"n\":{number}.5,\"path\":\"{path}\"").replace('\\', "\\\\"),
                };
                format!(
                    "{{\"ts\":\"2025-11-06T{clock}Z\",\"level\":\"{level}\",\"msg\":\"{message}\",\"n\":{number}{more}}}"
                )
            }
        };
        text.into_bytes()
    }
}

/// A log of a kind.
pub(crate) fn log(lines: std::ops::Range<usize>) -> impl Strategy<Value = Log> {
    let kind = select(vec![Kind::Access, Kind::Access, Kind::Python, Kind::Json, Kind::Mixed, Kind::Detected]);
    let ends = select(vec!["\n", "\n", "\r\n"]);
    (kind, vec(line(), lines), ends, any::<bool>()).prop_map(|(kind, lines, line_end, has_last_end)| {
        let as_written = match lines.first() {
            Some(line) if kind == Kind::Detected && line.number % 2 == 0 => Kind::Json,
            _ => kind,
        };
        let (mut bytes, mut second) = (Vec::new(), 10 * 3600 + 30 * 60);
        for line in &lines {
            second = (second + line.step).rem_euclid(86_400);
            match &line.junk {
                Some(junk) => bytes.extend_from_slice(junk),
                None => bytes.extend_from_slice(&line.text(as_written, second)),
            }
            bytes.extend_from_slice(line_end.as_bytes());
        }
        if !has_last_end {
            bytes.truncate(bytes.len().saturating_sub(line_end.len()));
        }
        Log { kind, bytes }
    })
}

/// One to three logs. What has to be told what it is is not alone, so that names of fields are known.
pub(crate) fn logs(lines: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Log>> {
    let two = || (log(lines.clone()), log(lines.clone()));
    prop_oneof![
        2 => log(lines.clone()).prop_filter("its format is given", |log| log.kind != Kind::Detected).prop_map(|log| vec![log]),
        3 => two().prop_map(|(first, second)| vec![first, second]),
        1 => two().prop_map(|(first, second)| vec![first.clone(), second, first]),
    ]
}

/// Very many very short records, whose time goes on now and then.
pub(crate) fn tiny(records: usize) -> impl Strategy<Value = Log> {
    vec((select(vec!["\"level\":\"ERROR\",", "", "\"n\":7,"]), 0_i64..5), 1..40).prop_map(move |parts| {
        let mut second = 1_762_425_000_i64;
        let mut text = String::new();
        for (number, (member, step)) in parts.iter().cycle().take(records).enumerate() {
            second += if number % 97 == 0 { *step } else { 0 };
            match number % 3 {
                0 => text.push_str(&format!("{{{member}\"ts\":{second}}}\n")),
                1 => text.push_str("{\"n\":1}\n"),
                _ => text.push('\n'),
            }
        }
        Log { kind: Kind::Json, bytes: text.into_bytes() }
    })
}
