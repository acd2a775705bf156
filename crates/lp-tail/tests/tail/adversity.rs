//! What goes wrong around a tail: files that cannot be read, news that get lost, more files than may be open, folders that vanish.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::Duration;

use lp_tail::{Group, Pattern, Start, TailOptions};

use crate::harness::{Folder, Follower, quick};

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_cannot_be_read_is_told_once_and_does_not_keep_others() {
    let folder = Folder::new();
    // It can be opened, but nothing is mapped at its beginning.
    symlink("/proc/self/mem", folder.path("a.log")).unwrap();
    folder.append("b.log", "one\n");
    let mut follower = folder.follow_all("*.log");
    follower.expect("one\n");
    folder.append("b.log", "two\n");
    follower.expect("one\ntwo\n");
    assert_eq!(follower.failed, [folder.path("a.log")]);
}

#[test]
fn a_file_that_must_not_be_read_is_read_when_it_may_be() {
    let folder = Folder::new();
    let path = folder.path("a.log");
    folder.append("a.log", "one\n");
    let allow = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    allow(0);
    if fs::File::open(&path).is_ok() {
        // Nothing is forbidden to root.
        return;
    }
    let mut follower = folder.follow("a.log");
    follower.settle();
    assert_eq!(follower.failed, [folder.path("a.log")]);
    allow(0o600);
    follower.expect("one\n");
    // What is open can be read on.
    let mut writer = folder.open("a.log");
    allow(0);
    writer.write_all(b"two\n").unwrap();
    follower.expect("one\ntwo\n");
}

#[test]
fn a_folder_that_cannot_be_read_does_not_keep_the_files_of_others() {
    let folder = Folder::new();
    for name in ["a", "m", "z"] {
        fs::create_dir(folder.path(name)).unwrap();
        folder.append(&format!("{name}/x.log"), format!("{name}\n"));
    }
    // It leads to itself.
    symlink(folder.path("n"), folder.path("n")).unwrap();
    let mut follower = folder.follow_all("*/*.log");
    follower.expect("a\nm\nz\n");
    assert_eq!(follower.failed, [folder.path("n")]);
    // It can be gone through, but not be read.
    fs::set_permissions(folder.path("m"), fs::Permissions::from_mode(0o300)).unwrap();
    follower.settle();
    folder.append("m/x.log", "later\n");
    follower.expect("a\nm\nlater\nz\n");
    folder.rename("m/x.log", "m/x.log.1");
    folder.append("m/x.log", "new\n");
    follower.until(|follower| follower.all().len() == 16);
    assert_eq!(follower.of(&folder.path("m/x.log")), b"m\nlater\nnew\n");
    fs::set_permissions(folder.path("m"), fs::Permissions::from_mode(0o700)).unwrap();
}

/// Two files in turns, so that the system does not make one news of many; it keeps 16,384 of them where nobody has changed that.
#[test]
fn nothing_is_missed_when_more_happens_than_the_system_keeps_news_of() {
    let folder = Folder::new();
    let (mut a, mut b) = (folder.open("a.log"), folder.open("b.log"));
    let group = Group {
        patterns: vec![Pattern::Glob(folder.path("*.log").to_str().unwrap().to_owned())],
        start: Start::Beginning,
    };
    let mut follower = Follower::with(vec![group], TailOptions::default());
    follower.settle();
    for _ in 0..10_000 {
        a.write_all(b"a\n").unwrap();
        b.write_all(b"b\n").unwrap();
    }
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "after\n");
    follower.until(|follower| follower.all().len() == 40_006);
    assert_eq!(follower.of(&folder.path("a.log")), ["a\n".repeat(10_000), "after\n".into()].concat().as_bytes());
}

/// The system tells nothing of what is written through a name in a folder that is not watched.
#[test]
fn what_the_system_does_not_tell_is_found_by_looking() {
    let folder = Folder::new();
    fs::create_dir(folder.path("elsewhere")).unwrap();
    folder.append("a.log", "one\n");
    fs::hard_link(folder.path("a.log"), folder.path("elsewhere/b")).unwrap();
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    folder.append("elsewhere/b", "two\n");
    follower.expect("one\ntwo\n");
    folder.truncate("elsewhere/b");
    folder.append("elsewhere/b", "three\n");
    follower.expect("one\ntwo\nthree\n");
}

#[test]
fn three_thousand_files_are_read_with_few_of_them_open() {
    const FILES: usize = 3000;
    let folder = Folder::new();
    let write = |round: usize| {
        for number in 0..FILES {
            folder.append(&format!("{number:04}.log"), format!("{round} {number:04}\n"));
        }
    };
    write(0);
    let mut follower = folder.follow_all("*.log");
    follower.until(|follower| follower.all().len() == FILES * 7);
    write(1);
    follower.until(|follower| follower.all().len() == FILES * 14);
    assert_eq!(follower.files.len(), FILES);
    for (told, number) in follower.files.values().zip(0..) {
        assert_eq!(String::from_utf8_lossy(&told.bytes), format!("0 {number:04}\n1 {number:04}\n"));
    }
    let open = folder.open_files();
    assert!(open <= quick().open_files, "{open} files are open");
}

#[test]
fn a_folder_that_vanishes_and_comes_back_is_watched_again() {
    let folder = Folder::new();
    let create = || fs::create_dir(folder.path("logs")).unwrap();
    create();
    folder.append("logs/a.log", "one\n");
    let mut follower = folder.follow("logs/a.log");
    follower.expect("one\n");
    folder.rename("logs", "old");
    follower.settle();
    folder.append("old/a.log", "late\n");
    follower.expect("one\nlate\n");
    create();
    folder.append("logs/a.log", "two\n");
    follower.expect("one\nlate\ntwo\n");
    fs::remove_dir_all(folder.path("logs")).unwrap();
    create();
    folder.append("logs/a.log", "three\n");
    follower.expect("one\nlate\ntwo\nthree\n");
    folder.append("logs/a.log", "four\n");
    follower.expect("one\nlate\ntwo\nthree\nfour\n");
    assert_eq!(follower.lost(), 0);
}

#[test]
fn a_file_that_keeps_one_of_its_names_goes_on() {
    let folder = Folder::new();
    folder.append("a.log", "one\n");
    fs::hard_link(folder.path("a.log"), folder.path("b.log")).unwrap();
    let mut follower = folder.follow_all("*.log");
    follower.expect("one\n");
    folder.remove("a.log");
    follower.settle();
    folder.append("b.log", "two\n");
    follower.expect("one\ntwo\n");
    folder.append("a.log", "new\n");
    follower.expect("one\ntwo\nnew\n");
    assert_eq!(follower.files.len(), 2);
}

#[test]
fn a_symbolic_link_that_goes_back_and_forth_is_read_once() {
    let folder = Folder::new();
    folder.append("one", "one\n");
    folder.append("two", "two\n");
    let swap = |to: &str| {
        symlink(folder.path(to), folder.path("new")).unwrap();
        folder.rename("new", "a.log");
    };
    swap("one");
    let mut follower = folder.follow("a.log");
    follower.expect("one\n");
    swap("two");
    follower.expect("one\ntwo\n");
    swap("one");
    folder.append("one", "more\n");
    follower.expect("one\nmore\ntwo\n");
    swap("two");
    folder.append("two", "even more\n");
    follower.expect("one\nmore\ntwo\neven more\n");
    assert_eq!(follower.files.len(), 2);
}

/// With a link, a file of the day, and the link changed at midnight; what is written is found without a look at the link.
#[test]
fn the_target_of_a_symbolic_link_is_watched() {
    let folder = Folder::new();
    fs::create_dir(folder.path("days")).unwrap();
    folder.append("days/1", "one\n");
    symlink(folder.path("days/1"), folder.path("a.log")).unwrap();
    let group = Group { patterns: vec![Pattern::Path(folder.path("a.log"))], start: Start::Beginning };
    let options = TailOptions { look_every: Duration::from_secs(3600), ..quick() };
    let mut follower = Follower::with(vec![group], options);
    follower.expect("one\n");
    folder.append("days/1", "two\n");
    follower.expect("one\ntwo\n");
    symlink(folder.path("days/2"), folder.path("new")).unwrap();
    folder.append("days/2", "three\n");
    folder.rename("new", "a.log");
    follower.expect("one\ntwo\nthree\n");
    folder.append("days/2", "four\n");
    follower.expect("one\ntwo\nthree\nfour\n");
}

/// Options that mean "never", a buffer that is none, and positions that no file has.
#[test]
fn no_option_and_no_argument_makes_a_tail_panic_or_spin() {
    let folder = Folder::new();
    let never = Duration::MAX;
    for options in [
        TailOptions { look_every: never, ..quick() },
        TailOptions { pause: never, ..quick() },
        TailOptions { quiet: never, ..quick() },
        TailOptions { open_files: 0, look_every: Duration::ZERO, pause: Duration::ZERO, quiet: Duration::ZERO },
        TailOptions { open_files: usize::MAX, look_every: never, pause: never, quiet: never },
    ] {
        folder.append("a.log", "one\n");
        let groups = vec![Group { patterns: vec![Pattern::Path(folder.path("a.log"))], start: Start::Beginning }];
        let mut follower = Follower::with(groups, options);
        follower.until(|follower| !follower.all().is_empty());
        folder.append("a.log", "two\n");
        follower.settle();
        folder.rename("a.log", "a.log.1");
        follower.settle();
        folder.remove("a.log.1");
        follower.settle();
    }
    folder.append("a.log", "one\n");
    let mut follower = folder.follow("a.log");
    for _ in 0..3 {
        let mut none = Vec::new();
        std::mem::swap(&mut none, &mut follower.buffer);
        follower.settle();
        assert_eq!(follower.all(), b"");
        std::mem::swap(&mut none, &mut follower.buffer);
    }
    follower.expect("one\n");
    let file = *follower.files.keys().next().unwrap();
    for behind in [u64::MAX, u64::MAX - 3, i64::MAX as u64, 5] {
        follower.tail.seek(file, behind);
        assert_eq!(follower.tail.read_at(file, &mut [0; 8], 0).unwrap(), 4);
        follower.settle();
    }
    folder.append("a.log", "two\n");
    follower.expect("one\ntwo\n");
    assert!(follower.failed.is_empty() && follower.lost() == 0);
    assert!(follower.tail.read_at(file, &mut [0; 8], u64::MAX).is_ok());
}
