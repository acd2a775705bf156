//! Random actions on logs, and restarts of the tail at random moments, with and without the files that it had open, against a model of what must come out.
//!
//! `LP_TAIL_SEEDS=100..200` runs other seeds than those that are always run, and `LP_TAIL_ACTIONS=500` more actions.

mod check;
mod logs;

use std::fs::File;
use std::time::Duration;

use lp_tail::{Group, OpenFiles, Pattern, Start, Tail, TailOptions};

use crate::harness::{Folder, Follower, Stopped, Told, quick};

use check::is_of;

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// The bytes that were written to one log between two rotations.
struct Generation {
    log: usize,
    content: Vec<u8>,
    /// Some or all of it has been taken away, perhaps before it could be read.
    is_destroyed: bool,
    /// Nobody can know that it was there: it came and went between two looks.
    may_be_missed: bool,
    /// Some of it was read after it had been copied, and the tail was killed before it could see the copy.
    may_be_double: bool,
    is_copied_early: bool,
    is_copied: bool,
    /// How much of it the tail has seen, whether it has been read or not.
    seen: usize,
    /// It was truncated when all of it had been seen: what is missing must be told.
    is_exact: bool,
}

/// A log, with the numbers of its generations: that at its path, and those that were renamed or copied, the newest first.
struct Log {
    name: String,
    current: Option<usize>,
    rotated: Vec<usize>,
    writer: Option<File>,
    /// The generation at the path was destroyed, and the tail has not looked since.
    is_broken: bool,
}

/// A checkpoint, and what had come out when it was taken.
#[derive(Clone)]
struct Taken {
    stopped: Stopped,
    told: Vec<Told>,
}

struct Torture {
    seed: u64,
    random: Random,
    folder: Folder,
    is_glob: bool,
    generations: Vec<Generation>,
    logs: Vec<Log>,
    follower: Follower,
    /// What was told in earlier lives.
    before: Vec<Told>,
    taken: Taken,
    trace: Vec<String>,
}

impl Torture {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let folder = Folder::new();
        let is_glob = random.one_in(2);
        let logs = (0..=random.below(2)).map(|number| Log {
            name: format!("{number}.log"),
            current: None,
            rotated: Vec::new(),
            writer: None,
            is_broken: true,
        });
        let logs: Vec<Log> = logs.collect();
        let patterns = match is_glob {
            true => vec![Pattern::Glob(folder.path("*.log*").to_str().unwrap().to_owned())],
            false => logs.iter().map(|log| Pattern::Path(folder.path(&log.name))).collect(),
        };
        let options = TailOptions {
            open_files: if random.one_in(4) { 2 } else { 64 },
            look_every: Duration::from_millis(if random.one_in(3) { 1 } else { 20 }),
            quiet: if random.one_in(3) { Duration::ZERO } else { Duration::from_secs(300) },
            ..quick()
        };
        let groups = vec![Group { patterns, start: Start::Beginning }];
        let stopped = Stopped { groups, known: Vec::new(), options };
        let mut follower = stopped.clone().start();
        follower.buffer = vec![0; 60 + random.below(300) as usize];
        Self {
            seed,
            random,
            folder,
            is_glob,
            generations: Vec::new(),
            logs,
            follower,
            before: Vec::new(),
            taken: Taken { stopped, told: Vec::new() },
            trace: Vec::new(),
        }
    }

    fn note(&mut self, what: String) {
        self.trace.append(&mut self.follower.events);
        self.trace.push(what);
    }

    fn act(&mut self) {
        let log = self.random.below(self.logs.len() as u64) as usize;
        match self.random.below(40) {
            0..=13 => self.append(log),
            14..=18 => self.step(),
            19..=21 => self.settle(),
            22..=23 => self.look(),
            24..=26 => self.rename(log),
            27..=29 => self.copytruncate(log),
            30 => self.truncate(log),
            31 => self.delete(log),
            32 => self.move_back(log),
            33..=34 => self.write_late(log),
            35..=36 => self.take(),
            37 => self.kill(),
            38 => self.restart(),
            _ => self.hand_over(),
        }
    }

    fn step(&mut self) {
        for _ in 0..self.random.below(10) {
            self.follower.step(Duration::ZERO);
        }
    }

    /// Takes note of what the tail has seen; on a busy machine it has not always looked when it was asked to.
    fn all_seen(&mut self) {
        let sizes: Vec<_> = self.follower.tail.files().map(|file| (file.path.to_path_buf(), file.size)).collect();
        for log in &mut self.logs {
            if let Some(current) = log.current {
                let generation = &mut self.generations[current];
                let path = self.folder.path(&log.name);
                if sizes.contains(&(path, generation.content.len() as u64)) {
                    log.is_broken = false;
                    generation.seen = generation.content.len();
                }
            }
        }
    }

    fn settle(&mut self) {
        self.note("settle".into());
        while self.follower.step(Duration::from_millis(45)) {}
        self.all_seen();
    }

    /// Looks without reading, as while outputs do not keep up.
    fn look(&mut self) {
        self.note("look".into());
        std::thread::sleep(Duration::from_millis(45));
        self.follower.tail.look();
        self.all_seen();
    }

    fn told(&self) -> Vec<Told> {
        self.before.iter().chain(self.follower.files.values()).cloned().collect()
    }

    fn take(&mut self) {
        self.note("checkpoint".into());
        // Until it has told what has become of what it went on from, that is what would be kept.
        let told = if self.follower.is_resuming() { self.before.clone() } else { self.told() };
        self.taken = Taken { stopped: self.follower.stopped(), told };
    }

    /// Ends the tail without notice, and goes on from what was taken last. What came since has never been.
    fn kill(&mut self) {
        self.note("kill".into());
        self.start_again(OpenFiles::default());
    }

    /// Goes on from what was taken last, with these files open.
    fn start_again(&mut self, open: OpenFiles) {
        let Taken { stopped, told } = self.taken.clone();
        self.before = told;
        for generation in &mut self.generations {
            (generation.seen, generation.is_exact) = (0, false);
            generation.may_be_double |= generation.is_copied_early;
        }
        for log in &mut self.logs {
            // Of what has never been seen, nothing is known to have been before.
            log.is_broken = true;
        }
        for generation in &mut self.generations {
            // Unless it is found at its path, or follows one that is.
            generation.may_be_missed |= generation.is_destroyed;
        }
        for (number, generation) in self.generations.iter_mut().enumerate() {
            let log = &self.logs[generation.log];
            if log.current != Some(number) && !self.is_glob {
                let is_known = self.taken.told.iter().any(|told| is_of(told, generation) && !told.bytes.is_empty());
                generation.may_be_missed |= !is_known;
            }
        }
        self.note("start again".into());
        self.follower = stopped.start_with(open);
        self.follower.buffer = vec![0; 60 + self.random.below(300) as usize];
        self.all_seen();
    }

    /// Stops and goes on, with nothing in between.
    fn restart(&mut self) {
        self.take();
        self.kill();
    }

    /// Lets another tail go on in the place of this one.
    fn hand_over(&mut self) {
        while self.follower.tail.has_news() {
            self.follower.step(Duration::ZERO);
        }
        self.take();
        self.note("hand over".into());
        let none = Tail::new(Vec::new(), Vec::new(), quick()).unwrap();
        let tail = std::mem::replace(&mut self.follower.tail, none);
        self.start_again(tail.into_open_files());
    }
}

fn run(seed: u64, actions: u64) {
    let mut torture = Torture::new(seed);
    for _ in 0..actions {
        torture.act();
    }
    torture.check();
}

/// What failed once.
#[test]
fn random_actions_that_failed() {
    for (seed, actions) in [(244, 100), (518, 100)] {
        run(seed, actions);
    }
}

#[test]
fn random_actions() {
    let seeds = std::env::var("LP_TAIL_SEEDS").unwrap_or_else(|_| "0..12".into());
    let actions = std::env::var("LP_TAIL_ACTIONS").map_or(60, |actions| actions.parse().unwrap());
    let (from, to) = seeds.split_once("..").expect("two numbers with two dots between them");
    for seed in from.parse().unwrap()..to.parse().unwrap() {
        run(seed, actions);
    }
}
