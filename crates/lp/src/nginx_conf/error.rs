//! Why no log format could be taken, and where.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::lexer::Fault;

/// Why no log format could be taken from a configuration or a text.
#[derive(Debug)]
pub struct Error {
    /// Where.
    pub place: Place,
    /// What, and what would be right.
    pub kind: ErrorKind,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.file.is_some() || self.place.position.is_some() {
            write!(f, "{}: ", self.place)?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.kind.source()
    }
}

/// What kept a log format from being taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The configuration, or what it includes, cannot be read.
    #[error("{}cannot be read: {source}", Subject(.included))]
    Read {
        /// The file or folder that is included, in the file of the error's place; `None` for the configuration itself.
        included: Option<PathBuf>,
        /// What the system said.
        source: io::Error,
    },
    /// A file is too large for a configuration.
    #[error("{}larger than {} MiB: this is no configuration of nginx", Subject(.included), limit >> 20)]
    TooLarge {
        /// The file that is included; `None` for the configuration itself.
        included: Option<PathBuf>,
        /// The number of bytes that is not too large.
        limit: u64,
    },
    /// A file is included while it is being read.
    #[error("include of `{}`: it includes itself", Plain(&.included.to_string_lossy()))]
    Cycle {
        /// The file that is included.
        included: PathBuf,
    },
    /// There are too many includes, or too many within each other.
    #[error("{0}")]
    TooManyIncludes(&'static str),
    /// Something is not written as nginx demands; what it demands.
    #[error("{0}")]
    Syntax(&'static str),
    /// A format's name is given twice.
    #[error("the log_format `{}` is defined already, at {first}: every name may be given once", Plain(.name))]
    Duplicate {
        /// The name.
        name: String,
        /// Where it was given before.
        first: Place,
    },
    /// No name was asked for, and no format is defined.
    #[error("there is no log_format: nginx writes its own then, whose name is `combined`")]
    Undefined,
    /// There is no format of the name that was asked for.
    #[error("there is no log_format `{}`, only {}", Plain(.name), Names(.known))]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// No name was asked for, there are several, and not every `access_log` names the same.
    #[error("a name must be given, as there are several log_formats: {}", Names(.0))]
    Ambiguous(Vec<String>),
}

/// A place in a configuration.
///
/// It is written `nginx.conf:12:5`, or `line 12, column 5` where there is no file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The file; `None` for a directive's text.
    pub file: Option<PathBuf>,
    /// The place in it; `None` for the whole.
    pub position: Option<Position>,
}

/// A place in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
}

impl Place {
    /// A file as a whole.
    pub(super) fn of(file: &Path) -> Self {
        Self { file: Some(file.to_path_buf()), position: None }
    }

    /// A place in a file.
    pub(super) fn at(file: &Path, text: &[u8], at: usize) -> Self {
        Self { file: Some(file.to_path_buf()), position: Some(Position::of(text, at)) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.position) {
            (Some(file), None) => write!(f, "{}", Plain(&file.to_string_lossy())),
            (Some(file), Some(at)) => write!(f, "{}:{}:{}", Plain(&file.to_string_lossy()), at.line, at.column),
            (None, Some(at)) => write!(f, "line {}, column {}", at.line, at.column),
            (None, None) => f.write_str("the text"),
        }
    }
}

impl Position {
    /// Of a byte in a text.
    fn of(text: &[u8], at: usize) -> Self {
        let before = &text[..at];
        let start = memchr::memrchr(b'\n', before).map_or(0, |n| n + 1);
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        // In UTF-8 every character has one byte that does not continue another.
        let column = 1 + before[start..].iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        Self { line, column }
    }
}

impl Fault {
    /// As an error of a directive's text.
    pub(super) fn in_text(self, text: &[u8]) -> Error {
        let place = Place { file: None, position: Some(Position::of(text, self.at)) };
        Error { place, kind: ErrorKind::Syntax(self.what) }
    }

    /// As an error of a file with this text.
    pub(super) fn in_file(self, file: &Path, text: &[u8]) -> Error {
        Error { place: Place::at(file, text, self.at), kind: ErrorKind::Syntax(self.what) }
    }
}

/// Text of a configuration, which must not speak to a terminal.
struct Plain<'a>(&'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        self.0.chars().try_for_each(|char| {
            if char.is_control() { write!(f, "{}", char.escape_default()) } else { f.write_char(char) }
        })
    }
}

/// An included file before what is said of it.
struct Subject<'a>(&'a Option<PathBuf>);

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(path) => write!(f, "include of `{}`: ", Plain(&path.to_string_lossy())),
            None => Ok(()),
        }
    }
}

struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}`{}`", Plain(name))?;
        }
        Ok(())
    }
}
