//! The names of rotated files, and the files that have them.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
#[cfg(unix)]
use rustix::fs::{Access, AtFlags};
use serde::{Deserialize, Serialize};

/// The time in a name, always in UTC.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// The number of bytes of such a time.
const TIME_BYTES: usize = "20251106T103015Z".len();

/// How the rotated files of one path are named: stem, time, a number from the second one of a second on, extension.
pub(super) struct Names {
    folder: PathBuf,
    /// What stands before the time, such as `errors-`.
    prefix: OsString,
    /// What stands behind it, such as `.ndjson`.
    suffix: OsString,
}

/// What stands in a name between prefix and suffix. Later files compare greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// When the file was put aside, in whole seconds, in UTC; or when another was, if the clock was put back since.
    time: DateTime,
    /// 1 is not written.
    number: u64,
}

/// A rotated file that there is.
#[derive(Debug)]
pub(super) struct Rotated {
    pub(super) path: PathBuf,
    /// No record in it is later: when it was last changed or put aside, whichever is earlier. (A copy is changed when it
    /// is made, and a clock may have been wrong.)
    pub(super) end: SystemTime,
    pub(super) stamp: Stamp,
}

impl Stamp {
    /// Before all others.
    pub(super) const FIRST: Self = Self { time: DateTime::MIN, number: 0 };

    /// The next of the same second.
    fn next(self) -> io::Result<Self> {
        let number = self.number.checked_add(1).ok_or(ErrorKind::AlreadyExists)?;
        Ok(Self { number, ..self })
    }

    fn end(&self) -> SystemTime {
        // The file was put aside within the second.
        let end = self.time.saturating_add(1.second());
        // Every time of day is a moment in UTC, but for some hours at the end of time.
        Offset::UTC.to_timestamp(end).unwrap_or(Timestamp::MAX).into()
    }
}

impl Names {
    pub(super) fn new(path: &Path) -> Self {
        let mut prefix = path.file_stem().unwrap_or_default().to_owned();
        prefix.push("-");
        let mut suffix = OsString::new();
        if let Some(extension) = path.extension() {
            suffix.push(".");
            suffix.push(extension);
        }
        Self { folder: folder(path).to_owned(), prefix, suffix }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether files may be renamed and deleted in the folder, and listed: a file can be writable where that is not so.
    pub(super) fn check_folder(&self) -> io::Result<()> {
        #[cfg(unix)]
        rustix::fs::accessat(
            rustix::fs::CWD,
            &self.folder,
            Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK,
            AtFlags::EACCESS,
        )?;
        Ok(())
    }

    /// The rotated files, the oldest first. A file that disappears meanwhile is none.
    pub(super) fn list(&self) -> io::Result<Vec<Rotated>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let Some(stamp) = self.stamp(&entry.file_name()) else { continue };
            match entry.metadata() {
                // A folder or a link of that name is somebody else's.
                Ok(metadata) if metadata.is_file() => {
                    let end = metadata.modified()?.min(stamp.end());
                    files.push(Rotated { path: entry.path(), end, stamp });
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        files.sort_by_key(|file| file.stamp);
        Ok(files)
    }

    /// Gives the file at `path` the name of one that is rotated now, behind all that there are and behind `newest`, even if
    /// the clock was put back. No file is overwritten.
    pub(super) fn put_aside(&self, path: &Path, now: SystemTime, newest: Stamp) -> io::Result<Stamp> {
        let now = Offset::UTC.to_datetime(Timestamp::try_from(now).map_err(io::Error::other)?);
        let time = now.with().subsec_nanosecond(0).build().map_err(io::Error::other)?;
        let last = self.list()?.last().map_or(newest, |last| last.stamp.max(newest));
        let mut stamp = if last.time >= time { last.next()? } else { Stamp { time, number: 1 } };
        let reserved = loop {
            let name = self.folder.join(self.name(&stamp));
            // A name belongs to whoever creates it; only then is it safe to rename to it, on every file system.
            match File::create_new(&name) {
                Ok(_) => break name,
                // Something other than a file, or made by somebody else just now.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => stamp = stamp.next()?,
                Err(error) => return Err(error),
            }
        };
        fs::rename(path, &reserved).inspect_err(|_| {
            // The error that matters is that of the renaming. What is left over is an empty rotated file.
            let _ = fs::remove_file(&reserved);
        })?;
        Ok(stamp)
    }

    /// Whether a file that was put aside may have this name.
    pub(super) fn is_rotated(&self, name: &OsStr) -> bool {
        self.stamp(name).is_some()
    }

    fn name(&self, stamp: &Stamp) -> OsString {
        let mut name = self.prefix.clone();
        name.push(stamp.time.strftime(TIME).to_string());
        if stamp.number > 1 {
            name.push(format!("-{}", stamp.number));
        }
        name.push(&self.suffix);
        name
    }

    /// The stamp of a name, if it is exactly one that [`Names::name`] makes.
    fn stamp(&self, name: &OsStr) -> Option<Stamp> {
        let between = name
            .as_encoded_bytes()
            .strip_prefix(self.prefix.as_encoded_bytes())?
            .strip_suffix(self.suffix.as_encoded_bytes())?;
        let (time, number) = std::str::from_utf8(between).ok()?.split_at_checked(TIME_BYTES)?;
        let time = DateTime::strptime(TIME, time).ok()?;
        let number = if number.is_empty() { 1 } else { number.strip_prefix('-')?.parse().ok()? };
        let stamp = Stamp { time, number };
        // There is more than one way to write a number.
        (self.name(&stamp) == name).then_some(stamp)
    }
}

/// The folder that a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    const NOW: Duration = Duration::from_secs(1_762_425_015);

    #[test]
    fn names() {
        let stamp = |number| Stamp { time: jiff::civil::datetime(2025, 11, 6, 10, 30, 15, 0), number };
        for (path, number, name) in [
            ("errors.ndjson", 1, "errors-20251106T103015Z.ndjson"),
            ("a/errors.ndjson", 2, "errors-20251106T103015Z-2.ndjson"),
            ("access.log.json", 11, "access.log-20251106T103015Z-11.json"),
            ("errors", 1, "errors-20251106T103015Z"),
            (".hidden", 2, ".hidden-20251106T103015Z-2"),
        ] {
            let names = Names::new(Path::new(path));
            assert_eq!(names.name(&stamp(number)), name);
            assert_eq!(names.stamp(OsStr::new(name)), Some(stamp(number)), "{name}");
        }
    }

    #[test]
    fn names_of_others() {
        let names = Names::new(Path::new("errors.ndjson"));
        for name in [
            "errors.ndjson",
            "errors-.ndjson",
            "errors-20251106T103015Z.json",
            "errors-20251106T103015Z.ndjson.gz",
            "errors-20251106T103015Z.ndjson~",
            "errors-20251106T103015Z",
            "errors-20251106T103015Z-.ndjson",
            "errors-20251106T103015Z-0.ndjson",
            "errors-20251106T103015Z-1.ndjson",
            "errors-20251106T103015Z-02.ndjson",
            "errors-20251106T103015Z-+2.ndjson",
            "errors-20251106T103015Z-2-2.ndjson",
            "errors-20251306T103015Z.ndjson",
            "errors-20251106T253015Z.ndjson",
            "errors-2025110 T103015Z.ndjson",
            "errors-20251106t103015z.ndjson",
            "errors-20251106.ndjson",
            "Errors-20251106T103015Z.ndjson",
            "more-errors-20251106T103015Z.ndjson",
            "errors-old-20251106T103015Z.ndjson",
            "errors-2025110é103015Z.ndjson",
        ] {
            assert_eq!(names.stamp(OsStr::new(name)), None, "{name}");
        }
    }

    /// Whatever has the name already, file or not, stays as it is.
    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.log");
        let names = Names::new(&path);
        let at = |name: &str| folder.path().join(name);
        fs::write(at("out-20251106T103015Z.log"), "kept").unwrap();
        fs::create_dir(at("out-20251106T103015Z-2.log")).unwrap();
        fs::write(at("out-20251106T103015Z-9.log"), "kept").unwrap();
        fs::create_dir(at("out-20251106T103015Z-10.log")).unwrap();
        for text in ["first", "second"] {
            fs::write(&path, text).unwrap();
            names.put_aside(&path, UNIX_EPOCH + NOW, Stamp::FIRST).unwrap();
            assert!(!path.exists());
        }
        for (name, text) in [
            ("out-20251106T103015Z.log", "kept"),
            ("out-20251106T103015Z-9.log", "kept"),
            ("out-20251106T103015Z-11.log", "first"),
            ("out-20251106T103015Z-12.log", "second"),
        ] {
            assert_eq!(fs::read_to_string(at(name)).unwrap(), text, "{name}");
        }
        let listed: Vec<_> = names.list().unwrap().into_iter().map(|file| file.stamp.number).collect();
        assert_eq!(listed, [1, 9, 11, 12]);
    }

    /// A file that cannot be put aside leaves no trace.
    #[test]
    fn a_missing_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.log");
        let error = Names::new(&path).put_aside(&path, UNIX_EPOCH + NOW, Stamp::FIRST).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
