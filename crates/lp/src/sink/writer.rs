//! A stream that is written: the standard output, a device, a buffer.

use std::io::{ErrorKind, Write};

use super::{Action, Block, Sink, SinkError};

/// Writes to anything that can be written, without a buffer of its own.
///
/// What a stream has taken cannot be taken back: after a failure a block is gone on with at the byte where it was
/// interrupted, which may be within a record. (A `W` with a buffer counts as written what is in its buffer.)
#[derive(Debug)]
pub struct Writer<W> {
    name: String,
    writer: W,
    /// How much of the header is written; none of it is wanted any more once records are.
    header: Header,
}

#[derive(Clone, Copy, Debug)]
enum Header {
    Due { written: usize },
    Done,
}

impl<W: Write> Writer<W> {
    /// A sink that writes to `writer`; `name` is for messages.
    pub fn new(name: impl Into<String>, writer: W) -> Self {
        Self { name: name.into(), writer, header: Header::Due { written: 0 } }
    }

    /// The writer.
    pub fn into_inner(self) -> W {
        self.writer
    }

    /// Writes some of it. Not nothing, unless there is nothing.
    fn some(&mut self, bytes: &[u8]) -> Result<usize, SinkError> {
        loop {
            let error = match self.writer.write(bytes) {
                Ok(0) if !bytes.is_empty() => ErrorKind::WriteZero.into(),
                Ok(written) => return Ok(written),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => error,
            };
            return Err(SinkError::system(Action::Write, &self.name, error));
        }
    }
}

impl<W: Write + Send> Sink for Writer<W> {
    fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError> {
        while !block.is_empty() {
            match self.header {
                Header::Due { written } if written < block.header().len() => {
                    let more = self.some(&block.header()[written..])?;
                    self.header = Header::Due { written: written + more };
                }
                _ => {
                    self.header = Header::Done;
                    let written = self.some(block.bytes())?;
                    block.advance(written);
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.writer.flush().map_err(|error| SinkError::system(Action::Flush, &self.name, error))
    }

    /// As [`flush`](Self::flush): a stream can do no more.
    fn sync(&mut self) -> Result<(), SinkError> {
        self.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// Takes at most three bytes at a time, and fails each second time.
    #[derive(Default)]
    struct Faulty {
        taken: Vec<u8>,
        calls: usize,
    }

    impl Write for Faulty {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.calls += 1;
            match self.calls % 4 {
                1 => Err(ErrorKind::WouldBlock.into()),
                3 => Err(ErrorKind::Interrupted.into()),
                _ => self.taken.write(&bytes[..bytes.len().min(3)]),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_byte_is_written_once() {
        let mut sink = Writer::new("a stream", Faulty::default());
        for text in ["first record\n", "second\n", ""] {
            let mut block = Block::lines(text.as_bytes()).with_header(b"header\n");
            while let Err(error) = sink.write(&mut block) {
                assert_eq!(
                    (error.kind(), error.to_string().as_str()),
                    (ErrorKind::WouldBlock, "cannot write a stream")
                );
            }
            assert!(block.is_empty());
        }
        assert_eq!(sink.into_inner().taken, b"header\nfirst record\nsecond\n");
    }

    #[test]
    fn no_records_no_header() {
        let mut sink = Writer::new("a stream", Vec::new());
        sink.write(&mut Block::lines(b"").with_header(b"header\n")).unwrap();
        assert!(sink.into_inner().is_empty());
    }

    #[test]
    fn a_stream_that_takes_nothing() {
        let mut room = [0; 4];
        let mut sink = Writer::new("a stream", &mut room[..]);
        let mut block = Block::whole(b"123456");
        assert_eq!(sink.write(&mut block).unwrap_err().kind(), ErrorKind::WriteZero);
        assert_eq!(block.bytes(), b"56");
    }
}
