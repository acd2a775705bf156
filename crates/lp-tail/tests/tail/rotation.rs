//! Files that are renamed, truncated, deleted.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::symlink;
use std::time::Duration;

use lp_tail::{KnownFile, Mark, TailOptions};

use crate::harness::{Folder, Follower, quick};

#[test]
fn what_is_there_and_what_is_appended_is_read() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    folder.append("a.log", "two\nthr");
    follower.expect("one\ntwo\nthr");
    folder.append("a.log", "ee\n");
    follower.expect("one\ntwo\nthree\n");
    assert_eq!(follower.files.len(), 1);
}

#[test]
fn a_file_that_is_not_there_is_waited_for() {
    let folder = Folder::new();
    let mut follower = folder.follow("a.log");
    follower.settle();
    folder.append("a.log", "one\n");
    follower.expect("one\n");
}

#[test]
fn a_folder_that_is_not_there_is_waited_for() {
    let folder = Folder::new();
    let mut follower = folder.follow_all("*/*.log");
    follower.settle();
    std::fs::create_dir(folder.path("b")).unwrap();
    folder.append("b/a.log", "one\n");
    follower.expect("one\n");
    std::fs::remove_dir_all(folder.path("b")).unwrap();
    follower.settle();
    std::fs::create_dir(folder.path("b")).unwrap();
    folder.append("b/a.log", "two\n");
    follower.expect("one\ntwo\n");
}

#[test]
fn a_renamed_file_is_read_to_its_end_for_as_long_as_it_is_written_to() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    let mut old = folder.open("a.log");
    folder.rename("a.log", "a.log.1");
    old.write_all(b"two\n").unwrap();
    folder.append("a.log", "three\n");
    follower.expect("one\ntwo\nthree\n");
    old.write_all(b"late\n").unwrap();
    follower.expect("one\ntwo\nlate\nthree\n");
    assert_eq!(follower.files.len(), 2);
}

/// As where logrotate makes the new log, and its writer changes to it when it is told to.
#[test]
fn a_log_that_was_made_empty_is_begun_after_all_that_was_written_to_the_one_before() {
    for is_made_twice in [false, true] {
        let folder = Folder::new();
        folder.append("a.log", "one\n");
        let mut follower = folder.follow("a.log");
        follower.expect("one\n");
        let mut old = folder.open("a.log");
        if is_made_twice {
            folder.rename("a.log", "a.log.2");
            folder.append("a.log", "");
            follower.settle();
            folder.rename("a.log", "a.log.1");
        } else {
            folder.rename("a.log", "a.log.1");
        }
        folder.append("a.log", "");
        follower.settle();
        old.write_all(b"two\n").unwrap();
        follower.expect("one\ntwo\n");
        assert_eq!(follower.succeeded, []);
        // Far more than is read in one turn.
        let many = "more\n".repeat(20_000);
        old.write_all(many.as_bytes()).unwrap();
        folder.append("a.log", "three\n");
        follower.expect(&format!("one\ntwo\n{many}three\n"));
        let files: Vec<_> = follower.files.keys().copied().collect();
        assert!(follower.order.is_sorted(), "{:?}", follower.order);
        assert_eq!((follower.order.last(), &follower.succeeded[..]), (files.last(), &files[..1]));
        old.write_all(b"late\n").unwrap();
        folder.append("a.log", "four\n");
        follower.expect(&format!("one\ntwo\n{many}late\nthree\nfour\n"));
        assert_eq!(follower.succeeded, files[..1]);
    }
}

#[test]
fn a_renamed_file_that_matches_is_not_read_again() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let mut follower = folder.follow_all("a.log*");
    follower.expect("one\n");
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "two\n");
    follower.expect("one\ntwo\n");
    folder.append("a.log.1", "late\n");
    follower.expect("one\nlate\ntwo\n");
    assert_eq!(follower.files.len(), 2);
}

#[test]
fn a_truncated_file_is_read_from_its_beginning() {
    let folder = Folder::new();
    folder.append("a.log", "one\ntwo\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\ntwo\n");
    folder.truncate("a.log");
    folder.append("a.log", "new\n");
    follower.expect("one\ntwo\nnew\n");
    assert_eq!((follower.files.len(), follower.lost()), (2, 0));
}

#[test]
fn a_file_that_has_grown_past_its_old_length_after_a_truncation_is_noticed() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    folder.truncate("a.log");
    folder.append("a.log", "another and longer\n");
    follower.expect("one\nanother and longer\n");
}

/// Logs of other workers have the names of rotated files, and are not followed or are followed as themselves.
#[test]
fn a_log_with_the_name_of_a_rotated_file_is_a_log() {
    for all in [false, true] {
        let folder = Folder::new();
        folder.append("a.log", "one\n");
        let mut follower = if all { folder.follow_all("a*.log") } else { folder.follow("a.log") };
        folder.append("a.1.log", "1\n");
        folder.append("a-1.log", "2\n");
        let others = |text| if all { text } else { "" };
        let told = |follower: &Follower, name: &str| String::from_utf8(follower.of(&folder.path(name))).unwrap();
        follower.until(|follower| told(follower, "a.log") == "one\n" && told(follower, "a-1.log") == others("2\n"));
        follower.settle();
        for name in ["a.log", "a.1.log", "a-1.log"] {
            folder.append(name, "more\n");
        }
        follower.settle();
        folder.rename("a.log", "a-20261121.log");
        folder.append("a.log", "two\n");
        follower.settle();
        folder.append("a.1.log", "and more\n");
        folder.truncate("a.log");
        folder.append("a.log", "3\n");
        follower.settle();
        folder.append("a.1.log", "and more\n");
        follower.settle();
        assert_eq!(told(&follower, "a.log"), "one\nmore\ntwo\n3\n");
        assert_eq!(told(&follower, "a.1.log"), others("1\nmore\nand more\nand more\n"));
        assert_eq!(told(&follower, "a-1.log"), others("2\nmore\n"));
        assert_eq!(follower.lost(), 0);
    }
}

#[test]
fn generations_between_two_looks_are_read_in_order() {
    for all in [false, true] {
        let folder = Folder::new();
        folder.append("a.log", "one\n");
        let mut follower = if all { folder.follow_all("a.log*") } else { folder.follow("a.log") };
        follower.expect("one\n");
        let stopped = follower.stop();
        folder.append("a.log", "two\n");
        for (number, line) in ["three\n", "four\n", "five\n"].iter().enumerate() {
            for old in (1..=number).rev() {
                folder.rename(&format!("a.log.{old}"), &format!("a.log.{}", old + 1));
            }
            folder.rename("a.log", "a.log.1");
            std::thread::sleep(Duration::from_millis(10));
            folder.append("a.log", line);
        }
        let mut follower = stopped.start();
        follower.expect("two\nthree\nfour\nfive\n");
        let sorted: Vec<_> = follower.files.keys().copied().collect();
        assert_eq!(follower.order, sorted);
    }
}

#[test]
fn generations_with_other_kinds_of_names_are_read_after_a_restart() {
    for names in [["a-20261120.log", "a-20261121.log"], ["a.2.log", "a.1.log"], ["a.log.1", "a.log.old"]] {
        let folder = Folder::new();
        folder.append("a.log", "one\n");
        let mut follower = folder.follow("a.log");
        follower.expect("one\n");
        let stopped = follower.stop();
        std::thread::sleep(Duration::from_millis(20));
        folder.append("a.log", "two\n");
        folder.rename("a.log", names[0]);
        folder.append("a.log", "three\n");
        folder.rename("a.log", names[1]);
        folder.append("a.log", "four\n");
        stopped.start().expect("two\nthree\nfour\n");
    }
}

/// Its writer goes on with the renamed file, so that one is newer than the one that came after it.
#[test]
fn a_generation_that_came_and_went_before_a_start_is_read_though_the_one_before_it_is_newer() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    let stopped = follower.stop();
    let mut old = folder.open("a.log");
    std::thread::sleep(Duration::from_millis(20));
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "three\n");
    std::thread::sleep(Duration::from_millis(20));
    old.write_all(b"two\n").unwrap();
    folder.rename("a.log.1", "a.log.2");
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "four\n");
    let mut follower = stopped.start();
    follower.expect("two\nthree\nfour\n");
}

/// It is empty when it is first seen, as a copy is that has just been begun, and nothing but its time tells that it is none.
#[test]
fn an_empty_file_that_was_rotated_at_once_is_read_when_it_is_written_to() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    // Only what the system tells makes it look.
    let options = TailOptions { look_every: Duration::from_secs(2), ..quick() };
    let mut follower = Follower::with(folder.follow("a.log").groups, options);
    follower.expect("one\n");
    let mut first = folder.open("a.log");
    folder.rename("a.log", "a.log.2");
    // Most likely within one tick of the clock.
    first.write_all(b"two\n").unwrap();
    let mut second = folder.open("a.log");
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "");
    follower.settle();
    second.write_all(b"three\n").unwrap();
    folder.rename("a.log.1", "a.log.3");
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "four\n");
    follower.settle();
    let mut lines: Vec<_> = follower.all().split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    lines.sort();
    assert_eq!(lines, [&b"four\n"[..], b"one\n", b"three\n", b"two\n"]);
}

#[test]
fn what_is_lost_is_told() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    folder.append("a.log", "two\n");
    std::thread::sleep(Duration::from_millis(30));
    follower.tail.look();
    folder.truncate("a.log");
    follower.settle();
    assert_eq!((follower.lost(), follower.all()), (4, b"one\n".to_vec()));
}

/// A file that has been quiet for long is closed. If it comes back to its path, it is followed as any other.
#[test]
fn a_file_that_comes_back_after_it_was_closed_is_followed() {
    for all in [false, true] {
        let folder = Folder::new();
        folder.append("a.log", "one\n");
        let mut follower = if all { folder.follow_all("a.log*") } else { folder.follow("a.log") };
        let options = TailOptions { quiet: Duration::from_millis(50), ..quick() };
        follower = Follower::with(follower.groups, options);
        follower.expect("one\n");
        folder.rename("a.log", "a.log.1");
        follower.until(|follower| follower.files.values().any(|told| told.ended == Some(true)));
        folder.rename("a.log.1", "a.log");
        follower.until(|follower| follower.files.len() == 2);
        folder.append("a.log", "two\n");
        folder.copy("a.log", "a.log.1");
        folder.truncate("a.log");
        folder.append("a.log", "three\n");
        follower.expect("one\ntwo\nthree\n");
    }
}

/// Nothing is at the path at either of two looks, but something has come and gone.
#[test]
fn what_is_rotated_from_a_path_that_is_empty_at_each_look_is_read() {
    for all in [false, true] {
        let folder = Folder::new();
        folder.append("a.log", "one\n");
        let mut follower = if all { folder.follow_all("?.log") } else { folder.follow("a.log") };
        follower.expect("one\n");
        folder.rename("a.log", "a.log.1");
        follower.settle();
        for (number, expected) in ["one\ntwo\n", "one\ntwo\nthree\n"].into_iter().enumerate() {
            std::thread::sleep(Duration::from_millis(20));
            folder.append("a.log", &expected[expected.len() - [4, 6][number]..]);
            folder.rename("a.log.1", &format!("a.log.{}", 3 - number));
            folder.rename("a.log", "a.log.1");
            follower.expect(expected);
        }
    }
}

/// Old workers of a server write to the old file for minutes.
#[test]
fn what_came_after_a_file_that_was_written_late_is_read_after_a_restart() {
    for all in [false, true] {
        let folder = Folder::new();
        folder.append("a.log", "one\n");
        let mut follower = if all { folder.follow_all("?.log") } else { folder.follow("a.log") };
        follower.expect("one\n");
        let stopped = follower.stop();
        std::thread::sleep(Duration::from_millis(20));
        folder.rename("a.log", "a.log.1");
        folder.append("a.log", "two\n");
        std::thread::sleep(Duration::from_millis(20));
        folder.rename("a.log.1", "a.log.2");
        folder.rename("a.log", "a.log.1");
        folder.append("a.log.2", "late\n");
        folder.append("a.log", "three\n");
        stopped.start().expect("late\ntwo\nthree\n");
    }
}

#[test]
fn what_was_rotated_is_read_though_the_log_is_found_first_at_another_name() {
    for is_away in [false, true] {
        let folder = Folder::new();
        folder.append("b.log", "one\n");
        let mut follower = folder.follow_all("*.log");
        follower.expect("one\n");
        follower.settle();
        let mut follower = follower.unseen(is_away, || {
            folder.truncate("b.log");
            folder.append("b.log", "two\n");
            folder.rename("b.log", "b.log.2");
            folder.append("b.log", "three\n");
            folder.rename("b.log", "b.log.1");
            folder.append("b.log", "four\n");
            fs::hard_link(folder.path("b.log"), folder.path("a.log")).unwrap();
        });
        follower.settle();
        let read: Vec<u8> = follower.order.iter().flat_map(|file| follower.files[file].bytes.clone()).collect();
        let expected = if is_away { "two\nthree\nfour\n" } else { "one\ntwo\nthree\nfour\n" };
        assert_eq!(String::from_utf8_lossy(&read), expected, "away: {is_away}");
    }
}

/// What was rotated before anybody followed the log is not read when the log is truncated or made anew while nobody looks.
#[test]
fn what_was_there_before_is_not_read_after_a_restart() {
    for is_deleted in [false, true] {
        let folder = Folder::new();
        folder.append("a.log.2", "long ago\n");
        folder.append("a.log.1", "before\n");
        // A coarse clock must tell the one from the other.
        std::thread::sleep(Duration::from_millis(20));
        folder.append("a.log", "one\n");
        let mut follower = folder.follow("a.log");
        follower.expect("one\n");
        follower.settle();
        let stopped = follower.stop();
        if is_deleted {
            folder.remove("a.log");
        } else {
            folder.truncate("a.log");
        }
        folder.append("a.log", "two\n");
        let mut follower = stopped.start();
        follower.settle();
        assert_eq!(String::from_utf8_lossy(&follower.all()), "two\n", "deleted: {is_deleted}");
    }
}

/// All that tells such a file from the one before is when it was made.
#[test]
fn a_file_of_the_same_lines_with_the_same_inode_is_another() {
    let folder = Folder::new();
    folder.append("a.log", "the same\nthe same\n");
    let mut follower = folder.follow("a.log");
    follower.expect("the same\nthe same\n");
    let mut stopped = follower.stop();
    folder.remove("a.log");
    std::thread::sleep(Duration::from_millis(20));
    folder.append("a.log", "the same\nthe same\nthe same\n");
    let inode = fs::metadata(folder.path("a.log")).unwrap().ino();
    let other = KnownFile { mark: Mark { inode, ..stopped.known[0].mark }, ..stopped.known[0].clone() };
    stopped.known = vec![other];
    let mut follower = stopped.start();
    follower.expect("the same\nthe same\nthe same\n");
}

/// Through a link, as containers' logs are found.
#[test]
fn generations_between_are_read_beside_the_target_of_a_link() {
    for is_restarted in [false, true] {
        let folder = Folder::new();
        fs::create_dir(folder.path("pod")).unwrap();
        folder.append("pod/0.log", "zero\n");
        symlink(folder.path("pod/0.log"), folder.path("c.log")).unwrap();
        let mut follower = folder.follow_all("*.log");
        follower.expect("zero\n");
        let mut follower = follower.unseen(is_restarted, || {
            folder.append("pod/0.log", "zero's end\n");
            let rotations = [("20261121-1000", "one\n"), ("20261121-1010", "two\n"), ("20261121-1020", "three\n")];
            for (stamp, line) in rotations {
                folder.rename("pod/0.log", &format!("pod/0.log.{stamp}"));
                folder.append("pod/0.log", line);
            }
        });
        let before = if is_restarted { "" } else { "zero\n" };
        follower.expect(&format!("{before}zero's end\none\ntwo\nthree\n"));
    }
}

#[test]
fn what_was_rotated_before_a_link_led_to_its_log_is_not_read() {
    let folder = Folder::new();
    fs::create_dir(folder.path("logs")).unwrap();
    folder.append("logs/a.log", "a\n");
    symlink(folder.path("logs/a.log"), folder.path("current.log")).unwrap();
    std::thread::sleep(Duration::from_millis(30));
    folder.append("logs/b.log.1", "old\n");
    folder.append("logs/b.log", "b\n");
    let mut follower = folder.follow("current.log");
    follower.expect("a\n");
    symlink(folder.path("logs/b.log"), folder.path("next")).unwrap();
    folder.rename("next", "current.log");
    follower.expect("a\nb\n");
}

/// Nobody can know what it had.
#[test]
fn that_a_known_file_is_not_found_any_more_is_told() {
    let folder = Folder::new();
    fs::create_dir(folder.path("old")).unwrap();
    folder.append("a.log", "one\n");
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "two, and more\n");
    follower.expect("one\ntwo, and more\n");
    let stopped = follower.stop();
    assert_eq!(stopped.known.len(), 2);
    // Those that had been rotated are removed some day.
    folder.remove("a.log.1");
    let missing = || {
        let mut follower = stopped.clone().start();
        follower.settle();
        assert_eq!(follower.lost(), 0);
        follower.files.values().filter_map(|told| told.missing).collect::<Vec<_>>()
    };
    assert_eq!(missing(), []);
    folder.append("a.log", "not seen\n");
    folder.rename("a.log", "old/a.log");
    assert_eq!(missing(), [14]);
    folder.append("a.log", "two, and more\nnot seen\n");
    assert_eq!(missing(), [14], "not a copy, by its name");
    folder.rename("a.log", "a.log.1");
    assert_eq!(missing(), []);
}

/// Each of them begins with the same line, and the first has nothing else.
#[test]
fn a_generation_that_begins_like_a_short_one_before_it_is_no_copy_of_that() {
    for is_away in [false, true] {
        let folder = Folder::new();
        folder.append("a.log", "header\n");
        let mut follower = folder.follow("a.log");
        follower.expect("header\n");
        let mut follower = follower.unseen(is_away, || {
            folder.rename("a.log", "a.log.2");
            folder.append("a.log.1", "header\none\n");
            folder.append("a.log", "header\ntwo\n");
        });
        let first = if is_away { "" } else { "header\n" };
        follower.expect(&format!("{first}header\none\nheader\ntwo\n"));
    }
}
