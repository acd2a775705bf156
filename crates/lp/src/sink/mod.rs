//! Where the output goes: a writer such as the standard output, a file that is rotated, or a webhook.
//!
//! A [`Sink`] takes [`Block`]s of whole records and says of each failure what was attempted, on what, and what may
//! help. A block remembers how much of it has been written, so that it can be written again after a failure and each
//! record is there once.

mod append;
mod end;
mod error;
mod file;
mod folder;
mod keep;
mod open;
mod place;
mod retry;
mod rotated;
mod rotation;
#[cfg(feature = "webhook")]
mod webhook;
mod writer;

use std::time::SystemTime;

use memchr::{memchr, memrchr};

pub use error::{Action, SinkError};
pub use keep::Keep;
pub use open::FileOptions;
pub use place::Resumed;
pub use retry::{Outage, Retry, RetryOptions};
pub use rotation::Rotation;
#[cfg(feature = "webhook")]
pub(crate) use webhook::header;
#[cfg(feature = "webhook")]
pub use webhook::{Webhook, WebhookOptions};
pub use writer::Writer;

/// Where encoded records or events go.
pub trait Sink: Send {
    /// Writes what is left of `block`, and waits until there is room for it.
    ///
    /// # Errors
    ///
    /// Where that cannot be done. `block` then holds what is not written yet: given again it is gone on with there, and
    /// what was written already is not written twice. A caller that gives up knows from [`Block::len`] how much is lost.
    fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError>;

    /// Whether it parts blocks, so that it has to know where the records in them end.
    fn parts_blocks(&self) -> bool {
        false
    }

    /// Whether no call waits for ever: what takes longer than the sink has been given time for is an error that it returns. Of other sinks
    /// somebody may want to know when a call has not returned for long, as it may be that nobody reads what they write.
    fn times_out(&self) -> bool {
        false
    }

    /// Hands to the system what is still held.
    ///
    /// # Errors
    ///
    /// Where the system does not take it.
    fn flush(&mut self) -> Result<(), SinkError>;

    /// Makes all that was written durable: it is there after a loss of power, as far as the system can tell.
    ///
    /// # Errors
    ///
    /// Where the system cannot say so. Some of what was written since the last time may be lost then, even if a later
    /// call is successful.
    fn sync(&mut self) -> Result<(), SinkError>;

    /// A place in the output to which a later run can [go back](FileOptions::resume): the end of all that has been written,
    /// which is the end of a record. `None` if it cannot be gone back to, as in a stream.
    ///
    /// # Errors
    ///
    /// If the system does not say where that is.
    fn mark(&mut self) -> Result<Option<SinkMark>, SinkError> {
        Ok(None)
    }

    /// A checkpoint has been kept that knows this [place](Self::mark) of the output; `None` if it knows none. A later run goes back to it, or
    /// to the one of the checkpoint before if this one cannot be read; to none that is older.
    fn kept(&mut self, place: Option<&[u8]>) {
        let _ = place;
    }

    /// Whether another place is to be [kept](Self::kept), though nothing may have been written since the last one.
    fn demand(&self) -> Demand {
        Demand::Nothing
    }

    /// The clock goes on though nothing may be written.
    ///
    /// # Errors
    ///
    /// Where something that was due by the clock cannot be done.
    fn tick(&mut self, now: SystemTime) -> Result<(), SinkError> {
        let _ = now;
        Ok(())
    }
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn parts_blocks(&self) -> bool {
        (**self).parts_blocks()
    }

    fn times_out(&self) -> bool {
        (**self).times_out()
    }

    fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError> {
        (**self).write(block)
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        (**self).flush()
    }

    fn sync(&mut self) -> Result<(), SinkError> {
        (**self).sync()
    }

    fn mark(&mut self) -> Result<Option<SinkMark>, SinkError> {
        (**self).mark()
    }

    fn kept(&mut self, place: Option<&[u8]>) {
        (**self).kept(place);
    }

    fn demand(&self) -> Demand {
        (**self).demand()
    }

    fn tick(&mut self, now: SystemTime) -> Result<(), SinkError> {
        (**self).tick(now)
    }
}

/// Whether a sink has put something off until later places of it are [kept](Sink::kept).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum Demand {
    /// It has not.
    #[default]
    Nothing,
    /// It has; the usual time is early enough.
    InTime,
    /// It has put off so much that the next one should be kept at once.
    AtOnce,
}

/// A place in an output to which a later run can go back.
///
/// As long as there is one of a file, that file stays locked.
pub struct SinkMark {
    place: Vec<u8>,
    sync: Box<dyn FnOnce() -> Result<(), SinkError> + Send>,
}

impl SinkMark {
    /// A place, in the sink's own words; `sync` makes all before it durable, and may be called on any thread while the sink
    /// is written on.
    pub fn new(place: Vec<u8>, sync: impl FnOnce() -> Result<(), SinkError> + Send + 'static) -> Self {
        Self { place, sync: Box::new(sync) }
    }

    /// The place, without making anything durable: for those who have to go on only after this process was killed, but not after a
    /// loss of power.
    #[must_use]
    pub fn place(&self) -> &[u8] {
        &self.place
    }

    /// Makes all before the place durable. Only then may it be kept for the case of a loss of power.
    ///
    /// # Errors
    ///
    /// If the system cannot say that it is. Then some of it may be lost even if a later place can be made durable: whoever
    /// has to be certain ends the run and goes back to the last place that was.
    pub fn make_durable(self) -> Result<Vec<u8>, SinkError> {
        (self.sync)()?;
        Ok(self.place)
    }
}

/// Encoded records, whole ones, on their way to a sink; and how much of them is still to be written.
#[derive(Debug)]
pub struct Block<'a> {
    header: &'a [u8],
    /// What is not written yet.
    bytes: &'a [u8],
    ends: Ends<'a>,
}

/// Where records end, and a block may be parted.
#[derive(Clone, Copy, Debug)]
enum Ends<'a> {
    /// Behind any line feed.
    Lines,
    /// At the end of the block only.
    Block,
    /// At these bytes of the block, of which so many are written.
    At { ends: &'a [usize], written: usize },
}

impl<'a> Block<'a> {
    /// Records of one line each: the block may be parted behind any line feed, where a file becomes too large.
    #[must_use]
    pub const fn lines(bytes: &'a [u8]) -> Self {
        Self { header: &[], bytes, ends: Ends::Lines }
    }

    /// One record, or records whose ends are not known: all of them go into one file.
    #[must_use]
    pub const fn whole(bytes: &'a [u8]) -> Self {
        Self { header: &[], bytes, ends: Ends::Block }
    }

    /// Records that end at these bytes, in ascending order; the last one is the length.
    #[must_use]
    pub const fn records(bytes: &'a [u8], ends: &'a [usize]) -> Self {
        Self { header: &[], bytes, ends: Ends::At { ends, written: 0 } }
    }

    /// With what must stand at the start of whatever the records are written to, such as the names of columns: at the
    /// start of each new file, or once in a stream. (A block of no bytes does not cause it to be written.)
    #[must_use]
    pub const fn with_header(self, header: &'a [u8]) -> Self {
        Self { header, ..self }
    }

    /// What must stand before the first record.
    #[must_use]
    pub const fn header(&self) -> &'a [u8] {
        self.header
    }

    /// What is not written yet.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The number of bytes that are not written yet, without the header.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether all is written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// So many bytes more are written. It is for sinks to say so.
    pub fn advance(&mut self, written: usize) {
        self.bytes = self.bytes.get(written..).unwrap_or_default();
        if let Ends::At { written: before, .. } = &mut self.ends {
            *before += written;
        }
    }

    /// The longest part of whole records, from the first one on, of at most `room` bytes. It may be empty.
    #[must_use]
    pub fn fitting(&self, room: u64) -> &'a [u8] {
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        if self.bytes.len() <= room {
            return self.bytes;
        }
        let end = match self.ends {
            Ends::Lines => memrchr(b'\n', &self.bytes[..room]).map_or(0, |at| at + 1),
            Ends::Block => 0,
            Ends::At { ends, written } => {
                let fit = ends.partition_point(|end| end.saturating_sub(written) <= room);
                fit.checked_sub(1).map_or(0, |last| ends[last].saturating_sub(written))
            }
        };
        &self.bytes[..end]
    }

    /// The shortest part of whole records, from the first one on: one record, if it is known where it ends.
    #[must_use]
    pub fn first(&self) -> &'a [u8] {
        let end = match self.ends {
            Ends::Lines => memchr(b'\n', self.bytes).map(|at| at + 1),
            Ends::Block => None,
            Ends::At { ends, written } => {
                ends.get(ends.partition_point(|end| *end <= written)).map(|end| end - written)
            }
        };
        end.and_then(|end| self.bytes.get(..end)).unwrap_or(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_block() {
        for (bytes, room, fitting) in [
            ("a\nbb\nc\n", 100, "a\nbb\nc\n"),
            ("a\nbb\nc\n", 7, "a\nbb\nc\n"),
            ("a\nbb\nc\n", 6, "a\nbb\n"),
            ("a\nbb\nc\n", 5, "a\nbb\n"),
            ("a\nbb\nc\n", 4, "a\n"),
            ("a\nbb\nc\n", 1, ""),
            ("a\nbb\nc\n", 0, ""),
            ("a\nbb", 4, "a\nbb"),
            ("a\nbb", 3, "a\n"),
            ("", 0, ""),
        ] {
            let block = Block::lines(bytes.as_bytes());
            assert_eq!(block.fitting(room), fitting.as_bytes(), "{bytes:?} {room}");
            let whole = if room < bytes.len() as u64 { "" } else { bytes };
            assert_eq!(Block::whole(bytes.as_bytes()).fitting(room), whole.as_bytes(), "{bytes:?} {room}");
        }
        assert_eq!(Block::lines(b"a\nb\n").first(), b"a\n");
        assert_eq!(Block::lines(b"ab").first(), b"ab");
        assert_eq!(Block::whole(b"a\nb\n").first(), b"a\nb\n");
    }

    #[test]
    fn records_of_several_lines_are_not_parted() {
        let mut block = Block::records(b"a\nb\ncc\nd\n", &[4, 7, 9]);
        for (room, fitting) in [(0, 0), (3, 0), (4, 4), (6, 4), (7, 7), (8, 7), (9, 9), (100, 9)] {
            assert_eq!(block.fitting(room).len(), fitting, "{room}");
        }
        assert_eq!(block.first(), b"a\nb\n");
        block.advance(4);
        assert_eq!((block.first(), block.fitting(2), block.fitting(4)), (&b"cc\n"[..], &b""[..], &b"cc\n"[..]));
        block.advance(3);
        assert_eq!((block.first(), block.fitting(1)), (&b"d\n"[..], &b""[..]));
    }

    #[test]
    fn a_block_knows_what_is_left() {
        let mut block = Block::lines(b"abc\n").with_header(b"h\n");
        block.advance(2);
        assert_eq!((block.bytes(), block.len(), block.is_empty()), (&b"c\n"[..], 2, false));
        block.advance(100);
        assert_eq!((block.header(), block.len(), block.is_empty()), (&b"h\n"[..], 0, true));
    }
}
