//! What kinds of files are followed, from where, and in which order.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, symlink};
use std::time::{Duration, Instant};

use lp_tail::{Event, Group, OpenFiles, Pattern, Start, TailOptions};

use crate::harness::{Folder, Follower, Stopped, quick};

#[test]
fn at_the_end_no_half_line_is_given() {
    let folder = Folder::new();
    folder.append("a.log", "old\nhal");
    folder.append("b.log", "old\n");
    let group = |name: &str| Group { patterns: vec![Pattern::Path(folder.path(name))], start: Start::End };
    let mut follower = Follower::new(vec![group("a.log"), group("b.log"), group("c.log")]);
    follower.settle();
    folder.append("a.log", "f\nnew\n");
    folder.append("b.log", "next\n");
    folder.append("c.log", "all\n");
    follower.until(|follower| follower.all().len() >= 18);
    assert_eq!(follower.of(&folder.path("a.log")), b"half\nnew\n");
    assert_eq!(follower.of(&folder.path("b.log")), b"next\n");
    assert_eq!(follower.of(&folder.path("c.log")), b"all\n");
}

#[test]
fn holes_are_skipped_when_something_follows() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    let file = fs::OpenOptions::new().write(true).open(folder.path("a.log")).unwrap();
    // A hole of gigabytes, some zeros that are there, and then a line.
    file.set_len(5 << 30).unwrap();
    follower.settle();
    assert_eq!(follower.skipped(), 0);
    file.write_all_at(&[0; 9000], 5 << 30).unwrap();
    file.write_all_at(b"two\n", (5 << 30) + 9000).unwrap();
    follower.expect("one\ntwo\n");
    assert_eq!(follower.skipped(), (5 << 30) + 9000 - 4);
    folder.append("a.log", "thr\0ee\n");
    follower.expect("one\ntwo\nthr\0ee\n");
    assert_eq!(follower.files.len(), 1);
    let mut again = follower.restart();
    folder.append("a.log", "four\n");
    again.expect("four\n");
}

#[test]
fn a_writer_that_does_not_append_leaves_a_hole_after_a_truncation() {
    let folder = Folder::new();
    folder.append("a.log", "one\ntwo\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\ntwo\n");
    folder.truncate("a.log");
    fs::OpenOptions::new().write(true).open(folder.path("a.log")).unwrap().write_all_at(b"three\n", 8).unwrap();
    follower.expect("one\ntwo\nthree\n");
    assert_eq!((follower.skipped(), follower.lost()), (8, 0));
}

/// Whoever follows writes what it reads to a file that is there already under one of the names that are followed, and to which
/// somebody makes links.
#[test]
fn a_file_that_is_written_is_not_read_by_any_name() {
    let (folder, out) = (Folder::new(), Folder::new());
    folder.append("a.log", "one\n");
    out.append("out", "one\n");
    std::fs::hard_link(out.path("out"), folder.path("first.log")).unwrap();
    let written = vec![out.path("none"), out.path("out")];
    let mut follower = folder.follow_all("*.log").stop().start_beside(OpenFiles::default(), written);
    follower.expect("one\n");
    out.append("out", "one\n");
    std::fs::hard_link(out.path("out"), folder.path("hard.log")).unwrap();
    std::os::unix::fs::symlink(out.path("out"), folder.path("soft.log")).unwrap();
    folder.append("a.log", "two\n");
    follower.settle();
    follower.expect("one\ntwo\n");
    follower.failed.sort();
    assert_eq!(follower.failed, ["first.log", "hard.log", "soft.log"].map(|name| folder.path(name)));
}

#[test]
fn text_in_utf_16_is_not_read_and_told_once() {
    let folder = Folder::new();
    folder.append("a.log", b"\xFF\xFEo\0n\0e\0\n\0");
    folder.append("b.log", "one\n");
    let mut follower = folder.follow_all("*.log");
    follower.expect("one\n");
    folder.append("a.log", b"t\0w\0o\0\n\0");
    follower.settle();
    assert_eq!(follower.failed, [folder.path("a.log")]);
    // Somebody has made something else of it.
    std::fs::write(folder.path("a.log"), "two\n").unwrap();
    follower.expect("one\ntwo\n");
}

#[test]
fn compressed_files_are_left_alone_and_told_once() {
    let folder = Folder::new();
    folder.append("a.log.1.gz", "whatever\n");
    folder.append("a.log.2", b"\x1F\x8B\x08\0\0\0\0\0");
    folder.append("a.log", "one\n");
    let mut follower = folder.follow_all("a.log*");
    follower.expect("one\n");
    follower.compressed.sort();
    assert_eq!(follower.compressed, [folder.path("a.log.1.gz"), folder.path("a.log.2")]);
}

#[test]
fn a_symbolic_link_that_changes_is_followed() {
    let folder = Folder::new();
    folder.append("one", "one\n");
    symlink(folder.path("one"), folder.path("a.log")).unwrap();
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    folder.append("two", "two\n");
    symlink(folder.path("two"), folder.path("new")).unwrap();
    folder.rename("new", "a.log");
    follower.expect("one\ntwo\n");
    folder.append("one", "late\n");
    folder.append("two", "more\n");
    follower.expect("one\nlate\ntwo\nmore\n");
}

#[test]
fn a_file_with_two_names_is_one_file() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    fs::hard_link(folder.path("a.log"), folder.path("b.log")).unwrap();
    let mut follower = folder.follow_all("*.log");
    follower.expect("one\n");
    folder.append("b.log", "two\n");
    follower.expect("one\ntwo\n");
    assert_eq!(follower.files.len(), 1);
}

#[test]
fn what_is_no_regular_file_is_told_once() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    fs::create_dir(folder.path("folder")).unwrap();
    let group =
        Group { patterns: vec![Pattern::Path(pipe), Pattern::Path(folder.path("folder"))], start: Start::Beginning };
    let mut follower = Follower::new(vec![group]);
    follower.settle();
    assert_eq!(follower.failed.len(), 2);
}

#[test]
fn after_a_seek_bytes_come_again_when_there_are_more() {
    let folder = Folder::new();
    folder.append("a.log", "one\ntw");
    let mut follower = folder.follow("a.log");
    follower.expect("one\ntw");
    let file = *follower.files.keys().next().unwrap();
    follower.tail.seek(file, 4);
    assert!(!follower.step(Duration::from_millis(100)), "nothing has been added");
    folder.append("a.log", "o\n");
    let end = Instant::now() + Duration::from_secs(20);
    let (at, len) = loop {
        match follower.tail.next(&mut follower.buffer, Duration::from_secs(1)) {
            Event::Bytes { at, len, .. } => break (at, len),
            _ => assert!(Instant::now() < end),
        }
    };
    assert_eq!((at, &follower.buffer[..len]), (4, &b"two\n"[..]));
    let mut byte = [0; 3];
    assert_eq!(follower.tail.read_at(file, &mut byte, 0).unwrap(), 3);
    assert_eq!(&byte, b"one");
}

#[test]
fn files_that_are_quiet_are_closed_and_go_on_as_others() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let group = Group { patterns: vec![Pattern::Path(folder.path("a.log"))], start: Start::Beginning };
    let options = TailOptions { quiet: Duration::from_millis(50), ..quick() };
    let mut follower = Follower::with(vec![group], options);
    follower.expect("one\n");
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "two\n");
    follower.until(|follower| follower.files.values().any(|told| told.ended == Some(true)));
    folder.append("a.log.1", "late\n");
    follower.until(|follower| follower.all().len() == 13);
    assert_eq!(follower.files.values().map(|told| told.from).collect::<Vec<_>>(), [0, 0, 4]);
    folder.remove("a.log.1");
    follower.until(|follower| follower.files.values().filter(|told| told.ended == Some(false)).count() == 2);
}

/// Or its halves would be two lines.
#[test]
fn a_quiet_file_is_not_closed_within_a_line() {
    let folder = Folder::new();
    folder.append("a.log", "one\ntw");
    folder.append("b.log", "one\ntw");
    let group = Group {
        patterns: vec![Pattern::Path(folder.path("a.log")), Pattern::Path(folder.path("b.log"))],
        start: Start::Beginning,
    };
    let quiet = Duration::from_secs(1);
    let mut follower = Follower::with(vec![group], TailOptions { quiet, ..quick() });
    follower.until(|follower| follower.all().len() == 12);
    folder.rename("a.log", "a.log.1");
    let mut deleted = folder.open("b.log");
    folder.remove("b.log");
    let began = Instant::now();
    while began.elapsed() < 2 * quiet {
        follower.step(Duration::from_millis(5));
        // After a tenth of the time, nothing of either; and after all of it, nothing of the one that is there.
        let is_early = began.elapsed() < quiet / 2;
        assert!(!is_early || follower.files.values().all(|told| told.ended.is_none()));
    }
    assert_eq!(follower.files.values().filter(|told| told.ended.is_none()).count(), 1);
    // Nobody can wait for it for ever.
    deleted.write_all(b"o\n").unwrap();
    folder.append("a.log.1", "o\n");
    follower.until(|follower| follower.files.values().all(|told| told.ended.is_some()));
    let told: Vec<_> = follower.files.values().map(|told| (told.bytes.as_slice(), told.ended)).collect();
    assert_eq!(told, [(&b"one\ntwo\n"[..], Some(true)), (b"one\ntw", Some(false))]);
}

#[test]
fn more_files_than_may_be_open_are_read() {
    let folder = Folder::new();
    let options = TailOptions { open_files: 3, ..quick() };
    let pattern = Pattern::Glob(folder.path("*.log").to_str().unwrap().to_owned());
    let mut follower = Follower::with(vec![Group { patterns: vec![pattern], start: Start::Beginning }], options);
    for round in 0..3 {
        for number in 0..50 {
            folder.append(&format!("{number}.log"), format!("{round} {number:2}\n"));
        }
        follower.until(|follower| follower.all().len() == (round + 1) * 50 * 5);
    }
    assert_eq!(follower.files.len(), 50);
    let open = folder.open_files();
    assert!(open <= 3, "{open} files are open");
}

#[test]
fn files_take_turns() {
    let folder = Folder::new();
    folder.append("a.log", "a\n".repeat(20_000));
    folder.append("b.log", "b\n");
    let mut follower = folder.follow_all("*.log");
    follower.until(|follower| follower.all().ends_with(b"b\n"));
    assert!(follower.all().len() < 20_000);
}

#[test]
fn whoever_wakes_the_tail_is_heard_at_once() {
    let folder = Folder::new();
    let mut follower = folder.follow("a.log");
    let waker = follower.tail.waker();
    let thread = std::thread::spawn(move || waker.wake());
    assert!(!follower.step(Duration::from_secs(3600)));
    thread.join().unwrap();
}

/// Whoever is idle has been told of all files that are there.
#[test]
fn whoever_wakes_the_tail_does_not_come_before_the_files() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let mut follower = folder.follow("a.log");
    follower.tail.waker().wake();
    let mut buffer = [0; 16];
    let mut next = || follower.tail.next(&mut buffer, Duration::ZERO);
    assert!(matches!(next(), Event::Opened { .. }));
    assert!(matches!(next(), Event::Idle));
    assert!(matches!(next(), Event::Bytes { .. }));
}

#[test]
fn another_number_of_the_device_does_not_matter() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    let mut stopped = follower.stop();
    stopped.known[0].mark.device += 1;
    folder.append("a.log", "two\n");
    stopped.start().expect("two\n");
}

#[test]
fn what_was_deleted_while_nobody_looked_is_told_to_be_lost() {
    let folder = Folder::new();
    folder.append("a.log", "one\ntwo\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\ntwo\n");
    let mut stopped = follower.stop();
    stopped.known[0].mark = stopped.known[0].mark.at(4);
    folder.remove("a.log");
    folder.append("a.log", "new\n");
    let mut again = stopped.start();
    again.expect("new\n");
    assert_eq!(again.lost(), 4);
    assert_eq!(again.files.values().next().unwrap().ended, Some(false));
}

/// The paths in the configuration have been written in another way, or lead through another link.
#[test]
fn a_file_goes_on_at_another_spelling_of_its_path() {
    for new in ["logs//./a.log", "link/a.log", "logs/../logs/a.log", "elsewhere"] {
        for is_rotated in [false, true] {
            let folder = Folder::new();
            fs::create_dir(folder.path("logs")).unwrap();
            folder.append("logs/a.log", "one\n");
            let mut follower = folder.follow("logs/a.log");
            follower.expect("one\n");
            let stopped = follower.stop();
            symlink(folder.path("logs"), folder.path("link")).unwrap();
            folder.append("logs/a.log", "two\n");
            let is_named = new.ends_with("a.log");
            if !is_named {
                fs::hard_link(folder.path("logs/a.log"), folder.path(new)).unwrap();
            } else if is_rotated {
                folder.rename("logs/a.log", "logs/a.log.1");
                folder.append("logs/a.log", "three\n");
            }
            let pattern = Pattern::Path(format!("{}/{new}", folder.path("").display()).into());
            let groups = vec![Group { patterns: vec![pattern], start: Start::Beginning }];
            let mut again = Stopped { groups, ..stopped }.start();
            again.expect(if is_rotated && is_named { "two\nthree\n" } else { "two\n" });
            assert_eq!(again.lost(), 0);
        }
    }
}
