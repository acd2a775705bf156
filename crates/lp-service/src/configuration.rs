//! A configuration, read and made ready to run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lp::assembly::{Assembly, Languages};
use lp::config::{Config, Environment, Mistakes, StageKind};

/// A configuration that is right, as far as one can see before it runs.
pub struct Configuration {
    path: PathBuf,
    assembly: Assembly,
    rules: Vec<String>,
    sinks: Vec<String>,
}

/// Why a file holds no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// It could not be read.
    #[error("cannot read it: {0}")]
    Unreadable(#[source] io::Error),
    /// Something is wrong with it.
    #[error(transparent)]
    Wrong(Mistakes),
}

impl Configuration {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or with everything that is wrong with it.
    pub fn read(path: &Path, environment: &dyn Environment) -> Result<Self, ConfigurationError> {
        let text = fs::read_to_string(path).map_err(ConfigurationError::Unreadable)?;
        let config = Config::read(&text, environment, &Languages).map_err(ConfigurationError::Wrong)?;
        let assembly = Assembly::new(&config, &text).map_err(ConfigurationError::Wrong)?;
        let rules = config.stages.iter().filter(|stage| matches!(stage.kind, StageKind::Alert(_)));
        Ok(Self {
            path: path.to_owned(),
            assembly,
            rules: rules.map(|stage| stage.name.as_str().to_owned()).collect(),
            sinks: config.sinks.iter().map(|sink| sink.name.as_str().to_owned()).collect(),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What becomes of it.
    #[must_use]
    pub const fn assembly(&self) -> &Assembly {
        &self.assembly
    }

    /// The names of the stages that are rules for alerts.
    pub(crate) fn rules(&self) -> &[String] {
        &self.rules
    }

    /// The names of the sinks.
    pub(crate) fn sinks(&self) -> &[String] {
        &self.sinks
    }
}
