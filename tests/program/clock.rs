//! What a run that follows files does when the clock of its machine is set, ahead or back: nothing is lost or doubled, and nothing
//! stands still.
//!
//! The program is told another time of day by libfaketime (Debian: `faketime`). The time that only goes on, by which it waits, is the
//! real one, as it is when a clock is set.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::following::Following;

const CONFIG: &str = r#"
[http]
listen = "127.0.0.1:0"

[checkpoint]
path = "DIR/checkpoint"
every = "100ms"

[[source]]
type = "file"
paths = ["DIR/app.log"]
format = "json"

[[stage]]
type = "count"
name = "levels"
by = ["severity"]
every = "1s"
lateness = "1s"

[[stage]]
type = "alert"
name = "ERRORS"
where = 'severity >= ERROR'

[[stage]]
type = "alert"
name = "SILENCE"
where = 'severity >= INFO'
absence = { for = "15s" }
lateness = "1s"

[[sink]]
type = "file"
path = "DIR/out/out"
encoding = "raw"
rotate = { age = "2s" }

[[sink]]
type = "file"
input = "counts"
path = "DIR/counts"

[[sink]]
type = "file"
input = ["ERRORS"]
path = "DIR/errors"

[[sink]]
type = "file"
input = ["SILENCE"]
path = "DIR/silence"
"#;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A machine on which a program logs and lp follows its log.
struct Machine {
    lp: Following,
    /// How many seconds its clock is ahead.
    ahead: i64,
    /// How many lines have been logged.
    lines: usize,
}

impl Machine {
    fn start() -> Self {
        let lp = Following::prepare(CONFIG);
        fs::create_dir(lp.path("out")).unwrap();
        let mut machine = Self { lp, ahead: 0, lines: 0 };
        machine.set_clock(0);
        machine.start_lp();
        machine
    }

    fn start_lp(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lp"));
        command.env("LD_PRELOAD", library()).env("FAKETIME_TIMESTAMP_FILE", self.lp.path("clock"));
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
        self.lp.start_until_ready_by(command.stdin(Stdio::null()));
    }

    /// Sets the clock so many seconds ahead of the right time.
    fn set_clock(&mut self, ahead: i64) {
        self.ahead = ahead;
        let new = self.lp.path("clock.new");
        fs::write(&new, format!("{ahead:+}\n")).unwrap();
        // At once, so that nobody reads half of it.
        fs::rename(new, self.lp.path("clock")).unwrap();
    }

    /// Logs this many lines, one every 20 ms; every tenth is an error.
    fn log(&mut self, count: usize) {
        let mut log = OpenOptions::new().create(true).append(true).open(self.lp.path("app.log")).unwrap();
        for _ in 0..count {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
            let now = i64::try_from(now).unwrap() + self.ahead * 1000;
            let level = if self.lines.is_multiple_of(10) { "ERROR" } else { "INFO" };
            let number = self.lines;
            writeln!(log, r#"{{"timestamp":{now},"level":"{level}","message":"line {number}"}}"#).unwrap();
            self.lines += 1;
            sleep(Duration::from_millis(20));
        }
    }

    /// Waits until all has been written, and looks at how the run is.
    #[track_caller]
    fn assert_well(&mut self) {
        let lines = self.lines;
        self.lp.wait_until("all lines", |lp| written(lp).len() >= lines);
        self.lp.wait_until("a checkpoint of them", |lp| lp.value("lp_checkpoint_age_seconds") < 2.0);
        assert!(self.lp.is_ready());
        let (lp, log) = (&self.lp, self.lp.path("app.log").display().to_string());
        for series in
            ["lp_checkpoint_failures_total".to_owned(), format!("lp_input_lost_bytes_total{{path=\"{log}\"}}")]
        {
            assert_eq!(lp.value(&series), 0.0, "{series}");
        }
        let waits = lp.value(&format!("lp_file_lag_seconds{{path=\"{log}\"}}"));
        assert!(waits < 2.0, "{waits}");
        let memory = lp.peak_memory();
        assert!(memory < 24 << 20, "{memory} bytes");
    }
}

/// How many records the counts have told: in their intervals, and late.
fn counted(lp: &Following) -> [usize; 2] {
    let of = |line: &str, name: &str| {
        let (_, number) = line.rsplit_once(&format!("\"{name}\":")).unwrap();
        number[..number.find([',', '}']).unwrap()].parse::<usize>().unwrap()
    };
    let counts = lp.text("counts");
    // The last line may be on its way.
    let lines = counts.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    ["total", "late"].map(|name| lines.clone().map(|line| of(line, name)).sum())
}

/// The library that tells another time.
fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap().map(|folder| folder.unwrap().path());
    let mut libraries = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    libraries.find(|library| library.exists()).expect("libfaketime is needed: apt-get install faketime")
}

/// The rotated files, the oldest first.
fn rotated(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut rotated: Vec<PathBuf> = paths.filter(|path| !path.ends_with("out")).collect();
    rotated.sort_by_key(|path| {
        let (time, number) = path.file_name().unwrap().to_str().unwrap().split_once('Z').unwrap();
        (time.to_owned(), number.strip_prefix('-').map_or(1, |number| number.parse::<u32>().unwrap()))
    });
    rotated
}

/// All lines that are in the output, in the order of its files.
fn written(lp: &Following) -> Vec<String> {
    let folder = lp.path("out");
    let files = rotated(&folder).into_iter().chain([folder.join("out")]);
    let texts = files.map(|path| fs::read_to_string(path).unwrap_or_default());
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
#[ignore = "needs libfaketime: cargo test --test program -- --ignored"]
fn the_clock_is_set_while_a_program_logs() {
    let mut machine = Machine::start();
    for (ahead, is_killed) in
        [(0, false), (HOUR, false), (0, true), (HOUR, true), (-DAY, false), (0, true), (-DAY, true), (0, false)]
    {
        machine.set_clock(ahead);
        machine.log(60);
        if is_killed {
            machine.lp.kill();
            machine.log(10);
            machine.start_lp();
        }
        machine.log(60);
        machine.assert_well();
    }
    // With this, and a while later, all intervals are over.
    machine.set_clock(2 * HOUR);
    machine.log(1);
    let lines = machine.lines;
    machine.lp.wait_until("all are counted", |lp| counted(lp).iter().sum::<usize>() >= lines);
    machine.assert_well();
    machine.lp.stop();
    assert_eq!(written(&machine.lp).join("\n") + "\n", machine.lp.text("app.log"), "each line once and in order");
    let errors = machine.lp.text("errors");
    assert_eq!(errors.lines().count(), lines.div_ceil(10), "each error once: {errors}");
    assert_eq!(counted(&machine.lp).iter().sum::<usize>(), lines, "each once: {}", machine.lp.text("counts"));
    // It was this clock that lp saw: what was rotated after it was put back has the time of before, and another number.
    let names = rotated(&machine.lp.path("out"));
    assert!(names.iter().any(|name| name.to_str().unwrap().ends_with("Z-3")), "{names:?}");
}

/// What is read after the clock has been wrong for a moment is not late, and what nothing follows is told when its time is over.
#[test]
#[ignore = "needs libfaketime: cargo test --test program -- --ignored"]
fn the_clock_is_set_while_nothing_is_logged() {
    let mut machine = Machine::start();
    machine.log(20);
    machine.assert_well();
    // Longer than it takes until the stages are told the time.
    let a_while = || sleep(Duration::from_secs(1));
    a_while();
    for ahead in [HOUR, 0, -DAY, 0] {
        machine.set_clock(ahead);
        a_while();
    }
    machine.log(20);
    machine.assert_well();
    a_while();
    assert_eq!(machine.lp.text("silence"), "");
    machine.set_clock(-DAY);
    let begun = Instant::now();
    let lines = machine.lines;
    machine.lp.wait_until("silence is told", |lp| lp.text("silence").contains("firing"));
    assert!(begun.elapsed() > Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(counted(&machine.lp), [lines, 0], "{}", machine.lp.text("counts"));
    machine.lp.stop();
}
