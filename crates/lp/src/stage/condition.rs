//! Records that meet a condition: the stage that keeps only them, and what other stages ask of each.

use std::borrow::Cow;

use lp_core::Record;

use crate::filter::{Filter, Predicate};
use crate::stage::{BindError, Binding, Selected, Stage};

/// A stage that leaves out the records that do not meet a condition.
#[derive(Clone, Debug)]
pub struct Where(Filter);

impl Where {
    /// Keeps what meets the condition.
    #[must_use]
    pub const fn new(condition: Filter) -> Self {
        Self(condition)
    }
}

impl Stage for Where {
    type Bound = Predicate;
    type Partial = ();
    type State = ();

    fn bind(&self, to: &Binding<'_>) -> Result<Predicate, BindError> {
        to.bind(&self.0)
    }

    fn map(&self, predicate: &Predicate, records: &mut Selected<'_>) {
        records.retain_matching(predicate);
    }
}

/// A condition that may be missing; then every record meets it.
#[derive(Debug)]
pub(super) struct Condition(Option<Predicate>);

impl Condition {
    pub(super) fn bind(filter: Option<&Filter>, to: &Binding<'_>) -> Result<Self, BindError> {
        Ok(Self(filter.map(|filter| to.bind(filter)).transpose()?))
    }

    /// The numbers of the records that meet it.
    pub(super) fn select<'s>(&self, records: &'s Selected<'_>) -> Cow<'s, [u32]> {
        match &self.0 {
            None => Cow::Borrowed(records.numbers()),
            Some(predicate) => Cow::Owned(records.matching(predicate)),
        }
    }

    #[inline]
    pub(super) fn holds(&self, record: &Record<'_>) -> bool {
        self.0.as_ref().is_none_or(|predicate| predicate.matches(record))
    }
}
