//! Watches a run: what it tells becomes figures, health, and lines.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use lp::event::Event;
use lp::format::detect::Detected;
use lp::visible::visible_path;
use lp::{InputError, Notice, Observer, Report, Status};

use crate::endpoints::Known;
use crate::figures::{Figures, counts, figures};
use crate::journal::{Journal, Topic};
use crate::totals::{Totals, label};

/// Watches the runs of a service, one after the other.
#[derive(Clone)]
pub(crate) struct Watch {
    known: Known,
    journal: Journal,
    totals: Arc<Mutex<Totals>>,
}

impl Watch {
    pub(crate) fn new(known: Known, journal: Journal) -> Self {
        Self { known, journal, totals: Arc::default() }
    }

    /// A run begins, which reports the paths that it has given up under this number; at most so many paths have counts of their own.
    pub(crate) fn begin(&self, paths: usize, given_up: Option<usize>) {
        self.totals().begin_run(paths, given_up);
    }

    /// A run has ended; this is all that it has done.
    pub(crate) fn end(&self, report: &Report) {
        let mut totals = self.totals();
        totals.advance(report);
        let latest = self.known.board.latest();
        let (at, queue, checkpoint_age) = (latest.at, 0, latest.checkpoint_age);
        self.known.board.put(Figures { at, queue, checkpoint_age, ..counts(&totals) });
    }

    /// The checkpoint was kept, or not.
    fn checkpoint(&self, kept: Result<(), &(dyn Error + 'static)>) {
        let (now, journal) = (SystemTime::now(), &self.journal);
        let kept = kept.map_err(in_full);
        if kept.is_err() {
            self.known.board.counters.checkpoint_failures.count();
        }
        match (self.known.health.checkpoint(kept.clone(), now), kept) {
            (true, Ok(())) => journal.say(Topic::Outages, format_args!("the checkpoint is saved again")),
            (true, Err(error)) => {
                journal.say(Topic::Outages, format_args!("the checkpoint cannot be saved: {error}; it is tried again"));
            }
            (false, _) => {}
        }
    }

    /// What has changed since the checkpoint was noted, or not.
    fn noted(&self, noted: Result<(), &(dyn Error + 'static)>, is_news: bool) {
        if noted.is_err() {
            self.known.board.counters.journal_failures.count();
        }
        match noted {
            _ if !is_news => {}
            Ok(()) => self.journal.say(Topic::Outages, format_args!("what is written is noted in the journal again")),
            Err(error) => {
                let (error, then) = (in_full(error), "if lp is killed now, records may be twice in outputs");
                self.journal.say(Topic::Outages, format_args!("what is written cannot be noted: {error}; {then}"));
            }
        }
    }

    fn totals(&self) -> MutexGuard<'_, Totals> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Watch {
    fn input_failed(&mut self, error: &InputError) {
        self.journal.say(Topic::Unreadable, format_args!("{error}"));
    }

    fn format_detected(&mut self, input: &str, detected: &Detected) {
        self.journal.format_detected(input, detected);
    }

    fn event(&mut self, stage: &str, event: &Event) {
        self.journal.event(stage, event);
    }

    fn status(&mut self, status: &Status<'_>) {
        let mut totals = self.totals();
        if totals.lacks_room(status.report) {
            let files = self.known.standing().files();
            totals.make_room(&files.iter().map(|file| label(visible_path(&file.path))).collect());
        }
        let figures = figures(&mut totals, status);
        drop(totals);
        self.known.board.put(figures);
        self.journal.catch_up();
    }

    fn notice(&mut self, notice: &Notice<'_>) {
        let journal = &self.journal;
        match notice {
            Notice::Opened { path, position: 0, .. } => {
                journal.say(Topic::Files, format_args!("{}: followed", visible_path(path)));
            }
            Notice::Opened { path, position, size, .. } => {
                journal
                    .say(Topic::Files, format_args!("{}: followed from byte {position} of {size}", visible_path(path)));
            }
            Notice::Ended { path, .. } => {
                journal.say(
                    Topic::Files,
                    format_args!("{}: read to its end, and not followed any more", visible_path(path)),
                );
            }
            Notice::Missing { path, size, .. } => {
                let what = "it is not found any more, so what was written to it since";
                journal.say(
                    Topic::Losses,
                    format_args!("{}: {what}, behind byte {size}, is not read", visible_path(path)),
                );
            }
            Notice::Lost { path, bytes, .. } => {
                let what = "bytes are lost: they were truncated or deleted before they could be read";
                journal.say(Topic::Losses, format_args!("{}: {bytes} {what}", visible_path(path)));
            }
            Notice::Skipped { path, bytes, .. } => {
                journal
                    .say(Topic::Losses, format_args!("{}: a hole of {bytes} NUL bytes is skipped", visible_path(path)));
            }
            Notice::Unreadable { path, error, .. } => {
                journal.say(Topic::Unreadable, format_args!("{}: {error}; it is tried again", visible_path(path)));
            }
            Notice::Compressed { path, .. } => {
                journal.say(Topic::Files, format_args!("{}: compressed, and left alone", visible_path(path)));
            }
            Notice::Lacking { input, name, error, .. } => {
                journal.say(Topic::Formats, format_args!("{input}: {name}: {error} (it is followed all the same)"));
            }
            Notice::Unclaimed { kept, forgotten } => {
                let what = "files that the checkpoint knows are of no source now; it goes on to know";
                let count = kept + forgotten;
                journal.say(Topic::Files, format_args!("{count} {what} where {kept} of them are done with"));
            }
            Notice::Noted { noted, is_news } => self.noted(*noted, *is_news),
            Notice::Checkpoint(kept) => self.checkpoint(*kept),
            _ => {}
        }
    }
}

/// An error and its causes.
pub(crate) fn in_full(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
