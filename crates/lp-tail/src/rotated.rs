//! The names and the kinds of files that logs are rotated to.

use std::cmp::Reverse;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::glob;
use crate::system::{Kind, Stat, inode_of, is_absence};

/// Whether this is what rotation puts behind a name: `.1`, `-20261121`, `-20261121-1699999999`, `.2026-11-21_10-30-00`; and
/// `-2026112110.backup`, which is what logrotate makes of a log that somebody has created before it did.
fn is_suffix(suffix: &[u8]) -> bool {
    let suffix = suffix.strip_suffix(b".backup").unwrap_or(suffix);
    let [b'.' | b'-', first, rest @ ..] = suffix else { return false };
    first.is_ascii_digit() && rest.iter().all(|byte| byte.is_ascii_digit() || b"._:T-".contains(byte))
}

/// Whether a log of this name is renamed or copied to that one when it is rotated.
pub(crate) fn is_rotated(log: &OsStr, name: &OsStr) -> bool {
    name.as_encoded_bytes().strip_prefix(log.as_encoded_bytes()).is_some_and(is_suffix)
}

/// The paths of the logs that may have been rotated to this path, the longest name first.
pub(crate) fn logs_of(path: &Path) -> impl Iterator<Item = PathBuf> {
    let name = path.file_name().map_or(&[][..], OsStr::as_encoded_bytes);
    let ends = (1..name.len()).rev().filter(|&end| is_suffix(&name[end..]));
    ends.map(|end| path.with_file_name(glob::to_path(&name[..end])))
}

/// Whether files of this name are usually compressed, such as `access.log.2.gz`. They are not followed.
#[must_use]
pub fn is_compressed_name(name: &OsStr) -> bool {
    const SUFFIXES: [&[u8]; 12] =
        [b"gz", b"bz2", b"xz", b"zst", b"zstd", b"lz4", b"lzma", b"lzo", b"br", b"zip", b"7z", b"Z"];
    let name = name.as_encoded_bytes();
    memchr::memrchr(b'.', name).is_some_and(|dot| SUFFIXES.contains(&&name[dot + 1..]))
}

/// Whether a file that begins with these bytes is compressed.
pub(crate) fn is_compressed(bytes: &[u8]) -> bool {
    const GZIP: &[u8] = b"\x1F\x8B\x08";
    const ZSTD: &[u8] = b"\x28\xB5\x2F\xFD";
    const XZ: &[u8] = b"\xFD7zXZ\0";
    // `BZh` and a digit may be text; what follows is not.
    let bzip2 = bytes.starts_with(b"BZh") && bytes.get(4..10) == Some(b"\x31\x41\x59\x26\x53\x59");
    bzip2 || [GZIP, ZSTD, XZ].iter().any(|magic| bytes.starts_with(magic))
}

/// A regular file that a log may have been rotated to.
#[derive(Debug)]
pub(crate) struct Sibling {
    pub(crate) path: PathBuf,
    pub(crate) stat: Stat,
}

/// Those files of its folder, which has these names, that the log at this path may have been rotated to, and that are not compressed;
/// what was written first comes first.
pub(crate) fn siblings(
    log: &Path,
    names: impl IntoIterator<Item = io::Result<(OsString, u64)>>,
) -> io::Result<Vec<Sibling>> {
    let Some(log_name) = log.file_name() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for name in names {
        let (name, _) = name?;
        if !is_rotated(log_name, &name) || is_compressed_name(&name) {
            continue;
        }
        let path = log.with_file_name(&name);
        // One that has just been renamed again is found the next time.
        match Stat::of_name(&path) {
            Ok(stat) if stat.kind == Kind::Regular => found.push(Sibling { path, stat }),
            _ => {}
        }
    }
    let number = |path: &Path| {
        let name = path.file_name()?.as_encoded_bytes();
        // Of `access.log.2` and `access.log.1`, the first is older; of dates, the smaller one.
        std::str::from_utf8(&name[log_name.len() + 1..]).ok()?.parse::<u16>().ok()
    };
    found.sort_by(|a, b| {
        let key = |sibling: &Sibling| (sibling.stat.modified, Reverse(number(&sibling.path)));
        key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path))
    });
    Ok(found)
}

/// The names in a folder, with the inodes that it names; none if it is not there.
pub(crate) fn names(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<(OsString, u64)>>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if is_absence(&error) => None,
        entries => Some(entries?),
    };
    Ok(entries.into_iter().flatten().map(|entry| entry.map(|entry| (entry.file_name(), inode_of(&entry)))))
}

/// The folder that a path is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rotated_files() {
        for (name, expected) in [
            ("a.log.1", true),
            ("a.log-20261121", true),
            ("a.log-20261121-1699999999", true),
            ("a.log.2026-11-21_10-30-00", true),
            ("a.log.2026-11-21T10:30:00", true),
            ("a.log-2026112110.backup", true),
            ("a.log", false),
            ("a.log.backup", false),
            ("a.log.", false),
            ("a.log.1.gz", false),
            ("a.log.bak", false),
            ("a.log1", false),
            ("b.log.1", false),
        ] {
            assert_eq!(is_rotated(OsStr::new("a.log"), OsStr::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn a_rotated_file_may_be_of_several_logs() {
        let logs: Vec<_> = logs_of(Path::new("/l/a.log-20261121-17")).collect();
        assert_eq!(logs, [Path::new("/l/a.log-20261121"), Path::new("/l/a.log")]);
        assert_eq!(logs_of(Path::new("/l/a.log")).count(), 0);
    }

    #[test]
    fn compressed_files_are_told() {
        assert!(is_compressed_name(OsStr::new("a.log.2.gz")) && is_compressed_name(OsStr::new("a.zst")));
        assert!(!is_compressed_name(OsStr::new("gz")) && !is_compressed_name(OsStr::new("a.log.2")));
        assert!(is_compressed(b"\x1F\x8B\x08\0") && !is_compressed(b"BZh9 is a text") && !is_compressed(b""));
    }
}
