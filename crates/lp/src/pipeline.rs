//! A pipeline: what is done to the records of some inputs, and the run that does it.

use std::fmt;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lp_core::format::detect::{Detected, Known, Settings};
use lp_core::{Batch, Format, ParseError, Slot};

use crate::feed::{End, Feed, Next, Position};
use crate::ledger::Report;
use crate::parallel;
use crate::reading::{Choice, Chooser, Reading};
use crate::source::{Input, InputError};
use crate::work::{Memory, Outcome, Work};

/// What is done with a record that does not parse.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnError {
    /// It is written in its place, with its raw text and the reason.
    #[default]
    Keep,
    /// It is counted and left out.
    Drop,
    /// It ends the run.
    Fail,
}

/// A format, what to do with its records, and how: the settings of a run.
///
/// The output is the same bytes whatever the number of threads and the size of the chunks.
#[derive(Clone)]
pub struct Pipeline {
    choice: Choice,
    on_error: OnError,
    decode: bool,
    max_record: u32,
    max_lines: u32,
    threads: NonZeroUsize,
    chunk_size: usize,
}

impl Pipeline {
    /// The size of the chunks that are read and parsed at a time, in bytes: what stays in a core's second cache
    /// together with its records and its output.
    pub const DEFAULT_CHUNK_SIZE: usize = 256 << 10;

    /// A pipeline that writes every record of this format, on one thread.
    pub fn new(format: impl Format + 'static) -> Self {
        Self::shared(Arc::new(format))
    }

    /// As [`new`](Self::new), for a format that is shared or was chosen at run time.
    #[must_use]
    pub fn shared(format: Arc<dyn Format>) -> Self {
        Self::choosing(Choice::Given(format))
    }

    /// A pipeline that tells the format of each input from its first records, among these; see
    /// [`detect`](lp_core::format::detect::detect).
    ///
    /// Of a stream it looks at what comes first, and so does not wait for more; what is found may then depend on how much
    /// that is. Of a file it always is the same.
    #[must_use]
    pub fn detecting(among: impl IntoIterator<Item = Known>, settings: Settings) -> Self {
        Self::choosing(Choice::Detect { among: among.into_iter().collect(), settings })
    }

    fn choosing(choice: Choice) -> Self {
        Self {
            choice,
            on_error: OnError::Keep,
            decode: true,
            max_record: Batch::DEFAULT_LIMIT,
            max_lines: Batch::DEFAULT_LINE_LIMIT,
            threads: NonZeroUsize::MIN,
            chunk_size: Self::DEFAULT_CHUNK_SIZE,
        }
    }

    /// What is done with a record that does not parse; it is kept unless this says otherwise.
    #[must_use]
    pub const fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// Whether escapes in text fields are decoded in the output; they are unless this says otherwise.
    #[must_use]
    pub const fn decode(mut self, decode: bool) -> Self {
        self.decode = decode;
        self
    }

    /// The longest record in bytes (1 to [`Batch::MAX_LIMIT`], else the nearest in it); a longer one is cut there and
    /// marked. [`Batch::DEFAULT_LIMIT`] unless this says otherwise.
    #[must_use]
    pub const fn max_record(mut self, bytes: u32) -> Self {
        self.max_record = if bytes == 0 {
            1
        } else if bytes > Batch::MAX_LIMIT {
            Batch::MAX_LIMIT
        } else {
            bytes
        };
        self
    }

    /// The most lines of a record (at least 1), for formats whose records may have several; a record of more is cut there
    /// and marked. [`Batch::DEFAULT_LINE_LIMIT`] unless this says otherwise.
    #[must_use]
    pub const fn max_lines(mut self, lines: u32) -> Self {
        self.max_lines = if lines == 0 { 1 } else { lines };
        self
    }

    /// The number of threads, the caller's included; 0 counts as 1.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = match NonZeroUsize::new(threads) {
            Some(threads) => threads,
            None => NonZeroUsize::MIN,
        };
        self
    }

    /// How many bytes are read and parsed at a time, [`DEFAULT_CHUNK_SIZE`](Self::DEFAULT_CHUNK_SIZE) unless this says
    /// otherwise.
    #[must_use]
    pub const fn chunk_size(mut self, bytes: usize) -> Self {
        self.chunk_size = bytes;
        self
    }

    /// Reads the inputs one after the other and writes their records to `sink`, a JSON object a line.
    ///
    /// An input that cannot be read is told to the observer and noted in the report; the others are read all the same.
    ///
    /// # Errors
    ///
    /// If the sink cannot be written to, or a record did not parse under [`OnError::Fail`]. (Where the system does not give
    /// as many threads as were asked for, those that there are do the work.)
    /// With more than one thread, a thread may be waiting for input then; the run returns when that read does. The
    /// observer is told [before](Observer::ends_early).
    ///
    /// # Panics
    ///
    /// Only if the [`Format`] does.
    pub fn run(
        &self,
        inputs: impl IntoIterator<Item = Input>,
        sink: &mut (dyn Write + Send),
        observer: &mut (dyn Observer + Send),
    ) -> Result<Report, RunError> {
        let work = Work { on_error: self.on_error, limit: self.max_record, line_limit: self.max_lines };
        let consumed = Arc::new(AtomicU64::new(0));
        let chooser = Chooser::new(&self.choice, self.decode);
        let feed = Feed::new(inputs, chooser, Arc::clone(&consumed), self.chunk_size, self.max_record);
        let mut collector = Collector { sink, observer, consumed, report: Report::default() };
        let outcome = if self.threads == NonZeroUsize::MIN {
            serial(feed, &work, &mut collector).map_err(|cause| collector.ends_early(cause))
        } else {
            parallel::run(self.threads, feed, &work, &mut collector)
        };
        let report = collector.report;
        match outcome {
            Ok(()) => Ok(report),
            Err(cause) => Err(RunError { cause, report: Box::new(report) }),
        }
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("on_error", &self.on_error)
            .field("decode", &self.decode)
            .field("max_record", &self.max_record)
            .field("max_lines", &self.max_lines)
            .field("threads", &self.threads)
            .field("chunk_size", &self.chunk_size)
            .finish_non_exhaustive()
    }
}

/// What a run tells while it goes on; every method does nothing unless it is implemented. `()` is an observer.
pub trait Observer {
    /// An input could not be read, or not to its end. Told in the order of the output.
    fn input_failed(&mut self, _error: &InputError) {}

    /// The format of an input was told from its first records. Told when the first of them are written.
    fn format_detected(&mut self, _input: &str, _detected: &Detected) {}

    /// So many bytes of the inputs have been read, compressed ones counted as they stand in the file.
    fn progress(&mut self, _bytes: u64) {}

    /// The run ends early, for this reason and with this done. It returns when no thread waits for input any more; a
    /// program that cannot wait for input that may never come may end itself here.
    fn ends_early(&mut self, _cause: &Cause, _report: &Report) {}
}

impl Observer for () {}

/// Why a run ended before its inputs did.
#[derive(Debug)]
pub struct RunError {
    /// What happened.
    pub cause: Cause,
    /// What was done before.
    pub report: Box<Report>,
}

/// What can end a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The sink could not be written to.
    #[error("cannot write")]
    Sink(#[source] io::Error),
    /// A record did not parse, and [`OnError::Fail`] was asked for.
    #[error(transparent)]
    BadRecord(BadRecord),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.cause)
    }
}

/// The record that ended a run.
#[derive(Debug, thiserror::Error)]
#[error("{input}: record {number}, byte {}, {field}: {}", .error.at(), .error.reason())]
pub struct BadRecord {
    /// The name of its input.
    pub input: String,
    /// Its number in the input, from 1. Where every line is a record this is the number of the line.
    pub number: u64,
    /// The name of the field that was being read.
    pub field: String,
    /// What was wrong.
    pub error: ParseError,
}

/// Takes the results in input order: writes, accounts, tells the observer. One thread at a time does so.
pub(crate) struct Collector<'a> {
    sink: &'a mut (dyn Write + Send),
    observer: &'a mut (dyn Observer + Send),
    consumed: Arc<AtomicU64>,
    report: Report,
}

impl Collector<'_> {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        if !bytes.is_empty() {
            self.sink.write_all(bytes).map_err(Cause::Sink)?;
            self.report.bytes_written += bytes.len() as u64;
        }
        Ok(())
    }

    /// A chunk whose output has been written.
    pub(crate) fn chunk(
        &mut self,
        position: Position,
        name: &str,
        reading: &Reading,
        outcome: &Outcome,
    ) -> Result<(), Cause> {
        if let Some(detected) = &reading.detected
            && self.report.inputs.len() <= position.input
        {
            self.observer.format_detected(name, detected);
        }
        self.sink.flush().map_err(Cause::Sink)?;
        self.observer.progress(self.consumed.load(Ordering::Relaxed));
        let ledger = self.ledger(position, name);
        let before = ledger.records;
        ledger.add(&outcome.ledger);
        // As far as the output has come; the end of the input puts here what was really read.
        ledger.bytes_read = ledger.bytes_parsed + ledger.bytes_cut;
        let Some((record, error)) = outcome.bad else { return Ok(()) };
        let field = match error.slot() {
            Slot::Timestamp => "timestamp",
            Slot::Field(field) => reading.format.schema().get(field).map_or("", |field| field.name()),
        };
        Err(Cause::BadRecord(BadRecord {
            input: name.to_owned(),
            number: before + record + 1,
            field: field.to_owned(),
            error,
        }))
    }

    /// An input whose chunks have all been taken.
    pub(crate) fn end(&mut self, position: Position, name: &str, end: End) {
        self.ledger(position, name).bytes_read = end.bytes_read;
        if let Some(failure) = end.failure {
            self.observer.input_failed(&failure);
            self.report.failures.push(failure);
        }
    }

    /// Tells the observer that the run ends early.
    pub(crate) fn ends_early(&mut self, cause: Cause) -> Cause {
        self.observer.ends_early(&cause, &self.report);
        cause
    }

    fn ledger(&mut self, position: Position, name: &str) -> &mut crate::ledger::Ledger {
        let inputs = &mut self.report.inputs;
        while inputs.len() <= position.input {
            inputs.push((name.to_owned(), crate::ledger::Ledger::default()));
        }
        &mut inputs[position.input].1
    }
}

/// Everything in a row on the caller's thread.
fn serial(mut feed: Feed, work: &Work, collector: &mut Collector<'_>) -> Result<(), Cause> {
    let mut batch = work.batch();
    let mut memory = Memory::default();
    while let Some((position, name, next)) = feed.next(std::mem::take(&mut memory.buffer)) {
        match next {
            Next::Chunk(chunk, reading) => {
                let outcome = work.run(&chunk, &reading, &mut batch, &mut memory.output, |output| {
                    collector.write(output.as_bytes())?;
                    output.clear();
                    Ok(())
                })?;
                collector.write(memory.output.as_bytes())?;
                memory.reset();
                collector.chunk(position, &name, &reading, &outcome)?;
                memory.buffer = chunk.into_buffer().unwrap_or_default();
            }
            Next::End(buffer, end) => {
                memory.buffer = buffer;
                collector.end(position, &name, end);
            }
        }
    }
    Ok(())
}
