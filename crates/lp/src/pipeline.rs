//! A pipeline: what is done to the records of some inputs, and the run that does it.

use std::collections::VecDeque;
use std::fmt;
use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use lp_core::Format;
use lp_core::format::detect::{Known, Settings};

use crate::collector::Collector;
use crate::error::{Cause, RunError};
use crate::feed::{Feed, Inputs, Item, Next, Piece};
use crate::ledger::Report;
use crate::observer::Observer;
use crate::outlet::{Encoded, Outlet, Takes};
use crate::parallel::{self, Beside};
use crate::reading::{Choice, Chooser, Limits, Outflow, Reading};
use crate::shape::Shape;
use crate::sink::Writer;
use crate::source::Input;
use crate::stage::{AnyStage, Sequential, Stage};
use crate::stages::{Named, Stages};
use crate::work::{Flow, Memory, Outcome, Scratch, Work};

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
    pub(crate) choice: Choice,
    pub(crate) stages: Vec<Named>,
    pub(crate) shape: Shape,
    live: bool,
    pub(crate) on_error: OnError,
    pub(crate) decode: bool,
    pub(crate) limits: Limits,
    pub(crate) threads: NonZeroUsize,
    pub(crate) chunk_size: usize,
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
            stages: Vec::new(),
            shape: Shape::new(),
            live: false,
            on_error: OnError::Keep,
            decode: true,
            limits: Limits::default(),
            threads: NonZeroUsize::MIN,
            chunk_size: Self::DEFAULT_CHUNK_SIZE,
        }
    }

    /// Adds a stage behind those there are.
    #[must_use]
    pub fn stage(self, stage: impl Stage) -> Self {
        let name = format!("stage {}", self.stages.len() + 1);
        self.named_stage(name, Arc::new(stage))
    }

    /// As [`stage`](Self::stage), under a name for messages and for the outlets that take its events. Whoever wants to ask
    /// the stage afterwards keeps a share of it.
    #[must_use]
    pub fn named_stage(mut self, name: impl Into<String>, stage: Arc<impl Stage>) -> Self {
        self.stages.push(Named { name: name.into(), stage: AnyStage::Parallel(stage) });
        self
    }

    /// As [`named_stage`](Self::named_stage), but in front of the stages there are.
    #[must_use]
    pub fn named_stage_first(mut self, name: impl Into<String>, stage: Arc<impl Stage>) -> Self {
        self.stages.insert(0, Named { name: name.into(), stage: AnyStage::Parallel(stage) });
        self
    }

    /// Adds a stage that sees the records in order, under a name.
    #[must_use]
    pub fn sequential_stage(mut self, name: impl Into<String>, stage: Arc<impl Sequential>) -> Self {
        self.stages.push(Named { name: name.into(), stage: AnyStage::Sequential(stage) });
        self
    }

    /// Changes what of the records goes out, and under which names.
    #[must_use]
    pub fn shape(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// Whether the inputs are written to while they are read, so that stages are [told](Stage::tick) a few times a second
    /// that the clock goes on. What they tell then depends on the clock; and a record that is dated more than a day ahead of it has no
    /// [time for them](crate::stage::Selected::event_time).
    #[must_use]
    pub const fn live(mut self, live: bool) -> Self {
        self.live = live;
        self
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

    /// The longest record in bytes (1 to [`Batch::MAX_LIMIT`](lp_core::Batch::MAX_LIMIT), else the nearest in it); a longer
    /// one is cut there and marked. [`Batch::DEFAULT_LIMIT`](lp_core::Batch::DEFAULT_LIMIT) unless this says otherwise.
    #[must_use]
    pub fn max_record(mut self, bytes: u32) -> Self {
        self.limits = Limits::new(bytes, self.limits.lines());
        self
    }

    /// The most lines of a record (at least 1), for formats whose records may have several; a record of more is cut there
    /// and marked. [`Batch::DEFAULT_LINE_LIMIT`](lp_core::Batch::DEFAULT_LINE_LIMIT) unless this says otherwise.
    #[must_use]
    pub fn max_lines(mut self, lines: u32) -> Self {
        self.limits = Limits::new(self.limits.record(), lines);
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

    /// Reads the inputs one after the other and writes their records to `sink`, a JSON object a line. What stages tell is
    /// told to the observer.
    ///
    /// # Errors
    ///
    /// As [`run_to`](Self::run_to).
    ///
    /// # Panics
    ///
    /// As there.
    pub fn run(
        &self,
        inputs: impl IntoIterator<Item = Input>,
        sink: &mut (dyn Write + Send),
        observer: &mut (dyn Observer + Send),
    ) -> Result<Report, RunError> {
        self.run_to(inputs, vec![Outlet::new("output", Writer::new("the output", sink))], observer)
    }

    /// Reads the inputs one after the other, takes their records through the stages, and gives each outlet what it takes.
    ///
    /// An input that cannot be read is told to the observer and noted in the report; the others are read all the same.
    ///
    /// # Errors
    ///
    /// If an outlet cannot be written to, a record did not parse under [`OnError::Fail`], or a stage does not fit the
    /// records of an input. (Where the system does not give as many threads as were asked for, those that there are do the
    /// work.)
    /// With more than one thread, a thread may be waiting for input then; the run returns when that read does. The
    /// observer is told [before](Observer::ends_early).
    ///
    /// # Panics
    ///
    /// Only if the [`Format`] or a stage does.
    pub fn run_to(
        &self,
        inputs: impl IntoIterator<Item = Input>,
        outlets: Vec<Outlet<'_>>,
        observer: &mut (dyn Observer + Send),
    ) -> Result<Report, RunError> {
        let inputs: VecDeque<Input> = inputs.into_iter().collect();
        let own: Vec<_> = inputs.iter().map(|input| (input.own.clone(), input.name())).collect();
        let stages = Stages::new(&self.stages);
        let records = outlets.iter().filter(|outlet| outlet.takes == Takes::Records);
        let forms: Vec<_> = records.map(|outlet| (outlet.name.clone(), outlet.form())).collect();
        let work = Work { on_error: self.on_error, stages: &stages, outlets: forms.len(), live: self.live };
        let outflow = Outflow { forms, shape: &self.shape, decode: self.decode };
        let consumed = Arc::new(AtomicU64::new(0));
        let mut collector = Collector::new(outlets, &stages, observer, Arc::clone(&consumed));
        let chosen = Chooser::new(&own, &self.choice, &stages, &outflow, self.limits, false);
        let outcome = match chosen {
            Err(refused) => Err(collector.ends_early(Cause::Refused(refused))),
            Ok(chooser) => {
                let mut feed = Inputs::new(inputs, chooser, consumed, self.chunk_size);
                // Only where several threads take turns can a clock have one.
                let read = if self.threads == NonZeroUsize::MIN && !self.live {
                    serial(&mut feed, &work, &mut collector).map_err(|cause| collector.ends_early(cause))
                } else {
                    let beside = if self.live { Beside::Clock } else { Beside::Nothing };
                    parallel::run(self.threads, &mut feed, &work, &mut collector, beside)
                };
                read.and_then(|()| collector.finish(false).map_err(|cause| collector.ends_early(cause)))
            }
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
            .field("stages", &self.stages.iter().map(|stage| &stage.name).collect::<Vec<_>>())
            .field("live", &self.live)
            .field("on_error", &self.on_error)
            .field("decode", &self.decode)
            .field("limits", &self.limits)
            .field("threads", &self.threads)
            .field("chunk_size", &self.chunk_size)
            .finish_non_exhaustive()
    }
}

/// Everything in a row on the caller's thread.
fn serial(feed: &mut dyn Feed, work: &Work<'_>, collector: &mut Collector<'_>) -> Result<(), Cause> {
    struct InARow<'a, 'c>(&'a mut Collector<'c>);

    impl Flow for InARow<'_, '_> {
        type Error = Cause;

        fn wait_for_turn(&mut self) -> Result<(), Cause> {
            Ok(())
        }

        fn hand_on(&mut self, reading: &Reading, outputs: &mut [Encoded], outcome: &mut Outcome) -> Result<(), Cause> {
            self.0.hand_on(reading, outputs, outcome)
        }
    }

    let mut scratch = Scratch::new();
    let mut memory = Memory::default();
    while let Some(Item { position, name, next }) = feed.next(std::mem::take(&mut memory.buffer)) {
        match next {
            Next::Chunk(piece) => {
                let Piece { chunk, reading, reached } = *piece;
                let outputs = &mut memory.outputs;
                let mut flow = InARow(collector);
                let outcome = work.run(&chunk, position.input, &reading, &mut scratch, outputs, &mut flow)?;
                collector.write(&reading, outputs)?;
                memory.reset();
                collector.chunk(position, &name, &reading, outcome, reached)?;
                memory.buffer = chunk.into_buffer().unwrap_or_default();
            }
            Next::End(buffer, end) => {
                memory.buffer = buffer;
                collector.end(position, &name, end)?;
            }
            Next::Fate(buffer, fate) => {
                memory.buffer = buffer;
                collector.fate(position, &name, fate)?;
            }
        }
    }
    Ok(())
}
