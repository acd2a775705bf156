//! The sidecars of `examples/kubernetes`: what their containers run is run here, with the configuration and the program out of
//! the manifest or the real program beside it, and what comes out must be what the scripts write that they replace.

mod aggregator;
mod json_app;
mod manifest;
mod metrics;
mod prometheus;
mod python_app;
mod self_rotating;
mod sidecar;
mod web;

use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::following::PATIENCE;

/// Waits until this is so.
#[track_caller]
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "not so after {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(20));
    }
}

/// Says only where they differ, as they are long.
#[track_caller]
fn assert_same_lines(found: &str, expected: &str) {
    let (mut found_lines, mut expected_lines) = (found.lines(), expected.lines());
    for number in 1.. {
        let (found, expected) = (found_lines.next(), expected_lines.next());
        assert_eq!(found, expected, "line {number}");
        if found.is_none() {
            break;
        }
    }
    assert!(found == expected, "the line ends differ");
}

/// Sends a signal such as `TERM`, by the shell's own `kill`.
fn signal(process: &Child, signal: &str) {
    let status = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", signal, &process.id().to_string()]).status();
    assert!(status.unwrap().success(), "no signal {signal} could be sent");
}
