//! A run that follows files.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::follower::Follower;
use super::keeper::Keeper;
use super::{Finished, Follow, FollowError, Marks, stage_section};
use crate::accounts::Accounts;
use crate::collector::Collector;
use crate::error::{Cause, RunError};
use crate::observer::Observer;
use crate::outlet::{Outlet, Takes};
use crate::parallel::{self, Beside};
use crate::pipeline::Pipeline;
use crate::reading::{Chooser, Outflow};
use crate::source::Own;
use crate::stages::Stages;
use crate::work::Work;

impl Pipeline {
    /// Follows files until it is [stopped](super::Stop), and gives each outlet what it takes. Inputs are the paths of the files; what
    /// becomes of a path's files in the course of time goes into one account.
    ///
    /// # Errors
    ///
    /// If the files cannot be followed, the last checkpoint not be kept, and as [`run_to`](Self::run_to) does. (A sink that may be right again
    /// is better [tried again](crate::sink::Retry) than let the run end.)
    ///
    /// # Panics
    ///
    /// Only if a [`Format`](lp_core::Format) or a stage does.
    pub fn follow(
        &self,
        mut follow: Follow,
        outlets: Vec<Outlet<'_>>,
        observer: &mut (dyn Observer + Send),
    ) -> Result<Finished, FollowError> {
        let stages = Stages::new(&self.stages);
        let saved = &follow.resume.sections;
        stages.restore(|stage| saved.get(&stage_section(stage)).map(Vec::as_slice));
        let records = outlets.iter().filter(|outlet| outlet.takes == Takes::Records);
        let forms: Vec<_> = records.map(|outlet| (outlet.name.clone(), outlet.form())).collect();
        let work = Work { on_error: self.on_error, stages: &stages, outlets: forms.len(), live: true };
        let outflow = Outflow { forms, shape: &self.shape, decode: self.decode };
        let mut collector = Collector::new(outlets, &stages, observer, Arc::new(AtomicU64::new(0)));
        // The first number is that of all paths that have no account of their own, or are not followed any more.
        collector.accounts = Accounts::of_first(follow.accounts);
        collector.report.inputs.push(("other".to_owned(), crate::Ledger::default()));
        let named: Vec<(Own, String)> =
            follow.sources.iter().map(|source| (source.own.clone(), source.name())).collect();
        let store = follow.store.take();
        let keeps = store.is_some();
        let stop = follow.stop_handle();
        let standing = follow.standing();
        let mut keeper = Keeper::new(store);
        collector.marks = Marks::new(standing.clone(), follow.resume.clone());
        collector.notes = keeper.notes();
        let ran = match Chooser::new(&named, &self.choice, &stages, &outflow, self.limits, true) {
            Err(refused) => Err(collector.ends_early(Cause::Refused(refused))),
            Ok(chooser) => {
                let mut follower = Follower::new(follow, !keeps, chooser, self.chunk_size)?;
                collector.keep_unclaimed(follower.unclaimed());
                let beside = Beside::Keeping { keeper: &mut keeper, standing: &standing };
                parallel::run(self.threads, &mut follower, &work, &mut collector, beside)
                    .and_then(|()| {
                        collector.finish(keeps || stop.goes_on()).map_err(|cause| collector.ends_early(cause))
                    })
                    .and_then(|()| collector.snapshot().map_err(Cause::Sink))
                    .and_then(|snapshot| snapshot.into_checkpoint().map_err(Cause::Sink))
            }
        };
        collector.notes = None;
        let not_begun = collector.marks.not_begun();
        let report = collector.report;
        match ran {
            Ok(checkpoint) => {
                // If it was stopped before it knew all files, it has done nothing.
                let checkpoint = not_begun.unwrap_or(checkpoint);
                let store = keeper.finish(&checkpoint)?;
                Ok(Finished { report, checkpoint, store })
            }
            Err(cause) => Err(RunError { cause, report: Box::new(report) }.into()),
        }
    }
}
