//! What has changed since a checkpoint was saved, for a program that is killed while its machine goes on.
//!
//! Making a checkpoint durable takes the disk its time, so it is done once in a while. But what a process has written is there when
//! it is killed, durable or not. So what has changed is appended to a journal much more often, without waiting for the disk: after a
//! kill, that is the place to go on from. After a loss of power nothing is certain but what was saved; hence a journal names the boot
//! of the machine that it is of.
//!
//! A journal begins with all files, so none of them is looked up in a saved checkpoint. It goes on while checkpoints are saved, and
//! names each of them before it can be found: whoever finds one that the journal does not name knows that noting has failed since,
//! or that another program has saved it, and that the journal is the older one.
//!
//! The form is a line of text, the version of the form of marks (32 bits), the boot, and entries: the length (32 bits), the XXH3 hash
//! (64 bits), and [postcard](https://postcard.jamesmunns.com)'s form of an [`Entry`].

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize, Serializer};
use twox_hash::XxHash3_64;

use super::replace::{Disk as _, System, is_at, private, read_if};
use super::{Names, StoreError};
use crate::checkpoint::{self, Checkpoint, KnownFile};
use crate::mark::Mark;

/// The first line of a journal.
const MAGIC: &[u8] = b"lp journal 2\n";

/// A journal that has become larger than this, and than four times what it began with, is begun anew.
const MOST: u64 = 4 << 20;

/// In place of a checksum: no checkpoint is there.
pub(super) const NONE: u64 = 0;

/// What tells one boot of the machine from another.
type Boot = [u8; 36];

/// The journal of a [`Store`](super::Store), for the thread that writes, while another one saves.
#[derive(Clone, Debug)]
pub struct Journal(Arc<Mutex<State>>);

/// What has changed since a note before.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Change {
    /// Files by numbers that are theirs as long as the journal is written. `None` if one is not to be known any more.
    pub files: Vec<(u64, Option<KnownFile>)>,
    /// Sections by name. `None` if what was saved last is to hold.
    pub sections: BTreeMap<String, Option<Vec<u8>>>,
}

#[derive(Debug)]
struct State {
    path: PathBuf,
    /// A journal that is being begun.
    new: PathBuf,
    /// `None` where the system does not say which boot this is: then nothing can be noted.
    boot: Option<Boot>,
    /// The checksums of the saved checkpoints that may be found, the latest last; [`NONE`] among them.
    saved: Vec<u64>,
    /// What is appended to. `None` if the next note begins a journal.
    file: Option<Begun>,
}

#[derive(Debug)]
struct Begun {
    file: File,
    size: u64,
    /// The size at which it is begun anew.
    most: u64,
}

#[derive(Deserialize)]
enum Entry<'a> {
    /// From now on a saved checkpoint with this checksum may be found; it holds nothing that does not stand before.
    Saved(u64),
    Change {
        #[serde(borrow)]
        files: Vec<(u64, Option<checkpoint::File<'a, Mark>>)>,
        #[serde(borrow)]
        sections: BTreeMap<&'a str, Option<&'a [u8]>>,
    },
}

/// An entry as it is written: what [`Entry`] is, without lists of its own, as there may be many files.
#[derive(Serialize)]
enum WrittenEntry<'a> {
    Saved(u64),
    Change {
        #[serde(serialize_with = "serialize_files")]
        files: &'a [(u64, Option<KnownFile>)],
        sections: &'a BTreeMap<String, Option<Vec<u8>>>,
    },
}

/// What stands in a journal of this boot.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// The checksums of the saved checkpoints that it goes on from.
    saved: Vec<u64>,
    /// Boxed, as half of the room in a tree is free.
    files: BTreeMap<u64, Box<KnownFile>>,
    sections: BTreeMap<String, Vec<u8>>,
}

impl Journal {
    /// The journal for what follows the saved checkpoint with this checksum.
    pub(super) fn new(names: &Names, saved: u64) -> Self {
        let (path, new) = (names.journal.clone(), names.new_journal.clone());
        Self(Arc::new(Mutex::new(State { path, new, boot: boot(), saved: vec![saved], file: None })))
    }

    /// Notes what has changed since the last time: after a kill, that is gone on from. It does not wait for the disk.
    ///
    /// If `change` is given `true`, all files are to be in it and all sections: a journal begins. That is so after a failure, too.
    ///
    /// # Errors
    ///
    /// If the system refuses. Then it is as it was noted before, or as it was saved last if that was later.
    pub fn note(&self, change: impl FnOnce(bool) -> Change) -> Result<(), StoreError> {
        let mut state = self.state();
        let begun = state.file.take().filter(|begun| begun.size < begun.most);
        let entry = framed(&WrittenEntry::of(&change(begun.is_none())))?;
        let begun = match begun {
            None => state.begin(&entry),
            Some(begun) => begun.append(&entry),
        };
        state.file = Some(begun.map_err(|error| StoreError::system("write", &state.path, error))?);
        Ok(())
    }

    /// A checkpoint with this checksum is about to be saved. Unless all of it is noted, what was noted counts only until it is found.
    pub(super) fn saving(&self, checksum: u64, is_noted: bool) {
        let mut state = self.state();
        // While attempts fail, those before stay, and nobody knows of the last ones.
        while state.saved.len() >= 16 {
            state.saved.remove(2);
        }
        state.saved.push(checksum);
        let path = state.path.clone();
        // If somebody has removed it, or this fails, the checkpoint is found and the journal does not count: it is begun anew.
        let begun = state.file.take().filter(|begun| is_noted && is_at(&begun.file, &path));
        let entry = framed(&WrittenEntry::Saved(checksum)).ok();
        state.file = begun.zip(entry).and_then(|(begun, entry)| begun.append(&entry).ok());
    }

    /// The last checkpoint has been saved. It is found, or the one before if it gets damaged.
    pub(super) fn saved(&self) {
        let mut state = self.state();
        // Who removes all that was saved wants to begin anew.
        if state.saved.contains(&NONE) {
            state.saved.retain(|&saved| saved != NONE);
            state.file = None;
        }
        let older = state.saved.len().saturating_sub(2);
        state.saved.drain(..older);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Begins a journal with this entry. The one before is there until the new one is.
    fn begin(&self, entry: &[u8]) -> io::Result<Begun> {
        let Some(boot) = &self.boot else {
            let why = "this system does not tell one start of the machine from the next";
            return Err(io::Error::new(io::ErrorKind::Unsupported, why));
        };
        let mut bytes = header(boot);
        for saved in &self.saved {
            bytes.extend(framed(&WrittenEntry::Saved(*saved)).map_err(io::Error::other)?);
        }
        System.remove(&self.new)?;
        // Never what is there already, which may be a link or a pipe that somebody else has put there.
        let mut file = private().create_new(true).open(&self.new)?;
        file.write_all(&bytes)
            .and_then(|()| file.write_all(entry))
            .and_then(|()| System.rename(&self.new, &self.path))
            .inspect_err(|_| {
                // The next attempt or the next start does it, if it cannot be done.
                let _ = System.remove(&self.new);
            })?;
        let size = (bytes.len() + entry.len()) as u64;
        Ok(Begun { file, size, most: MOST.max(size.saturating_mul(4)) })
    }
}

impl Begun {
    /// If this fails, there may be a part of the entry, and nothing must follow it.
    fn append(mut self, entry: &[u8]) -> io::Result<Self> {
        self.file.write_all(entry)?;
        self.size += entry.len() as u64;
        Ok(self)
    }
}

impl<'a> WrittenEntry<'a> {
    fn of(change: &'a Change) -> Self {
        Self::Change { files: &change.files, sections: &change.sections }
    }

    /// Room for most of them as they are written.
    fn room(&self) -> usize {
        let Self::Change { files, sections } = self else { return 0 };
        let of_file = |file: &KnownFile| checkpoint::File::ROOM + file.path.as_os_str().len();
        let files: usize = files.iter().map(|(_, file)| file.as_ref().map_or(0, of_file)).sum();
        let sections = sections.iter().map(|(name, section)| name.len() + section.as_ref().map_or(0, Vec::len));
        files + sections.sum::<usize>()
    }
}

fn serialize_files<S: Serializer>(files: &[(u64, Option<KnownFile>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(files.iter().map(|(number, file)| (number, file.as_ref().map(checkpoint::File::of))))
}

impl Noted {
    /// What stands in the journal at this path, if that is one of this boot, and what it goes on from, of which `goes_on` is told the
    /// checksums, is what is wanted.
    pub(super) fn read(path: &Path, goes_on: impl Fn(&[u64]) -> bool) -> Option<Self> {
        Self::read_of(path, &boot()?, goes_on)
    }

    fn read_of(path: &Path, boot: &Boot, goes_on: impl Fn(&[u64]) -> bool) -> Option<Self> {
        let bytes = read_if(path, MAGIC).ok()?;
        let mut entries = bytes.strip_prefix(header(boot).as_slice())?;
        // Mostly it does not: the run was stopped, and saved more than was noted. What thousands of files take is not read for that.
        if !goes_on(&saved_in(entries)) {
            return None;
        }
        let mut noted = Self::default();
        // What was killed half-way ends it.
        while let Some((entry, rest)) = split_entry(entries)
            && noted.take(entry).is_some()
        {
            entries = rest;
        }
        goes_on(&noted.saved).then_some(noted)
    }

    fn take(&mut self, entry: &[u8]) -> Option<()> {
        match postcard::from_bytes(entry).ok()? {
            Entry::Saved(checksum) => self.saved.push(checksum),
            Entry::Change { files, sections } => {
                for (number, file) in files {
                    match file {
                        Some(file) => drop(self.files.insert(number, Box::new(file.known().ok()?))),
                        None => drop(self.files.remove(&number)),
                    }
                }
                for (name, section) in sections {
                    match section {
                        Some(section) => drop(self.sections.insert(name.to_owned(), section.to_owned())),
                        None => drop(self.sections.remove(name)),
                    }
                }
            }
        }
        Some(())
    }

    /// As it was noted; sections that were not, as they were saved.
    pub(super) fn after(self, saved: Option<Checkpoint>) -> Checkpoint {
        let mut sections = saved.map(|saved| saved.sections).unwrap_or_default();
        sections.extend(self.sections);
        Checkpoint { files: self.files.into_values().map(|file| *file).collect(), sections }
    }
}

fn header(boot: &Boot) -> Vec<u8> {
    [MAGIC, &Checkpoint::VERSION.to_le_bytes(), boot].concat()
}

fn framed(entry: &WrittenEntry<'_>) -> Result<Vec<u8>, StoreError> {
    /// Of the length, as 32 bits, and the hash.
    const HEAD: usize = size_of::<u32>() + size_of::<u64>();
    let failed = |error: io::Error| StoreError::system("note", Path::new("a change"), error);
    let mut bytes = Vec::with_capacity(HEAD + entry.room());
    bytes.resize(HEAD, 0);
    let mut bytes = postcard::to_extend(entry, bytes).map_err(|error| failed(io::Error::other(error)))?;
    let (head, body) = bytes.split_at_mut(HEAD);
    let len = u32::try_from(body.len()).map_err(|error| failed(io::Error::other(error)))?;
    head[..size_of::<u32>()].copy_from_slice(&len.to_le_bytes());
    head[size_of::<u32>()..].copy_from_slice(&XxHash3_64::oneshot(body).to_le_bytes());
    Ok(bytes)
}

/// The first entry, if it is whole, and what follows it.
fn split_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (hash, rest) = rest.split_first_chunk()?;
    let (body, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    (XxHash3_64::oneshot(body) == u64::from_le_bytes(*hash)).then_some((body, rest))
}

/// The checksums of the saved checkpoints in these entries.
fn saved_in(mut entries: &[u8]) -> Vec<u64> {
    /// What [`Entry`] is, but for its contents.
    #[derive(Deserialize)]
    enum Kind {
        Saved(u64),
        Change,
    }
    let mut found = Vec::new();
    while let Some((entry, rest)) = split_entry(entries) {
        match postcard::take_from_bytes(entry) {
            Ok((Kind::Saved(saved), _)) => found.push(saved),
            Ok((Kind::Change, _)) => {}
            Err(_) => break,
        }
        entries = rest;
    }
    found
}

/// Which boot of the machine this is.
fn boot() -> Option<Boot> {
    fs::read("/proc/sys/kernel/random/boot_id").ok()?.get(..36)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Option<Noted> {
        Noted::read(path, |_| true)
    }

    fn section(number: u8) -> Change {
        Change { sections: [("n".to_owned(), Some(vec![number]))].into(), ..Change::default() }
    }

    fn file(number: u8) -> KnownFile {
        let mark = Mark {
            device: 1,
            inode: number.into(),
            beginning: crate::Beginning::default(),
            probe: crate::Probe::default(),
            position: 0,
            size: 0,
            created: None,
            modified: None,
            empty_at: None,
        };
        KnownFile { path: PathBuf::from(format!("{number}.log")).into(), mark }
    }

    /// Of a journal after this saved checkpoint, in a folder.
    fn begun(saved: u64) -> (tempfile::TempDir, Journal, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let names = Names::beside(folder.path().join("checkpoint"));
        (folder, Journal::new(&names, saved), names.journal)
    }

    fn numbered(noted: &Noted) -> Option<u8> {
        noted.sections.get("n").map(|section| section[0])
    }

    #[test]
    fn the_last_note_is_found_however_it_ends() {
        let (_folder, journal, path) = begun(7);
        assert!(read(&path).is_none());
        let mut ends = Vec::new();
        for number in 0..3 {
            journal.note(|is_all| section(number + u8::from(is_all != (number == 0)))).unwrap();
            ends.push(fs::metadata(&path).unwrap().len());
        }
        let header = header(&boot().unwrap()).len() as u64;
        for len in (header..=ends[2]).rev() {
            File::options().write(true).open(&path).unwrap().set_len(len).unwrap();
            let noted = read(&path).unwrap();
            let whole = ends.iter().filter(|end| **end <= len).count();
            assert_eq!(numbered(&noted), whole.checked_sub(1).map(|last| last as u8), "{len}");
            assert!(Noted::read(&path, |saved| saved.contains(&8)).is_none());
        }
    }

    #[test]
    fn files_and_sections_come_change_and_go() {
        let (_folder, journal, path) = begun(0);
        let known = |numbers: &[(u64, u8)]| numbers.iter().map(|&(at, number)| (at, Some(file(number)))).collect();
        let all = Change { files: known(&[(0, 1), (1, 2), (2, 3)]), ..section(1) };
        journal.note(|_| all).unwrap();
        let gone = Change { files: vec![(0, None), (1, Some(file(5)))], sections: [("n".to_owned(), None)].into() };
        journal.note(|_| gone).unwrap();
        let saved = Checkpoint {
            files: vec![file(9)],
            sections: [("n".to_owned(), vec![8]), ("m".to_owned(), vec![9])].into(),
        };
        let expected = Checkpoint { files: vec![file(5), file(3)], sections: saved.sections.clone() };
        assert_eq!(read(&path).unwrap().after(Some(saved)), expected);
    }

    /// What is noted while a checkpoint is saved is found with either.
    #[test]
    fn it_goes_on_while_a_checkpoint_is_saved() {
        let (_folder, journal, path) = begun(1);
        journal.note(|_| section(1)).unwrap();
        journal.saving(2, true);
        journal.note(|is_all| section(if is_all { 0 } else { 2 })).unwrap();
        journal.saved();
        let noted = read(&path).unwrap();
        assert_eq!((numbered(&noted), noted.saved), (Some(2), vec![1, 2]));
        // A journal that is begun later follows what may be found then.
        journal.saving(3, true);
        journal.saved();
        journal.state().file = None;
        journal.note(|is_all| section(if is_all { 3 } else { 0 })).unwrap();
        let noted = read(&path).unwrap();
        assert_eq!((numbered(&noted), noted.saved), (Some(3), vec![2, 3]));
    }

    #[test]
    fn saves_that_fail_do_not_end_it() {
        let (_folder, journal, path) = begun(1);
        journal.note(|_| section(1)).unwrap();
        for attempt in 2..100 {
            journal.saving(attempt, true);
        }
        journal.state().file = None;
        journal.note(|_| section(2)).unwrap();
        assert!(read(&path).unwrap().saved.contains(&1) && journal.state().saved.len() == 16);
    }

    /// Somebody has removed it: what is saved then is the latest that can be found.
    #[test]
    fn one_that_is_gone_is_begun_anew() {
        let (_folder, journal, path) = begun(1);
        journal.note(|_| section(1)).unwrap();
        fs::remove_file(&path).unwrap();
        journal.saving(2, true);
        journal.note(|is_all| section(if is_all { 2 } else { 0 })).unwrap();
        assert_eq!(numbered(&read(&path).unwrap()), Some(2));
    }

    #[test]
    fn another_boot_knows_nothing() {
        let (_folder, journal, path) = begun(0);
        journal.note(|_| section(1)).unwrap();
        assert!(read(&path).is_some() && Noted::read_of(&path, &[b'x'; 36], |_| true).is_none());
        journal.state().boot = None;
        journal.state().file = None;
        assert!(journal.note(|_| section(1)).is_err());
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let (_folder, journal, path) = begun(0);
        let large = Change { sections: [("n".to_owned(), Some(vec![7; 60 << 10]))].into(), ..Change::default() };
        for _ in 0..200 {
            journal.note(|_| large.clone()).unwrap();
        }
        assert_eq!(numbered(&read(&path).unwrap()), Some(7));
        assert!(fs::metadata(&path).unwrap().len() <= MOST + (61 << 10));
    }
}
