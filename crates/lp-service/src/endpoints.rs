//! What is served over HTTP, and all that must be known for it.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::configuration::Configuration;
use crate::figures::Board;
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
#[derive(Default)]
struct Names {
    rules: Vec<String>,
    sinks: Vec<String>,
}

impl Known {
    /// This is the configuration that runs.
    pub(crate) fn runs(&self, configuration: &Configuration) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.rules = configuration.rules().to_vec();
        names.sinks = configuration.sinks().to_vec();
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
            "/healthz" => self.health.report(),
            "/" => Response::text(Status::Ok, "lp: /metrics /healthz /readyz /livez"),
            _ => Response::text(Status::NotFound, "there are /metrics, /healthz, /readyz and /livez"),
        }
    }

    fn metrics(&self) -> Metrics {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let failing = self.health.failing();
        Metrics {
            figures: self.board.latest(),
            counters: Arc::clone(&self.board.counters),
            severities: self.severities.list().collect(),
            rules: names.rules.clone(),
            sinks: names.sinks.iter().map(|sink| (sink.clone(), failing.contains(sink))).collect(),
            last_reload_successful: !self.refused.load(Ordering::Relaxed),
            usage: Usage::now(),
        }
    }
}
