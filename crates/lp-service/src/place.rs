//! Where a run goes on, and with what.

use std::thread;
use std::time::{Duration, Instant};

use lp::tail::{Checkpoint, OpenFiles, Store, StoreError};
use lp::visible::visible;

use crate::configuration::Configuration;
use crate::error::ServiceError;
use crate::journal::{Journal, Topic};

/// From where a run goes on, and where it keeps how far it is.
pub(crate) struct Place {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) store: Option<Store>,
    /// What the run before it had open, also if no path leads there any more.
    pub(crate) open_files: OpenFiles,
}

impl Place {
    pub(crate) fn open(configuration: &Configuration, journal: &Journal) -> Result<Self, ServiceError> {
        let Some((path, _)) = configuration.assembly().checkpoint() else {
            return Ok(Self { checkpoint: Checkpoint::default(), store: None, open_files: OpenFiles::default() });
        };
        let (store, found) = after_another(|| Store::open(path), |error| matches!(error, StoreError::InUse { .. }))?;
        if !found.damaged.is_empty() && found.checkpoint.is_none() {
            let then = "sources begin at their start; what outputs hold already may be there twice";
            journal.say(Topic::Life, format_args!("no checkpoint is left: {then}"));
        }
        for damaged in found.damaged {
            let aside = visible(damaged.set_aside.as_os_str().as_encoded_bytes());
            let error = damaged.error;
            journal.say(Topic::Life, format_args!("a checkpoint cannot be read: {error}; it is kept as {aside}"));
        }
        let checkpoint = found.checkpoint.unwrap_or_default();
        Ok(Self { checkpoint, store: Some(store), open_files: OpenFiles::default() })
    }
}

/// How long a process that has just been killed may need to be gone, and its locks with it.
const DYING: Duration = Duration::from_secs(2);

/// Tries something again for a while that another process keeps from being done.
pub(crate) fn after_another<T, E>(
    mut attempt: impl FnMut() -> Result<T, E>,
    is_in_use: impl Fn(&E) -> bool,
) -> Result<T, E> {
    let until = Instant::now() + DYING;
    loop {
        match attempt() {
            Err(error) if is_in_use(&error) && Instant::now() < until => thread::sleep(Duration::from_millis(50)),
            done => return done,
        }
    }
}
