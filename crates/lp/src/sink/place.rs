//! A place in a file to which a later run can go back.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use lp_tail::{Beginning, Probe};
use serde::{Deserialize, Serialize};

use super::rotated::Stamp;

/// What came of [going back](super::FileOptions::resume) to a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Resumed {
    /// The output is as it was at the place.
    Cut {
        /// How much was taken away behind it, rotated files included.
        bytes: u64,
    },
    /// The output is as it was at the place. A run had ended there, and no other had begun since that knew of it, so what stood behind it is
    /// somebody else's, or of a run that did not know of the place: it is kept, in files beside (`NAME.behind-1` and so on).
    SetAside {
        /// How much that was, rotated files included.
        bytes: u64,
    },
    /// The file is not there any more as it was: somebody has moved it to another folder, deleted, compressed or truncated
    /// it, or [`Keep`](super::Keep) has. Nothing was taken away. What was written behind the place will be there twice, as
    /// far as it is still there.
    NotFound,
    /// The file ends before the place, which was told to be durable: somebody has cut it, or the disk did not keep what it
    /// promised when the power was lost. Nothing was taken away. What is missing will not be written again, and if records
    /// were written after somebody had cut the file then these will be there twice.
    Short {
        /// How many bytes are missing.
        bytes: u64,
    },
}

/// The end of what was written, and what tells whether it is still there.
///
/// A place is for one file name only: what may be taken away behind it depends on the name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    /// The name under which the file was written.
    name: String,
    inode: u64,
    /// When the file was created, if the file system tells: an inode is used again when its file is deleted.
    created: Option<SystemTime>,
    beginning: Beginning,
    /// The last bytes before the place; they end there.
    probe: Probe,
    /// When the first of what is in the file was written.
    since: SystemTime,
    /// No rotated file was there that compares greater, so those that do were written behind the place. `None` if the file
    /// was not rotated.
    newest: Option<Stamp>,
    /// Whether a run has ended there, and no other has begun.
    #[serde(skip)]
    is_end: bool,
}

/// A place as bytes. Whoever changes [`Place`] adds a version.
#[derive(Serialize, Deserialize)]
enum Versioned<P> {
    V1(P),
    /// Where a run has ended.
    End(P),
}

/// How much a file has of what was written before a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Held {
    All,
    /// It is the file, and so many bytes of it are missing.
    Less(u64),
    /// It is another file, or has another content.
    Nothing,
}

impl Place {
    /// The byte `len` of the file that is written at `path`.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the file is shorter.
    pub(super) fn at(len: u64, file: &File, path: &Path, since: SystemTime, newest: Option<Stamp>) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            name: name(path),
            inode: inode(&metadata),
            created: created(&metadata),
            beginning: Beginning::of(&read(file, 0, len.min(Beginning::MOST as u64))?),
            probe: Probe::of(&read_before(file, len, Probe::MOST as u64)?, len),
            // What is earlier cannot be written down.
            since: since.max(UNIX_EPOCH),
            newest,
            is_end: false,
        })
    }

    /// The same place, with what may have changed though nothing was written.
    pub(super) fn since_then(&self, since: SystemTime, newest: Option<Stamp>) -> Self {
        Self { since: since.max(UNIX_EPOCH), newest, ..self.clone() }
    }

    /// A later place in the same file, of which the whole [beginning](Self::has_whole_beginning) is known.
    pub(super) fn at_end(self, probe: Probe) -> Self {
        Self { probe, ..self }
    }

    /// Whether the beginning does not grow any more with the file.
    pub(super) const fn has_whole_beginning(&self) -> bool {
        self.beginning.len() == Beginning::MOST
    }

    /// The same place, and whether a run ends there.
    pub(super) fn with_end(self, is_end: bool) -> Self {
        Self { is_end, ..self }
    }

    /// Whether nothing that lp writes is behind it, as far as it knows.
    pub(super) const fn is_end(&self) -> bool {
        self.is_end
    }

    pub(super) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let versioned = if self.is_end { Versioned::End(self) } else { Versioned::V1(self) };
        postcard::to_stdvec(&versioned).map_err(io::Error::other)
    }

    /// `None` if it is something else, or of a version that is not known.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match postcard::from_bytes(bytes).ok()? {
            Versioned::V1(place) => Some(place),
            Versioned::End(place) => Some(Self { is_end: true, ..place }),
        }
    }

    pub(super) const fn len(&self) -> u64 {
        self.probe.end()
    }

    pub(super) const fn since(&self) -> SystemTime {
        self.since
    }

    pub(super) const fn newest(&self) -> Option<Stamp> {
        self.newest
    }

    pub(super) fn is_for(&self, path: &Path) -> bool {
        self.name == name(path)
    }

    /// Whether a rotated file was put aside behind the place.
    pub(super) fn is_before(&self, stamp: Stamp) -> bool {
        self.newest.is_some_and(|newest| newest < stamp)
    }

    /// Whether a file may be the one, as far as the system says.
    pub(super) fn may_be_in(&self, file: &Metadata) -> bool {
        let is_same = |(before, now)| before == now;
        self.inode == inode(file) && self.created.zip(created(file)).is_none_or(is_same)
    }

    /// Whether a file that has all of what was written cannot be another one.
    pub(super) fn tells_apart(&self) -> bool {
        self.created.is_some() || cfg!(unix) && self.len() > 0
    }

    /// Whether the other file was created behind the one of the place; `None` where the file system does not tell.
    pub(super) fn is_older_than(&self, other: &Metadata) -> Option<bool> {
        self.created.zip(created(other)).map(|(before, other)| before <= other)
    }

    pub(super) fn held_by(&self, file: &File) -> io::Result<Held> {
        let metadata = file.metadata()?;
        if !self.may_be_in(&metadata) || !can_read(file) {
            return Ok(Held::Nothing);
        }
        match self.is_unchanged(file) {
            Ok(true) => Ok(Held::All),
            Ok(false) => Ok(Held::Nothing),
            // Its length now: it may just have been cut.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Ok(Held::Less(self.len().saturating_sub(metadata.len())))
            }
            Err(error) => Err(error),
        }
    }

    fn is_unchanged(&self, file: &File) -> io::Result<bool> {
        Ok(self.beginning.is_of(&read(file, 0, self.beginning.len() as u64)?)
            && self.probe.is_of(&read_before(file, self.len(), self.probe.len() as u64)?))
    }
}

/// Whether the file was opened for reading, too: there are some that may only be written.
pub(super) fn can_read(mut file: &File) -> bool {
    file.read(&mut []).is_ok()
}

/// The last bytes before `end`, at most so many.
fn read_before(file: &File, end: u64, most: u64) -> io::Result<Vec<u8>> {
    let start = end.saturating_sub(most);
    read(file, start, end - start)
}

/// Reads so many bytes. Where the file is written to does not depend on where it is read, since all is appended.
fn read(mut file: &File, start: u64, len: u64) -> io::Result<Vec<u8>> {
    // No more than a kilobyte.
    let mut bytes = vec![0; len as usize];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn created(metadata: &Metadata) -> Option<SystemTime> {
    metadata.created().ok().filter(|&created| created > UNIX_EPOCH)
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

/// What the system says does not tell files apart.
#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn place(text: &str) -> (File, Place) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let place = Place::at(text.len() as u64, &file, Path::new("a/out.log"), SystemTime::now(), None).unwrap();
        (file, place)
    }

    #[test]
    fn a_place_as_bytes() {
        let (_, place) = place("one\n");
        let bytes = place.to_bytes().unwrap();
        assert_eq!(Place::from_bytes(&bytes), Some(place));
        // The version.
        assert_eq!(bytes[0], 0);
        let end = Place::from_bytes(&bytes).unwrap().with_end(true);
        assert_eq!(Place::from_bytes(&end.to_bytes().unwrap()), Some(end));
        assert_eq!(Place::from_bytes(&[&[2], &bytes[1..]].concat()), None);
        assert_eq!(Place::from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Place::from_bytes(b""), None);
    }

    #[test]
    fn only_what_is_unchanged_has_it() {
        let long = "x".repeat(5000);
        for (before, after, held) in [
            ("", "", Held::All),
            ("", "a\n", Held::All),
            ("a\n", "a\nb\n", Held::All),
            ("a\n", "b\nb\n", Held::Nothing),
            ("a\nb\n", "a\n", Held::Less(2)),
            (&long, &format!("{long}more"), Held::All),
            (&long, &format!("{}y", &long[1..]), Held::Nothing),
            (&long, &format!("y{}", &long[1..]), Held::Nothing),
            (&long, &long[..1000], Held::Less(4000)),
        ] {
            let (mut file, place) = place(before);
            file.set_len(0).unwrap();
            file.rewind().unwrap();
            file.write_all(after.as_bytes()).unwrap();
            assert_eq!(place.held_by(&file).unwrap(), held, "{before:.9} {after:.9}");
        }
        // Both there at once, since an inode that is free may be used again.
        let ((_file, one), (other, _)) = (place("a\n"), place("a\n"));
        if cfg!(unix) {
            assert_eq!(one.held_by(&other).unwrap(), Held::Nothing);
        }
    }

    #[test]
    fn a_place_is_for_one_name() {
        let (_, place) = place("a\n");
        for (path, is_for) in [("b/out.log", true), ("out.log", true), ("a/out", false), ("a", false)] {
            assert_eq!(place.is_for(Path::new(path)), is_for);
        }
    }
}
