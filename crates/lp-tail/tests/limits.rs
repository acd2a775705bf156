//! More files than the system lets the process have open. A test of its own, as the limit is that of the whole process.

#![cfg(target_os = "linux")]
// A failure is how a test tells.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};

use lp_tail::{Event, Group, Pattern, Start, Tail, TailOptions};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const FILES: usize = 120;
const MOST: u64 = 64;

fn groups(folder: &tempfile::TempDir) -> Vec<Group> {
    let patterns = vec![Pattern::Glob(folder.path().join("*.log").to_str().unwrap().to_owned())];
    vec![Group { patterns, start: Start::Beginning }]
}

/// Writes a line to each file.
fn write(folder: &tempfile::TempDir) {
    for number in 0..FILES {
        let path = folder.path().join(format!("{number}.log"));
        let mut file = File::options().append(true).create(true).open(path).unwrap();
        writeln!(file, "{number:04}").unwrap();
    }
}

/// Takes a line of each.
fn read(tail: &mut Tail) {
    let mut buffer = vec![0; 4096];
    let mut read = BTreeMap::new();
    let end = Instant::now() + Duration::from_secs(20);
    while read.values().sum::<usize>() < FILES * 5 {
        assert!(Instant::now() < end, "{} files read", read.len());
        match tail.next(&mut buffer, Duration::from_millis(100)) {
            Event::Bytes { file, len, .. } => *read.entry(file).or_default() += len,
            Event::Lost { .. } | Event::Ended { .. } => panic!("nothing is gone"),
            _ => {}
        }
    }
    assert_eq!(read.len(), FILES);
}

#[test]
fn others_have_files_open_too() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(MOST), ..limit }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut tail = Tail::new(groups(&folder), Vec::new(), TailOptions::default()).unwrap();
    write(&folder);
    read(&mut tail);
    write(&folder);
    // Whatever is left is taken by somebody else.
    let others: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(others.len() > 16, "only {} are left for others", others.len());
    read(&mut tail);
    drop(others);
    write(&folder);
    read(&mut tail);
}
