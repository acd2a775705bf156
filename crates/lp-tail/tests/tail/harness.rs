//! A folder with logs that are written to, and what a tail tells of them.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lp_tail::{Event, FileId, Group, KnownFile, Mark, OpenFiles, Pattern, Start, Tail, TailOptions};

/// What is waited for comes within this, or a test fails.
const SOON: Duration = Duration::from_secs(20);

/// A folder of its own.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Appends, and makes the file if it is not there.
    pub(crate) fn append(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(bytes.as_ref()).unwrap();
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub(crate) fn copy(&self, from: &str, to: &str) {
        fs::copy(self.path(from), self.path(to)).unwrap();
    }

    pub(crate) fn truncate(&self, name: &str) {
        OpenOptions::new().write(true).open(self.path(name)).unwrap().set_len(0).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// The file, to be written to whatever happens to its name.
    pub(crate) fn open(&self, name: &str) -> File {
        OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap()
    }

    /// How many of the files in it are open in this process.
    pub(crate) fn open_files(&self) -> usize {
        let folder = fs::canonicalize(self.path("")).unwrap();
        fs::read_dir("/proc/self/fd").map_or(0, |entries| {
            let targets = entries.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
            targets.filter(|target| target.starts_with(&folder)).count()
        })
    }

    /// Follows one path.
    pub(crate) fn follow(&self, name: &str) -> Follower {
        Follower::new(vec![Group { patterns: vec![Pattern::Path(self.path(name))], start: Start::Beginning }])
    }

    /// Follows the paths that match.
    pub(crate) fn follow_all(&self, pattern: &str) -> Follower {
        let pattern = self.path(pattern).to_str().unwrap().to_owned();
        Follower::new(vec![Group { patterns: vec![Pattern::Glob(pattern)], start: Start::Beginning }])
    }
}

/// Options with which nothing takes long.
pub(crate) fn quick() -> TailOptions {
    TailOptions {
        open_files: 64,
        look_every: Duration::from_millis(20),
        pause: Duration::from_millis(1),
        quiet: Duration::from_secs(300),
    }
}

/// What a tail follows, and what it goes on from when it is started.
#[derive(Clone)]
pub(crate) struct Stopped {
    pub(crate) groups: Vec<Group>,
    /// What the checkpoint says.
    pub(crate) known: Vec<KnownFile>,
    pub(crate) options: TailOptions,
}

/// A tail, and all that it has told.
pub(crate) struct Follower {
    pub(crate) groups: Vec<Group>,
    pub(crate) options: TailOptions,
    pub(crate) tail: Tail,
    /// What has been told of each file, the older ones first.
    pub(crate) files: BTreeMap<FileId, Told>,
    pub(crate) failed: Vec<PathBuf>,
    pub(crate) compressed: Vec<PathBuf>,
    /// In the order in which they were told.
    pub(crate) order: Vec<FileId>,
    pub(crate) succeeded: Vec<FileId>,
    pub(crate) buffer: Vec<u8>,
    /// What it went on from, until it has told what has become of that.
    resumed: Option<Vec<KnownFile>>,
    /// All events, for people who look for what has gone wrong.
    pub(crate) events: Vec<String>,
}

/// What has been told of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) path: PathBuf,
    pub(crate) from: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) skipped: u64,
    pub(crate) lost: u64,
    pub(crate) missing: Option<u64>,
    pub(crate) unlinked: bool,
    pub(crate) ended: Option<bool>,
    pub(crate) mark: Option<Mark>,
    pub(crate) position: u64,
}

impl Stopped {
    pub(crate) fn start(self) -> Follower {
        self.start_with(OpenFiles::default())
    }

    /// With the files that another tail had open.
    pub(crate) fn start_with(self, open: OpenFiles) -> Follower {
        self.start_beside(open, Vec::new())
    }

    /// And with files that are written meanwhile, and not read.
    pub(crate) fn start_beside(self, open: OpenFiles, written: Vec<PathBuf>) -> Follower {
        let Self { groups, known, options } = self;
        Follower {
            tail: Tail::resume(groups.clone(), known.clone(), open, written, options).unwrap(),
            groups,
            options,
            files: BTreeMap::new(),
            failed: Vec::new(),
            compressed: Vec::new(),
            order: Vec::new(),
            succeeded: Vec::new(),
            buffer: vec![0; 4096],
            resumed: Some(known),
            events: Vec::new(),
        }
    }
}

impl Follower {
    pub(crate) fn new(groups: Vec<Group>) -> Self {
        Self::with(groups, quick())
    }

    pub(crate) fn with(groups: Vec<Group>, options: TailOptions) -> Self {
        Stopped { groups, known: Vec::new(), options }.start()
    }

    /// Whether it has not told yet what has become of what it went on from.
    pub(crate) fn is_resuming(&self) -> bool {
        self.resumed.is_some()
    }

    /// What a checkpoint says of the files now.
    pub(crate) fn known(&self) -> Vec<KnownFile> {
        if let Some(resumed) = &self.resumed {
            return resumed.clone();
        }
        let known = self.files.values().filter(|told| told.ended != Some(false));
        known.map(|told| KnownFile { path: told.path.as_path().into(), mark: told.mark.unwrap() }).collect()
    }

    /// What another tail goes on from, if this one ends now.
    pub(crate) fn stopped(&self) -> Stopped {
        Stopped { groups: self.groups.clone(), known: self.known(), options: self.options }
    }

    /// Ends this one.
    pub(crate) fn stop(self) -> Stopped {
        self.stopped()
    }

    /// Another tail that goes on from here.
    pub(crate) fn restart(self) -> Self {
        self.stop().start()
    }

    /// Another tail that goes on in the place of this one, and what happens meanwhile.
    pub(crate) fn hand_over(self, change: impl FnOnce()) -> Self {
        let stopped = self.stopped();
        let open = self.tail.into_open_files();
        change();
        stopped.start_with(open)
    }

    /// Lets something happen that nobody sees before it is over: this tail does nothing meanwhile, or is ended before and started again.
    pub(crate) fn unseen(self, is_away: bool, change: impl FnOnce()) -> Self {
        if is_away {
            let stopped = self.stop();
            change();
            stopped.start()
        } else {
            change();
            self
        }
    }

    /// Takes what happens next. `false` if nothing does.
    pub(crate) fn step(&mut self, wait: Duration) -> bool {
        let event = self.tail.next(&mut self.buffer, wait);
        if matches!(event, Event::Bytes { .. } | Event::Skipped { .. } | Event::Idle) {
            self.resumed = None;
        }
        match &event {
            Event::Idle => {}
            Event::Bytes { file, at, len, .. } => self.events.push(format!("    {file:?} {at} + {len}")),
            Event::Opened { file, path, position, size, .. } => self.events.push(format!(
                "    {file:?} opened {} at {position} of {size} inode {:?}",
                path.file_name().unwrap().display(),
                self.tail.mark(*file).map(|mark| mark.inode)
            )),
            event => self.events.push(format!("    {event:?}")),
        }
        match event {
            Event::Opened { file, path, position, size, .. } => {
                assert!(position <= size || size == 0, "opened behind the end");
                let mark = self.tail.mark(file);
                let told = Told { path: path.to_path_buf(), from: position, position, mark, ..Told::default() };
                assert!(self.files.insert(file, told).is_none(), "opened twice");
            }
            Event::Bytes { file, at, len, mark } => {
                assert!(len > 0);
                let told = self.files.get_mut(&file).unwrap();
                assert_eq!(told.position, at, "bytes follow each other");
                assert!(told.ended.is_none());
                told.bytes.extend_from_slice(&self.buffer[..len]);
                told.position += len as u64;
                assert_eq!(mark.position, told.position);
                told.mark = Some(mark);
                self.order.push(file);
            }
            Event::Skipped { file, at, bytes, mark } => {
                let told = self.files.get_mut(&file).unwrap();
                assert_eq!(told.position, at);
                told.position += bytes;
                told.skipped += bytes;
                assert_eq!(mark.position, told.position);
                told.mark = Some(mark);
            }
            Event::Copied { file, mark } => {
                let told = self.files.get_mut(&file).unwrap();
                assert_eq!(mark.position, told.position);
                told.mark = Some(mark);
            }
            Event::Missing { file, size } => self.files.get_mut(&file).unwrap().missing = Some(size),
            Event::Lost { file, bytes } => self.files.get_mut(&file).unwrap().lost += bytes,
            Event::Unlinked { file } => {
                let told = self.files.get_mut(&file).unwrap();
                assert!(!told.unlinked && told.ended.is_none(), "unlinked twice, or after its end");
                told.unlinked = true;
            }
            Event::Ended { file, is_there } => {
                let told = self.files.get_mut(&file).unwrap();
                assert_ne!(told.ended, Some(false), "ended twice");
                assert!(told.ended.is_none() || !is_there, "is there twice");
                told.ended = Some(is_there);
            }
            Event::Succeeded { file } => {
                assert!(self.files[&file].ended.is_none(), "succeeded after its end");
                self.succeeded.push(file);
            }
            Event::Failed { path, .. } => self.failed.push(path.to_path_buf()),
            Event::Compressed { path } => self.compressed.push(path.to_path_buf()),
            _ => return false,
        }
        true
    }

    /// Takes all that happens until nothing does for a while.
    pub(crate) fn settle(&mut self) {
        while self.step(Duration::from_millis(120)) {}
    }

    /// Takes what happens until this is true.
    #[track_caller]
    pub(crate) fn until(&mut self, what: impl Fn(&Self) -> bool) {
        let end = Instant::now() + SOON;
        while !what(self) {
            assert!(Instant::now() < end, "{:#?}", self.files);
            self.step(Duration::from_millis(50));
        }
    }

    /// Takes what happens until so many bytes have come, and some time after.
    #[track_caller]
    pub(crate) fn expect(&mut self, expected: &str) {
        self.until(|follower| follower.all().len() >= expected.len());
        self.settle();
        assert_eq!(String::from_utf8_lossy(&self.all()), expected);
    }

    /// All bytes, in the order of the files, not in the order in which they came.
    pub(crate) fn all(&self) -> Vec<u8> {
        self.files.values().flat_map(|told| told.bytes.iter().copied()).collect()
    }

    /// The bytes of the path's files, one after the other.
    pub(crate) fn of(&self, path: &Path) -> Vec<u8> {
        self.files.values().filter(|told| told.path == path).flat_map(|told| told.bytes.iter().copied()).collect()
    }

    pub(crate) fn lost(&self) -> u64 {
        self.files.values().map(|told| told.lost).sum()
    }

    pub(crate) fn skipped(&self) -> u64 {
        self.files.values().map(|told| told.skipped).sum()
    }
}
