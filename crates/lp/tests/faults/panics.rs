//! Stages that panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use lp::Timestamp;
use lp::event::Events;
use lp::stage::{BindError, Binding, Selected, Sequential, Stage};

/// Where it panics.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum At {
    Map,
    Fold,
    Finish,
}

/// Panics at that place, when it is there for this time.
pub(crate) struct Panics {
    pub(crate) at: At,
    pub(crate) time: usize,
    pub(crate) times: AtomicUsize,
}

impl Panics {
    pub(crate) fn new(at: At, time: usize) -> Self {
        Self { at, time, times: AtomicUsize::new(0) }
    }

    fn is_at(&self, at: At) {
        if self.at == at {
            let time = self.times.fetch_add(1, Ordering::Relaxed);
            assert!(time != self.time && at != At::Finish, "wanted");
        }
    }
}

impl Stage for Panics {
    type Bound = ();
    type Partial = ();
    type State = ();

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn map(&self, (): &(), _records: &mut Selected<'_>) {
        self.is_at(At::Map);
    }

    fn fold(&self, (): &mut (), (): (), _out: &mut Events) {
        self.is_at(At::Fold);
    }

    fn finish(&self, (): (), _out: &mut Events) {
        self.is_at(At::Finish);
    }
}

/// The same where the order counts; there is no fold.
pub(crate) struct PanicsInOrder(pub(crate) Panics);

impl Sequential for PanicsInOrder {
    type Bound = ();
    type State = ();

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn run(&self, (): &(), (): &mut (), _records: &mut Selected<'_>, _out: &mut Events) {
        self.0.is_at(At::Map);
    }

    fn finish(&self, (): (), _out: &mut Events) {
        self.0.is_at(At::Finish);
    }
}

/// Holds the clock until there is something to fold, and panics when the clock's thread folds it.
#[derive(Clone, Default)]
pub(crate) struct PanicsOnTheClock {
    pub(crate) mapped: Arc<AtomicUsize>,
}

impl Stage for PanicsOnTheClock {
    type Bound = ();
    type Partial = ();
    type State = ();

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn map(&self, (): &(), _records: &mut Selected<'_>) {
        self.mapped.fetch_add(1, Ordering::SeqCst);
    }

    fn fold(&self, (): &mut (), (): (), _out: &mut Events) {
        assert!(thread::current().name() != Some("lp-clock"), "wanted");
    }

    fn tick(&self, (): &mut (), _now: Timestamp, _out: &mut Events) {
        let before = self.mapped.load(Ordering::SeqCst);
        // If nothing comes any more, nothing will.
        for _ in 0..100 {
            if self.mapped.load(Ordering::SeqCst) > before {
                break;
            }
            thread::sleep(Duration::from_millis(5));
        }
        // Until what was mapped has been left to this thread.
        thread::sleep(Duration::from_millis(50));
    }
}
