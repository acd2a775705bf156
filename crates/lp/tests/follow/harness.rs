//! What the tests of followed files have in common: logs that are appended to, what comes out, what is told.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use lp::event::Event;
use lp::follow::{Finished, Follow, FollowedSource, Stop};
use lp::format::detect::Detected;
use lp::format::python::{Python, Style};
use lp::sink::Writer;
use lp::tail::{Group, Pattern, Start};
use lp::{Format, Input, Limits, Notice, Observer, Outlet, Pipeline};

/// What has been written so far, for others to see.
#[derive(Clone, Default)]
pub(crate) struct Shared(pub(crate) Arc<Mutex<Vec<u8>>>);

impl Shared {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Waits until so many lines have come.
    pub(crate) fn wait_for(&self, lines: usize) -> String {
        let begun = Instant::now();
        loop {
            let text = self.text();
            if text.lines().count() >= lines {
                return text;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{lines} lines wanted: {text}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(crate) fn append(path: &Path, text: &str) {
    OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

pub(crate) fn source(path: PathBuf, format: impl Format + 'static) -> FollowedSource {
    source_of(path, Arc::new(format))
}

pub(crate) fn source_of(path: PathBuf, format: Arc<dyn Format>) -> FollowedSource {
    FollowedSource::new(Group { patterns: vec![Pattern::Path(path)], start: Start::Beginning }).format(format)
}

/// Follows while `work` works, then stops; what came out is the raw text of the records.
pub(crate) fn follow(follow: Follow, pipeline: &Pipeline, work: impl FnOnce(&Shared)) -> (String, Finished) {
    follow_with(follow, pipeline, &Told::default(), work)
}

/// The same with an observer.
pub(crate) fn follow_with(
    follow: Follow,
    pipeline: &Pipeline,
    observer: &Told,
    work: impl FnOnce(&Shared),
) -> (String, Finished) {
    let out = Shared::default();
    let stop = follow.stop_handle();
    let outlet = Outlet::new("out", Writer::new("out", out.clone())).encoding(lp::encode::Encoding::Json);
    let finished = thread::scope(|scope| {
        let mut observer = observer.clone();
        let run = scope.spawn(move || pipeline.follow(follow, vec![outlet], &mut observer));
        let stop = StopOnDrop(stop);
        work(&out);
        drop(stop);
        run.join().unwrap().unwrap()
    });
    for (input, ledger) in &finished.report.inputs {
        assert!(ledger.is_balanced(), "{input}: {ledger:?}");
    }
    (out.text(), finished)
}

/// A test that fails does not wait for its run for ever.
pub(crate) struct StopOnDrop(pub(crate) Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// What an observer has been told.
#[derive(Clone, Default)]
pub(crate) struct Told(pub(crate) Arc<Mutex<Vec<&'static str>>>);

impl Told {
    /// Waits until this has been told, behind so much; how much was told then.
    pub(crate) fn wait_for(&self, what: &str, behind: usize) -> usize {
        let begun = Instant::now();
        loop {
            let told = self.0.lock().unwrap().clone();
            if let Some(at) = told.iter().skip(behind).position(|told| *told == what) {
                return behind + at + 1;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{what} wanted: {told:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Observer for Told {
    fn format_detected(&mut self, _input: &str, _detected: &Detected) {
        self.0.lock().unwrap().push("detected");
    }

    fn event(&mut self, _stage: &str, _event: &Event) {
        self.0.lock().unwrap().push("event");
    }

    fn notice(&mut self, notice: &Notice<'_>) {
        let what = match notice {
            Notice::Ended { .. } => "ended",
            Notice::Checkpoint(Ok(())) => "kept",
            _ => return,
        };
        self.0.lock().unwrap().push(what);
    }
}

pub(crate) fn python() -> Python {
    Python::compile("%(levelname)s:%(name)s:%(message)s", Style::Percent, None).unwrap()
}

/// What one run over a file that ends gives.
pub(crate) fn expected(path: &Path, pipeline: &Pipeline, format: impl Format + 'static, limits: Limits) -> String {
    let mut out = Vec::new();
    pipeline.run([Input::path(path).format(Arc::new(format)).limits(limits)], &mut out, &mut ()).unwrap();
    String::from_utf8(out).unwrap()
}

/// Takes nothing for as long as it is shut.
#[derive(Clone, Default)]
pub(crate) struct Shut(pub(crate) Arc<Mutex<()>>, pub(crate) Shared);

impl Write for Shut {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _open = self.0.lock().unwrap();
        self.1.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
