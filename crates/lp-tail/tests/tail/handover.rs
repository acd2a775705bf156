//! One tail goes on in the place of another, with the files that it had open.
//!
//! That an inode is given to another file meanwhile is not among these: no file is, while somebody has it open.

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use lp_tail::{Group, Pattern, Start, TailOptions};

use crate::harness::{Folder, Follower, quick};

/// What happens to the name of a log, by which it is not found any more.
type Way = (&'static str, fn(&Folder));

fn ways() -> [Way; 3] {
    [
        ("deleted", |folder| folder.remove("a.log")),
        ("moved", |folder| {
            fs::create_dir(folder.path("old")).unwrap();
            folder.rename("a.log", "old/a.log");
        }),
        ("compressed", |folder| {
            folder.rename("a.log", "a.log.1");
            fs::write(folder.path("a.log.1.gz"), b"\x1F\x8B\x08\0").unwrap();
            folder.remove("a.log.1");
        }),
    ]
}

/// Reads nothing but the first bytes, so that there is a backlog.
fn read_little(folder: &Folder, name: &str) -> Follower {
    let mut follower = folder.follow(name);
    follower.buffer = vec![0; 4];
    follower.until(|follower| follower.all().len() >= 4);
    follower.buffer = vec![0; 4096];
    follower
}

#[test]
fn a_backlog_that_no_path_leads_to_is_read_to_its_end() {
    for (way, go) in ways() {
        for is_before in [true, false] {
            let folder = Folder::new();
            folder.append("a.log", "one\ntwo\nthree\n");
            let mut follower = read_little(&folder, "a.log");
            let change = || {
                go(&folder);
                folder.append("a.log", "four\n");
            };
            if is_before {
                change();
                follower.tail.look();
            }
            let mut follower = follower.hand_over(|| {
                if !is_before {
                    change()
                }
            });
            follower.expect("two\nthree\nfour\n");
            assert_eq!(follower.lost(), 0, "{way} {is_before}");
            assert!(follower.files.values().all(|told| told.missing.is_none()), "{way} {is_before}");
            // The order in which they were written.
            assert!(follower.order.is_sorted(), "{way} {is_before}: {:#?}", follower.events);
        }
    }
}

#[test]
fn a_file_that_no_path_leads_to_is_followed_for_as_long_as_it_is_written_to() {
    for (way, go) in ways() {
        let folder = Folder::new();
        let mut writer = folder.open("a.log");
        writer.write_all(b"one\n").unwrap();
        let mut follower = folder.follow("a.log");
        follower.expect("one\n");
        go(&folder);
        folder.append("a.log", "");
        follower.settle();
        let mut all = String::new();
        for number in 0..3 {
            follower = follower.hand_over(|| writeln!(writer, "between {number}").unwrap());
            follower.until(|follower| follower.all().ends_with(b"\n"));
            writeln!(writer, "then {number}").unwrap();
            follower.expect(&format!("between {number}\nthen {number}\n"));
            all += &String::from_utf8(follower.all()).unwrap();
        }
        assert_eq!(all.lines().count(), 6);
        folder.append("a.log", "new\n");
        follower.until(|follower| follower.all().ends_with(b"new\n"));
        assert_eq!(follower.lost(), 0, "{way}");
    }
}

/// When nobody writes to it any more it is closed, as it would have been by the tail that had opened it.
#[test]
fn a_deleted_file_that_was_handed_over_is_closed_when_it_is_quiet() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let Follower { groups, .. } = folder.follow("a.log");
    let options = TailOptions { quiet: Duration::from_millis(500), ..quick() };
    let mut follower = Follower::with(groups, options);
    follower.expect("one\n");
    folder.remove("a.log");
    let mut follower = follower.hand_over(|| {});
    follower.until(|follower| follower.files.values().any(|told| told.ended == Some(false)));
    follower.settle();
    assert_eq!((folder.open_files(), follower.lost()), (0, 0));
    assert!(follower.known().is_empty());
}

/// The same as if it were truncated while one tail has it.
#[test]
fn a_file_that_is_truncated_meanwhile_is_begun_anew_and_what_is_gone_is_told() {
    for (way, go) in ways() {
        let folder = Folder::new();
        let mut writer = folder.open("a.log");
        writer.write_all(b"one\ntwo\n").unwrap();
        let mut follower = read_little(&folder, "a.log");
        go(&folder);
        follower.tail.look();
        let mut follower = follower.hand_over(|| {
            writer.set_len(0).unwrap();
            writer.write_all(b"begun anew\n").unwrap();
        });
        follower.expect("begun anew\n");
        assert_eq!(follower.lost(), 4, "{way}: {:#?}", follower.events);
        writer.write_all(b"and on\n").unwrap();
        follower.expect("begun anew\nand on\n");
    }
}

#[test]
fn a_log_that_is_copied_and_truncated_meanwhile_goes_on_in_its_copy() {
    for is_deleted in [false, true] {
        let folder = Folder::new();
        let mut writer = folder.open("a.log");
        writer.write_all(b"one\ntwo\n").unwrap();
        let follower = read_little(&folder, "a.log");
        let mut follower = follower.hand_over(|| {
            folder.copy("a.log", "a.log.1");
            folder.truncate("a.log");
            writer.write_all(b"three\n").unwrap();
            if is_deleted {
                folder.remove("a.log");
                folder.append("a.log", "five\n");
            }
        });
        follower.expect(if is_deleted { "two\nthree\nfive\n" } else { "two\nthree\n" });
        writer.write_all(b"four\n").unwrap();
        follower.expect(if is_deleted { "two\nthree\nfour\nfive\n" } else { "two\nthree\nfour\n" });
        assert_eq!(follower.lost(), 0, "{:#?}", follower.events);
    }
}

/// What logrotate does with `copytruncate` and `compress`.
#[test]
fn a_copy_that_is_compressed_meanwhile_is_read_to_its_end() {
    let folder = Folder::new();
    folder.append("a.log", "one\ntwo\n");
    let mut follower = read_little(&folder, "a.log");
    folder.copy("a.log", "a.log.1");
    folder.truncate("a.log");
    // Nothing is read, but it is seen where the file goes on.
    follower.buffer.clear();
    follower.settle();
    follower.buffer = vec![0; 4096];
    folder.append("a.log", "three\n");
    let mut follower = follower.hand_over(|| folder.remove("a.log.1"));
    follower.expect("two\nthree\n");
    assert_eq!(follower.lost(), 0, "{:#?}", follower.events);
}

/// More files than may be open: the rest of them is found at its paths, as after any restart, and never are more open than may be.
#[test]
fn no_more_files_are_open_than_may_be() {
    const FILES: usize = 40;
    let folder = Folder::new();
    for number in 0..FILES {
        folder.append(&format!("{number:02}.log"), format!("{number:02}\n"));
    }
    let Follower { groups, .. } = folder.follow_all("*.log");
    let options = TailOptions { open_files: 8, ..quick() };
    let mut follower = Follower::with(groups, options);
    follower.until(|follower| follower.all().len() == FILES * 3);
    let mut follower = follower.hand_over(|| {
        let open = folder.open_files();
        assert!((1..=8).contains(&open), "{open}");
        for number in 0..FILES {
            folder.append(&format!("{number:02}.log"), format!("{number:02}\n"));
        }
    });
    assert!(folder.open_files() <= 8, "{}", folder.open_files());
    follower.until(|follower| follower.all().len() == FILES * 3);
    assert!(folder.open_files() <= 8, "{}", folder.open_files());
    assert_eq!(follower.lost(), 0);
}

/// Nobody follows their paths any more, or nobody knows them.
#[test]
fn files_that_are_not_needed_are_closed() {
    for is_known in [true, false] {
        let folder = Folder::new();
        folder.append("a.log", "one\n");
        folder.append("b.log", "two\n");
        let mut follower = folder.follow_all("?.log");
        follower.expect("one\ntwo\n");
        let mut stopped = follower.stopped();
        let open = follower.tail.into_open_files();
        assert_eq!(folder.open_files(), 2);
        if is_known {
            stopped.groups =
                vec![Group { patterns: vec![Pattern::Path(folder.path("a.log"))], start: Start::Beginning }];
        } else {
            stopped.known.retain(|known| *known.path == folder.path("a.log"));
            folder.remove("b.log");
        }
        let mut follower = stopped.start_with(open);
        assert_eq!(folder.open_files(), 1);
        assert_eq!(follower.tail.unclaimed().len(), usize::from(is_known));
        follower.settle();
        assert_eq!(follower.all(), b"");
        drop(follower);
        assert_eq!(folder.open_files(), 0);
    }
}

/// What is at the path of a log is not begun before the deleted file has been read to its end.
#[test]
fn what_comes_after_a_deleted_file_waits_for_it() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    folder.append("a.log", "x".repeat(100_000) + "\n");
    let mut follower = read_little(&folder, "a.log");
    folder.remove("a.log");
    folder.append("a.log", "two\n");
    // The new one is known, and waits.
    follower.buffer.clear();
    follower.settle();
    follower.buffer = vec![0; 4096];
    let mut follower = follower.hand_over(|| {});
    follower.until(|follower| follower.all().ends_with(b"two\n"));
    follower.settle();
    assert_eq!(follower.all().len(), 100_001 + 4);
    assert!(follower.order.is_sorted(), "{:#?}", follower.order);
}
