//! Logs that are copied and truncated.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use lp_tail::TailOptions;

use crate::harness::{Folder, Follower, quick};

#[test]
fn copytruncate_loses_nothing_that_was_copied() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    for all in [false, true] {
        let folder = Folder::new();
        folder.append("a.log", "one\n");
        let mut follower = if all { folder.follow_all("a.log*") } else { folder.follow("a.log") };
        follower.expect("one\n");
        folder.append("a.log", "two\n");
        folder.copy("a.log", "a.log.1");
        folder.truncate("a.log");
        folder.append("a.log", "three\n");
        follower.expect("one\ntwo\nthree\n");
        folder.rename("a.log.1", "a.log.2");
        folder.copy("a.log", "a.log.1");
        follower.settle();
        folder.truncate("a.log");
        folder.append("a.log", "four\n");
        follower.expect("one\ntwo\nthree\nfour\n");
        assert_eq!(follower.lost(), 0);
        let mut again = follower.restart();
        again.settle();
        assert_eq!(again.all(), b"", "{:#?}", again.files);
    }
}

/// What `extension .log` of logrotate makes, and words of others.
#[test]
fn a_copy_with_another_kind_of_name_is_not_read_again() {
    for name in ["a-20261121.log", "a.1.log", "a__2026-11-21_10-30-00.log", "a.log.old", "a.log.bak"] {
        for all in [false, true] {
            let folder = Folder::new();
            folder.append("a.log", "one\n");
            let mut follower = if all { folder.follow_all("a*log*") } else { folder.follow("a.log") };
            follower.expect("one\n");
            folder.append("a.log", "two\n");
            folder.copy("a.log", name);
            follower.settle();
            folder.append("a.log", "not copied\n");
            folder.truncate("a.log");
            folder.append("a.log", "three\n");
            follower.until(|follower| follower.all().ends_with(b"three\n"));
            follower.settle();
            let told = String::from_utf8(follower.all()).unwrap().replace("not copied\n", "");
            assert_eq!(told, "one\ntwo\nthree\n", "{name} {all}");
            let mut again = follower.restart();
            again.settle();
            assert_eq!(again.all(), b"", "{name} {all}");
        }
    }
}

/// What is appended between the two steps of copytruncate is not in the copy; if it has been read, the copy is shorter.
#[test]
fn a_copy_of_which_more_has_been_read_than_it_has_is_not_read_again() {
    for all in [false, true] {
        let folder = Folder::new();
        folder.append("a.log", "the first line, and the second line which makes it longer than a step of hashes\n");
        let mut follower = if all { folder.follow_all("a.log*") } else { folder.follow("a.log") };
        follower.until(|follower| follower.all().len() == 80);
        std::thread::sleep(Duration::from_millis(20));
        folder.append("a.log", "before the copy\n");
        folder.copy("a.log", "a.log.1");
        folder.append("a.log", "after the copy\n");
        // By the news of it, without a look.
        follower.options.look_every = Duration::from_secs(3600);
        while follower.all().len() < 111 {
            follower.step(Duration::from_millis(5));
        }
        folder.truncate("a.log");
        folder.append("a.log", "new\n");
        follower.until(|follower| follower.all().ends_with(b"new\n"));
        follower.settle();
        assert_eq!((follower.all().len(), follower.lost()), (115, 0), "{:#?}", follower.events);
    }
}

/// A copy that is put in the place of its original goes on where that was read to.
#[test]
fn a_copy_that_comes_to_the_path_of_its_original_is_read_on() {
    for open_files in [1, 64] {
        let folder = Folder::new();
        folder.append("a.log", "one\n");
        folder.append("b.log", "b\n");
        let follower = folder.follow_all("?.log");
        let options = TailOptions { open_files, look_every: Duration::from_millis(100), ..quick() };
        let mut follower = Follower::with(follower.groups, options);
        follower.settle();
        folder.append("a.log", "two\n");
        folder.copy("a.log", "a.log.1");
        folder.remove("a.log");
        std::thread::sleep(Duration::from_millis(110));
        follower.tail.look();
        folder.rename("a.log.1", "a.log");
        follower.settle();
        folder.append("a.log", "three\n");
        follower.settle();
        let told = String::from_utf8(follower.of(&folder.path("a.log"))).unwrap();
        assert!(told.ends_with("two\nthree\n"), "{open_files} {:#?}", follower.events);
        // One that is still open is gone only when nobody writes to it any more, and what is new at its path is another.
        assert!(open_files > 1 || told == "one\ntwo\nthree\n", "{:#?}", follower.events);
    }
}

/// Somebody wants to look for something in an old log.
#[test]
#[cfg(target_os = "linux")]
fn an_old_file_that_is_unpacked_beside_its_log_is_not_read() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    folder.rename("a.log", "a.log.1");
    follower.settle();
    folder.append("unpacked", "zero\n");
    let file = folder.open("unpacked");
    file.set_modified(std::time::SystemTime::now() - Duration::from_secs(86_400)).unwrap();
    folder.rename("unpacked", "a.log.2");
    follower.settle();
    folder.append("a.log", "two\n");
    follower.expect("one\ntwo\n");
}

/// It is truncated, written to, copied and truncated again between two looks.
#[test]
fn what_was_copied_after_a_truncation_that_nobody_has_seen_is_read() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    std::thread::sleep(Duration::from_millis(20));
    folder.truncate("a.log");
    folder.append("a.log", "two\n");
    folder.copy("a.log", "a.log.1");
    folder.truncate("a.log");
    folder.append("a.log", "three\n");
    follower.expect("one\ntwo\nthree\n");
}

/// The copy is beside one of the names of a file; it was found first at the one whose name comes first.
#[test]
fn a_copy_is_found_beside_any_of_the_names_of_its_original() {
    for name in ["a.log", "b.log"] {
        for is_away in [false, true] {
            let folder = Folder::new();
            folder.append("a.log", "one\n");
            fs::hard_link(folder.path("a.log"), folder.path("b.log")).unwrap();
            let mut follower = folder.follow_all("*.log");
            follower.expect("one\n");
            follower.settle();
            let mut follower = follower.unseen(is_away, || {
                folder.append(name, "two\n");
                folder.copy(name, &format!("{name}.1"));
                folder.truncate(name);
                folder.append(name, "three\n");
            });
            follower.settle();
            let expected = if is_away { "two\nthree\n" } else { "one\ntwo\nthree\n" };
            assert_eq!(String::from_utf8_lossy(&follower.all()), expected, "{name}, away: {is_away}");
            assert_eq!(follower.files.values().map(|told| told.lost).sum::<u64>(), 0);
        }
    }
}

/// Of a deleted file that ended with half a line, no more is known than how all of them begin.
#[test]
fn a_copy_is_of_the_file_of_which_it_has_most() {
    let folder = Folder::new();
    folder.append("a.log", "{\"mess");
    let mut follower = folder.follow("a.log");
    follower.expect("{\"mess");
    // Its inode is not given to another one.
    let _deleted = folder.open("a.log");
    folder.remove("a.log");
    follower.settle();
    folder.append("a.log", "{\"message\":1}\n");
    follower.expect("{\"mess{\"message\":1}\n");
    follower.settle();
    let stopped = follower.stop();
    assert_eq!(stopped.known.len(), 2);
    folder.append("a.log", "{\"message\":2}\n");
    folder.copy("a.log", "a.log.1");
    folder.truncate("a.log");
    folder.append("a.log", "{\"message\":3}\n");
    let mut follower = stopped.start();
    follower.expect("{\"message\":2}\n{\"message\":3}\n");
    follower.settle();
    assert_eq!(follower.files.values().map(|told| told.lost).sum::<u64>(), 0);
}

/// All had been read of a log when it was copied, so nothing is read in the copy; but it must be known after a restart.
#[test]
fn a_copy_of_which_all_was_read_is_known_after_a_restart() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    fs::hard_link(folder.path("a.log"), folder.path("b.log")).unwrap();
    let mut follower = folder.follow_all("*.log");
    follower.expect("one\n");
    follower.settle();
    folder.copy("b.log", "b.log.1");
    folder.truncate("b.log");
    follower.settle();
    let inode = fs::metadata(folder.path("b.log.1")).unwrap().ino();
    assert!(follower.known().iter().any(|known| known.mark.inode == inode));
    // With this name all is gone that leads from the log to its copy.
    folder.remove("b.log");
    let mut follower = follower.restart();
    folder.append("a.log", "two\n");
    follower.expect("two\n");
    follower.settle();
    assert_eq!(follower.all(), b"two\n");
}

/// All that is left of it in a checkpoint must lead to its copy, though the name that comes first has never been rotated.
#[test]
fn of_several_names_of_a_new_file_its_log_s_is_the_one_that_is_known() {
    let folder = Folder::new();
    folder.append("b.log", "one\n");
    let mut follower = folder.follow_all("*.log");
    follower.expect("one\n");
    folder.rename("b.log", "b.log.1");
    folder.append("b.log", "two\n");
    fs::hard_link(folder.path("b.log"), folder.path("a.log")).unwrap();
    follower.expect("one\ntwo\n");
    follower.settle();
    folder.truncate("b.log");
    folder.append("b.log", "and three\n");
    follower.expect("one\ntwo\nand three\n");
    assert!(follower.files.values().all(|told| told.path == folder.path("b.log")));
}

/// Its copy is under the name of a rotated file, which is followed as well.
#[test]
fn the_copy_of_a_closed_file_that_was_deleted_is_not_read_again() {
    let folder = Folder::new();
    let Follower { groups, .. } = folder.follow_all("*");
    folder.append("a.log", "one\n");
    let mut follower = Follower::with(groups, TailOptions { open_files: 1, ..quick() });
    follower.expect("one\n");
    folder.append("b.log", "two\n");
    follower.expect("one\ntwo\n");
    folder.copy("a.log", "a.log.1");
    folder.remove("a.log");
    follower.expect("one\ntwo\n");
    folder.append("a.log.1", "three\n");
    follower.until(|follower| follower.all().len() == 14);
    follower.settle();
    assert_eq!(follower.all(), b"one\nthree\ntwo\n");
}

/// Nobody writes to a copy, so what its log has got since comes after all of it, also when another tail goes on.
#[test]
fn a_log_waits_for_its_copy_after_a_restart() {
    for is_handed_over in [false, true] {
        for is_empty in [false, true] {
            let folder = Folder::new();
            folder.append("a.log", "one\n");
            let mut follower = folder.follow("a.log");
            follower.expect("one\n");
            let rest = "x".repeat(50_000) + "\n";
            folder.append("a.log", &rest);
            folder.copy("a.log", "a.log.1");
            folder.truncate("a.log");
            if !is_empty {
                folder.append("a.log", "two\n");
            }
            // It is seen what has become of them, and nothing is read.
            follower.buffer.clear();
            follower.settle();
            assert_eq!((follower.files.len(), follower.all().len()), (2, 4), "{:#?}", follower.events);
            let mut follower = if is_handed_over { follower.hand_over(|| {}) } else { follower.restart() };
            if is_empty {
                follower.until(|follower| follower.all().len() == rest.len());
                assert_eq!(follower.succeeded, []);
                folder.append("a.log", "two\n");
            }
            follower.expect(&(rest + "two\n"));
            assert!(follower.order.is_sorted(), "{:#?}", follower.events);
            let copy = follower.order[0];
            assert_eq!(follower.succeeded, [copy], "{is_handed_over} {is_empty}: {:#?}", follower.events);
        }
    }
}

/// It was closed, as too many were open; so that it is the same file is told by when it was made.
#[test]
#[cfg(target_os = "linux")]
fn a_closed_log_that_is_truncated_and_then_renamed_is_read_though_its_copy_is_newer() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    folder.append("b.log", "b\n");
    let Follower { groups, .. } = folder.follow_all("?.log");
    let mut follower = Follower::with(groups, TailOptions { open_files: 1, ..quick() });
    follower.until(|follower| follower.all().len() == 6);
    folder.append("b.log", "b\n");
    follower.until(|follower| follower.all().len() == 8);
    folder.copy("a.log", "a.log.2");
    folder.truncate("a.log");
    folder.append("a.log", "two\n");
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "three\n");
    std::thread::sleep(Duration::from_millis(20));
    folder.append("a.log.2", "late\n");
    follower.settle();
    let told = String::from_utf8(follower.of(&folder.path("a.log"))).unwrap();
    let mut lines: Vec<&str> = told.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["late", "one", "three", "two"], "{:#?}", follower.events);
}

/// The name beside which the copy is was not known: it was given to the file just before.
#[test]
fn a_copy_is_found_beside_a_name_that_nobody_has_seen() {
    for is_away in [false, true] {
        let folder = Folder::new();
        folder.append("b.log", "zero\n");
        let mut follower = folder.follow_all("*.log");
        follower.expect("zero\n");
        folder.append("a.log", "one\n");
        follower.until(|follower| follower.all().len() == 9);
        follower.settle();
        let mut follower = follower.unseen(is_away, || {
            folder.rename("b.log", "b.log.2");
            fs::hard_link(folder.path("a.log"), folder.path("b.log")).unwrap();
            folder.append("b.log", "two\n");
            folder.copy("b.log", "b.log.1");
            folder.truncate("b.log");
            folder.append("b.log", "three\n");
        });
        follower.settle();
        let expected = if is_away { "two\nthree\n" } else { "zero\none\ntwo\nthree\n" };
        assert_eq!(String::from_utf8_lossy(&follower.all()), expected, "away: {is_away}");
        assert_eq!(follower.lost(), 0);
    }
}
