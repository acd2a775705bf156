//! `lp formats`: what lp knows.

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::super::lp::{lp, parse};

const NAMES: [&str; 6] = ["nginx-combined", "common", "nginx-error", "python", "app", "json"];

fn objects() -> Vec<Value> {
    let ended = lp(["formats", "--json"]).run();
    ended.assert_quiet_success();
    ended.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn people_see_every_format_in_80_columns() {
    let ended = lp(["formats"]).run();
    ended.assert_quiet_success();
    let text = ended.stdout();
    for line in text.lines() {
        assert!(line.width() <= 80 && !line.ends_with(' '), "{line:?}");
    }
    for name in NAMES {
        assert!(text.lines().any(|line| line.split(' ').next() == Some(name)), "{name}");
    }
    for words in ["--log-format", "--nginx-conf", "--python-format", "%(levelname)s:%(name)s:%(message)s", "Traceback"]
    {
        assert!(text.contains(words), "{words}");
    }
}

#[test]
fn programs_see_every_format_with_its_fields() {
    let objects = objects();
    let mut names: Vec<&str> = objects.iter().map(|object| object["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    let mut want = NAMES;
    want.sort_unstable();
    assert_eq!(names, want);
    for object in &objects {
        assert!(object["description"].as_str().is_some_and(|text| !text.is_empty()));
        assert!(object["fields"].as_array().is_some_and(|fields| !fields.is_empty()));
        assert_eq!(object["patterns"].is_array(), object["name"] == "python");
    }
}

#[test]
fn parse_reads_every_example_and_writes_the_fields_in_their_order() {
    for object in objects() {
        let name = object["name"].as_str().unwrap();
        let ended = parse(["--format", name]).stdin(object["example"].as_str().unwrap()).run();
        ended.assert_quiet_success();
        assert_eq!(ended.stdout().lines().count(), 1, "{name}");
        let record: Value = serde_json::from_str(ended.stdout()).unwrap();
        assert!(record["parse_error"].is_null(), "{name}: {record}");
        let keys: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys[..2], ["timestamp", "severity"]);
        let fields = object["fields"].as_array().unwrap().iter();
        let required = fields.filter(|field| field["optional"] == false && field["kind"] != "members");
        for field in required {
            assert!(keys.contains(&field["name"].as_str().unwrap()), "{name}: {field}");
        }
    }
}
