//! Going back to the place where an earlier run was.

use std::fs::{self, OpenOptions};
use std::path::PathBuf;

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
    pub(in super::super) fn go_back(&mut self, place: &Place) -> Result<Resumed, SinkError> {
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
                bytes += self.cut_current(place.len())?;
                self.current(now)?.since = place.since();
            }
            Held::Less(bytes) => return Ok(Resumed::Short { bytes }),
            Held::Nothing => {
                let Some(found) = self.find(place)? else { return Ok(Resumed::NotFound) };
                if !self.began_behind(place, found.is_rotated)? {
                    return Ok(Resumed::NotFound);
                }
                bytes += self.delete_behind(place, Some(&found))?;
                bytes += self.cut_current(0)?;
                bytes += cut(&found.file, place.len())
                    .map_err(|error| SinkError::system(Action::Cut, quoted(&found.path), error))?;
            }
        }
        // Whatever is put aside from now on must be found again from the same place.
        self.newest = self.newest.max(place.newest().unwrap_or(Stamp::FIRST));
        Ok(Resumed::Cut { bytes })
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

    /// Deletes the rotated files that were begun behind a place; returns how many bytes they had.
    fn delete_behind(&self, place: &Place, found: Option<&Elsewhere>) -> Result<u64, SinkError> {
        let mut bytes = 0;
        for later in self.list()?.into_iter().filter(|rotated| place.is_before(rotated.stamp)) {
            if found.is_none_or(|found| found.path != later.path) {
                let failed = |error| SinkError::system(Action::Delete, quoted(&later.path), error);
                bytes += fs::metadata(&later.path).map_err(failed)?.len();
                fs::remove_file(&later.path).map_err(failed)?;
                self.folder.changed();
            }
        }
        Ok(bytes)
    }

    /// Cuts the file at the path; returns how many bytes less it has.
    fn cut_current(&mut self, len: u64) -> Result<u64, SinkError> {
        let Some(current) = &self.current else { return Ok(0) };
        cut(current.file.file(), len).map_err(|error| self.failed(Action::Cut, error))
    }
}

/// Cuts a file, durably; returns how many bytes less it has.
fn cut(file: &fs::File, len: u64) -> std::io::Result<u64> {
    let more = file.metadata()?.len().saturating_sub(len);
    if more > 0 {
        file.set_len(len)?;
        file.sync_all()?;
    }
    Ok(more)
}
