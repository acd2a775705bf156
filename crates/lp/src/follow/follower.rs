//! Followed files as a row of chunks, in the order in which their bytes come.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use lp_tail::{Event, FileId, Group, KnownFile, Mark, OpenFiles, Tail, TailError};

use super::budget::Budget;
use super::file::{Cut, File, Which};
use super::formats::Formats;
use super::held::Held;
use super::last::last_records;
use super::paths::Paths;
use super::stopping::{Patience, Stopping};
use super::{Follow, Standing, Stop};
use crate::error::Refused;
use crate::feed::{End, Fate, Feed, Item, Next, Position, Reached};
use crate::reading::{Chooser, Reading};

/// How long is waited at most before a look at the clock.
const WAIT: Duration = Duration::from_millis(200);

/// How often what is seen of the files is told.
const TELL: Duration = Duration::from_millis(250);

/// Of all records that are not complete, so many bytes are held; what is more is read again when it is complete.
const HELD: usize = 4 << 20;

pub(super) struct Follower<'a> {
    tail: Tail,
    formats: Formats<'a>,
    paths: Paths,
    files: BTreeMap<FileId, Box<File>>,
    /// What the files may hold.
    budget: Budget,
    held: Held,
    /// Whether the tail has told of all files that a checkpoint knows.
    has_begun: bool,
    /// What comes behind that.
    first: Option<Item>,
    /// What is told before anything else is read.
    told: VecDeque<(usize, Arc<str>, Fate)>,
    /// What is to be told of a file when its rest has been given out.
    closing: Option<(FileId, Close)>,
    standing: Standing,
    /// When it was told last how the files stand.
    stood: Option<Instant>,
    /// Stopped when nobody takes what is read any more.
    over: Stop,
    stop: Stop,
    stopping: Option<Stopping>,
    /// How long it reads on when it is stopped.
    patience: Patience,
    /// What has been read is not read again: all of it is given out at the end, even half a line.
    is_final: bool,
    last: Option<NonZeroU32>,
    chunk_size: usize,
    sequence: u64,
}

/// What is told of a file behind all that has been read of it.
#[derive(Clone, Copy)]
enum Close {
    /// It has ended.
    Ended { is_there: bool },
    /// So many bytes have been skipped, up to here.
    Skipped { bytes: u64, mark: Mark },
}

/// What was made of an event.
enum Made {
    Item(Item),
    /// Nothing; the buffer is free.
    Nothing(BytesMut),
}

impl<'a> Follower<'a> {
    pub(super) fn new(
        follow: Follow,
        is_final: bool,
        chooser: Chooser<'a>,
        chunk_size: usize,
    ) -> Result<Self, TailError> {
        let groups: Vec<Group> = follow.sources.iter().map(|source| source.group.clone()).collect();
        let sources = follow.sources.into_iter().map(|source| (source.own, source.group.start)).collect();
        let tail = Tail::resume(groups, follow.resume.files, follow.open_files, follow.written, follow.options)?;
        let over = Stop::default();
        follow.stop.wakes(tail.waker());
        over.wakes(tail.waker());
        let mut follower = Self {
            tail,
            formats: Formats::new(sources, chooser),
            paths: Paths::new(),
            files: BTreeMap::new(),
            budget: Budget::new(HELD),
            held: Held::new(follow.quiet),
            has_begun: false,
            first: None,
            told: VecDeque::new(),
            closing: None,
            standing: follow.standing,
            stood: None,
            over,
            stop: follow.stop,
            stopping: None,
            // What comes behind it needs its time too.
            patience: Patience { quiet: (!is_final).then_some(follow.quiet), most: follow.grace / 2 },
            is_final,
            last: follow.last,
            chunk_size: chunk_size.max(1),
            sequence: 0,
        };
        follower.tell(Instant::now());
        Ok(follower)
    }

    /// The files of the checkpoint that no source names.
    pub(super) fn unclaimed(&self) -> &[KnownFile] {
        self.tail.unclaimed()
    }

    /// The files that are open.
    pub(super) fn into_open_files(self) -> OpenFiles {
        self.tail.into_open_files()
    }

    fn item(&mut self, input: usize, name: Arc<str>, next: Next) -> Item {
        let position = Position { sequence: self.sequence, input };
        self.sequence += 1;
        Item { position, name, next }
    }

    /// What comes of an event.
    fn made(&mut self, event: Event, buffer: BytesMut) -> Made {
        match event {
            Event::Bytes { file, at, len, mark } => {
                let reading = match self.reading(file) {
                    None => return Made::Nothing(buffer),
                    Some(Ok(reading)) => reading,
                    Some(Err(refused)) => return Made::Item(self.refused(file, buffer, refused)),
                };
                let Some(followed) = self.files.get_mut(&file) else { return Made::Nothing(buffer) };
                if let Some(mark) = followed.take_marked(&buffer[..len], at, mark, &*reading.format) {
                    self.held.note(file, followed);
                    let (input, name) = (followed.input, followed.name());
                    let fate = Fate::Marked { reached: Reached { file, mark, bytes: mark.position } };
                    return Made::Item(self.item(input, name, Next::Fate(buffer, fate)));
                }
                let tail = &mut self.tail;
                let read_at = |bytes: &mut [u8], position| tail.read_at(file, bytes, position);
                let cut = followed.take(buffer, at, len, mark, &reading, read_at);
                self.held.note(file, followed);
                self.cut(file, cut)
            }
            Event::Opened { file, group, path, position, .. } => self.opened(file, group, path, position, buffer),
            Event::Skipped { file, at: _, bytes, mark } => {
                // Records that were not complete end there: what is behind the hole does not follow them.
                self.closing = Some((file, Close::Skipped { bytes, mark }));
                Made::Nothing(buffer)
            }
            Event::Copied { file, mark } => {
                if let Some(followed) = self.files.get_mut(&file) {
                    followed.renew(mark);
                    let fate = Fate::Copied { file, mark };
                    self.told.push_back((followed.input, followed.name(), fate));
                }
                Made::Nothing(buffer)
            }
            Event::Missing { file, size } => {
                if let Some(followed) = self.files.get(&file) {
                    let fate = Fate::Missing { path: Arc::clone(&followed.path), size };
                    self.told.push_back((followed.input, followed.name(), fate));
                }
                Made::Nothing(buffer)
            }
            Event::Lost { file, bytes } => {
                if let Some(followed) = self.files.get(&file) {
                    let fate = Fate::Lost { path: Arc::clone(&followed.path), bytes };
                    self.told.push_back((followed.input, followed.name(), fate));
                }
                Made::Nothing(buffer)
            }
            Event::Unlinked { file } => {
                if let Some(followed) = self.files.get_mut(&file) {
                    followed.unlink();
                    self.held.note(file, followed);
                }
                Made::Nothing(buffer)
            }
            // Its last record comes before those of the file that is there now, unless it is seen to go on.
            Event::Succeeded { file } if self.files.get(&file).is_some_and(|followed| !followed.ends_in_line()) => {
                self.give(file, buffer, Which::Lines)
            }
            Event::Ended { file, is_there } if self.files.contains_key(&file) => {
                self.closing = Some((file, Close::Ended { is_there }));
                Made::Nothing(buffer)
            }
            Event::Ended { file, .. } => {
                self.told.push_back((Paths::OTHERS, "".into(), Fate::Gone { file }));
                Made::Nothing(buffer)
            }
            Event::Failed { path, error } => {
                self.told.push_back((Paths::OTHERS, "".into(), Fate::Unreadable { path, error }));
                Made::Nothing(buffer)
            }
            Event::Compressed { path } => {
                self.told.push_back((Paths::OTHERS, "".into(), Fate::Compressed { path }));
                Made::Nothing(buffer)
            }
            _ => Made::Nothing(buffer),
        }
    }

    fn opened(&mut self, file: FileId, group: usize, path: Arc<Path>, position: u64, buffer: BytesMut) -> Made {
        let Some(mark) = self.tail.mark(file) else { return Made::Nothing(buffer) };
        let input = self.paths.open(&path);
        let followed = File::new(file, Arc::clone(&path), input, group, mark, &self.budget);
        let name = followed.name();
        self.files.insert(file, Box::new(followed));
        let mut mark = mark;
        if let Some(last) = self.last
            && position > 0
            && self.formats.begins_at_end(group)
        {
            match self.reading(file) {
                Some(Err(refused)) => return Made::Item(self.refused(file, buffer, refused)),
                Some(Ok(reading)) => {
                    let tail = &mut self.tail;
                    let read_at = |bytes: &mut [u8], position| tail.read_at(file, bytes, position);
                    // Where that cannot be read, nothing of before is shown.
                    if let Ok(begin) = last_records(last.get(), position, &reading, read_at) {
                        self.tail.seek(file, begin);
                        mark = mark.at(begin);
                    }
                }
                None => {}
            }
        }
        if let Some(followed) = self.files.get_mut(&file) {
            followed.skip_to(mark);
        }
        // Before anything is read of it, and the writer may be far behind.
        self.standing.open(file, &path, group, mark.position);
        Made::Item(self.item(input, name, Next::Fate(buffer, Fate::Opened { file, path, mark })))
    }

    /// How the records of a file are read.
    fn reading(&mut self, file: FileId) -> Option<Result<Arc<Reading>, Refused>> {
        let followed = self.files.get_mut(&file)?;
        self.formats.reading(followed, file, &mut self.paths, &mut self.tail)
    }

    fn refused(&mut self, file: FileId, buffer: BytesMut, refused: Refused) -> Item {
        let (input, name) = match self.files.get(&file) {
            Some(followed) => (followed.input, followed.name()),
            None => (Paths::OTHERS, "".into()),
        };
        self.item(
            input,
            name,
            Next::End(buffer, End { bytes_read: 0, bytes_skipped: 0, failure: None, refused: Some(refused) }),
        )
    }

    /// What comes of what a file has given.
    fn cut(&mut self, file: FileId, cut: Cut) -> Made {
        let Some(followed) = self.files.get(&file) else {
            return match cut {
                Cut::Nothing(buffer) | Cut::Lost(buffer, _) => Made::Nothing(buffer),
                Cut::Piece { piece, .. } => Made::Nothing(piece.chunk.into_buffer().unwrap_or_default()),
            };
        };
        let (input, name) = (followed.input, followed.name());
        match cut {
            Cut::Nothing(buffer) => Made::Nothing(buffer),
            Cut::Lost(buffer, bytes) => {
                let fate = Fate::Lost { path: Arc::clone(&followed.path), bytes };
                Made::Item(self.item(input, name, Next::Fate(buffer, fate)))
            }
            Cut::Piece { piece, again } => {
                if let Some(position) = again {
                    self.tail.seek(file, position);
                }
                Made::Item(self.item(input, name, Next::Chunk(Box::new(piece))))
            }
        }
    }

    /// Something that is held and is to be given out now.
    fn held(&mut self, buffer: BytesMut, now: Instant) -> Made {
        let tail = &mut self.tail;
        let due = self.held.take(&mut self.files, now, |file| tail.has_more(file));
        let Some((file, which)) = due else { return Made::Nothing(buffer) };
        let made = self.give(file, buffer, which);
        if let Some(followed) = self.files.get_mut(&file) {
            self.held.note(file, followed);
        }
        made
    }

    fn give(&mut self, file: FileId, buffer: BytesMut, which: Which) -> Made {
        let Some(followed) = self.files.get_mut(&file) else { return Made::Nothing(buffer) };
        let tail = &mut self.tail;
        let cut = followed.next_held(buffer, which, |bytes, position| tail.read_at(file, bytes, position));
        self.cut(file, cut)
    }

    /// What has been read of a file, and at last what is to be told behind it.
    fn close(&mut self, file: FileId, close: Close, buffer: BytesMut) -> Made {
        let buffer = match self.give(file, buffer, Which::All) {
            Made::Nothing(buffer) => buffer,
            made => return made,
        };
        self.closing = None;
        let is_there = match close {
            Close::Ended { is_there } => is_there,
            Close::Skipped { bytes, mark } => return self.skip(file, bytes, mark, buffer),
        };
        let Some(followed) = self.files.remove(&file) else { return Made::Nothing(buffer) };
        let name = followed.name();
        let File { path, input, .. } = *followed;
        if self.paths.close(&path) {
            self.told.push_back((input, Arc::clone(&name), Fate::Retired));
        }
        Made::Item(self.item(input, name, Next::Fate(buffer, Fate::Ended { file, path, is_there })))
    }

    /// How long a run that has been stopped waits for what comes next; `None` if it reads no more.
    fn wait_for_last(&mut self, now: Instant) -> Option<Duration> {
        if self.stop.goes_on() {
            // What the tail knows already no checkpoint says.
            return self.tail.has_news().then_some(Duration::ZERO);
        }
        let stopping = self.stopping.get_or_insert_with(|| {
            self.tail.look_now();
            Stopping::new(self.tail.files().map(|file| (file.file, file.size)), self.patience, now)
        });
        stopping.wait(&self.files, now)
    }

    fn skip(&mut self, file: FileId, bytes: u64, mark: Mark, buffer: BytesMut) -> Made {
        let Some(followed) = self.files.get_mut(&file) else { return Made::Nothing(buffer) };
        followed.skip_to(mark);
        let (input, name) = (followed.input, followed.name());
        let fate = Fate::Skipped { path: Arc::clone(&followed.path), reached: Reached { file, mark, bytes } };
        Made::Item(self.item(input, name, Next::Fate(buffer, fate)))
    }

    /// What is left when the run is stopped.
    fn rest(&mut self, mut buffer: BytesMut) -> Option<Item> {
        if self.stop.goes_on() {
            return None;
        }
        while let Some((&file, followed)) = self.files.first_key_value() {
            if self.is_final || followed.is_unlinked() {
                match self.give(file, buffer, Which::All) {
                    Made::Item(item) => return Some(item),
                    Made::Nothing(unused) => buffer = unused,
                }
            }
            self.files.remove(&file);
        }
        None
    }

    /// Tells what is seen of the files.
    fn tell(&mut self, now: Instant) {
        if self.stood.is_some_and(|stood| now.duration_since(stood) < TELL) {
            return;
        }
        self.stood = Some(now);
        self.standing.set_looks(self.tail.unreadable(), self.tail.is_polling());
        self.standing.see(self.tail.files().map(|file| (file.file, file.path, file.group, file.size, file.position)));
    }
}

impl Feed for Follower<'_> {
    fn next(&mut self, mut buffer: BytesMut) -> Option<Item> {
        if let Some(item) = self.first.take() {
            return Some(item);
        }
        if buffer.len() < self.chunk_size {
            buffer.resize(self.chunk_size, 0);
        }
        loop {
            if self.over.is_stopped() {
                return None;
            }
            if let Some((input, name, fate)) = self.told.pop_front() {
                return Some(self.item(input, name, Next::Fate(buffer, fate)));
            }
            let now = Instant::now();
            let made = if let Some((file, close)) = self.closing {
                self.close(file, close, buffer)
            } else {
                self.held(buffer, now)
            };
            buffer = match made {
                Made::Item(item) => return Some(item),
                Made::Nothing(buffer) => buffer,
            };
            if self.closing.is_some() || self.held.is_ready() || !self.told.is_empty() {
                continue;
            }
            let mut wait = self.held.due(now).map_or(WAIT, |due| due.min(WAIT));
            if self.stop.is_stopped() {
                match self.wait_for_last(now) {
                    Some(longest) => wait = wait.min(longest),
                    None => return self.rest(buffer),
                }
            }
            self.tell(now);
            let event = self.tail.next(&mut buffer, wait);
            if let Some(stopping) = &mut self.stopping {
                stopping.note(&event);
            }
            if !self.has_begun && matches!(event, Event::Bytes { .. } | Event::Skipped { .. } | Event::Idle) {
                self.has_begun = true;
                let begun = self.item(Paths::OTHERS, "".into(), Next::Fate(BytesMut::new(), Fate::Begun));
                if let Made::Item(item) = self.made(event, buffer) {
                    self.first = Some(item);
                }
                return Some(begun);
            }
            buffer = match self.made(event, buffer) {
                Made::Item(item) => return Some(item),
                Made::Nothing(buffer) => buffer,
            };
        }
    }

    fn look(&mut self) {
        self.tail.look();
        self.tell(Instant::now());
    }

    fn over(&self) -> Stop {
        self.over.clone()
    }
}
