//! One followed file: what is known of it, and how it is noticed that its bytes are not the ones that are known any more.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::event::FileId;
use crate::mark::{Beginning, Mark, Probe};
use crate::nuls::{self, Nuls};
use crate::prefixes::Prefixes;
use crate::system::{self, Identity, Stat};

/// A file that is followed.
#[derive(Debug)]
pub(crate) struct FollowedFile {
    pub(crate) group: usize,
    /// The path at which it was found first, as a pattern names it.
    pub(crate) path: Arc<Path>,
    /// Where it was when the folders were looked through, if it was found.
    pub(crate) at: Option<Arc<Path>>,
    /// Other paths at which it has been found: a link leads to it.
    pub(crate) names: Vec<Arc<Path>>,
    /// Open, unless there are too many.
    pub(crate) handle: Option<File>,
    pub(crate) identity: Identity,
    /// When it was made, if that is known: another file that has been given its inode was made later.
    pub(crate) created: Option<i64>,
    pub(crate) beginning: Beginning,
    /// While nothing is known of its beginning: when it was known to be empty, by the clock of the file systems.
    pub(crate) empty_at: Option<i64>,
    /// Shorter beginnings, if they have been seen.
    pub(crate) prefixes: Prefixes,
    /// The last bytes that are known, which end at the position or, after a [`seek`](Self::seek), behind it.
    pub(crate) probe: Probe,
    /// Those before the last ones, if more than one reading has been made.
    pub(crate) probe_before: Probe,
    pub(crate) position: u64,
    /// Up to where bytes have been given out; what is before it is given again only together with what follows.
    pub(crate) given: u64,
    /// Whether the last byte that was given out is not the end of a line.
    pub(crate) ends_in_line: bool,
    /// As last known.
    pub(crate) size: u64,
    /// The NULs behind what has been given out.
    pub(crate) nuls: Nuls,
    /// Whether there are some, and nothing is known to follow them.
    pub(crate) is_before_nuls: bool,
    /// How much is read at a time, at most.
    pub(crate) window: usize,
    /// Up to where it has been tried to read.
    pub(crate) tried: u64,
    /// When it was written last, as the system says.
    pub(crate) modified: i64,
    /// What is known to be gone from behind its last byte.
    pub(crate) lost: u64,
    /// Since when it is followed, by the clock of the file systems.
    pub(crate) since: i64,
    /// When something new was last seen in it.
    pub(crate) changed: Instant,
    /// What must be read to its end before this is begun.
    pub(crate) after: Option<FileId>,
    /// What it came after and is begun after, while nothing has been written to it; of several empty ones in a row, what the first came after.
    pub(crate) came_after: Option<FileId>,
    /// The number of the look at which it was seen at a path that is followed.
    pub(crate) seen: u64,
    /// The number of the look at which it was sought last, as it was closed and no followed path led to it.
    pub(crate) sought: u64,
    /// For how many looks it has not been found anywhere.
    pub(crate) missed: u8,
    /// Whether it is in the queue of those that may have something to read.
    pub(crate) queued: bool,
    /// Whether it has been read since descriptors were last closed.
    pub(crate) used: bool,
    pub(crate) ended: bool,
    /// Whether it has been closed and opened since it was last seen to have the bytes that are known, and nobody knows when it was made.
    /// It may be another one with its inode.
    pub(crate) is_doubtful: bool,
    /// Whether it has been told that no path leads to it any more.
    pub(crate) is_unlinked: bool,
}

impl FollowedFile {
    /// A file that has just been opened, and whose bytes from `position` on are wanted.
    pub(crate) fn open(group: usize, path: Arc<Path>, handle: File, stat: Stat, position: u64) -> io::Result<Self> {
        let mut head = [0; Beginning::MOST];
        let len = system::read_at(&handle, &mut head, 0)?;
        let head = lasting(&head[..len], position);
        let probe = probe_at(&handle, position)?;
        Ok(Self {
            group,
            at: Some(Arc::clone(&path)),
            names: Vec::new(),
            path,
            handle: Some(handle),
            identity: stat.identity,
            created: stat.created,
            beginning: Beginning::of(head),
            empty_at: None,
            prefixes: Prefixes::of(head),
            probe,
            probe_before: Probe::default(),
            position,
            given: 0,
            ends_in_line: false,
            tried: 0,
            size: stat.size.max(len as u64),
            nuls: Nuls::default(),
            is_before_nuls: head.len() < len && head.len() as u64 <= position,
            window: usize::MAX,
            modified: stat.modified,
            lost: 0,
            since: system::now(),
            changed: Instant::now(),
            after: None,
            came_after: None,
            seen: 0,
            sought: 0,
            missed: 0,
            queued: false,
            used: true,
            ended: false,
            is_doubtful: false,
            is_unlinked: false,
        })
    }

    /// A file that is known by a mark. It has no handle yet.
    pub(crate) fn known(group: usize, path: Arc<Path>, mark: &Mark) -> Self {
        Self {
            group,
            at: None,
            names: Vec::new(),
            path,
            handle: None,
            identity: Identity::of(mark),
            created: mark.created,
            beginning: mark.beginning,
            empty_at: mark.empty_at.filter(|_| mark.beginning.is_empty()),
            prefixes: Prefixes::default(),
            probe: mark.probe,
            probe_before: Probe::default(),
            position: mark.position,
            given: 0,
            ends_in_line: false,
            tried: 0,
            size: mark.size,
            nuls: Nuls::default(),
            is_before_nuls: false,
            window: usize::MAX,
            modified: mark.modified.unwrap_or(i64::MIN),
            lost: 0,
            since: system::now(),
            changed: Instant::now(),
            after: None,
            came_after: None,
            seen: 0,
            sought: 0,
            missed: 0,
            queued: false,
            used: true,
            ended: false,
            is_doubtful: false,
            is_unlinked: false,
        }
    }

    /// What tells it again.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            device: self.identity.device,
            inode: self.identity.inode,
            beginning: self.beginning,
            probe: self.probe,
            position: self.position,
            size: self.end().max(self.position),
            empty_at: self.empty_at.filter(|_| self.is_blank()),
            created: self.created,
            modified: Some(self.modified).filter(|&modified| modified != i64::MIN),
        }
    }

    /// Whether there is nothing in it that could be given out now.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.tried >= self.size
    }

    /// Notes that it has been found at this path too.
    pub(crate) fn add_name(&mut self, path: &Arc<Path>) {
        /// Links may come and go.
        const MOST: usize = 16;
        if self.path != *path && !self.names.contains(path) {
            self.names.truncate(MOST - 1);
            self.names.insert(0, Arc::clone(path));
        }
    }

    /// Whether what was given out ends within a line, or is wanted again with what will follow it.
    pub(crate) fn is_in_line(&self) -> bool {
        self.ends_in_line || self.position < self.given
    }

    /// Whether nothing is known of its bytes. (One that begins with a hole has no beginning either, but its last bytes are known.)
    pub(crate) fn is_blank(&self) -> bool {
        self.beginning.is_empty() && self.probe.is_empty() && self.position == 0
    }

    /// Whether nothing has been read of it.
    pub(crate) fn is_unread(&self) -> bool {
        self.position == 0 && self.tried == 0 && self.given == 0
    }

    /// Whether nothing has been written to it. Of one that is closed nobody knows, so it is not.
    pub(crate) fn is_empty(&self) -> bool {
        let is_empty = |handle| Stat::of_file(handle).is_ok_and(|stat| stat.size == 0);
        self.size == 0 && self.position == 0 && self.handle.as_ref().is_some_and(is_empty)
    }

    /// Whether it is no longer where it was found first.
    pub(crate) fn is_displaced(&self) -> bool {
        self.at.as_ref() != Some(&self.path)
    }

    /// Goes to another position, which is not behind the end.
    pub(crate) fn seek(&mut self, position: u64) {
        self.size = self.size.max(self.given);
        let now = self.handle.as_ref().and_then(|handle| Stat::of_file(handle).ok());
        self.position = position.min(now.map_or(self.size, |stat| stat.size.max(self.size)));
    }

    /// Whether the file that is open is the one that is known: nothing has been taken from it or written anew.
    ///
    /// What a network file system says of a size may be older than what has been read, so it is the bytes that decide.
    pub(crate) fn is_same(&self) -> io::Result<bool> {
        let Some(handle) = &self.handle else { return Ok(true) };
        Ok(self.is_in(handle)?
            && (self.known_end() == 0 || system::read_at(handle, &mut [0], self.known_end() - 1)? == 1))
    }

    /// Whether a file has the bytes that are known of this one.
    pub(crate) fn is_in(&self, handle: &File) -> io::Result<bool> {
        // All of the beginning is checked only if there is nothing later to check: that says as much.
        self.has_probe(handle)
            .and_then(|same| if same && self.probe.is_empty() { self.has_beginning(handle) } else { Ok(same) })
    }

    /// Whether it still has all that is known of it, and fewer bytes than that.
    pub(crate) fn has_less_than(&self, size: u64) -> bool {
        let opened = match (&self.handle, &self.at) {
            (None, Some(at)) => system::open(at).ok(),
            _ => None,
        };
        self.handle.as_ref().or(opened.as_ref()).is_some_and(|handle| {
            Stat::of_file(handle).is_ok_and(|stat| stat.identity == self.identity && stat.size < size)
                && self.is_alike(handle).unwrap_or_default()
        })
    }

    /// Whether a file has both the beginning and the last known bytes of this one: for those that only may be the same.
    pub(crate) fn is_alike(&self, handle: &File) -> io::Result<bool> {
        Ok(self.has_beginning(handle)? && self.has_probe(handle)?)
    }

    /// Whether a file has all that is known of the beginning of this one.
    pub(crate) fn has_beginning(&self, handle: &File) -> io::Result<bool> {
        let mut head = [0; Beginning::MOST];
        let len = system::read_at(handle, &mut head[..self.beginning.len()], 0)?;
        Ok(self.beginning.is_of(&head[..len]))
    }

    pub(crate) fn has_probe(&self, handle: &File) -> io::Result<bool> {
        has(handle, &self.probe)
    }

    /// Whether a file that has less than has been read of this one has the bytes that were known before the last reading.
    pub(crate) fn has_probe_before(&self, handle: &File) -> io::Result<bool> {
        Ok(!self.probe_before.is_empty() && has(handle, &self.probe_before)?)
    }

    /// Where the file ends, as last known, without the NULs at its end.
    pub(crate) fn end(&self) -> u64 {
        if self.is_before_nuls { self.known_end().min(self.size) } else { self.size }
    }

    /// How much that is known to have been in it has not been read.
    pub(crate) fn unread(&self) -> u64 {
        self.end().saturating_sub(self.position)
    }

    /// Up to where it must reach as long as it is the same.
    pub(crate) fn known_end(&self) -> u64 {
        self.position.max(self.given)
    }

    /// Learns more of the beginning, if there is more of it. The file must be [the same](Self::is_same).
    pub(crate) fn learn_beginning(&mut self) -> io::Result<()> {
        if let Some(handle) = &self.handle
            && (self.beginning.len() < Beginning::MOST || self.prefixes.is_empty())
        {
            (self.beginning, self.prefixes) = self.grown(handle, 0, &[], self.position)?;
        }
        Ok(())
    }

    /// The beginning of an open file, if it still is the one that was known, and has these bytes. All before `position` is done with.
    pub(crate) fn grown(
        &self,
        handle: &File,
        at: u64,
        bytes: &[u8],
        position: u64,
    ) -> io::Result<(Beginning, Prefixes)> {
        let mut head = [0; Beginning::MOST];
        let len = system::read_at(handle, &mut head, 0)?;
        let head = &head[..len];
        let of_bytes = usize::try_from(at).ok().and_then(|at| head.get(at..)).unwrap_or_default();
        let common = of_bytes.len().min(bytes.len());
        let is_same = self.beginning.is_of(head) && of_bytes[..common] == bytes[..common];
        let head = lasting(head, position);
        let is_longer = head.len() >= self.beginning.len();
        Ok(match is_same && is_longer {
            true => (Beginning::of(head), Prefixes::of(head)),
            false => (self.beginning, self.prefixes),
        })
    }
}

/// The first bytes of a file that stay as they are: without NULs at their end that are not behind the position, as these may be written.
/// Nothing but NULs, which any hole has, tells no file from another.
fn lasting(head: &[u8], position: u64) -> &[u8] {
    if nuls::without_last(head) == 0 {
        return &[];
    }
    let read = usize::try_from(position).unwrap_or(usize::MAX).min(head.len());
    &head[..nuls::without_last(head).max(read)]
}

fn has(handle: &File, probe: &Probe) -> io::Result<bool> {
    let mut bytes = [0; Probe::MOST];
    let bytes = &mut bytes[..probe.len()];
    let len = system::read_at(handle, bytes, probe.end() - probe.len() as u64)?;
    Ok(len == bytes.len() && probe.is_of(bytes))
}

/// What stands right before a position of a file.
pub(crate) fn probe_at(handle: &File, position: u64) -> io::Result<Probe> {
    let mut bytes = [0; Probe::MOST];
    let bytes = &mut bytes[..position.min(Probe::MOST as u64) as usize];
    let len = system::read_at(handle, bytes, position - bytes.len() as u64)?;
    // If the file has just become shorter, this is of bytes that it never had, and reading will tell.
    Ok(Probe::of(&bytes[..len], position))
}

/// The position where reading begins at the end of a file: behind its last line, or at its start if that is not complete. What is
/// written next may take the place of NULs at the end.
pub(crate) fn last_line(handle: &File, size: u64) -> io::Result<u64> {
    /// A line that is longer is no line.
    const FARTHEST: u64 = 16 << 20;
    /// Room that is larger is not prepared by anybody.
    const MOST_ROOM: u64 = 1 << 30;
    let mut block = [0; 8192];
    let mut end = size;
    let mut written = size;
    while end > 0 && (written - end < FARTHEST || (written == size && size - end < MOST_ROOM)) {
        let start = end.saturating_sub(block.len() as u64);
        let wanted = (end - start) as usize;
        let len = system::read_at(handle, &mut block[..wanted], start)?;
        if let Some(feed) = memchr::memrchr(b'\n', &block[..len]) {
            return Ok(start + feed as u64 + 1);
        }
        if written == end {
            written = start + nuls::without_last(&block[..len]) as u64;
        }
        end = start;
    }
    Ok(if end == 0 { 0 } else { written })
}
