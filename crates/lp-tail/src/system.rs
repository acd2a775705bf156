//! What the tail asks the system: what a file is, and its bytes.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::mark::Mark;

/// What tells a file from all others that exist at the same time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Identity {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

impl Identity {
    /// Of the file that a mark tells.
    pub(crate) const fn of(mark: &Mark) -> Self {
        Self { device: mark.device, inode: mark.inode }
    }
}

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Regular,
    Folder,
    Link,
    Other,
}

/// What the system knows of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stat {
    pub(crate) identity: Identity,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    /// When it was written last, in nanoseconds since the Unix epoch.
    pub(crate) modified: i64,
    /// When it was made, likewise, if the file system knows.
    pub(crate) created: Option<i64>,
    /// Whether it has no name any more: it takes its place on the disk only as long as it is open.
    pub(crate) is_deleted: bool,
}

impl Stat {
    /// Of what the path leads to.
    pub(crate) fn of_path(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|data| Self::of(&data))
    }

    /// Of what is at the path itself, even if it is a symbolic link.
    pub(crate) fn of_name(path: &Path) -> io::Result<Self> {
        fs::symlink_metadata(path).map(|data| Self::of(&data))
    }

    pub(crate) fn of_file(file: &File) -> io::Result<Self> {
        file.metadata().map(|data| Self::of(&data))
    }

    #[cfg(unix)]
    fn of(data: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let kind = match data.file_type() {
            kind if kind.is_file() => Kind::Regular,
            kind if kind.is_dir() => Kind::Folder,
            kind if kind.is_symlink() => Kind::Link,
            _ => Kind::Other,
        };
        Self {
            identity: Identity { device: data.dev(), inode: data.ino() },
            kind,
            size: data.size(),
            modified: data.mtime().saturating_mul(1_000_000_000).saturating_add(data.mtime_nsec()),
            created: data.created().ok().and_then(|when| {
                let since = when.duration_since(std::time::UNIX_EPOCH).ok()?;
                i64::try_from(since.as_nanos()).ok()
            }),
            is_deleted: data.nlink() == 0,
        }
    }

    #[cfg(not(unix))]
    fn of(data: &Metadata) -> Self {
        // Nothing is followed there: see `Wait::new`.
        let identity = Identity { device: 0, inode: 0 };
        Self { identity, kind: Kind::Other, size: data.len(), modified: 0, created: None, is_deleted: false }
    }
}

impl Stat {
    /// Whether this is another file than one with the same inode that was made at this time.
    pub(crate) fn is_another(&self, created: Option<i64>) -> bool {
        self.created.zip(created).is_some_and(|(this, other)| this != other)
    }
}

/// Whether a file has more than one name.
pub(crate) fn has_names(file: &File) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        file.metadata().is_ok_and(|data| data.nlink() > 1)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

/// The time as [`Stat`] counts it, and not later than what a file system would say now: their clocks tick in some milliseconds.
pub(crate) fn now() -> i64 {
    const TICK: i64 = 10_000_000;
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX) - TICK
}

/// The time so much later, or what is as good as never if no clock counts so far.
pub(crate) fn later(time: Instant, by: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 366 * 86_400);
    time.checked_add(by).or_else(|| time.checked_add(CENTURY)).unwrap_or(time)
}

/// Whether an open file has no name any more.
pub(crate) fn is_deleted(file: &File) -> bool {
    Stat::of_file(file).is_ok_and(|stat| stat.is_deleted)
}

/// Where an open file is by now, if the system tells.
pub(crate) fn path_of(file: &File) -> Option<std::path::PathBuf> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return fs::read_link(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file))).ok();
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = file;
        None
    }
}

/// The number of the inode that a folder's entry names, without a look at the file.
#[cfg(unix)]
pub(crate) fn inode_of(entry: &fs::DirEntry) -> u64 {
    std::os::unix::fs::DirEntryExt::ino(entry)
}

#[cfg(not(unix))]
pub(crate) fn inode_of(_entry: &fs::DirEntry) -> u64 {
    0
}

/// Opens a file for reading. Does not wait for the writer of a pipe that has taken its place.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    options.open(path)
}

/// How many files this process may have open; `None` if there is no limit.
#[cfg(unix)]
pub(crate) fn most_open() -> Option<usize> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.and_then(|most| usize::try_from(most).ok())
}

#[cfg(not(unix))]
pub(crate) fn most_open() -> Option<usize> {
    None
}

/// Whether too many files are open, in this process or on the whole system.
pub(crate) fn is_too_many(error: &io::Error) -> bool {
    #[cfg(unix)]
    return [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()));
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

/// Reads the bytes from `at` on into `lead` and then into `buffer`, with one call where the system has one: no truncation comes
/// between the two. Returns how many there were, which are fewer than there is room for at the end of the file.
pub(crate) fn read(file: &File, lead: &mut [u8], buffer: &mut [u8], at: u64) -> io::Result<usize> {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    loop {
        let mut both = [io::IoSliceMut::new(lead), io::IoSliceMut::new(buffer)];
        match rustix::io::preadv(file, &mut both, at) {
            Err(rustix::io::Errno::INTR) => {}
            result => return Ok(result?),
        }
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    {
        let first = read_at(file, lead, at)?;
        if first < lead.len() {
            return Ok(first);
        }
        Ok(first + read_at(file, buffer, at + first as u64)?)
    }
}

/// Reads the bytes from `at` on, as many as there are room for or in the file.
#[cfg(unix)]
pub(crate) fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    use std::os::unix::fs::FileExt;
    // No file reaches farther, and the system takes no such number.
    if i64::try_from(at).is_err() {
        return Ok(0);
    }
    let mut len = 0;
    while len < buffer.len() {
        match file.read_at(&mut buffer[len..], at + len as u64) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

#[cfg(not(unix))]
pub(crate) fn read_at(_file: &File, _buffer: &mut [u8], _at: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The first position from `at` on that is not in a hole, or the end of the file, if the file system knows.
pub(crate) fn data_from(file: &File, at: u64) -> Option<u64> {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    // The offset of the descriptor is used by nobody.
    return match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(at)) {
        Err(rustix::io::Errno::NXIO) => Stat::of_file(file).ok().map(|stat| stat.size),
        found => found.ok(),
    };
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    {
        let _ = (file, at);
        None
    }
}

/// Whether nothing is at a path.
pub(crate) fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reading_fills_the_lead_and_then_the_buffer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "0123456789").unwrap();
        let file = open(&path).unwrap();
        let (mut lead, mut buffer) = ([0; 3], [0; 4]);
        assert_eq!(read(&file, &mut lead, &mut buffer, 2).unwrap(), 7);
        assert_eq!((&lead, &buffer), (b"234", b"5678"));
        assert_eq!(read(&file, &mut lead, &mut buffer, 6).unwrap(), 4);
        assert_eq!(read(&file, &mut lead, &mut buffer, 8).unwrap(), 2);
        assert_eq!(read(&file, &mut [], &mut buffer, 10).unwrap(), 0);
    }
}
