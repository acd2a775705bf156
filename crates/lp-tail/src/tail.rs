//! The tail: what it knows, and what happens next.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::checkpoint::KnownFile;
use crate::descriptors::Descriptors;
use crate::displaced::Moves;
use crate::event::{Event, FileId};
use crate::failures::Failures;
use crate::file::FollowedFile;
use crate::folders::Folders;
use crate::group::Group;
use crate::look::Looks;
use crate::mark::Mark;
use crate::open_files::OpenFiles;
use crate::place::{Aside, Place};
use crate::resume::is_gone;
use crate::retired::Retired;
use crate::system::{self, Identity};
use crate::unread::RotatedNames;
use crate::wait::{Wait, Waker};
use crate::watch::{News, Watches};

/// Room for so many events is kept.
const EVENTS: usize = 256;

/// How a [`Tail`] looks at the files.
#[derive(Clone, Copy, Debug)]
pub struct TailOptions {
    /// The most files that are open at a time. No more than half of what the system lets the process have open at the beginning.
    pub open_files: usize,
    /// How often the folders are looked through, whatever the system tells of changes.
    pub look_every: Duration,
    /// The least time between two readings of what comes in little by little. After one that has brought much (16 KiB) it is
    /// sixteen times as long, so that a busy file is read in larger pieces, which share what each of them costs.
    pub pause: Duration,
    /// A file that is not at its path any more is closed when nothing has been written to it for so long; one that has been deleted
    /// after a tenth of that. If its last line is not complete, it is closed only if it has been deleted, and after all of that time.
    pub quiet: Duration,
}

impl Default for TailOptions {
    fn default() -> Self {
        Self {
            open_files: 512,
            look_every: Duration::from_millis(500),
            pause: Duration::from_millis(3),
            quiet: Duration::from_secs(300),
        }
    }
}

/// How often is looked where the system does not tell of changes; more seldom if there is much to look at.
const POLL: Duration = Duration::from_millis(250);

/// Follows files.
#[derive(Debug)]
pub struct Tail {
    pub(crate) groups: Vec<Group>,
    pub(crate) options: TailOptions,
    /// The paths that the patterns name.
    pub(crate) places: HashMap<Arc<Path>, Place>,
    /// Boxed, as half of the room in a tree is free.
    pub(crate) files: BTreeMap<FileId, Box<FollowedFile>>,
    /// Files that are read to their end, closed and still there.
    pub(crate) retired: HashMap<Identity, Retired>,
    /// Paths of files that are written by whoever follows.
    pub(crate) written: Vec<PathBuf>,
    /// Files that are not read.
    pub(crate) aside: HashMap<Identity, Aside>,
    /// Paths of which it has been told that they are compressed.
    pub(crate) compressed: HashSet<Arc<Path>>,
    /// Those of `files` that have not ended.
    pub(crate) by_identity: HashMap<Identity, FileId>,
    /// Which files wait until another one has been read to its end.
    pub(crate) followers: HashMap<FileId, Vec<FileId>>,
    pub(crate) next_id: u64,
    /// Files that may have something to read, in the order of their turns.
    pub(crate) ready: VecDeque<FileId>,
    pub(crate) events: VecDeque<Event>,
    /// A file of which the end has been told. It is still known until something else is told.
    leaving: Option<FileId>,
    pub(crate) descriptors: Descriptors,
    pub(crate) failures: Failures,
    pub(crate) looks: Looks,
    pub(crate) rotated_names: RotatedNames,
    pub(crate) folders: Folders,
    pub(crate) moves: Moves,
    pub(crate) watches: Watches,
    wait: Wait,
    /// Until when neither news nor files are read.
    pub(crate) rest_until: Instant,
    /// Files that a checkpoint knows and no group names.
    pub(crate) unclaimed: Vec<KnownFile>,
}

/// Why files cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TailError {
    /// The system gives no means to wait.
    #[error("cannot watch files")]
    System(#[source] io::Error),
}

/// A file that is followed, for those who want to know how far it is read.
#[derive(Clone, Debug)]
pub struct Followed<'a> {
    /// The file.
    pub file: FileId,
    /// The path at which it was found.
    pub path: &'a Arc<Path>,
    /// The number of its group.
    pub group: usize,
    /// Its size when it was last looked at, without NULs at its end: room that its writer has not used yet.
    pub size: u64,
    /// Up to where its bytes have been given out.
    pub position: u64,
}

impl Tail {
    /// Begins to follow these files. `known` is what a checkpoint says of them; a file that is among them goes on at its position,
    /// wherever it has been renamed to in its folder.
    ///
    /// # Errors
    ///
    /// If the system gives no means to wait. That a file is not there or cannot be read is no error; it is waited for.
    pub fn new(groups: Vec<Group>, known: Vec<KnownFile>, options: TailOptions) -> Result<Self, TailError> {
        Self::resume(groups, known, OpenFiles::default(), Vec::new(), options)
    }

    /// Goes on in the place of another tail of this process, with [what it had open](Self::into_open_files) and what has been kept of its
    /// files. One of them that is known goes on wherever it is, even if it has been deleted or moved to another folder. The others are closed.
    ///
    /// No files are followed that are at the paths of `written`, by whatever other name they are found: what is read is written to them, so
    /// there would be no end. It is told that they [cannot be read](Event::Failed).
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn resume(
        groups: Vec<Group>,
        known: Vec<KnownFile>,
        open: OpenFiles,
        written: Vec<PathBuf>,
        options: TailOptions,
    ) -> Result<Self, TailError> {
        let mut tail = Self {
            groups,
            options,
            places: HashMap::new(),
            files: BTreeMap::new(),
            retired: HashMap::new(),
            written,
            aside: HashMap::new(),
            compressed: HashSet::new(),
            by_identity: HashMap::new(),
            followers: HashMap::new(),
            next_id: 0,
            ready: VecDeque::new(),
            events: VecDeque::new(),
            leaving: None,
            descriptors: Descriptors::new(options.open_files),
            failures: Failures::default(),
            looks: Looks::new(),
            rotated_names: RotatedNames::default(),
            folders: Folders::default(),
            moves: Moves::default(),
            watches: Watches::new(),
            wait: Wait::new().map_err(TailError::System)?,
            unclaimed: Vec::new(),
            rest_until: Instant::now(),
        };
        if !tail.watches.are_had() {
            tail.options.look_every = tail.options.look_every.min(POLL);
        }
        tail.find_known(known, open);
        tail.unclaimed.retain(|file| !is_gone(file));
        tail.look_now();
        Ok(tail)
    }

    /// The files of the checkpoint that no group names, as far as they are still there: for whoever keeps them in the next ones, so that
    /// they are gone on with when a group names them again.
    #[must_use]
    pub fn unclaimed(&self) -> &[KnownFile] {
        &self.unclaimed
    }

    /// Whether something has happened that [`next`](Self::next) has not told yet. Then it tells that at once, and neither reads nor looks
    /// before.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.events.is_empty()
    }

    /// The files that are open now, for the tail that goes on in the place of this one. (No more than [`open_files`](TailOptions::open_files);
    /// of the others, the next one finds those that are where a known file is looked for.)
    ///
    /// What this one knows and [has not told](Self::has_news), no checkpoint says, and the next one must find out anew. So that is better
    /// taken before.
    #[must_use]
    pub fn into_open_files(self) -> OpenFiles {
        // One that has ended may not have been done with by whoever takes the bytes.
        let files = self.files.into_values();
        OpenFiles::new(files.filter_map(|file| file.handle.map(|handle| (file.identity, handle))))
    }

    /// What wakes this tail.
    #[must_use]
    pub fn waker(&self) -> Waker {
        self.wait.waker()
    }

    /// What happens next. Bytes are read into `buffer`; into an empty one, none are. Waits no longer than `wait`.
    ///
    /// Files take turns, so that one with much to read does not keep the others waiting; but a file that has taken the place of
    /// another is begun when that one has been read to its end.
    pub fn next(&mut self, buffer: &mut [u8], wait: Duration) -> Event {
        if let Some(file) = self.leaving.take() {
            self.forget(file);
        }
        let deadline = Instant::now().checked_add(wait);
        loop {
            // Before anything else, so that nobody is idle before the files are told that are there at the beginning.
            if let Some(event) = self.events.pop_front() {
                if let Event::Ended { file, .. } = event {
                    self.leaving = Some(file);
                }
                return event;
            }
            // There may have been one for each file.
            self.events.shrink_to(EVENTS);
            if self.wait.was_woken() {
                return Event::Idle;
            }
            let now = Instant::now();
            if now >= self.rest_until && self.listen() {
                self.rest_until = system::later(now, self.options.pause);
            }
            if now >= self.looks.pace.due() {
                self.look_now();
                continue;
            }
            let is_reading = !buffer.is_empty();
            if is_reading && let Some(event) = self.take_turn(buffer) {
                return event;
            }
            if !self.events.is_empty() {
                continue;
            }
            // The turns may have taken their time.
            let now = Instant::now();
            if deadline.is_some_and(|deadline| now >= deadline) {
                return Event::Idle;
            }
            if is_reading && !self.ready.is_empty() {
                continue;
            }
            let until = deadline.map_or(self.looks.pace.due(), |deadline| deadline.min(self.looks.pace.due()));
            if now < self.rest_until {
                self.wait.wait(None, until.min(self.rest_until).saturating_duration_since(now));
            } else {
                self.wait.wait(Some(&self.watches), until.saturating_duration_since(now));
            }
        }
    }

    /// Looks through the folders if it is time to, as [`look_now`](Self::look_now) does at any time. To be called now and then while nobody calls [`next`](Self::next), so that a file
    /// that is rotated meanwhile is not missed.
    pub fn look(&mut self) {
        self.listen();
        if Instant::now() >= self.looks.pace.due() {
            self.look_now();
        }
    }

    /// Gives out the bytes from `position` on once more, together with those behind them, as soon as there are more. (For those
    /// who cannot do anything with what they have been given before there is more of it, and do not want to keep it.) A position that
    /// has not been reached yet skips what is before it; one behind the end of the file is its end. Bytes before the position at which the file was opened, which have not been given
    /// out yet, are given out at once.
    pub fn seek(&mut self, file: FileId, position: u64) {
        if let Some(followed) = self.files.get_mut(&file)
            && !followed.ended
        {
            followed.seek(position);
            self.touch(file);
        }
    }

    /// Reads from a followed file at any position, without a change to what `next` gives. `Ok(0)` at its end, or if it is gone. A file that
    /// has [ended](Event::Ended) can still be read until the next call of [`next`](Self::next), if it is not gone.
    ///
    /// # Errors
    ///
    /// If the system cannot read it.
    pub fn read_at(&mut self, file: FileId, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        if !self.open_again(file)? {
            return Ok(0);
        }
        match self.files.get(&file).and_then(|file| file.handle.as_ref()) {
            Some(handle) => system::read_at(handle, buffer, position),
            None => Ok(0),
        }
    }

    /// What tells a followed file again, at the position up to which its bytes have been given out.
    #[must_use]
    pub fn mark(&self, file: FileId) -> Option<Mark> {
        self.files.get(&file).map(|file| file.mark())
    }

    /// The files that are followed.
    pub fn files(&self) -> impl Iterator<Item = Followed<'_>> {
        self.files.iter().filter(|(_, file)| !file.ended).map(|(&id, file)| Followed {
            file: id,
            path: &file.path,
            group: file.group,
            size: file.end().max(file.position),
            position: file.position,
        })
    }

    /// At how many paths something is that cannot be read now.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.failures.count()
    }

    /// Whether changes are found by looking only: the system gives no means to be told of them, or not enough.
    #[must_use]
    pub fn is_polling(&self) -> bool {
        !self.watches.are_had()
    }

    /// Tells something, after what is to be told already.
    pub(crate) fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// Tells that a path cannot be read, unless that has been told.
    pub(crate) fn tell_failure(&mut self, path: &Arc<Path>, error: io::Error) {
        if system::is_too_many(&error) {
            self.descriptors.make_room(&mut self.files);
        }
        if self.failures.is_new(path, &error) {
            self.tell(Event::Failed { path: Arc::clone(path), error });
        }
    }

    /// Nothing will be told of this file any more.
    pub(crate) fn end(&mut self, id: FileId, is_there: bool) {
        let Some(file) = self.files.get_mut(&id) else { return };
        file.ended = true;
        let (identity, lost) = (file.identity, std::mem::take(&mut file.lost));
        if self.by_identity.get(&identity) == Some(&id) {
            self.by_identity.remove(&identity);
        }
        self.tell_lost(id, lost);
        self.release_followers(id);
        self.tell(Event::Ended { file: id, is_there });
    }

    /// Tells that bytes of a file are gone, if they are.
    pub(crate) fn tell_lost(&mut self, file: FileId, bytes: u64) {
        if bytes > 0 {
            self.tell(Event::Lost { file, bytes });
        }
    }

    fn forget(&mut self, id: FileId) {
        if self.files.remove(&id).is_some_and(|file| file.handle.is_some()) {
            self.descriptors.closed();
        }
    }

    /// Opens a file. If the system does not let the process have so many of them, others are closed for it.
    pub(crate) fn open(&mut self, path: &Path) -> io::Result<File> {
        match system::open(path) {
            Err(error) if system::is_too_many(&error) && self.descriptors.make_room(&mut self.files) => {
                system::open(path)
            }
            opened => opened,
        }
    }

    /// Opens a file again if it is closed. `false` if it is not where it was.
    pub(crate) fn open_again(&mut self, id: FileId) -> io::Result<bool> {
        let Some(file) = self.files.get_mut(&id) else { return Ok(false) };
        file.used = true;
        if file.handle.is_some() {
            return Ok(true);
        }
        let Some(at) = &file.at else { return Ok(false) };
        let at = Arc::clone(at);
        let handle = match self.open(&at) {
            Err(error) if system::is_absence(&error) => return Ok(false),
            handle => handle?,
        };
        let stat = system::Stat::of_file(&handle)?;
        let Some(file) = self.files.get_mut(&id) else { return Ok(false) };
        if stat.identity != file.identity || stat.is_another(file.created) {
            return Ok(false);
        }
        file.handle = Some(handle);
        file.is_doubtful = stat.created.zip(file.created).is_none();
        self.descriptors.opened(id, &mut self.files);
        Ok(true)
    }

    /// Takes what the system has told of the folders. Returns whether there was anything.
    fn listen(&mut self) -> bool {
        let mut written = Vec::new();
        let mut is_look_due = false;
        let any = self.watches.take(|news, path| match (news, path) {
            (News::Written, Some(path)) => written.extend(self.looks.files_at(&self.places, path)),
            (News::Replaced, Some(path)) if !is_look_due => {
                is_look_due = self.looks.is_known(&self.places, path) || crate::look::is_named(&self.groups, path);
            }
            (News::Replaced, Some(_)) => {}
            (_, None) => is_look_due = true,
        });
        for id in written {
            self.touch(id);
        }
        if is_look_due {
            self.looks.pace.soon(self.options.pause);
        }
        any
    }
}
