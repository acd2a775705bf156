//! That another run goes on where one was stopped or killed.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::num::{NonZeroU64, NonZeroUsize};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use lp::event::{Event, EventKind, Events};
use lp::follow::{Follow, output_place};
use lp::format::app::App;
use lp::sink::{Block, FileOptions, Keep, Resumed, Rotation, Sink, SinkError, SinkMark, Writer};
use lp::stage::{BindError, Binding, Place, Selected, Sequential, Stage};
use lp::tail::{Checkpoint, Store, TailOptions};
use lp::{Access, Limits, Outlet, Pipeline, Timestamp};

use crate::harness::{Shared, Told, append, expected, follow, follow_with, source};

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
        stop.pause();
    });
    assert!(text.contains("one") && text.lines().count() == 1, "{text}");
    fs::remove_file(&path).unwrap();
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

/// A run that keeps no checkpoint, but goes on in the place of another, as after a reload: nobody goes back to that place.
#[test]
fn rotated_files_are_deleted_though_no_checkpoint_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let line = "[2025-11-06 10:30:15] one\n";
    let rotation = Rotation::new(NonZeroU64::new(100), None).unwrap().keep(Keep::Files(NonZeroUsize::MIN));
    let options = || FileOptions::new().rotate(Some(rotation));
    let pipeline = Pipeline::new(App::new()).chunk_size(10 * line.len());
    let (mut sink, mut checkpoint) = (options().open(at("out.log")).unwrap(), Checkpoint::default());
    for _ in 0..2 {
        append(&at("app.log"), &line.repeat(100));
        let follow = Follow::new(vec![source(at("app.log"), App::new())]).resume(checkpoint);
        let stop = follow.stop_handle();
        let outlet = Outlet::new("out", sink).encoding(lp::encode::Encoding::Raw);
        stop.stop();
        let finished = pipeline.follow(follow, vec![outlet], &mut Told::default()).unwrap();
        assert_eq!(finished.report.total().records, 100);
        checkpoint = finished.checkpoint;
        sink = options().resume(at("out.log"), output_place(&checkpoint, "out").unwrap()).unwrap().0;
    }
    let rotated = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let rotated: Vec<_> = rotated.filter(|name| name.starts_with("out-")).collect();
    assert_eq!(rotated.len(), 1, "{rotated:?}");
}
