//! Where records and events leave a pipeline: which of them, in which form, and to where.

use lp_core::Batch;
use lp_core::encode::{Encoder, Encoding, EncodingError, Layout, Output};

use crate::event::{Event, EventKind};
use crate::filter::{Filter, Predicate};
use crate::shape::Shape;
use crate::sink::{Block, Sink};
use crate::stage::{BindError, Binding, count_of};

/// A way out of a pipeline.
///
/// ```
/// use lp::encode::Encoding;
/// use lp::sink::Writer;
/// use lp::{Access, Filter, Input, Outlet, Pipeline};
///
/// let log = b"203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET /x HTTP/1.1\" 502 157 \"-\" \"curl/8.4.0\"\n";
/// let (mut all, mut failed) = (Vec::new(), Vec::new());
/// let outlets = vec![
///     Outlet::new("all", Writer::new("all", &mut all)),
///     Outlet::new("failed", Writer::new("failed", &mut failed))
///         .condition(Filter::parse("status_code >= 500")?)
///         .encoding(Encoding::Raw),
/// ];
/// Pipeline::new(Access::combined()).run_to([Input::reader("log", &log[..])], outlets, &mut ())?;
/// assert_eq!(failed, log);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Outlet<'s> {
    pub(crate) name: String,
    pub(crate) takes: Takes,
    pub(crate) form: Form,
    pub(crate) sink: Box<dyn Sink + 's>,
}

/// What an outlet takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Takes {
    /// The records that come to the end of the pipeline.
    Records,
    /// What stages tell.
    Events(Which),
}

/// Which events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Which {
    /// Those of this kind.
    Kind(EventKind),
    /// Those of the stages with these names.
    Stages(Vec<String>),
}

/// Which records an outlet takes, and how it writes them, whatever their format.
#[derive(Clone)]
pub(crate) struct Form {
    pub(crate) condition: Option<Filter>,
    pub(crate) encoding: Encoding,
    pub(crate) shape: Shape,
    pub(crate) prefix: Vec<u8>,
    /// Whether it is noted where records end.
    pub(crate) notes_ends: bool,
}

impl<'s> Outlet<'s> {
    /// An outlet of this name that takes every record and writes it as JSON.
    pub fn new(name: impl Into<String>, sink: impl Sink + 's) -> Self {
        let form = Form {
            condition: None,
            encoding: Encoding::Json,
            shape: Shape::new(),
            prefix: Vec::new(),
            notes_ends: false,
        };
        Self { name: name.into(), takes: Takes::Records, form, sink: Box::new(sink) }
    }

    /// What it takes; records unless this says otherwise.
    #[must_use]
    pub fn takes(mut self, takes: Takes) -> Self {
        self.takes = takes;
        self
    }

    /// Takes only the records for which this is true. An outlet of events takes no notice.
    #[must_use]
    pub fn condition(mut self, condition: Filter) -> Self {
        self.form.condition = Some(condition);
        self
    }

    /// The form of the output; JSON unless this says otherwise. Events are JSON, or fill a template with their members.
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.form.encoding = encoding;
        self
    }

    /// Changes what goes out, beyond what the [pipeline](crate::Pipeline::shape) does.
    #[must_use]
    pub fn shape(mut self, shape: Shape) -> Self {
        self.form.shape = shape;
        self
    }

    /// What stands before each record or event.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<Vec<u8>>) -> Self {
        self.form.prefix = prefix.into();
        self
    }

    /// Whether it takes an event of this stage.
    pub(crate) fn takes_event(&self, stage: &str, event: &Event) -> bool {
        match &self.takes {
            Takes::Records => false,
            Takes::Events(Which::Kind(kind)) => *kind == event.kind,
            Takes::Events(Which::Stages(names)) => names.iter().any(|name| name == stage),
        }
    }

    /// Appends an event as this outlet shows it.
    pub(crate) fn write_event(&self, event: &Event, out: &mut Output) {
        out.extend(&self.form.prefix);
        match &self.form.encoding {
            Encoding::Template(template) => template.fill(|name| text_of(event, name), out),
            _ => {
                out.extend(&event.to_json());
                out.extend(b"\n");
            }
        }
    }

    /// Its form for a run. Where the sink parts blocks and records may have several lines, it is noted where they end.
    pub(crate) fn form(&self) -> Form {
        let has_lines = matches!(self.form.encoding, Encoding::Json | Encoding::Logfmt | Encoding::Tsv);
        let notes_ends = self.sink.parts_blocks() && (!has_lines || self.form.prefix.contains(&b'\n'));
        Form { notes_ends, ..self.form.clone() }
    }
}

/// What a template shows of an event: a member, or of a count by one field how many have this value.
fn text_of(event: &Event, name: &str) -> Option<String> {
    event.text_of(name).or_else(|| count_of(event, name).map(|count| count.to_string()))
}

impl Form {
    /// What goes out of the records of an input, which have this layout so far.
    pub(crate) fn layout(&self, to: &Binding<'_>, layout: &Layout) -> Result<Layout, BindError> {
        self.shape.change(layout.clone(), to.input(), to.identity())
    }

    /// Makes it ready for the records of an input, of which goes out what this [layout](Self::layout) has.
    pub(crate) fn bind(&self, to: &Binding<'_>, layout: &Layout) -> Result<BoundOutlet, BindError> {
        let encoder = self.encoding.encoder(layout).map_err(|error| {
            let (text, at) = match &error {
                EncodingError::UnknownName { name, .. } | EncodingError::NotATime { name, .. } => {
                    (name.clone(), 0..name.len())
                }
                _ => (String::new(), 0..0),
            };
            BindError { text, at, why: error.to_string() }
        })?;
        let columns = layout.columns().into_iter().map(str::to_owned).collect();
        let condition = self.condition.as_ref().map(|condition| to.bind(condition)).transpose()?;
        Ok(BoundOutlet { condition, prefix: self.prefix.clone(), notes_ends: self.notes_ends, encoder, columns })
    }
}

/// An outlet of records, made ready for those of one input.
pub(crate) struct BoundOutlet {
    condition: Option<Predicate>,
    prefix: Vec<u8>,
    notes_ends: bool,
    encoder: Box<dyn Encoder>,
    /// The names of what goes out.
    columns: Vec<String>,
}

/// What an outlet is given of a chunk.
#[derive(Default)]
pub(crate) struct Encoded {
    pub(crate) bytes: Output,
    /// Where records end, if that is noted.
    ends: Vec<usize>,
    /// The most bytes that it has held at a time.
    pub(crate) most: usize,
}

impl Encoded {
    /// Forgets all of it and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.most = self.most.max(self.bytes.len());
        self.bytes.clear();
        self.ends.clear();
    }
}

impl BoundOutlet {
    /// Whether it takes every record.
    pub(crate) const fn takes_all(&self) -> bool {
        self.condition.is_none()
    }

    /// Leaves the numbers of the records that it takes.
    pub(crate) fn retain_taken(&self, batch: &Batch, input: &[u8], numbers: &mut Vec<u32>) {
        if let Some(condition) = &self.condition {
            condition.retain(batch, input, numbers);
        }
    }

    /// The names of the columns.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// What stands before the first record.
    pub(crate) fn header(&self) -> &[u8] {
        self.encoder.header()
    }

    /// Appends records.
    pub(crate) fn encode(&self, batch: &Batch, input: &[u8], records: &[u32], out: &mut Encoded) {
        if self.prefix.is_empty() && !self.notes_ends {
            return self.encoder.encode(batch, input, records, &mut out.bytes);
        }
        for record in records {
            out.bytes.extend(&self.prefix);
            self.encoder.encode(batch, input, std::slice::from_ref(record), &mut out.bytes);
            if self.notes_ends {
                out.ends.push(out.bytes.len());
            }
        }
    }

    /// What is encoded, for the sink.
    pub(crate) fn block<'b>(&'b self, encoded: &'b Encoded) -> Block<'b> {
        let bytes = encoded.bytes.as_bytes();
        // Where no ends are noted, records have one line, or the sink does not care.
        let block = if self.notes_ends { Block::records(bytes, &encoded.ends) } else { Block::lines(bytes) };
        block.with_header(self.encoder.header())
    }
}
