//! The torture test: logs are written, rotated and destroyed at random while the program that follows them is killed at random;
//! at the end every record is in its outputs once, but for those that were destroyed before anybody could read them.
//!
//! ```sh
//! LP_TORTURE_SECONDS=3600 LP_TORTURE_SEED=7 cargo test --release --test program -- --ignored torture --nocapture
//! ```
//!
//! A seed says what is done, but not when the program comes to see it: one that has failed once fails again often, but not always.
//! The folder of a run that failed is kept: `actions` says what was done, `stderr` what the program said. Put the seed into
//! `tests/testdata/torture/seeds`; it runs with every test from then on.

#![allow(clippy::print_stdout)]

mod checker;
mod model;
mod program;
mod record;
mod self_test;
mod writer;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use corpus::Random;
use rustix::process::Signal;

use checker::Found;
use program::Program;
use writer::Writer;

/// How long each seed runs that is always run.
const SHORT: Duration = Duration::from_secs(10);
/// How long the long run is unless it is told. (Waiting until all is calm comes to this.)
const LONG: Duration = Duration::from_secs(30);

#[test]
fn seeds_that_failed_once() {
    /// Side by side: most of the time they wait.
    const TOGETHER: usize = 6;
    let seeds = include_str!("../testdata/torture/seeds");
    let seeds = seeds.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let seeds: Vec<u64> = seeds.filter(|seed| !seed.is_empty()).map(|seed| seed.parse().unwrap()).collect();
    for seeds in seeds.chunks(TOGETHER) {
        thread::scope(|scope| {
            for &seed in seeds {
                scope.spawn(move || torture(seed, SHORT));
            }
        });
    }
}

#[test]
#[ignore = "takes minutes, or hours if LP_TORTURE_SECONDS says so"]
fn torture_for_long() {
    let setting = |name| std::env::var(name).ok().map(|value| value.parse().unwrap());
    torture(setting("LP_TORTURE_SEED").unwrap_or(1), setting("LP_TORTURE_SECONDS").map_or(LONG, Duration::from_secs));
}

/// Runs for a time, and fails if anything is not as it must be.
fn torture(seed: u64, time: Duration) {
    let folder = tempfile::Builder::new().prefix("lp-torture-").tempdir().unwrap().keep();
    println!("torture: seed {seed}, {} seconds, in {}", time.as_secs(), folder.display());
    let Found { faults, records, destroyed, fragments, parted } = Run::new(&folder, seed).run(time);
    println!("{records} records; {destroyed} destroyed unread, {fragments} cut, {parted} parted");
    for fault in faults.iter().take(20) {
        println!("  {fault}");
    }
    assert!(faults.is_empty(), "seed {seed}: {} faults; see {}", faults.len(), folder.display());
    std::fs::remove_dir_all(folder).unwrap();
}

struct Run {
    random: Random,
    writer: Writer,
    program: Program,
    /// What was done when.
    actions: File,
    start: Instant,
    /// When the program is to go on that was stopped.
    goes_on: Option<Instant>,
    /// When the program is to be started that was killed.
    starts: Option<Instant>,
}

impl Run {
    fn new(folder: &Path, seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            writer: Writer::new(&folder.join("logs")),
            program: Program::new(folder),
            actions: File::create(folder.join("actions")).unwrap(),
            start: Instant::now(),
            goes_on: None,
            starts: None,
        }
    }

    fn run(mut self, time: Duration) -> Found {
        self.program.start();
        self.calm_down();
        while self.start.elapsed() < time {
            if self.random.one_in(40) {
                self.disturb();
            }
            if self.random.one_in(300) {
                self.calm_down();
            }
            if self.random.one_in(900) {
                self.destroy_unread();
            }
            self.wake_when_due();
            let what = self.writer.act(&mut self.random);
            self.note(&what);
            if !self.random.one_in(3) {
                thread::sleep(Duration::from_millis(self.random.below(25)));
            }
        }
        self.wake();
        self.writer.finish_records();
        self.program.wait_until_silent(Duration::from_secs(6));
        self.note("the intervals are closed");
        for time in 0..2 {
            self.writer.close_intervals(time);
            self.program.wait_until_silent(Duration::from_secs(3));
        }
        self.program.terminate();
        checker::check(&self.writer.model, &self.program.outputs())
    }

    fn note(&mut self, what: &str) {
        writeln!(self.actions, "{:10.3} {what}", self.start.elapsed().as_secs_f64()).unwrap();
    }

    /// Does something to the program.
    fn disturb(&mut self) {
        self.wake();
        self.writer.disturbed();
        let pause = Duration::from_millis(self.random.below(1500));
        match self.random.below(10) {
            0..6 => {
                self.note(&format!("SIGKILL, for {pause:?}"));
                self.program.kill();
                self.starts = Some(Instant::now() + pause);
            }
            6 => {
                self.note(&format!("SIGTERM, for {pause:?}"));
                self.program.terminate();
                self.starts = Some(Instant::now() + pause);
            }
            7 => {
                self.note("SIGHUP");
                self.program.signal(Signal::HUP);
            }
            _ => {
                self.note(&format!("SIGSTOP, for {pause:?}"));
                self.program.signal(Signal::STOP);
                self.goes_on = Some(Instant::now() + pause);
            }
        }
    }

    fn wake_when_due(&mut self) {
        let now = Instant::now();
        if self.goes_on.is_some_and(|time| time <= now) || self.starts.is_some_and(|time| time <= now) {
            self.wake();
        }
    }

    /// Lets the program run.
    fn wake(&mut self) {
        if self.goes_on.take().is_some() {
            self.note("SIGCONT");
            self.program.signal(Signal::CONT);
        }
        if self.starts.take().is_some() {
            self.note("start");
            self.program.start();
        }
    }

    /// Waits until the program has done all that there is to do: from then on nothing of it may be missing.
    fn calm_down(&mut self) {
        self.wake();
        self.writer.finish_records();
        self.program.wait_until_calm();
        self.writer.confirm();
        self.note("calm");
        if self.random.one_in(5) {
            self.note("a second program");
            self.program.refuses_a_second_one();
        }
    }

    /// Destroys what the program has seen and not read: it must say how much that was.
    fn destroy_unread(&mut self) {
        self.calm_down();
        self.note("held, and truncated");
        self.program.hold(true);
        let (generation, _) = self.writer.write_much(20_000);
        let before = self.program.lost();
        // It looks at the files also while it is held up, several times in this time.
        thread::sleep(Duration::from_secs(2));
        self.writer.destroy_much();
        thread::sleep(Duration::from_millis(1200));
        self.program.hold(false);
        self.program.wait_until_calm();
        self.writer.confirm();
        self.writer.model.told_lost.push((generation, self.program.lost().saturating_sub(before)));
    }
}
