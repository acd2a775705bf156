//! `lp explain`: what it prints for people, and for programs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::super::lp::{Ended, line, lp, parse};

const COLUMNS: usize = 80;

/// An input with its options, and what is printed for it.
struct Case {
    name: String,
    log: Vec<u8>,
    args: Vec<String>,
    text: String,
}

fn cases() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata/explain");
    let mut paths: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "log"));
    paths.sort();
    assert!(paths.len() >= 12);
    let case = |path: PathBuf| {
        let args = fs::read_to_string(path.with_extension("args")).unwrap_or_default();
        Case {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            log: fs::read(&path).unwrap(),
            args: args.lines().map(str::to_owned).collect(),
            text: fs::read_to_string(path.with_extension("txt")).unwrap_or_default(),
        }
    };
    paths.into_iter().map(case).collect()
}

/// `lp explain` with a log on its standard input.
fn explain(args: &[String], log: &[u8]) -> Ended {
    lp(["explain"]).args(args).stdin(log).run()
}

fn strings(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

#[track_caller]
fn assert_fits_a_terminal(text: &str) {
    for line in text.lines() {
        assert!(line.width() <= COLUMNS, "{} columns: {line}", line.width());
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

/// A JSON object a line.
#[track_caller]
fn objects(json: &str) -> Vec<Value> {
    json.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn people_see_what_the_cases_say() {
    let mut wrong = Vec::new();
    for case in cases() {
        let ended = explain(&case.args, &case.log);
        assert_eq!(ended.stderr, "", "{}", case.name);
        assert_fits_a_terminal(ended.stdout());
        let is_rejected = ended.stdout().lines().any(|line| line.starts_with("rejected "));
        assert_eq!(ended.code, Some(i32::from(is_rejected)), "{}", case.name);
        if ended.stdout() != case.text {
            wrong.push(format!("{}:\n{}", case.name, ended.stdout()));
        }
    }
    assert!(wrong.is_empty(), "not as the files have it: {}", wrong.join("\n"));
}

#[test]
fn a_line_of_the_command_line_is_explained_as_one_of_a_file() {
    for case in cases() {
        let Ok(text) = std::str::from_utf8(&case.log) else { continue };
        if text.contains('\0') || text.contains('\r') || case.args.iter().any(|arg| arg == "--lines") {
            continue;
        }
        let text = text.strip_suffix('\n').unwrap();
        let ended = lp(["explain"]).args(&case.args).args([text]).run();
        assert_eq!(ended.stdout(), case.text, "{}", case.name);
    }
}

#[test]
fn colours_change_nothing_else() {
    for case in cases() {
        let coloured = explain(&[strings(&["--color", "always"]), case.args.clone()].concat(), &case.log);
        let plain = explain(&[strings(&["--color", "never"]), case.args].concat(), &case.log);
        assert!(coloured.stdout().contains("\x1B["), "{}", case.name);
        assert_eq!(anstream::adapter::strip_str(coloured.stdout()).to_string(), plain.stdout(), "{}", case.name);
        // A line that is cut out of the output is whole, its colours too.
        assert!(!coloured.stdout().contains("\n\x1B[0m"), "{}", case.name);
    }
}

#[test]
fn programs_get_the_places_and_the_values_that_parse_writes() {
    for case in cases() {
        // All records, however many the case is about.
        let of_parse = if case.args.iter().any(|arg| arg == "--lines") { Vec::new() } else { case.args.clone() };
        let args = [strings(&["--json", "--lines", "1000"]), of_parse.clone()].concat();
        let ended = explain(&args, &case.log);
        let parsed = parse(&of_parse).stdin(&case.log).run();
        assert_fits_json(ended.stdout());
        let (explained, records) = (objects(ended.stdout()), objects(parsed.stdout()));
        assert_eq!(explained.len(), records.len(), "{}", case.name);
        for (explained, record) in explained.iter().zip(&records) {
            // Where no format takes any line, the nearest one is shown, and parse takes that for nginx's.
            if explained["recognised"] == true || case.args.is_empty() && explained["format"] == "nginx-combined" {
                agree(&case.name, explained, record);
            }
            places_hold_their_values(&case.name, explained, &case.log);
        }
    }
}

#[track_caller]
fn assert_fits_json(text: &str) {
    assert!(text.lines().flat_map(str::chars).all(|char| !char.is_control()), "{text:?}");
}

fn agree(case: &str, explained: &Value, record: &Value) {
    assert_eq!(explained["timestamp"]["value"], record["timestamp"], "{case}");
    assert_eq!(explained["severity"]["value"], record["severity"], "{case}");
    for field in explained["fields"].as_array().unwrap() {
        let name = field["name"].as_str().unwrap();
        if name != "message" || record["parse_error"].is_null() {
            assert_eq!(field["value"], record[name], "{case}: {name}");
        }
    }
    for key in ["reason", "field", "at"] {
        assert_eq!(explained["parse_error"][key], record["parse_error"][key], "{case}: {key}");
    }
}

/// Where the record is UTF-8 and has no escapes, a text is what stands at its place.
fn places_hold_their_values(case: &str, explained: &Value, log: &[u8]) {
    let line = explained["line"].as_str().unwrap();
    let is_exact = std::str::from_utf8(log).is_ok() && !line.contains('\\');
    let mut end_before = 0;
    let mut fields = explained["fields"].as_array().unwrap().clone();
    fields.retain(|field| !field["start"].is_null());
    fields.sort_by_key(|field| field["start"].as_u64());
    for field in fields {
        let place = |key: &str| usize::try_from(field[key].as_u64().unwrap()).unwrap();
        let (start, end) = (place("start"), place("end"));
        assert!(end_before <= start && start <= end, "{case}: {field}");
        end_before = end;
        if is_exact {
            let text = &line[start..end];
            match &field["value"] {
                // A string in JSON stands there with its quotes.
                Value::String(value) if text.starts_with('"') => {
                    assert_eq!(format!("\"{value}\""), text, "{case}: {field}")
                }
                Value::String(value) => assert_eq!(value, text, "{case}: {field}"),
                Value::Number(value) => assert_eq!(value.to_string(), text, "{case}: {field}"),
                value => panic!("{case}: {value}"),
            }
        }
    }
    assert!(!is_exact || end_before <= line.len());
}

/// The examples of all formats are read as what they are examples of.
#[test]
fn the_examples_of_lp_formats_are_explained() {
    let formats = lp(["formats", "--json"]).run();
    for format in objects(formats.stdout()) {
        let example = format["example"].as_str().unwrap();
        let text = lp(["explain", example]).run();
        text.assert_quiet_success();
        assert_fits_a_terminal(text.stdout());
        let ended = lp(["explain", "--json", example]).run();
        ended.assert_quiet_success();
        let explained = &objects(ended.stdout())[0];
        assert_eq!(explained["format"], format["name"]);
        assert_eq!(explained["line"], example);
        assert!(explained["timestamp"]["start"].is_u64(), "{explained}");
        places_hold_their_values(example, explained, example.as_bytes());
    }
}

#[test]
fn records_that_are_left_out_are_counted() {
    let log: String = (0..5).map(line).collect();
    for (args, said, records) in [
        (&["--lines", "1"][..], "4 more records are not explained", 1),
        (&["--lines", "4"], "1 more record is not explained", 4),
        (&["--lines", "5"], "", 5),
        (&["--lines", "6"], "", 5),
    ] {
        let ended = lp(["explain"]).args(args).stdin(&log).run();
        ended.assert_quiet_success();
        assert_eq!(ended.stdout().matches("format ").count(), records, "{args:?}");
        assert_eq!(ended.stdout().contains("not explained"), !said.is_empty());
        assert!(ended.stdout().contains(said), "{args:?}: {}", ended.stdout());
        // A program gets objects and nothing else.
        let ended = lp(["explain", "--json"]).args(args).stdin(&log).run();
        assert_eq!(objects(ended.stdout()).len(), records);
        assert!(ended.stderr.contains(said));
    }
    // Of a large input not all is read.
    let log: String = (0..10_000).map(line).collect();
    let ended = lp(["explain"]).stdin(&log).run();
    assert!(ended.stdout().contains("At least 7"), "{}", ended.stdout());
    let ended = lp(["explain"]).stdin("x".repeat(2_000_000)).run();
    assert!(ended.stdout().contains("it has 2000000") && !ended.stdout().contains("not explained"));
}

#[test]
fn a_compressed_input_is_explained() {
    let compressed = zstd::encode_all(line(1).as_bytes(), 1).unwrap();
    let (plain, ended) = (lp(["explain"]).stdin(line(1)).run(), lp(["explain"]).stdin(compressed).run());
    assert_eq!(ended.stdout(), plain.stdout());
}

#[test]
fn several_lines_are_explained_each_for_itself() {
    let python = "2025-11-06 10:30:15,123 - shop - INFO - hello";
    let ended = lp(["explain", "--json", line(1).trim_end(), python, "words"]).run();
    assert_eq!(ended.code, Some(1));
    let formats: Vec<Value> = objects(ended.stdout()).iter().map(|object| object["format"].clone()).collect();
    assert_eq!(formats, ["nginx-combined", "python", "nginx-combined"]);
}

#[test]
fn nothing_to_explain_is_said() {
    let ended = lp(["explain"]).stdin("").run();
    assert_eq!((ended.code, ended.stdout()), (Some(0), ""));
    assert!(ended.stderr.contains("empty"));
    // An empty argument is an empty line.
    let ended = lp(["explain", ""]).run();
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout().contains("empty_line"));
}

#[test]
fn a_wrong_format_or_flag_is_exit_status_2() {
    for args in [
        &["--log-format", "$a$b"][..],
        &["--format", "apache"],
        &["--color", "sometimes"],
        &["--lines", "0"],
        &["--max-record", "0"],
        &["--timezone", "Nowhere/Land"],
    ] {
        let ended = lp(["explain"]).args(args).stdin(line(1)).run();
        assert_eq!((ended.code, ended.stdout()), (Some(2), ""), "{args:?}");
        assert!(ended.stderr.contains(args[0]), "{args:?}: {}", ended.stderr);
    }
}

/// Whatever the line, and wherever it is cut.
#[test]
fn every_piece_of_a_case_fits_a_terminal() {
    let pieces: Vec<Vec<u8>> = cases()
        .iter()
        .filter(|case| ["control-characters", "wide-characters", "python-traceback"].contains(&case.name.as_str()))
        .flat_map(|case| (1..case.log.len()).step_by(7).map(|len| case.log[..len].to_vec()).collect::<Vec<_>>())
        .collect();
    for piece in pieces {
        let ended = explain(&[], &piece);
        assert!(matches!(ended.code, Some(0 | 1)));
        assert_fits_a_terminal(ended.stdout());
        assert_fits_json(explain(&strings(&["--json"]), &piece).stdout());
    }
}
