//! Which files are read, written, and kept: each for one of these only.

use std::path::Path;

use lp_tail::glob::{self, Byte};

use super::checkpoint::Checkpoint;
use super::reader::Reader;
use super::sink::{Sink, Target};
use super::source::Source;
use super::text::Text;

/// Nothing may be written to a file that is read, or that something else writes.
pub(super) fn check(reader: &mut Reader<'_>, sources: &[Source], sinks: &[Sink], checkpoint: Option<&Checkpoint>) {
    let written: Vec<(&Text, bool)> = sinks
        .iter()
        .filter_map(|sink| match &sink.target {
            Target::File { path, rotate } => Some((path, rotate.is_some())),
            _ => None,
        })
        .collect();
    for (number, (path, rotates)) in written.iter().enumerate() {
        if written[..number].iter().any(|(before, _)| is_same(before, path)) {
            let message = format!("another sink writes {} already", reader.written(path));
            reader.mistake(path.span(), message, "every file needs a sink of its own");
        }
        if sources.iter().flat_map(|source| source.origin.paths()).any(|source| is_same(source, path)) {
            let message = format!("{} is read by a source", reader.written(path));
            reader.mistake(path.span(), message, "write to another file");
        } else if let Some((pattern, made)) = feeds_back(path, *rotates, sources) {
            let (span, path) = (path.span(), reader.written(path));
            let file = match made {
                Made::AtPath => format!("{path} matches"),
                Made::Rotated => format!("a rotated file of {path} would match"),
            };
            let message = format!("{file} {}, which is followed", reader.written(pattern));
            reader.mistake(span, message, "lp would read what it writes, for ever; write to another folder");
        }
    }
    if let Some(Checkpoint { path, .. }) = checkpoint.filter(|checkpoint| checkpoint.path.is_known()) {
        let beside = Checkpoint::BESIDE.map(|suffix| format!("{}{suffix}", path.as_str()));
        let kept: Vec<&str> = std::iter::once(path.as_str()).chain(beside.iter().map(String::as_str)).collect();
        let is_kept = |text: &Text| text.is_known() && kept.iter().any(|kept| parts(kept) == parts(text.as_str()));
        let is_read = |text: &Text| is_kept(text) || kept.iter().any(|kept| matches(text, &known(kept)));
        if sources.iter().flat_map(|source| source.origin.paths()).any(is_read) {
            let message = format!("{} or a file beside it is read by a source", reader.written(path));
            reader.mistake(path.span(), message, "keep the checkpoint in another file");
        }
        if written.iter().any(|(written, _)| is_kept(written)) {
            let message = format!("{} or a file beside it is written by a sink", reader.written(path));
            reader.mistake(path.span(), message, "keep the checkpoint in another file");
        }
    }
}

/// A file that a sink makes.
enum Made {
    AtPath,
    /// One that has been put aside.
    Rotated,
}

/// The pattern of a followed source that names a file that a sink makes, and which one it is.
fn feeds_back<'s>(path: &Text, rotates: bool, sources: &'s [Source]) -> Option<(&'s Text, Made)> {
    if !path.is_known() || path.as_str().is_empty() {
        return None;
    }
    let rotated = if rotates { rotated(path.as_str()) } else { Vec::new() };
    let followed = sources.iter().filter(|source| source.origin.is_followed());
    followed.flat_map(|source| source.origin.paths()).find_map(|pattern| {
        if matches(pattern, &known(path.as_str())) {
            Some((pattern, Made::AtPath))
        } else if rotated.iter().any(|name| matches(pattern, name)) {
            Some((pattern, Made::Rotated))
        } else {
            None
        }
    })
}

fn is_same(a: &Text, b: &Text) -> bool {
    !a.as_str().is_empty() && a.is_known() && b.is_known() && parts(a.as_str()) == parts(b.as_str())
}

fn matches(pattern: &Text, path: &[Byte]) -> bool {
    pattern.is_known()
        && glob::is_pattern(pattern.as_str().as_bytes())
        && glob::may_match(pattern.as_str().as_bytes(), path)
}

fn known(path: &str) -> Vec<Byte> {
    path.bytes().map(Byte::Is).collect()
}

/// The paths that rotated files of this path get: with the time behind the stem, and perhaps a number.
fn rotated(path: &str) -> Vec<Vec<Byte>> {
    let extension = Path::new(path).extension().map_or(0, |extension| extension.len() + 1);
    let (stem, extension) = path.split_at(path.len() - extension);
    let rotated = |behind: &str| {
        let stamp = behind.bytes().map(|byte| if byte == b'0' { Byte::Digit } else { Byte::Is(byte) });
        known(stem).into_iter().chain(stamp).chain(known(extension)).collect()
    };
    ["-00000000T000000Z", "-00000000T000000Z-0", "-00000000T000000Z-00"].map(rotated).into()
}

/// The parts of a path, without those that mean nothing.
fn parts(path: &str) -> Vec<&str> {
    let root = if path.starts_with('/') { "/" } else { "" };
    std::iter::once(root).chain(path.split('/').filter(|part| !matches!(*part, "" | "."))).collect()
}
