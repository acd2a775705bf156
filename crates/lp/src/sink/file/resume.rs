//! Going back to the place where an earlier run was.

use std::fs::{self, OpenOptions};
use std::io::{self, Seek as _, SeekFrom};
use std::path::PathBuf;

use super::super::keep::Returns;
use super::super::open::{lock, quoted};
use super::super::place::{Held, Place, Resumed};
use super::super::rotated::Stamp;
use super::super::{Action, SinkError};
use super::File;

/// The file of a place, if it is not at its path any more.
struct Elsewhere {
    file: fs::File,
    path: PathBuf,
    /// Whether lp has put it aside, and nobody else.
    is_rotated: bool,
}

impl File {
    /// Takes away what was written behind a place. The file at the path has just been opened.
    ///
    /// The file of the place is cut where it is, under whatever name in the folder: a rotated one stays a rotated one, only
    /// shorter. What was begun behind the place, rotated files and the one at the path, holds nothing else: the first are
    /// deleted, the last is emptied. None of that keeps the file of the place from being found again, so whoever is
    /// interrupted can begin anew.
    ///
    /// All that is true of what a crash leaves. Where a run has ended nothing of it is behind the place, and what is there is
    /// not written again: before it is taken away it is put into files of its own, or gets a name of its own.
    pub(in super::super) fn go_back(&mut self, place: &Place) -> Result<Resumed, SinkError> {
        self.returns = Returns::unknown();
        if !place.is_for(&self.path) {
            return Ok(Resumed::NotFound);
        }
        let now = (self.clock)();
        let current = self.current(now)?.file.file();
        let held = place.held_by(current).map_err(|error| self.failed(Action::Open, error))?;
        let mut bytes = 0;
        match held {
            Held::All => {
                bytes += self.delete_behind(place, None)?;
                bytes += self.cut_current_to(place.len(), place.is_end())?;
                self.current(now)?.since = place.since();
            }
            Held::Less(bytes) => return Ok(Resumed::Short { bytes }),
            Held::Nothing => {
                let Some(found) = self.find(place)? else { return Ok(Resumed::NotFound) };
                if !self.began_behind(place, found.is_rotated)? {
                    return Ok(Resumed::NotFound);
                }
                bytes += self.delete_behind(place, Some(&found))?;
                bytes += self.cut_current_to(0, place.is_end())?;
                bytes += self.cut(&found.file, place.len(), place.is_end(), quoted(&found.path))?;
            }
        }
        // Whatever is put aside from now on must be found again from the same place.
        self.newest = self.newest.max(place.newest().unwrap_or(Stamp::FIRST));
        Ok(if place.is_end() && bytes > 0 { Resumed::SetAside { bytes } } else { Resumed::Cut { bytes } })
    }

    /// Looks for the file of a place under the other names in the folder.
    fn find(&self, place: &Place) -> Result<Option<Elsewhere>, SinkError> {
        let failed = |error| SinkError::system(Action::List, quoted(self.names.folder()), error);
        for entry in fs::read_dir(self.names.folder()).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let is_rotated = self.names.is_rotated(&entry.file_name());
            // One that is gone meanwhile is none.
            let may_be = entry.metadata().is_ok_and(|metadata| metadata.is_file() && place.may_be_in(&metadata));
            if !may_be || !is_rotated && !place.tells_apart() {
                continue;
            }
            let path = entry.path();
            // What cannot be read is not known to be the one; what somebody else writes is his.
            let Ok(file) = OpenOptions::new().read(true).write(true).open(&path) else { continue };
            if lock(&file) && place.held_by(&file).is_ok_and(|held| held == Held::All) {
                return Ok(Some(Elsewhere { file, path, is_rotated }));
            }
        }
        Ok(None)
    }

    /// Whether all that is in the file at the path was written behind a place whose file was put aside, by lp or by others.
    ///
    /// It was if it was created later, by lp or for it. Somebody may also have put a file of his own there: it is not
    /// touched if it is older, or if that cannot be told and lp has not made room for it.
    fn began_behind(&mut self, place: &Place, is_rotated: bool) -> Result<bool, SinkError> {
        let now = (self.clock)();
        let metadata = self.current(now)?.file.file().metadata();
        let metadata = metadata.map_err(|error| self.failed(Action::Open, error))?;
        Ok(metadata.len() == 0 || place.is_older_than(&metadata).unwrap_or(is_rotated))
    }

    /// Deletes the rotated files that were begun behind a place, or sets them aside; returns how many bytes they had.
    fn delete_behind(&self, place: &Place, found: Option<&Elsewhere>) -> Result<u64, SinkError> {
        let mut bytes = 0;
        for later in self.list()?.into_iter().filter(|rotated| place.is_before(rotated.stamp)) {
            if found.is_none_or(|found| found.path != later.path) {
                let failed = |error| SinkError::system(Action::Delete, quoted(&later.path), error);
                bytes += fs::metadata(&later.path).map_err(failed)?.len();
                if place.is_end() {
                    let (_, name) = self.reserve_behind()?;
                    fs::rename(&later.path, name).map_err(failed)?;
                } else {
                    fs::remove_file(&later.path).map_err(failed)?;
                }
                self.folder.changed();
            }
        }
        Ok(bytes)
    }

    /// Cuts the file at the path; returns how many bytes less it has.
    fn cut_current_to(&mut self, len: u64, is_kept: bool) -> Result<u64, SinkError> {
        let Some(current) = &self.current else { return Ok(0) };
        self.cut(current.file.file(), len, is_kept, self.name.clone())
    }

    /// Cuts a file, durably; returns how many bytes less it has. What is cut off is put into a file of its own if it is to be kept.
    fn cut(&self, file: &fs::File, len: u64, is_kept: bool, name: String) -> Result<u64, SinkError> {
        let more = || {
            let more = file.metadata()?.len().saturating_sub(len);
            if more > 0 {
                file.set_len(len)?;
                file.sync_all()?;
            }
            Ok(more)
        };
        if is_kept {
            self.copy_behind(file, len)?;
        }
        more().map_err(|error| SinkError::system(Action::Cut, name, error))
    }

    /// Copies what a file has from this byte on into a file of its own, durably, if it has anything.
    fn copy_behind(&self, mut file: &fs::File, from: u64) -> Result<(), SinkError> {
        let failed = |error| self.failed(Action::Cut, error);
        if file.metadata().map_err(failed)?.len() <= from {
            return Ok(());
        }
        let (mut copy, name) = self.reserve_behind()?;
        let mut copied = || {
            // Where the file is written to does not depend on where it is read, since all is appended.
            file.seek(SeekFrom::Start(from))?;
            io::copy(&mut file, &mut copy)?;
            copy.sync_all()
        };
        copied().map_err(|error| SinkError::system(Action::Write, quoted(&name), error))?;
        self.folder.changed();
        self.folder.sync()
    }

    /// A new file for what stood behind a place: beside the output, with the first number that is free.
    fn reserve_behind(&self) -> Result<(fs::File, PathBuf), SinkError> {
        let mut number = 1;
        loop {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".behind-{number}"));
            let name = PathBuf::from(name);
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            // As the output itself.
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
            match options.open(&name) {
                Ok(file) => return Ok((file, name)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(SinkError::system(Action::Open, quoted(&name), error)),
            }
        }
    }
}
