//! The files that a pattern names, as glob(3) finds them for nginx: in the C locale, sorted by bytes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Whether nginx takes this path for a pattern.
#[must_use]
pub fn is_pattern(path: &[u8]) -> bool {
    path.iter().any(|byte| b"*?[".contains(byte))
}

/// A path from its bytes.
#[cfg(unix)]
#[must_use]
pub fn to_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// A path from its bytes.
#[cfg(not(unix))]
#[must_use]
pub fn to_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// What a pattern has led to.
#[derive(Debug, Default)]
pub struct Search {
    /// The paths that match, sorted.
    pub paths: Vec<PathBuf>,
    /// The folders that cannot be read, so that nobody knows what matches below them, and why.
    pub unreadable: Vec<(PathBuf, io::Error)>,
}

/// The paths that match the pattern, which is relative to `folder`.
///
/// Nothing matches in a folder that is not there.
///
/// # Errors
///
/// If a folder cannot be read: which one, and why. [`search`] goes on all the same.
pub fn expand(folder: &Path, pattern: &[u8]) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let Search { paths, unreadable } = search(folder, pattern);
    unreadable.into_iter().next().map_or(Ok(paths), Err)
}

/// The paths that match the pattern, which is relative to `folder`, in all folders that can be read.
#[must_use]
pub fn search(folder: &Path, pattern: &[u8]) -> Search {
    let root = if pattern.starts_with(b"/") { Path::new("/") } else { folder };
    let mut paths = vec![root.to_path_buf()];
    let mut unreadable = Vec::new();
    for component in pattern.split(|&byte| byte == b'/').filter(|component| !component.is_empty()) {
        if is_pattern(component) {
            let mut next = Vec::new();
            for path in paths {
                if let Err(error) = matches(&path, component, &mut next) {
                    unreadable.push((path, error));
                }
            }
            paths = next;
        } else {
            let name = to_path(&unescape(component));
            paths.iter_mut().for_each(|path| path.push(&name));
        }
    }
    // Whatever else is wrong with a file, opening it will tell. What has just been read in a folder is there.
    if !pattern.rsplit(|&byte| byte == b'/').find(|component| !component.is_empty()).is_some_and(is_pattern) {
        paths.retain(|path| !fs::symlink_metadata(path).is_err_and(|error| is_absence(&error)));
    }
    paths.sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    Search { paths, unreadable }
}

/// Whether the path is one that the pattern names. (Both are relative to the same folder, or absolute.)
pub(crate) fn names(pattern: &[u8], path: &Path) -> bool {
    let parts = |bytes: &'_ [u8]| {
        let is_absolute = bytes.starts_with(b"/");
        (
            is_absolute,
            bytes.split(|&byte| byte == b'/').filter(|part| !part.is_empty()).map(<[u8]>::to_vec).collect::<Vec<_>>(),
        )
    };
    let ((absolute, patterns), (is_absolute, names)) = (parts(pattern), parts(path.as_os_str().as_encoded_bytes()));
    absolute == is_absolute
        && patterns.len() == names.len()
        && patterns.iter().zip(&names).all(|(pattern, name)| match is_pattern(pattern) {
            true => is_match(pattern, name),
            false => unescape(pattern) == *name,
        })
}

/// Adds the files in `folder` whose names match.
fn matches(folder: &Path, pattern: &[u8], found: &mut Vec<PathBuf>) -> io::Result<()> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = match fs::read_dir(here) {
        Err(error) if is_absence(&error) => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        if is_match(pattern, name.as_encoded_bytes()) {
            found.push(folder.join(name));
        }
    }
    Ok(())
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Without the backslashes that take a byte's meaning from it.
fn unescape(component: &[u8]) -> Vec<u8> {
    let mut bytes = component.iter();
    let mut plain = Vec::with_capacity(component.len());
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'\\' { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    plain
}

/// A byte of a path that may be known only in part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Byte {
    /// This byte.
    Is(u8),
    /// Some decimal digit.
    Digit,
}

impl From<u8> for Byte {
    fn from(byte: u8) -> Self {
        Self::Is(byte)
    }
}

/// Whether [`expand`] would find this path if it were there, as far as the names tell: both must be relative to the same
/// folder or to none, and links have the names that they have.
#[must_use]
pub fn may_match(pattern: &[u8], path: &[Byte]) -> bool {
    let slash = Byte::Is(b'/');
    let mut names = path.split(|byte| *byte == slash).filter(|name| !matches!(name, [] | [Byte::Is(b'.')]));
    let mut components = pattern.split(|&byte| byte == b'/').filter(|component| !matches!(component, [] | [b'.']));
    let has_root = path.first() == Some(&slash);
    has_root == pattern.starts_with(b"/")
        && components.by_ref().all(|component| names.next().is_some_and(|name| is_match(component, name)))
        && names.next().is_none()
}

/// Whether a file name matches; the dot that hides a file must stand in the pattern.
fn is_match<B: Copy + Into<Byte>>(pattern: &[u8], name: &[B]) -> bool {
    let is_hidden = name.first().is_some_and(|&byte| byte.into() == Byte::Is(b'.'));
    if is_hidden && !(pattern.starts_with(b".") || pattern.starts_with(b"\\.")) {
        return false;
    }
    let (mut p, mut n) = (0, 0);
    // The star met last, and how much of the name is left to it: what is retried where the rest does not match.
    let mut star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            star = Some((p, n));
            continue;
        }
        let step = match name.get(n) {
            Some(&byte) => match byte.into() {
                Byte::Is(byte) => one(&pattern[p..], byte),
                Byte::Digit => (b'0'..=b'9').find_map(|digit| one(&pattern[p..], digit)),
            },
            None if p == pattern.len() => return true,
            None => return false,
        };
        match (step, &mut star) {
            (Some(length), _) => {
                p += length;
                n += 1;
            }
            (None, Some((behind, to))) => {
                *to += 1;
                (p, n) = (*behind, *to);
            }
            (None, None) => return false,
        }
    }
}

/// The length of the pattern's first element, if this byte matches it.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'\\', literal, ..] => (*literal == byte).then_some(2),
        [b'\\'] => None,
        [b'[', rest @ ..] => match bracket(rest, byte) {
            Some((length, true)) => Some(1 + length),
            Some((_, false)) => None,
            // Never closed: an ordinary bracket.
            None => (byte == b'[').then_some(1),
        },
        [literal, ..] => (*literal == byte).then_some(1),
        [] => None,
    }
}

/// The length of what stands behind a `[`, with its `]`, and whether the byte is one that it names.
fn bracket(pattern: &[u8], byte: u8) -> Option<(usize, bool)> {
    let negated = matches!(pattern, [b'!' | b'^', ..]);
    let first = usize::from(negated);
    let mut at = first;
    let mut named = false;
    loop {
        let rest = &pattern[at..];
        if at > first && rest.starts_with(b"]") {
            return Some((at + 1, named != negated));
        }
        if let Some((length, is_in)) = class(rest, byte) {
            named |= is_in;
            at += length;
            continue;
        }
        let (low, length) = literal(rest)?;
        at += length;
        match &pattern[at..] {
            [b'-', end @ ..] if !end.starts_with(b"]") => {
                let (high, length) = literal(end)?;
                named |= (low..=high).contains(&byte);
                at += 1 + length;
            }
            _ => named |= low == byte,
        }
    }
}

/// A byte within brackets, and the length in which it is written.
fn literal(pattern: &[u8]) -> Option<(u8, usize)> {
    match pattern {
        [b'\\', byte, ..] => Some((*byte, 2)),
        [byte, ..] => Some((*byte, 1)),
        [] => None,
    }
}

/// The length of a class such as `[:digit:]`, if one begins here, and whether the byte is in it.
fn class(pattern: &[u8], byte: u8) -> Option<(usize, bool)> {
    let rest = pattern.strip_prefix(b"[:")?;
    let length = memchr::memmem::find(rest, b":]")?;
    let is_in = match &rest[..length] {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"cntrl" => byte.is_ascii_control(),
        b"digit" => byte.is_ascii_digit(),
        b"graph" => byte.is_ascii_graphic(),
        b"lower" => byte.is_ascii_lowercase(),
        b"print" => matches!(byte, b' '..=b'~'),
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => matches!(byte, b' ' | b'\t'..=b'\r'),
        b"upper" => byte.is_ascii_uppercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => return None,
    };
    Some((length + 4, is_in))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_as_for_glob() {
        for (pattern, name, expected) in [
            ("*", "a", true),
            ("*", ".a", false),
            (".*", ".a", true),
            ("?a", ".a", false),
            ("[.]a", ".a", false),
            ("*.conf", "a.conf", true),
            ("*.conf", "a.conf.old", false),
            ("*.conf", ".conf", false),
            ("**.c*f", "x.cc.conf", true),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbX", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[^a-c]x", "dx", true),
            ("[]x]", "]", true),
            ("[!]x]", "a", true),
            ("[a-]", "-", true),
            ("[[:digit:][:upper:]]*", "7a", true),
            ("[[:digit:]]*", "a7", false),
            ("[a", "[a", true),
            ("[a", "a", false),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("[\\]]", "]", true),
            ("", "", true),
        ] {
            assert_eq!(is_match(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
        assert!(is_match(b"\xFF*", b"\xFF\xFE"));
    }

    /// `#` stands for a digit.
    #[test]
    fn paths_match_by_their_names() {
        for (pattern, path, expected) in [
            ("/var/log/*.log", "/var/log/a.log", true),
            ("/var/log/*.log", "/var//log/./a.log", true),
            ("/var/log/*.log", "/var/log/a/b.log", false),
            ("/var/log/*.log", "var/log/a.log", false),
            ("/var/*/*.log", "/var/log", false),
            ("*", ".hidden", false),
            ("a\\*/*", "a*/b", true),
            ("out-2026*.log", "out-########T.log", true),
            ("out-[a-z]*.log", "out-########T.log", false),
            ("out-[0-9][!0-9]*", "out-########T.log", false),
            ("out-*7T*", "out-########T.log", true),
            ("*.log", "out-########T.ndjson", false),
        ] {
            let bytes: Vec<Byte> =
                path.bytes().map(|byte| if byte == b'#' { Byte::Digit } else { Byte::Is(byte) }).collect();
            assert_eq!(may_match(pattern.as_bytes(), &bytes), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_names_paths() {
        for (pattern, path, expected) in [
            ("/a/*.log", "/a/b.log", true),
            ("/a/*.log", "/a/.b.log", false),
            ("/a/*.log", "/a/b/c.log", false),
            ("/a/*.log", "a/b.log", false),
            ("*/b.log", "a/b.log", true),
            ("/a//b\\*", "/a/b*", true),
        ] {
            assert_eq!(names(pattern.as_bytes(), Path::new(path)), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn files_are_found_and_sorted() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for file in ["a/2.conf", "a/10.conf", "a-b/1.conf", "a/.hidden.conf", "b/1.conf/x"] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "").unwrap();
        }
        let expand = |pattern: &str| {
            let paths = expand(root, pattern.as_bytes()).unwrap();
            paths.iter().map(|path| path.strip_prefix(root).unwrap().display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(expand("a*/*.conf"), ["a-b/1.conf", "a/10.conf", "a/2.conf"]);
        assert_eq!(expand("*/1.conf"), ["a-b/1.conf", "b/1.conf"]);
        assert_eq!(expand("*/1.conf/x"), ["b/1.conf/x"]);
        assert_eq!(expand("b/*"), ["b/1.conf"]);
        assert_eq!(expand("a/.h*"), ["a/.hidden.conf"]);
        assert_eq!(expand("c/*"), [""; 0]);
        assert_eq!(expand("[ac]/\\2.conf"), ["a/2.conf"]);
        let absolute = [root.to_str().unwrap(), "/a/1*"].concat();
        assert_eq!(expand(&absolute), ["a/10.conf"]);
    }
    #[test]
    #[cfg(unix)]
    fn a_folder_that_cannot_be_read_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["a", "z"] {
            fs::create_dir(root.join(name)).unwrap();
            fs::write(root.join(name).join("x.log"), "").unwrap();
        }
        // It leads to itself.
        std::os::unix::fs::symlink(root.join("m"), root.join("m")).unwrap();
        let Search { paths, unreadable } = search(root, b"*/*.log");
        assert_eq!(paths, [root.join("a/x.log"), root.join("z/x.log")]);
        let unreadable: Vec<_> = unreadable.into_iter().map(|(path, _)| path).collect();
        assert_eq!(unreadable, [root.join("m")]);
        assert_eq!(expand(root, b"*/*.log").unwrap_err().0, root.join("m"));
    }
}
