//! Metrics and health of a run over inputs that end.

use std::sync::Arc;

use lp::assembly::Assembly;
use lp::event::Event;
use lp::follow::Standing;
use lp::format::detect::Detected;
use lp::{Cause, InputError, Notice, Observer, Pipeline, Report, Status};

use crate::endpoints::Known;
use crate::error::ServiceError;
use crate::health::Phase;
use crate::http::Server;
use crate::journal::{Journal, Log, Topic};
use crate::severity;
use crate::watch::Watch;

/// Serves metrics and health of a run, as long as it is there. (A run that follows files is a [service](crate::run()).)
pub struct Monitor {
    known: Known,
    watch: Watch,
    _server: Server,
}

impl Monitor {
    /// Serves from now on, if the configuration says where.
    ///
    /// # Errors
    ///
    /// If it cannot listen there.
    pub fn start(assembly: &Assembly, log: Arc<dyn Log>) -> Result<Option<Self>, ServiceError> {
        let Some(address) = assembly.http() else { return Ok(None) };
        let (known, journal) = (Known::default(), Journal::new(log));
        known.runs(assembly, Standing::default());
        let server = known.serve(address).map_err(|source| ServiceError::Listen { address, source })?;
        journal.say(Topic::Life, format_args!("metrics and health are served at http://{}/", server.address()));
        let watch = Watch::new(known.clone(), journal);
        watch.begin(assembly.metric_paths(), None);
        Ok(Some(Self { watch, known, _server: server }))
    }

    /// The pipeline with a stage that counts severities. To be given its report [at the end](Self::end).
    #[must_use]
    pub fn pipeline(&self, pipeline: &Pipeline) -> Pipeline {
        self.known.health.enter(Phase::Running);
        pipeline.clone().named_stage_first(severity::STAGE, Arc::new(self.known.severities.stage()))
    }

    /// What the run has done, as far as it is not the monitor's.
    #[must_use]
    pub fn end(self, report: Report) -> Report {
        severity::take_from(report)
    }

    /// What watches the run beside `observer`, which is told everything.
    pub fn watch<'o>(&self, observer: &'o mut (dyn Observer + Send)) -> impl Observer + Send + use<'o> {
        Beside { observer, watch: self.watch.clone() }
    }
}

struct Beside<'o> {
    observer: &'o mut (dyn Observer + Send),
    watch: Watch,
}

impl Observer for Beside<'_> {
    fn input_failed(&mut self, error: &InputError) {
        self.observer.input_failed(error);
    }

    fn format_detected(&mut self, input: &str, detected: &Detected) {
        self.observer.format_detected(input, detected);
    }

    fn progress(&mut self, bytes: u64) {
        self.observer.progress(bytes);
    }

    fn event(&mut self, stage: &str, event: &Event) {
        self.observer.event(stage, event);
    }

    fn status(&mut self, status: &Status<'_>) {
        self.watch.status(status);
        self.observer.status(status);
    }

    fn notice(&mut self, notice: &Notice<'_>) {
        self.observer.notice(notice);
    }

    fn ends_early(&mut self, cause: &Cause, report: &Report) {
        self.observer.ends_early(cause, report);
    }
}
