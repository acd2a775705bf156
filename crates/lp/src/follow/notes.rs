//! Notes what changes between two checkpoints, for the case that the process is killed, which takes nothing from what it has written.
//!
//! After each chunk, or nearly so, the places of the files and the outputs that have changed are noted, without waiting for the disk:
//! so a process that is killed loses nothing that it has written and writes nothing twice, however many files there are.
//!
//! What stages have gathered is noted with that if it is small. If it is large, what was saved of it before is gone on from after a
//! kill, though files and outputs have gone further: such a stage does not know of the last second's records. It counts them not, may
//! tell again what it told of them, and one that leaves records out may let some through that it had left out.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use lp_tail::{Change, Checkpoint, Journal, KnownFile, StoreError};

use super::keeper::{KeepError, Shared, Snapshot, lock};
use super::marks::Marks;
use super::{output_section, stage_section};
use crate::clock;
use crate::sink::SinkMark;
use crate::stages::Gathered;

/// Notes what changes.
pub(crate) struct Notes {
    store: Shared,
    journal: Journal,
    /// What was noted last of outputs and stages; `None` if what is saved is to hold.
    sections: BTreeMap<String, Option<Vec<u8>>>,
    /// How many changes there had been when they were noted; `None` if that is not so yet or has failed.
    noted: Option<u64>,
    /// When that was.
    last: Instant,
    /// Before this nothing is noted: it was much work.
    next: Instant,
    is_failing: bool,
}

/// What came of noting.
pub(crate) struct Told {
    pub(crate) noted: Result<(), StoreError>,
    /// Whether it has been otherwise.
    pub(crate) is_news: bool,
}

impl Notes {
    /// Notes take at most this share of a core, as long as that does not make them wait for longer than this.
    const SHARE: u32 = 100;
    const LONGEST: Duration = Duration::from_millis(250);

    /// While chunks come one after the other, not after each of them.
    const EVERY: Duration = Duration::from_millis(5);

    /// How long after a failure it is tried again.
    const AGAIN: Duration = Duration::from_secs(1);

    pub(super) fn new(store: Shared) -> Self {
        let (journal, now) = (lock(&store).journal(), Instant::now());
        let sections = BTreeMap::new();
        Self { store, journal, sections, noted: None, last: now, next: now, is_failing: false }
    }

    /// Whether the checkpoint that a run goes on from holds all outputs and files as they are in this snapshot, its first: then it
    /// does as well.
    pub(crate) fn goes_on_at(resumed: &Checkpoint, snapshot: &Snapshot) -> bool {
        let Checkpoint { files, sections } = resumed;
        fn what(file: &KnownFile) -> (&Path, u64, u64) {
            (&file.path, file.mark.inode, file.mark.position)
        }
        let known: BTreeSet<_> = files.iter().map(what).collect();
        let is_there = |(name, mark): &(String, SinkMark)| {
            sections.get(&output_section(name)).is_some_and(|place| place == mark.place())
        };
        snapshot.files.iter().all(|file| known.contains(&what(file))) && snapshot.outputs.iter().all(is_there)
    }

    /// Keeps the first checkpoint of a run, of the moment before anything is written.
    pub(crate) fn begin(&self, snapshot: Snapshot) -> Result<Checkpoint, KeepError> {
        let checkpoint = snapshot.into_checkpoint()?;
        lock(&self.store).save(&checkpoint)?;
        Ok(checkpoint)
    }

    /// Whether it is time to, after so many changes; nothing else is being written if `is_idle`.
    pub(crate) fn is_due(&self, changes: u64, is_idle: bool) -> bool {
        if self.noted == Some(changes) {
            return false;
        }
        let now = Instant::now();
        // The first one comes before the first record is written.
        now >= self.next && (is_idle || self.noted.is_none() || now - self.last >= Self::EVERY)
    }

    /// When it is next time to, while something is being written.
    pub(crate) fn next(&self) -> Instant {
        self.next.max(self.last + Self::EVERY)
    }

    /// Notes what has changed, after so many changes. The thread had [worked](clock::worked) for so long when it began to look it up.
    pub(crate) fn note(
        &mut self,
        marks: &mut Marks,
        outputs: &[(String, SinkMark)],
        gathered: Vec<Gathered>,
        changes: u64,
        begun: Duration,
    ) -> Told {
        let mut changed = BTreeMap::new();
        let mut note = |name: String, bytes: Option<&[u8]>| {
            if self.sections.get(&name).map(Option::as_deref) != Some(bytes) {
                changed.insert(name.clone(), bytes.map(<[u8]>::to_vec));
                self.sections.insert(name, bytes.map(<[u8]>::to_vec));
            }
        };
        for (name, mark) in outputs {
            note(output_section(name), Some(mark.place()));
        }
        for (name, state) in &gathered {
            note(stage_section(name), state.as_deref());
        }
        let noted = self.journal.note(|is_all| Change {
            files: marks.changed(is_all),
            sections: if is_all { self.sections.clone() } else { changed },
        });
        self.last = Instant::now();
        self.noted = noted.is_ok().then_some(changes);
        self.next = self.last
            + match &noted {
                Ok(()) => (clock::worked().saturating_sub(begun) * Self::SHARE).min(Self::LONGEST),
                Err(error) if is_for_ever(error) => Duration::from_secs(u32::MAX.into()),
                Err(_) => Self::AGAIN,
            };
        let is_news = std::mem::replace(&mut self.is_failing, noted.is_err()) != noted.is_err();
        Told { noted, is_news }
    }
}

/// Whether trying again is of no use.
fn is_for_ever(error: &StoreError) -> bool {
    matches!(error, StoreError::System { source, .. } if source.kind() == io::ErrorKind::Unsupported)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use lp_tail::{Beginning, FileId, Mark, Probe, Store};

    use super::*;

    fn mark(position: u64) -> Mark {
        let (beginning, probe) = (Beginning::default(), Probe::default());
        let (created, modified, empty_at) = (None, None, None);
        Mark { device: 1, inode: 1, beginning, probe, position, size: 100, created, modified, empty_at }
    }

    /// After a kill, files and outputs are where they were; a stage that has gathered much is as it was saved.
    #[cfg(target_os = "linux")]
    #[test]
    fn much_that_a_stage_has_gathered_is_as_it_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let (mut store, _) = Store::open(folder.path().join("checkpoint")).unwrap();
        let large = vec![7; 100];
        let sections = [(stage_section("large"), large.clone()), (output_section("out"), vec![0])];
        store.save(&Checkpoint { files: Vec::new(), sections: sections.into() }).unwrap();
        let mut notes = Notes::new(std::sync::Arc::new(Mutex::new(store)));
        let mut marks = Marks::default();
        let file = FileId::new(1);
        marks.open(file, Path::new("a.log").into(), mark(0));
        for position in 1..4_u8 {
            marks.reach(file, mark(position.into()));
            let outputs = [("out".to_owned(), SinkMark::new(vec![position], || Ok(())))];
            let gathered = vec![("small".to_owned(), Some(vec![position])), ("large".to_owned(), None)];
            assert!(notes.is_due(position.into(), true) || position > 1);
            assert!(notes.note(&mut marks, &outputs, gathered, position.into(), clock::worked()).noted.is_ok());
            assert!(!notes.is_due(position.into(), true));
        }
        drop(notes);
        let (_, found) = Store::open(folder.path().join("checkpoint")).unwrap();
        let found = found.checkpoint.unwrap();
        assert_eq!(found.files.iter().map(|file| file.mark.position).collect::<Vec<_>>(), [3]);
        let expected =
            [(output_section("out"), vec![3]), (stage_section("large"), large), (stage_section("small"), vec![3])];
        assert_eq!(found.sections, expected.into());
    }
}
