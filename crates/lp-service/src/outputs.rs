//! The outputs of a run: opened where it goes on, tried again when they fail, and watched.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use lp::Outlet;
use lp::assembly::Assembly;
use lp::follow::Follow;
use lp::sink::{Outage, Resumed, Retry, RetryOptions, SinkError};
use lp::tail::Checkpoint;

use crate::call::{Call, Timed};
use crate::health::Health;
use crate::journal::{Journal, Topic};
use crate::watch::in_full;

/// Outputs that are open, and what each is at.
pub(crate) struct Outputs {
    pub(crate) outlets: Vec<Outlet<'static>>,
    pub(crate) calls: BTreeMap<String, Call>,
}

impl Outputs {
    /// Opens the outputs. What fails for a time is tried again, until the run is stopped and the time for that is over.
    pub(crate) fn open(
        assembly: &Assembly,
        follow: &Follow,
        checkpoint: &Checkpoint,
        health: &Health,
        journal: &Journal,
    ) -> Result<Self, SinkError> {
        // The service itself gives up first, and knows what to say then.
        let grace = assembly.grace() + Duration::from_secs(1);
        let options = RetryOptions::new(follow.stop_handle()).grace(grace);
        let mut calls = BTreeMap::new();
        let outlets = assembly.outlets_from(&[], Some(checkpoint), |name, sink, resumed| {
            tell_resumed(journal, name, resumed);
            let (name, health, journal) = (name.to_owned(), health.clone(), journal.clone());
            let call = Call::default();
            calls.insert(name.clone(), call.clone());
            Box::new(Retry::new(Timed::new(sink, call), options.clone(), move |outage: &Outage<'_>| match outage {
                Outage::Begins { error } => {
                    let error = in_full(*error);
                    journal.say(Topic::Outages, format_args!("sink {name} fails: {error}; it is tried again"));
                    health.sink_fails(&name, error, SystemTime::now());
                }
                Outage::Ends { after } => {
                    health.sink_works(&name);
                    let seconds = after.as_secs_f64();
                    journal.say(Topic::Outages, format_args!("sink {name} works again, after {seconds:.1} s"));
                }
                _ => {}
            }))
        })?;
        Ok(Self { outlets, calls })
    }
}

/// Tells what was taken from an output, and where it could not go back to its place, so that something may be in it twice, or lacks.
fn tell_resumed(journal: &Journal, name: &str, resumed: Option<Resumed>) {
    match resumed {
        Some(Resumed::NotFound) => journal.say(
            Topic::Life,
            format_args!(
                "sink {name}: the file is not the one that the checkpoint knows; what was written after it may be there twice"
            ),
        ),
        Some(Resumed::SetAside { bytes }) => journal.say(
            Topic::Life,
            format_args!(
                "sink {name}: {bytes} bytes stood behind where the run ended, and were not written by it; they are kept beside the file, as NAME.behind-1 and so on"
            ),
        ),
        Some(Resumed::Cut { bytes }) if bytes > 0 => journal.say(
            Topic::Life,
            format_args!(
                "sink {name}: {bytes} bytes behind the checkpoint are taken away; what lp wrote of them is written again"
            ),
        ),
        Some(Resumed::Short { bytes }) => journal.say(
            Topic::Life,
            format_args!(
                "sink {name}: {bytes} bytes are missing that the checkpoint vouches for; somebody or a loss of power took them"
            ),
        ),
        _ => {}
    }
}
