//! The sidecars of `examples/kubernetes`: what their containers run is run here, with the configuration and the program out of
//! the manifest or the real program beside it, and what comes out must be what the scripts write that they replace.

mod aggregator;
mod http;
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

/// Nothing takes as long, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until this is so.
#[track_caller]
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "not so after {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(20));
    }
}

/// Sends a signal such as `TERM`, by the shell's own `kill`.
fn signal(process: &Child, signal: &str) {
    let status = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", signal, &process.id().to_string()]).status();
    assert!(status.unwrap().success(), "no signal {signal} could be sent");
}
