//! From which file a record comes, where it could be from one of several.

use lp::Input;
use lp::tail::Pattern;
use lp::visible::columns;

/// The name of the column that tells it, which the Elastic Common Schema has for that.
pub(super) const COLUMN: &str = "log.file.path";

/// What of the path is shown on a terminal.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Origin {
    /// The folder that all files are in, which is not: with a slash at its end, or nothing.
    pub(super) folder: String,
    /// Columns that names are given.
    pub(super) width: usize,
}

/// Columns that a name of a pattern is given, as it is not known yet.
const OF_A_PATTERN: usize = 16;
/// The most columns that a name is given.
const MOST: usize = 24;

impl Origin {
    /// `None` where all records are of one file.
    pub(super) fn of(patterns: &[Pattern]) -> Option<Self> {
        if let [Pattern::Path(_)] = patterns {
            return None;
        }
        // As a path is told in messages, so that it is the beginning of what the column has.
        let names: Vec<(String, bool)> = patterns
            .iter()
            .map(|pattern| match pattern {
                Pattern::Path(path) => (Input::path(path).name(), false),
                Pattern::Glob(text) => (Input::path(text).name(), true),
            })
            .collect();
        let mut folders = names.iter().map(|(name, is_pattern)| folder(name, *is_pattern));
        let first = folders.next().unwrap_or_default();
        let common = folders.fold(first, |common, folder| common_folder(common, folder)).to_owned();
        let width = |(name, is_pattern): &(String, bool)| {
            if *is_pattern { OF_A_PATTERN } else { columns(&name[common.len()..]) }
        };
        let width = names.iter().map(width).max().unwrap_or(0).min(MOST);
        Some(Self { folder: common, width })
    }
}

/// The folder that everything is in which a name means.
fn folder(name: &str, is_pattern: bool) -> &str {
    let end = if is_pattern { name.find(['*', '?', '[']).unwrap_or(name.len()) } else { name.len() };
    let end = name[..end].rfind('/').map_or(0, |slash| slash + 1);
    &name[..end]
}

/// The longest folder that both are in.
fn common_folder<'f>(one: &'f str, other: &str) -> &'f str {
    let parents = std::iter::successors(Some(one), |folder| {
        let folder = folder.strip_suffix('/')?;
        Some(&folder[..folder.rfind('/').map_or(0, |slash| slash + 1)])
    });
    parents.into_iter().find(|folder| other.starts_with(folder)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_all_files_are_in() {
        for (names, folder, width) in [
            (&["a.log", "b.log"][..], "", 5),
            (&["/var/log/nginx/access.log", "/var/log/nginx/error.log"], "/var/log/nginx/", 10),
            (&["/var/log/nginx/access.log", "/var/log/app.log"], "/var/log/", 16),
            (&["/var/log1/a", "/var/log/a"], "/var/", 6),
            (&["/a", "b"], "", 2),
            (&["/var/log/*/access.log"], "/var/log/", 16),
            (&["*.log"], "", 16),
            (&["a", "a-very-long-name-of-a-log-file.log"], "", 24),
            (&["/var/log/\u{1b}/a", "/var/log/\u{1b}/b"], "/var/log/\\u{1b}/", 1),
        ] {
            let pattern = |name: &&str| {
                if name.contains('*') { Pattern::Glob((*name).to_owned()) } else { Pattern::Path(name.into()) }
            };
            let patterns: Vec<Pattern> = names.iter().map(pattern).collect();
            assert_eq!(Origin::of(&patterns), Some(Origin { folder: folder.to_owned(), width }), "{names:?}");
        }
        assert_eq!(Origin::of(&[Pattern::Path("/var/log/a".into())]), None);
    }
}
