//! What is counted, and how files stand.

use std::fs::OpenOptions;
use std::thread;
use std::time::{Duration, Instant};

use lp::follow::{Follow, FollowedSource};
use lp::format::app::App;
use lp::format::detect::{Known, Settings};
use lp::sink::Writer;
use lp::tail::{Group, Pattern, Start};
use lp::{Outlet, Pipeline};

use crate::harness::{Shut, StopOnDrop, Told, append, follow_with, source};

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
