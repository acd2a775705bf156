//! Logs that are written, rotated and destroyed in every way that there is.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use corpus::Random;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::model::Model;
use super::record::Format;

/// Rotated files beyond so many are deleted.
const ROTATED: usize = 5;
/// Small files beyond so many are deleted.
const SMALL: usize = 1500;
/// A record whose lines come within this time must come out as one: far less than the program waits for more lines.
const PROMPT: Duration = Duration::from_millis(500);

/// All that is written.
pub(super) struct Writer {
    pub(super) model: Model,
    folder: PathBuf,
    logs: Vec<Log>,
    small: Vec<(PathBuf, u32)>,
    small_written: u32,
    /// Further names of files, at paths that are followed.
    links: Vec<PathBuf>,
    /// What the symbolic link has named before.
    targets: Vec<(PathBuf, u32)>,
    /// How often the program was stopped in some way.
    disturbances: u32,
}

/// A log at a path, with its rotated files.
struct Log {
    path: PathBuf,
    format: Format,
    kind: Kind,
    current: Option<Current>,
    /// What a symbolic link names now.
    target: PathBuf,
    /// Behind the path with `.1`, `.2` and so on.
    rotated: Vec<Rotated>,
    /// The file that was renamed, which its writer goes on with.
    straggler: Option<Current>,
    /// Whether the program knows a file of this path for certain, so that it can tell which came later.
    is_known: bool,
}

/// How a log is written, and what is done to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Appended to, as nearly all are.
    Appended,
    /// Written where the writer stands, whatever is done to the file: a truncation leaves a hole.
    Positional,
    /// A symbolic link to the file of the day.
    Linked,
}

struct Current {
    file: File,
    generation: u32,
    pending: Option<Pending>,
}

/// What is not written yet of a record that was begun.
struct Pending {
    rest: Vec<u8>,
    /// Whether what is written of it ends with a line, so that it might be all.
    ends_with_line: bool,
    since: Instant,
    disturbances: u32,
}

struct Rotated {
    generation: u32,
    is_copy: bool,
}

impl Writer {
    /// Begins logs in this folder.
    pub(super) fn new(folder: &Path) -> Self {
        for name in ["json", "python", "app", "link", "small"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let log = |name: &str, format, kind| Log {
            path: folder.join(name),
            format,
            kind,
            current: None,
            target: PathBuf::new(),
            rotated: Vec::new(),
            straggler: None,
            is_known: false,
        };
        let logs = vec![
            log("json/one.log", Format::Json, Kind::Appended),
            log("json/two.log", Format::Json, Kind::Appended),
            log("json/holes.log", Format::Json, Kind::Positional),
            log("python/service.log", Format::Python, Kind::Appended),
            log("python/worker.log", Format::Python, Kind::Positional),
            log("app/app.log", Format::App, Kind::Appended),
            log("link/current.log", Format::Json, Kind::Linked),
        ];
        let mut writer = Self {
            model: Model::default(),
            folder: folder.to_owned(),
            logs,
            small: Vec::new(),
            small_written: 0,
            links: Vec::new(),
            targets: Vec::new(),
            disturbances: 0,
        };
        for number in 0..writer.logs.len() {
            writer.create(number);
        }
        writer
    }

    /// Does something to one of the logs, and says what.
    pub(super) fn act(&mut self, random: &mut Random) -> String {
        let number = random.below(self.logs.len() as u64) as usize;
        if self.logs[number].current.is_none() {
            self.create(number);
        }
        let name = self.logs[number].path.strip_prefix(&self.folder).unwrap().display().to_string();
        let is_linked = self.logs[number].kind == Kind::Linked;
        let what = match random.below(100) {
            0..55 => {
                let records = if random.one_in(40) { random.below(3000) } else { random.between(1, 30) };
                self.append(number, records);
                format!("append {records}")
            }
            55..67 => {
                self.append_part(number, random);
                "append a part".to_owned()
            }
            67..72 => {
                self.append_in_pieces(number, random);
                "append in pieces".to_owned()
            }
            72..74 => {
                self.straggle(number);
                "write to the renamed file".to_owned()
            }
            74..79 if is_linked => {
                self.swap_link(number);
                "another target".to_owned()
            }
            74..79 => {
                self.rename(number, random);
                "rename and create".to_owned()
            }
            79..82 if !is_linked => {
                self.copy_and_truncate(number, random);
                "copy and truncate".to_owned()
            }
            82..84 => {
                self.truncate(number);
                "truncate".to_owned()
            }
            84..86 if !is_linked => {
                self.delete(number, random);
                "delete".to_owned()
            }
            86..88 if !is_linked => {
                self.move_away_and_back(number, random);
                "move away and back".to_owned()
            }
            88..89 if !is_linked => self.put_back(number),
            89..91 if !is_linked => self.use_inode_again(number),
            91..93 if !is_linked => self.compress(number),
            93..95 if self.logs[number].format == Format::Json && !is_linked => {
                self.link(number, random);
                "hard link".to_owned()
            }
            95..99 => {
                let files = if random.one_in(30) { 500 } else { random.between(1, 20) };
                self.write_small(files, random);
                return format!("{files} small files");
            }
            _ => {
                self.append(number, 1);
                "append".to_owned()
            }
        };
        format!("{name}: {what}")
    }

    /// The program was stopped for a while, or told to stop: what is in the middle of being written may come out in parts.
    pub(super) fn disturbed(&mut self) {
        self.disturbances += 1;
    }

    /// Finishes all that was begun.
    pub(super) fn finish_records(&mut self) {
        for number in 0..self.logs.len() {
            self.finish(number);
            self.straggle(number);
        }
    }

    /// All that there is has been read by the program, and is safe.
    pub(super) fn confirm(&mut self) {
        self.model.confirm();
        for log in &mut self.logs {
            log.is_known = log.current.is_some();
        }
    }

    /// Writes much to a log. Gives its path, its generation, and its size.
    pub(super) fn write_much(&mut self, records: u64) -> (u32, u64) {
        if self.logs[0].current.is_none() {
            self.create(0);
        }
        self.append(0, records);
        let size = fs::metadata(&self.logs[0].path).unwrap().len();
        (self.generation(0), size)
    }

    /// Truncates that log.
    pub(super) fn destroy_much(&mut self) {
        self.truncate(0);
    }

    /// Ends all intervals: writes records that are later than all. What came too late for its interval is told with the next one that
    /// ends, so another time ends that.
    pub(super) fn close_intervals(&mut self, time: u32) {
        let name = format!("json/closing-{time}.log");
        let path = self.folder.join(&name);
        let generation = self.model.begin(&name, Format::Json);
        self.model.generation(generation).is_closing = true;
        let mut file = appending(&path);
        for number in 5 * time + 1..=5 * time + 5 {
            file.write_all(&self.model.later_record(generation, number * 1000)).unwrap();
            self.model.finished(generation, false);
        }
    }

    /// What is written to a log now.
    fn generation(&self, number: usize) -> u32 {
        self.logs[number].current.as_ref().unwrap().generation
    }

    fn create(&mut self, number: usize) {
        let log = &mut self.logs[number];
        let generation =
            self.model.begin(&log.path.strip_prefix(&self.folder).unwrap().display().to_string(), log.format);
        if log.kind == Kind::Linked {
            // In the folder of the link, but not at a path that is followed.
            let target = format!("data-{generation}.txt");
            let new = log.path.with_extension("new");
            symlink(&target, &new).unwrap();
            appending(&log.path.with_file_name(&target));
            fs::rename(new, &log.path).unwrap();
            log.target = log.path.with_file_name(target);
        }
        let file = match log.kind {
            Kind::Positional => OpenOptions::new().write(true).create(true).truncate(false).open(&log.path).unwrap(),
            Kind::Appended | Kind::Linked => appending(&log.path),
        };
        log.current = Some(Current { file, generation, pending: None });
    }

    fn append(&mut self, number: usize, records: u64) {
        self.finish(number);
        let current = self.logs[number].current.as_mut().unwrap();
        current.append(&mut self.model, records);
    }

    /// Writes some of a record, or some more of it.
    fn append_part(&mut self, number: usize, random: &mut Random) {
        let current = self.logs[number].current.as_mut().unwrap();
        let pending = current.pending.get_or_insert_with(|| Pending {
            rest: self.model.next_record(current.generation),
            ends_with_line: false,
            since: Instant::now(),
            disturbances: self.disturbances,
        });
        // At least one byte stays.
        let bytes = random.below(pending.rest.len() as u64) as usize;
        current.file.write_all(&pending.rest[..bytes]).unwrap();
        if let Some(last) = bytes.checked_sub(1) {
            pending.ends_with_line = pending.rest[last] == b'\n';
        }
        pending.rest.drain(..bytes);
    }

    fn append_in_pieces(&mut self, number: usize, random: &mut Random) {
        self.finish(number);
        for _ in 0..random.between(2, 6) {
            self.append_part(number, random);
            std::thread::sleep(Duration::from_millis(random.below(20)));
        }
        self.finish(number);
    }

    fn finish(&mut self, number: usize) {
        if let Some(current) = &mut self.logs[number].current {
            current.finish(&mut self.model, self.disturbances);
        }
    }

    /// Writes to the file that was renamed, for the last time.
    fn straggle(&mut self, number: usize) {
        if let Some(mut straggler) = self.logs[number].straggler.take() {
            // As soon as another log is written to, a last record that ends with a line is given out, as it comes before that.
            let may_be_all = straggler.pending.as_ref().is_some_and(|pending| pending.ends_with_line);
            straggler.finish(&mut self.model, if may_be_all { u32::MAX } else { self.disturbances });
            straggler.append(&mut self.model, 3);
        }
    }

    fn rename(&mut self, number: usize, random: &mut Random) {
        if random.one_in(2) {
            self.finish(number);
        }
        self.straggle(number);
        self.shift(number);
        let log = &mut self.logs[number];
        fs::rename(&log.path, rotated(&log.path, 1)).unwrap();
        let current = log.current.take().unwrap();
        log.rotated.insert(0, Rotated { generation: current.generation, is_copy: false });
        self.leave(number, current.generation);
        if random.one_in(2) {
            self.logs[number].straggler = Some(current);
        }
        if !random.one_in(4) {
            self.create(number);
        }
    }

    /// Moves rotated files on by one number, and deletes the last.
    fn shift(&mut self, number: usize) {
        let log = &mut self.logs[number];
        for place in (1..=log.rotated.len()).rev() {
            fs::rename(rotated(&log.path, place), rotated(&log.path, place + 1)).unwrap();
        }
        if log.rotated.len() == ROTATED {
            fs::remove_file(rotated(&log.path, ROTATED + 1)).unwrap();
            self.model.destroyed(log.rotated.pop().unwrap().generation);
        }
    }

    /// A file is not at its path any more. Where the program knows none of that path it cannot know that this one was there.
    fn leave(&mut self, number: usize, generation: u32) {
        if !self.logs[number].is_known {
            self.model.destroyed(generation);
        }
    }

    fn copy_and_truncate(&mut self, number: usize, random: &mut Random) {
        if random.one_in(2) {
            self.finish(number);
        }
        self.shift(number);
        let log = &mut self.logs[number];
        fs::copy(&log.path, rotated(&log.path, 1)).unwrap();
        let generation = log.current.as_ref().unwrap().generation;
        let copied = self.model.generation(generation).bytes;
        log.rotated.insert(0, Rotated { generation, is_copy: true });
        let is_known = log.is_known;
        if random.one_in(3) {
            self.append(number, 2);
        }
        self.truncate(number);
        if is_known {
            self.model.copied(generation, copied);
        }
    }

    fn truncate(&mut self, number: usize) {
        let log = &mut self.logs[number];
        let path = log.path.strip_prefix(&self.folder).unwrap().display().to_string();
        let current = log.current.as_mut().unwrap();
        OpenOptions::new().write(true).open(&log.path).unwrap().set_len(0).unwrap();
        self.model.destroyed(current.generation);
        current.generation = self.model.begin(&path, log.format);
        // Its writer has thought better of it.
        current.pending = None;
    }

    fn delete(&mut self, number: usize, random: &mut Random) {
        let log = &mut self.logs[number];
        let mut current = log.current.take().unwrap();
        fs::remove_file(&log.path).unwrap();
        log.is_known = false;
        if random.one_in(2) {
            current.finish(&mut self.model, self.disturbances);
            current.append(&mut self.model, 2);
        }
        self.model.destroyed(current.generation);
    }

    fn move_away_and_back(&mut self, number: usize, random: &mut Random) {
        let log = &self.logs[number];
        let away = log.path.with_extension("away");
        fs::rename(&log.path, &away).unwrap();
        std::thread::sleep(Duration::from_millis(random.below(30)));
        self.append(number, random.below(5));
        fs::rename(&away, &self.logs[number].path).unwrap();
    }

    /// The file that was rotated last is at the path again, and is written on.
    fn put_back(&mut self, number: usize) -> String {
        self.straggle(number);
        let log = &mut self.logs[number];
        // Nobody knows what was to follow in one that ends in the middle of a record.
        let is_whole =
            log.rotated.first().is_some_and(|rotated| !rotated.is_copy && self.model.is_finished(rotated.generation));
        if !is_whole || log.kind != Kind::Appended {
            return "nothing to put back".to_owned();
        }
        let generation = log.rotated.remove(0).generation;
        fs::rename(rotated(&log.path, 1), &log.path).unwrap();
        for place in 2..=log.rotated.len() + 1 {
            fs::rename(rotated(&log.path, place), rotated(&log.path, place - 1)).unwrap();
        }
        let file = appending(&log.path);
        let replaced = log.current.take().unwrap();
        self.model.destroyed(replaced.generation);
        self.logs[number].current = Some(Current { file, generation, pending: None });
        "put back".to_owned()
    }

    /// Deletes the file and creates one until it has the same inode.
    fn use_inode_again(&mut self, number: usize) -> String {
        let log = &mut self.logs[number];
        let inode = fs::metadata(&log.path).unwrap().ino();
        let current = log.current.take().unwrap();
        drop(current.file);
        fs::remove_file(&log.path).unwrap();
        log.is_known = false;
        self.model.destroyed(current.generation);
        for attempt in 0..20 {
            self.create(number);
            if fs::metadata(&self.logs[number].path).unwrap().ino() == inode {
                return format!("the same inode again after {attempt} others");
            }
            let current = self.logs[number].current.take().unwrap();
            drop(current.file);
            fs::remove_file(&self.logs[number].path).unwrap();
        }
        self.create(number);
        "another inode".to_owned()
    }

    fn compress(&mut self, number: usize) -> String {
        // As with `delaycompress`: its writer may not be done with the last one.
        let log = &mut self.logs[number];
        if log.rotated.len() < 2 {
            return "nothing to compress".to_owned();
        }
        let last = rotated(&log.path, log.rotated.len());
        let compressed = with_suffix(&last, ".gz");
        let mut encoder = GzEncoder::new(File::create(compressed).unwrap(), Compression::fast());
        encoder.write_all(&fs::read(&last).unwrap()).unwrap();
        encoder.finish().unwrap();
        fs::remove_file(last).unwrap();
        self.model.destroyed(log.rotated.pop().unwrap().generation);
        "compress".to_owned()
    }

    fn swap_link(&mut self, number: usize) {
        self.finish(number);
        let generation = self.generation(number);
        let old = self.logs[number].target.clone();
        self.leave(number, generation);
        self.logs[number].is_known = false;
        self.create(number);
        // Nothing but the link led to it: if nobody has looked meanwhile, nobody can know that it was there.
        self.model.destroyed(generation);
        self.targets.push((old, generation));
        if self.targets.len() > ROTATED {
            let (path, generation) = self.targets.remove(0);
            fs::remove_file(path).unwrap();
            self.model.destroyed(generation);
        }
    }

    fn link(&mut self, number: usize, random: &mut Random) {
        let path = &self.logs[number].path;
        let link = path.with_file_name(format!("link-{}.log", random.below(1_000_000)));
        if fs::hard_link(path, &link).is_ok() {
            self.links.push(link);
        }
        // What else was done to the file says what becomes of its bytes.
        if self.links.len() > ROTATED {
            fs::remove_file(self.links.remove(0)).unwrap();
        }
    }

    fn write_small(&mut self, files: u64, random: &mut Random) {
        for _ in 0..files {
            self.small_written += 1;
            let name = format!("small/{}.log", self.small_written);
            let generation = self.model.begin(&name, Format::App);
            let path = self.folder.join(name);
            let mut current = Current { file: appending(&path), generation, pending: None };
            current.append(&mut self.model, random.between(1, 3));
            self.small.push((path, generation));
        }
        while self.small.len() > SMALL {
            let (path, generation) = self.small.remove(0);
            fs::remove_file(path).unwrap();
            self.model.destroyed(generation);
        }
    }
}

impl Current {
    fn append(&mut self, model: &mut Model, records: u64) {
        let mut bytes = Vec::new();
        for _ in 0..records {
            bytes.extend(model.next_record(self.generation));
            model.finished(self.generation, false);
        }
        self.file.write_all(&bytes).unwrap();
    }

    fn finish(&mut self, model: &mut Model, disturbances: u32) {
        if let Some(pending) = self.pending.take() {
            self.file.write_all(&pending.rest).unwrap();
            let is_slow = pending.since.elapsed() > PROMPT || pending.disturbances != disturbances;
            model.finished(self.generation, is_slow);
        }
    }
}

fn appending(path: &Path) -> File {
    OpenOptions::new().append(true).create(true).open(path).unwrap()
}

fn rotated(path: &Path, place: usize) -> PathBuf {
    with_suffix(path, &format!(".{place}"))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
