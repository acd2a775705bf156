//! What is served over HTTP, and all that must be known for it.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lp::assembly::Assembly;
use lp::follow::{FileStatus, Standing};

use crate::figures::{self, Board};
use crate::health::Health;
use crate::http::{Limits, Request, Response, Server, Status};
use crate::metrics::{self, Metrics};
use crate::process::Usage;
use crate::severity::SeverityCounts;

/// What a service knows of itself; shared by its runs and by those who ask.
#[derive(Clone, Default)]
pub(crate) struct Known {
    pub(crate) board: Board,
    pub(crate) health: Health,
    pub(crate) severities: SeverityCounts,
    names: Arc<Mutex<Names>>,
    refused: Arc<AtomicBool>,
}

/// Of the configuration that runs.
#[derive(Clone, Default)]
struct Names {
    rules: Vec<String>,
    sinks: Vec<String>,
    /// The sources that are followed.
    sources: Vec<String>,
    /// The most paths with metrics of their own.
    paths: usize,
    /// How its files stand.
    standing: Standing,
}

impl Known {
    /// This is the configuration that runs, and how its files stand.
    pub(crate) fn runs(&self, assembly: &Assembly, standing: Standing) {
        let names = Names {
            rules: assembly.rules().to_vec(),
            sinks: assembly.sink_names().map(str::to_owned).collect(),
            sources: assembly.followed_names().map(str::to_owned).collect(),
            paths: assembly.metric_paths(),
            standing,
        };
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }

    fn names(&self) -> Names {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How the files of the run stand.
    pub(crate) fn standing(&self) -> Standing {
        self.names().standing
    }

    /// The configuration was read again, and runs; or it was refused.
    pub(crate) fn reloaded(&self, ok: bool) {
        let counters = &self.board.counters;
        if ok { &counters.reloads } else { &counters.refused_reloads }.count();
        self.refused.store(!ok, Ordering::Relaxed);
    }

    /// Serves what is known at this address.
    pub(crate) fn serve(&self, address: SocketAddr) -> io::Result<Server> {
        let known = self.clone();
        Server::start(address, Limits::default(), move |request| known.answer(request))
    }

    fn answer(&self, request: &Request) -> Response {
        match request.path() {
            "/metrics" => metrics::answer(request, self.metrics()),
            "/livez" => Response::text(Status::Ok, "alive"),
            "/readyz" => self.health.ready(),
            "/healthz" => self.health.report(self.names().lack()),
            "/" => Response::text(Status::Ok, "lp: /metrics /healthz /readyz /livez"),
            _ => Response::text(Status::NotFound, "there are /metrics, /healthz, /readyz and /livez"),
        }
    }

    fn metrics(&self) -> Metrics {
        let names = self.names();
        let (failing, figures, files) = (self.health.failing(), self.board.latest(), names.standing.files());
        let (is_followed, is_closed) = (!names.sources.is_empty(), self.health.is_closed());
        Metrics {
            files: figures::files(&files, &figures, names.paths),
            sources: names.count(&files),
            unreadable: names.standing.unreadable(),
            is_polling: is_followed.then(|| names.standing.is_polling()),
            queue: if is_followed { names.standing.queue() } else { figures.queue },
            paths: names.paths,
            figures,
            counters: Arc::clone(&self.board.counters),
            severities: self.severities.list().collect(),
            rules: names.rules,
            sinks: names.sinks.iter().map(|sink| (sink.clone(), is_closed || failing.contains(sink))).collect(),
            last_reload_successful: !self.refused.load(Ordering::Relaxed),
            usage: Usage::now(),
        }
    }
}

impl Names {
    /// The sources with how many files each has.
    fn count(&self, files: &[FileStatus]) -> Vec<(String, u64)> {
        let mut sources: Vec<_> = self.sources.iter().map(|source| (source.clone(), 0)).collect();
        for file in files {
            if let Some((_, count)) = sources.get_mut(file.source) {
                *count += 1;
            }
        }
        sources
    }

    /// What the sources lack.
    fn lack(&self) -> Option<String> {
        let sources = self.count(&self.standing.files());
        let empty = sources.into_iter().filter(|(_, count)| *count == 0).map(|(source, _)| source);
        let mut lacks: Vec<_> = empty.map(|source| format!("no file of {source} is there")).collect();
        match self.standing.unreadable() {
            0 => {}
            1 => lacks.push("1 path cannot be read".to_owned()),
            paths => lacks.push(format!("{paths} paths cannot be read")),
        }
        (!lacks.is_empty()).then(|| lacks.join("; "))
    }
}
