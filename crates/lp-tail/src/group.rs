//! Which files are followed, and from where.

use std::path::PathBuf;

/// Files that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    /// Which files. A file that several patterns or groups name belongs to the first.
    pub patterns: Vec<Pattern>,
    /// Where reading begins.
    pub start: Start,
}

/// The path of a file, or of several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pattern {
    /// This path.
    Path(PathBuf),
    /// The paths that match, where `*`, `?` and `[...]` stand for parts of names. A rotated file with a name that is usual for
    /// compressed ones, such as `access.log.2.gz`, is left alone.
    Glob(String),
}

/// Where reading begins in a file that no checkpoint knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Start {
    /// At its beginning.
    #[default]
    Beginning,
    /// At its end, if the file is there when the tail begins; files that come later are read from their beginning.
    End,
}
