//! Logs whose records may have several lines: what they are made of, and what must be read from them.

use std::ops::Range;
use std::sync::Arc;

use lp::encode::{JsonEncoder, Output};
use lp::format::Mixed;
use lp::format::log_format::{Escape, LogFormat};
use lp::format::python::{Python, Style};
use lp::{Access, Batch, Format, OnError, Pipeline, TimeFormat};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::lines;
use super::naive::{self, Expected, Line};

/// A format, and how its records are told apart.
#[derive(Clone)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) format: Arc<dyn Format>,
    /// The two formats of a mixed log; the same one twice where it is none.
    parts: [Arc<dyn Format>; 2],
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

fn one(name: &'static str, format: impl Format + 'static) -> Kind {
    let format: Arc<dyn Format> = Arc::new(format);
    Kind { name, parts: [Arc::clone(&format), Arc::clone(&format)], format }
}

fn two(name: &'static str, first: impl Format + 'static, second: impl Format + 'static) -> Kind {
    let (first, second): (Arc<dyn Format>, Arc<dyn Format>) = (Arc::new(first), Arc::new(second));
    let mixed = Mixed::new(Arc::clone(&first), Arc::clone(&second)).unwrap();
    Kind { name, format: Arc::new(mixed), parts: [first, second] }
}

fn python(text: &str) -> Python {
    Python::compile(text, Style::of(text).unwrap(), None).unwrap()
}

fn log_format(text: &str, escape: Escape) -> LogFormat {
    LogFormat::compile(text, escape).unwrap()
}

/// Every format that is tried.
pub(crate) fn kinds() -> impl Strategy<Value = Kind> {
    select(all())
}

fn all() -> Vec<Kind> {
    const DASHED: &str = "%(asctime)s - %(levelname)s - %(message)s";
    const VHOST: &str = "$host $remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent";
    let date = TimeFormat::compile("%d.%m.%Y %H:%M:%S").unwrap();
    let dated = Python::compile("[%(asctime)s] %(name)s: %(message)s", Style::Percent, Some(&date)).unwrap();
    vec![
        one("usual", Python::usual()),
        one("dashed", python(DASHED)),
        one("text behind the message", python("%(levelname)s:%(name)s:%(message)s (%(filename)s:%(lineno)d)")),
        one("nothing but the message", python("%(message)s")),
        one("no message", python("{levelname:8} {name}")),
        one("no message, and a level last", python("%(name)s %(levelname)s")),
        one("a time before the message", python("%(asctime)s %(message)s")),
        one("a date", dated),
        one("hosts", log_format(VHOST, Escape::Default)),
        one("hosts, unescaped", log_format(VHOST, Escape::None)),
        one("times", log_format("$remote_addr $upstream_response_time $request_time $msec", Escape::Default)),
        two("combined and python", Access::combined(), Python::usual()),
        two("python and combined", Python::usual(), Access::combined()),
        two("combined and common", Access::combined(), Access::common()),
        two("python and python", python(DASHED), Python::usual()),
        two("hosts and python", log_format(VHOST, Escape::Default), Python::usual()),
        two("python and hosts", python(DASHED), log_format(VHOST, Escape::Default)),
    ]
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) kind: Kind,
    on_error: OnError,
    max_record: u32,
    max_lines: u32,
}

pub(crate) fn settings() -> impl Strategy<Value = Settings> {
    let max_record = prop_oneof![1 => Just(Batch::DEFAULT_LIMIT), 1 => 1_u32..=100, 2 => 60_u32..=500];
    let max_lines = prop_oneof![2 => Just(Batch::DEFAULT_LINE_LIMIT), 1 => 1_u32..=5];
    let on_error = select(vec![OnError::Keep, OnError::Keep, OnError::Drop, OnError::Fail]);
    (kinds(), on_error, max_record, max_lines).prop_map(|(kind, on_error, max_record, max_lines)| Settings {
        kind,
        on_error,
        max_record,
        max_lines,
    })
}

impl Settings {
    /// The ordinary ones, but for these.
    pub(crate) fn named(kind: &str, max_record: u32) -> Self {
        let kind = all().into_iter().find(|known| known.name == kind).unwrap();
        Self { kind, on_error: OnError::Keep, max_record, max_lines: Batch::DEFAULT_LINE_LIMIT }
    }

    pub(crate) fn pipeline(&self, threads: usize, chunk_size: usize) -> Pipeline {
        Pipeline::shared(Arc::clone(&self.kind.format))
            .on_error(self.on_error)
            .max_record(self.max_record)
            .max_lines(self.max_lines)
            .threads(threads)
            .chunk_size(chunk_size)
    }

    /// What a run must do.
    pub(crate) fn run(&self, logs: &[Vec<u8>]) -> naive::Run {
        naive::run_of(logs, self.on_error, |log| self.expected(log))
    }

    fn expected(&self, log: &[u8]) -> Vec<Expected> {
        let records = self.kind.records(log);
        records.into_iter().map(|record| self.expect(&log[record.clone()], record.end)).collect()
    }

    /// What must be written of a record, which is parsed alone.
    fn expect(&self, record: &[u8], end: usize) -> Expected {
        let content = record.strip_suffix(b"\n").unwrap_or(record);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        // The lines that are within the limit, without the last one's terminator.
        let mut ends = content.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
        let kept = ends.nth(self.max_lines as usize - 1).unwrap_or(content.len());
        let is_cut = kept < content.len();
        let kept = if is_cut { content[..kept].strip_suffix(b"\r").map_or(kept, <[u8]>::len) } else { kept };
        let kept = kept.min(self.max_record as usize);

        // A carriage return at the end of the record is the record's own; another is the terminator's.
        let input = [content, b"\r\n"].concat();
        let is_cut = kept < content.len();
        let (limit, lines) = if is_cut { (self.max_record, self.max_lines) } else { (Batch::MAX_LIMIT, u32::MAX) };
        let mut batch = Batch::with_limit(limit).with_line_limit(lines);
        assert_eq!(self.kind.format.parse(&input, &mut batch), input.len());
        assert_eq!(batch.len(), 1, "not one record: {:?}", String::from_utf8_lossy(&input));
        assert_eq!(batch.record(&input, 0).unwrap().raw(), &content[..kept]);
        let mut output = Output::new();
        JsonEncoder::new(self.kind.format.schema()).encode(&batch, &input, &mut output);
        let text = output.as_bytes().to_vec();
        let object: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(object.get("truncated"), is_cut.then(|| content.len().into()).as_ref());
        Expected { end, len: content.len(), kept, line: Line::Text(text), object }
    }
}

impl Kind {
    /// The records of a log with their terminators: a line that starts none belongs to the one before it if that may
    /// have several lines, and else is the first format's.
    fn records(&self, log: &[u8]) -> Vec<Range<usize>> {
        let mut records: Vec<Range<usize>> = Vec::new();
        let mut owner = &self.parts[0];
        let mut at = 0;
        for (line, whole) in naive::lines(log).into_iter().zip(log.split_inclusive(|&byte| byte == b'\n')) {
            let line = &line[..line.len().min(4096)];
            let end = at + whole.len();
            let starts = self.parts.iter().find(|part| part.starts_record(line));
            match (starts, records.last_mut()) {
                (None, Some(record)) if owner.is_multiline() => record.end = end,
                (starts, _) => {
                    owner = starts.unwrap_or(&self.parts[0]);
                    records.push(at..end);
                }
            }
            at = end;
        }
        records
    }
}

/// The records' bytes and what is written of them, parsed again and again from where the batch was full.
pub(crate) fn seen(format: &dyn Format, log: &[u8], capacity: usize) -> Vec<(String, String)> {
    let mut batch = Batch::new().with_capacity(capacity);
    let encoder = JsonEncoder::new(format.schema());
    let mut seen = Vec::new();
    let mut rest = log;
    while !rest.is_empty() {
        let taken = format.parse(rest, &mut batch);
        assert!((1..=capacity).contains(&batch.len()), "{} records", batch.len());
        assert!(taken > 0 && (taken == rest.len() || batch.is_full()), "the parse stopped before the batch was full");
        let mut output = Output::new();
        encoder.encode(&batch, rest, &mut output);
        let lines = std::str::from_utf8(output.as_bytes()).unwrap().lines().map(str::to_owned);
        let raw = batch.records(rest).map(|record| String::from_utf8_lossy(record.raw()).into_owned());
        seen.extend(raw.zip(lines));
        rest = &rest[taken..];
    }
    seen
}

/// A log that can be read where a test fails.
#[derive(Clone)]
pub(crate) struct Log(pub(crate) Vec<u8>);

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// A log of lines of these formats and of lines that start no record of any.
pub(crate) fn log(lines: Range<usize>) -> impl Strategy<Value = Log> {
    let terminator = select(vec!["\n", "\n", "\n", "\n", "\r\n", "\r\r\n"]);
    let last = select(vec!["\n", "", "\r", "\r\n"]);
    let group = (line(), 1_usize..4).prop_map(|(line, times)| vec![line; times].join(&b'\n'));
    (vec((prop_oneof![9 => line(), 1 => group], terminator), lines), last).prop_map(|(lines, last)| {
        let mut log = Vec::new();
        let count = lines.len();
        for (number, (line, terminator)) in lines.into_iter().enumerate() {
            log.extend_from_slice(&line);
            log.extend_from_slice(if number + 1 < count { terminator } else { last }.as_bytes());
        }
        Log(log)
    })
}

fn line() -> BoxedStrategy<Vec<u8>> {
    let line = prop_oneof![
        5 => start(),
        4 => select(CONTINUATIONS.to_vec()).prop_map(|line| line.as_bytes().to_vec()),
        3 => lines::line(),
        2 => (start(), any::<Index>(), any::<u8>()).prop_map(|(mut line, at, byte)| {
            let at = at.index(line.len());
            line[at] = byte;
            line
        }),
        1 => (start(), any::<Index>()).prop_map(|(mut line, at)| {
            line.truncate(at.index(line.len() + 1));
            line
        }),
    ];
    line.boxed()
}

/// The first line of a record.
fn start() -> BoxedStrategy<Vec<u8>> {
    let time = select(vec!["2025-11-06 10:30:15,123", "2025-11-06 10:30:15", "2025-02-30 10:30:15,123"]);
    let level = select(vec!["INFO", "ERROR", "WARNING", "AUDIT", "Level 35"]);
    let message = prop_oneof![
        6 => select(vec!["", "x", "Processing request 42", "a - INFO - b", "+0100", "é\u{2028}", "Traceback (most recent call last):"])
            .prop_map(str::to_owned),
        // Around the bytes that decide whether a line starts a record.
        1 => (0_usize..40).prop_map(|more| "m".repeat(4040 + more)),
    ];
    let host =
        prop_oneof![9 => Just("example.com".to_owned()), 1 => (0_usize..40).prop_map(|more| "h".repeat(4040 + more))];
    let parts = (0..12, time, level, message, host, lines::ordinary());
    let line = parts.prop_map(|(kind, time, level, message, host, access)| {
        let text = match kind {
            0 | 1 => format!("{time} - {level} - {message}"),
            2 => format!("{time} - {host} - {level} - {message}"),
            3 => format!("{level}:{host}:{message}"),
            4 => format!("{level}:{host}:{message} (a.py:12)"),
            5 => format!("[{time} +0000] [12] [{level}] {message}"),
            6 => format!("{level:8} {host}"),
            7 => format!("{host} {level}"),
            8 => format!("{time} {message}"),
            9 => format!("[06.11.2025 10:30:15] {host}: {message}"),
            10 => format!("203.0.113.7 0.001, 0.002 : - 0.{} 1762425015.123", message.len()),
            _ => return [host.as_bytes(), b" ", &access].concat(),
        };
        text.into_bytes()
    });
    line.boxed()
}

const CONTINUATIONS: [&str; 10] = [
    "",
    "Traceback (most recent call last):",
    "  File \"/srv/app.py\", line 7, in main",
    "    2025-11-06 10:30:15,123 - INFO - quoted",
    "ValueError: x",
    "    ~~^~~",
    "Stack (most recent call last):",
    "  + Exception Group Traceback (most recent call last):",
    " ",
    "2025-11-06 10:30:15,123 - INFO",
];
