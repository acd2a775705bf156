//! What must be known to go on after a restart, and its form as bytes.
//!
//! The form is a line of text, so that people see what the file is; the version, as 32 bits; the body; and the XXH3 hash (64 bits) of
//! all before it. Numbers are little-endian. Only the body may be another in later versions, so that every version can tell a later
//! one from damage. The body is [postcard](https://postcard.jamesmunns.com)'s form of [`Body`].

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use twox_hash::XxHash3_64;

use crate::mark::{Beginning, Mark, Probe};

/// What must be known to go on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checkpoint {
    /// How far each file has been read and is safe.
    pub files: Vec<KnownFile>,
    /// What belongs to others, such as the lengths of outputs, by name.
    pub sections: BTreeMap<String, Vec<u8>>,
}

/// A file that has been followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownFile {
    /// The path at which it was found first, as a pattern names it.
    pub path: Arc<Path>,
    /// The file, and up to where it is done with.
    pub mark: Mark,
}

/// Why bytes are no checkpoint.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// They are something else.
    #[error("it is not a checkpoint")]
    NotACheckpoint,
    /// A version of lp has written them that this one does not know.
    #[error("it has version {0}, and this program reads version {known}", known = Checkpoint::VERSION)]
    Version(u32),
    /// They end early, or some of them have changed.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
}

/// The first line.
pub(crate) const MAGIC: &[u8] = b"lp checkpoint\n";

impl Checkpoint {
    /// The version of the form.
    pub const VERSION: u32 = 2;

    /// The checkpoint as bytes, with a checksum.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let sections: usize = self.sections.iter().map(|(name, section)| name.len() + section.len()).sum();
        let mut bytes = Vec::with_capacity(MAGIC.len() + sections + files_room(&self.files));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&Self::VERSION.to_le_bytes());
        // Neither memory nor lists of an unknown length can fail here; what is cut short would be told as damage.
        let mut bytes = postcard::to_extend(&WrittenBody::of(self), bytes).unwrap_or_default();
        bytes.extend_from_slice(&XxHash3_64::oneshot(&bytes).to_le_bytes());
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) has made.
    ///
    /// # Errors
    ///
    /// If that is not what the bytes are.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        const EARLY: CheckpointError = CheckpointError::Damaged("it ends early");
        let contents = bytes.strip_prefix(MAGIC).ok_or(CheckpointError::NotACheckpoint)?;
        let (contents, checksum) = contents.split_last_chunk().ok_or(EARLY)?;
        let (version, body) = contents.split_first_chunk().ok_or(EARLY)?;
        if XxHash3_64::oneshot(&bytes[..MAGIC.len() + contents.len()]) != u64::from_le_bytes(*checksum) {
            return Err(CheckpointError::Damaged("its checksum is another"));
        }
        match u32::from_le_bytes(*version) {
            1 => Body::<Mark1>::read(body),
            Self::VERSION => Body::<Mark>::read(body),
            other => Err(CheckpointError::Version(other)),
        }
    }
}

/// The checksum at the end of what [`Checkpoint::to_bytes`] has made.
pub(crate) fn checksum_of(bytes: &[u8]) -> u64 {
    bytes.last_chunk().map_or(0, |checksum| u64::from_le_bytes(*checksum))
}

/// The body as it is written: what [`Body`] is, without a list of its own, as there may be many files.
#[derive(Serialize)]
struct WrittenBody<'a> {
    #[serde(serialize_with = "serialize_files")]
    files: &'a [KnownFile],
    sections: &'a BTreeMap<String, Vec<u8>>,
}

impl<'a> WrittenBody<'a> {
    fn of(checkpoint: &'a Checkpoint) -> Self {
        Self { files: &checkpoint.files, sections: &checkpoint.sections }
    }
}

fn serialize_files<S: Serializer>(files: &[KnownFile], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(files.iter().map(File::of))
}

/// Room for most files as they are written.
fn files_room(files: &[KnownFile]) -> usize {
    files.iter().map(|file| File::ROOM + file.path.as_os_str().len()).sum()
}

/// The body, with marks of its version. A change to it, or to what it is made of, needs a new version.
#[derive(Deserialize)]
struct Body<'a, M> {
    #[serde(borrow)]
    files: Vec<File<'a, M>>,
    #[serde(borrow)]
    sections: BTreeMap<&'a str, &'a [u8]>,
}

/// A known file as it is written.
#[derive(Serialize, Deserialize)]
pub(crate) struct File<'a, M> {
    /// The bytes of its path, which need not be UTF-8.
    path: &'a [u8],
    mark: M,
}

impl<'a> File<'a, Mark> {
    /// Room for most of them, beside their paths.
    pub(crate) const ROOM: usize = 96;

    pub(crate) fn of(file: &'a KnownFile) -> Self {
        Self { path: file.path.as_os_str().as_encoded_bytes(), mark: file.mark }
    }
}

impl<M: Into<Mark>> File<'_, M> {
    pub(crate) fn known(self) -> Result<KnownFile, CheckpointError> {
        let mark: Mark = self.mark.into();
        // Whoever reads the bytes that these are of relies on it.
        let Mark { beginning, probe, .. } = mark;
        let is_possible = beginning.len() <= Beginning::MOST
            && probe.len() <= Probe::MOST
            && u64::try_from(probe.len()).is_ok_and(|len| len <= probe.end());
        match is_possible {
            true => Ok(KnownFile { path: path_of(self.path), mark }),
            false => Err(CheckpointError::Damaged("it has a file that cannot be")),
        }
    }
}

/// A mark of version 1.
#[derive(Clone, Copy, Deserialize)]
struct Mark1 {
    device: u64,
    inode: u64,
    beginning: Beginning,
    probe: Probe,
    position: u64,
    size: u64,
}

impl From<Mark1> for Mark {
    fn from(mark: Mark1) -> Self {
        let Mark1 { device, inode, beginning, probe, position, size } = mark;
        Self { device, inode, beginning, probe, position, size, empty_at: None, created: None, modified: None }
    }
}

impl<'a, M: Deserialize<'a> + Into<Mark>> Body<'a, M> {
    fn read(bytes: &'a [u8]) -> Result<Checkpoint, CheckpointError> {
        let (body, rest) = postcard::take_from_bytes::<Self>(bytes)
            .map_err(|_| CheckpointError::Damaged("its checksum is right, but its contents are not"))?;
        if !rest.is_empty() {
            return Err(CheckpointError::Damaged("something follows its contents"));
        }
        body.checkpoint()
    }

    fn checkpoint(self) -> Result<Checkpoint, CheckpointError> {
        Ok(Checkpoint {
            files: self.files.into_iter().map(File::known).collect::<Result<_, _>>()?,
            sections: self.sections.into_iter().map(|(name, section)| (name.to_owned(), section.to_owned())).collect(),
        })
    }
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> Arc<Path> {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(bytes)).into()
}

/// Elsewhere a name that is no text cannot be told from its bytes without unsafe code; such a file is not found again.
#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Arc<Path> {
    Path::new(String::from_utf8_lossy(bytes).as_ref()).into()
}
