//! Where records and events leave a pipeline: which of them, in which form, and to where.

use std::io::Write;
use std::sync::Arc;

use lp_core::encode::{Encoder, JsonEncoder};

use crate::event::{Event, EventKind};
use crate::stage::{BindError, Binding};

/// A way out of a pipeline.
pub struct Outlet<'s> {
    pub(crate) name: String,
    pub(crate) takes: Takes,
    pub(crate) prefix: Vec<u8>,
    pub(crate) sink: Box<dyn Write + Send + 's>,
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

impl<'s> Outlet<'s> {
    /// An outlet of this name that takes every record.
    pub fn new(name: impl Into<String>, sink: impl Write + Send + 's) -> Self {
        Self { name: name.into(), takes: Takes::Records, prefix: Vec::new(), sink: Box::new(sink) }
    }

    /// What it takes; records unless this says otherwise.
    #[must_use]
    pub fn takes(mut self, takes: Takes) -> Self {
        self.takes = takes;
        self
    }

    /// What stands before each event.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<Vec<u8>>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Appends an event as this outlet shows it.
    pub(crate) fn write_event(&self, event: &Event, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.prefix);
        event.write_json(out);
        out.push(b'\n');
    }

    /// Whether it takes an event of this stage.
    pub(crate) fn takes_event(&self, stage: &str, event: &Event) -> bool {
        match &self.takes {
            Takes::Records => false,
            Takes::Events(Which::Kind(kind)) => *kind == event.kind,
            Takes::Events(Which::Stages(names)) => names.iter().any(|name| name == stage),
        }
    }
}

/// An outlet of records, made ready for those of one input.
pub(crate) struct BoundOutlet {
    pub(crate) encoder: Arc<dyn Encoder>,
}

/// How the records of an outlet are chosen and written, whatever their format.
#[derive(Clone)]
pub(crate) struct Form {
    pub(crate) decode: bool,
}

impl Form {
    pub(crate) fn bind(&self, to: &Binding<'_>) -> Result<BoundOutlet, BindError> {
        Ok(BoundOutlet { encoder: Arc::new(JsonEncoder::new(to.schema()).with_decode(self.decode)) })
    }
}
