//! How the records of followed files are read: by the formats of their sources, or as their beginnings tell.

use std::sync::Arc;

use lp_core::format::detect;
use lp_tail::{Beginning, FileId, Start, Tail};

use super::file::File;
use super::paths::Paths;
use crate::error::Refused;
use crate::reading::{Chooser, Reading};
use crate::source::Own;

/// How the files of all sources are read.
pub(super) struct Formats<'a> {
    /// What the sources have of their own, and where files begin that are not known.
    sources: Vec<(Own, Start)>,
    chooser: Chooser<'a>,
    /// What was made ready for formats that were told from files of the sources of these numbers.
    told: Vec<(usize, Arc<Reading>)>,
}

impl<'a> Formats<'a> {
    pub(super) const fn new(sources: Vec<(Own, Start)>, chooser: Chooser<'a>) -> Self {
        Self { sources, chooser, told: Vec::new() }
    }

    /// Whether the files of the source of this number begin at their end.
    pub(super) fn begins_at_end(&self, source: usize) -> bool {
        self.sources.get(source).is_some_and(|(_, start)| *start == Start::End)
    }

    /// How the records of a file are read; `None` if it has no source.
    pub(super) fn reading(
        &mut self,
        followed: &mut File,
        file: FileId,
        paths: &mut Paths,
        tail: &mut Tail,
    ) -> Option<Result<Arc<Reading>, Refused>> {
        if let Some(reading) = followed.reading.as_ref().filter(|_| followed.is_settled) {
            return Some(Ok(Arc::clone(reading)));
        }
        let shows_identity = self.chooser.shows_identity();
        if !shows_identity && let Some(reading) = paths.reading(&followed.path) {
            followed.read_as(&reading, true);
            return Some(Ok(reading));
        }
        let (own, _) = self.sources.get(followed.source)?;
        let mut sample = Vec::new();
        if self.chooser.detects(own) {
            sample.resize(detect::SAMPLE, 0);
            // If it cannot be read now, there is nothing to tell the format from.
            let len = tail.read_at(file, &mut sample, 0).unwrap_or(0);
            sample.truncate(len);
        }
        let identity = if shows_identity { identity(tail, file) } else { String::new() };
        let reading = match self.chooser.choose_for(&followed.name(), &identity, own, &sample) {
            Ok(reading) => self.shared(followed.source, reading),
            Err(refused) => return Some(Err(refused)),
        };
        let is_told = is_told(&reading);
        followed.read_as(&reading, is_told || sample.len() == detect::SAMPLE);
        if is_told {
            paths.set_reading(&followed.path, &reading);
        }
        Some(Ok(reading))
    }

    /// Files of one source in one format are read alike, unless the output shows which file it is: thousands share what is ready.
    fn shared(&mut self, source: usize, reading: Arc<Reading>) -> Arc<Reading> {
        if reading.detected.is_none()
            || !is_told(&reading)
            || self.chooser.shows_identity()
            || self.chooser.shows_input()
        {
            return reading;
        }
        let is_same = |(of, known): &&(usize, Arc<Reading>)| *of == source && known.detected == reading.detected;
        if let Some((_, known)) = self.told.iter().find(is_same) {
            return Arc::clone(known);
        }
        self.told.push((source, Arc::clone(&reading)));
        reading
    }
}

/// A format that could not be told may be when there is more, as far as is looked at.
fn is_told(reading: &Reading) -> bool {
    reading.detected.as_ref().is_none_or(|detected| detected.first.is_some())
}

/// What tells a file from all others, for as long as its first line stands there: its inode, and the hash of that line.
fn identity(tail: &mut Tail, file: FileId) -> String {
    let mut first = [0; Beginning::MOST];
    let len = tail.read_at(file, &mut first, 0).unwrap_or(0);
    let line = first[..len].split_inclusive(|&byte| byte == b'\n').next().unwrap_or_default();
    let inode = tail.mark(file).map_or(0, |mark| mark.inode);
    format!("{inode:x}-{:016x}", Beginning::of(line).hash())
}
