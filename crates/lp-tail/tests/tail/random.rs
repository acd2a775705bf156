//! Random actions on logs, and restarts of the tail at random moments, against a model of what must come out.
//!
//! `LP_TAIL_SEEDS=100..200` runs other seeds than those that are always run, and `LP_TAIL_ACTIONS=500` more actions.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::time::Duration;

use lp_tail::{Group, KnownFile, Pattern, Start, TailOptions};

use crate::harness::{Folder, Follower, Told, quick};

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

/// What has come out, when a checkpoint was taken.
#[derive(Clone, Default)]
struct Taken {
    known: Vec<KnownFile>,
    told: Vec<Told>,
}

struct Torture {
    seed: u64,
    random: Random,
    folder: Folder,
    groups: Vec<Group>,
    options: TailOptions,
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
        let mut follower = Follower::with(groups.clone(), Vec::new(), options);
        follower.buffer = vec![0; 60 + random.below(300) as usize];
        Self {
            seed,
            random,
            folder,
            groups,
            options,
            is_glob,
            generations: Vec::new(),
            logs,
            follower,
            before: Vec::new(),
            taken: Taken::default(),
            trace: Vec::new(),
        }
    }

    fn note(&mut self, what: String) {
        self.trace.append(&mut self.follower.events);
        self.trace.push(what);
    }

    /// The generation at the path of a log; a new one if there is none.
    fn current(&mut self, log: usize) -> usize {
        if let Some(current) = self.logs[log].current {
            return current;
        }
        // A coarse clock must tell the generations apart.
        std::thread::sleep(Duration::from_millis(5));
        self.logs[log].writer = Some(self.folder.open(&self.logs[log].name));
        self.begin(log)
    }

    fn begin(&mut self, log: usize) -> usize {
        let generation = self.generations.len();
        self.generations.push(Generation {
            log,
            content: Vec::new(),
            is_destroyed: false,
            may_be_missed: false,
            may_be_double: false,
            is_copied_early: false,
            is_copied: false,
            seen: 0,
            is_exact: false,
        });
        self.logs[log].current = Some(generation);
        generation
    }

    fn append(&mut self, log: usize) {
        let generation = self.current(log);
        let mut bytes = Vec::new();
        if self.generations[generation].content.is_empty() && self.random.one_in(2) {
            bytes.extend_from_slice(b"started\n");
        }
        for _ in 0..self.random.below(12) {
            let number = self.random.next();
            let width = self.random.below(60) as usize;
            bytes.extend_from_slice(format!("{generation} {number:x} {:.<width$}\n", "").as_bytes());
        }
        // What tells it from all others comes at once.
        if self.generations[generation].content.is_empty() {
            bytes.extend_from_slice(format!("{generation} {:x} {:.<60}\n", self.random.next(), "").as_bytes());
        }
        // The rest of a line comes with the next piece: nothing here depends on lines.
        let len = bytes.len() - self.random.below(8).min(bytes.len() as u64) as usize;
        bytes.truncate(len);
        self.note(format!("append {len} to {log} generation {generation}"));
        self.logs[log].writer.as_mut().unwrap().write_all(&bytes).unwrap();
        self.generations[generation].content.extend_from_slice(&bytes);
    }

    /// What this log is rotated to; with some seeds, the number is before the extension.
    fn rotated_name(&self, log: usize, number: usize) -> String {
        let name = &self.logs[log].name;
        match name.strip_suffix(".log") {
            Some(stem) if self.seed % 4 == 3 => format!("{stem}.{number}.log"),
            _ => format!("{name}.{number}"),
        }
    }

    /// Makes room for a file of the name that is rotated to first.
    fn shift(&mut self, log: usize) {
        const KEPT: usize = 5;
        if self.logs[log].rotated.len() == KEPT {
            let oldest = self.logs[log].rotated.pop().unwrap();
            self.generations[oldest].is_destroyed = true;
            self.folder.remove(&self.rotated_name(log, KEPT));
        }
        for number in (1..=self.logs[log].rotated.len()).rev() {
            self.folder.rename(&self.rotated_name(log, number), &self.rotated_name(log, number + 1));
        }
    }

    /// The generation at the path is about to be rotated.
    fn rotated(&mut self, log: usize, is_copy: bool) {
        let Some(current) = self.logs[log].current.take() else { return };
        let was_seen = self.generations[current].seen > 0;
        self.generations[current].may_be_missed |= !was_seen && self.logs[log].is_broken;
        self.generations[current].is_copied |= is_copy;
        self.logs[log].rotated.insert(0, current);
    }

    fn rename(&mut self, log: usize) {
        if self.logs[log].current.is_none() {
            return;
        }
        self.note(format!("rename {log}"));
        self.shift(log);
        let name = &self.logs[log].name;
        self.folder.rename(name, &self.rotated_name(log, 1));
        self.rotated(log, false);
        if self.random.one_in(2) {
            self.append(log);
        }
    }

    fn copytruncate(&mut self, log: usize) {
        let Some(current) = self.logs[log].current else { return };
        self.note(format!("copytruncate {log}"));
        std::thread::sleep(Duration::from_millis(5));
        self.shift(log);
        let name = self.logs[log].name.clone();
        self.folder.copy(&name, &self.rotated_name(log, 1));
        if self.random.one_in(3) {
            self.settle();
        }
        if self.random.one_in(4) {
            // Not in the copy.
            self.append(log);
            self.generations[current].is_destroyed = true;
            self.generations[current].is_copied_early = true;
            if self.random.one_in(2) {
                self.step();
            }
        }
        self.folder.truncate(&name);
        self.rotated(log, true);
        self.begin(log);
        self.append(log);
    }

    fn truncate(&mut self, log: usize) {
        let Some(current) = self.logs[log].current else { return };
        self.note(format!("truncate {log}"));
        self.destroy(current);
        self.generations[current].is_exact = self.generations[current].seen == self.generations[current].content.len();
        self.logs[log].is_broken = true;
        let name = &self.logs[log].name;
        self.folder.truncate(name);
        self.begin(log);
        if self.random.one_in(2) {
            self.append(log);
        }
    }

    fn delete(&mut self, log: usize) {
        let Some(current) = self.logs[log].current.take() else { return };
        self.note(format!("delete {log}"));
        self.destroy(current);
        self.logs[log].is_broken = true;
        self.folder.remove(&self.logs[log].name);
        if self.random.one_in(2) {
            self.append(log);
        }
    }

    fn destroy(&mut self, generation: usize) {
        self.generations[generation].is_destroyed = true;
    }

    /// The newest of the renamed files goes back to its place.
    fn move_back(&mut self, log: usize) {
        if self.logs[log].current.is_some() || self.logs[log].rotated.is_empty() {
            return;
        }
        // What is not in the copy would not be a suffix.
        if self.generations[self.logs[log].rotated[0]].is_destroyed {
            return;
        }
        self.note(format!("move back {log}"));
        let back = self.logs[log].rotated.remove(0);
        // A short copy that is at the path of its log may as well be a new one that begins in the same way.
        let generation = &mut self.generations[back];
        generation.may_be_double |= generation.is_copied;
        let name = self.logs[log].name.clone();
        self.folder.rename(&self.rotated_name(log, 1), &name);
        for number in 0..self.logs[log].rotated.len() {
            self.folder.rename(&self.rotated_name(log, number + 2), &self.rotated_name(log, number + 1));
        }
        self.logs[log].writer = Some(self.folder.open(&name));
        self.logs[log].current = Some(back);
    }

    /// Writes to a file that has been renamed.
    fn write_late(&mut self, log: usize) {
        if self.logs[log].rotated.is_empty() {
            return;
        }
        let number = self.random.below(self.logs[log].rotated.len() as u64) as usize;
        let generation = self.logs[log].rotated[number];
        // What was lost before it would not be a suffix.
        if self.generations[generation].is_destroyed {
            return;
        }
        self.note(format!("late to {log} generation {generation}"));
        let bytes = format!("{generation} late {:x}\n", self.random.next());
        self.folder.append(&self.rotated_name(log, number + 1), &bytes);
        self.generations[generation].content.extend_from_slice(bytes.as_bytes());
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
        self.taken = Taken { known: self.follower.known(), told };
    }

    /// Ends the tail without notice, and goes on from what was taken last. What came since has never been.
    fn kill(&mut self) {
        self.note("kill".into());
        let Taken { known, told } = self.taken.clone();
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
        self.follower = Follower::with(self.groups.clone(), known, self.options);
        self.follower.buffer = vec![0; 60 + self.random.below(300) as usize];
        self.all_seen();
    }

    /// Stops and goes on, with nothing in between.
    fn restart(&mut self) {
        self.take();
        self.kill();
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
            _ => self.restart(),
        }
    }

    fn check(&mut self) {
        self.settle();
        self.settle();
        if self.result().is_ok() {
            return;
        }
        // On a busy machine looks are as much as a second apart.
        while self.follower.step(Duration::from_millis(1500)) {}
        if let Err(what) = self.result() {
            self.fail(&what);
        }
    }

    /// What is wrong, if anything is.
    fn result(&self) -> Result<(), String> {
        let mut told = self.told();
        // Short ones may be the beginning of many.
        told.sort_by_key(|told| std::cmp::Reverse(told.bytes.len()));
        let mut came: Vec<Vec<u8>> =
            self.generations.iter().map(|generation| vec![0; generation.content.len()]).collect();
        let mut lost: BTreeMap<usize, u64> = BTreeMap::new();
        let mut total_lost = 0;
        for told in &told {
            total_lost += told.lost;
            let of = |came: &[Vec<u8>], generation: usize| {
                let range = told.from as usize..told.from as usize + told.bytes.len();
                // Pieces of lines may be the same at the same position.
                let content = &self.generations[generation].content;
                told.mark.is_none_or(|mark| mark.beginning.is_of(content))
                    && content.get(range.clone()) == Some(&told.bytes)
                    && came[generation][range].iter().all(|&count| count == 0)
            };
            if told.bytes.is_empty() {
                let is_of = |generation: &Generation| {
                    told.mark.is_some_and(|mark| mark.beginning.is_of(&generation.content)) && told.lost > 0
                };
                if let Some(generation) = self.generations.iter().position(is_of) {
                    *lost.entry(generation).or_default() += told.lost;
                }
                continue;
            }
            let mut candidates: Vec<usize> = (0..self.generations.len()).filter(|&number| of(&came, number)).collect();
            candidates.sort_by_key(|&number| self.generations[number].content.len());
            let Some(&generation) = candidates.first() else {
                let is_double = |generation: &Generation| generation.may_be_double && is_of(told, generation);
                if self.generations.iter().any(is_double) {
                    continue;
                }
                return Err(format!(
                    "these bytes were not written, or came twice: {} {:?}",
                    told.from,
                    String::from_utf8_lossy(&told.bytes)
                ));
            };
            came[generation][told.from as usize..][..told.bytes.len()].fill(1);
            *lost.entry(generation).or_default() += told.lost;
        }
        let mut missing = 0;
        for (number, generation) in self.generations.iter().enumerate() {
            let count = came[number].iter().filter(|&&count| count == 1).count();
            missing += generation.content.len() - count;
            if came[number][..count].contains(&0) {
                return Err(format!("a hole in generation {number}"));
            }
            if count < generation.content.len() && !generation.is_destroyed && !generation.may_be_missed {
                return Err(format!("generation {number} is not complete: {count} of {}", generation.content.len()));
            }
            if generation.is_exact && count > 0 {
                let told = lost.get(&number).copied().unwrap_or_default();
                if told != (generation.content.len() - count) as u64 {
                    return Err(format!("generation {number} has come to {count}, and {told} are told to be lost"));
                }
            }
        }
        let early = self.generations.iter().filter(|generation| generation.is_copied_early);
        let may_come: usize = early.map(|generation| generation.content.len()).sum();
        // If the tail was killed right after it had told so, it tells it again. And if a file has been closed before anything was read of
        // it, its copy is another one.
        let is_told_twice =
            told.iter().any(|told| told.lost > 0 && told.ended.is_none()) || self.options.open_files == 2;
        if total_lost > (missing + may_come) as u64 && !is_told_twice {
            return Err(format!("{total_lost} are told to be lost, and {missing} are"));
        }
        Ok(())
    }

    fn fail(&self, what: &str) -> ! {
        let what = format!("{what}\n{}", self.follower.events.join("\n"));
        let before: Vec<String> = self.before.iter().map(describe).collect();
        let trace = self.trace.join("\n");
        let there: Vec<_> = fs::read_dir(self.folder.path(""))
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let data = entry.metadata().unwrap();
                let content = fs::read(entry.path()).unwrap();
                let head = String::from_utf8_lossy(&content[..content.len().min(24)]).into_owned();
                let inode = std::os::unix::fs::MetadataExt::ino(&data);
                format!("{} inode {inode} {} {head:?}", entry.file_name().display(), data.len())
            })
            .collect();
        panic!(
            "{trace}\nbefore {before:#?}\n{there:#?}\nseed {}: {what}\n{:?} glob {}",
            self.seed, self.options, self.is_glob
        );
    }
}

fn describe(told: &Told) -> String {
    let head = String::from_utf8_lossy(&told.bytes[..told.bytes.len().min(24)]).into_owned();
    format!(
        "{} from {} to {} lost {} ended {:?} inode {:?} {head:?}",
        told.path.file_name().unwrap().display(),
        told.from,
        told.position,
        told.lost,
        told.ended,
        told.mark.map(|mark| mark.inode)
    )
}

fn is_of(told: &Told, generation: &Generation) -> bool {
    let range = told.from as usize..told.from as usize + told.bytes.len();
    generation.content.get(range) == Some(&told.bytes)
}

fn run(seed: u64, actions: u64) {
    let mut torture = Torture::new(seed);
    for _ in 0..actions {
        torture.act();
    }
    torture.check();
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
