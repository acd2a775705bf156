//! A configuration becomes a pipeline: its inputs, its stages, its outlets.

mod checks;
mod fit;
mod inputs;
mod service;
mod stages;
mod test;
mod webhook;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use lp_core::Format;
use lp_core::encode::{Encoding, Template};
use lp_tail::Checkpoint;

use crate::config::{self, Config, Form, Mistake, Mistakes, SinkInput, Target, Text};
use crate::event::EventKind;
use crate::filter::Filter;
use crate::follow::output_place;
use crate::identity::Identity;
use crate::outlet::{Outlet, Takes, Which};
use crate::pipeline::Pipeline;
use crate::shape::Shape;
use crate::sink::{FileOptions, Resumed, Sink, SinkError, Writer};
use crate::source::Input;
use service::Service;

pub use checks::Languages;
pub use inputs::InputsError;
pub use service::Unchangeable;
pub use test::{Difference, Outcome, TestsError};

/// A configuration made ready to run: everything has been checked that can be without opening an input or an output.
pub struct Assembly {
    pipeline: Pipeline,
    sources: Vec<inputs::Source>,
    sinks: Vec<PlannedSink>,
    service: Service,
    tests: Vec<config::Test>,
    /// What the tests would need to know.
    unknown: Option<String>,
}

/// The most threads of a run that follows files, unless the configuration asks for more.
const MOST_FOLLOWING: usize = 2;

/// How much of followed files is read at a time where a webhook takes lines one by one, unless the configuration says otherwise: a stop waits
/// until that is posted, and after a kill it is posted again.
const POSTED_AT_A_TIME: usize = 4 << 10;

/// What an outlet will be, but for what it writes to.
struct PlannedSink {
    name: String,
    target: Target,
    takes: Takes,
    condition: Option<Filter>,
    encoding: Encoding,
    shape: Shape,
    prefix: Vec<u8>,
}

impl Assembly {
    /// Makes a configuration ready. `text` is what it was read from, for messages.
    ///
    /// # Errors
    ///
    /// If a stage cannot be what the configuration says, or it or a sink does not fit the formats of the sources.
    pub fn new(config: &Config, text: &str) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let mut wrong = |place: std::ops::Range<usize>, what: String| mistakes.push(Mistake::new(text, place, what));
        let sources: Vec<_> =
            config.sources.iter().filter_map(|source| inputs::Source::new(source, &mut wrong)).collect();
        // Every input brings its own format; this one is for none.
        let format: Arc<dyn Format> = Arc::new(lp_core::format::app::App::new());
        let run = &config.run;
        let available = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let is_followed = sources.iter().any(inputs::Source::is_followed);
        let sinks: Vec<_> = config.sinks.iter().filter_map(|sink| PlannedSink::new(sink, &mut wrong)).collect();
        let posts_lines = is_followed && sinks.iter().any(PlannedSink::posts_lines);
        // A sidecar is small, whatever the machine: each thread takes some memory. And each would read ahead of what is posted.
        let most = match (is_followed, posts_lines) {
            (_, true) => 1,
            (true, false) => MOST_FOLLOWING,
            (false, false) => usize::MAX,
        };
        let threads = run.threads.map_or_else(|| available().min(most), NonZeroUsize::get);
        let mut pipeline = Pipeline::shared(format).threads(threads).decode(run.decode).on_error(run.on_error);
        if let Some(size) = run.chunk_size.or(posts_lines.then_some(POSTED_AT_A_TIME)) {
            pipeline = pipeline.chunk_size(size);
        }
        let pipeline = stages::add(pipeline, &config.stages, &mut wrong);
        if let Some(mistakes) = Mistakes::new(mistakes) {
            return Err(mistakes);
        }
        let unknown = test::unknown(config, text);
        let assembly =
            Self { pipeline, sources, sinks, service: Service::new(config), tests: config.tests.clone(), unknown };
        let misfit = assembly.misfit(config).map(|(place, why)| Mistake::new(text, place, why));
        Mistakes::new(misfit).map_or(Ok(assembly), Err)
    }

    /// The pipeline of the configuration, without inputs and outlets.
    #[must_use]
    pub const fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Whether something goes to files.
    #[must_use]
    pub fn writes_files(&self) -> bool {
        self.sinks.iter().any(|sink| matches!(sink.target, Target::File { .. }))
    }

    /// The inputs, in the order of the configuration; files that match a pattern in the order of their names.
    ///
    /// # Errors
    ///
    /// If a folder of a pattern cannot be read, nothing matches it, or a `log_format` cannot be read from nginx's
    /// configuration.
    pub fn inputs(&self) -> Result<Vec<Input>, InputsError> {
        let mut inputs = Vec::new();
        for source in &self.sources {
            inputs.append(&mut source.inputs()?);
        }
        Ok(inputs)
    }

    /// The outlets of a run over these inputs, opened for writing.
    ///
    /// # Errors
    ///
    /// If one cannot be written to, or is a file that is read: the run would read what it writes, and never end.
    pub fn outlets(&self, inputs: &[Input]) -> Result<Vec<Outlet<'static>>, SinkError> {
        self.outlets_from(inputs, None, |_, sink, _| sink)
    }

    /// The same, and of a run that follows files if that is what the [configuration](Self::is_followed) says: with the outputs
    /// gone back to where they were at this checkpoint. `decorate` is given the name of each outlet, what it writes to, and what came
    /// of going back, where there was a place; it returns what the outlet shall write to.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn outlets_from(
        &self,
        inputs: &[Input],
        checkpoint: Option<&Checkpoint>,
        mut decorate: impl FnMut(&str, Box<dyn Sink>, Option<Resumed>) -> Box<dyn Sink>,
    ) -> Result<Vec<Outlet<'static>>, SinkError> {
        self.refuse_read(inputs)?;
        let mut opened = Vec::with_capacity(self.sinks.len());
        for sink in &self.sinks {
            let place = checkpoint.and_then(|checkpoint| output_place(checkpoint, &sink.name));
            opened.push(sink.open(place)?);
        }
        // A pattern may name a file that was created just now.
        self.refuse_read(inputs)?;
        let outlet = |(sink, (opened, resumed)): (&PlannedSink, _)| sink.outlet(decorate(&sink.name, opened, resumed));
        Ok(self.sinks.iter().zip(opened).map(outlet).collect())
    }

    /// The paths of what is written, where it has one.
    #[must_use]
    pub fn written(&self) -> Vec<PathBuf> {
        self.sinks.iter().filter_map(PlannedSink::path).collect()
    }

    /// Refuses sinks that write to a file that is there and is read.
    fn refuse_read(&self, inputs: &[Input]) -> Result<(), SinkError> {
        let read: Vec<Identity> = inputs.iter().filter_map(Input::identity).chain(self.followed_now()).collect();
        let is_read = |sink: &&PlannedSink| sink.identity().is_some_and(|file| read.contains(&file));
        match self.sinks.iter().find(is_read) {
            Some(sink) => Err(SinkError::IsRead { name: sink.target_name() }),
            None => Ok(()),
        }
    }
}

/// What a text of the configuration means, in a language that can be read: an expression, a template. `None` if it depends
/// on what is not known here.
fn parsed<T, E: std::fmt::Display>(
    text: &Text,
    parse: impl FnOnce(&str) -> Result<T, E>,
    wrong: &mut dyn FnMut(std::ops::Range<usize>, String),
) -> Option<T> {
    if !text.is_known() {
        return None;
    }
    parse(text.as_str()).map_err(|error| wrong(text.span(), error.to_string())).ok()
}

#[cfg(unix)]
fn metadata_of(stream: impl std::os::fd::AsFd) -> std::io::Result<std::fs::Metadata> {
    std::fs::File::from(stream.as_fd().try_clone_to_owned()?).metadata()
}

#[cfg(windows)]
fn metadata_of(stream: impl std::os::windows::io::AsHandle) -> std::io::Result<std::fs::Metadata> {
    std::fs::File::from(stream.as_handle().try_clone_to_owned()?).metadata()
}

impl PlannedSink {
    fn new(sink: &config::Sink, wrong: &mut dyn FnMut(std::ops::Range<usize>, String)) -> Option<Self> {
        let takes = match &sink.input {
            SinkInput::Records => Takes::Records,
            SinkInput::Alerts => Takes::Events(Which::Kind(EventKind::Alert)),
            SinkInput::Counts => Takes::Events(Which::Kind(EventKind::Count)),
            SinkInput::Stages(names) => {
                Takes::Events(Which::Stages(names.iter().map(|name| name.as_str().to_owned()).collect()))
            }
        };
        let condition = match &sink.condition {
            Some(text) => Some(parsed(text, Filter::parse, wrong)?),
            None => None,
        };
        let encoding = match &sink.form {
            Form::Named(encoding) => encoding.clone(),
            Form::Template(text) => Encoding::Template(parsed(text, Template::parse, wrong)?),
        };
        let fields = sink.fields.iter().map(|field| (field.as_str().to_owned(), field.as_str().to_owned()));
        Some(Self {
            name: sink.name.as_str().to_owned(),
            target: sink.target.clone(),
            takes,
            condition,
            encoding,
            shape: if sink.fields.is_empty() { Shape::new() } else { Shape::new().select(fields) },
            prefix: sink.prefix.as_ref().map(|prefix| prefix.as_str().as_bytes().to_vec()).unwrap_or_default(),
        })
    }

    /// Opens what it writes to; a file at this place, if there is one.
    fn open(&self, place: Option<&[u8]>) -> Result<(Box<dyn Sink>, Option<Resumed>), SinkError> {
        let sink: Box<dyn Sink> = match &self.target {
            Target::Stdout => Box::new(Writer::new(self.target_name(), std::io::stdout())),
            Target::Stderr => Box::new(Writer::new(self.target_name(), std::io::stderr())),
            Target::File { path, rotate } => {
                let options = FileOptions::new().rotate(*rotate);
                match place {
                    Some(place) => {
                        let (sink, resumed) = options.resume(path.as_str(), place)?;
                        return Ok((sink, Some(resumed)));
                    }
                    None => options.open(path.as_str())?,
                }
            }
            Target::Webhook(webhook) => webhook::open(webhook, &self.takes, &self.encoding)?,
        };
        Ok((sink, None))
    }

    /// Whether each line that it gets takes a request, and its time.
    fn posts_lines(&self) -> bool {
        matches!(&self.target, Target::Webhook(webhook) if !webhook::is_batch(webhook, &self.takes))
    }

    /// What it writes to, for messages.
    fn target_name(&self) -> String {
        match &self.target {
            Target::Stdout => "the standard output".to_owned(),
            Target::Stderr => "the standard error".to_owned(),
            Target::File { path, .. } => format!("{:?}", path.as_str()),
            Target::Webhook(_) => format!("the webhook {}", self.name),
        }
    }

    /// The path of what it writes to.
    fn path(&self) -> Option<PathBuf> {
        match &self.target {
            Target::Stdout => Some("/dev/stdout".into()),
            Target::Stderr => Some("/dev/stderr".into()),
            Target::File { path, .. } => Some(path.as_str().into()),
            Target::Webhook(_) => None,
        }
    }

    /// Which file it writes to, if it is a regular one and is there.
    fn identity(&self) -> Option<Identity> {
        let file = match &self.target {
            Target::Stdout => metadata_of(std::io::stdout()),
            Target::Stderr => metadata_of(std::io::stderr()),
            Target::File { path, .. } => std::fs::metadata(path.as_str()),
            Target::Webhook(_) => return None,
        };
        Identity::of(&file.ok()?)
    }

    fn outlet<'s>(&self, sink: impl Sink + 's) -> Outlet<'s> {
        let outlet = Outlet::new(self.name.clone(), sink)
            .takes(self.takes.clone())
            .encoding(self.encoding.clone())
            .shape(self.shape.clone())
            .prefix(self.prefix.clone());
        match &self.condition {
            Some(condition) => outlet.condition(condition.clone()),
            None => outlet,
        }
    }
}
