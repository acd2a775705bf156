//! The names and the kinds of files that logs are rotated to.

use std::cmp::Reverse;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::glob;
use crate::system::{Kind, Stat, inode_of, is_absence};

/// Where rotation puts what it adds to the name of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Spot {
    /// Behind it. Nothing else is likely to have such a name.
    Behind,
    /// A word behind it.
    Word,
    /// Before its extension. Other logs may have such names, and it must be seen from them and from when they were made that they have not.
    Inside,
}

/// Names without a number: of smbd and the X server, of mysqld, of cupsd, and of people.
const WORDS: [&[u8]; 4] = [b".old", b"-old", b".O", b".bak"];

/// Whether this is what rotation puts behind a name: `.1`, `-20261121`, `-20261121-1699999999`, `.2026-11-21_10-30-00`; and
/// `-2026112110.backup`, which is what logrotate makes of a log that somebody has created before it did.
fn is_suffix(suffix: &[u8]) -> bool {
    let suffix = suffix.strip_suffix(b".backup").unwrap_or(suffix);
    let [b'.' | b'-', stamp @ ..] = suffix else { return false };
    is_stamp(stamp)
}

/// Whether this is what rotation puts before the extension of a name: `.1` and `-20261121` (logrotate with `extension`, logback, log4j),
/// `-2026-11-21T10-30-00.000` (lumberjack), `__2026-11-21_10-30-00` (pm2-logrotate). Other numbers than dates are what workers have
/// in the names of their logs, unless a dot is before them.
fn is_infix(infix: &[u8]) -> bool {
    let stamp = match infix {
        [b'.', stamp @ ..] => return is_stamp(stamp),
        [b'_', b'_', stamp @ ..] | [b'-' | b'_', stamp @ ..] => stamp,
        _ => return false,
    };
    is_stamp(stamp) && stamp.iter().filter(|byte| byte.is_ascii_digit()).count() >= 6
}

/// Whether this is a number or a time.
fn is_stamp(stamp: &[u8]) -> bool {
    let [first, rest @ ..] = stamp else { return false };
    first.is_ascii_digit() && rest.iter().all(|byte| byte.is_ascii_digit() || b"._:T-".contains(byte))
}

/// Where the extensions of a name begin, such as `.log`: with a dot and a letter.
fn extensions(name: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'.', name).filter(|&dot| dot > 0 && name.get(dot + 1).is_some_and(u8::is_ascii_alphabetic))
}

/// What rotation has added to the name of a log to make this name, and where.
fn added<'a>(log: &[u8], name: &'a [u8]) -> Option<(&'a [u8], Spot)> {
    if let Some(suffix) = name.strip_prefix(log) {
        let spot = match () {
            () if is_suffix(suffix) => Spot::Behind,
            () if WORDS.contains(&suffix) => Spot::Word,
            () => return None,
        };
        return Some((suffix, spot));
    }
    extensions(log).find_map(|dot| {
        let infix = name.strip_prefix(&log[..dot])?.strip_suffix(&log[dot..])?;
        is_infix(infix).then_some((infix, Spot::Inside))
    })
}

/// Whether a log of this name is renamed or copied to that one when it is rotated.
pub(crate) fn is_rotated(log: &OsStr, name: &OsStr) -> bool {
    added(log.as_encoded_bytes(), name.as_encoded_bytes()).is_some()
}

/// The paths of the logs that may have been rotated to this path, the longest name first.
pub(crate) fn logs_of(path: &Path) -> impl Iterator<Item = PathBuf> {
    let name = path.file_name().map_or(&[][..], OsStr::as_encoded_bytes);
    let is_end = |&end: &usize| is_suffix(&name[end..]) || WORDS.contains(&&name[end..]);
    let before = (1..name.len()).rev().filter(is_end).map(|end| glob::to_path(&name[..end]));
    let around = extensions(name).flat_map(move |dot| {
        let starts = (1..dot).rev().filter(move |&start| is_infix(&name[start..dot]));
        starts.map(move |start| glob::to_path(&[&name[..start], &name[dot..]].concat()))
    });
    before.chain(around).map(|log| path.with_file_name(log))
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
    /// Whether nothing but a rotated file is likely to have its name.
    pub(crate) is_certain: bool,
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
        let Some((added, spot)) = added(log_name.as_encoded_bytes(), name.as_encoded_bytes()) else { continue };
        if is_compressed_name(&name) {
            continue;
        }
        // Of `access.log.2` and `access.log.1`, the first is older; of dates, the smaller one.
        let number = std::str::from_utf8(&added[1..]).ok().and_then(|number| number.parse::<u16>().ok());
        let is_certain = spot == Spot::Behind;
        let path = log.with_file_name(&name);
        // One that has just been renamed again is found the next time.
        match Stat::of_name(&path) {
            Ok(stat) if stat.kind == Kind::Regular => found.push((number, Sibling { path, stat, is_certain })),
            _ => {}
        }
    }
    found.sort_by(|(number_a, a), (number_b, b)| {
        let (key_a, key_b) = ((a.stat.modified, Reverse(number_a)), (b.stat.modified, Reverse(number_b)));
        key_a.cmp(&key_b).then_with(|| a.path.cmp(&b.path))
    });
    Ok(found.into_iter().map(|(_, sibling)| sibling).collect())
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
            ("a.log.bak", true),
            ("a.log.old", true),
            ("a.log-old", true),
            ("a.log.O", true),
            ("a.log.older", false),
            ("a.log~", false),
            ("a-20261121.log", true),
            ("a-20261121-1699999999.log", true),
            ("a.1.log", true),
            ("a.2026-11-21.log", true),
            ("a.2026-11-21.0.log", true),
            ("a-11-21-2026-1.log", true),
            ("a-2026-11-21T10-30-00.000.log", true),
            ("a__2026-11-21_10-30-00.log", true),
            ("a_20261121.log", true),
            ("a-1.log", false),
            ("a_12.log", false),
            ("a1.log", false),
            ("a-20261121.txt", false),
            ("a-20261121.log.gz", false),
            ("a-b.log", false),
            ("a..log", false),
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
        assert_eq!(logs_of(Path::new("/l/app-1.log")).count(), 0);
        let logs: Vec<_> = logs_of(Path::new("/l/a.b-20261121.access.log.old")).collect();
        assert_eq!(logs, [Path::new("/l/a.b-20261121.access.log"), Path::new("/l/a.b.access.log.old")]);
    }

    #[test]
    fn compressed_files_are_told() {
        assert!(is_compressed_name(OsStr::new("a.log.2.gz")) && is_compressed_name(OsStr::new("a.zst")));
        assert!(!is_compressed_name(OsStr::new("gz")) && !is_compressed_name(OsStr::new("a.log.2")));
        assert!(is_compressed(b"\x1F\x8B\x08\0") && !is_compressed(b"BZh9 is a text") && !is_compressed(b""));
    }
}
