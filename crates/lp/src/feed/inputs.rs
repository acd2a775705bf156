//! Inputs that end, one after the other.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::BytesMut;

use super::{End, Feed, Item, Next, Piece, Position};
use crate::chunk::{Chunker, Read};
use crate::reading::{Chooser, Chosen, Reading};
use crate::source::{Compression, Input, InputError};

/// The inputs, one after the other, chunk by chunk.
pub(crate) struct Inputs<'a> {
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
    /// Bytes of a byte order mark.
    skipped: u64,
    reading: Arc<Reading>,
    chunker: Chunker<Box<dyn io::Read + Send>>,
}

impl<'a> Inputs<'a> {
    /// The chunks of these inputs. `consumed` is increased by the bytes that are read, compressed or not.
    pub(crate) fn new(
        inputs: VecDeque<Input>,
        chooser: Chooser<'a>,
        consumed: Arc<AtomicU64>,
        chunk_size: usize,
    ) -> Self {
        Self { inputs, current: None, chooser, consumed, chunk_size, position: Position { sequence: 0, input: 0 } }
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
                        let (compression, skipped) = (source.compression(), source.skipped());
                        let (first, reader) = source.into_parts();
                        let Chosen { reading, first, reader } =
                            match self.chooser.choose(&name, &name, &own, first, reader) {
                                Ok(chosen) => chosen,
                                Err(refused) => {
                                    let end =
                                        End { bytes_read: 0, bytes_skipped: 0, failure: None, refused: Some(refused) };
                                    return Some((name, Next::End(buffer, end)));
                                }
                            };
                        let chunker = Chunker::new(reader, &first, self.chunk_size, reading.limits.record());
                        let chunker = chunker.behind(skipped);
                        self.current.insert(Open { name, compression, skipped, reading, chunker })
                    }
                    Err(source) => {
                        let failure = Some(Box::new(InputError {
                            name: name.to_string(),
                            compression: Compression::None,
                            offset: 0,
                            source,
                        }));
                        return Some((
                            name,
                            Next::End(buffer, End { bytes_read: 0, bytes_skipped: 0, failure, refused: None }),
                        ));
                    }
                }
            }
        };
        let (name, bytes_skipped) = (Arc::clone(&open.name), open.skipped);
        let next = match open.chunker.next(buffer, &*open.reading.format) {
            Read::Chunk(chunk) => {
                Next::Chunk(Box::new(Piece { chunk, reading: Arc::clone(&open.reading), reached: None }))
            }
            Read::End(buffer) => {
                let bytes_read = open.chunker.bytes_read();
                Next::End(buffer, End { bytes_read, bytes_skipped, failure: None, refused: None })
            }
            Read::Failed(buffer, source) => {
                let bytes_read = open.chunker.bytes_read();
                let failure =
                    InputError { name: name.to_string(), compression: open.compression, offset: bytes_read, source };
                Next::End(buffer, End { bytes_read, bytes_skipped, failure: Some(Box::new(failure)), refused: None })
            }
        };
        Some((name, next))
    }
}

impl Feed for Inputs<'_> {
    fn next(&mut self, buffer: BytesMut) -> Option<Item> {
        let (name, next) = self.read(buffer)?;
        let position = self.position;
        self.position.sequence += 1;
        if let Next::End(..) = next {
            self.position.input += 1;
            self.current = None;
        }
        Some(Item { position, name, next })
    }
}
