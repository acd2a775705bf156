//! How the records of an input are read and written: in a format that was given, or one that is told from the input.

use std::io::{self, Read};
use std::sync::Arc;

use lp_core::Format;
use lp_core::encode::JsonEncoder;
use lp_core::format::detect::{self, Detected, Known, Settings};

/// The format of an input, and what belongs to it.
pub(crate) struct Reading {
    pub(crate) format: Arc<dyn Format>,
    pub(crate) encoder: JsonEncoder,
    /// What the format was told from, if it was not given.
    pub(crate) detected: Option<Detected>,
}

/// Which format the inputs are in.
#[derive(Clone)]
pub(crate) enum Choice {
    /// All in this one.
    Given(Arc<dyn Format>),
    /// Each in one of these.
    Detect { among: Vec<Known>, settings: Settings },
}

/// Chooses the format of each input.
pub(crate) struct Chooser {
    choice: Choice,
    decode: bool,
    given: Option<Arc<Reading>>,
}

impl Chooser {
    pub(crate) fn new(choice: &Choice, decode: bool) -> Self {
        Self { choice: choice.clone(), decode, given: None }
    }

    /// How an input is read whose first bytes have been taken. If the format has to be told, more bytes are.
    pub(crate) fn choose(
        &mut self,
        mut first: Vec<u8>,
        reader: Box<dyn Read + Send>,
    ) -> (Arc<Reading>, Vec<u8>, Box<dyn Read + Send>) {
        let (among, settings) = match &self.choice {
            Choice::Given(format) => {
                let reading = self.given.get_or_insert_with(|| reading(Arc::clone(format), self.decode, None));
                return (Arc::clone(reading), first, reader);
            }
            Choice::Detect { among, settings } => (among, settings),
        };
        let reader = sample(&mut first, reader);
        let detected = detect::detect(&first, among.iter().copied(), settings);
        (reading(detected.format(settings), self.decode, Some(detected)), first, reader)
    }
}

fn reading(format: Arc<dyn Format>, decode: bool, detected: Option<Detected>) -> Arc<Reading> {
    let encoder = JsonEncoder::new(format.schema()).with_decode(decode);
    Arc::new(Reading { format, encoder, detected })
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
