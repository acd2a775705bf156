//! Runs that follow files: what comes out, and that another run goes on where one was stopped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use lp::event::{Event, EventKind, Events};
use lp::follow::{Finished, Follow, FollowedSource, Stop, output_place};
use lp::format::app::App;
use lp::format::detect::{Detected, Known, Settings};
use lp::format::python::{Python, Style};
use lp::sink::{Block, FileOptions, Resumed, Sink, SinkError, SinkMark, Writer};
use lp::stage::{BindError, Binding, Place, Selected, Sequential, Stage};
use lp::tail::{Checkpoint, Group, Pattern, Start, Store, TailOptions};
use lp::{Access, Format, Input, Limits, Notice, Observer, Outlet, Pipeline, Timestamp};

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
    source_of(path, Arc::new(format))
}

fn source_of(path: PathBuf, format: Arc<dyn Format>) -> FollowedSource {
    FollowedSource::new(Group { patterns: vec![Pattern::Path(path)], start: Start::Beginning }).format(format)
}

/// Follows while `work` works, then stops; what came out is the raw text of the records.
fn follow(follow: Follow, pipeline: &Pipeline, work: impl FnOnce(&Shared)) -> (String, Finished) {
    follow_with(follow, pipeline, &Told::default(), work)
}

/// The same with an observer.
fn follow_with(follow: Follow, pipeline: &Pipeline, observer: &Told, work: impl FnOnce(&Shared)) -> (String, Finished) {
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
struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// What an observer has been told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<&'static str>>>);

impl Told {
    /// Waits until this has been told, behind so much; how much was told then.
    fn wait_for(&self, what: &str, behind: usize) -> usize {
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

/// A run that keeps a checkpoint in this folder.
fn kept(folder: &Path, asked: Follow) -> Follow {
    let (store, found) = Store::open(folder.join("checkpoint")).unwrap();
    asked.resume(found.checkpoint.unwrap_or_default()).store(store, Duration::from_secs(3600))
}

/// There may be no other run that could give it out.
#[test]
fn a_stop_waits_for_the_last_record_of_several_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("service.log");
    let pipeline = Pipeline::new(python());
    append(&path, "INFO:shop:one\nERROR:shop:two\nTraceback\n");
    let asked = Follow::new(vec![source(path.clone(), python())]).quiet(Duration::from_millis(700));
    let asked = kept(folder.path(), asked);
    let stop = asked.stop_handle();
    let (text, finished) = follow(asked, &pipeline, |out| {
        out.wait_for(1);
        // Nobody has told of this.
        append(&path, "  File 1\n");
        stop.stop();
        thread::sleep(Duration::from_millis(100));
        append(&path, "  File 2\n");
    });
    assert_eq!(text, expected(&path, &pipeline, python(), Limits::default()));
    assert_eq!(finished.checkpoint.files[0].mark.position, fs::metadata(&path).unwrap().len());
    drop(finished);
    // Half a line is left to the next run, however long it has been there.
    append(&path, "INFO:shop:three\nINFO:shop:fo");
    let asked =
        kept(folder.path(), Follow::new(vec![source(path.clone(), python())]).quiet(Duration::from_millis(100)));
    let (text, finished) = follow(asked, &pipeline, |_| thread::sleep(Duration::from_millis(300)));
    assert_eq!((text.lines().count(), text.contains("three")), (1, true), "{text}");
    assert_eq!(finished.checkpoint.files[0].mark.position, fs::metadata(&path).unwrap().len() - 12);
}

/// It is left to the next run if waiting for it takes too long; and a run that pauses waits for nothing.
#[test]
fn a_stop_does_not_wait_for_long() {
    for pauses in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.log");
        let pipeline = Pipeline::new(python());
        append(&path, "INFO:shop:one\nERROR:shop:two\n");
        let quiet = Duration::from_secs(30);
        let grace = if pauses { 3 * quiet } else { Duration::from_secs(50) };
        let asked = kept(folder.path(), Follow::new(vec![source(path, python())]).quiet(quiet).grace(grace));
        let (stop, mut stopped) = (asked.stop_handle(), Instant::now());
        let (text, finished) = follow(asked, &pipeline, |out| {
            out.wait_for(1);
            if pauses {
                stop.pause();
            }
            stopped = Instant::now();
        });
        assert!(stopped.elapsed() < quiet / 2, "{:?}", stopped.elapsed());
        assert_eq!(text.lines().count(), 1, "{text}");
        assert_eq!(finished.checkpoint.files[0].mark.position, "INFO:shop:one\n".len() as u64);
    }
}

/// The next record tells that the one before is complete, and whatever comes then is left to the next run.
#[test]
fn a_stop_does_not_wait_until_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("service.log");
    let pipeline = Pipeline::new(python());
    let quiet = Duration::from_secs(20);
    let is_over = AtomicBool::new(false);
    let mut all = String::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0.. {
                append(&path, &format!("ERROR:shop:{number}\nTraceback\n"));
                append(&path, "  File\n");
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        for _ in 0..3 {
            let asked = Follow::new(vec![source(path.clone(), python())]).quiet(quiet).grace(quiet * 3);
            let mut stopped = Instant::now();
            let (text, _) = follow(kept(folder.path(), asked), &pipeline, |out| {
                out.wait_for(10);
                stopped = Instant::now();
            });
            // Far less than it may read on if there is much to read.
            assert!(stopped.elapsed() < Duration::from_millis(1900), "{:?}", stopped.elapsed());
            all.push_str(&text);
        }
        is_over.store(true, Ordering::SeqCst);
    });
    let asked = kept(folder.path(), Follow::new(vec![source(path.clone(), python())]).quiet(Duration::ZERO));
    all.push_str(&follow(asked, &pipeline, |_| {}).0);
    assert_eq!(all, expected(&path, &pipeline, python(), Limits::default()));
}

/// Nobody else will find it: half a line is given out when nothing has come for a while, or at a stop at once.
#[test]
fn the_last_line_of_a_file_that_was_deleted() {
    for (quiet, given) in [(Duration::from_millis(300), true), (Duration::from_secs(60), false)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        let pipeline = Pipeline::new(App::new());
        append(&path, "[2025-11-06 10:30:14] zero\n[2025-11-06 10:30:15] one\n[2025-11-06 10:30:16] tw");
        let mut writer = OpenOptions::new().append(true).open(&path).unwrap();
        let asked = kept(folder.path(), Follow::new(vec![source(path.clone(), App::new())]).quiet(quiet));
        let standing = asked.standing();
        let (text, _) = follow(asked, &pipeline, |out| {
            out.wait_for(1);
            fs::remove_file(&path).unwrap();
            if given {
                out.wait_for(3);
                writer.write_all(b"[2025-11-06 10:30:17] thr").unwrap();
                out.wait_for(4);
                let len = writer.metadata().unwrap().len();
                let stands = || standing.files().first().map(|file| (file.size, file.written));
                let begun = Instant::now();
                while stands() != Some((len, len)) && begun.elapsed() < Duration::from_secs(20) {
                    thread::sleep(Duration::from_millis(5));
                }
                assert_eq!(stands(), Some((len, len)));
            } else {
                writer.write_all(b"o").unwrap();
            }
        });
        let last = if given { "thr" } else { "two" };
        assert!(text.lines().last().unwrap().contains(&format!("\"message\":\"{last}\"")), "{text}");
        assert_eq!(text.lines().count(), if given { 4 } else { 3 }, "{text}");
    }
}

/// It is given out when the next one begins, or at the end.
#[test]
fn a_record_of_several_lines_may_wait_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("service.log");
    let pipeline = Pipeline::new(python());
    append(&path, "ERROR:shop:failed\nTraceback (most recent call last):\n");
    let asked = Follow::new(vec![source(path.clone(), python())]).quiet(Duration::MAX);
    let (text, _) = follow(asked, &pipeline, |out| {
        thread::sleep(Duration::from_millis(300));
        append(&path, "INFO:shop:last\n");
        out.wait_for(1);
    });
    assert_eq!(text, expected(&path, &pipeline, python(), Limits::default()));
}

/// Whoever rotates may make the new log before the writer has changed to it.
#[test]
fn a_record_may_go_on_in_a_file_that_was_renamed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, renamed) = (folder.path().join("service.log"), folder.path().join("service.log.1"));
    let pipeline = Pipeline::new(python());
    let asked = Follow::new(vec![source(path.clone(), python())]).quiet(Duration::from_secs(10));
    // A look comes within half a second.
    let look = || thread::sleep(Duration::from_millis(1200));
    let messages = |text: &str| -> Vec<String> {
        let record = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
        text.lines().map(|line| record(line)["message"].as_str().unwrap().to_owned()).collect()
    };
    append(&path, "INFO:shop:one\nERROR:shop:two\nTraceback\n");
    follow(asked, &pipeline, |out| {
        out.wait_for(1);
        fs::rename(&path, &renamed).unwrap();
        append(&path, "");
        look();
        append(&renamed, "  File\n");
        look();
        // The next one tells that it is complete.
        append(&path, "INFO:shop:three\nINFO:shop:four\n");
        let text = out.wait_for(3);
        assert_eq!(messages(&text), ["one", "two\nTraceback\n  File", "three"]);
        // Half a line tells that it is not, and does not keep the others waiting.
        append(&path, "ERROR:shop:five\nTraceback\n  Fi");
        out.wait_for(4);
        fs::rename(&path, &renamed).unwrap();
        append(&path, "INFO:shop:six\nINFO:shop:seven\n");
        out.wait_for(5);
        append(&renamed, "le\nINFO:shop:late\n");
        let text = out.wait_for(6);
        assert_eq!(messages(&text)[3..], ["four", "six", "five\nTraceback\n  File"]);
    });
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

/// What was read and waited for more lines is given out before what stands behind the hole, and not as one with it.
#[test]
fn a_hole_ends_the_record_before_it() {
    for pauses in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.log");
        let pipeline = Pipeline::new(python());
        append(&path, "ERROR:shop:one\nTraceback\n");
        append(&path, &"\0".repeat(5000));
        append(&path, "INFO:shop:two\n");
        let asked = Follow::new(vec![source(path.clone(), python())]).quiet(Duration::from_secs(60));
        let stop = asked.stop_handle();
        let (text, finished) = follow(asked, &pipeline, |out| {
            out.wait_for(1);
            thread::sleep(Duration::from_millis(100));
            if pauses {
                stop.pause();
            }
        });
        let end = fs::metadata(&path).unwrap().len();
        let total = finished.report.total();
        assert!(text.lines().next().unwrap().contains("\"message\":\"one\\nTraceback\""), "{text}");
        assert_eq!(total.bytes_skipped, 5000);
        // The last record may go on when the run does.
        let (lines, left) = if pauses { (1, "INFO:shop:two\n".len() as u64) } else { (2, 0) };
        assert_eq!(text.lines().count(), lines, "{text}");
        assert_eq!(finished.checkpoint.files[0].mark.position, end - left);
        assert_eq!(total.bytes_read, end - left);
    }
}

/// A file that is closed is known for as long as it is there, and no longer.
#[test]
fn a_checkpoint_forgets_files_that_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let rotated = folder.path().join("app.log.1");
    let pipeline = Pipeline::new(App::new());
    let short = Duration::from_millis(50);
    let options = TailOptions { look_every: short, quiet: short, ..TailOptions::default() };
    append(&path, "[2025-11-06 10:30:15] one\n");
    let asked = Follow::new(vec![source(path.clone(), App::new())]).options(options);
    let told = Told::default();
    let (_, finished) = follow_with(asked, &pipeline, &told, |out| {
        out.wait_for(1);
        fs::rename(&path, &rotated).unwrap();
        append(&path, "[2025-11-06 10:30:16] two\n");
        told.wait_for("ended", 0);
        out.wait_for(2);
        fs::remove_file(&rotated).unwrap();
        thread::sleep(Duration::from_millis(500));
    });
    let paths: Vec<_> = finished.checkpoint.files.iter().map(|file| file.mark.inode).collect();
    assert_eq!(paths, [fs::metadata(&path).unwrap().ino()]);
}

/// Nothing tells its format, and still it is given out.
#[test]
fn half_a_line_of_no_known_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.log");
    let pipeline = Pipeline::new(App::new());
    append(&path, "~~~ ??");
    let group = Group { patterns: vec![Pattern::Path(path.clone())], start: Start::Beginning };
    let source = FollowedSource::new(group).detecting(Known::all(), Settings::default());
    let told = Told::default();
    let (text, finished) = follow_with(Follow::new(vec![source]), &pipeline, &told, |_| {
        thread::sleep(Duration::from_millis(300));
    });
    assert_eq!(*told.0.lock().unwrap(), ["detected"]);
    assert!(text.contains("~~~ ??"), "{text}");
    assert_eq!(finished.checkpoint.files[0].mark.position, "~~~ ??".len() as u64);
}

/// Beyond a number of paths, what is counted of them is in one account; their formats are told all the same, once of each.
#[test]
fn paths_beyond_a_number_share_an_account() {
    let folder = tempfile::tempdir().unwrap();
    let path = |number: u8| folder.path().join(format!("{number}.log"));
    let line = "[2025-11-06 10:30:15] [INFO] one\n";
    (0..4).for_each(|number| append(&path(number), line));
    let patterns = (0..4).map(|number| Pattern::Path(path(number))).collect();
    let source = FollowedSource::new(Group { patterns, start: Start::Beginning });
    let follow = Follow::new(vec![source.detecting(Known::all(), Settings::default())]).accounts(2);
    let told = Told::default();
    let (_, finished) = follow_with(follow, &Pipeline::new(App::new()), &told, |out| {
        out.wait_for(4);
        (0..4).for_each(|number| append(&path(number), line));
        out.wait_for(8);
    });
    assert_eq!(*told.0.lock().unwrap(), ["detected"; 4]);
    let inputs = finished.report.inputs.iter().map(|(name, ledger)| (name.as_str(), ledger.records));
    let [first, second] = [0, 1].map(|number| path(number).to_str().unwrap().to_owned());
    assert_eq!(inputs.collect::<Vec<_>>(), [("other", 4), (&first, 2), (&second, 2)]);
}

/// It belongs to no record, however it comes and however much is read at once.
#[test]
fn a_byte_order_mark_is_no_part_of_the_first_record() {
    let app = "[2025-11-06 10:30:15] one\n[2025-11-06 10:30:16] two\n[2025-11-06 10:30:17] three\n";
    let traceback = "ERROR:shop:one\nTraceback\n  File\nINFO:shop:two\nINFO:shop:three\n";
    let detecting = |source: FollowedSource| source.detecting(Known::all(), Settings::default());
    type Choose = fn(FollowedSource) -> FollowedSource;
    let cases: [(&str, Choose, Arc<dyn Format>); 3] = [
        (app, |source| source.format(Arc::new(App::new())), Arc::new(App::new())),
        (app, detecting, Arc::new(App::new())),
        (traceback, |source| source.format(Arc::new(python())), Arc::new(python())),
    ];
    for (text, choose, format) in cases {
        for (first, chunk_size) in [(text.len() + 3, 1 << 20), (1, 1 << 20), (3, 1 << 20), (20, 10), (2, 1)] {
            let folder = tempfile::tempdir().unwrap();
            let (path, plain) = (folder.path().join("marked.log"), folder.path().join("plain.log"));
            append(&plain, text);
            let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
            let pipeline = Pipeline::new(App::new()).chunk_size(chunk_size);
            let group = Group { patterns: vec![Pattern::Path(path.clone())], start: Start::Beginning };
            fs::write(&path, &marked[..first]).unwrap();
            let asked = Follow::new(vec![choose(FollowedSource::new(group))]).quiet(Duration::from_millis(600));
            let (records, finished) = follow(asked, &pipeline, |out| {
                thread::sleep(Duration::from_millis(100));
                OpenOptions::new().append(true).open(&path).unwrap().write_all(&marked[first..]).unwrap();
                out.wait_for(3);
            });
            let mut want = Vec::new();
            pipeline.run([Input::path(&plain).format(Arc::clone(&format))], &mut want, &mut ()).unwrap();
            assert_eq!(records.as_bytes(), want, "{first} bytes first, {chunk_size} at once");
            let total = finished.report.total();
            assert_eq!((total.bytes_skipped, total.bytes_read), (3, marked.len() as u64));
            assert_eq!(finished.checkpoint.files[0].mark.position, marked.len() as u64);
        }
    }
}

/// More bytes of half lines than are held come out whole all the same, with what follows them, in formats of one line and of several.
#[test]
fn half_lines_of_many_files() {
    let halves = [
        (Arc::new(App::new()) as Arc<dyn Format>, "[2025-11-06 10:30:15] one", "\n two"),
        (Arc::new(Access::combined()), "one", ""),
    ];
    for (format, first, more) in halves {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..90).map(|number| folder.path().join(format!("{number}.log"))).collect();
        let half = format!("{first} {}", "x".repeat(60_000));
        for path in &paths {
            append(path, &half);
        }
        let sources = paths.iter().map(|path| source_of(path.clone(), Arc::clone(&format))).collect();
        let pipeline = Pipeline::new(App::new());
        let (text, finished) = follow(Follow::new(sources), &pipeline, |out| {
            thread::sleep(Duration::from_millis(500));
            assert_eq!(out.text(), "");
            for path in &paths {
                append(path, &format!(" end{more}\n{first} next\n{first} last\n"));
            }
            out.wait_for(3 * paths.len());
        });
        let ends = |what: &str| text.lines().filter(|line| line.contains(what)).count();
        assert_eq!((ends("xxx end"), ends("next"), ends("last")), (90, 90, 90));
        assert_eq!(text.matches(" two").count(), if more.is_empty() { 0 } else { 90 });
        let total = finished.report.total();
        let size: u64 = paths.iter().map(|path| fs::metadata(path).unwrap().len()).sum();
        assert_eq!((total.bytes_read, total.bytes_lost, total.records), (size, 0, 270));
    }
}

/// What is read again when there is more is given out at the end though there is no more.
#[test]
fn half_a_line_at_the_end_of_a_full_buffer() {
    let line = "[2025-11-06 10:30:15] one\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let half = "[2025-11-06 10:30:15] the end";
    let pipeline = Pipeline::new(Access::combined()).chunk_size(3 * line.len() + half.len());
    append(&path, &format!("{}{half}", line.repeat(3)));
    let (text, finished) = follow(Follow::new(vec![source(path.clone(), Access::combined())]), &pipeline, |out| {
        out.wait_for(3);
        thread::sleep(Duration::from_millis(100));
        assert_eq!(out.text().lines().count(), 3);
    });
    assert_eq!(text, expected(&path, &pipeline, Access::combined(), Limits::default()));
    assert_eq!(finished.report.total().bytes_read, fs::metadata(&path).unwrap().len());
}

/// Tells something once, when the clock says a time after a record has come.
struct Once;

impl Stage for Once {
    type Bound = ();
    type Partial = usize;
    type State = (usize, bool);

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn map(&self, (): &(), records: &mut Selected<'_>) -> usize {
        records.len()
    }

    fn fold(&self, state: &mut Self::State, records: usize, _out: &mut Events) {
        state.0 += records;
    }

    fn tick(&self, state: &mut Self::State, _now: Timestamp, out: &mut Events) {
        // The fourth tick, so that what the record has brought has been kept before.
        state.0 += usize::from(state.0 > 0);
        if state.0 > 8 && !std::mem::replace(&mut state.1, true) {
            out.emit(Event { place: Place::END, kind: EventKind::Count, members: Vec::new() });
        }
    }
}

/// What the clock alone has brought is in a checkpoint too: it was written, so it must not be written again.
#[test]
fn what_the_clock_brings_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    append(&path, "[2025-11-06 10:30:15] one\n");
    let (store, _) = Store::open(folder.path().join("checkpoint")).unwrap();
    let pipeline = Pipeline::new(App::new()).named_stage("once", Arc::new(Once));
    let asked = Follow::new(vec![source(path, App::new())]).store(store, Duration::from_millis(10));
    let told = Told::default();
    follow_with(asked, &pipeline, &told, |_| {
        let event = told.wait_for("event", 0);
        told.wait_for("kept", event);
    });
    let all = told.0.lock().unwrap().clone();
    assert!(all.iter().filter(|what| **what == "kept").count() < 5, "{all:?}");
}

/// Counts what passes.
struct Passing;

impl Sequential for Passing {
    type Bound = ();
    type State = u8;

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn run(&self, (): &(), state: &mut u8, records: &mut Selected<'_>, _out: &mut Events) {
        *state += records.len() as u8;
    }

    fn save(&self, state: &u8) -> Option<Vec<u8>> {
        Some(vec![*state])
    }
}

/// A file, and what a process leaves that is killed when it writes for the first time.
struct Killed {
    file: Box<dyn Sink>,
    checkpoint: PathBuf,
    left: PathBuf,
}

impl Sink for Killed {
    fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError> {
        if !self.left.exists() {
            // So that what could be ahead of it is.
            thread::sleep(Duration::from_millis(20));
            fs::copy(&self.checkpoint, &self.left).unwrap();
        }
        self.file.write(block)
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.file.flush()
    }

    fn sync(&mut self) -> Result<(), SinkError> {
        self.file.sync()
    }

    fn mark(&mut self) -> Result<Option<SinkMark>, SinkError> {
        self.file.mark()
    }
}

/// Follows until something has been written to this file, and then what is there.
fn run_until_written(follow: Follow, pipeline: &Pipeline, outlet: Outlet<'_>, out: &Path, told: &Told) {
    let (stop, mut observer) = (follow.stop_handle(), told.clone());
    let size = || fs::metadata(out).unwrap().len();
    let before = size();
    thread::scope(|scope| {
        let run = scope.spawn(|| pipeline.follow(follow, vec![outlet], &mut observer));
        let begun = Instant::now();
        while size() == before && begun.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(5));
        }
        stop.stop();
        run.join().unwrap().unwrap();
    });
}

/// Before anything is written there is a checkpoint of that moment: all that is written can be taken back.
#[test]
fn the_first_checkpoint_is_kept_before_anything_is_written() {
    let line = "[2025-11-06 10:30:15] one\n";
    for threads in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        append(&at("app.log"), &line.repeat(100));
        append(&at("out"), "of before\n");
        let (store, _) = Store::open(at("checkpoint")).unwrap();
        let pipeline = Pipeline::new(Access::combined()).sequential_stage("passing", Arc::new(Passing));
        let pipeline = pipeline.threads(threads).chunk_size(10 * line.len());
        let asked =
            Follow::new(vec![source(at("app.log"), Access::combined())]).store(store, Duration::from_secs(3600));
        let file = FileOptions::new().open(at("out")).unwrap();
        let sink = Killed { file, checkpoint: at("checkpoint"), left: at("left") };
        let outlet = Outlet::new("out", sink).encoding(lp::encode::Encoding::Raw);
        let told = Told::default();
        run_until_written(asked, &pipeline, outlet, &at("out"), &told);
        assert_eq!(*told.0.lock().unwrap(), ["kept"]);
        assert_eq!(fs::read_to_string(at("out")).unwrap(), format!("of before\n{}", line.repeat(100)));
        let (_, found) = Store::open(at("left")).unwrap();
        let left = found.checkpoint.unwrap();
        assert_eq!(left.files.iter().map(|file| file.mark.position).collect::<Vec<_>>(), [0]);
        assert_eq!(left.sections["stage:passing"], [0]);
        let place = output_place(&left, "out").unwrap();
        let (file, resumed) = FileOptions::new().resume(at("out"), place).unwrap();
        assert_eq!(resumed, Resumed::Cut { bytes: 100 * line.len() as u64 });

        // Another run that begins there needs none.
        let (store, _) = Store::open(at("checkpoint")).unwrap();
        let asked = Follow::new(vec![source(at("app.log"), Access::combined())]).resume(left);
        let asked = asked.store(store, Duration::from_secs(3600));
        let outlet = Outlet::new("out", file).encoding(lp::encode::Encoding::Raw);
        let told = Told::default();
        run_until_written(asked, &pipeline, outlet, &at("out"), &told);
        assert_eq!(*told.0.lock().unwrap(), [""; 0]);
    }
}

/// Takes its time.
struct Slow(Shared);

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        thread::sleep(Duration::from_millis(20));
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Chunks of many short records are written in parts, one behind the other; checkpoints find their place between them.
#[test]
fn checkpoints_are_kept_between_chunks_that_are_written_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let count = 600_000;
    append(&path, &"x\n".repeat(count));
    let (store, _) = Store::open(folder.path().join("checkpoint")).unwrap();
    let pipeline = Pipeline::new(Access::combined()).threads(3).chunk_size(40_000);
    let asked = Follow::new(vec![source(path, Access::combined())]).store(store, Duration::from_millis(1));
    let (told, out) = (Told::default(), Shared::default());
    let stop = asked.stop_handle();
    let outlet = Outlet::new("out", Writer::new("out", Slow(out.clone()))).encoding(lp::encode::Encoding::Raw);
    let mut observer = told.clone();
    thread::scope(|scope| {
        let run = scope.spawn(|| pipeline.follow(asked, vec![outlet], &mut observer));
        out.wait_for(count);
        stop.stop();
        run.join().unwrap().unwrap();
    });
    let kept = told.0.lock().unwrap().iter().filter(|what| **what == "kept").count();
    assert!(kept > 1, "{kept}");
}

/// Takes nothing for as long as it is shut.
#[derive(Clone, Default)]
struct Shut(Arc<Mutex<()>>, Shared);

impl Write for Shut {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _open = self.0.lock().unwrap();
        self.1.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// While nothing can be written and so nothing is read, files are looked at all the same: what is truncated then is counted.
#[test]
fn what_is_truncated_while_the_output_is_shut_is_counted() {
    for threads in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        let pipeline = Pipeline::new(App::new()).threads(threads).chunk_size(4096);
        let asked = Follow::new(vec![source(path.clone(), App::new())]);
        let (stop, out) = (asked.stop_handle(), Shut::default());
        let outlet = Outlet::new("out", Writer::new("out", out.clone())).encoding(lp::encode::Encoding::Raw);
        let line = "[2025-11-06 10:30:15] a line that is written while nobody takes anything\n";
        let written = line.len() * 20_000;
        let finished = thread::scope(|scope| {
            let run = scope.spawn(|| pipeline.follow(asked, vec![outlet], &mut ()));
            let shut = out.0.lock().unwrap();
            append(&path, &line.repeat(10_000));
            thread::sleep(Duration::from_millis(800));
            // By now all threads that write are waiting.
            append(&path, &line.repeat(10_000));
            // Longer than it takes to look, twice.
            thread::sleep(Duration::from_millis(1500));
            OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
            thread::sleep(Duration::from_millis(1500));
            drop(shut);
            append(&path, "[2025-11-06 10:30:16] last\n[2025-11-06 10:30:17] behind it\n");
            let begun = Instant::now();
            while !out.1.text().contains("last") && begun.elapsed() < Duration::from_secs(20) {
                thread::sleep(Duration::from_millis(5));
            }
            stop.stop();
            run.join().unwrap().unwrap()
        });
        let total = finished.report.total();
        let behind = "[2025-11-06 10:30:16] last\n[2025-11-06 10:30:17] behind it\n".len();
        assert!(total.bytes_lost > 1_000_000, "{total:?}");
        assert_eq!(total.bytes_read + total.bytes_lost, (written + behind) as u64, "{total:?}");
    }
}

/// The time in which nothing is read, as nothing can be written, is no time in which nothing comes.
#[test]
fn what_is_read_late_is_not_parted() {
    for is_deleted in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.log");
        for number in 0..500 {
            append(&path, &format!("ERROR:shop:{number}\nTraceback\n{}ValueError\n", "  File\n".repeat(100)));
        }
        let pipeline = Pipeline::new(python()).threads(1).chunk_size(4096);
        let expected = expected(&path, &pipeline, python(), Limits::default());
        let asked = Follow::new(vec![source(path.clone(), python())]).quiet(Duration::from_millis(300));
        let (stop, out) = (asked.stop_handle(), Shut::default());
        let outlet = Outlet::new("out", Writer::new("out", out.clone())).encoding(lp::encode::Encoding::Json);
        thread::scope(|scope| {
            let shut = out.0.lock().unwrap();
            let run = scope.spawn(|| pipeline.follow(asked, vec![outlet], &mut ()));
            let stop = StopOnDrop(stop);
            thread::sleep(Duration::from_millis(300));
            if is_deleted {
                fs::remove_file(&path).unwrap();
            }
            thread::sleep(Duration::from_millis(900));
            drop(shut);
            let text = out.1.wait_for(500);
            drop(stop);
            run.join().unwrap().unwrap();
            assert!(text == expected, "parted, {is_deleted}");
        });
    }
}

/// Nobody reads what it writes any more.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _bytes: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A run that has failed does not wait for another record before it ends.
#[test]
fn what_fails_ends_though_nothing_more_comes() {
    for threads in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        append(&path, "[2025-11-06 10:30:15] one\n");
        let pipeline = Pipeline::new(App::new()).threads(threads);
        let asked = Follow::new(vec![source(path.clone(), App::new())]).quiet(Duration::ZERO);
        let stop = StopOnDrop(asked.stop_handle());
        thread::scope(|scope| {
            let run =
                scope.spawn(|| pipeline.follow(asked, vec![Outlet::new("out", Writer::new("out", Broken))], &mut ()));
            let begun = Instant::now();
            while !run.is_finished() && begun.elapsed() < Duration::from_secs(10) {
                thread::sleep(Duration::from_millis(5));
            }
            let has_ended = run.is_finished();
            drop(stop);
            assert!(run.join().unwrap().is_err() && has_ended, "{threads}");
        });
    }
}

/// A file that is found while nothing can be written is read ahead. None of it is written yet, and so it is told, whenever it comes.
#[test]
fn what_is_read_ahead_is_not_taken_for_written() {
    thread::scope(|scope| {
        for later in (0..400).step_by(50).map(Duration::from_millis) {
            scope.spawn(move || read_ahead(later));
        }
    });
}

fn read_ahead(later: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one.log", "two.log"].map(|name| folder.path().join(name));
    let line = "[2025-11-06 10:30:15] a line that is written while nobody takes anything\n";
    append(&one, line);
    let pipeline = Pipeline::new(App::new()).threads(2);
    let asked = Follow::new(vec![source(one.clone(), App::new()), source(two.clone(), App::new())]);
    let (stop, standing, out) = (asked.stop_handle(), asked.standing(), Shut::default());
    let outlet = Outlet::new("out", Writer::new("out", out.clone())).encoding(lp::encode::Encoding::Raw);
    // The size, how much of it is not written, and whether that has been waiting.
    let lag = || {
        let file = standing.files().into_iter().find(|file| *file.path == *two)?;
        Some((file.size, file.size - file.written, file.waiting > Duration::ZERO))
    };
    let wait_until = |is_so: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !is_so() && begun.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(5));
        }
    };
    thread::scope(|scope| {
        let run = scope.spawn(|| pipeline.follow(asked, vec![outlet], &mut ()));
        let stop = StopOnDrop(stop);
        wait_until(&|| out.1.text() == line);
        let shut = out.0.lock().unwrap();
        append(&one, line);
        thread::sleep(Duration::from_millis(300) + later);
        append(&two, &line.repeat(100));
        let size = (100 * line.len()) as u64;
        wait_until(&|| lag().is_some_and(|(seen, ..)| seen == size));
        let told = lag();
        drop(shut);
        assert_eq!(told, Some((size, size, true)));
        wait_until(&|| lag() == Some((size, 0, false)));
        assert_eq!(lag(), Some((size, 0, false)));
        drop(stop);
        run.join().unwrap().unwrap();
    });
}

/// A source is taken out of the configuration and put back: what was read of its file is not read again.
#[test]
fn a_source_that_comes_back_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other, gone] = ["one.log", "other.log", "gone.log"].map(|name| folder.path().join(name));
    let line = |text: &str| format!("[2025-11-06 10:30:15] {text}\n");
    for path in [&one, &other, &gone] {
        append(path, &line("before"));
    }
    let pipeline = Pipeline::new(App::new());
    let mut checkpoint = Checkpoint::default();
    let mut follow_these = |paths: &[&PathBuf], lines: usize| {
        let sources = paths.iter().map(|path| source((*path).clone(), App::new())).collect();
        let asked = Follow::new(sources).resume(checkpoint.clone());
        let (text, finished) = follow(asked, &pipeline, |out| drop(out.wait_for(lines)));
        checkpoint = finished.checkpoint;
        (text, checkpoint.files.len())
    };
    assert_eq!(follow_these(&[&one, &other, &gone], 3).1, 3);
    append(&one, &line("meanwhile"));
    std::fs::remove_file(&gone).unwrap();
    assert_eq!(follow_these(&[&one], 1).1, 2, "what is gone is forgotten");
    append(&one, &line("after"));
    append(&other, &line("after"));
    let (text, known) = follow_these(&[&one, &other], 2);
    assert!(text.matches("after").count() == 2 && !text.contains("before"), "{text}");
    assert_eq!(known, 2);
}

/// A run that goes on in the place of another one has the files that were open, and nothing else leads to them.
#[test]
fn files_that_are_gone_are_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let line = |text: &str| format!("[2025-11-06 10:30:15] {text}\n");
    let mut writer = OpenOptions::new().create(true).append(true).open(&path).unwrap();
    write!(writer, "{}[2025-11-06 10:30:15] tw", line("one")).unwrap();
    let pipeline = Pipeline::new(App::new());
    let asked = || Follow::new(vec![source(path.clone(), App::new())]).quiet(Duration::ZERO);
    let first = asked();
    let stop = first.stop_handle();
    let (text, mut finished) = follow(first, &pipeline, |out| {
        out.wait_for(1);
        std::fs::remove_file(&path).unwrap();
        stop.pause();
    });
    assert!(text.contains("one") && text.lines().count() == 1, "{text}");
    // What was not complete is read again.
    write!(writer, "o\n{}", line("three")).unwrap();
    for expected in [["two", "three"], ["four", "five"]] {
        let next = asked().resume(finished.checkpoint).take_over(finished.open_files);
        let stop = next.stop_handle();
        let (text, ended) = follow(next, &pipeline, |out| {
            out.wait_for(2);
            stop.pause();
        });
        assert!(text.lines().zip(expected).all(|(line, expected)| line.contains(expected)), "{text}");
        assert_eq!(text.lines().count(), 2, "{text}");
        finished = ended;
        write!(writer, "{}{}", line("four"), line("five")).unwrap();
    }
    // Without them nobody can read it.
    let (text, finished) = follow(asked().resume(finished.checkpoint), &pipeline, |_| {
        thread::sleep(Duration::from_millis(300));
    });
    assert_eq!((text.as_str(), finished.checkpoint.files.len()), ("", 0));
}
