//! Room that a writer has prepared for what it is going to write, and NULs between lines.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use lp_tail::{Event, Group, Pattern, Start, TailOptions};

use crate::harness::{Folder, Follower, quick};
use crate::random::Random;

/// A file of so many NULs behind these bytes: a hole, or NULs on the disk.
fn prepared(folder: &Folder, first: &str, size: u64, is_hole: bool) -> File {
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(folder.path("a.log")).unwrap();
    match is_hole {
        true => file.set_len(size).unwrap(),
        false => file.write_all_at(&vec![0; size as usize], 0).unwrap(),
    }
    file.write_all_at(first.as_bytes(), 0).unwrap();
    file
}

/// Each line is written in two pieces.
#[test]
fn what_is_written_into_prepared_room_is_read_as_it_comes() {
    for (first, size, is_hole) in
        [("", 1 << 20, true), ("", 1 << 20, false), ("first\n", 1 << 20, true), ("first\n", 100, false), ("", 20, true)]
    {
        let folder = Folder::new();
        let file = prepared(&folder, first, size, is_hole);
        let mut follower = folder.follow("a.log");
        follower.expect(first);
        let mut expected = first.to_owned();
        for number in 0..5 {
            let line = format!("line {number}\n");
            for piece in [&line[..3], &line[3..]] {
                file.write_all_at(piece.as_bytes(), expected.len() as u64).unwrap();
                expected.push_str(piece);
                follower.until(|follower| follower.all().len() >= expected.len());
            }
        }
        follower.expect(&expected);
        assert_eq!((follower.files.len(), follower.lost(), follower.skipped()), (1, 0, 0), "{:#?}", follower.events);
        let followed = follower.tail.files().next().unwrap();
        assert_eq!((followed.size, followed.position), (expected.len() as u64, expected.len() as u64));
        file.write_all_at(b"half", expected.len() as u64).unwrap();
        follower.settle();
        let mut again = follower.restart();
        file.write_all_at(b" and half\n", expected.len() as u64 + 4).unwrap();
        again.expect(" and half\n");
        assert_eq!((again.files.len(), again.lost()), (1, 0));
    }
}

/// As writers do when they close their file.
#[test]
fn room_that_is_taken_away_is_no_truncation() {
    for is_awake in [true, false] {
        let folder = Folder::new();
        let file = prepared(&folder, "one\ntwo\n", 1 << 20, true);
        let mut follower = folder.follow("a.log");
        follower.expect("one\ntwo\n");
        file.set_len(8).unwrap();
        if !is_awake {
            follower = follower.restart();
        }
        follower.settle();
        folder.append("a.log", "three\n");
        follower.expect(if is_awake { "one\ntwo\nthree\n" } else { "three\n" });
        assert_eq!((follower.files.len(), follower.lost()), (1, 0), "{:#?}", follower.events);
        // But this is one.
        folder.truncate("a.log");
        folder.append("a.log", "new\n");
        follower.until(|follower| follower.all().ends_with(b"new\n"));
        assert_eq!((follower.files.len(), follower.lost()), (2, 0));
    }
}

#[test]
fn nobody_waits_for_the_end_of_many_nuls() {
    let folder = Folder::new();
    let file = prepared(&folder, "one\n", 64 << 20, false);
    let mut follower = folder.follow("a.log");
    follower.until(|follower| follower.all() == b"one\n");
    // They are looked at in sixteen pieces, between which the time is looked at.
    assert!(!follower.step(Duration::ZERO));
    follower.settle();
    // What has been seen once is not looked at again for each line.
    let begun = Instant::now();
    for number in 0..100 {
        file.write_all_at(b"line\n", 4 + number * 5).unwrap();
        while !matches!(follower.tail.next(&mut follower.buffer, Duration::from_secs(5)), Event::Bytes { .. }) {}
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn nuls_between_lines_are_no_part_of_them() {
    let folder = Folder::new();
    let lines: String = (0..3000).map(|number| format!("line {number}\n\0")).collect();
    folder.append("a.log", lines.repeat(2));
    let mut follower = folder.follow("a.log");
    follower.buffer = vec![0; 1 << 20];
    follower.expect(&lines.repeat(2).replace('\0', ""));
    assert_eq!(follower.skipped(), 5999);
    let long = "x".repeat(100_000);
    folder.append("a.log", format!("{long}\n\0one\0two\n"));
    follower.until(|follower| follower.all().ends_with(format!("{long}\none\0two\n").as_bytes()));
}

#[test]
fn the_end_of_a_file_is_before_the_room_behind_it() {
    for (first, from) in [("one\ntwo\n", 8), ("one\nha", 4), ("", 0)] {
        for size in [1 << 20, 40 << 20] {
            let folder = Folder::new();
            let file = prepared(&folder, first, size, true);
            let group = Group { patterns: vec![Pattern::Path(folder.path("a.log"))], start: Start::End };
            let mut follower = Follower::new(vec![group]);
            follower.settle();
            file.write_all_at(b"lf\n", first.len() as u64).unwrap();
            let expected = format!("{}lf\n", &first[from..]);
            follower.expect(&expected);
        }
    }
}

/// A writer that does not append goes on where it was after each truncation.
#[test]
fn a_copy_of_a_file_that_begins_with_a_hole_is_told() {
    let folder = Folder::new();
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(folder.path("a.log")).unwrap();
    file.write_all_at(b"one\n", 5000).unwrap();
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    file.write_all_at(b"two\n", 5004).unwrap();
    folder.copy("a.log", "a.log.1");
    folder.truncate("a.log");
    file.write_all_at(b"three\n", 5008).unwrap();
    follower.expect("one\ntwo\nthree\n");
    assert_eq!(follower.lost(), 0);
}

/// More has been read of it than was copied, before anybody has seen the copy.
#[test]
fn a_copy_of_which_more_has_been_read_of_a_file_that_begins_with_a_hole_is_not_read_again() {
    let folder = Folder::new();
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(folder.path("a.log")).unwrap();
    file.write_all_at(b"one\n", 5000).unwrap();
    // No look comes before all is over.
    let options = TailOptions { pause: Duration::from_secs(3), look_every: Duration::from_secs(60), ..quick() };
    let mut follower = Follower::with(folder.follow("a.log").groups, options);
    follower.expect("one\n");
    file.write_all_at(b"two\n", 5004).unwrap();
    follower.expect("one\ntwo\n");
    folder.copy("a.log", "a.log.1");
    file.write_all_at(b"three\n", 5008).unwrap();
    follower.expect("one\ntwo\nthree\n");
    folder.truncate("a.log");
    file.write_all_at(b"four\n", 5014).unwrap();
    follower.expect("one\ntwo\nthree\nfour\n");
    assert_eq!(follower.lost(), 0);
}

/// A writer that prepares room, fills it in pieces of any length, takes back what it has not needed, and rotates; and a tail that is ended
/// and begun again.
#[test]
fn whatever_a_writer_prepares_its_bytes_come_once() {
    for seed in 0..12 {
        let mut random = Random(seed);
        let folder = Folder::new();
        let mut file = prepared(&folder, "", random.below(2000), true);
        let (mut written, mut generations) = (0, 1);
        let mut follower = folder.follow("a.log");
        let (mut expected, mut came) = (Vec::new(), Vec::new());
        for _ in 0..60 {
            follower.buffer = vec![0; 20 + random.below(600) as usize];
            match random.below(20) {
                0..=8 => {
                    let lines = format!("{:x} line\n", random.next()).repeat(1 + random.below(4) as usize);
                    let piece = &lines.as_bytes()[..1 + random.below(lines.len() as u64) as usize];
                    let size = file.metadata().unwrap().len();
                    if written + piece.len() as u64 > size {
                        file.set_len(size + random.below(3000)).unwrap();
                    }
                    file.write_all_at(piece, written).unwrap();
                    written += piece.len() as u64;
                    expected.extend_from_slice(piece);
                }
                9..=13 => drop(follower.step(Duration::ZERO)),
                14..=15 => follower.settle(),
                16 => file.set_len(written).unwrap(),
                17 => {
                    file.set_len(written).unwrap();
                    folder.rename("a.log", &format!("a.log.{generations}"));
                    generations += 1;
                    std::thread::sleep(Duration::from_millis(20));
                    file = prepared(&folder, "", random.below(2000), true);
                    written = 0;
                }
                _ => {
                    if !follower.is_resuming() {
                        came.extend(follower.all());
                        follower = follower.restart();
                    }
                }
            }
        }
        follower.settle();
        follower.settle();
        came.extend(follower.all());
        // In which order the files come does not matter here.
        came.sort_unstable();
        expected.sort_unstable();
        assert_eq!(String::from_utf8(came), String::from_utf8(expected), "{seed} {:#?}", follower.events);
        // Room of a file of which nothing has been read may be told to be lost, as nobody has seen what was in it.
        assert_eq!(follower.skipped(), 0, "{seed}");
    }
}

#[test]
fn a_file_that_began_with_a_hole_is_known_by_its_last_bytes_at_another_name() {
    let folder = Folder::new();
    folder.append("b.log", [&[0; 5000][..], b"one\n"].concat());
    let mut follower = folder.follow_all("*.log");
    follower.expect("one\n");
    follower.settle();
    let stopped = follower.stop();
    std::fs::hard_link(folder.path("b.log"), folder.path("a.log")).unwrap();
    folder.remove("b.log");
    folder.append("a.log", "two\n");
    let mut follower = stopped.start();
    follower.settle();
    assert_eq!(String::from_utf8_lossy(&follower.all()), "two\n");
}

/// It has no beginning that could be known, and any file begins with nothing.
#[test]
fn what_came_after_a_file_that_began_with_a_hole_is_no_copy_of_it() {
    for is_deleted in [false, true] {
        let folder = Folder::new();
        folder.append("a.log", [&[0; 5000][..], b"one\n"].concat());
        let mut follower = folder.follow("a.log");
        follower.expect("one\n");
        follower.settle();
        let stopped = follower.stop();
        // Its inode is not given to another one.
        let _first = folder.open("a.log");
        if is_deleted {
            folder.remove("a.log");
        } else {
            folder.truncate("a.log");
            folder.rename("a.log", "a.log.3");
        }
        std::thread::sleep(Duration::from_millis(20));
        folder.append("a.log", [&[0; 2000][..], b"two\n"].concat());
        folder.rename("a.log", "a.log.1");
        folder.append("a.log", "three\n");
        let mut follower = stopped.start();
        follower.settle();
        assert_eq!(String::from_utf8_lossy(&follower.all()), "two\nthree\n", "deleted: {is_deleted}");
    }
}

/// Nothing but NULs is known of it, and the longer hole has as many.
#[test]
fn a_hole_that_is_longer_after_another_truncation_is_skipped() {
    for is_away in [false, true] {
        let folder = Folder::new();
        folder.append("a.log", [&[0; 5000][..], b"one\n"].concat());
        let mut follower = folder.follow("a.log");
        follower.until(|follower| follower.skipped() == 5000);
        let mut follower = follower.unseen(is_away, || {
            folder.truncate("a.log");
            folder.append("a.log", [&[0; 8000][..], b"two\n"].concat());
        });
        follower.until(|follower| follower.all().ends_with(b"two\n"));
        assert_eq!(String::from_utf8_lossy(&follower.all()), "two\n", "away: {is_away}");
    }
}
