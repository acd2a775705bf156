//! A sink that fails, or takes its time.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use lp::sink::{Action, Block, Sink, SinkError};

/// When a sink fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    /// When it has taken so many bytes.
    Full(usize),
    /// When it is asked so often to hand on what it holds.
    Flush(usize),
    Sync,
    Never,
}

/// Keeps what it is given, until it fails.
pub(crate) struct Failing {
    pub(crate) when: When,
    /// How long a write takes, while there are so many more slow ones.
    pub(crate) slow: (usize, Duration),
    pub(crate) taken: Arc<Mutex<Vec<u8>>>,
}

impl Failing {
    pub(crate) fn new(when: When) -> (Self, Arc<Mutex<Vec<u8>>>) {
        let taken = Arc::<Mutex<Vec<u8>>>::default();
        (Self { when, slow: (0, Duration::ZERO), taken: Arc::clone(&taken) }, taken)
    }
}

fn broken(action: Action) -> SinkError {
    SinkError::System { action, name: "a sink".to_owned(), source: io::Error::from(ErrorKind::StorageFull) }
}

impl Sink for Failing {
    fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError> {
        if self.slow.0 > 0 && !block.is_empty() {
            self.slow.0 -= 1;
            thread::sleep(self.slow.1);
        }
        let mut taken = self.taken.lock().unwrap();
        let room = match self.when {
            When::Full(bytes) => bytes - taken.len(),
            _ => usize::MAX,
        };
        let fitting = block.len().min(room);
        taken.extend_from_slice(&block.bytes()[..fitting]);
        block.advance(fitting);
        if block.is_empty() { Ok(()) } else { Err(broken(Action::Write)) }
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        match &mut self.when {
            When::Flush(0) => Err(broken(Action::Flush)),
            When::Flush(more) => {
                *more -= 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn sync(&mut self) -> Result<(), SinkError> {
        if self.when == When::Sync { Err(broken(Action::Sync)) } else { Ok(()) }
    }

    fn tick(&mut self, _now: SystemTime) -> Result<(), SinkError> {
        Ok(())
    }
}
