//! What of the records goes out, and under which names.

use std::sync::Arc;

use lp_core::encode::{Layout, LayoutError, Place, Preset, Redact};

use crate::nearest::{Nearest, nearest};
use crate::stage::BindError;

/// What of the records goes out, whatever their format: a row of changes to what they are, in order.
///
/// It holds for the records that leave a pipeline and for those that alerts show; what it hides is hidden in the keys of counts
/// and repetitions too. Stages see the records as they were logged.
#[derive(Clone, Default)]
pub struct Shape {
    steps: Vec<Step>,
}

#[derive(Clone)]
enum Step {
    Select(Vec<(String, String)>),
    Rename(Vec<(String, String)>),
    Preset(Preset),
    Add(String, String),
    AddInput(String),
    AddIdentity(String),
    Redact(String, Arc<dyn Redact>),
    RedactAll(Arc<dyn Redact>),
}

impl Shape {
    /// The records as they are.
    #[must_use]
    pub const fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// Only these columns, in this order: pairs of a name and of what it shall be.
    #[must_use]
    pub fn select(self, columns: impl IntoIterator<Item = (String, String)>) -> Self {
        self.with(Step::Select(columns.into_iter().collect()))
    }

    /// Other names for some columns: pairs of a name and of what it shall be.
    #[must_use]
    pub fn rename(self, columns: impl IntoIterator<Item = (String, String)>) -> Self {
        self.with(Step::Rename(columns.into_iter().collect()))
    }

    /// The names of a standard.
    #[must_use]
    pub fn preset(self, preset: Preset) -> Self {
        self.with(Step::Preset(preset))
    }

    /// A constant behind the other columns.
    #[must_use]
    pub fn add(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(Step::Add(name.into(), value.into()))
    }

    /// The name of the input that a record comes from, behind the other columns.
    #[must_use]
    pub fn add_input(self, name: impl Into<String>) -> Self {
        self.with(Step::AddInput(name.into()))
    }

    /// What tells a record from all others, behind the other columns: `1a2b3c-9f86d081884c7d65:1234`, which is the identity of
    /// its file or else the name of its input, and the byte of the input (uncompressed) where it begins. It is the same
    /// however often a record is read, so that whoever gets one again can know it.
    #[must_use]
    pub fn add_identity(self, name: impl Into<String>) -> Self {
        self.with(Step::AddIdentity(name.into()))
    }

    /// Hides the values of a column. See [`Layout::redact`].
    #[must_use]
    pub fn redact(self, name: impl Into<String>, redact: Arc<dyn Redact>) -> Self {
        self.with(Step::Redact(name.into(), redact))
    }

    /// Hides something in all values. See [`Layout::redact_all`].
    #[must_use]
    pub fn redact_all(self, redact: Arc<dyn Redact>) -> Self {
        self.with(Step::RedactAll(redact))
    }

    fn with(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Whether it shows from which input a record comes.
    pub(crate) fn has_input(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::AddInput(_) | Step::AddIdentity(_)))
    }

    /// Whether it shows what tells a record from all others.
    pub(crate) fn has_identity(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::AddIdentity(_)))
    }

    /// Changes the layout for the records of an input with this name and this identity.
    pub(crate) fn change(&self, mut layout: Layout, input: &str, identity: &str) -> Result<Layout, BindError> {
        for step in &self.steps {
            let known = layout.clone();
            let changed = match step {
                Step::Select(columns) => layout.select(&pairs(columns)),
                Step::Rename(columns) => layout.rename(&pairs(columns)),
                Step::Preset(preset) => Ok(layout.with_preset(*preset)),
                Step::Add(name, value) => layout.add(name, value, Place::Last),
                Step::AddInput(name) => layout.add(name, input, Place::Last),
                Step::AddIdentity(name) => layout.add_position(name, &format!("{identity}:"), Place::Last),
                Step::Redact(name, redact) => layout.redact(name, Arc::clone(redact)),
                Step::RedactAll(redact) => Ok(layout.redact_all(Arc::clone(redact))),
            };
            layout = changed.map_err(|error| refused(&error, &known))?;
        }
        Ok(layout)
    }
}

fn pairs(columns: &[(String, String)]) -> Vec<(&str, &str)> {
    columns.iter().map(|(name, shown)| (&**name, &**shown)).collect()
}

/// Says what is wrong with a column, and which name may be meant.
fn refused(error: &LayoutError, known: &Layout) -> BindError {
    let text = match error {
        LayoutError::UnknownName(name) | LayoutError::DuplicateName(name) => name.clone(),
        _ => String::new(),
    };
    let similar = match error {
        LayoutError::UnknownName(name) => nearest(name, known.names()),
        _ => None,
    };
    BindError { at: 0..text.len(), why: format!("{error}{}", Nearest(similar)), text }
}
