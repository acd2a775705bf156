//! Which records come out of files that are followed, and when.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use lp::follow::{Follow, FollowedSource};
use lp::format::app::App;
use lp::format::detect::{Known, Settings};
use lp::sink::Writer;
use lp::tail::{Group, Pattern, Start};
use lp::{Access, Format, Input, Limits, Outlet, Pipeline};

use crate::harness::{Shut, StopOnDrop, Told, append, expected, follow, follow_with, python, source, source_of};

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
