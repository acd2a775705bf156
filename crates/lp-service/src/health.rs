//! Whether the service is well, for probes and for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lp::Timestamp;

use crate::call::Call;
use crate::http::{Response, Status};

/// Shared by those who know how it stands, and those who ask.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// The sinks that fail, by name.
    outages: BTreeMap<String, Outage>,
    /// What the sinks are at, by name.
    calls: BTreeMap<String, Call>,
    /// Why no output can be opened, so that nothing runs, since when.
    outputs: Option<Outage>,
    /// Why the checkpoint cannot be saved, since when.
    checkpoint: Option<Outage>,
}

/// How far the service is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Phase {
    /// The first run has not begun.
    #[default]
    Starting,
    /// It runs.
    Running,
    /// What has been read is being written, and then it ends.
    Draining,
}

/// Something that does not work.
#[derive(Clone, Debug)]
struct Outage {
    since: SystemTime,
    error: String,
}

impl Health {
    /// The service is so far now. One that drains does not run again.
    pub(crate) fn enter(&self, phase: Phase) {
        let mut state = self.state();
        if state.phase != Phase::Draining {
            state.phase = phase;
        }
    }

    /// A sink does not work. Whether that is new.
    pub(crate) fn sink_fails(&self, name: &str, error: String, now: SystemTime) -> bool {
        let mut state = self.state();
        match state.outages.get_mut(name) {
            Some(outage) => {
                outage.error = error;
                false
            }
            None => state.outages.insert(name.to_owned(), Outage { since: now, error }).is_none(),
        }
    }

    /// A sink works. Since when it did not, if that is so.
    pub(crate) fn sink_works(&self, name: &str) -> Option<SystemTime> {
        self.state().outages.remove(name).map(|outage| outage.since)
    }

    /// Another run begins, with these sinks: what failed before is not known to fail now.
    pub(crate) fn begin_run(&self, calls: BTreeMap<String, Call>) {
        let mut state = self.state();
        state.outages.clear();
        state.outputs = None;
        state.checkpoint = None;
        state.calls = calls;
    }

    /// The run has ended, and its sinks are closed.
    pub(crate) fn end_run(&self) {
        self.begin_run(BTreeMap::new());
    }

    /// The outputs cannot be opened, so that nothing runs.
    pub(crate) fn outputs_fail(&self, error: String, now: SystemTime) {
        let outage = &mut self.state().outputs;
        let since = outage.as_ref().map_or(now, |outage| outage.since);
        *outage = Some(Outage { since, error });
    }

    /// Whether nothing is written, as the outputs cannot be opened.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().outputs.is_some()
    }

    /// The names of the sinks that do not work.
    pub(crate) fn failing(&self) -> BTreeSet<String> {
        let state = self.state();
        state.outages.keys().cloned().chain(state.hanging().map(|(name, _)| name.to_owned())).collect()
    }

    /// The names of the sinks that have been at something for too long, of which nothing is known but that.
    pub(crate) fn hanging(&self) -> BTreeSet<String> {
        self.state().hanging().map(|(name, _)| name.to_owned()).collect()
    }

    /// The checkpoint could be saved, or could not. Whether that has changed.
    pub(crate) fn checkpoint(&self, saved: Result<(), String>, now: SystemTime) -> bool {
        let mut state = self.state();
        match (saved, &mut state.checkpoint) {
            (Ok(()), checkpoint) => checkpoint.take().is_some(),
            (Err(error), Some(outage)) => {
                outage.error = error;
                false
            }
            (Err(error), checkpoint) => checkpoint.replace(Outage { since: now, error }).is_none(),
        }
    }

    /// The answer of `/readyz`: one line.
    pub(crate) fn ready(&self) -> Response {
        match self.state().troubles().next() {
            None => Response::text(Status::Ok, "ready"),
            Some(trouble) => Response::text(Status::Unavailable, &trouble),
        }
    }

    /// The answer of `/healthz`: a line for each part. What the sources lack, which they wait for, is no trouble of the service.
    pub(crate) fn report(&self, sources_lack: Option<String>) -> Response {
        let state = self.state();
        let mut lines = String::new();
        let mut part = |name: &str, trouble: Option<String>| {
            // Writing to a text does not fail.
            let _ = write!(lines, "\n{name}: {}", trouble.as_deref().unwrap_or("ok"));
        };
        part("run", state.phase.trouble().map(str::to_owned));
        part("checkpoint", state.checkpoint_trouble());
        let sinks: Vec<_> = state.sink_troubles().collect();
        part("sinks", (!sinks.is_empty()).then(|| sinks.join("; ")));
        part("sources", sources_lack);
        let (status, word) = match state.troubles().next() {
            None => (Status::Ok, "healthy"),
            Some(_) => (Status::Unavailable, "not healthy"),
        };
        Response::text(status, &format!("{word}{lines}"))
    }

    /// Whoever panicked while holding it has changed it as a whole, or not at all.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn troubles(&self) -> impl Iterator<Item = String> + '_ {
        self.phase.trouble().map(str::to_owned).into_iter().chain(self.sink_troubles()).chain(self.checkpoint_trouble())
    }

    fn sink_troubles(&self) -> impl Iterator<Item = String> + '_ {
        let outages = self.outages.iter().map(|(name, outage)| (name.as_str(), outage.clone()));
        let troubles = outages.chain(self.hanging().map(|(name, time)| (name, Outage::of_hanging(time))));
        let troubles =
            troubles.map(|(name, outage)| format!("sink {name} is failing since {}: {}", outage.time(), outage.error));
        let closed = self.outputs.as_ref();
        let closed = closed.map(|outage| format!("no output can be opened since {}: {}", outage.time(), outage.error));
        closed.into_iter().chain(troubles)
    }

    fn hanging(&self) -> impl Iterator<Item = (&str, Duration)> {
        let calls = self.calls.iter().filter(|(name, _)| !self.outages.contains_key(*name));
        calls.filter_map(|(name, call)| Some((name.as_str(), call.hangs()?)))
    }

    fn checkpoint_trouble(&self) -> Option<String> {
        let outage = self.checkpoint.as_ref()?;
        Some(format!("the checkpoint cannot be saved since {}: {}", outage.time(), outage.error))
    }
}

impl Phase {
    const fn trouble(self) -> Option<&'static str> {
        match self {
            Self::Starting => Some("starting"),
            Self::Running => None,
            Self::Draining => Some("stopping: what has been read is being written"),
        }
    }
}

impl Outage {
    fn of_hanging(time: Duration) -> Self {
        let since = SystemTime::now().checked_sub(time).unwrap_or(UNIX_EPOCH);
        Self { since, error: "nobody takes what it writes, or the disk does not answer".to_owned() }
    }

    fn time(&self) -> String {
        let nanos = self.since.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        format!("{:.0}", Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_ready(health: &Health, status: Status, text: &str) {
        let answer = health.ready();
        assert_eq!((answer.status(), answer.body()), (status, text.as_bytes()));
        assert_eq!(health.report(None).status(), status);
    }

    #[test]
    fn what_does_not_work_is_told() {
        let health = Health::default();
        let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds);
        assert_ready(&health, Status::Unavailable, "starting\n");
        health.enter(Phase::Running);
        assert_ready(&health, Status::Ok, "ready\n");
        assert!(health.sink_fails("out", "disk full".to_owned(), at(0)));
        assert!(!health.sink_fails("out", "disk still full".to_owned(), at(1)));
        let sink = "sink out is failing since 2023-11-14T22:13:20Z: disk still full";
        assert_ready(&health, Status::Unavailable, &format!("{sink}\n"));
        assert!(health.checkpoint(Err("it is gone".to_owned()), at(60)));
        let checkpoint = "the checkpoint cannot be saved since 2023-11-14T22:14:20Z: it is gone";
        let report = format!("not healthy\nrun: ok\ncheckpoint: {checkpoint}\nsinks: {sink}\nsources: none\n");
        assert_eq!(health.report(Some("none".to_owned())).body(), report.as_bytes());
        assert_eq!((health.sink_works("out"), health.sink_works("out")), (Some(at(0)), None));
        assert_ready(&health, Status::Unavailable, &format!("{checkpoint}\n"));
        assert!(health.checkpoint(Ok(()), at(70)) && !health.checkpoint(Ok(()), at(71)));
        assert_ready(&health, Status::Ok, "ready\n");
        assert_eq!(health.report(None).body(), b"healthy\nrun: ok\ncheckpoint: ok\nsinks: ok\nsources: ok\n");
        // Only sinks that are open are known to work or not.
        health.sink_fails("out", "disk full".to_owned(), at(80));
        health.end_run();
        assert_ready(&health, Status::Ok, "ready\n");
        health.outputs_fail("nobody reads it".to_owned(), at(90));
        health.outputs_fail("disk full".to_owned(), at(91));
        assert_ready(&health, Status::Unavailable, "no output can be opened since 2023-11-14T22:14:50Z: disk full\n");
        health.begin_run(BTreeMap::new());
        health.enter(Phase::Draining);
        health.enter(Phase::Running);
        assert_ready(&health, Status::Unavailable, "stopping: what has been read is being written\n");
    }
}
