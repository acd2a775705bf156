//! More files than may be open, which are all renamed or moved at once.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use lp_tail::TailOptions;

use crate::harness::{Folder, Follower, quick};

const FILES: usize = 200;

/// Some of them open.
fn few() -> TailOptions {
    TailOptions { open_files: 32, ..quick() }
}

fn follow(folder: &Folder, options: TailOptions) -> Follower {
    let Follower { groups, .. } = folder.follow_all("in/*.log");
    Follower::with(groups, options)
}

/// Writes a first line to each file, has it read, writes a second one, renames each at once and writes a third one to what comes in its
/// place. All of it must come.
#[track_caller]
fn rotate(folder: &Folder, at: impl Fn(usize) -> String, to: impl Fn(usize) -> String) {
    (0..FILES).for_each(|number| folder.append(&at(number), format!("{number:03} first\n")));
    let mut follower = follow(folder, few());
    follower.until(|follower| follower.all().len() == FILES * 10);
    for number in 0..FILES {
        folder.append(&at(number), format!("{number:03} second\n"));
        folder.rename(&at(number), &to(number));
        folder.append(&at(number), format!("{number:03} third\n"));
    }
    let all = FILES * (10 + 11 + 10);
    let end = Instant::now() + Duration::from_secs(20);
    while follower.all().len() < all && Instant::now() < end {
        follower.step(Duration::from_millis(50));
    }
    let text = String::from_utf8(follower.all()).unwrap();
    for (what, expected) in [("first", FILES), ("third", FILES), ("second", FILES)] {
        assert_eq!(text.lines().filter(|line| line.ends_with(what)).count(), expected, "{what}");
    }
    assert_eq!(follower.lost(), 0);
    let open = folder.open_files();
    assert!(open <= few().open_files, "{open} files are open");
}

/// By its last name only, not by the first that is taken from it.
#[test]
fn that_no_path_leads_to_a_file_any_more_is_told_once() {
    let folder = Folder::new();
    let mut follower = folder.follow("a.log");
    folder.append("a.log", "one\ntw");
    let mut writer = folder.open("a.log");
    follower.expect("one\ntw");
    let is_unlinked = |follower: &Follower| follower.files.values().map(|told| told.unlinked).collect::<Vec<_>>();
    fs::hard_link(folder.path("a.log"), folder.path("b.log")).unwrap();
    folder.remove("a.log");
    folder.append("a.log", "new\n");
    follower.expect("one\ntwnew\n");
    assert_eq!(is_unlinked(&follower), [false, false]);
    folder.rename("b.log", "c.log");
    folder.remove("c.log");
    follower.until(|follower| is_unlinked(follower) == [true, false]);
    writer.write_all(b"o\n").unwrap();
    follower.expect("one\ntwo\nnew\n");
}

#[test]
fn files_that_are_rotated_at_once_are_read_to_their_ends() {
    let folder = Folder::new();
    fs::create_dir(folder.path("in")).unwrap();
    rotate(&folder, |number| format!("in/{number}.log"), |number| format!("in/{number}.log.1"));
}

#[test]
fn files_behind_links_that_are_rotated_at_once_are_read_to_their_ends() {
    let folder = Folder::new();
    fs::create_dir(folder.path("in")).unwrap();
    for number in 0..FILES {
        fs::create_dir_all(folder.path(&format!("pods/{number}"))).unwrap();
        symlink(folder.path(&format!("pods/{number}/0.log")), folder.path(&format!("in/{number}.log"))).unwrap();
    }
    rotate(&folder, |number| format!("pods/{number}/0.log"), |number| format!("pods/{number}/0.log.20261121-101112"));
}

#[test]
fn files_that_are_moved_to_another_folder_at_once_are_read_to_their_ends() {
    let folder = Folder::new();
    fs::create_dir(folder.path("in")).unwrap();
    fs::create_dir(folder.path("old")).unwrap();
    rotate(&folder, |number| format!("in/{number}.log"), |number| format!("old/{number}.log.1"));
}

/// What an unrelated file of the same look must not wait for.
#[test]
fn many_files_that_are_renamed_keep_no_other_waiting() {
    const MANY: usize = 1500;
    let folder = Folder::new();
    fs::create_dir(folder.path("in")).unwrap();
    (0..MANY).for_each(|number| folder.append(&format!("in/{number}.log"), "0\n"));
    folder.append("in/live.log", "");
    let mut follower = follow(&folder, few());
    follower.until(|follower| follower.all().len() == MANY * 2);
    for number in 0..MANY {
        folder.rename(&format!("in/{number}.log"), &format!("in/{number}.log.1"));
        folder.append(&format!("in/{number}.log"), "1\n");
    }
    folder.append("in/live.log", "live\n");
    let live = folder.path("in/live.log");
    follower.until(|follower| follower.of(&live) == b"live\n" && follower.all().len() == MANY * 4 + 5);
}
