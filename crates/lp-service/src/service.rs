//! The life of a service: it runs a configuration, puts another one in its place when it is told to, and ends when it is told to.
//!
//! One thread, the caller's, decides; it waits for signals and for the end of the run, which go on threads of their own. A run is
//! never changed. For a reload it is stopped, with what its stages have gathered kept, and the next one goes on where it was.

use std::any::Any;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use lp::assembly::InputsError;
use lp::config::System;
use lp::follow::{Finished, Follow, FollowError, FollowedSource, Stop};
use lp::sink::{Outage, Resumed, Retry, RetryOptions, SinkError};
use lp::tail::{Checkpoint, StoreError};
use lp::visible::visible;
use lp::{Outlet, Report};

use crate::configuration::Configuration;
use crate::endpoints::Known;
use crate::health::Phase;
use crate::http::Server;
use crate::journal::{Journal, Log, Topic};
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

/// Why a service ended, or did not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// Metrics and health cannot be served.
    #[error("cannot listen at {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system does not give what is needed: a thread, or that signals are told.
    #[error("cannot begin")]
    System(#[from] std::io::Error),
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is to be followed cannot be.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// An output cannot be opened.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The run ended by itself.
    #[error(transparent)]
    Run(#[from] FollowError),
    /// What had been read could not be written in the time that there was for it.
    #[error("not stopped within {grace:?}: {}{bytes} bytes in {files} files are not written; {}", that_fail(.failing), kept(*.is_kept))]
    Grace {
        /// The time.
        grace: Duration,
        /// The sinks that do not work.
        failing: Vec<String>,
        /// What is in the files and has not been written, as far as is known.
        bytes: u64,
        /// In how many files.
        files: usize,
        /// Whether a checkpoint says where to go on.
        is_kept: bool,
    },
}

fn that_fail(sinks: &[String]) -> String {
    if sinks.is_empty() { String::new() } else { format!("sink {} is failing, and ", sinks.join(", ")) }
}

const fn kept(is_kept: bool) -> &'static str {
    if is_kept {
        "they will be read again at the next start, as the checkpoint says"
    } else {
        "without a checkpoint nobody knows of them at the next start"
    }
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
    let (place, server) = begin(&configuration, &known, &journal)?;
    let signals = sender.clone();
    let _listening = Listening::start(move |signal| {
        // What has ended listens to nobody.
        let _ = signals.send(Happening::Signal(signal));
    })?;
    let watch = Watch::new(known.clone(), journal.clone());
    let mut service = Service { configuration, known, journal, watch, sender, stop: Stop::default(), wish: Wish::GoOn };
    let sources = service.configuration.assembly().followed()?;
    service.start(sources, place)?;
    let path = visible(service.configuration.path().as_os_str().as_encoded_bytes());
    service.journal.say(Topic::Life, format_args!("{path}: running"));
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
}

impl Service {
    fn go_on(&mut self, happenings: &Receiver<Happening>) -> Result<Ended, ServiceError> {
        loop {
            let happening = match self.wish {
                Wish::Stop { until } => happenings.recv_timeout(until.saturating_duration_since(Instant::now())),
                Wish::GoOn | Wish::Reload(_) => happenings.recv().map_err(RecvTimeoutError::from),
            };
            let ended = match happening {
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
        let (bytes, files) = self.known.board.latest().lag();
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
                let why = "the one before is being put in place; try again";
                return self.refuse(why);
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
        self.known.reloaded(false);
        let path = visible(self.configuration.path().as_os_str().as_encoded_bytes());
        self.journal.say(Topic::Life, format_args!("{path}: not reloaded, the old configuration runs on:\n{why}"));
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
        match self.open(&next.configuration, &follow, &place.checkpoint) {
            Ok(outlets) => {
                self.configuration = next.configuration;
                self.spawn(follow, outlets, place)?;
                self.known.reloaded(true);
                let path = visible(self.configuration.path().as_os_str().as_encoded_bytes());
                self.journal.say(Topic::Life, format_args!("{path}: reloaded"));
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
        let open = || self.open(&self.configuration, &follow, &place.checkpoint);
        let outlets = after_another(open, |error| matches!(error, SinkError::InUse { .. }))?;
        self.spawn(follow, outlets, place)
    }

    /// Opens the outputs. What fails for a time is tried again, until the run is stopped and the time for that is over.
    fn open(
        &self,
        configuration: &Configuration,
        follow: &Follow,
        checkpoint: &Checkpoint,
    ) -> Result<Vec<Outlet<'static>>, SinkError> {
        // The service itself gives up first, and knows what to say then.
        let grace = configuration.assembly().grace() + Duration::from_secs(1);
        let options = RetryOptions::new(follow.stop_handle()).grace(grace);
        configuration.assembly().outlets_from(&[], Some(checkpoint), |name, sink, resumed| {
            self.tell_resumed(name, resumed);
            let (name, health, journal) = (name.to_owned(), self.known.health.clone(), self.journal.clone());
            Box::new(Retry::new(sink, options.clone(), move |outage: &Outage<'_>| match outage {
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
        })
    }

    /// Tells what was taken from an output, and where it could not go back to its place, so that something may be in it twice, or lacks.
    fn tell_resumed(&self, name: &str, resumed: Option<Resumed>) {
        match resumed {
            Some(Resumed::NotFound) => self.journal.say(
                Topic::Life,
                format_args!(
                    "sink {name}: the file is not the one that the checkpoint knows; what was written after it may be there twice"
                ),
            ),
            Some(Resumed::SetAside { bytes }) => self.journal.say(
                Topic::Life,
                format_args!(
                    "sink {name}: {bytes} bytes stood behind where the run ended, and were not written by it; they are kept beside the file, as NAME.behind-1 and so on"
                ),
            ),
            Some(Resumed::Cut { bytes }) if bytes > 0 => self.journal.say(
                Topic::Life,
                format_args!("sink {name}: {bytes} bytes behind the checkpoint are taken away; what lp wrote of them is written again"),
            ),
            Some(Resumed::Short { bytes }) => self.journal.say(
                Topic::Life,
                format_args!(
                    "sink {name}: {bytes} bytes are missing that the checkpoint vouches for; somebody or a loss of power took them"
                ),
            ),
            _ => {}
        }
    }

    fn spawn(&mut self, follow: Follow, outlets: Vec<Outlet<'static>>, place: Place) -> Result<(), ServiceError> {
        let assembly = self.configuration.assembly();
        let pipeline = assembly.pipeline().clone().live(true);
        let pipeline = pipeline.named_stage_first(severity::STAGE, Arc::new(self.known.severities.stage()));
        let mut follow = follow.quiet(assembly.quiet()).resume(place.checkpoint);
        if let (Some(store), Some((_, every))) = (place.store, assembly.checkpoint()) {
            follow = follow.store(store, every);
        }
        self.stop = follow.stop_handle();
        self.known.runs(&self.configuration);
        self.watch.begin();
        let (mut watch, sender) = (self.watch.clone(), self.sender.clone());
        thread::Builder::new().name("lp-run".to_owned()).spawn(move || {
            let run = AssertUnwindSafe(|| pipeline.follow(follow, outlets, &mut watch));
            // The service may have ended without this.
            let _ = sender.send(Happening::Ended(catch_unwind(run).map(Box::new)));
        })?;
        Ok(())
    }
}
