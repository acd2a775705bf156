//! The cases in `tests/testdata/filter`.

use std::fs;
use std::path::PathBuf;

use lp_core::Batch;

use super::format;
use crate::{Filter, FilterError, Names};

/// The files with this ending, by name.
fn files(ending: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/testdata/filter");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    files.sort();
    assert!(!files.is_empty());
    files.iter().map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn what_filters_say() {
    for (file, text) in files("cases") {
        let mut schema = format("combined");
        let mut record = String::new();
        for (number, line) in text.lines().enumerate() {
            let place = format!("{file}:{}: {line}", number + 1);
            if line.is_empty() || line.starts_with('#') {
            } else if let Some(name) = line.strip_prefix("format ") {
                schema = format(name);
            } else if let Some(line) = line.strip_prefix("record ") {
                record = format!("{line}\n");
            } else {
                let (expression, want) = line.rsplit_once(" => ").unwrap_or_else(|| panic!("{place}"));
                let holds = |text: &str| {
                    let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{place}: {error}"));
                    let predicate = filter.bind(&Names::of(schema.schema()));
                    let predicate = predicate.unwrap_or_else(|error| panic!("{place}: {error}"));
                    let mut batch = Batch::new();
                    schema.parse(record.as_bytes(), &mut batch);
                    assert_eq!(batch.len(), 1, "{place}");
                    predicate.matches(&batch.record(record.as_bytes(), 0).unwrap())
                };
                let told = match (holds(expression), holds(&format!("!({}\n)", expression))) {
                    (true, false) => "true",
                    (false, true) => "false",
                    (false, false) => "none",
                    (true, true) => "both",
                };
                assert_eq!(told, want, "{place}");
            }
        }
    }
}

#[test]
fn what_is_refused() {
    for (file, text) in files("refused") {
        let mut schema = format("combined");
        for case in text.split("\n\n") {
            let lines: Vec<&str> = case.lines().filter(|line| !line.starts_with('#')).collect();
            match lines[..] {
                [] => {}
                [name] => schema = format(name.strip_prefix("format ").unwrap()),
                [expression, marks, says] => {
                    let names = Names::of(schema.schema());
                    let error: FilterError = Filter::parse(expression)
                        .and_then(|filter| filter.bind(&names).map(drop))
                        .expect_err(expression);
                    assert_eq!(error.to_string(), says, "{file}: {expression}");
                    let column = |byte: usize| expression[..byte].chars().count();
                    let at = column(error.at().start)..column(error.at().end);
                    let start = marks.find('^').unwrap();
                    let marked = start..start + marks.trim().len().max(1);
                    assert_eq!(at.start..at.end.max(at.start + 1), marked, "{file}: {expression}");
                }
                _ => panic!("{file}: {case}"),
            }
        }
    }
}
