//! The standard input, a chunk of whole records at a time, with what its first bytes are.

use std::io::{self, IsTerminal, Read};
use std::sync::Arc;

use bytes::BytesMut;
use lp::format::detect::SAMPLE;
use lp::{Chunk, ChunkRead, Chunker, Format, Input};

use crate::terminal;

/// The standard input, of which the beginning has been read.
pub(super) struct Stdin {
    sample: Vec<u8>,
    rest: Box<dyn Read + Send>,
    /// Whether that is all there is.
    ended: bool,
    failure: Option<io::Error>,
}

impl Stdin {
    /// Reads as much as tells the format, decompressed: so that it does not depend on how a stream is cut into reads, all
    /// that a detector would look at.
    pub(super) fn open() -> io::Result<Self> {
        if io::stdin().is_terminal() {
            terminal::say(format_args!("Type or paste records, then Ctrl-D."));
        }
        let (mut sample, mut rest) = Input::stdin().open(Arc::default())?.into_parts();
        let read = (&mut rest).take(SAMPLE as u64).read_to_end(&mut sample);
        Ok(Self { sample, rest, ended: !matches!(read, Ok(count) if count == SAMPLE), failure: read.err() })
    }

    /// The first bytes.
    pub(super) fn sample(&self) -> &[u8] {
        &self.sample
    }

    /// Gives chunks to `each` until it has had enough and returns false, but never less than what has been read; returns
    /// whether that was all.
    pub(super) fn chunks(
        self,
        format: &dyn Format,
        limit: u32,
        mut each: impl FnMut(&Chunk) -> bool,
    ) -> io::Result<bool> {
        let rest: Box<dyn Read + Send> = if self.ended { Box::new(io::empty()) } else { self.rest };
        let mut chunks = Chunker::new(rest, &self.sample, SAMPLE, limit);
        loop {
            match chunks.next(BytesMut::new(), format) {
                ChunkRead::Chunk(chunk) => {
                    if !each(&chunk) && !self.ended {
                        return Ok(false);
                    }
                }
                ChunkRead::End(_) => return self.failure.map_or(Ok(true), Err),
                ChunkRead::Failed(_, error) => return Err(error),
            }
        }
    }
}
