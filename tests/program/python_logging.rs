//! CPython's own `logging`: what its formatters write, read back, against the attributes of the records that they wrote.
//!
//! `log.py` logs each record in all formats and dumps it beside them.

mod expected;
mod formats;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::lp::parse;
use super::nginx::compare::{difference, report};
use expected::{LogRecord, told_levels};
use formats::{Clock, Format};

#[test]
#[ignore = "needs Python: cargo test --test program -- --ignored"]
fn lp_reads_what_python_logs_in_a_format_that_it_is_told() {
    lp_agrees_with_python(&formats::TOLD, |format| {
        let mut options = vec![format!("--python-format={}", format.text)];
        options.extend(format.datefmt.map(|datefmt| format!("--python-datefmt={datefmt}")));
        options.extend(format.told_style().map(|style| format!("--python-style={style}")));
        options
    });
}

#[test]
#[ignore = "needs Python: cargo test --test program -- --ignored"]
fn lp_reads_what_python_logs_in_a_usual_format() {
    lp_agrees_with_python(&formats::USUAL, |_| vec!["--format=python".to_owned()]);
}

#[test]
#[ignore = "needs Python: cargo test --test program -- --ignored"]
fn lp_finds_out_that_python_logs_in_a_usual_format() {
    lp_agrees_with_python(&formats::USUAL, |_| Vec::new());
}

fn lp_agrees_with_python(formats: &[Format], options: impl Fn(&Format) -> Vec<String>) {
    let dir = TempDir::new().unwrap();
    let names: Vec<_> = (0..formats.len()).map(|number| format!("format-{number}")).collect();
    let records = run_python(dir.path(), formats, &names);
    assert!(records.len() >= 150, "only {} records", records.len());

    let mut disagreements = Vec::new();
    for (format, name) in formats.iter().zip(&names) {
        let mut options = options(format);
        if format.clock != Clock::Gmtime {
            options.push("--timezone=Europe/Berlin".to_owned());
        }
        options.extend(told_levels(format).iter().map(|(name, severity)| format!("--level={name}={severity}")));
        let log = dir.path().join(name).with_extension("log");
        let lp = |threads| parse(&options).args(["--threads", threads]).file(&log).run();
        let ended = lp("1");
        ended.assert_quiet_success();
        assert!(ended.stdout == lp("3").stdout, "{format:?}: the number of threads changes the output");
        if let Err(differences) = compare(format, name, &records, ended.stdout()) {
            disagreements.push(format!("{format:?}\n{differences}"));
        }
    }
    assert!(disagreements.is_empty(), "lp and Python disagree:\n{}", disagreements.join("\n\n"));
}

/// Lets Python log in these formats, and returns what it logged.
fn run_python(dir: &Path, formats: &[Format], names: &[String]) -> Vec<LogRecord> {
    let orders: Vec<_> = formats.iter().zip(names).map(|(format, name)| format.order(name)).collect();
    fs::write(dir.join("formats.json"), Value::Array(orders).to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/python_logging/log.py");
    let mut python = Command::new("python3");
    let output = python.env("TZ", "Europe/Berlin").env("LC_ALL", "C").arg("-I").arg(script).arg(dir).output();
    let output = output.expect("this test needs Python: apt-get install python3");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "python3: {}\n{complaint}", output.status);
    let dump = fs::read_to_string(dir.join("records.ndjson")).unwrap();
    dump.lines().map(|line| LogRecord(serde_json::from_str(line).unwrap())).collect()
}

/// Compares the records that `lp` wrote with what Python says they are.
fn compare(format: &Format, name: &str, records: &[LogRecord], lines: &str) -> Result<(), String> {
    let lines: Vec<_> = lines.lines().collect();
    let mut differences = Vec::new();
    if lines.len() != records.len() {
        differences.push(format!("  {} records were logged, lp has {}", records.len(), lines.len()));
    }
    for (record, line) in records.iter().zip(&lines).filter(|(record, _)| record.can_be_read_back(format)) {
        let line: Value = serde_json::from_str(line).unwrap();
        if let Some(difference) = difference(&record.expected(format, name), &line) {
            differences.push(format!("  {difference}"));
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(report(differences)) }
}
