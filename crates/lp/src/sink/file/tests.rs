//! Files that are written, rotated, moved, deleted and full.

use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::{TempDir, tempdir};

use super::super::FileOptions;
use super::*;

mod full_disk;
mod model;
mod resume;

/// 2025-11-06T10:30:15Z: long ago, so that what the system notes for a file is never before it.
const START: u64 = 1_762_425_015_000;

/// A clock that goes on when it is told to.
#[derive(Clone)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(START)))
    }

    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis().try_into().unwrap(), Ordering::Relaxed);
    }

    fn open(&self, options: FileOptions, path: &Path) -> Result<File, SinkError> {
        let clock = self.clone();
        options.open_file(path, Box::new(move || clock.now()))
    }
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn rotating(size: Option<u64>, age: Option<Duration>, keep: Option<Keep>) -> FileOptions {
    let mut rotation = Rotation::new(size.and_then(NonZeroU64::new), age).unwrap();
    if let Some(keep) = keep {
        rotation = rotation.keep(keep);
    }
    FileOptions::new().rotate(Some(rotation))
}

fn lines(sink: &mut File, text: &str) {
    sink.write(&mut Block::lines(text.as_bytes())).unwrap();
}

/// The files of a folder with what is in them, by name.
fn files(folder: &TempDir) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[track_caller]
fn check(folder: &TempDir, want: &[(&str, &str)]) {
    let files = files(folder);
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(files, want);
}

#[test]
fn appends_to_what_is_there() {
    let (folder, clock) = (tempdir().unwrap(), Clock::new());
    let path = folder.path().join("out.log");
    fs::write(&path, "before\n").unwrap();
    let mut sink = clock.open(FileOptions::new(), &path).unwrap();
    sink.write(&mut Block::lines(b"one\n").with_header(b"header\n")).unwrap();
    drop(sink);
    lines(&mut clock.open(FileOptions::new(), &path).unwrap(), "two\n");
    check(&folder, &[("out.log", "before\none\ntwo\n")]);
}

#[test]
fn rotates_by_size() {
    let (folder, clock) = (tempdir().unwrap(), Clock::new());
    let mut sink = clock.open(rotating(Some(10), None, None), &folder.path().join("out.csv")).unwrap();
    let mut block = Block::lines(b"aa\nbb\ncc\na large one\ndd\n").with_header(b"h:\n");
    sink.write(&mut block).unwrap();
    assert!(block.is_empty());
    sink.write(&mut Block::whole(b"e\nf\ng").with_header(b"h:\n")).unwrap();
    check(
        &folder,
        &[
            ("out-20251106T103015Z-2.csv", "h:\ncc\n"),
            ("out-20251106T103015Z-3.csv", "h:\na large one\n"),
            ("out-20251106T103015Z-4.csv", "h:\ndd\n"),
            ("out-20251106T103015Z.csv", "h:\naa\nbb\n"),
            ("out.csv", "h:\ne\nf\ng"),
        ],
    );
    sink.sync().unwrap();
}

#[test]
fn rotates_by_age_from_the_first_write() {
    let (folder, clock) = (tempdir().unwrap(), Clock::new());
    let mut sink = clock.open(rotating(None, Some(HOUR), None), &folder.path().join("out.log")).unwrap();
    // An empty file does not become old.
    clock.advance(5 * HOUR);
    sink.tick(clock.now()).unwrap();
    lines(&mut sink, "a\n");
    clock.advance(HOUR - SECOND);
    sink.tick(clock.now()).unwrap();
    lines(&mut sink, "b\n");
    check(&folder, &[("out.log", "a\nb\n")]);
    clock.advance(SECOND);
    sink.tick(clock.now()).unwrap();
    check(&folder, &[("out-20251106T163015Z.log", "a\nb\n"), ("out.log", "")]);
    // At the first write after, if there is no tick.
    lines(&mut sink, "c\n");
    clock.advance(HOUR);
    lines(&mut sink, "d\n");
    check(&folder, &[("out-20251106T163015Z.log", "a\nb\n"), ("out-20251106T173015Z.log", "c\n"), ("out.log", "d\n")]);
}

/// The age goes on while nothing runs, and does not start anew with the program.
#[test]
fn the_age_survives_a_restart() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("out.log");
    let options = rotating(None, Some(HOUR), None);
    let open = |later: Duration| {
        let mut sink = options.open_file(&path, Box::new(move || SystemTime::now() + later)).unwrap();
        sink.tick(SystemTime::now() + later).unwrap();
        fs::read_dir(folder.path()).unwrap().count()
    };
    fs::write(&path, "a\n").unwrap();
    assert_eq!(open(HOUR - 60 * SECOND), 1);
    if fs::metadata(&path).unwrap().created().is_ok() {
        // It was written to a moment ago, but begun long before.
        let file = fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() + HOUR).unwrap();
    }
    assert_eq!(open(HOUR), 2);
}

#[test]
fn a_clock_that_is_put_back() {
    let (folder, clock) = (tempdir().unwrap(), Clock::new());
    let path = folder.path().join("out.log");
    let options = rotating(None, Some(HOUR), Some(Keep::For(HOUR)));
    let mut sink = clock.open(options, &path).unwrap();
    clock.advance(1000 * HOUR);
    lines(&mut sink, "a\n");
    clock.0.store(START, Ordering::Relaxed);
    sink.tick(clock.now()).unwrap();
    clock.advance(HOUR);
    sink.tick(clock.now()).unwrap();
    check(&folder, &[("out-20251106T113015Z.log", "a\n"), ("out.log", "")]);
    clock.advance(HOUR);
    sink.tick(clock.now()).unwrap();
    check(&folder, &[("out-20251106T113015Z.log", "a\n"), ("out.log", "")]);
    // What the system noted for the file is in the clock's future, but its name is not.
    clock.advance(SECOND);
    sink.tick(clock.now()).unwrap();
    check(&folder, &[("out.log", "")]);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_moved_or_deleted() {
    let (folder, clock) = (tempdir().unwrap(), Clock::new());
    let path = folder.path().join("out.log");
    let mut sink = clock.open(FileOptions::new(), &path).unwrap();
    lines(&mut sink, "a\n");
    fs::rename(&path, folder.path().join("moved")).unwrap();
    // Within the second it is not looked at.
    lines(&mut sink, "b\n");
    clock.advance(SECOND);
    lines(&mut sink, "c\n");
    check(&folder, &[("moved", "a\nb\n"), ("out.log", "c\n")]);
    fs::remove_file(&path).unwrap();
    clock.advance(SECOND);
    sink.tick(clock.now()).unwrap();
    check(&folder, &[("moved", "a\nb\n"), ("out.log", "")]);
    // Somebody else has put a file there, and then a folder.
    fs::remove_file(&path).unwrap();
    fs::write(&path, "theirs\n").unwrap();
    clock.advance(SECOND);
    lines(&mut sink, "d\n");
    check(&folder, &[("moved", "a\nb\n"), ("out.log", "theirs\nd\n")]);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    clock.advance(SECOND);
    let mut block = Block::lines(b"e\n");
    for _ in 0..2 {
        assert!(matches!(sink.write(&mut block), Err(SinkError::Folder { .. })));
    }
    fs::remove_dir(&path).unwrap();
    sink.write(&mut block).unwrap();
    check(&folder, &[("moved", "a\nb\n"), ("out.log", "e\n")]);
}

/// A rotation must not put aside what somebody else has put in the file's place.
#[cfg(unix)]
#[test]
fn the_file_of_somebody_else_is_not_rotated() {
    let (folder, clock) = (tempdir().unwrap(), Clock::new());
    let path = folder.path().join("out.log");
    let mut sink = clock.open(rotating(Some(4), None, None), &path).unwrap();
    lines(&mut sink, "aa\n");
    fs::rename(&path, folder.path().join("moved")).unwrap();
    fs::write(&path, "").unwrap();
    lines(&mut sink, "bb\n");
    check(&folder, &[("moved", "aa\n"), ("out.log", "bb\n")]);
}

/// What logrotate's `copytruncate` does.
#[test]
fn a_file_that_is_cut() {
    let (folder, clock) = (tempdir().unwrap(), Clock::new());
    let path = folder.path().join("out.log");
    let mut sink = clock.open(rotating(Some(6), None, None), &path).unwrap();
    lines(&mut sink, "a\nb\n");
    fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    sink.write(&mut Block::lines(b"c\n").with_header(b"h\n")).unwrap();
    lines(&mut sink, "d\n");
    check(&folder, &[("out.log", "h\nc\nd\n")]);
}

#[test]
fn deletes_only_its_own() {
    let (folder, clock) = (tempdir().unwrap(), Clock::new());
    let others = [
        "out-20251106T103015Z.log.gz",
        "out-20251106.log",
        "out-old.log",
        "more-out-20251106T103015Z.log",
        "out-20251106T103015Z-1.log",
    ];
    for name in others {
        fs::write(folder.path().join(name), "theirs").unwrap();
    }
    fs::create_dir(folder.path().join("out-20200101T000000Z.log")).unwrap();
    for name in ["out-20200101T000001Z.log", "out-20200101T000001Z-2.log"] {
        fs::write(folder.path().join(name), "ours").unwrap();
    }
    let keep = Keep::Files(NonZeroUsize::MIN);
    let mut sink = clock.open(rotating(Some(1), None, Some(keep)), &folder.path().join("out.log")).unwrap();
    sink.tick(clock.now()).unwrap();
    // The newest of those that were there; then the newest of all.
    assert!(folder.path().join("out-20200101T000001Z-2.log").exists());
    lines(&mut sink, "a\nb\nc\n");
    let mut want = vec!["out-20200101T000000Z.log", "out-20251106T103015Z-2.log", "out.log"];
    want.extend(others);
    want.sort_unstable();
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, want);
}

/// What was not kept is deleted after a restart, too, and without a rotation.
#[test]
fn deletes_what_became_old_meanwhile() {
    let (folder, clock) = (tempdir().unwrap(), Clock::new());
    for name in ["out-20251106T093014Z.log", "out-20251106T093015Z.log", "out-20251107T000000Z.log"] {
        fs::write(folder.path().join(name), "a\n").unwrap();
    }
    let path = folder.path().join("out.log");
    let mut sink = clock.open(rotating(None, Some(HOUR), Some(Keep::For(HOUR))), &path).unwrap();
    sink.tick(clock.now()).unwrap();
    // The end of the second in the name counts.
    check(&folder, &[("out-20251106T093015Z.log", "a\n"), ("out-20251107T000000Z.log", "a\n"), ("out.log", "")]);
    clock.advance(SECOND);
    sink.tick(clock.now()).unwrap();
    check(&folder, &[("out-20251107T000000Z.log", "a\n"), ("out.log", "")]);
}

#[test]
fn refused_when_it_is_opened() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let clock = Clock::new();
    let message = |options, path: &Path| {
        clock.open(options, path).err().unwrap().to_string().replace(folder.path().to_str().unwrap(), "")
    };
    fs::create_dir(at("folder")).unwrap();
    fs::write(at("file"), "").unwrap();
    let plain = FileOptions::new();
    assert_eq!(message(plain, &at("folder")), "\"/folder\" is a folder; give the path of a file");
    assert_eq!(
        message(plain, &at("none/out.log")),
        "cannot create \"/none/out.log\": there is no folder \"/none\"; create it first",
    );
    assert_eq!(message(plain, &at("file/out.log")), "cannot open \"/file/out.log\"");
    clock.open(plain.create_dirs(true), &at("none/so/far/out.log")).unwrap();

    let _first = clock.open(plain, &at("out.log")).unwrap();
    fs::hard_link(at("out.log"), at("same.log")).unwrap();
    for name in ["out.log", "same.log", "folder/../out.log"] {
        assert_eq!(
            message(plain, &at(name)),
            format!(
                "\"/{name}\" is being written already, by another sink or another process; give each a file of its own"
            ),
        );
    }
}

/// As in `/var/log`, where a file may have been made for a program that may make none.
#[cfg(unix)]
#[test]
fn a_folder_where_nothing_can_be_renamed() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, clock) = (tempdir().unwrap(), Clock::new());
    let path = folder.path().join("out.log");
    fs::write(&path, "").unwrap();
    let mode = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    if fs::write(folder.path().join("probe"), "").is_ok() {
        mode(0o755);
        eprintln!("skipped: this user may write everywhere");
        return;
    }
    let rotating = clock.open(rotating(Some(1), None, None), &path).err().unwrap();
    let missing = clock.open(FileOptions::new(), &folder.path().join("new.log")).err().unwrap();
    let mut sink = clock.open(FileOptions::new(), &path).unwrap();
    lines(&mut sink, "a\n");
    mode(0o755);
    let advice = "(give this user the permission to write there)";
    assert_eq!(rotating.to_string(), format!("cannot rotate files in {:?} {advice}", folder.path()));
    assert_eq!(missing.to_string(), format!("cannot open {:?} {advice}", folder.path().join("new.log")));
}

#[cfg(unix)]
#[test]
fn links_and_devices() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempdir().unwrap();
    let (path, link) = (folder.path().join("out.log"), folder.path().join("link.log"));
    let clock = Clock::new();
    symlink("out.log", &link).unwrap();
    lines(&mut clock.open(FileOptions::new(), &link).unwrap(), "a\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), "a\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o137, 0);

    let rotating = rotating(Some(1), None, None);
    for path in [&link, Path::new("/dev/null")] {
        let error = rotating.open(path).err().unwrap();
        assert!(matches!(error, SinkError::NotRegular { .. }), "{error}");
    }
    let mut sink = FileOptions::new().open("/dev/null").unwrap();
    sink.write(&mut Block::lines(b"a\n")).unwrap();
    sink.sync().unwrap();
    if Path::new("/dev/full").exists() {
        let mut block = Block::lines(b"a\n");
        let error = FileOptions::new().open("/dev/full").unwrap().write(&mut block).unwrap_err();
        assert_eq!((error.kind(), block.len()), (io::ErrorKind::StorageFull, 2));
        assert_eq!(error.to_string(), "cannot write \"/dev/full\" (free some space)");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_waits_for_its_reader_and_not_for_ever() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let begun = std::time::Instant::now();
    let error = FileOptions::new().open(&path).err().unwrap();
    assert_eq!(error.to_string(), format!("cannot open {path:?}"));
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "nobody reads this pipe");
    assert!((1..60).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());

    let reader = std::thread::spawn({
        let path = path.clone();
        move || {
            std::thread::sleep(Duration::from_millis(100));
            // More than a pipe holds, so that whoever writes has to wait for it.
            let mut pipe = fs::File::open(path).unwrap();
            std::thread::sleep(Duration::from_millis(100));
            let mut read = Vec::new();
            io::Read::read_to_end(&mut pipe, &mut read).unwrap();
            read.len()
        }
    });
    let block = "a line of a log\n".repeat(100_000);
    let mut sink = FileOptions::new().open(&path).unwrap();
    sink.write(&mut Block::lines(block.as_bytes())).unwrap();
    drop(sink);
    assert_eq!(reader.join().unwrap(), block.len());
}
