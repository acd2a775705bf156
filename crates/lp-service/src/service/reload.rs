//! Another configuration in the place of the one that runs: all of it, or nothing. What a stage has gathered goes on only in one that is as it was.
//!
//! The outputs of the next one are opened when the old run has ended, since both may write the same files. If they cannot be opened, the old
//! configuration goes on. Its own outputs have been closed by then, and may not open any more: nobody reads the pipe now, the disk is
//! full. A service that ran does not end for what may pass. It waits for them, with nothing read and nothing lost.
//!
//! Outputs are opened on a thread of their own, as that may take long, so signals are heard all the while.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use lp::Report;
use lp::config::System;
use lp::follow::{Finished, Follow, FollowError};
use lp::sink::SinkError;

use super::{Happening, LOOK, Plan, Service, Wish};
use crate::configuration::Configuration;
use crate::error::{ServiceError, that_fail};
use crate::journal::Topic;
use crate::outputs::Outputs;
use crate::place::Place;
use crate::signals::Signal;
use crate::watch::in_full;

/// How long is waited between two attempts to open the outputs again.
const PAUSE: Duration = Duration::from_secs(1);

/// How the service is left while no configuration runs.
pub(super) enum Left {
    /// It was told to stop. All that was read is written, and a checkpoint says where to go on.
    Stopped,
    /// It was told so a second time.
    AtOnce(Signal),
}

/// What came of opening the outputs for a run.
pub(super) struct Attempt {
    plan: Arc<Plan>,
    follow: Follow,
    place: Place,
    outputs: Result<Outputs, SinkError>,
}

impl Service {
    /// Reads the configuration again, and stops the run for it if all is right.
    pub(super) fn reload(&mut self) {
        match self.wish {
            Wish::GoOn => {}
            Wish::Reload(_) => {
                self.again = true;
                return;
            }
            Wish::Stop { .. } => return self.refuse("the service is stopping"),
        }
        match self.read_again() {
            Ok(next) => {
                self.wish = Wish::Reload(Box::new(next));
                self.stop.pause();
            }
            Err(why) => self.refuse(&why),
        }
    }

    /// The configuration as it is now, or why it cannot take the place of the one that runs.
    fn read_again(&self) -> Result<Plan, String> {
        let configuration =
            Configuration::read(self.plan.configuration.path(), &System).map_err(|error| error.to_string())?;
        self.assembly().can_become(configuration.assembly()).map_err(|error| error.to_string())?;
        let sources = configuration.assembly().followed().map_err(|error| in_full(&error))?;
        let failing = self.known.health.failing();
        if !failing.is_empty() {
            return Err(format!("{}what has been read cannot be written", that_fail(&failing)));
        }
        Ok(Plan { configuration, sources })
    }

    /// The old configuration runs on.
    fn refuse(&self, why: &str) {
        let path = self.path();
        self.journal.say(Topic::Life, format_args!("{path}: not reloaded, the old configuration runs on:\n{why}"));
        self.known.reloaded(false);
    }

    /// Where another run goes on after one that was stopped for it, and what that one has done.
    pub(super) fn place_after(&self, ended: Result<Finished, FollowError>) -> Result<(Place, Report), ServiceError> {
        match ended {
            Ok(Finished { checkpoint, store, report, open_files }) => {
                Ok((Place { checkpoint, store, open_files }, report))
            }
            // What it could not write is read again.
            Err(error) if self.is_kept() => {
                self.journal.say(Topic::Outages, format_args!("{}", in_full(&error)));
                Ok((Place::open(&self.plan.configuration, &self.journal)?, Report::default()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Lets a configuration run from this place on: the next one, if its outputs can be opened; else the old one, as soon as its can.
    pub(super) fn settle(
        &mut self,
        next: Plan,
        mut place: Place,
        happenings: &Receiver<Happening>,
    ) -> Result<ControlFlow<Left>, ServiceError> {
        self.known.health.end_run();
        let mut plan = Arc::new(next);
        loop {
            let attempt = match self.attempt(plan, place, happenings)? {
                ControlFlow::Continue(attempt) => *attempt,
                ControlFlow::Break(left) => return Ok(ControlFlow::Break(left)),
            };
            place = attempt.place;
            let is_new = !Arc::ptr_eq(&attempt.plan, &self.plan);
            match attempt.outputs {
                Ok(outputs) => {
                    self.plan = attempt.plan;
                    self.spawn(attempt.follow, outputs, place)?;
                    self.tell_settled(is_new);
                    return Ok(ControlFlow::Continue(()));
                }
                Err(error) if is_new => self.refuse(&in_full(&error)),
                Err(error) if !error.may_pass() => return Err(error.into()),
                Err(error) => match self.wish {
                    Wish::Stop { .. } if self.is_kept() => return Ok(ControlFlow::Break(Left::Stopped)),
                    Wish::Stop { .. } => return Err(ServiceError::Unopened(error)),
                    Wish::GoOn | Wish::Reload(_) => {
                        self.tell_waiting(&error);
                        if let Ok(Happening::Signal(signal)) = happenings.recv_timeout(PAUSE)
                            && let Some(left) = self.hear(signal)
                        {
                            return Ok(ControlFlow::Break(left));
                        }
                    }
                },
            }
            plan = Arc::clone(&self.plan);
            if std::mem::take(&mut self.again) {
                match self.read_again() {
                    Ok(next) => plan = Arc::new(next),
                    Err(why) => self.refuse(&why),
                }
            }
        }
    }

    /// Tries to open the outputs of a configuration, for a run from this place on.
    fn attempt(
        &mut self,
        plan: Arc<Plan>,
        place: Place,
        happenings: &Receiver<Happening>,
    ) -> Result<ControlFlow<Left, Box<Attempt>>, ServiceError> {
        let (health, journal, sender) = (self.known.health.clone(), self.journal.clone(), self.sender.clone());
        let follow = Follow::new(plan.sources.clone());
        let open = AssertUnwindSafe(move || {
            let outputs = Outputs::open(plan.configuration.assembly(), &follow, &place.checkpoint, &health, &journal);
            Box::new(Attempt { plan, follow, place, outputs })
        });
        thread::Builder::new().name("lp-open".to_owned()).spawn(move || {
            // The service may have ended without this.
            let _ = sender.send(Happening::Opened(catch_unwind(open)));
        })?;
        loop {
            match happenings.recv_timeout(LOOK) {
                Ok(Happening::Opened(Ok(attempt))) => return Ok(ControlFlow::Continue(attempt)),
                Ok(Happening::Opened(Err(panic))) => resume_unwind(panic),
                Ok(Happening::Signal(signal)) => {
                    if let Some(left) = self.hear(signal) {
                        return Ok(ControlFlow::Break(left));
                    }
                }
                // No run goes on, and this has a sender itself.
                Ok(Happening::Ended(_)) | Err(_) => self.journal.catch_up(),
            }
            if matches!(self.wish, Wish::Stop { until } if Instant::now() > until) {
                return Err(self.late());
            }
        }
    }

    /// Takes a signal while no configuration runs; returns how the service is left, if it is at once.
    fn hear(&mut self, signal: Signal) -> Option<Left> {
        match (signal, &self.wish) {
            (Signal::HangUp, Wish::Stop { .. }) => self.refuse("the service is stopping"),
            (Signal::HangUp, _) => self.again = true,
            (_, Wish::Stop { .. }) => return Some(Left::AtOnce(signal)),
            (..) => {
                self.end(signal);
                // It would be in vain to wait for more. (Without a checkpoint it is tried once more: what has come is not read.)
                return (self.waits_since.is_some() && self.is_kept()).then_some(Left::Stopped);
            }
        }
        None
    }

    /// Whether a checkpoint says where a run goes on, even after the end of this process.
    fn is_kept(&self) -> bool {
        self.assembly().checkpoint().is_some()
    }

    /// Tells that the outputs of the old configuration cannot be opened: once in the log, and whoever asks how the service is.
    fn tell_waiting(&mut self, error: &SinkError) {
        let error = in_full(error);
        if self.waits_since.is_none() {
            self.waits_since = Some(Instant::now());
            let what = "the outputs cannot be opened again";
            self.journal.say(Topic::Life, format_args!("{what}: {error}; nothing is read until they can"));
        }
        self.known.health.outputs_fail(error, SystemTime::now());
    }

    /// Tells that a configuration runs again.
    fn tell_settled(&mut self, is_new: bool) {
        if let Some(since) = self.waits_since.take() {
            let seconds = since.elapsed().as_secs_f64();
            self.journal.say(Topic::Life, format_args!("the outputs are open again, after {seconds:.1} s"));
        }
        if is_new {
            self.journal.say(Topic::Life, format_args!("{}: reloaded", self.path()));
            self.known.reloaded(true);
            self.tell_awaited();
        }
    }
}
