//! An app that moves its own log away, and goes on writing to it for a moment.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::eventually;
use super::python_app::PythonApp;
use super::sidecar::Sidecar;

const MANIFEST: &str = "6-self-rotating.yaml";

/// Of which a file of 1 MB holds about 15,000.
const RECORDS: usize = 50_000;

#[test]
#[ignore = "needs Python: cargo test --test program -- --ignored"]
fn no_record_is_lost_when_an_app_moves_its_log() {
    let logs = TempDir::new().unwrap();
    let mut lp = Sidecar::new(MANIFEST, logs.path());
    lp.start();
    let app = PythonApp::start(MANIFEST, logs.path(), &[("PAUSE", "0.00001")]);
    let written = |lp: &Sidecar| lp.stdout().bytes().filter(|&byte| byte == b'\n').count();
    eventually("half of the records are written", || written(&lp) >= RECORDS / 2);
    lp.stop();
    lp.start();
    eventually("all records are written", || written(&lp) >= RECORDS);
    app.stop();

    let [moved, log] = ["app.log.1", "app.log"].map(|name| fs::read_to_string(logs.path().join(name)).unwrap());
    assert!(moved.len() >= 1_000_000, "{} bytes", moved.len());
    let last = (moved + &log).lines().last().map(number).unwrap();
    eventually("the last records are written", || written(&lp) >= last);
    lp.stop();

    let stdout = lp.stdout();
    let mut time = String::new();
    for (line, expected) in stdout.lines().zip(1..) {
        let record: Value = serde_json::from_str(line).unwrap();
        let path = expected * 7919 % 100_000;
        let message = format!("request {expected}: GET /orders/{path} took {} ms", expected % 90);
        assert_eq!(record["message"], message.as_str());
        let next = record["timestamp"].as_str().unwrap();
        assert!(next >= time.as_str(), "{next} after {time}");
        next.clone_into(&mut time);
    }
    assert_eq!(stdout.lines().count(), last);
}

/// Of a line `[time] request 17: …`.
fn number(line: &str) -> usize {
    let (_, number) = line.split_once("] request ").expect(line);
    number.split(':').next().unwrap().parse().unwrap()
}
