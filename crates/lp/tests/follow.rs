//! Runs that follow files: what comes out, and that another run goes on where one was stopped.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use lp::follow::{Finished, Follow, FollowedSource};
use lp::format::app::App;
use lp::format::python::{Python, Style};
use lp::sink::Writer;
use lp::tail::{Checkpoint, Group, Pattern, Start};
use lp::{Format, Input, Limits, Outlet, Pipeline};

/// What has been written so far, for others to see.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Waits until so many lines have come.
    fn wait_for(&self, lines: usize) -> String {
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

fn append(path: &Path, text: &str) {
    OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn source(path: PathBuf, format: impl Format + 'static) -> FollowedSource {
    FollowedSource::new(Group { patterns: vec![Pattern::Path(path)], start: Start::Beginning }).format(Arc::new(format))
}

/// Follows while `work` works, then stops; what came out is the raw text of the records.
fn follow(follow: Follow, pipeline: &Pipeline, work: impl FnOnce(&Shared)) -> (String, Finished) {
    let out = Shared::default();
    let stop = follow.stop_handle();
    let outlet = Outlet::new("out", Writer::new("out", out.clone())).encoding(lp::encode::Encoding::Json);
    let finished = thread::scope(|scope| {
        let run = scope.spawn(|| pipeline.follow(follow, vec![outlet], &mut ()));
        work(&out);
        stop.stop();
        run.join().unwrap().unwrap()
    });
    for (input, ledger) in &finished.report.inputs {
        assert!(ledger.is_balanced(), "{input}: {ledger:?}");
    }
    (out.text(), finished)
}

fn python() -> Python {
    Python::compile("%(levelname)s:%(name)s:%(message)s", Style::Percent, None).unwrap()
}

/// What one run over a file that ends gives.
fn expected(path: &Path, pipeline: &Pipeline, format: impl Format + 'static, limits: Limits) -> String {
    let mut out = Vec::new();
    pipeline.run([Input::path(path).format(Arc::new(format)).limits(limits)], &mut out, &mut ()).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn lines_are_given_out_as_they_come_and_as_if_read_at_once() {
    for threads in [1, 3] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        let pipeline = Pipeline::new(App::new()).threads(threads).chunk_size(1000);
        append(&path, "[2025-11-06 10:30:15] one\n[2025-11-06 10:30:16] tw");
        let (text, finished) = follow(Follow::new(vec![source(path.clone(), App::new())]), &pipeline, |out| {
            assert!(out.wait_for(1).contains("one"));
            append(&path, "o\n");
            assert!(out.wait_for(2).contains("two"));
            for number in 0..500 {
                append(&path, &format!("[2025-11-06 10:31:15] line {number}\n"));
            }
            out.wait_for(502);
            append(&path, "[2025-11-06 10:31:16] the end");
            // Half a line is given out at the end only.
            thread::sleep(Duration::from_millis(100));
            assert_eq!(out.text().lines().count(), 502);
        });
        assert_eq!(text, expected(&path, &pipeline, App::new(), Limits::default()));
        assert_eq!(finished.checkpoint.files[0].mark.position, fs::metadata(&path).unwrap().len());
    }
}

#[test]
fn a_record_of_several_lines_waits_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("service.log");
    let pipeline = Pipeline::new(python());
    append(&path, "ERROR:shop:failed\nTraceback (most recent call last):\n");
    let asked = Follow::new(vec![source(path.clone(), python())]).quiet(Duration::from_millis(600));
    let (text, _) = follow(asked, &pipeline, |out| {
        thread::sleep(Duration::from_millis(100));
        append(&path, "ValueError: no\n");
        let text = out.wait_for(1);
        assert!(text.contains("ValueError"), "{text}");
        append(&path, "INFO:shop:next\nINFO:shop:last\n");
        out.wait_for(2);
        out.wait_for(3);
    });
    assert_eq!(text, expected(&path, &pipeline, python(), Limits::default()));
}

/// Longer than what is held, and longer than the limit.
#[test]
fn long_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("service.log");
    let pipeline = Pipeline::new(python()).chunk_size(4096);
    let limits = Limits::new(300_000, 10_000);
    let own = source(path.clone(), python()).limits(limits);
    let asked = Follow::new(vec![own]).quiet(Duration::from_millis(200));
    let (text, finished) = follow(asked, &pipeline, |out| {
        for (number, len) in [10, 100_000, 299_990, 300_000, 300_100, 1_000_000, 70_000].into_iter().enumerate() {
            append(&path, &format!("ERROR:shop:{number} "));
            for _ in 0..len / 1000 {
                append(&path, &"x".repeat(990));
                append(&path, if number % 2 == 0 { "yyyyyyyyyy" } else { "\nyyyyyyyyy" });
            }
            append(&path, "\n");
        }
        out.wait_for(7);
    });
    let expected = expected(&path, &pipeline, python(), limits);
    for (line, expected) in text.lines().zip(expected.lines()) {
        assert!(line == expected, "{} {}", line.len(), expected.len());
    }
    assert_eq!(text.len(), expected.len());
    assert_eq!(finished.report.total().bytes_read, fs::metadata(&path).unwrap().len());
}

#[test]
fn another_run_goes_on_where_one_was_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let pipeline = Pipeline::new(App::new());
    let mut checkpoint = Checkpoint::default();
    let mut all = String::new();
    for round in 0..4 {
        append(&path, &format!("[2025-11-06 10:30:1{round}] first\n[2025-11-06 10:30:1{round}] sec"));
        let asked = Follow::new(vec![source(path.clone(), App::new())]).resume(checkpoint);
        let stop = asked.stop_handle();
        let (text, finished) = follow(asked, &pipeline, |out| {
            out.wait_for(if round == 0 { 1 } else { 2 });
            stop.pause();
        });
        all.push_str(&text);
        checkpoint = finished.checkpoint;
        append(&path, "ond\n");
    }
    let (text, _) = follow(Follow::new(vec![source(path.clone(), App::new())]).resume(checkpoint), &pipeline, |out| {
        out.wait_for(1);
    });
    all.push_str(&text);
    assert_eq!(all, expected(&path, &pipeline, App::new(), Limits::default()));
}
