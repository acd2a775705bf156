//! Ordinary life: a program that writes while its log is rotated several times a second, and a tail with the options that it has by
//! itself, which is ended and begun again meanwhile. Every line must come once, and those of the log in order.
//!
//! `LP_TAIL_ROTATIONS=300` for a longer life than usual.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lp_tail::TailOptions;

use crate::harness::{Folder, Follower};

/// How the log is rotated.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Rotation {
    /// To `.1`, `.2`, ..., and the program opens the new file a moment later.
    Rename,
    /// To a name with the time.
    Dated,
    /// Likewise `.1` is compressed at the next rotation.
    Compressed,
    /// Copied to `.1` and truncated, while nobody writes.
    Copied,
    /// By the program, which opens its log anew.
    Overwritten,
}

/// How the tail is begun again.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Restart {
    Never,
    AtOnce,
    /// After some rotations.
    Late,
}

const KEPT: usize = 60;

struct Program {
    path: PathBuf,
    file: File,
    lines: u64,
}

impl Program {
    fn write(&mut self, lines: u64) {
        for _ in 0..lines {
            self.lines += 1;
            let width = (self.lines % 50) as usize;
            writeln!(self.file, "{:08} {:.<width$}", self.lines, "").unwrap();
        }
    }

    fn reopen(&mut self) {
        self.file = File::options().append(true).create(true).open(&self.path).unwrap();
    }

    fn rotated(&self, number: usize, suffix: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(format!(".{number}{suffix}"));
        path.into()
    }

    fn shift(&self) {
        for number in (1..KEPT).rev() {
            for suffix in ["", ".gz"] {
                let _ = fs::rename(self.rotated(number, suffix), self.rotated(number + 1, suffix));
            }
        }
    }

    fn rotate(&mut self, rotation: Rotation, number: u64) {
        match rotation {
            Rotation::Rename | Rotation::Compressed => {
                self.shift();
                fs::rename(&self.path, self.rotated(1, "")).unwrap();
                self.write(number % 3);
                if rotation == Rotation::Compressed && self.rotated(2, "").exists() {
                    fs::write(self.rotated(2, ".gz"), b"\x1F\x8B\x08 compressed").unwrap();
                    fs::remove_file(self.rotated(2, "")).unwrap();
                }
                self.reopen();
            }
            Rotation::Dated => {
                let path = format!("{}-20261121-{}", self.path.display(), 1_699_999_000 + number);
                fs::rename(&self.path, path).unwrap();
                self.write(number % 3);
                self.reopen();
            }
            Rotation::Copied => {
                self.shift();
                fs::copy(&self.path, self.rotated(1, "")).unwrap();
                self.file.set_len(0).unwrap();
            }
            Rotation::Overwritten => self.file = File::create(&self.path).unwrap(),
        }
    }
}

fn number_of(line: &[u8]) -> Option<u64> {
    std::str::from_utf8(line.get(..8)?).ok()?.parse().ok()
}

fn live(rotation: Rotation, all: bool, restart: Restart) {
    let rotations = std::env::var("LP_TAIL_ROTATIONS").map_or(25, |rotations| rotations.parse().unwrap());
    let folder = Folder::new();
    let path = folder.path("a.log");
    let file = folder.open("a.log");
    let mut program = Program { path, file, lines: 0 };
    let groups = if all { folder.follow_all("a.log*") } else { folder.follow("a.log") }.groups;
    let mut follower = Follower::with(groups, TailOptions::default());
    let (last_read, is_done) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut came: Vec<u8> = Vec::new();
    let (lines, follower) = std::thread::scope(|scope| {
        let (last_read, is_done) = (&last_read, &is_done);
        let writer = scope.spawn(move || {
            for number in 0..rotations {
                program.write(1 + number * 7 % 100);
                // What is in a file that is truncated before anybody has seen anything in it is not missed.
                std::thread::sleep(Duration::from_millis(20 + number * 37 % 120));
                program.write(number % 4);
                // What comes and goes before the tail has its turn is missed by anybody.
                if ![Rotation::Rename, Rotation::Dated].contains(&rotation) {
                    let end = Instant::now() + Duration::from_secs(10);
                    while last_read.load(Ordering::SeqCst) < program.lines && Instant::now() < end {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
                program.rotate(rotation, number);
            }
            program.write(1);
            is_done.store(true, Ordering::SeqCst);
            program.lines
        });
        let mut steps = 0_u64;
        let mut idle = 0;
        // Two looks without anything after the last line.
        let end = Instant::now() + Duration::from_secs(60);
        while idle < 30 {
            assert!(Instant::now() < end, "it does not come to an end");
            let was_done = is_done.load(Ordering::SeqCst);
            steps += 1;
            if follower.step(Duration::from_millis(50)) {
                idle = 0;
                let newest = follower
                    .files
                    .values()
                    .filter_map(|told| number_of(told.bytes.split(|&byte| byte == b'\n').nth_back(1)?))
                    .max();
                last_read.fetch_max(newest.unwrap_or(0), Ordering::SeqCst);
            } else {
                idle += u32::from(was_done);
            }
            if restart != Restart::Never && !was_done && steps.is_multiple_of(150) {
                came.extend(follower.all());
                assert_eq!(follower.lost(), 0, "{:#?}", follower.events);
                let stopped = follower.stop();
                if restart == Restart::Late {
                    std::thread::sleep(Duration::from_millis(steps % 400));
                }
                follower = stopped.start();
            }
        }
        (writer.join().unwrap(), follower)
    });
    came.extend(follower.all());
    let mut numbers: Vec<u64> = came.split(|&byte| byte == b'\n').filter_map(number_of).collect();
    // A file that was renamed is written to once more after that.
    numbers.sort_unstable();
    let missing: Vec<u64> = (1..=lines).filter(|number| numbers.binary_search(number).is_err()).collect();
    let twice: Vec<u64> = numbers.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert!(
        missing.is_empty() && twice.is_empty() && follower.lost() == 0,
        "{rotation:?} {all} {restart:?} missing {missing:?} twice {twice:?} of {lines}\n{}",
        follower.events.join("\n")
    );
}

#[test]
fn every_line_comes_once() {
    use Rotation::{Compressed, Copied, Dated, Overwritten, Rename};
    std::thread::scope(|scope| {
        for rotation in [Rename, Dated, Compressed, Copied, Overwritten] {
            for all in [false, true] {
                for restart in [Restart::Never, Restart::AtOnce, Restart::Late] {
                    // The others wait until all is read.
                    if restart != Restart::Late || [Rename, Dated].contains(&rotation) {
                        scope.spawn(move || live(rotation, all, restart));
                    }
                }
            }
        }
    });
}
