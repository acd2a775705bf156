//! Where the bytes come from: files and streams, compressed or not.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lp_core::Format;
use lp_core::format::detect::{Known, Settings};
use lp_tail::check_encoding;

use crate::gzip::GzipMembers;
use crate::identity::Identity;
use crate::reading::{Choice, Failed, Limits};
use crate::visible::visible_path;

/// Something to read: named, and opened only when its turn comes.
pub struct Input {
    kind: Kind,
    /// What is its own, where that differs from the pipeline's.
    pub(crate) own: Own,
}

/// What an input has of its own, in place of what the pipeline says for all.
#[derive(Clone, Default)]
pub(crate) struct Own {
    pub(crate) choice: Option<Choice>,
    pub(crate) limits: Option<Limits>,
}

enum Kind {
    Stdin,
    Path(PathBuf),
    Reader(String, Box<dyn Read + Send>),
}

impl Input {
    /// The standard input.
    #[must_use]
    pub fn stdin() -> Self {
        Self { kind: Kind::Stdin, own: Own::default() }
    }

    /// A file.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self { kind: Kind::Path(path.into()), own: Own::default() }
    }

    /// Anything that can be read, under a name for messages.
    pub fn reader(name: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        Self { kind: Kind::Reader(name.into(), Box::new(reader)), own: Own::default() }
    }

    /// With a format of its own, in place of the pipeline's.
    #[must_use]
    pub fn format(mut self, format: Arc<dyn Format>) -> Self {
        self.own.choice = Some(Choice::Given(format));
        self
    }

    /// With a format that is told from its first records, as [`Pipeline::detecting`](crate::Pipeline::detecting) does it, in
    /// place of the pipeline's.
    #[must_use]
    pub fn detecting(mut self, among: impl IntoIterator<Item = Known>, settings: Settings) -> Self {
        self.own.choice = Some(Choice::Detect { among: among.into_iter().collect(), settings });
        self
    }

    /// With limits of its own on the length of records, in place of the pipeline's.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.own.limits = Some(limits);
        self
    }

    /// The name for messages: a path as it was given, or `standard input`; as it is [shown](visible_path).
    #[must_use]
    pub fn name(&self) -> String {
        let path = match &self.kind {
            Kind::Stdin => return "standard input".to_owned(),
            Kind::Path(path) => path,
            Kind::Reader(name, _) => Path::new(name),
        };
        visible_path(path).into_owned()
    }

    /// Whether it is written to while it is read: a pipe, a terminal, a socket. That of a reader is not known.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        match &self.kind {
            Kind::Stdin => stdin_file().and_then(|file| file.metadata()).is_ok_and(|file| !file.is_file()),
            Kind::Path(path) => std::fs::metadata(path).is_ok_and(|file| !file.is_file() && !file.is_dir()),
            Kind::Reader(..) => false,
        }
    }

    /// Which file it is, if it is a regular one.
    pub(crate) fn identity(&self) -> Option<Identity> {
        let file = match &self.kind {
            Kind::Stdin => stdin_file().and_then(|file| file.metadata()),
            Kind::Path(path) => std::fs::metadata(path),
            Kind::Reader(..) => return None,
        };
        Identity::of(&file.ok()?)
    }

    /// The number of bytes to read, where it is known before: that of a regular file (for the standard input what is
    /// left of it).
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        match &self.kind {
            Kind::Stdin => {
                let mut file = stdin_file().ok()?;
                let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
                let position = io::Seek::stream_position(&mut file).ok()?;
                Some(metadata.len().saturating_sub(position))
            }
            // Of a file that is not there nothing will be read.
            Kind::Path(path) => match std::fs::metadata(path) {
                Ok(file) => file.is_file().then_some(file.len()),
                Err(_) => Some(0),
            },
            Kind::Reader(..) => None,
        }
    }

    /// Opens the input and looks at its first bytes to see whether it is compressed.
    ///
    /// `consumed` is increased by the bytes that are read, compressed or not.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, its first bytes cannot be read, or they say that it is text in UTF-16.
    pub fn open(self, consumed: Arc<AtomicU64>) -> io::Result<Source> {
        let reader: Box<dyn Read + Send> = match self.kind {
            Kind::Stdin => Box::new(stdin_file()?),
            Kind::Path(path) => Box::new(File::open(path)?),
            Kind::Reader(_, reader) => reader,
        };
        Source::new(Box::new(Counted { reader, consumed }))
    }
}

/// The standard input without the standard library's own buffer, which would be one more copy.
#[cfg(unix)]
fn stdin_file() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn stdin_file() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(io::stdin().as_handle().try_clone_to_owned()?))
}

/// How an input is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, of one or more members.
    Gzip,
    /// Zstandard, of one or more frames.
    Zstd,
}

impl Compression {
    /// The kinds with their first bytes, each with its lowest and highest value: RFC 1952, section 2.3.1, and RFC 8878,
    /// section 3.1.1; a Zstandard file may begin with a skippable frame (section 3.1.2), as pzstd writes it.
    const MAGIC: [(Self, &'static [(u8, u8)]); 3] = [
        (Self::Gzip, &[(0x1F, 0x1F), (0x8B, 0x8B), (0x08, 0x08)]),
        (Self::Zstd, &[(0x28, 0x28), (0xB5, 0xB5), (0x2F, 0x2F), (0xFD, 0xFD)]),
        (Self::Zstd, &[(0x50, 0x5F), (0x2A, 0x2A), (0x4D, 0x4D), (0x18, 0x18)]),
    ];

    /// The kind's usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// What some programs begin a text with. It belongs to no record.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// An open input: a reader of its decompressed bytes, without a byte order mark at their beginning.
pub struct Source {
    /// The bytes that stand before what `reader` gives.
    first: Vec<u8>,
    reader: Box<dyn Read + Send>,
    compression: Compression,
    /// How many bytes of a byte order mark stand before these.
    skipped: u64,
}

impl Source {
    /// Takes no more bytes than are needed to tell how the input is compressed and in what encoding it is: one, if it is
    /// neither compressed nor begins with a byte order mark.
    fn new(mut reader: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut first = Vec::with_capacity(4);
        let compression = loop {
            let begins =
                |magic: &[(u8, u8)]| first.iter().zip(magic).all(|(byte, (low, high))| (low..=high).contains(&byte));
            let mut candidates = Compression::MAGIC.iter().filter(|(_, magic)| begins(magic));
            match candidates.next() {
                None => break Compression::None,
                Some((kind, magic)) if magic.len() == first.len() => break *kind,
                Some(_) => {}
            }
            let mut byte = [0];
            match reader.read(&mut byte) {
                Ok(0) => break Compression::None,
                Ok(_) => first.extend_from_slice(&byte),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if first.is_empty() => return Err(error),
                Err(error) => {
                    // What was read is part of the input; the error is told behind it.
                    reader = Box::new(Failed(Some(error)));
                    break Compression::None;
                }
            }
        };
        let reader: Box<dyn Read + Send> = match compression {
            Compression::None if first.is_empty() => return Ok(Self { first, reader, compression, skipped: 0 }),
            Compression::None => return Self { first, reader, compression, skipped: 0 }.begin(),
            Compression::Gzip => Box::new(SmallSteps::new(GzipMembers::new(io::Cursor::new(first).chain(reader)))),
            Compression::Zstd => Box::new(SmallSteps::new(zstd::Decoder::new(io::Cursor::new(first).chain(reader))?)),
        };
        Self { first: Vec::new(), reader, compression, skipped: 0 }.begin()
    }

    /// Takes a byte order mark away from the beginning of the text.
    fn begin(mut self) -> io::Result<Self> {
        let mut byte = [0];
        while self.first.len() < BYTE_ORDER_MARK.len() && may_be_marked(&self.first) {
            match self.reader.read(&mut byte) {
                Ok(0) => break,
                Ok(_) => self.first.extend_from_slice(&byte),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    // It is told behind what was read.
                    self.reader = Box::new(Failed(Some(error)));
                    break;
                }
            }
        }
        check_encoding(&self.first)?;
        if self.first.starts_with(BYTE_ORDER_MARK) {
            self.first.drain(..BYTE_ORDER_MARK.len());
            self.skipped = BYTE_ORDER_MARK.len() as u64;
        }
        Ok(self)
    }

    /// How the input is compressed.
    #[must_use]
    pub const fn compression(&self) -> Compression {
        self.compression
    }

    /// How many bytes (after decompression) were left out before the first one: those of a byte order mark.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The bytes that were read already, and the reader of those that follow.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, Box<dyn Read + Send>) {
        (self.first, self.reader)
    }
}

/// Whether a text that begins with these bytes may begin with a byte order mark, of UTF-8 or UTF-16.
fn may_be_marked(first: &[u8]) -> bool {
    BYTE_ORDER_MARK.starts_with(first) || matches!(first, [0xFF | 0xFE])
}

/// Reads from a decompressor a little at a time.
///
/// A decompressor that meets damaged data gives an error in place of all that it had decompressed in that call. With
/// small calls little of what stands before the damage is lost.
struct SmallSteps<R> {
    decompressor: R,
    /// An error that was met after something was read, to be given at the next call.
    failure: Option<io::Error>,
}

impl<R> SmallSteps<R> {
    /// Bytes of a step: the most that is lost before damaged data.
    const STEP: usize = 512;
    /// Bytes of a read: enough that a chunk is not too small, and few enough that a slow pipe is not waited for long.
    const READ: usize = 64 << 10;

    const fn new(decompressor: R) -> Self {
        Self { decompressor, failure: None }
    }
}

impl<R: Read> Read for SmallSteps<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let wanted = buffer.len().min(Self::READ);
        let mut read = 0;
        while read < wanted {
            let end = wanted.min(read + Self::STEP);
            match self.decompressor.read(&mut buffer[read..end]) {
                Ok(0) => break,
                Ok(count) => read += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if read == 0 => return Err(error),
                Err(error) => {
                    self.failure = Some(error);
                    break;
                }
            }
        }
        Ok(read)
    }
}

/// Counts the bytes that pass.
struct Counted {
    reader: Box<dyn Read + Send>,
    consumed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.consumed.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// An input that could not be opened, or not be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {}", describe(.compression, .offset, .source))]
pub struct InputError {
    /// The input's name.
    pub name: String,
    /// How it is compressed, as far as that is known.
    pub compression: Compression,
    /// How many bytes (after decompression) were read before.
    pub offset: u64,
    /// What the system or the decompressor said.
    pub source: io::Error,
}

fn describe(compression: &Compression, offset: &u64, source: &io::Error) -> String {
    match (compression, source.kind()) {
        (Compression::None, _) if *offset == 0 => source.to_string(),
        (Compression::None, _) => format!("after {offset} bytes: {source}"),
        (kind, io::ErrorKind::UnexpectedEof) => {
            format!("the {} data ends early, after {offset} decompressed bytes", kind.name())
        }
        (kind, _) => {
            format!("bad {} data after {offset} decompressed bytes: {source}", kind.name())
        }
    }
}
