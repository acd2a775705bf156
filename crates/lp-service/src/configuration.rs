//! A configuration, read and made ready to run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lp::Input;
use lp::assembly::{Assembly, Languages};
use lp::config::{Config, Environment, Mistakes};

/// A configuration that is right, as far as one can see before it runs, and the file that it is in.
pub struct Configuration {
    path: PathBuf,
    assembly: Assembly,
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
    /// One that has been read from this file, which is read again at a reload.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, assembly: Assembly) -> Self {
        Self { path: path.into(), assembly }
    }

    /// Reads the file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or with everything that is wrong with it.
    pub fn read(path: &Path, environment: &dyn Environment) -> Result<Self, ConfigurationError> {
        let text = fs::read_to_string(path).map_err(ConfigurationError::Unreadable)?;
        let assembly = Config::read(&text, environment, &Languages).and_then(|config| Assembly::new(&config, &text));
        let wrong = |mistakes: Mistakes| ConfigurationError::Wrong(mistakes.in_file(Input::path(path).name()));
        Ok(Self::new(path, assembly.map_err(wrong)?))
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
}
