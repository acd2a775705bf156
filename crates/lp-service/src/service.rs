//! The life of a service: it runs a configuration, puts another one in its place when it is told to, and ends when it is told to.
//!
//! One thread, the caller's, decides; it waits for signals and for the end of the run, which go on threads of their own. A run is
//! never changed. For a reload it is stopped, with what its stages have gathered kept, and the next one goes on where it was.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use lp::Report;
use lp::config::System;
use lp::follow::{Finished, Follow, FollowError, FollowedSource, Stop};
use lp::sink::SinkError;
use lp::visible::visible;

use crate::configuration::Configuration;
use crate::endpoints::Known;
use crate::error::{ServiceError, that_fail};
use crate::health::Phase;
use crate::http::Server;
use crate::journal::{Journal, Log, Topic};
use crate::outputs::Outputs;
use crate::place::{Place, after_another};
use crate::severity;
use crate::signals::{Listening, Signal};
use crate::watch::{Watch, in_full};

/// How a service ended.
#[derive(Debug)]
pub enum Ended {
    /// It was told to, and all that it had read has been written.
    Stopped(Box<Report>),
    /// It was told so a second time, and has not waited for that.
    AtOnce(Signal),
}

/// Runs a configuration that follows files until a signal says to stop: `SIGTERM` or `SIGINT`. At `SIGHUP` the configuration is
/// read again, and if all is right with it, it takes the place of the one that runs.
///
/// # Errors
///
/// If it cannot begin, or ends before it is told to, or not within the time that the configuration gives for that. Then the run
/// may still be waiting for an output; whoever calls should end the process.
///
/// # Panics
///
/// Only if a [`Format`](lp::Format) or a stage does.
pub fn run(configuration: Configuration, log: Arc<dyn Log>) -> Result<Ended, ServiceError> {
    let known = Known::default();
    let journal = Journal::new(log);
    let (sender, happenings) = channel();
    let signals = sender.clone();
    // Before anything is waited for: whoever sends a signal then does not mean to kill.
    let _listening = Listening::start(move |signal| {
        // What has ended listens to nobody.
        let _ = signals.send(Happening::Signal(signal));
    })?;
    let (place, server) = begin(&configuration, &known, &journal)?;
    let watch = Watch::new(known.clone(), journal.clone());
    let mut service = Service {
        configuration,
        known,
        journal,
        watch,
        sender,
        stop: Stop::default(),
        wish: Wish::GoOn,
        again: false,
        hanging: BTreeSet::new(),
        is_polling: false,
    };
    let sources = service.configuration.assembly().followed()?;
    service.start(sources, place)?;
    let path = visible(service.configuration.path().as_os_str().as_encoded_bytes());
    service.journal.say(Topic::Life, format_args!("{path}: running"));
    service.tell_awaited();
    let ended = service.go_on(&happenings);
    drop(server);
    ended
}

/// Takes what no reload can change: the address, and the checkpoint.
fn begin(
    configuration: &Configuration,
    known: &Known,
    journal: &Journal,
) -> Result<(Place, Option<Server>), ServiceError> {
    let place = Place::open(configuration, journal)?;
    let Some(address) = configuration.assembly().http() else { return Ok((place, None)) };
    let server = known.serve(address).map_err(|source| ServiceError::Listen { address, source })?;
    journal.say(Topic::Life, format_args!("metrics and health are served at http://{}/", server.address()));
    Ok((place, Some(server)))
}

/// What is waited for.
enum Happening {
    Signal(Signal),
    /// The run has ended, or panicked.
    Ended(Result<Box<Result<Finished, FollowError>>, Box<dyn Any + Send>>),
}

/// What shall be done when the run has ended.
enum Wish {
    /// It has not been told to.
    GoOn,
    /// Another one goes on with this.
    Reload(Box<Next>),
    /// Nothing, if it ends before then.
    Stop { until: Instant },
}

/// A configuration that is right, with what it follows.
struct Next {
    configuration: Configuration,
    sources: Vec<FollowedSource>,
}

struct Service {
    configuration: Configuration,
    known: Known,
    journal: Journal,
    watch: Watch,
    sender: Sender<Happening>,
    /// What stops the run.
    stop: Stop,
    wish: Wish,
    /// Whether the configuration is to be read once more when the one that was read is in place.
    again: bool,
    /// The sinks of which it has been told that they have been at something for too long.
    hanging: BTreeSet<String>,
    /// Whether it has been told that changes are found by looking.
    is_polling: bool,
}

/// How often it is looked how the run stands: one that waits for an output says nothing.
const LOOK: Duration = Duration::from_secs(1);

impl Service {
    fn go_on(&mut self, happenings: &Receiver<Happening>) -> Result<Ended, ServiceError> {
        loop {
            let wait = match self.wish {
                Wish::Stop { until } => until.saturating_duration_since(Instant::now()),
                Wish::GoOn | Wish::Reload(_) => Duration::MAX,
            };
            let ended = match happenings.recv_timeout(wait.min(LOOK)) {
                Err(RecvTimeoutError::Timeout) if wait > LOOK => {
                    self.look();
                    continue;
                }
                Ok(Happening::Signal(Signal::HangUp)) => {
                    self.reload();
                    continue;
                }
                Ok(Happening::Signal(signal)) => match self.wish {
                    Wish::Stop { .. } => return Ok(Ended::AtOnce(signal)),
                    Wish::GoOn | Wish::Reload(_) => {
                        self.end(signal);
                        continue;
                    }
                },
                Ok(Happening::Ended(Ok(ended))) => *ended,
                Ok(Happening::Ended(Err(panic))) => resume_unwind(panic),
                // This has a sender itself, so it can only be late.
                Err(_) => return Err(self.late()),
            };
            match &ended {
                Ok(finished) => self.watch.end(&finished.report),
                Err(FollowError::Run(error)) => self.watch.end(&error.report),
                Err(_) => {}
            }
            match std::mem::replace(&mut self.wish, Wish::GoOn) {
                Wish::Stop { .. } => {
                    let finished = ended?;
                    self.journal.say(Topic::Life, format_args!("stopped"));
                    return Ok(Ended::Stopped(Box::new(severity::take_from(finished.report))));
                }
                Wish::Reload(next) => {
                    let place = self.place_after(ended)?;
                    self.replace(*next, place)?;
                    if std::mem::take(&mut self.again) {
                        self.reload();
                    }
                }
                // Nobody has stopped it.
                Wish::GoOn => return Ok(Ended::Stopped(Box::new(severity::take_from(ended?.report)))),
            }
        }
    }

    /// Ends the service, once what has been read is written.
    fn end(&mut self, signal: Signal) {
        let grace = self.configuration.assembly().grace();
        self.journal.say(Topic::Life, format_args!("{}: stopping, within {grace:?}", signal.name()));
        self.known.health.enter(Phase::Draining);
        self.wish = Wish::Stop { until: Instant::now() + grace };
        self.stop.stop();
    }

    fn late(&self) -> ServiceError {
        let files = self.known.standing().files();
        let lags = files.iter().map(|file| file.size.saturating_sub(file.written)).filter(|lag| *lag > 0);
        let (bytes, files) = (lags.clone().sum(), lags.count());
        ServiceError::Grace {
            grace: self.configuration.assembly().grace(),
            failing: self.known.health.failing(),
            bytes,
            files,
            is_kept: self.configuration.assembly().checkpoint().is_some(),
        }
    }

    /// Reads the configuration again, and stops the run for it if all is right.
    fn reload(&mut self) {
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
    fn read_again(&self) -> Result<Next, String> {
        let configuration =
            Configuration::read(self.configuration.path(), &System).map_err(|error| error.to_string())?;
        self.configuration.assembly().can_become(configuration.assembly()).map_err(|error| error.to_string())?;
        let sources = configuration.assembly().followed().map_err(|error| in_full(&error))?;
        let failing = self.known.health.failing();
        if !failing.is_empty() {
            return Err(format!("{}what has been read cannot be written", that_fail(&failing)));
        }
        Ok(Next { configuration, sources })
    }

    /// The old configuration runs on.
    fn refuse(&self, why: &str) {
        let path = visible(self.configuration.path().as_os_str().as_encoded_bytes());
        self.journal.say(Topic::Life, format_args!("{path}: not reloaded, the old configuration runs on:\n{why}"));
        self.known.reloaded(false);
    }

    /// Where another run goes on after one that was stopped for it.
    fn place_after(&self, ended: Result<Finished, FollowError>) -> Result<Place, ServiceError> {
        match ended {
            Ok(Finished { checkpoint, store, .. }) => Ok(Place { checkpoint, store }),
            // What it could not write is read again.
            Err(error) if self.configuration.assembly().checkpoint().is_some() => {
                self.journal.say(Topic::Outages, format_args!("{}", in_full(&error)));
                Place::open(&self.configuration, &self.journal)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Puts another configuration in the place of this one; if its outputs cannot be opened, this one goes on.
    fn replace(&mut self, next: Next, place: Place) -> Result<(), ServiceError> {
        let follow = Follow::new(next.sources);
        match self.open(&next.configuration, &follow, &place) {
            Ok(outputs) => {
                self.configuration = next.configuration;
                self.spawn(follow, outputs, place)?;
                let path = visible(self.configuration.path().as_os_str().as_encoded_bytes());
                self.journal.say(Topic::Life, format_args!("{path}: reloaded"));
                self.known.reloaded(true);
                self.tell_awaited();
                Ok(())
            }
            Err(error) => {
                self.refuse(&in_full(&error));
                let sources = self.configuration.assembly().followed()?;
                self.start(sources, place)
            }
        }
    }

    /// Runs the configuration, from this place on.
    fn start(&mut self, sources: Vec<FollowedSource>, place: Place) -> Result<(), ServiceError> {
        let follow = Follow::new(sources);
        let open = || self.open(&self.configuration, &follow, &place);
        let outputs = after_another(open, |error| matches!(error, SinkError::InUse { .. }))?;
        self.spawn(follow, outputs, place)
    }

    fn open(&self, configuration: &Configuration, follow: &Follow, place: &Place) -> Result<Outputs, SinkError> {
        Outputs::open(configuration.assembly(), follow, &place.checkpoint, &self.known.health, &self.journal)
    }

    /// Tells what the run cannot tell itself.
    fn look(&mut self) {
        let hanging = self.known.health.hanging();
        for name in hanging.difference(&self.hanging) {
            let why = "nobody takes what it writes, or the disk does not answer";
            self.journal.say(Topic::Outages, format_args!("sink {name} waits: {why}"));
        }
        for name in self.hanging.difference(&hanging) {
            self.journal.say(Topic::Outages, format_args!("sink {name} goes on"));
        }
        self.hanging = hanging;
        let is_polling = self.known.standing().is_polling();
        if is_polling && !self.is_polling {
            self.journal.say(
                Topic::Life,
                format_args!(
                    "the system tells of no more changes (fs.inotify.max_user_instances, max_user_watches): files are looked at now and then"
                ),
            );
        }
        self.is_polling |= is_polling;
        self.journal.catch_up();
    }

    /// Tells what is followed and is not there: it may be misspelt.
    fn tell_awaited(&self) {
        for path in self.configuration.assembly().awaited() {
            let path = visible(path.as_bytes());
            self.journal.say(Topic::Awaited, format_args!("{path}: no such file yet; it is waited for"));
        }
    }

    fn spawn(&mut self, follow: Follow, outputs: Outputs, place: Place) -> Result<(), ServiceError> {
        let assembly = self.configuration.assembly();
        let pipeline = assembly.pipeline().clone().live(true);
        let pipeline = pipeline.named_stage_first(severity::STAGE, Arc::new(self.known.severities.stage()));
        let mut follow = follow.quiet(assembly.quiet()).resume(place.checkpoint);
        if let (Some(store), Some((_, every))) = (place.store, assembly.checkpoint()) {
            follow = follow.store(store, every);
        }
        self.stop = follow.stop_handle();
        self.known.runs(assembly, follow.standing());
        self.known.health.begin_run(outputs.calls);
        self.watch.begin(assembly.metric_paths());
        let outlets = outputs.outlets;
        let (mut watch, sender) = (self.watch.clone(), self.sender.clone());
        thread::Builder::new().name("lp-run".to_owned()).spawn(move || {
            let run = AssertUnwindSafe(|| pipeline.follow(follow, outlets, &mut watch));
            // The service may have ended without this.
            let _ = sender.send(Happening::Ended(catch_unwind(run).map(Box::new)));
        })?;
        self.known.health.enter(Phase::Running);
        Ok(())
    }
}
