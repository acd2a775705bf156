//! Whose turn it is to be read, and which file waits for which.

use std::sync::Arc;
use std::time::Instant;

use crate::event::{Event, FileId};
use crate::reading::Reading;
use crate::system;
use crate::tail::Tail;

/// A reading that brings so many bytes brings much: megabytes in a second. Who writes so much does not wait for each line, while
/// what a reading costs besides its bytes (to wake up, to write, to note a checkpoint) is most of what lp would take.
const MUCH: usize = 16 << 10;

/// After such a reading, the next one is so many pauses later.
const PAUSES_AFTER_MUCH: u32 = 16;

impl Tail {
    /// There may be something to read in this file.
    pub(crate) fn touch(&mut self, id: FileId) {
        if let Some(file) = self.files.get_mut(&id)
            && !file.queued
            && !file.ended
            && file.after.is_none()
        {
            file.queued = true;
            self.ready.push_back(id);
        }
    }

    /// Whether there is more in a file than has been given out of it, as far as the system says: then it is told in its turn. To be asked
    /// by who would otherwise take it that nothing more is being written.
    pub fn has_more(&mut self, file: FileId) -> bool {
        let Some(followed) = self.files.get(&file).filter(|followed| !followed.ended) else { return false };
        let size = followed.handle.as_ref().and_then(|handle| system::Stat::of_file(handle).ok()).map(|stat| stat.size);
        if size.is_some_and(|size| size > followed.size.max(followed.tried)) {
            self.touch(file);
            return true;
        }
        followed.queued
    }

    /// A file is begun when another one has been read to its end from now on.
    pub(crate) fn hold(&mut self, id: FileId, after: FileId) {
        if self.files.get(&after).is_some_and(|file| !file.ended)
            && let Some(file) = self.files.get_mut(&id)
        {
            file.after = Some(after);
            self.followers.entry(after).or_default().push(id);
            self.touch(after);
        }
    }

    /// Whether a file waits for another one, or for one that does.
    pub(crate) fn is_held_for(&self, file: FileId, other: FileId) -> bool {
        let after = |id| self.files.get(&id).and_then(|file| file.after);
        std::iter::successors(after(file), |&id| after(id)).any(|id| id == other)
    }

    /// Whether others wait until this file has been read to its end.
    pub(crate) fn has_followers(&self, id: FileId) -> bool {
        self.followers.contains_key(&id)
    }

    /// A file has been read to its end, or cannot be: those that wait for it are begun, or wait for what it waits for.
    pub(crate) fn release_followers(&mut self, id: FileId) {
        let Some(followers) = self.followers.remove(&id) else { return };
        let (before, came_after) = self.files.get(&id).map_or((None, None), |file| (file.after, file.came_after));
        let mut is_succeeded = false;
        for follower in followers {
            // It may wait for another one by now.
            let Some(file) = self.files.get_mut(&follower).filter(|file| file.after == Some(id)) else { continue };
            file.after = None;
            if let Some(before) = before {
                self.hold(follower, before);
                continue;
            }
            // A log that has just been made is empty, and its writer may go on with the one before for a while.
            match file.is_empty() {
                true => file.came_after = Some(came_after.unwrap_or(id)),
                false => is_succeeded = true,
            }
            self.touch(follower);
        }
        if is_succeeded {
            self.tell(Event::Succeeded { file: id });
        }
    }

    /// Whether a file that came after another one, and was empty then, has been written to since, and must wait for that one again: what
    /// it has got meanwhile comes first.
    fn is_held_again(&mut self, id: FileId) -> bool {
        let Some(file) = self.files.get_mut(&id).filter(|file| file.came_after.is_some() && !file.is_empty()) else {
            return false;
        };
        if let Some(before) = file.came_after.take()
            && !self.is_held_for(before, id)
        {
            self.hold(id, before);
        }
        self.files.get(&id).is_some_and(|file| file.after.is_some())
    }

    /// Reads the next file that has something, if there is one.
    pub(crate) fn take_turn(&mut self, buffer: &mut [u8]) -> Option<Event> {
        while let Some(id) = self.ready.pop_front() {
            let Some(file) = self.files.get_mut(&id) else { continue };
            file.queued = false;
            if file.ended || file.after.is_some() {
                continue;
            }
            let opened = self.open_again(id).and_then(|is_open| Ok((is_open, is_open && self.has_unread_copy(id)?)));
            let reading = match opened {
                Ok((true, true)) => self.files.get_mut(&id).map(|file| (Ok(Reading::Truncated), file)),
                Ok((true, false)) if self.is_held_again(id) => continue,
                Ok((true, false)) => self.files.get_mut(&id).map(|file| match file.came_after {
                    Some(_) => (Ok(Reading::Nothing), file),
                    None => (file.read(buffer), file),
                }),
                Ok((false, _)) => {
                    // It has been renamed just now, or is gone. What the last look has sought is sought again by the next one.
                    if self.files.get(&id).is_some_and(|file| file.sought != self.looks.number) {
                        self.looks.pace.again(self.options.pause);
                    }
                    continue;
                }
                Err(error) => self.files.get_mut(&id).map(|file| (Err(error), file)),
            };
            let Some((reading, file)) = reading else { continue };
            match reading {
                Ok(Reading::Bytes { at, len, more }) => {
                    let mark = file.mark();
                    file.changed = Instant::now();
                    if more {
                        self.touch(id);
                    } else {
                        let pauses = if len >= MUCH { PAUSES_AFTER_MUCH } else { 1 };
                        self.rest_until = system::later(Instant::now(), self.options.pause.saturating_mul(pauses));
                        self.exhausted(id);
                    }
                    return Some(Event::Bytes { file: id, at, len, mark });
                }
                Ok(Reading::Skipped { at, bytes }) => {
                    let mark = file.mark();
                    self.touch(id);
                    return Some(Event::Skipped { file: id, at, bytes, mark });
                }
                Ok(Reading::Unfinished) => {
                    self.touch(id);
                    return None;
                }
                Ok(Reading::Nothing) => self.exhausted(id),
                Ok(Reading::Truncated) => self.truncated(id),
                Err(error) => {
                    let path = Arc::clone(&file.path);
                    self.tell_failure(&path, error);
                    self.release_followers(id);
                }
            }
            if !self.events.is_empty() {
                return None;
            }
        }
        None
    }

    /// A file has been read to its end.
    fn exhausted(&mut self, id: FileId) {
        if let Some(file) = self.files.get_mut(&id) {
            let lost = std::mem::take(&mut file.lost);
            self.tell_lost(id, lost);
        }
        self.release_followers(id);
    }
}
