//! What a run reads, as a row of chunks in the order of the output.

mod inputs;

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::BytesMut;
use lp_tail::{FileId, Mark};

use crate::chunk::Chunk;
use crate::error::Refused;
use crate::follow::Stop;
use crate::reading::Reading;
use crate::source::InputError;

pub(crate) use inputs::Inputs;

/// Something that gives chunks. One thread at a time takes from it.
pub(crate) trait Feed: Send {
    /// What comes next, perhaps in this buffer; waits for it. `None` when nothing will come any more.
    fn next(&mut self, buffer: BytesMut) -> Option<Item>;

    /// Called now and then while nobody takes chunks.
    fn look(&mut self) {}

    /// What is stopped when nothing is wanted any more: a [`next`](Self::next) that waits then, as files that are followed may for ever, returns
    /// `None`.
    fn over(&self) -> Stop {
        Stop::default()
    }
}

/// A piece of work, or something to note.
pub(crate) struct Item {
    pub(crate) position: Position,
    /// The name of the input.
    pub(crate) name: Arc<str>,
    pub(crate) next: Next,
}

/// The place of a piece of work in the order of the output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    /// Ascending by one, over all inputs.
    pub(crate) sequence: u64,
    /// The number of the input.
    pub(crate) input: usize,
}

/// What comes next in the inputs.
pub(crate) enum Next {
    /// Records.
    Chunk(Box<Piece>),
    /// An input has ended, or failed; the buffer was not used.
    End(BytesMut, End),
    /// Something has become of a followed file; the buffer was not used.
    Fate(BytesMut, Fate),
}

/// A chunk, and what belongs to it.
pub(crate) struct Piece {
    pub(crate) chunk: Chunk,
    /// How its records are read.
    pub(crate) reading: Arc<Reading>,
    /// Up to where its file is done with when the chunk is; for files that are followed.
    pub(crate) reached: Option<Reached>,
}

/// A place in a followed file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached {
    pub(crate) file: FileId,
    pub(crate) mark: Mark,
    /// How many bytes of the file the chunk is made of.
    pub(crate) bytes: u64,
}

/// The end of an input.
pub(crate) struct End {
    pub(crate) bytes_read: u64,
    /// How many of these belong to no record: a byte order mark.
    pub(crate) bytes_skipped: u64,
    pub(crate) failure: Option<Box<InputError>>,
    /// The run does not fit the input.
    pub(crate) refused: Option<Refused>,
}

/// What has become of a followed file.
#[derive(Debug)]
pub(crate) enum Fate {
    /// All files that were known at the start have been told of.
    Begun,
    /// It is followed from here on.
    Opened { file: FileId, path: Arc<Path>, mark: Mark },
    /// It goes on in a copy, which this tells again.
    Copied { file: FileId, mark: Mark },
    /// Its records begin here, behind a byte order mark.
    Marked { reached: Reached },
    /// A hole up to here has been skipped.
    Skipped { path: Arc<Path>, reached: Reached },
    /// It was known, and is not found any more.
    Missing { path: Arc<Path>, size: u64 },
    /// So many bytes of it are gone.
    Lost { path: Arc<Path>, bytes: u64 },
    /// It has come to its end. If it still is at a path that is followed, it must not be forgotten.
    Ended { file: FileId, path: Arc<Path>, is_there: bool },
    /// One that had ended and still was there is not any more.
    Gone { file: FileId },
    /// It cannot be read, or not now.
    Unreadable { path: Arc<Path>, error: io::Error },
    /// It is compressed, and left alone.
    Compressed { path: Arc<Path> },
    /// The path of this number is not followed any more, and the number will be that of another.
    Retired,
}
