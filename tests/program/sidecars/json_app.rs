//! A web service that logs JSON lines.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::http;
use super::eventually;
use super::python_app::PythonApp;
use super::sidecar::Sidecar;

const MANIFEST: &str = "7-json-app.yaml";

#[test]
#[ignore = "needs Python: cargo test --test program -- --ignored"]
fn json_lines_are_processed_once() {
    let logs = TempDir::new().unwrap();
    let mut lp = Sidecar::new(MANIFEST, logs.path()).env("POD", "shop-7").env("NAMESPACE", "sales");
    lp.start();
    let mut app = PythonApp::start(MANIFEST, logs.path(), &[("PORT", "0")]);
    let port: u16 = app.says().rsplit(' ').next().unwrap().parse().unwrap();
    for number in 0..300 {
        let page = match number % 10 {
            3 => format!("/missing/{number}"),
            6 => format!("/pay/{number}"),
            8 => format!("/caf%C3%A9?q=\\\"{number}"),
            _ => format!("/orders/{number}"),
        };
        http::get(([127, 0, 0, 1], port).into(), &page).unwrap();
        if number == 150 {
            lp.kill();
            lp.start();
        }
    }
    app.stop();

    let log = fs::read_to_string(logs.path().join("app.log")).unwrap();
    let expected: Vec<_> = log.lines().map(expected).collect();
    assert_eq!(expected.len(), 330);
    let processed = |lp: &Sidecar| lp.written("processed.log").lines().count();
    eventually("all lines are processed", || processed(&lp) >= expected.len());
    lp.stop();

    let written = lp.written("processed.log");
    let processed: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (processed, expected) in processed.iter().zip(&expected) {
        assert_eq!(processed, expected);
    }
    assert_eq!(processed.len(), expected.len());
    // Nobody can take back what went to stdout before it was killed.
    let stdout = lp.stdout();
    let distinct = |text| -> BTreeSet<String> { str::lines(text).map(str::to_owned).collect() };
    assert_eq!(distinct(&stdout), distinct(&written));
}

/// The record of a line: time, severity and message come first, all other members keep their names, and where it runs is added.
fn expected(line: &str) -> Value {
    let mut record: Value = serde_json::from_str(line).unwrap();
    let members = record.as_object_mut().unwrap();
    let severity = match members.remove("level").unwrap().as_str().unwrap() {
        "WARNING" => "WARN".to_owned(),
        level => level.to_owned(),
    };
    members.insert("severity".to_owned(), json!(severity));
    members.insert("pod".to_owned(), json!("shop-7"));
    members.insert("namespace".to_owned(), json!("sales"));
    record
}
