//! What a configuration says of a run that goes on until it is stopped.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Assembly;
use crate::config::{Config, Http, StageKind};

/// What is said beside sources, stages and sinks.
pub(super) struct Service {
    checkpoint: Option<(PathBuf, Duration)>,
    http: Option<SocketAddr>,
    paths: usize,
    rules: Vec<String>,
    grace: Duration,
    quiet: Duration,
}

/// What cannot be changed while a configuration runs: a program that reads its configuration again has to refuse the new one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unchangeable {
    /// Files were followed, or were not.
    #[error("sources that are followed and sources that end cannot take the place of each other while lp runs")]
    Followed,
    /// Where metrics are served.
    #[error("`[http] listen` cannot change while lp runs: it is {}, and would be {}", address(.old), address(.new))]
    Listen {
        /// The address at which they are.
        old: Option<SocketAddr>,
        /// That at which they would be.
        new: Option<SocketAddr>,
    },
    /// Where the checkpoint is kept.
    #[error("`[checkpoint] path` cannot change while lp runs: it is {}, and would be {}", path(.old), path(.new))]
    Checkpoint {
        /// The path at which it is.
        old: Option<PathBuf>,
        /// That at which it would be.
        new: Option<PathBuf>,
    },
}

impl Service {
    pub(super) fn new(config: &Config) -> Self {
        let rules = config.stages.iter().filter(|stage| matches!(stage.kind, StageKind::Alert(_)));
        Self {
            checkpoint: config
                .checkpoint
                .as_ref()
                .map(|checkpoint| (checkpoint.path.as_str().into(), checkpoint.every)),
            http: config.http.and_then(|http| http.listen),
            paths: config.http.map_or(Http::PATHS, |http| http.paths),
            rules: rules.map(|stage| stage.name.as_str().to_owned()).collect(),
            grace: config.run.grace,
            quiet: config.run.quiet,
        }
    }
}

impl Assembly {
    /// The path at which a checkpoint is kept, and how often that is done.
    #[must_use]
    pub fn checkpoint(&self) -> Option<(&Path, Duration)> {
        self.service.checkpoint.as_ref().map(|(path, every)| (path.as_path(), *every))
    }

    /// The address at which metrics and health are served. The port 0 is any that is free.
    #[must_use]
    pub const fn http(&self) -> Option<SocketAddr> {
        self.service.http
    }

    /// The most paths that have metrics of their own.
    #[must_use]
    pub const fn metric_paths(&self) -> usize {
        self.service.paths
    }

    /// The names of the stages that are rules for alerts.
    #[must_use]
    pub fn rules(&self) -> &[String] {
        &self.service.rules
    }

    /// The names of the sinks.
    pub fn sink_names(&self) -> impl Iterator<Item = &str> {
        self.sinks.iter().map(|sink| sink.name.as_str())
    }

    /// The names of the sources that are followed, in their order.
    pub fn followed_names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().filter(|source| source.is_followed()).map(|source| source.name.as_str())
    }

    /// How long a stop may take.
    #[must_use]
    pub const fn grace(&self) -> Duration {
        self.service.grace
    }

    /// How long the last record of a followed file, if records may have several lines, waits for more of them.
    #[must_use]
    pub const fn quiet(&self) -> Duration {
        self.service.quiet
    }

    /// Whether this configuration, which runs, can become the new one without an end of the program.
    ///
    /// # Errors
    ///
    /// What has changed in it that cannot.
    pub fn can_become(&self, new: &Self) -> Result<(), Unchangeable> {
        let path = |assembly: &Self| assembly.checkpoint().map(|(path, _)| path.to_owned());
        if self.is_followed() != new.is_followed() {
            Err(Unchangeable::Followed)
        } else if self.http() != new.http() {
            Err(Unchangeable::Listen { old: self.http(), new: new.http() })
        } else if path(self) != path(new) {
            Err(Unchangeable::Checkpoint { old: path(self), new: path(new) })
        } else {
            Ok(())
        }
    }
}

fn address(address: &Option<SocketAddr>) -> String {
    address.map_or_else(|| "not there".to_owned(), |address| address.to_string())
}

fn path(path: &Option<PathBuf>) -> String {
    path.as_ref().map_or_else(|| "not there".to_owned(), |path| format!("{path:?}"))
}
