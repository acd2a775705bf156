//! How a followed file is read on.

use std::fs::File;
use std::io;

use memchr::memmem;

use crate::file::{FollowedFile, probe_at};
use crate::mark::{Beginning, Probe};
use crate::nuls::{self, Behind};
use crate::system::{self, Stat};

/// Where NULs stand behind each line, so much is read at a time, or twice the length of a line.
const LEAST_WINDOW: usize = 4096;

/// What reading has brought.
#[derive(Debug)]
pub(crate) enum Reading {
    /// Bytes at the start of the buffer; whether there may be more behind them.
    Bytes { at: u64, len: usize, more: bool },
    /// A hole has been skipped.
    Skipped { at: u64, bytes: u64 },
    /// Nothing has been added.
    Nothing,
    /// There are so many NULs that what is behind them has not been found yet.
    Unfinished,
    /// These are not the file's bytes any more: it has been truncated.
    Truncated,
}

impl FollowedFile {
    /// Reads on. The file must be open.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Reading> {
        let Some(handle) = self.handle.take() else { return Ok(Reading::Nothing) };
        let reading = self.read_from(&handle, buffer);
        self.handle = Some(handle);
        reading
    }

    fn read_from(&mut self, handle: &File, buffer: &mut [u8]) -> io::Result<Reading> {
        let window = self.window.min(buffer.len());
        let buffer = &mut buffer[..window];
        let start = self.position;
        let mut lead = [0; Probe::MOST];
        let lead_len = start.min(Probe::MOST as u64) as usize;
        let lead = &mut lead[..lead_len];
        let len = system::read(handle, lead, buffer, start - lead_len as u64)?;
        let is_short = len < lead_len + window;
        let Some(got) = len.checked_sub(lead_len) else {
            return Ok(if Stat::of_file(handle)?.size < start { Reading::Truncated } else { Reading::Nothing });
        };
        let end = start + got as u64;
        if is_short && self.is_cut(handle, end)? {
            return Ok(Reading::Truncated);
        }
        let is_same = match lead.len().checked_sub(self.probe.len()) {
            Some(from) if self.probe.end() == start && !self.probe.is_empty() => self.probe.is_of(&lead[from..]),
            // After the bytes: if these are still right, so are the bytes.
            _ => self.is_in(handle)?,
        };
        if !is_same {
            return Ok(Reading::Truncated);
        }
        self.is_doubtful = false;
        let data = &buffer[..got];
        // What is at the end may be bytes that the file system does not show yet, or that will be written there.
        let written = nuls::without_last(data);
        if written == 0 || start + written as u64 <= self.given {
            self.is_before_nuls = written < got || (self.is_before_nuls && !is_short);
            if is_short {
                self.tried = end;
                return Ok(Reading::Nothing);
            }
            let from = if written == 0 { end } else { end.max(self.given) };
            match self.nuls.search(handle, from)? {
                Behind::Nuls => return Ok(Reading::Unfinished),
                Behind::End(end) if self.is_cut(handle, end)? => return Ok(Reading::Truncated),
                Behind::End(end) => {
                    self.tried = end;
                    return Ok(Reading::Nothing);
                }
                Behind::Data(at) if written == 0 => return self.skip_far(handle, at),
                Behind::Data(_) => {}
            }
        }
        self.size = self.size.max(end);
        // There is more of a hole that was skipped if the file has been truncated once more since.
        let at_line = match lead.last() {
            None | Some(b'\n') => true,
            Some(&byte) => byte == 0 && !self.ends_in_line,
        };
        let hole = if at_line { nuls::count(data) } else { 0 };
        if hole > 0 {
            let to = start + hole as u64;
            return Ok(self.skip(to, probe_of(lead, &data[..hole], to)));
        }
        let feed = memmem::find(data, b"\n\0").map(|feed| feed + 1).filter(|&feed| feed < written);
        let to = feed.unwrap_or(written);
        let position = start + to as u64;
        if self.beginning.len() < Beginning::MOST && self.size > self.beginning.len() as u64 {
            (self.beginning, self.prefixes) = self.grown(handle, start, &data[..to], position)?;
        }
        // NULs behind each line are not worth to read a whole buffer for each of them.
        self.window = feed.map_or(self.window, |feed| feed.max(LEAST_WINDOW / 2)).saturating_mul(2);
        self.is_before_nuls = to == written && written < got;
        if is_short {
            self.tried = end;
        }
        if position >= self.probe.end() {
            self.probe_before = std::mem::replace(&mut self.probe, probe_of(lead, &data[..to], position));
        }
        self.position = position;
        self.given = self.given.max(position);
        self.ends_in_line = data[..to].last() != Some(&b'\n');
        let more = !is_short || to < written || self.position < self.end();
        Ok(Reading::Bytes { at: start, len: to, more })
    }

    /// Skips NULs that have been seen up to this position, where something else stands.
    fn skip_far(&mut self, handle: &File, to: u64) -> io::Result<Reading> {
        let probe = probe_at(handle, to)?;
        let mut first = [0; Probe::MOST];
        let len = system::read_at(handle, &mut first, self.position)?;
        // That took a while.
        if !self.is_in(handle)? {
            return Ok(Reading::Truncated);
        }
        if first[..len].iter().any(|&byte| byte != 0) {
            return Ok(Reading::Unfinished);
        }
        Ok(self.skip(to, probe))
    }

    fn skip(&mut self, to: u64, probe: Probe) -> Reading {
        let (at, bytes) = (self.position, to - self.position);
        self.position = to;
        self.probe = probe;
        self.given = self.given.max(to);
        self.size = self.size.max(to);
        self.is_before_nuls = false;
        self.ends_in_line = false;
        Reading::Skipped { at, bytes }
    }

    /// Whether a file that seems to end here has lost bytes that have been read. Room that was prepared and has not been needed may be
    /// taken away, and nobody knows how much of what has not been read was that.
    fn is_cut(&mut self, handle: &File, end: u64) -> io::Result<bool> {
        if end >= self.size {
            return Ok(false);
        }
        let size = Stat::of_file(handle)?.size;
        let is_cut = size < self.known_end();
        if !is_cut {
            self.size = size;
        }
        Ok(is_cut)
    }
}

/// Of bytes that follow each other and end at a position.
fn probe_of(lead: &[u8], bytes: &[u8], end: u64) -> Probe {
    if bytes.len() >= Probe::MOST {
        return Probe::of(bytes, end);
    }
    let mut both = [0; 2 * Probe::MOST];
    let len = lead.len() + bytes.len();
    both[..lead.len()].copy_from_slice(lead);
    both[lead.len()..len].copy_from_slice(bytes);
    Probe::of(&both[..len], end)
}
