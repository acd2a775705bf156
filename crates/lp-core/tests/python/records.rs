//! Records as a program makes them.

use lp_core::Severity;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::formats::Format;

/// What a program logs.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) level: &'static str,
    pub(crate) levelno: u64,
    pub(crate) severity: Option<Severity>,
    /// Milliseconds since the epoch.
    pub(crate) millis: i64,
    /// For every attribute that is a word or a text.
    words: Vec<String>,
    numbers: Vec<u64>,
    pub(crate) message: String,
    pub(crate) traceback: Option<String>,
}

pub(crate) const TEXTS: [&str; 9] =
    ["name", "processName", "threadName", "taskName", "module", "funcName", "filename", "request_id", "pathname"];
pub(crate) const NUMBERS: [&str; 3] = ["process", "thread", "lineno"];

impl Logged {
    /// The text of an attribute, before it is cut or filled up.
    pub(crate) fn text(&self, name: &str, format: &Format) -> String {
        let of = |names: &[&str]| names.iter().position(|known| *known == name);
        if let Some(place) = of(&TEXTS) {
            return self.words[place].clone();
        }
        if let Some(place) = of(&NUMBERS) {
            return self.numbers[place].to_string();
        }
        let (seconds, millis) = (self.millis.div_euclid(1000), self.millis.rem_euclid(1000));
        match name {
            "message" => self.message.clone(),
            "levelname" => self.level.to_owned(),
            "levelno" => self.levelno.to_string(),
            "msecs" => format!("{millis:03}"),
            "created" => format!("{seconds}.{millis:03}000"),
            "relativeCreated" => format!("{}.{:06}", self.numbers[0], self.numbers[1] % 1_000_000),
            "asctime" => {
                // The zone of a date format that has one is two hours ahead.
                let ahead = if format.date_format.is_some_and(|date| date.ends_with("+0200")) { 7200 } else { 0 };
                let time = jiff::Timestamp::from_second(seconds + ahead).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
                match format.date_format {
                    Some(date) => time.strftime(date).to_string(),
                    None => format!("{},{millis:03}", time.strftime("%Y-%m-%d %H:%M:%S")),
                }
            }
            other => panic!("{other}"),
        }
    }

    /// The record as a handler writes it, without the terminator.
    pub(crate) fn print(&self, format: &Format) -> String {
        let line = format.print(|name| self.text(name, format));
        match &self.traceback {
            Some(traceback) => format!("{line}\n{traceback}"),
            None => line,
        }
    }
}

pub(crate) fn logged(format: &Format) -> impl Strategy<Value = Logged> + use<> {
    let level = |name, number, severity| (name, number, Some(severity));
    let mut levels = vec![
        level("DEBUG", 10, Severity::DEBUG),
        level("INFO", 20, Severity::INFO),
        level("WARNING", 30, Severity::WARN),
        level("ERROR", 40, Severity::ERROR),
        level("CRITICAL", 50, Severity::FATAL),
    ];
    if !format.attributes.iter().any(|attribute| attribute.cut.is_some()) {
        levels.extend([level("Level 35", 35, Severity::WARN), level("Level 5", 5, Severity::TRACE)]);
        levels.extend([("NOTSET", 0, None), level("LOUD", 50, Severity::FATAL)]);
        if format.has("levelname") && format.has_time_before_message() && !format.has("levelno") {
            levels.push(("AUDIT-1 x", 25, None));
        }
    }
    let word = "[a-zA-Z0-9]([a-zA-Z0-9_.() -]{0,14}[a-zA-Z0-9)])?|[a-z\u{e9}\u{4e2d}]{1,4}";
    let number = prop_oneof![0_u64..100, Just(139_872_541_284_160_u64)];
    let time = prop_oneof![1_700_000_000_000_i64..1_800_000_000_000, 1_762_425_000_000_i64..1_762_425_060_000];
    let parts = (select(levels), time, vec(proptest::string::string_regex(word).unwrap(), TEXTS.len()), vec(number, 3));
    let traceback = prop_oneof![3 => Just(None), 1 => select(TRACEBACKS.to_vec()).prop_map(Some)];
    let behind = !format.literals.last().unwrap().is_empty();
    (parts, message(), traceback).prop_map(move |((level, millis, words, numbers), mut message, traceback)| {
        let (level, levelno, severity) = level;
        if level == "AUDIT-1 x" {
            // Behind a level that is not known, nothing may look like one that is.
            message = message.replace(SIGNS, "");
        }
        if traceback.is_some() && !behind {
            // The line end before a traceback is there in any case.
            message.truncate(message.trim_end_matches('\n').len());
        }
        let traceback = traceback.map(str::to_owned);
        Logged { level, levelno, severity, millis, words, numbers, message, traceback }
    })
}

/// The signs that tell the texts between attributes from the attributes.
const SIGNS: [char; 8] = [';', '#', '[', ']', '=', '{', '}', '%'];

/// Only the first line has signs in it: one of the others could be another record's first line.
fn message() -> impl Strategy<Value = String> {
    let first = "([ -~]|\u{e9}|\u{4e2d}|\t){0,30}|Processing request 42|\\[x\\] ; INFO; # y";
    let more =
        select(vec!["", "", "more", "  indented", "    ~~^~~", "Traceback", "a, \"b\" (c)", "\u{2028}", "INFO - x"]);
    let more = prop_oneof![2 => Just(Vec::new()), 1 => vec(more, 1..4)];
    (proptest::string::string_regex(first).unwrap(), more).prop_map(|(first, more)| {
        let first = first.replace("Traceback (most", "").replace("Stack (most", "");
        [vec![first.as_str()], more].concat().join("\n")
    })
}

const TRACEBACKS: [&str; 5] = [
    "Traceback (most recent call last):\n  File \"/srv/app.py\", line 7, in main\n    1 / 0\n    ~~^~~\nZeroDivisionError: division by zero",
    "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\", line 3, in f\nValueError: several\nlines\n",
    "  + Exception Group Traceback (most recent call last):\n  |   File \"a.py\", line 1, in <module>\n  | ExceptionGroup: two (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: 1\n    +------------------------------------",
    "Stack (most recent call last):\n  File \"a.py\", line 9, in <module>\n    main()",
    "Traceback (most recent call last):\nE\nStack (most recent call last):\n  File \"a.py\", line 9, in <module>",
];
