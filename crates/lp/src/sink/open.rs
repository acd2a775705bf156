//! Opening a file for writing, with clear words where it cannot be.

use std::fs::{self, FileType, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;
#[cfg(unix)]
use std::thread;
use std::time::SystemTime;
#[cfg(unix)]
use std::time::{Duration, Instant};

use super::file::File;
use super::place::{Place, Resumed};
use super::rotated::folder;
use super::{Action, Rotation, Sink, SinkError, Writer};

/// How a file is written.
///
/// ```no_run
/// use std::num::NonZeroU64;
/// use std::time::Duration;
///
/// use lp::sink::{Block, FileOptions, Keep, Rotation, Sink};
///
/// // At 100 MB or after an hour; the files of the last day are kept.
/// let hour = Duration::from_secs(3600);
/// let rotation = Rotation::new(NonZeroU64::new(100_000_000), Some(hour)).map(|to| to.keep(Keep::For(24 * hour)));
/// let mut sink = FileOptions::new().rotate(rotation).open("errors.ndjson")?;
/// sink.write(&mut Block::lines(b"{\"severity\":\"ERROR\"}\n"))?;
/// # Ok::<(), lp::sink::SinkError>(())
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct FileOptions {
    create_dirs: bool,
    rotation: Option<Rotation>,
}

impl FileOptions {
    /// A file in a folder that there is, not rotated.
    #[must_use]
    pub const fn new() -> Self {
        Self { create_dirs: false, rotation: None }
    }

    /// Whether missing folders are created.
    #[must_use]
    pub const fn create_dirs(self, create_dirs: bool) -> Self {
        Self { create_dirs, ..self }
    }

    /// When the file is rotated; never with `None`.
    #[must_use]
    pub const fn rotate(self, rotation: Option<Rotation>) -> Self {
        Self { rotation, ..self }
    }

    /// As [`open`](Self::open), but goes back to a [place](super::SinkMark) that an earlier run has noted of the file: what
    /// was written behind it is taken away, since it will be written again.
    ///
    /// The file of the place is looked for at the path and under all names in its folder, and cut only if it still has what
    /// was written before. Where it was rotated or moved away since, so that another file was begun, that one is emptied,
    /// and rotated files that are newer are deleted: no matter who has written to them since. (A file at the path that was
    /// there before the other, or may have been where it was not lp that moved that away, is somebody else's: then nothing
    /// is taken away.)
    ///
    /// Where the run of the place has ended there, by a stop and not by a crash, nothing of it is behind the place. Then what is taken away
    /// is kept beside the file, in `NAME.behind-1` and so on: [`Resumed::SetAside`].
    ///
    /// Whoever is interrupted at this can do it again.
    ///
    /// # Errors
    ///
    /// As there, if `place` is none, and if what is to be taken away cannot be.
    pub fn resume(self, path: impl AsRef<Path>, place: &[u8]) -> Result<(Box<dyn Sink>, Resumed), SinkError> {
        let path = path.as_ref();
        let place = Place::from_bytes(place).ok_or_else(|| SinkError::Place { name: quoted(path) })?;
        if self.is_stream(path) {
            return Ok((self.open(path)?, Resumed::NotFound));
        }
        let mut file = self.open_file(path, Box::new(SystemTime::now))?;
        let resumed = file.go_back(&place)?;
        Ok((Box::new(file), resumed))
    }

    /// Opens the file, and creates it if it is not there. What is written is appended to what is in it.
    ///
    /// - A new file is readable for its owner and group only (mode 0640, less what the umask takes): logs tell of people.
    /// - The file has one writer: an advisory lock (`flock`) keeps a second sink off it, here or in another process. On
    ///   a file system without locks nothing does.
    /// - If somebody moves or deletes the file, it is created again within a second (on Unix; elsewhere only if nothing
    ///   is there any more). What was written in that second is in the moved or deleted one.
    /// - After a failure there is no part of a record at the end of the file.
    /// - With a rotation, a file is made durable before it is put aside.
    ///
    /// A device or a named pipe is written as a [`Writer`] does. Opening a pipe waits for somebody who reads it, at most two
    /// seconds.
    ///
    /// # Errors
    ///
    /// Where it cannot be opened for writing, or is a pipe that nobody reads; where it is a folder, or in a folder that is not there; where another sink
    /// has it; where it is to be rotated and is not a regular file, or is a symbolic link, or is in a folder where this
    /// user may not rename it.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Box<dyn Sink>, SinkError> {
        let path = path.as_ref();
        if self.is_stream(path) {
            let name = quoted(path);
            return match open_stream(path) {
                Ok(stream) => Ok(Box::new(Writer::new(name, stream))),
                Err(error) => Err(SinkError::system(Action::Open, name, error)),
            };
        }
        Ok(Box::new(self.open_file(path, Box::new(SystemTime::now))?))
    }

    /// Whether it is written as a stream: a device, a pipe.
    fn is_stream(self, path: &Path) -> bool {
        self.rotation.is_none() && fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
    }

    /// Opens a regular file; `clock` tells the time.
    pub(super) fn open_file(self, path: &Path, clock: Box<dyn Fn() -> SystemTime + Send>) -> Result<File, SinkError> {
        File::open(path, self.create_dirs, self.rotation, clock)
    }
}

/// The path for messages, with control characters escaped.
pub(super) fn quoted(path: &Path) -> String {
    format!("{path:?}")
}

/// How long is waited for somebody who reads a pipe.
#[cfg(unix)]
const READER: Duration = Duration::from_secs(2);

/// Opens a device or a pipe. Whoever opens a pipe as a file waits until somebody reads it, no matter which signals come.
#[cfg(unix)]
fn open_stream(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

    use rustix::fs::{OFlags, fcntl_setfl};
    use rustix::io::Errno;

    let mut options = OpenOptions::new();
    options.append(true);
    if !fs::metadata(path)?.file_type().is_fifo() {
        return options.open(path);
    }
    options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let begun = Instant::now();
    loop {
        match options.open(path) {
            Ok(pipe) => {
                fcntl_setfl(&pipe, OFlags::APPEND)?;
                return Ok(pipe);
            }
            Err(error) if error.raw_os_error() != Some(Errno::NXIO.raw_os_error()) => return Err(error),
            Err(_) if begun.elapsed() < READER => thread::sleep(Duration::from_millis(20)),
            Err(_) => return Err(io::Error::new(ErrorKind::NotConnected, "nobody reads this pipe")),
        }
    }
}

#[cfg(not(unix))]
fn open_stream(path: &Path) -> io::Result<fs::File> {
    OpenOptions::new().append(true).open(path)
}

/// Opens or creates a regular file for appending, and for reading if that is allowed, and locks it.
pub(super) fn open_regular(path: &Path, create_dirs: bool, rotates: bool) -> Result<fs::File, SinkError> {
    let name = || quoted(path);
    let refused = |error| SinkError::system(Action::Open, name(), error);
    // Before the file is opened, since opening a pipe waits. Renaming a link would leave the file where it is.
    let found = if rotates { fs::symlink_metadata(path) } else { fs::metadata(path) };
    match found {
        Ok(metadata) if metadata.is_dir() => return Err(SinkError::Folder { name: name() }),
        Ok(metadata) if !metadata.is_file() => {
            return Err(SinkError::NotRegular { name: name(), what: what(metadata.file_type()) });
        }
        _ => {}
    }
    if create_dirs {
        fs::create_dir_all(folder(path)).map_err(refused)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    // Reading is only for marks. A file that may be written and not read has none.
    let file = match options.clone().read(true).open(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => options.open(path),
        opened => opened,
    };
    let file = file.map_err(|error| {
        if error.kind() == ErrorKind::NotFound && !folder(path).exists() {
            return SinkError::NoFolder { name: name(), folder: quoted(folder(path)) };
        }
        refused(error)
    })?;
    if lock(&file) { Ok(file) } else { Err(SinkError::InUse { name: name() }) }
}

/// Takes the file's lock until it is closed. `false` if somebody else has it.
pub(super) fn lock(file: &fs::File) -> bool {
    // Not on Windows, where a lock keeps readers off, too. Where the file system has no locks there is nothing to be done.
    !cfg!(unix) || !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

fn what(kind: FileType) -> &'static str {
    if kind.is_symlink() { "a symbolic link" } else { "a device, a pipe or a socket" }
}
