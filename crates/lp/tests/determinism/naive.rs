//! What a run must come to, worked out line by line, each parsed alone by the careful parser.

use lp::encode::{JsonEncoder, Output};
use lp::{Batch, Format, Ledger, OnError, Reason};
use serde_json::{Value, json};

use super::Settings;

/// What a run must do.
pub(crate) struct Run {
    /// The lines of the output.
    pub(crate) lines: Vec<Line>,
    /// An account for each input that was begun, as far as the run came.
    pub(crate) ledgers: Vec<Ledger>,
    pub(crate) outcome: Outcome,
}

/// A line of the output.
pub(crate) enum Line {
    Text(Vec<u8>),
    /// That of a record that was cut: what it says.
    Cut(Value),
}

#[derive(Debug)]
pub(crate) enum Outcome {
    End,
    /// The run ends with this message.
    BadRecord(String),
}

/// A line of a log without its terminator: a line feed, or a carriage return and a line feed, or a carriage return
/// at the end of the log.
pub(crate) fn lines(log: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = log.split(|&byte| byte == b'\n').collect();
    if lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines.into_iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect()
}

/// The JSON text of one line, parsed alone and whole.
fn parse(line: &[u8], settings: Settings) -> Vec<u8> {
    // A carriage return at the end of the line is the line's own; another is the terminator's.
    let input = [line, b"\r\n"].concat();
    let format = settings.format().careful();
    let mut batch = Batch::with_limit(Batch::MAX_LIMIT);
    format.parse(&input, &mut batch);
    let mut output = Output::new();
    JsonEncoder::new(format.schema()).with_decode(settings.decode).encode(&batch, &input, &mut output);
    assert_eq!(batch.len(), 1);
    output.as_bytes().to_vec()
}

/// What is said of a line that is cut at the limit: what is said of its beginning, but that a number which the cut
/// goes through is none.
fn parse_cut(line: &[u8], settings: Settings) -> Value {
    let limit = settings.max_record as usize;
    let beginning = &line[..limit];
    let value = |line: &[u8]| serde_json::from_slice::<Value>(&parse(line, settings)).unwrap();
    let mut object = value(beginning);
    // With a letter behind it no number is one, and nothing else that a number's field may hold changes.
    let with_letter = value(&[beginning, b"x"].concat());
    for key in ["severity", "status_code", "response_size"] {
        object[key] = with_letter[key].clone();
    }
    let error = &with_letter["parse_error"];
    if error["reason"] == "invalid_number" {
        let word = &beginning[error["at"].as_u64().unwrap() as usize..];
        if !word.is_empty() && !word.contains(&b' ') {
            object["message"] = json!(String::from_utf8_lossy(beginning));
            object["parse_error"] = error.clone();
        }
    }
    object["truncated"] = json!(line.len());
    object
}

/// A record of a log, and what must be written of it.
pub(crate) struct Expected {
    /// Where it ends in the log, its terminator included.
    pub(crate) end: usize,
    /// Its bytes without the last terminator.
    pub(crate) len: usize,
    /// How many of them are within the limits.
    pub(crate) kept: usize,
    pub(crate) line: Line,
    /// What the line says.
    pub(crate) object: Value,
}

/// The run over these logs.
pub(crate) fn run(logs: &[Vec<u8>], settings: Settings) -> Run {
    run_of(logs, settings.on_error, |log| {
        let mut end = 0;
        let expected = |(line, whole): (&[u8], &[u8])| {
            end += whole.len();
            let kept = line.len().min(settings.max_record as usize);
            let (text, object) = if kept < line.len() {
                let object = parse_cut(line, settings);
                (Line::Cut(object.clone()), object)
            } else {
                let text = parse(line, settings);
                let object = serde_json::from_slice(&text).unwrap();
                (Line::Text(text), object)
            };
            Expected { end, len: line.len(), kept, line: text, object }
        };
        lines(log).into_iter().zip(log.split_inclusive(|&byte| byte == b'\n')).map(expected).collect()
    })
}

/// The run over these logs, given the records of each.
pub(crate) fn run_of(logs: &[Vec<u8>], on_error: OnError, records: impl Fn(&[u8]) -> Vec<Expected>) -> Run {
    let mut run = Run { lines: Vec::new(), ledgers: Vec::new(), outcome: Outcome::End };
    for (number, log) in logs.iter().enumerate() {
        run.ledgers.push(Ledger::default());
        for (record_number, record) in records(log).into_iter().enumerate() {
            let error = record.object.get("parse_error");
            let reason = error.map(|error| reason(error["reason"].as_str().unwrap()));
            let ledger = run.ledgers.last_mut().unwrap();
            ledger.records += 1;
            ledger.truncated += u64::from(record.kept < record.len);
            ledger.bytes_read = record.end as u64;
            ledger.bytes_cut += (record.len - record.kept) as u64;
            ledger.bytes_parsed = ledger.bytes_read - ledger.bytes_cut;
            if let Some(reason) = reason {
                ledger.rejected[reason as usize] += 1;
            }
            if reason.is_some() && on_error != OnError::Keep {
                ledger.dropped += 1;
            } else {
                ledger.written += 1;
                run.lines.push(record.line);
            }

            if let (Some(error), Some(reason), OnError::Fail) = (error, reason, on_error) {
                let (at, field) = (&error["at"], error["field"].as_str().unwrap());
                let place = format!("log {number}: record {}, byte {at}, {field}", record_number + 1);
                run.outcome = Outcome::BadRecord(format!("{place}: {reason}"));
                return run;
            }
        }
    }
    run
}

fn reason(name: &str) -> Reason {
    Reason::ALL.into_iter().find(|reason| reason.name() == name).unwrap()
}
