//! The cases in `tests/testdata/filter`.

use std::fs;
use std::path::PathBuf;

use lp_core::format::app::App;
use lp_core::{Batch, Format};

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

/// What is compared has other types in a format that was told from a file: the comparison has no result, and the rest of the expression
/// holds. What would be wrong in every format is refused there, too.
#[test]
fn a_format_that_was_found_need_not_have_the_types_that_are_wanted() {
    let line = "[2025-11-06T10:30:15Z] 502\n";
    let app = App::new();
    for (text, want) in [
        ("message >= 500", Some("none")),
        ("message == 502", Some("none")),
        ("message != 502", Some("none")),
        ("message in [502, 503]", Some("none")),
        ("message", Some("none")),
        ("message * 2 > 5", Some("none")),
        ("message.getHours() == 5", Some("none")),
        ("(message ? 1 : 2) == 1", Some("none")),
        ("message >= 500 || true", Some("true")),
        ("message >= 500 || message == \"502\"", Some("true")),
        ("message >= 500 && message == \"503\"", Some("false")),
        ("message == \"502\"", Some("true")),
        ("mesage >= 500", None),
        ("message >= 500 && mesage", None),
        ("5 >= \"500\"", None),
        ("severity >= \"ERROR\"", None),
        ("message >= 500 && 1", None),
        ("message.matches(severity)", None),
    ] {
        let bind = |text: &str| Filter::parse(text).unwrap().bind_to_found(&Names::of(app.schema()));
        let holds = |predicate: crate::Predicate| {
            let mut batch = Batch::new();
            app.parse(line.as_bytes(), &mut batch);
            predicate.matches(&batch.record(line.as_bytes(), 0).unwrap())
        };
        let told = match (bind(text), bind(&format!("!({text})"))) {
            (Ok(predicate), Ok(negated)) => match (holds(predicate), holds(negated)) {
                (true, false) => Some("true"),
                (false, true) => Some("false"),
                (false, false) => Some("none"),
                (true, true) => Some("both"),
            },
            (Err(_), Err(_)) => None,
            refused => panic!("{text}: {refused:?}"),
        };
        assert_eq!(told, want, "{text}");
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
