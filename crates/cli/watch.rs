//! What a person sees of a run while it goes on, and how it ends.

use std::io::{self, IsTerminal};
use std::time::Instant;

use lp::event::{Event, EventKind};
use lp::format::detect::Detected;
use lp::{Cause, InputError, Observer, Report};

use crate::progress::Progress;
use crate::summary::{DetectedFormat, Summary};
use crate::terminal;
use crate::wrong_flag::Refusal;

/// What a person sees of a run.
pub(crate) struct Watch {
    pub(crate) progress: Progress,
    /// Whether to say what was done though nobody may see it.
    pub(crate) summary: bool,
    /// What stands before an alert.
    pub(crate) alert_prefix: &'static str,
    /// Whether files are written beside the standard output: they lack what comes after its reader has had enough.
    pub(crate) writes_files: bool,
    pub(crate) start: Instant,
    /// Events that could not be written to stderr.
    pub(crate) lost_events: u64,
}

impl Watch {
    /// Takes the progress away, and says what was done.
    ///
    /// # Errors
    ///
    /// If something was lost.
    pub(crate) fn finish(&self, report: &Report) -> anyhow::Result<()> {
        self.progress.finish();
        self.summarize(report);
        anyhow::ensure!(
            self.lost_events == 0,
            "{} events could not be written to the standard error",
            self.lost_events
        );
        ensure_balanced(report)
    }

    fn is_told(&self) -> bool {
        self.summary || io::stderr().is_terminal()
    }

    fn summarize(&self, report: &Report) {
        if self.is_told() {
            terminal::say(format_args!("{}", Summary { report, time: self.start.elapsed() }));
        }
    }
}

/// What became of every byte and record is known.
pub(crate) fn ensure_balanced(report: &Report) -> anyhow::Result<()> {
    for (input, ledger) in &report.inputs {
        anyhow::ensure!(ledger.is_balanced(), "{input}: the accounts do not add up, which is a bug in lp: {ledger:?}");
    }
    Ok(())
}

impl Observer for Watch {
    fn input_failed(&mut self, error: &InputError) {
        self.progress.complain(format_args!("{error}"));
    }

    fn format_detected(&mut self, input: &str, detected: &Detected) {
        if self.is_told() {
            self.progress.say(format_args!("{}", DetectedFormat { input, detected }));
        }
    }

    fn event(&mut self, _stage: &str, event: &Event) {
        let prefix = if event.kind == EventKind::Alert { self.alert_prefix } else { "" };
        let json = event.to_json();
        if self.progress.tell(format_args!("{prefix}{}", String::from_utf8_lossy(&json))).is_err() {
            self.lost_events += 1;
        }
    }

    fn progress(&mut self, bytes: u64) {
        self.progress.set(bytes);
    }

    /// Ends the program at once: another thread may be waiting for input that never comes.
    #[allow(clippy::exit, reason = "nothing can wake a thread that waits for input")]
    fn ends_early(&mut self, cause: &Cause, report: &Report) {
        self.progress.finish();
        match cause {
            // Whoever reads the records has enough of them.
            Cause::Sink(error) if error.kind() == io::ErrorKind::BrokenPipe && !self.writes_files => {
                std::process::exit(i32::from(!report.failures.is_empty()));
            }
            Cause::Refused(refused) => {
                terminal::complain(format_args!("{}", Refusal(refused)));
                // Inputs before the one that does not fit may have been written.
                if report.total().records > 0 {
                    self.summarize(report);
                }
                std::process::exit(2);
            }
            cause => {
                let causes: Vec<String> = anyhow::Chain::new(cause).map(ToString::to_string).collect();
                terminal::complain(format_args!("{}", causes.join(": ")));
            }
        }
        self.summarize(report);
        std::process::exit(1);
    }
}
