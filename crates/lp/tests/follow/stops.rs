//! What a run gives out when it is stopped, or has failed.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lp::follow::Follow;
use lp::format::app::App;
use lp::sink::Writer;
use lp::tail::Store;
use lp::{Limits, Outlet, Pipeline};

use crate::harness::{StopOnDrop, append, expected, follow, python, source};

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
