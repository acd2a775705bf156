//! The inputs, one after the other, as a row of chunks.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::BytesMut;

use crate::chunk::{Chunk, Chunker, Read};
use crate::error::Refused;
use crate::reading::{Chooser, Chosen, Reading};
use crate::source::{Compression, Input, InputError};

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
    /// With how its records are read.
    Chunk(Chunk, Arc<Reading>),
    /// An input has ended, or failed; the buffer was not used.
    End(BytesMut, End),
}

/// The end of an input.
pub(crate) struct End {
    pub(crate) bytes_read: u64,
    pub(crate) failure: Option<InputError>,
    /// The run does not fit the input.
    pub(crate) refused: Option<Refused>,
}

/// The inputs, one after the other, chunk by chunk. One thread at a time reads from it.
pub(crate) struct Feed<'a> {
    inputs: VecDeque<Input>,
    current: Option<Open>,
    chooser: Chooser<'a>,
    consumed: Arc<AtomicU64>,
    chunk_size: usize,
    position: Position,
}

struct Open {
    name: Arc<str>,
    compression: Compression,
    reading: Arc<Reading>,
    chunker: Chunker<Box<dyn io::Read + Send>>,
}

impl<'a> Feed<'a> {
    /// The chunks of these inputs. `consumed` is increased by the bytes that are read, compressed or not.
    pub(crate) fn new(
        inputs: VecDeque<Input>,
        chooser: Chooser<'a>,
        consumed: Arc<AtomicU64>,
        chunk_size: usize,
    ) -> Self {
        Self { inputs, current: None, chooser, consumed, chunk_size, position: Position { sequence: 0, input: 0 } }
    }

    /// The next piece of work, its place and the name of its input; `None` after the last.
    pub(crate) fn next(&mut self, buffer: BytesMut) -> Option<(Position, Arc<str>, Next)> {
        let (name, next) = self.read(buffer)?;
        let position = self.position;
        self.position.sequence += 1;
        if let Next::End(..) = next {
            self.position.input += 1;
            self.current = None;
        }
        Some((position, name, next))
    }

    fn read(&mut self, buffer: BytesMut) -> Option<(Arc<str>, Next)> {
        let open = match &mut self.current {
            Some(open) => open,
            None => {
                let mut input = self.inputs.pop_front()?;
                let name: Arc<str> = input.name().into();
                let own = std::mem::take(&mut input.own);
                match input.open(Arc::clone(&self.consumed)) {
                    Ok(source) => {
                        let compression = source.compression();
                        let (first, reader) = source.into_parts();
                        let Chosen { reading, first, reader } =
                            match self.chooser.choose(&name, &name, &own, first, reader) {
                                Ok(chosen) => chosen,
                                Err(refused) => {
                                    let end = End { bytes_read: 0, failure: None, refused: Some(refused) };
                                    return Some((name, Next::End(buffer, end)));
                                }
                            };
                        let chunker = Chunker::new(reader, &first, self.chunk_size, reading.limits.record());
                        self.current.insert(Open { name, compression, reading, chunker })
                    }
                    Err(source) => {
                        let failure = Some(InputError {
                            name: name.to_string(),
                            compression: Compression::None,
                            offset: 0,
                            source,
                        });
                        return Some((name, Next::End(buffer, End { bytes_read: 0, failure, refused: None })));
                    }
                }
            }
        };
        let name = Arc::clone(&open.name);
        let next = match open.chunker.next(buffer, &*open.reading.format) {
            Read::Chunk(chunk) => Next::Chunk(chunk, Arc::clone(&open.reading)),
            Read::End(buffer) => {
                Next::End(buffer, End { bytes_read: open.chunker.bytes_read(), failure: None, refused: None })
            }
            Read::Failed(buffer, source) => {
                let bytes_read = open.chunker.bytes_read();
                let failure =
                    InputError { name: name.to_string(), compression: open.compression, offset: bytes_read, source };
                Next::End(buffer, End { bytes_read, failure: Some(failure), refused: None })
            }
        };
        Some((name, next))
    }
}
