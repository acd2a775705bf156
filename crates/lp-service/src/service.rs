//! The life of a service: it runs a configuration, puts another one in its place when it is told to, and ends when it is told to.
//!
//! One thread, the caller's, decides; it waits for signals and for the end of the run, which go on threads of their own. A run is
//! never changed. For a [reload](reload) it is stopped, with what its stages have gathered kept, and the next one goes on where it was.

mod reload;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use lp::Report;
use lp::assembly::Assembly;
use lp::follow::{Finished, Follow, FollowError, FollowedSource, GIVEN_UP, Stop};
use lp::sink::SinkError;
use lp::visible::{visible, visible_path};

use crate::configuration::Configuration;
use crate::endpoints::Known;
use crate::error::ServiceError;
use crate::health::Phase;
use crate::http::Server;
use crate::journal::{Journal, Log, Topic};
use crate::outputs::Outputs;
use crate::place::{Place, after_another};
use crate::severity;
use crate::signals::{HeldHangUps, Listening, Signal};
use crate::watch::Watch;
use reload::{Attempt, Left};

/// How a service ended.
#[derive(Debug)]
pub enum Ended {
    /// It was told to, and all that it had read has been written.
    Stopped(Box<Report>),
    /// It was told so a second time, and has not waited for that.
    AtOnce(Signal),
}

/// Runs a configuration that follows files until a signal says to stop: `SIGTERM` or `SIGINT`. At `SIGHUP` the configuration is
/// read again, and if all is right with it, it takes the place of the one that runs. If its outputs cannot be opened, the old one goes on, as
/// soon as its own can be again. `hang_ups` are those that have come since before the configuration was read.
///
/// # Errors
///
/// If it cannot begin, or ends before it is told to, or not within the time that the configuration gives for that. Then the run
/// may still be waiting for an output; whoever calls should end the process.
///
/// # Panics
///
/// Only if a [`Format`](lp::Format) or a stage does.
pub fn run(configuration: Configuration, hang_ups: HeldHangUps, log: Arc<dyn Log>) -> Result<Ended, ServiceError> {
    let known = Known::default();
    let journal = Journal::new(log);
    let (sender, happenings) = channel();
    let signals = sender.clone();
    // Before anything is waited for: whoever sends a signal then does not mean to kill.
    let _listening = Listening::start(hang_ups, move |signal| {
        // What has ended listens to nobody.
        let _ = signals.send(Happening::Signal(signal));
    })?;
    let (place, server) = begin(&configuration, &known, &journal)?;
    let watch = Watch::new(known.clone(), journal.clone());
    let sources = configuration.assembly().followed()?;
    let mut service = Service {
        plan: Arc::new(Plan { configuration, sources }),
        known,
        journal,
        watch,
        sender,
        stop: Stop::default(),
        wish: Wish::GoOn,
        again: false,
        waits_since: None,
        hanging: BTreeSet::new(),
        is_polling: false,
    };
    service.start(place)?;
    service.journal.say(Topic::Life, format_args!("{}: running", service.path()));
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
    Ended(thread::Result<Box<Result<Finished, FollowError>>>),
    /// It has been tried to open outputs; or that panicked.
    Opened(thread::Result<Box<Attempt>>),
}

/// What shall be done when the run has ended.
enum Wish {
    /// It has not been told to.
    GoOn,
    /// Another one goes on with this.
    Reload(Box<Plan>),
    /// Nothing, if it ends before then.
    Stop { until: Instant },
}

/// A configuration that is right, with what it follows: whatever else changes meanwhile, it can be run once more.
struct Plan {
    configuration: Configuration,
    sources: Vec<FollowedSource>,
}

struct Service {
    /// What runs.
    plan: Arc<Plan>,
    known: Known,
    journal: Journal,
    watch: Watch,
    sender: Sender<Happening>,
    /// What stops the run.
    stop: Stop,
    wish: Wish,
    /// Whether the configuration is to be read once more when the one that was read is in place.
    again: bool,
    /// Since when nothing runs, as the outputs of the old configuration cannot be opened after another one was refused.
    waits_since: Option<Instant>,
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
                // While a run goes on, no outputs are opened.
                Ok(Happening::Opened(_)) => continue,
                // This has a sender itself, so it can only be late.
                Err(_) => return Err(self.late()),
            };
            match &ended {
                Ok(finished) => self.watch.end(&finished.report),
                Err(FollowError::Run(error)) => self.watch.end(&error.report),
                Err(_) => {}
            }
            match std::mem::replace(&mut self.wish, Wish::GoOn) {
                Wish::Stop { .. } => return Ok(self.stopped(ended?.report)),
                Wish::Reload(next) => {
                    let (place, report) = self.place_after(ended)?;
                    match self.settle(*next, place, happenings)? {
                        ControlFlow::Break(Left::AtOnce(signal)) => return Ok(Ended::AtOnce(signal)),
                        ControlFlow::Break(Left::Stopped) => return Ok(self.stopped(report)),
                        ControlFlow::Continue(()) => {}
                    }
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
        let grace = self.assembly().grace();
        self.journal.say(Topic::Life, format_args!("{}: stopping, within {grace:?}", signal.name()));
        self.known.health.enter(Phase::Draining);
        self.wish = Wish::Stop { until: Instant::now() + grace };
        self.stop.stop();
    }

    /// The service has ended as it should, with what the last run has done.
    fn stopped(&self, report: Report) -> Ended {
        self.journal.say(Topic::Life, format_args!("stopped"));
        Ended::Stopped(Box::new(severity::take_from(report)))
    }

    fn late(&self) -> ServiceError {
        let files = self.known.standing().files();
        let lags = files.iter().map(|file| file.size.saturating_sub(file.written)).filter(|lag| *lag > 0);
        let (bytes, files) = (lags.clone().sum(), lags.count());
        ServiceError::Grace {
            grace: self.assembly().grace(),
            failing: self.known.health.failing(),
            bytes,
            files,
            is_kept: self.assembly().checkpoint().is_some(),
        }
    }

    /// Runs the configuration for the first time, from this place on.
    fn start(&mut self, place: Place) -> Result<(), ServiceError> {
        let follow = Follow::new(self.plan.sources.clone());
        let open = || Outputs::open(self.assembly(), &follow, &place.checkpoint, &self.known.health, &self.journal);
        let outputs = after_another(open, |error| matches!(error, SinkError::InUse { .. }))?;
        self.spawn(follow, outputs, place)
    }

    /// Tells what the run cannot tell itself.
    fn look(&mut self) {
        let hanging = self.known.health.hanging();
        for name in hanging.difference(&self.hanging) {
            let why = "nobody takes what it writes, or the disk does not answer";
            self.journal.say(Topic::Outages, format_args!("sink {name} waits: {why}"));
        }
        let failing = self.known.health.failing();
        // One that fails now does not go on: that was told, and it will be when it works again.
        for name in self.hanging.difference(&failing) {
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
        for path in self.assembly().awaited() {
            let path = visible(path.as_bytes());
            self.journal.say(Topic::Awaited, format_args!("{path}: no such file yet; it is waited for"));
        }
    }

    fn spawn(&mut self, follow: Follow, outputs: Outputs, place: Place) -> Result<(), ServiceError> {
        let plan = Arc::clone(&self.plan);
        let assembly = plan.configuration.assembly();
        let pipeline = assembly.pipeline().clone().live(true);
        let pipeline = pipeline.named_stage_first(severity::STAGE, Arc::new(self.known.severities.stage()));
        let accounts = assembly.metric_paths().max(Follow::ACCOUNTS);
        let follow = follow.quiet(assembly.quiet()).grace(assembly.grace()).accounts(accounts);
        let mut follow = follow.writes(assembly.written()).resume(place.checkpoint).take_over(place.open_files);
        if let (Some(store), Some((_, every))) = (place.store, assembly.checkpoint()) {
            follow = follow.store(store, every);
        }
        self.stop = follow.stop_handle();
        self.known.runs(assembly, follow.standing());
        self.known.health.begin_run(outputs.calls);
        self.watch.begin(assembly.metric_paths(), Some(GIVEN_UP));
        let outlets = outputs.outlets;
        let (mut watch, sender) = (self.watch.clone(), self.sender.clone());
        thread::Builder::new().name("lp-run".to_owned()).spawn(move || {
            let run = AssertUnwindSafe(|| pipeline.follow(follow, outlets, &mut watch));
            // The service may have ended without this.
            let _ = sender.send(Happening::Ended(catch_unwind(run).map(Box::new)));
        })?;
        self.known.health.enter(Phase::Running);
        // Somebody may have wished that before there was a run to stop.
        if let Wish::Stop { .. } = self.wish {
            self.stop.stop();
        }
        Ok(())
    }

    fn assembly(&self) -> &Assembly {
        self.plan.configuration.assembly()
    }

    /// The file of the configuration, for people.
    fn path(&self) -> String {
        visible_path(self.plan.configuration.path()).into_owned()
    }
}
