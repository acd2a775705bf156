//! Stages of one line.

use lp_core::Record;

use crate::stage::{BindError, Binding, Selected, Stage};

/// A stage that leaves out the records for which `keep` is false.
///
/// ```
/// use lp::{Access, Pipeline, Severity, stage};
///
/// let pipeline = Pipeline::new(Access::combined())
///     .stage(stage::filter(|record| record.severity() >= Some(Severity::ERROR)));
/// ```
pub const fn filter<F>(keep: F) -> FilterWith<F>
where
    F: Fn(&Record<'_>) -> bool + Send + Sync + 'static,
{
    FilterWith(keep)
}

/// A stage that shows every record to `look`, on several threads and in any order.
pub const fn inspect<F>(look: F) -> Inspect<F>
where
    F: Fn(&Record<'_>) + Send + Sync + 'static,
{
    Inspect(look)
}

/// Made by [`filter`].
#[derive(Clone, Copy, Debug)]
pub struct FilterWith<F>(F);

impl<F: Fn(&Record<'_>) -> bool + Send + Sync + 'static> Stage for FilterWith<F> {
    type Bound = ();
    type Partial = ();
    type State = ();

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn map(&self, (): &(), records: &mut Selected<'_>) {
        records.retain(|record| (self.0)(&record));
    }
}

/// Made by [`inspect`].
#[derive(Clone, Copy, Debug)]
pub struct Inspect<F>(F);

impl<F: Fn(&Record<'_>) + Send + Sync + 'static> Stage for Inspect<F> {
    type Bound = ();
    type Partial = ();
    type State = ();

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn map(&self, (): &(), records: &mut Selected<'_>) {
        for record in records.iter() {
            (self.0)(&record);
        }
    }
}
