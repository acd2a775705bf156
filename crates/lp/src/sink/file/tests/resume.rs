//! Runs that are killed and go back to the last place that was noted.

use std::collections::BTreeSet;
use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::super::place::{Held, Resumed};
use super::*;

/// A folder where the system tells when files were created, if there is one.
fn folder() -> TempDir {
    // In memory if possible: each rotation waits for the disk.
    let in_memory = tempfile::tempdir_in("/dev/shm").ok();
    in_memory.filter(|folder| tells_creation(folder.path())).unwrap_or_else(|| tempdir().unwrap())
}

fn tells_creation(folder: &Path) -> bool {
    fs::metadata(folder).unwrap().created().is_ok()
}

fn place(sink: &mut File) -> Place {
    let bytes = sink.mark().unwrap().unwrap().make_durable().unwrap();
    Place::from_bytes(&bytes).unwrap()
}

/// A place that has been kept.
fn kept_place(sink: &mut File) -> Place {
    let place = place(sink);
    sink.kept(Some(&place.to_bytes().unwrap()));
    place
}

fn resume(clock: &Clock, options: FileOptions, path: &Path, place: &Place) -> (File, Resumed) {
    let mut attempts = 0..3;
    loop {
        let sink = clock.open(options, path);
        let is_last = attempts.next().is_none();
        // A process that another test starts holds the locks of this one for a moment.
        if is_last || !matches!(sink, Err(SinkError::InUse { .. })) {
            let mut sink = sink.unwrap();
            let resumed = sink.go_back(place).unwrap();
            if is_last || resumed != Resumed::NotFound {
                return (sink, resumed);
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What follows the place is cut off, with what a kill has left half-written, and no more the second time.
#[test]
fn a_file_at_its_path() {
    let (folder, clock) = (folder(), Clock::new());
    let path = folder.path().join("out.log");
    let mut sink = clock.open(FileOptions::new(), &path).unwrap();
    lines(&mut sink, "a\n");
    let place = place(&mut sink);
    lines(&mut sink, "b\nc");
    drop(sink);
    for bytes in [3, 0] {
        assert_eq!(resume(&clock, FileOptions::new(), &path, &place).1, Resumed::Cut { bytes });
        check(&folder, &[("out.log", "a\n")]);
    }
}

/// Where a run has ended nothing of it follows: what does is somebody's, or of a run that did not know of the place.
#[cfg(unix)]
#[test]
fn what_stands_behind_the_end_of_a_run_is_kept() {
    let (folder, clock) = (folder(), Clock::new());
    let path = folder.path().join("out.log");
    let options = rotating(Some(4), None, None);
    let mut sink = clock.open(options, &path).unwrap();
    lines(&mut sink, "a\n");
    sink.sync().unwrap();
    let end = place(&mut sink);
    lines(&mut sink, "b\nc\nd\ne\n");
    let during = place(&mut sink);
    assert!(end.is_end() && !during.is_end());
    drop(sink);
    let rotated = "out-20251106T103015Z.log";
    let all = [(rotated, "a\nb\n"), ("out-20251106T103015Z-2.log", "c\nd\n"), ("out.log", "e\n")];
    check(&folder, &[all[1], all[0], all[2]]);
    // As it is written, however often it is begun anew.
    let (first, second, third) = ("out.log.behind-1", "out.log.behind-2", "out.log.behind-3");
    let kept = [(rotated, "a\n"), ("out.log", ""), (first, "c\nd\n"), (second, "e\n"), (third, "b\n")];
    for resumed in [Resumed::SetAside { bytes: 8 }, Resumed::Cut { bytes: 0 }] {
        let (mut sink, found) = resume(&clock, options, &path, &end);
        assert_eq!(found, resumed);
        check(&folder, &kept);
        // What is written from now on is of this run.
        assert!(!place(&mut sink).is_end());
    }
}

/// How many are to be kept does not count while a next run may go back to one of them.
#[test]
fn the_file_of_the_last_place_is_not_deleted() {
    let (folder, clock) = (folder(), Clock::new());
    let path = folder.path().join("out.log");
    let options = rotating(Some(4), None, NonZeroUsize::new(1).map(Keep::Files));
    let mut sink = clock.open(options, &path).unwrap();
    let files = || fs::read_dir(folder.path()).unwrap().count();
    lines(&mut sink, "a\n");
    let first = kept_place(&mut sink);
    lines(&mut sink, "b\nc\nd\ne\nf\ng\n");
    for _ in 0..3 {
        // A place that is durable is not one that a next run knows.
        place(&mut sink);
        sink.tick(clock.now()).unwrap();
        assert_eq!((files(), sink.demand()), (4, Demand::InTime), "three that were rotated");
    }
    for (left, demand) in [(4, Demand::InTime), (2, Demand::Nothing)] {
        kept_place(&mut sink);
        sink.tick(clock.now()).unwrap();
        assert_eq!((files(), sink.demand()), (left, demand));
    }
    drop(sink);
    assert_eq!(resume(&clock, options, &path, &first).1, Resumed::NotFound);
}

/// Where this run goes on need not be what the last one has kept: that may only have noted it.
#[test]
fn nothing_is_deleted_before_this_run_has_kept_a_place() {
    let (folder, clock) = (folder(), Clock::new());
    let path = folder.path().join("out.log");
    let mut sink = clock.open(rotating(Some(4), None, None), &path).unwrap();
    lines(&mut sink, "a\nb\nc\nd\ne\nf\ng\n");
    let last = place(&mut sink);
    drop(sink);
    let one = rotating(Some(4), None, NonZeroUsize::new(1).map(Keep::Files));
    let (mut sink, _) = resume(&clock, one, &path, &last);
    for (left, demand) in [(4, Demand::InTime), (4, Demand::InTime), (2, Demand::Nothing)] {
        sink.tick(clock.now()).unwrap();
        assert_eq!((fs::read_dir(folder.path()).unwrap().count(), sink.demand()), (left, demand));
        kept_place(&mut sink);
    }
}

/// Somebody has given a file a name of the future: that it is needed is no reason to keep places until then.
#[test]
fn a_file_of_the_future_is_not_waited_for() {
    let (folder, clock) = (folder(), Clock::new());
    let options = rotating(Some(4), None, NonZeroUsize::new(1).map(Keep::Files));
    let mut sink = clock.open(options, &folder.path().join("out.log")).unwrap();
    lines(&mut sink, "a\nb\nc\n");
    for name in ["out-20991106T103015Z.log", "out-20991106T103016Z.log"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    for _ in 0..2 {
        kept_place(&mut sink);
    }
    sink.next_deletion = Some(UNIX_EPOCH);
    sink.tick(clock.now()).unwrap();
    assert_eq!((fs::read_dir(folder.path()).unwrap().count(), sink.demand()), (3, Demand::Nothing));
}

#[test]
fn the_age_goes_on() {
    let (folder, clock) = (folder(), Clock::new());
    let path = folder.path().join("out.log");
    let options = rotating(None, Some(HOUR), None);
    let mut sink = clock.open(options, &path).unwrap();
    lines(&mut sink, "a\n");
    let place = place(&mut sink);
    drop(sink);
    clock.advance(HOUR - SECOND);
    let (mut sink, _) = resume(&clock, options, &path, &place);
    sink.tick(clock.now()).unwrap();
    check(&folder, &[("out.log", "a\n")]);
    clock.advance(SECOND);
    sink.tick(clock.now()).unwrap();
    check(&folder, &[("out-20251106T113015Z.log", "a\n"), ("out.log", "")]);
}

#[cfg(unix)]
#[test]
fn a_file_that_was_rotated() {
    let (folder, clock) = (folder(), Clock::new());
    let path = folder.path().join("out.log");
    let options = rotating(Some(4), None, None);
    let mut sink = clock.open(options, &path).unwrap();
    // The clock goes back before the next rotation.
    lines(&mut sink, "a\nb\nc\n");
    clock.0.store(START - 5_000, Ordering::Relaxed);
    let place = place(&mut sink);
    lines(&mut sink, "d\ne\nf\ng\n");
    drop(sink);
    let at = |number| format!("out-20251106T103015Z{number}.log");
    let (first, second, third) = (at(""), at("-2"), at("-3"));
    check(&folder, &[(&second, "c\nd\n"), (&third, "e\nf\n"), (&first, "a\nb\n"), ("out.log", "g\n")]);
    for bytes in [8, 0] {
        assert_eq!(resume(&clock, options, &path, &place).1, Resumed::Cut { bytes });
        check(&folder, &[(&second, "c\n"), (&first, "a\nb\n"), ("out.log", "")]);
    }
}

/// What logrotate does.
#[cfg(unix)]
#[test]
fn a_file_that_somebody_has_moved() {
    let (folder, clock) = (folder(), Clock::new());
    if !tells_creation(folder.path()) {
        eprintln!("skipped: the file system does not tell when files were created");
        return;
    }
    let path = folder.path().join("out.log");
    let mut sink = clock.open(FileOptions::new(), &path).unwrap();
    lines(&mut sink, "a\n");
    let place = place(&mut sink);
    fs::rename(&path, folder.path().join("out.log.1")).unwrap();
    lines(&mut sink, "b\n");
    clock.advance(SECOND);
    lines(&mut sink, "c\n");
    drop(sink);
    check(&folder, &[("out.log", "c\n"), ("out.log.1", "a\nb\n")]);
    for bytes in [4, 0] {
        assert_eq!(resume(&clock, FileOptions::new(), &path, &place).1, Resumed::Cut { bytes });
        check(&folder, &[("out.log", ""), ("out.log.1", "a\n")]);
    }
}

/// Others may cut the file (`copytruncate`): that shows when it is written again, or a second later.
#[test]
fn a_file_that_somebody_has_cut() {
    let (folder, clock) = (folder(), Clock::new());
    let path = folder.path().join("out.log");
    let mut sink = clock.open(FileOptions::new(), &path).unwrap();
    let long = format!("{}\n", "a".repeat(2000));
    for is_written in [true, false] {
        lines(&mut sink, &long);
        assert_eq!(place(&mut sink).len(), 2001);
        lines(&mut sink, &long);
        assert_eq!(place(&mut sink).len(), 4002);
        fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
        let len = if is_written {
            lines(&mut sink, "b\n");
            2
        } else {
            clock.advance(SECOND);
            0
        };
        let place = place(&mut sink);
        assert_eq!(place.len(), len);
        assert_eq!(place.held_by(&fs::File::open(&path).unwrap()).unwrap(), Held::All);
        fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    }
}

/// Nothing that somebody else may have written is taken away.
#[cfg(unix)]
#[test]
fn what_is_not_known_stays() {
    let (folder, clock) = (folder(), Clock::new());
    let at = |name: &str| folder.path().join(name);
    let path = at("out.log");
    let plain = FileOptions::new();
    fs::write(at("older"), "theirs\n").unwrap();
    // So that the times differ.
    std::thread::sleep(Duration::from_millis(20));
    let mut sink = clock.open(plain, &path).unwrap();
    lines(&mut sink, "a\nb\n");
    let place = place(&mut sink);
    drop(sink);

    // It has another name now in the configuration.
    fs::write(at("new.log"), "c\n").unwrap();
    assert_eq!(resume(&clock, plain, &at("new.log"), &place).1, Resumed::NotFound);
    assert_eq!(fs::read_to_string(at("new.log")).unwrap(), "c\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), "a\nb\n");

    // Somebody has put a file of his own in its place.
    fs::rename(&path, at("moved")).unwrap();
    fs::rename(at("older"), &path).unwrap();
    assert_eq!(resume(&clock, plain, &path, &place).1, Resumed::NotFound);
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs\n");
    assert_eq!(fs::read_to_string(at("moved")).unwrap(), "a\nb\n");

    // Another sink writes it under its new name.
    fs::remove_file(&path).unwrap();
    let other = clock.open(plain, &at("moved")).unwrap();
    assert_eq!(resume(&clock, plain, &path, &place).1, Resumed::NotFound);
    drop(other);

    // Truncated, or the disk has not kept it; then truncated and written again.
    fs::rename(at("moved"), &path).unwrap();
    let cut = |len| fs::File::options().write(true).open(&path).unwrap().set_len(len).unwrap();
    cut(2);
    assert_eq!(resume(&clock, plain, &path, &place).1, Resumed::Short { bytes: 2 });
    cut(0);
    let (mut sink, resumed) = resume(&clock, plain, &path, &place);
    assert_eq!(resumed, Resumed::Short { bytes: 4 });
    lines(&mut sink, "c\nd\ne\n");
    drop(sink);
    assert_eq!(resume(&clock, plain, &path, &place).1, Resumed::NotFound);
    assert_eq!(fs::read_to_string(&path).unwrap(), "c\nd\ne\n");

    fs::remove_file(&path).unwrap();
    assert_eq!(resume(&clock, plain, &path, &place).1, Resumed::NotFound);
    assert_eq!(fs::read_to_string(&path).unwrap(), "");
}

#[test]
fn through_the_options() {
    let folder = folder();
    let path = folder.path().join("out.log");
    let plain = FileOptions::new();
    let mut sink = plain.open(&path).unwrap();
    sink.write(&mut Block::lines(b"a\n")).unwrap();
    let place = sink.mark().unwrap().unwrap().make_durable().unwrap();
    sink.write(&mut Block::lines(b"b\n")).unwrap();
    drop(sink);
    let (mut sink, resumed) = plain.resume(&path, &place).unwrap();
    assert_eq!(resumed, Resumed::Cut { bytes: 2 });
    sink.write(&mut Block::lines(b"c\n")).unwrap();
    check(&folder, &[("out.log", "a\nc\n")]);
    let error = plain.resume(folder.path().join("other.log"), b"?").err().unwrap();
    assert!(matches!(error, SinkError::Place { .. }), "{error}");
    if cfg!(unix) {
        assert!(plain.open("/dev/null").unwrap().mark().unwrap().is_none());
        assert_eq!(plain.resume("/dev/null", &place).unwrap().1, Resumed::NotFound);
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// So many records.
    Write(u64),
    /// So many milliseconds later; perhaps the clock is put back by as many.
    Tick(u64, bool),
    Mark,
    /// Somebody moves the file of the last place away. (Where a file is that was begun behind it nobody would know.)
    Move,
    /// Somebody deletes the oldest rotated file.
    Delete,
    /// The run is killed, perhaps within a record, and the next one, so often, while it goes back.
    Kill {
        torn: bool,
        interrupted: u8,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..12_u64).prop_map(Step::Write),
        2 => (0..2_500_u64, prop::bool::weighted(0.2)).prop_map(|(time, back)| Step::Tick(time, back)),
        3 => Just(Step::Mark),
        1 => Just(Step::Move),
        1 => Just(Step::Delete),
        3 => (any::<bool>(), 0..3_u8).prop_map(|(torn, interrupted)| Step::Kill { torn, interrupted }),
    ]
}

/// The numbers of the records in a file, in order.
fn numbers(text: &str, header: &str) -> Vec<u64> {
    let records = text.strip_prefix(header).unwrap_or(text);
    records.lines().map(|line| line.parse().unwrap()).collect()
}

/// A folder with one output, and what should be in it.
struct World {
    folder: TempDir,
    header: &'static str,
    /// The next record to be written.
    next: u64,
    /// Those that were deleted with their files.
    gone: BTreeSet<u64>,
}

impl World {
    /// The records of each file that has any, in the order of the output.
    fn records(&self) -> Vec<Vec<u64>> {
        let texts = files(&self.folder).into_iter().map(|(_, text)| numbers(&text, self.header));
        let mut files: Vec<_> = texts.filter(|numbers| !numbers.is_empty()).collect();
        files.sort();
        files
    }

    /// Whether each record that was not deleted with its file is there once and in order.
    fn check(&mut self, keep: Option<usize>) {
        let present = self.records().concat();
        if let Some(keep) = keep {
            let rotated = Names::new(&self.folder.path().join("out.log")).list().unwrap().len();
            let known: BTreeSet<_> = present.iter().copied().collect();
            let missing: Vec<_> = (0..self.next).filter(|n| !known.contains(n) && !self.gone.contains(n)).collect();
            // Only as many files are kept, and those that are needed, so older ones may be gone, and none that is newer than a rotated
            // one that is left.
            assert!(missing.is_empty() || rotated >= keep, "{missing:?}");
            self.gone.extend(missing);
        }
        let want: Vec<_> = (0..self.next).filter(|number| !self.gone.contains(number)).collect();
        assert_eq!(present, want);
    }

    /// Does some of what going back does.
    fn interrupt(&self, place: &Place, path: &Path, how: u8) {
        let current = fs::File::options().read(true).append(true).open(path);
        let is_at_path = current.as_ref().is_ok_and(|file| place.may_be_in(&file.metadata().unwrap()));
        let is_found =
            fs::read_dir(self.folder.path()).unwrap().any(|entry| place.may_be_in(&entry.unwrap().metadata().unwrap()));
        if how > 0 && is_found && !is_at_path {
            let later = Names::new(path).list().unwrap().into_iter().filter(|file| place.is_before(file.stamp));
            for file in later.filter(|file| !place.may_be_in(&fs::metadata(&file.path).unwrap())).step_by(how.into()) {
                fs::remove_file(file.path).unwrap();
            }
            if let (2, Ok(current)) = (how, current) {
                current.set_len(0).unwrap();
            }
        }
    }
}

fn run(size: Option<u64>, keep: Option<usize>, header: &'static str, steps: Vec<Step>) {
    let clock = Clock::new();
    let options = size.map_or(FileOptions::new(), |size| {
        rotating(Some(size), None, keep.and_then(NonZeroUsize::new).map(Keep::Files))
    });
    let mut world = World { folder: folder(), header, next: 0, gone: BTreeSet::new() };
    let has_creation = tells_creation(world.folder.path());
    let path = world.folder.path().join("out.log");
    let mut sink = clock.open(options, &path).unwrap();
    let mut marked = (kept_place(&mut sink), 0);
    let mut moved = 0;
    let write = |sink: &mut File, world: &mut World, records: Range<u64>| {
        world.next = records.end;
        let text: String = records.clone().map(|number| format!("{number}\n")).collect();
        world.gone.retain(|number| !records.contains(number));
        sink.write(&mut Block::lines(text.as_bytes()).with_header(header.as_bytes())).unwrap();
    };
    for step in steps {
        match step {
            Step::Write(count) => {
                let first = world.next;
                write(&mut sink, &mut world, first..first + count);
            }
            Step::Tick(time, true) => {
                clock.0.fetch_sub(time, Ordering::Relaxed);
            }
            Step::Tick(time, false) => {
                clock.advance(Duration::from_millis(time));
                sink.tick(clock.now()).unwrap();
            }
            Step::Mark => marked = (kept_place(&mut sink), world.next),
            Step::Move => {
                let is_marked = fs::metadata(&path).is_ok_and(|metadata| marked.0.may_be_in(&metadata));
                if has_creation && is_marked {
                    fs::rename(&path, world.folder.path().join(format!("moved-{moved}"))).unwrap();
                    moved += 1;
                }
            }
            Step::Delete => {
                let oldest = sink.names.list().unwrap().into_iter().next();
                if let Some(oldest) = oldest.filter(|file| !marked.0.may_be_in(&fs::metadata(&file.path).unwrap())) {
                    world.gone.extend(numbers(&fs::read_to_string(&oldest.path).unwrap(), header));
                    fs::remove_file(oldest.path).unwrap();
                }
            }
            Step::Kill { torn, interrupted } => {
                drop(sink);
                if torn && let Ok(mut file) = fs::File::options().append(true).open(&path) {
                    io::Write::write_all(&mut file, b"12").unwrap();
                }
                world.interrupt(&marked.0, &path, interrupted);
                let resumed;
                (sink, resumed) = resume(&clock, options, &path, &marked.0);
                // However many files are to be kept, that of the place is.
                assert_ne!(resumed, Resumed::NotFound);
                let lost: Vec<_> = (marked.1..world.next).collect();
                world.gone.retain(|number| !lost.contains(number));
                world.next = marked.1;
            }
        }
        world.check(keep.filter(|_| size.is_some()));
    }
}

proptest! {
    #[cfg(unix)]
    #[test]
    fn each_record_is_there_once(
        size in prop::option::weighted(0.8, 1..40_u64),
        keep in prop::option::weighted(0.3, 1..4_usize),
        header in prop::sample::select(vec!["", "h\n"]),
        steps in vec(step(), 1..30),
    ) {
        run(size, keep, header, steps);
    }
}
