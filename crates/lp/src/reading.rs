//! How the records of an input are read and written: in a format that was given, or one that is told from the input.

use std::io::{self, Read};
use std::sync::Arc;

use lp_core::encode::{Encoder, Encoding, JsonEncoder, Layout};
use lp_core::format::detect::{self, Detected, Known, Settings};
use lp_core::{Batch, Format, Schema};

use crate::error::Refused;
use crate::outlet::{BoundOutlet, Form};
use crate::shape::Shape;
use crate::source::{BYTE_ORDER_MARK, Own};
use crate::stage::{BindError, Binding, BoundStage};
use crate::stages::Stages;

/// How long records may be; what is longer is cut and marked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The most bytes of a record.
    record: u32,
    /// The most lines of a record.
    lines: u32,
}

impl Limits {
    /// At most so many bytes and lines: 1 to [`Batch::MAX_LIMIT`] bytes and at least one line, else the nearest of that.
    #[must_use]
    pub fn new(record: u32, lines: u32) -> Self {
        Self { record: record.clamp(1, Batch::MAX_LIMIT), lines: lines.max(1) }
    }

    /// The most bytes of a record.
    #[must_use]
    pub const fn record(self) -> u32 {
        self.record
    }

    /// The most lines of a record, in formats whose records may have several.
    #[must_use]
    pub const fn lines(self) -> u32 {
        self.lines
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { record: Batch::DEFAULT_LIMIT, lines: Batch::DEFAULT_LINE_LIMIT }
    }
}

/// The format of an input, and what belongs to it.
pub(crate) struct Reading {
    pub(crate) format: Arc<dyn Format>,
    pub(crate) limits: Limits,
    pub(crate) stages: Vec<BoundStage>,
    /// The outlets of records.
    pub(crate) outlets: Vec<BoundOutlet>,
    /// What the format was told from, if it was not given.
    pub(crate) detected: Option<Detected>,
    /// The stages and outlets that ask for what only other formats have, or have in another type.
    pub(crate) lacking: Vec<(String, BindError)>,
}

/// Which format the inputs are in.
#[derive(Clone)]
pub(crate) enum Choice {
    /// All in this one.
    Given(Arc<dyn Format>),
    /// Each in one of these.
    Detect { among: Vec<Known>, settings: Settings },
}

/// An input whose format is known.
pub(crate) struct Chosen {
    pub(crate) reading: Arc<Reading>,
    /// The bytes that have been taken from the reader.
    pub(crate) first: Vec<u8>,
    pub(crate) reader: Box<dyn Read + Send>,
}

impl Choice {
    /// Whether the two mean the same formats.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Given(format), Self::Given(other)) => Arc::ptr_eq(format, other),
            // The settings do not change the names of fields.
            (Self::Detect { among, .. }, Self::Detect { among: others, .. }) => among == others,
            _ => false,
        }
    }

    /// What is known of the format before the input is opened.
    fn schemas(&self) -> Vec<Schema> {
        match self {
            Self::Given(format) => vec![format.schema().clone()],
            Self::Detect { among, settings } => {
                // An object may have any member: asked so, no name would be a mistake.
                let among = among.iter().filter(|known| **known != Known::Json);
                among.map(|known| known.format(settings).schema().clone()).collect()
            }
        }
    }
}

/// How the records leave the pipeline.
pub(crate) struct Outflow<'a> {
    /// The outlets of records, with their names.
    pub(crate) forms: Vec<(String, Form)>,
    pub(crate) shape: &'a Shape,
    pub(crate) decode: bool,
}

/// What an outlet has of the first input, and for the others too.
struct First {
    /// What stands before its first record.
    header: Box<[u8]>,
    /// The names of the columns.
    columns: Vec<String>,
}

/// Chooses the format of each input, and makes stages and outlets ready for it.
pub(crate) struct Chooser<'a> {
    choice: &'a Choice,
    stages: &'a Stages<'a>,
    outflow: &'a Outflow<'a>,
    limits: Limits,
    /// What the outlets have of the first input, once it is known.
    first: Vec<First>,
    /// The schemas of all formats that the inputs may be in, where there is or may be more than one input.
    others: Vec<Schema>,
    /// Whether inputs may come at any time, which must not end the run for being in another format than those before.
    follows: bool,
    /// What was made ready for the formats that were given.
    given: Vec<Arc<Reading>>,
}

impl<'a> Chooser<'a> {
    /// For inputs of which this is their own, with their names. If it `follows`, more may come.
    ///
    /// # Errors
    ///
    /// If a stage or an outlet does not fit a format that is given.
    pub(crate) fn new(
        inputs: &[(Own, String)],
        choice: &'a Choice,
        stages: &'a Stages<'a>,
        outflow: &'a Outflow<'a>,
        limits: Limits,
        follows: bool,
    ) -> Result<Self, Refused> {
        let (others, given, first) = (Vec::new(), Vec::new(), Vec::new());
        let mut chooser = Self { choice, stages, outflow, limits, first, others, follows, given };
        if inputs.len() > 1 || follows {
            let own = inputs.iter().filter_map(|(own, _)| own.choice.as_ref());
            let common = inputs.iter().any(|(own, _)| own.choice.is_none()).then_some(choice);
            let mut seen: Vec<&Choice> = Vec::new();
            for choice in own.chain(common) {
                // Thousands of files may have one format.
                if !seen.iter().any(|before| before.is_same(choice)) {
                    seen.push(choice);
                    chooser.others.append(&mut choice.schemas());
                }
            }
        }
        if inputs.is_empty() {
            chooser.prepare(&Own::default(), "")?;
        }
        for (own, name) in inputs {
            chooser.prepare(own, name)?;
        }
        Ok(chooser)
    }

    /// Makes all ready for a format that is given, so that what does not fit it is told before anything is read.
    fn prepare(&mut self, own: &Own, input: &str) -> Result<(), Refused> {
        if let Choice::Given(format) = own.choice.as_ref().unwrap_or(self.choice)
            && self.prepared(format, own).is_none()
        {
            let reading = self.reading(Arc::clone(format), own, None, input, input)?;
            self.begin(&reading);
            self.given.push(reading);
        }
        Ok(())
    }

    fn prepared(&self, format: &Arc<dyn Format>, own: &Own) -> Option<Arc<Reading>> {
        let limits = own.limits.unwrap_or(self.limits);
        let is_same = |reading: &&Arc<Reading>| Arc::ptr_eq(&reading.format, format) && reading.limits == limits;
        self.given.iter().find(is_same).map(Arc::clone)
    }

    /// Whether the output shows the name of the input, so that each input is written in its own way.
    pub(crate) fn shows_input(&self) -> bool {
        self.outflow.shape.has_input() || self.outflow.forms.iter().any(|(_, form)| form.shape.has_input())
    }

    /// Whether the output shows the identity of the file, so that each file is written in its own way.
    pub(crate) fn shows_identity(&self) -> bool {
        self.outflow.shape.has_identity() || self.outflow.forms.iter().any(|(_, form)| form.shape.has_identity())
    }

    /// How an input of this name and this identity is read whose first bytes have been taken. If the format has to be told,
    /// more bytes are.
    pub(crate) fn choose(
        &mut self,
        input: &str,
        identity: &str,
        own: &Own,
        mut first: Vec<u8>,
        reader: Box<dyn Read + Send>,
    ) -> Result<Chosen, Refused> {
        let reader = if self.detects(own) { sample(&mut first, reader) } else { reader };
        let reading = self.choose_for(input, identity, own, &first)?;
        Ok(Chosen { reading, first, reader })
    }

    /// Whether the format of an input is told from its first bytes.
    pub(crate) fn detects(&self, own: &Own) -> bool {
        matches!(own.choice.as_ref().unwrap_or(self.choice), Choice::Detect { .. })
    }

    /// How an input is read that begins with these bytes, which matter if the format has to be told.
    pub(crate) fn choose_for(
        &mut self,
        input: &str,
        identity: &str,
        own: &Own,
        first: &[u8],
    ) -> Result<Arc<Reading>, Refused> {
        let (among, settings) = match own.choice.as_ref().unwrap_or(self.choice) {
            Choice::Given(format) => {
                let format = Arc::clone(format);
                return match self.prepared(&format, own) {
                    Some(reading) if !self.shows_input() => Ok(reading),
                    _ => {
                        let reading = self.reading(format, own, None, input, identity)?;
                        self.begin(&reading);
                        Ok(reading)
                    }
                };
            }
            Choice::Detect { among, settings } => (among, settings),
        };
        let first = first.strip_prefix(BYTE_ORDER_MARK).unwrap_or(first);
        let detected = detect::detect(first, among.iter().copied(), settings);
        let format = detected.format(settings);
        match self.reading(Arc::clone(&format), own, Some(detected), input, identity) {
            // Nothing tells the format of an input that is empty, so there is nothing that does not fit it.
            Err(_) if first.is_empty() => Ok(Arc::new(Reading {
                format,
                limits: self.limits,
                stages: Vec::new(),
                outlets: Vec::new(),
                detected: Some(detected),
                lacking: Vec::new(),
            })),
            Ok(reading) => {
                self.has_fit(settings);
                if !first.is_empty() {
                    self.begin(&reading);
                }
                Ok(reading)
            }
            refused => refused,
        }
    }

    /// All that is asked for is in some format: to what comes later it is as a member that a JSON log may have or not.
    fn has_fit(&mut self, settings: &Settings) {
        let json = Known::Json.format(settings);
        if self.follows && !self.others.contains(json.schema()) {
            self.others.push(json.schema().clone());
        }
    }

    fn reading(
        &self,
        format: Arc<dyn Format>,
        own: &Own,
        detected: Option<Detected>,
        input: &str,
        identity: &str,
    ) -> Result<Arc<Reading>, Refused> {
        let limits = own.limits.unwrap_or(self.limits);
        // What is wrong with a format that was told from an input is wrong with that input.
        let refused = |(name, error)| Refused { input: detected.map(|_| input.to_owned()), name, error };
        let Outflow { forms, shape, decode } = self.outflow;
        let schema = format.schema();
        let layout = Layout::of(schema).with_decode(*decode);
        let layout = self.others.iter().fold(layout, |layout, other| layout.also(other));
        let layout = shape.change(layout, input, identity).map_err(|error| refused(("output".to_owned(), error)))?;
        let json: Arc<dyn Encoder> = match Encoding::Json.encoder(&layout) {
            Ok(encoder) => encoder.into(),
            // There is nothing that JSON cannot show.
            Err(_) => Arc::new(JsonEncoder::new(schema)),
        };
        let is_found = self.follows && detected.is_some();
        let binding = Binding::new(input, schema, &self.others, &json);
        let binding = binding.with_identity(identity).with_layout(&layout).found(is_found);
        let stages = self.stages.bind(&binding).map_err(refused)?;
        let mut lacking = Vec::new();
        if is_found {
            let alone = Binding::new(input, schema, &[], &json).with_identity(identity);
            lacking = self.lacking(&alone);
        }
        let mut outlets = Vec::new();
        for (number, (name, form)) in forms.iter().enumerate() {
            let refused = |error| refused((name.clone(), error));
            let own = form.layout(&binding, &layout).map_err(refused)?;
            let outlet = form.bind(&binding, &own);
            outlets.push(match self.first.get(number) {
                Some(first) if outlet.as_ref().map_or(true, |outlet| !first.is_of(outlet)) => {
                    if !self.follows || !first.is_table() {
                        return Err(refused(outlet.err().unwrap_or_else(|| unfit(OTHER_COLUMNS))));
                    }
                    lacking.retain(|(lacking, _)| lacking != name);
                    lacking.push((name.clone(), unfit(FIRST_COLUMNS)));
                    form.bind(&binding, &first.columns_of(own).map_err(refused)?).map_err(refused)?
                }
                _ => outlet.map_err(refused)?,
            });
        }
        Ok(Arc::new(Reading { format, limits, stages, outlets, detected, lacking }))
    }

    /// What is asked for that an input lacks by itself, whatever other formats have.
    fn lacking(&self, alone: &Binding<'_>) -> Vec<(String, BindError)> {
        let Outflow { forms, shape, decode } = self.outflow;
        let mut lacking: Vec<_> = self.stages.unfit(alone).collect();
        let layout = Layout::of(alone.schema()).with_decode(*decode);
        match shape.change(layout, alone.input(), alone.identity()) {
            Err(error) => lacking.push(("output".to_owned(), error)),
            Ok(layout) => lacking.extend(forms.iter().filter_map(|(name, form)| {
                let bound = form.layout(alone, &layout).and_then(|layout| form.bind(alone, &layout));
                Some((name.clone(), bound.err()?))
            })),
        }
        lacking
    }

    /// The first input has records: a table goes on as it begins.
    fn begin(&mut self, reading: &Reading) {
        if self.first.is_empty() {
            self.first = reading.outlets.iter().map(First::of).collect();
        }
    }
}

const OTHER_COLUMNS: &str = "the columns are not those of the inputs before; choose which ones are to be written";
const FIRST_COLUMNS: &str = "the columns are not those of the files before, and only those are written";

fn unfit(why: &str) -> BindError {
    BindError { text: String::new(), at: 0..0, why: why.to_owned() }
}

impl First {
    fn of(outlet: &BoundOutlet) -> Self {
        Self { header: outlet.header().into(), columns: outlet.columns().to_vec() }
    }

    fn is_of(&self, outlet: &BoundOutlet) -> bool {
        *outlet.header() == *self.header
    }

    const fn is_table(&self) -> bool {
        !self.header.is_empty()
    }

    /// The same columns of another input; those that it lacks are empty.
    fn columns_of(&self, layout: Layout) -> Result<Layout, BindError> {
        let columns: Vec<(&str, &str)> = self.columns.iter().map(|name| (&**name, &**name)).collect();
        layout.select(&columns).map_err(|error| unfit(&error.to_string()))
    }
}

/// Reads what the format is told from: as much as is worth looking at, or what there is. A stream that has brought whole
/// lines and then pauses is not waited for. Returns the reader of what follows.
fn sample(first: &mut Vec<u8>, mut reader: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
    let mut len = first.len();
    first.resize(detect::SAMPLE.max(len), 0);
    let mut failure = None;
    while len < first.len() {
        let room = first.len() - len;
        match reader.read(&mut first[len..]) {
            Ok(0) => break,
            Ok(count) => {
                len += count;
                if count < room && lp_core::whole_lines(&first[..len]) > 0 {
                    break;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    first.truncate(len);
    match failure {
        // It is told behind what could be read.
        Some(error) => Box::new(Failed(Some(error))),
        None => reader,
    }
}

/// Gives an error, then nothing.
pub(crate) struct Failed(pub(crate) Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
