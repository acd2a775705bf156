//! Records of a span of time.

use lp_core::Timestamp;

use crate::stage::{BindError, Binding, Selected, Stage};

/// Leaves out the records before a moment, and those after another one. Records without a time are left out, as nobody
/// can say that they are of that span; they are counted like the rest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Between {
    /// The first moment.
    pub since: Timestamp,
    /// The last one.
    pub until: Timestamp,
}

impl Default for Between {
    /// All of time.
    fn default() -> Self {
        Self { since: Timestamp::from_nanos(i64::MIN), until: Timestamp::from_nanos(i64::MAX) }
    }
}

impl Stage for Between {
    type Bound = ();
    type Partial = ();
    type State = ();

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn map(&self, (): &(), records: &mut Selected<'_>) {
        records.retain(|record| record.timestamp().is_some_and(|time| self.since <= time && time <= self.until));
    }
}
