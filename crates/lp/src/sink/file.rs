//! A file that is appended to and rotated.

mod resume;

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::append::Append;
use super::end::End;
use super::folder::Folder;
use super::keep::Returns;
use super::open::{open_regular, quoted};
use super::place::{Place, can_read};
use super::rotated::{Names, Rotated, Stamp};
use super::{Action, Block, Demand, Keep, Rotation, Sink, SinkError, SinkMark};

/// Whether the file is still at its path is looked at no more often than this.
const LOOK: Duration = Duration::from_secs(1);

/// A sink that writes a regular file. What holds for it stands at [`FileOptions::open`](super::FileOptions::open).
///
/// It has no buffer: blocks are large, and whoever reads the file while it grows wants to see the last record.
pub(super) struct File {
    path: PathBuf,
    /// The path for messages.
    name: String,
    create_dirs: bool,
    rotation: Option<Rotation>,
    names: Names,
    clock: Box<dyn Fn() -> SystemTime + Send>,
    /// `None` if the last one is gone and the next could not be opened. It is attempted again whenever it is needed.
    current: Option<Current>,
    /// When it was last seen that the file is at its path.
    looked: SystemTime,
    /// When rotated files are to be looked at for those to delete, unless there is a rotation before.
    next_deletion: Option<SystemTime>,
    /// The newest of the rotated files that there are or were, if the file is rotated. Names must not go back behind it, even
    /// where those files are deleted: a [`Place`] tells by them what came later.
    newest: Stamp,
    /// To where a next run may go back: what it needs for that is not deleted, whatever is to be kept.
    returns: Returns,
    /// How many rotated files wait for that to be deleted.
    waiting: usize,
    /// Whether nothing has been written since this run has ended.
    is_at_end: bool,
    folder: Arc<Folder>,
}

/// The file that is being written.
struct Current {
    /// Marks of it have it, too, to make it durable on other threads.
    file: Append<Arc<fs::File>>,
    end: End,
    identity: Identity,
    /// When the first of what is in it was written.
    since: SystemTime,
}

impl Current {
    /// The place at its end; `None` if the file may only be written.
    fn place(&mut self, path: &Path, newest: Option<Stamp>) -> io::Result<Option<Place>> {
        if let Some(place) = self.end.place(self.since, newest) {
            return Ok(Some(place));
        }
        if !can_read(self.file.file()) {
            return Ok(None);
        }
        loop {
            let size = self.file.size()?;
            match Place::at(size, self.file.file(), path, self.since, newest) {
                // Somebody has just cut it.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                Err(error) => return Err(error),
                Ok(place) => {
                    self.end.read(place.clone());
                    return Ok(Some(place));
                }
            }
        }
    }
}

impl File {
    pub(super) fn open(
        path: &Path,
        create_dirs: bool,
        rotation: Option<Rotation>,
        clock: Box<dyn Fn() -> SystemTime + Send>,
    ) -> Result<Self, SinkError> {
        let now = clock();
        let names = Names::new(path);
        let folder = Arc::new(Folder::new(names.folder().to_owned()));
        let mut file = Self {
            path: path.to_owned(),
            name: quoted(path),
            create_dirs,
            rotation,
            names,
            clock,
            current: None,
            looked: now,
            next_deletion: None,
            newest: Stamp::FIRST,
            returns: Returns::default(),
            waiting: 0,
            is_at_end: false,
            folder,
        };
        // What is too old already goes at the first tick.
        file.next_deletion = file.keep().map(|_| UNIX_EPOCH);
        file.reopen(now)?;
        if rotation.is_some() {
            let folder = file.names.folder();
            file.names.check_folder().map_err(|error| SinkError::system(Action::RotateIn, quoted(folder), error))?;
            file.newest = file.list()?.last().map_or(Stamp::FIRST, |last| last.stamp);
        }
        Ok(file)
    }

    /// Opens what is at the path now, or creates it.
    fn reopen(&mut self, now: SystemTime) -> Result<&mut Current, SinkError> {
        // Its lock goes with it.
        self.current = None;
        let file = open_regular(&self.path, self.create_dirs, self.rotation.is_some())?;
        let metadata = file.metadata().map_err(|error| self.failed(Action::Open, error))?;
        self.looked = now;
        self.folder.changed();
        let since = oldest(&metadata, now);
        let (end, identity) = (End::new(metadata.len()), Identity::of(&metadata));
        Ok(self.current.insert(Current { file: Append::new(Arc::new(file)), end, identity, since }))
    }

    fn current(&mut self, now: SystemTime) -> Result<&mut Current, SinkError> {
        match self.current {
            Some(ref mut current) => Ok(current),
            None => self.reopen(now),
        }
    }

    /// Lets go of the file if it is not at its path any more.
    fn look(&mut self) -> Result<(), SinkError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        // As it was opened: a link is not followed if it might be renamed.
        let found = if self.rotation.is_some() { fs::symlink_metadata(&self.path) } else { fs::metadata(&self.path) };
        match found {
            Ok(metadata) if Identity::of(&metadata) == current.identity => {
                // Somebody may have cut it.
                current.end.seen(metadata.len());
                return Ok(());
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(self.failed(Action::Open, error)),
        }
        self.finish()?;
        self.current = None;
        Ok(())
    }

    /// The same, if it is time to.
    fn look_again(&mut self, now: SystemTime) -> Result<(), SinkError> {
        // After the clock was put back, too.
        if now.duration_since(self.looked).is_ok_and(|passed| passed < LOOK) {
            return Ok(());
        }
        self.look()?;
        self.looked = now;
        Ok(())
    }

    /// Before the file is somebody else's: nothing torn is left in it, and it is durable, which nobody else will see to.
    fn finish(&mut self) -> Result<(), SinkError> {
        if let Some(current) = &mut self.current {
            // If it cannot be mended it never will be; what was torn is written to the next file.
            let _ = current.file.size();
            let synced = current.file.file().sync_data();
            synced.map_err(|error| self.failed(Action::Sync, error))?;
        }
        Ok(())
    }

    /// Puts the file aside and begins a new one.
    fn rotate(&mut self, now: SystemTime) -> Result<(), SinkError> {
        // What is at the path must be what is meant.
        self.look()?;
        if self.current.is_some() {
            self.finish()?;
            let stamp = self.names.put_aside(&self.path, now, self.newest);
            // Whether or not it has: a name may have been made for it.
            self.folder.changed();
            self.newest = stamp.map_err(|error| self.failed(Action::Rotate, error))?;
            // At the next tick, if it cannot be done now.
            self.next_deletion = self.keep().map(|_| UNIX_EPOCH);
        }
        self.reopen(now)?;
        self.delete_old(now)
    }

    /// Deletes the rotated files that are not to be kept any longer.
    fn delete_old(&mut self, now: SystemTime) -> Result<(), SinkError> {
        let Some(keep) = self.keep() else { return Ok(()) };
        let sorted = keep.sort(self.list()?, now);
        let mut result = Ok(());
        let (needed, delete): (Vec<_>, _) = sorted.delete.into_iter().partition(|file| self.returns.need(file.stamp));
        // No place will be behind what somebody has dated to the future, before there are newer files.
        self.waiting = needed.iter().filter(|file| file.stamp <= self.newest).count();
        for file in delete {
            match fs::remove_file(&file.path) {
                // One that cannot be deleted does not save the others.
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    result = Err(SinkError::system(Action::Delete, quoted(&file.path), error));
                }
                _ => {}
            }
        }
        if result.is_ok() {
            self.next_deletion = sorted.next;
        }
        result
    }

    /// The rotated files, the oldest first.
    fn list(&self) -> Result<Vec<Rotated>, SinkError> {
        self.names.list().map_err(|error| SinkError::system(Action::List, quoted(self.names.folder()), error))
    }

    fn keep(&self) -> Option<Keep> {
        self.rotation.and_then(|rotation| rotation.kept())
    }

    fn failed(&self, action: Action, error: io::Error) -> SinkError {
        SinkError::system(action, &self.name, error)
    }

    /// The size of the file, with whether it has reached its age.
    fn state(&mut self, now: SystemTime) -> Result<(u64, bool), SinkError> {
        let rotation = self.rotation;
        let current = self.current(now)?;
        // A clock that was put back must not keep the file from becoming old.
        current.since = current.since.min(now);
        let since = current.since;
        let size = current.file.size().map_err(|error| self.failed(Action::Write, error))?;
        Ok((size, size > 0 && rotation.is_some_and(|rotation| rotation.is_due(since, now))))
    }
}

impl Sink for File {
    fn parts_blocks(&self) -> bool {
        self.rotation.is_some()
    }

    fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError> {
        let now = (self.clock)();
        self.look_again(now)?;
        self.is_at_end &= block.is_empty();
        while !block.is_empty() {
            let (size, is_due) = self.state(now)?;
            if is_due {
                self.rotate(now)?;
                continue;
            }
            let header = if size == 0 { block.header() } else { &[] };
            let room = self.rotation.map_or(u64::MAX, |rotation| rotation.room(size + header.len() as u64));
            let mut part = block.fitting(room);
            if part.is_empty() {
                if size > 0 {
                    self.rotate(now)?;
                    continue;
                }
                // Larger than any file may be: it gets one of its own.
                part = block.first();
            }
            let current = self.current(now)?;
            if size == 0 {
                current.since = now;
            }
            let appended = current.file.append([header, part]).map(|before| current.end.append(before, [header, part]));
            appended.map_err(|error| self.failed(Action::Write, error))?;
            block.advance(part.len());
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    fn sync(&mut self) -> Result<(), SinkError> {
        // Files that were put aside are durable already.
        if let Some(current) = &self.current {
            current.file.file().sync_data().map_err(|error| self.failed(Action::Sync, error))?;
        }
        self.folder.sync()?;
        self.is_at_end = true;
        Ok(())
    }

    fn mark(&mut self) -> Result<Option<SinkMark>, SinkError> {
        let now = (self.clock)();
        // A file that somebody has moved away is made durable and left, so that the place is at the path; until that is seen,
        // the place is in the file that is still written.
        self.look_again(now)?;
        let newest = self.rotation.map(|_| self.newest);
        self.current(now)?;
        let Some(current) = &mut self.current else { return Ok(None) };
        let failed = |error| SinkError::system(Action::Mark, &self.name, error);
        let Some(place) = current.place(&self.path, newest).map_err(failed)? else { return Ok(None) };
        let place = place.with_end(self.is_at_end);
        let file = Arc::clone(current.file.file());
        let (folder, name) = (Arc::clone(&self.folder), self.name.clone());
        let sync = move || {
            file.sync_data().map_err(|error| SinkError::system(Action::Sync, name, error))?;
            folder.sync()
        };
        Ok(Some(SinkMark::new(place.to_bytes().map_err(failed)?, sync)))
    }

    fn kept(&mut self, place: Option<&[u8]>) {
        self.returns.add(place.and_then(Place::from_bytes).and_then(|place| place.newest()));
        if self.waiting > 0 {
            // At the next tick.
            self.next_deletion = Some(UNIX_EPOCH);
        }
    }

    fn demand(&self) -> Demand {
        self.keep().map_or(Demand::Nothing, |keep| keep.demand(self.waiting))
    }

    fn tick(&mut self, now: SystemTime) -> Result<(), SinkError> {
        self.look_again(now)?;
        let (_, is_due) = self.state(now)?;
        if is_due {
            return self.rotate(now);
        }
        if self.next_deletion.is_some_and(|next| next <= now) {
            self.delete_old(now)?;
        }
        Ok(())
    }
}

/// When the oldest of what is in a file may have been written: not after its last change, and not before its creation,
/// which not every file system tells of.
fn oldest(metadata: &Metadata, now: SystemTime) -> SystemTime {
    [metadata.created(), metadata.modified()].into_iter().flatten().fold(now, SystemTime::min)
}

/// What tells one file from another.
#[derive(PartialEq, Eq)]
struct Identity(#[cfg(unix)] (u64, u64));

impl Identity {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self((metadata.dev(), metadata.ino()))
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self()
    }
}

#[cfg(test)]
mod tests;
