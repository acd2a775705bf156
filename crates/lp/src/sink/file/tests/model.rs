//! Random writes, ticks, moves and restarts against a model.

use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    /// Records of these lengths, each a line; or all of them one block that must not be parted.
    Write(Vec<usize>, bool),
    /// So many milliseconds later.
    Tick(u64),
    /// Somebody moves the file away, and that is noticed.
    Move,
    Restart,
    /// Something other than a file has a name that the next rotated file might get.
    Collide(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (vec(1..12_usize, 0..12), prop::bool::weighted(0.8)).prop_map(|(lengths, lines)| Step::Write(lengths, lines)),
        4 => (0..4_000_u64).prop_map(Step::Tick),
        1 => Just(Step::Move),
        1 => Just(Step::Restart),
        1 => (1..5_u64).prop_map(Step::Collide),
    ]
}

#[derive(Clone, Debug)]
struct Limits {
    size: Option<u64>,
    age: Option<Duration>,
    keep: Option<Keep>,
    header: &'static str,
}

fn limits() -> impl Strategy<Value = Limits> {
    let keep = prop_oneof![
        Just(None),
        (1..5_usize).prop_map(|count| NonZeroUsize::new(count).map(Keep::Files)),
        (1..10_u64).prop_map(|count| Some(Keep::For(Duration::from_secs(count)))),
    ];
    let size = prop::option::of(1..40_u64);
    let age = prop::option::of((1..8_u64).prop_map(Duration::from_secs));
    (size, age, keep, prop::sample::select(vec!["", "h\n"]))
        .prop_filter("no rotation", |(size, age, ..)| size.is_some() || age.is_some())
        .prop_map(|(size, age, keep, header)| Limits { size, age, keep, header })
}

/// What a file should be: its parts, which are not parted further, and when the first and the last were written.
#[derive(Clone, Default, Debug)]
struct Content {
    parts: Vec<String>,
    since: Option<SystemTime>,
    modified: Option<SystemTime>,
}

impl Content {
    fn text(&self, header: &str) -> String {
        if self.parts.is_empty() { String::new() } else { header.to_owned() + &self.parts.concat() }
    }
}

struct Model {
    limits: Limits,
    current: Content,
    rotated: VecDeque<Content>,
}

impl Model {
    fn rotate(&mut self, now: SystemTime) {
        self.rotated.push_back(std::mem::take(&mut self.current));
        self.forget(now);
    }

    fn forget(&mut self, now: SystemTime) {
        match self.limits.keep {
            None => {}
            Some(Keep::Files(count)) => {
                while self.rotated.len() > count.get() {
                    self.rotated.pop_front();
                }
            }
            Some(Keep::For(duration)) => {
                self.rotated.retain(|file| now.duration_since(file.modified.unwrap()).unwrap() < duration);
            }
        }
    }

    fn age(&mut self, now: SystemTime) {
        if let (Some(age), Some(since)) = (self.limits.age, self.current.since)
            && now.duration_since(since).unwrap() >= age
        {
            self.rotate(now);
        }
    }

    fn write(&mut self, part: &str, now: SystemTime) {
        let size = self.limits.header.len() + self.current.parts.concat().len() + part.len();
        if self.limits.size.is_some_and(|most| size as u64 > most) && !self.current.parts.is_empty() {
            self.rotate(now);
        }
        self.current.since.get_or_insert(now);
        self.current.modified = Some(now);
        self.current.parts.push(part.to_owned());
    }
}

/// The system notes its own time for what was written; this makes it that of the clock.
fn date(folder: &TempDir, now: SystemTime) {
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        if metadata.is_file() && metadata.modified().unwrap() > now {
            fs::File::options().append(true).open(entry.path()).unwrap().set_modified(now).unwrap();
        }
    }
}

fn check(limits: Limits, steps: Vec<Step>) {
    // In memory if possible: each rotation waits for the disk.
    let (folder, clock) = (tempfile::tempdir_in("/dev/shm").or_else(|_| tempdir()).unwrap(), Clock::new());
    let path = folder.path().join("out.log");
    let options = rotating(limits.size, limits.age, limits.keep);
    let header = limits.header;
    let mut sink = clock.open(options, &path).unwrap();
    let mut model = Model { limits, current: Content::default(), rotated: VecDeque::new() };
    let mut moved: Vec<String> = Vec::new();
    let mut number = 0;
    for step in steps {
        match step {
            Step::Write(lengths, lines) => {
                let mut record = |length| {
                    number += 1;
                    format!("{number}{}\n", "x".repeat(length))
                };
                let records: Vec<_> = lengths.into_iter().map(&mut record).collect();
                let text = records.concat();
                let block = if lines { Block::lines(text.as_bytes()) } else { Block::whole(text.as_bytes()) };
                sink.write(&mut block.with_header(header.as_bytes())).unwrap();
                let parts = if lines || text.is_empty() { records } else { vec![text] };
                for part in parts {
                    model.age(clock.now());
                    model.write(&part, clock.now());
                }
            }
            Step::Tick(milliseconds) => {
                clock.advance(Duration::from_millis(milliseconds));
                sink.tick(clock.now()).unwrap();
                model.age(clock.now());
                model.forget(clock.now());
            }
            Step::Move => {
                fs::rename(&path, folder.path().join(format!("moved-{}", moved.len()))).unwrap();
                moved.push(std::mem::take(&mut model.current).text(header));
                clock.advance(SECOND);
                sink.tick(clock.now()).unwrap();
                model.forget(clock.now());
            }
            Step::Restart => {
                drop(sink);
                sink = clock.open(options, &path).unwrap();
                // The file's creation is in the future, so its last change is all that there is to know.
                model.current.since = model.current.modified;
            }
            Step::Collide(number) => {
                let time = jiff::Timestamp::try_from(clock.now()).unwrap().strftime("%Y%m%dT%H%M%SZ");
                let number = if number == 1 { String::new() } else { format!("-{number}") };
                // It may be there already.
                let _ = fs::create_dir(folder.path().join(format!("out-{time}{number}.log")));
            }
        }
        date(&folder, clock.now());
        let files = sink.names.list().unwrap();
        let rotated: Vec<_> = files.iter().map(|file| fs::read_to_string(&file.path).unwrap()).collect();
        let want: Vec<_> = model.rotated.iter().map(|content| content.text(header)).collect();
        assert_eq!(rotated, want);
        assert_eq!(fs::read_to_string(&path).unwrap(), model.current.text(header));
        for (number, text) in moved.iter().enumerate() {
            assert_eq!(&fs::read_to_string(folder.path().join(format!("moved-{number}"))).unwrap(), text);
        }
        for content in &model.rotated {
            let size = content.text(header).len() as u64;
            assert!(content.parts.len() <= 1 || model.limits.size.is_none_or(|most| size <= most));
        }
    }
}

proptest! {
    #[cfg(unix)]
    #[test]
    fn files_are_as_in_the_model(limits in limits(), steps in vec(step(), 1..30)) {
        check(limits, steps);
    }
}
