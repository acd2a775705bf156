//! The inputs of a configuration.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lp_core::Format;
use lp_core::format::detect::{Known, Settings};
use lp_tail::glob;

use super::Assembly;
use crate::config::{self, Origin, SourceFormat};
use crate::custom_format;
use crate::reading::Limits;
use crate::source::Input;

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

    /// The inputs, with the format and the limits of the source.
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
        };
        self.with_format(inputs)
    }

    /// These inputs with the format and the limits of the source.
    pub(super) fn with_format(&self, inputs: Vec<Input>) -> Result<Vec<Input>, InputsError> {
        let inputs = inputs.into_iter().map(|input| input.limits(self.limits));
        Ok(match &self.format {
            FormatOf::Given(format) => inputs.map(|input| input.format(Arc::clone(format))).collect(),
            FormatOf::Detect(among) => {
                inputs.map(|input| input.detecting(among.iter().copied(), self.settings.clone())).collect()
            }
            FormatOf::NginxConf(place) => {
                let format = custom_format::from_nginx_conf(place)
                    .map_err(|error| InputsError::NginxConf { place: place.clone(), why: error.to_string() })?;
                let format: Arc<dyn Format> = Arc::new(format);
                inputs.map(|input| input.format(Arc::clone(&format))).collect()
            }
        })
    }
}

impl Assembly {
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

/// The files that a path means, which may be a pattern. A path that is none need not be there yet: whoever opens it tells.
fn files(path: &str) -> Result<Vec<PathBuf>, InputsError> {
    if !glob::is_pattern(path.as_bytes()) || Path::new(path).exists() {
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
