//! The inputs of a configuration.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lp_core::Format;
use lp_core::format::detect::{Known, Settings};
use lp_tail::{Group, Pattern, glob};

use super::Assembly;
use crate::config::{self, Origin, SourceFormat};
use crate::custom_format;
use crate::follow::FollowedSource;
use crate::identity::Identity;
use crate::reading::{Choice, Limits};
use crate::source::{Input, Own};

/// A source, with its format.
pub(super) struct Source {
    pub(super) name: String,
    origin: Origin,
    format: FormatOf,
    settings: Settings,
    limits: Limits,
}

enum FormatOf {
    Given(Arc<dyn Format>),
    Detect(Vec<Known>),
    /// The `log_format` that a configuration of nginx has: `PATH` or `PATH:NAME`.
    NginxConf(String),
}

/// Why there are no inputs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputsError {
    /// A folder of a pattern could not be read.
    #[error("cannot look for {pattern:?}: {}: {source}", folder.display())]
    Folder {
        /// The pattern.
        pattern: String,
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No file has a name of the pattern.
    #[error("there is no file {pattern:?}")]
    NothingMatches {
        /// The pattern.
        pattern: String,
    },
    /// The format cannot be read from nginx's configuration.
    #[error("nginx_conf {place:?}: {why}")]
    NginxConf {
        /// What the configuration says.
        place: String,
        /// What is wrong.
        why: String,
    },
}

impl Source {
    pub(super) fn new(source: &config::Source, wrong: &mut dyn FnMut(Range<usize>, String)) -> Option<Self> {
        let format = match (&source.format, source.format.format(&source.settings)) {
            (_, Some(format)) => FormatOf::Given(format),
            (SourceFormat::Detect(among), None) => FormatOf::Detect(among.clone()),
            (SourceFormat::NginxConf(place), None) => FormatOf::NginxConf(place.as_str().to_owned()),
            // A format that is known has a parser.
            (_, None) => {
                wrong(source.name.span(), "the format is not known".to_owned());
                return None;
            }
        };
        Some(Self {
            name: source.name.as_str().to_owned(),
            origin: source.origin.clone(),
            format,
            settings: source.settings.clone(),
            limits: Limits::new(source.max_record, source.max_lines),
        })
    }

    /// Whether its format is known without a look at another file.
    pub(super) const fn is_known(&self) -> bool {
        !matches!(self.format, FormatOf::NginxConf(_))
    }

    /// Whether it is followed.
    pub(super) const fn is_followed(&self) -> bool {
        self.origin.is_followed()
    }

    /// What it is read to the end of, with the format and the limits of the source: nothing if it is followed.
    pub(super) fn inputs(&self) -> Result<Vec<Input>, InputsError> {
        let inputs = match &self.origin {
            Origin::Stdin => vec![Input::stdin()],
            Origin::Files(paths) => {
                let mut found = Vec::new();
                for path in paths {
                    found.append(&mut files(path.as_str())?);
                }
                found.into_iter().map(Input::path).collect()
            }
            Origin::Followed { .. } => return Ok(Vec::new()),
        };
        self.with_format(inputs)
    }

    /// These inputs with the format and the limits of the source.
    pub(super) fn with_format(&self, mut inputs: Vec<Input>) -> Result<Vec<Input>, InputsError> {
        let own = self.own()?;
        inputs.iter_mut().for_each(|input| input.own = own.clone());
        Ok(inputs)
    }

    /// What is followed, with the format and the limits of the source: nothing if it ends.
    fn followed(&self) -> Result<Option<FollowedSource>, InputsError> {
        let Origin::Followed { paths, start } = &self.origin else { return Ok(None) };
        let patterns = paths.iter().map(|path| pattern(path.as_str())).collect();
        let group = Group { patterns, start: *start };
        Ok(Some(FollowedSource { own: self.own()?, ..FollowedSource::new(group) }))
    }

    /// Which files there are now that are followed. What is wrong with a folder is told by whoever follows.
    fn followed_now(&self) -> impl Iterator<Item = PathBuf> {
        let paths = if self.is_followed() { self.origin.paths() } else { &[] };
        paths.iter().flat_map(|path| files(path.as_str()).unwrap_or_default())
    }

    /// The format and the limits of the source.
    fn own(&self) -> Result<Own, InputsError> {
        let choice = match &self.format {
            FormatOf::Given(format) => Choice::Given(Arc::clone(format)),
            FormatOf::Detect(among) => Choice::Detect { among: among.clone(), settings: self.settings.clone() },
            FormatOf::NginxConf(place) => {
                let format = custom_format::from_nginx_conf(place)
                    .map_err(|error| InputsError::NginxConf { place: place.clone(), why: error.to_string() })?;
                Choice::Given(Arc::new(format))
            }
        };
        Ok(Own { choice: Some(choice), limits: Some(self.limits) })
    }
}

impl Assembly {
    /// Whether files are followed, so that a run goes on until it is stopped. If so, nothing is read to an end.
    #[must_use]
    pub fn is_followed(&self) -> bool {
        self.sources.iter().any(Source::is_followed)
    }

    /// What is followed, in the order of the configuration. Files that are not there are waited for.
    ///
    /// # Errors
    ///
    /// If a `log_format` cannot be read from nginx's configuration.
    pub fn followed(&self) -> Result<Vec<FollowedSource>, InputsError> {
        self.sources.iter().filter_map(|source| source.followed().transpose()).collect()
    }

    /// The paths and patterns of followed files at which nothing is now.
    pub fn awaited(&self) -> impl Iterator<Item = &str> {
        let followed = self.sources.iter().filter(|source| source.is_followed());
        let paths = followed.flat_map(|source| source.origin.paths()).map(config::Text::as_str);
        paths.filter(|path| !files(path).is_ok_and(|files| files.iter().any(|file| file.exists())))
    }

    /// The followed files that are there now.
    pub(super) fn followed_now(&self) -> impl Iterator<Item = Identity> {
        let paths = self.sources.iter().flat_map(Source::followed_now);
        paths.filter_map(|path| Identity::of(&std::fs::metadata(path).ok()?))
    }

    /// An input for each source: these lines for the source of this name, and nothing for the others, whose fields are known
    /// all the same.
    pub(super) fn inputs_with(&self, name: &str, lines: &str) -> Result<Vec<Input>, InputsError> {
        let mut inputs = Vec::new();
        for source in &self.sources {
            let lines = if source.name == name { lines } else { "" };
            let input = Input::reader(source.name.clone(), io::Cursor::new(lines.as_bytes().to_vec()));
            inputs.append(&mut source.with_format(vec![input])?);
        }
        Ok(inputs)
    }
}

/// What a path of a followed source means.
fn pattern(path: &str) -> Pattern {
    if is_pattern(path) { Pattern::Glob(path.to_owned()) } else { Pattern::Path(path.into()) }
}

/// Whether a path is a pattern, and not the name of a file that is there.
fn is_pattern(path: &str) -> bool {
    glob::is_pattern(path.as_bytes()) && !Path::new(path).exists()
}

/// The files that a path means, which may be a pattern. A path that is none need not be there yet: whoever opens it tells.
fn files(path: &str) -> Result<Vec<PathBuf>, InputsError> {
    if !is_pattern(path) {
        return Ok(vec![path.into()]);
    }
    let found = glob::expand(Path::new(""), path.as_bytes()).map_err(|(folder, source)| InputsError::Folder {
        pattern: path.to_owned(),
        folder,
        source,
    })?;
    let files: Vec<_> = found.into_iter().filter(|path| !path.is_dir()).collect();
    if files.is_empty() { Err(InputsError::NothingMatches { pattern: path.to_owned() }) } else { Ok(files) }
}
