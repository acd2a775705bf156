//! Logs that are known to be empty, and are written to, copied and truncated before anybody looks.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use lp_tail::{KnownFile, Mark, TailOptions};

use crate::harness::{Folder, Follower, quick};

/// How the tail comes to know what has become of an empty log.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Notice {
    /// It goes on all the time.
    Live,
    /// It was not there, and all is over when it comes back.
    Restart,
}

impl Notice {
    const ALL: [Self; 2] = [Self::Live, Self::Restart];

    /// Lets something happen that nobody sees before it is over.
    fn of(self, follower: Follower, change: impl FnOnce()) -> Follower {
        // A coarse clock must tell what is there already from what comes.
        std::thread::sleep(Duration::from_millis(20));
        follower.unseen(self == Self::Restart, change)
    }
}

/// Follows `a.log` by its path, or by a pattern that its rotated files match too.
fn followed(folder: &Folder, is_pattern: bool) -> Follower {
    if is_pattern { folder.follow_all("a.log*") } else { folder.follow("a.log") }
}

#[test]
fn what_was_copied_of_a_log_that_was_known_as_empty_is_read() {
    for notice in Notice::ALL {
        for is_pattern in [false, true] {
            for after in ["", "two\n"] {
                let folder = Folder::new();
                folder.append("a.log", "");
                let mut follower = followed(&folder, is_pattern);
                follower.settle();
                let mut follower = notice.of(follower, || {
                    folder.append("a.log", "one\n");
                    folder.copy("a.log", "a.log.1");
                    folder.truncate("a.log");
                    folder.append("a.log", after);
                });
                let mut expected = format!("one\n{after}");
                follower.expect(&expected);
                assert_eq!(follower.lost(), 0);
                folder.append("a.log", "three\n");
                expected.push_str("three\n");
                follower.expect(&expected);
                let mut again = follower.restart();
                again.settle();
                assert_eq!(again.all(), b"", "{notice:?} {:#?}", again.events);
            }
        }
    }
}

#[test]
fn all_that_was_copied_of_a_log_that_was_known_as_empty_is_read_in_order() {
    for notice in Notice::ALL {
        for is_pattern in [false, true] {
            let folder = Folder::new();
            folder.append("a.log", "zero\n");
            let mut follower = followed(&folder, is_pattern);
            follower.expect("zero\n");
            folder.copy("a.log", "a.log.1");
            folder.truncate("a.log");
            follower.settle();
            let mut follower = notice.of(follower, || {
                for line in ["one\n", "two\n", "three\n"] {
                    folder.append("a.log", line);
                    for number in (1..4).rev().filter(|number| folder.path(&format!("a.log.{number}")).exists()) {
                        folder.rename(&format!("a.log.{number}"), &format!("a.log.{}", number + 1));
                    }
                    folder.copy("a.log", "a.log.1");
                    folder.truncate("a.log");
                    std::thread::sleep(Duration::from_millis(10));
                }
                folder.append("a.log", "four\n");
            });
            let read = if notice == Notice::Live { "zero\n" } else { "" };
            follower.expect(&format!("{read}one\ntwo\nthree\nfour\n"));
            assert_eq!(follower.lost(), 0);
        }
    }
}

/// The tail goes on, but is killed before it has told anything but that the log is there.
#[test]
fn a_copy_of_an_empty_log_is_found_after_several_starts() {
    let folder = Folder::new();
    folder.append("a.log", "");
    let mut follower = folder.follow("a.log");
    follower.settle();
    let mut follower = Notice::Restart.of(follower, || {
        folder.append("a.log", "one\n");
        folder.copy("a.log", "a.log.1");
        folder.truncate("a.log");
    });
    for _ in 0..3 {
        while !matches!(follower.events.last(), Some(event) if event.contains("opened")) {
            follower.step(Duration::from_millis(50));
        }
        follower = follower.restart();
    }
    follower.expect("one\n");
}

/// They were beside it when it was seen to be empty, or are no copies of it.
#[test]
fn other_files_beside_an_empty_log_are_not_read() {
    for notice in Notice::ALL {
        let folder = Folder::new();
        folder.append("a.log.3", "of old\n");
        std::thread::sleep(Duration::from_millis(20));
        folder.append("a.log", "zero\n");
        let mut follower = folder.follow("a.log");
        follower.expect("zero\n");
        folder.rename("a.log", "a.log.1");
        folder.append("a.log", "");
        follower.settle();
        let mut follower = notice.of(follower, || {
            // Somebody looks for something in old logs.
            folder.copy("a.log.1", "a.log.1-20261121");
            folder.append("unpacked", "unpacked\n");
            folder.open("unpacked").set_modified(std::time::SystemTime::now() - Duration::from_secs(86_400)).unwrap();
            folder.rename("unpacked", "a.log.4");
            folder.append("a.log.2.gz", b"\x1F\x8B\x08 compressed");
            folder.append("a.log.5", b"\x1F\x8B\x08 compressed");
            folder.rename("a.log.3", "a.log.6");
            folder.append("a.log", "one\n");
            // The copy has been made, but the log has not been truncated yet.
            folder.copy("a.log", "a.log.7");
        });
        let read = if notice == Notice::Live { "zero\n" } else { "" };
        follower.expect(&format!("{read}one\n"));
        folder.truncate("a.log");
        folder.append("a.log", "two\n");
        follower.expect(&format!("{read}one\ntwo\n"));
        assert_eq!(follower.lost(), 0);
    }
}

/// An empty log was deleted, and another log has got its inode: what is copied of that one is no copy of the first.
#[test]
fn what_was_copied_of_another_log_with_the_same_inode_is_not_read() {
    let folder = Folder::new();
    folder.append("a.log", "");
    let groups: Vec<_> = ["a.log", "b.log"].iter().flat_map(|name| folder.follow(name).groups).collect();
    let mut follower = Follower::new(groups);
    follower.settle();
    let mut stopped = follower.stop();
    folder.remove("a.log");
    std::thread::sleep(Duration::from_millis(20));
    folder.append("b.log", "one\n");
    folder.copy("b.log", "b.log.1");
    folder.truncate("b.log");
    folder.append("b.log", "two\n");
    let inode = fs::metadata(folder.path("b.log")).unwrap().ino();
    let other = KnownFile { mark: Mark { inode, ..stopped.known[0].mark }, ..stopped.known[0].clone() };
    stopped.known = vec![other];
    stopped.start().expect("two\n");
}

/// There was an empty log before the one that was copied, and it is gone.
#[test]
fn the_copy_of_a_log_that_is_known_is_not_one_of_the_empty_log_before_it() {
    for before in [0, 2000] {
        let folder = Folder::new();
        folder.append("a.log", "");
        let mut follower = folder.follow("a.log");
        follower.settle();
        let empty = follower.known().remove(0);
        drop(follower);
        folder.remove("a.log");
        std::thread::sleep(Duration::from_millis(20));
        // It begins with a hole, or with more than is looked at.
        let first = if before == 0 { "x".repeat(2000) + "\n" } else { "one\n".to_owned() };
        folder.open("a.log").set_len(before).unwrap();
        folder.append("a.log", &first);
        let mut follower = folder.follow("a.log");
        follower.expect(&first);
        let mut stopped = follower.stop();
        stopped.known.push(KnownFile { mark: Mark { inode: u64::MAX, ..empty.mark }, ..empty });
        folder.copy("a.log", "a.log.1");
        folder.append("a.log", "two\n");
        folder.rename("a.log", "a.log.2");
        folder.append("a.log", "three\n");
        stopped.start().expect("two\nthree\n");
    }
}

/// It is a rotated file by now, and others came after it.
#[test]
fn an_empty_log_that_was_renamed_is_read_where_it_is() {
    for notice in Notice::ALL {
        let folder = Folder::new();
        folder.append("a.log", "");
        let mut follower = folder.follow("a.log");
        follower.settle();
        let mut follower = notice.of(follower, || {
            folder.append("a.log", "one\n");
            folder.rename("a.log", "a.log.2");
            std::thread::sleep(Duration::from_millis(10));
            folder.append("a.log.1", "two\n");
            std::thread::sleep(Duration::from_millis(10));
            folder.append("a.log", "three\n");
        });
        follower.expect("one\ntwo\nthree\n");
    }
}

/// By the news of it, without a look.
#[test]
fn a_copy_of_an_empty_log_is_found_before_anything_is_read_of_what_came_after_it() {
    let folder = Folder::new();
    folder.append("a.log", "");
    let options = TailOptions { look_every: Duration::from_secs(3600), ..quick() };
    let mut follower = Follower::with(folder.follow("a.log").groups, options);
    follower.settle();
    std::thread::sleep(Duration::from_millis(20));
    folder.append("a.log", "one\n");
    folder.copy("a.log", "a.log.1");
    folder.truncate("a.log");
    folder.append("a.log", "two\n");
    follower.expect("one\ntwo\n");
}
