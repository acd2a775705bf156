//! `lp run` of a configuration whose files are followed: a service, and what it says to people.

use std::io::{self, ErrorKind, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use lp::assembly::Assembly;
use lp::event::{Event, EventKind};
use lp::follow::FollowError;
use lp::format::detect::Detected;
use lp::{Cause, Report};
use lp_service::{Configuration, Ended, HeldHangUps, Log, Monitor, ServiceError};

use crate::args::Run;
use crate::parse::ALERT_PREFIX;
use crate::summary::{DetectedFormat, Summary};
use crate::terminal;
use crate::watch::ensure_balanced;
use crate::wrong_flag::Refusal;

pub(crate) fn run(configuration: Configuration, hang_ups: HeldHangUps, args: &Run) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let stderr = Arc::new(Stderr::new(args));
    let writes_files = configuration.assembly().writes_files();
    let summarize = |report: &Report| {
        if stderr.is_told {
            terminal::say(format_args!("{}", Summary { report, time: start.elapsed() }));
        }
    };
    match lp_service::run(configuration, hang_ups, Arc::clone(&stderr) as Arc<dyn Log>) {
        Ok(Ended::Stopped(report)) => {
            summarize(&report);
            let lost = stderr.lost_events.load(Ordering::Relaxed);
            anyhow::ensure!(lost == 0, "{lost} events could not be written to the standard error");
            ensure_balanced(&report)?;
            Ok(ExitCode::SUCCESS)
        }
        Ok(Ended::AtOnce(signal)) => Ok(ExitCode::from(signal.exit_status())),
        Err(ServiceError::Run(FollowError::Run(error))) => match error.cause {
            // Whoever reads the records has enough of them.
            Cause::Sink(error) if error.kind() == ErrorKind::BrokenPipe && !writes_files => Ok(ExitCode::SUCCESS),
            Cause::Refused(refused) => {
                terminal::complain(format_args!("{}", Refusal(&refused)));
                Ok(ExitCode::from(2))
            }
            _ => {
                summarize(&error.report);
                Err(error.into())
            }
        },
        Err(error) => Err(error.into()),
    }
}

/// Serves metrics and health of a run that ends, if the configuration says so.
pub(crate) fn monitor(assembly: &Assembly, args: &Run) -> anyhow::Result<Option<Monitor>> {
    Ok(Monitor::start(assembly, Arc::new(Stderr::new(args)))?)
}

/// Where the service's lines and events go.
struct Stderr {
    alert_prefix: &'static str,
    /// Whether somebody may see it, or wants to.
    is_told: bool,
    /// Events that could not be written.
    lost_events: AtomicU64,
}

impl Stderr {
    fn new(args: &Run) -> Self {
        Self {
            alert_prefix: if args.alert_prefix { ALERT_PREFIX } else { "" },
            is_told: args.summary || io::stderr().is_terminal(),
            lost_events: AtomicU64::new(0),
        }
    }
}

impl Log for Stderr {
    fn line(&self, line: &str) {
        terminal::complain(format_args!("{line}"));
    }

    fn event(&self, _stage: &str, event: &Event) {
        let prefix = if event.kind == EventKind::Alert { self.alert_prefix } else { "" };
        if terminal::tell(format_args!("{prefix}{}", String::from_utf8_lossy(&event.to_json()))).is_err() {
            self.lost_events.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn format_detected(&self, input: &str, detected: &Detected) {
        if self.is_told {
            terminal::say(format_args!("{}", DetectedFormat { input, detected }));
        }
    }
}
