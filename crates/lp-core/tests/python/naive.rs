//! A reader that goes line by line, each a regular expression's.

use regex::bytes::Regex;

/// A format string in the percent style, and an expression that says the same. In it a time is of the usual shape, a level
/// is one that is known or any text, and a value before the message ends at the first place where what follows fits.
pub(crate) const FORMATS: [(&str, &str); 5] = [
    ("%(asctime)s - %(levelname)s - %(message)s", "TIME - LEVEL - (?<message>.*)"),
    ("%(levelname)s:%(name)s:%(message)s", "LEVEL:(?<name>.*?):(?<message>.*)"),
    (
        "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s",
        r"\[TIME\] \[(?<process>[0-9]{1,18})\] \[LEVEL\] (?<message>.*)",
    ),
    (
        "%(asctime)s %(name)s(%(lineno)d) %(levelname)s %(message)s",
        r"TIME (?<name>.*?)\((?<lineno>[0-9]{1,18})\) LEVEL (?<message>.*)",
    ),
    ("%(levelname)s [%(threadName)s] %(asctime)s %(message)s", r"LEVEL \[(?<threadName>.*?)\] TIME (?<message>.*)"),
];

/// The values of a record, by name; without an error.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Record {
    pub(crate) raw: Vec<u8>,
    /// What stands before the first record has none.
    pub(crate) values: Option<Vec<(&'static str, Vec<u8>)>>,
    pub(crate) message: Vec<u8>,
    pub(crate) traceback: Option<Vec<u8>>,
}

const NAMES: [&str; 5] = ["level", "name", "process", "lineno", "threadName"];

pub(crate) fn read(pattern: &str, log: &[u8]) -> Vec<Record> {
    const TIME: &str = "2025-11-[0-2][1-9] 1[0-9]:[0-5][0-9]:[0-5][0-9],[0-9]{3,}";
    const LEVEL: &str = "(?<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)";
    let first = |level| {
        let line = pattern.replace("TIME", TIME).replace("LEVEL", level);
        Regex::new(&format!("(?s-u)^{line}$")).unwrap()
    };
    // Where there is a time, any text may be a level; but one that is known counts before. No line begins with a space.
    let any = if pattern.starts_with("LEVEL") { r"(?<level>[^\x00-\x20].*?)" } else { "(?<level>.*?)" };
    let firsts = [first(LEVEL), first(if pattern.contains("TIME") { any } else { LEVEL })];
    let traceback =
        Regex::new(r"(?-u)^(Traceback|Stack|  \+ Exception Group Traceback) \(most recent call last\):$").unwrap();
    let mut records: Vec<Record> = Vec::new();
    let mut lines: Vec<&[u8]> = log.split(|&byte| byte == b'\n').collect();
    if log.is_empty() || log.ends_with(b"\n") {
        lines.pop();
    }
    for line in lines {
        if let Some(parts) = firsts.iter().find_map(|first| first.captures(line)) {
            let value = |name: &&'static str| Some((*name, parts.name(name)?.as_bytes().to_vec()));
            let message = parts["message"].to_vec();
            let mut record = Record {
                raw: line.to_vec(),
                values: Some(NAMES.iter().filter_map(value).collect()),
                message: message.clone(),
                traceback: None,
            };
            if traceback.is_match(&message) {
                record.message = Vec::new();
                record.traceback = Some(message);
            }
            records.push(record);
            continue;
        }
        let Some(record) = records.last_mut() else {
            records.push(Record { raw: line.to_vec(), ..Record::default() });
            continue;
        };
        let more = [b"\n", line].concat();
        record.raw.extend_from_slice(&more);
        match &mut record.traceback {
            Some(traceback) => traceback.extend_from_slice(&more),
            None if traceback.is_match(line) && record.values.is_some() => record.traceback = Some(line.to_vec()),
            None => record.message.extend_from_slice(&more),
        }
    }
    records
}

/// Pieces of logs in these formats.
pub(crate) const PIECES: [&str; 34] = [
    "\n",
    "\n",
    "\n",
    "\n",
    "\n",
    "2025-11-06 10:30:15,123",
    "2025-11-06 10:30:15,123",
    "2025-11-07 11:31:16,000",
    " - ",
    " - ",
    "INFO",
    "ERROR",
    "WARNING",
    "INF",
    ":",
    ":",
    "root",
    "a.b",
    "[",
    "] [",
    "] ",
    "12",
    "(",
    ") ",
    " ",
    "message",
    "Traceback (most recent call last):",
    "  + Exception Group Traceback (most recent call last):",
    "Stack (most recent call last):",
    "\n2025-11-06 10:30:15,123 - INFO - ",
    "\nERROR:root:",
    "\n[2025-11-06 10:30:15,123] [12] [INFO] ",
    "\n2025-11-06 10:30:15,123 a.b(12) DEBUG ",
    "\nCRITICAL [Thread-1 (run)] 2025-11-06 10:30:15,123 ",
];
