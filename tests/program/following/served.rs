//! What it serves over HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{ChildStdout, Command, Stdio};

use super::super::http::{self, Answer};
use super::Following;

impl Following {
    /// Starts it, and waits until it is ready.
    #[track_caller]
    pub(crate) fn start_until_ready(&mut self) {
        self.start_until_ready_by(Command::new(env!("CARGO_BIN_EXE_lp")).stdin(Stdio::null()));
    }

    /// The same by a command, as [`start_by`](Self::start_by) does it.
    #[track_caller]
    pub(crate) fn start_until_ready_by(&mut self, command: &mut Command) -> Option<ChildStdout> {
        let stdout = self.start_by(command);
        self.wait_until("it is ready", Self::is_ready);
        stdout
    }

    /// Where it says that it listens.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        let said = self.said();
        let (_, told) = said.split_once("lp: metrics and health are served at http://")?;
        Some(told.split_once("/\n")?.0.parse().unwrap())
    }

    /// The status and the body.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let Answer { status, body } = http::get(self.address().unwrap(), path).unwrap();
        (status, body)
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.address().is_some() && self.get("/readyz") == (200, "ready\n".to_owned())
    }

    /// Each series with its value.
    pub(crate) fn metrics(&self) -> BTreeMap<String, f64> {
        let (status, text) = self.get("/metrics");
        assert_eq!(status, 200);
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let samples = samples.map(|line| line.rsplit_once(' ').unwrap());
        samples.map(|(series, value)| (series.to_owned(), value.parse().unwrap())).collect()
    }

    /// The value of a series; NaN if it is not there.
    pub(crate) fn value(&self, series: &str) -> f64 {
        self.metrics().get(series).copied().unwrap_or(f64::NAN)
    }

    /// These series have these values; `DIR` is the folder in them.
    #[track_caller]
    pub(crate) fn assert_metrics(&self, expected: &[(&str, f64)]) {
        let metrics = self.metrics();
        for (series, value) in expected {
            let series = series.replace("DIR", self.dir().to_str().unwrap());
            assert_eq!(metrics.get(&series), Some(value), "{series} in {metrics:#?}");
        }
    }
}
