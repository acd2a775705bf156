//! A program that writes a log as nginx does: line by line, each with one call of the system. The log is rotated by renaming it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use corpus::access::AccessLog;
use corpus::{Generator, Log};
use jiff::Timestamp;

/// How long it sleeps when it has written what is due.
const NAP: Duration = Duration::from_millis(1);

/// Lines of an access log that come again and again, with the time of their writing.
pub(super) struct Lines {
    text: Vec<u8>,
    lines: Vec<Line>,
    next: usize,
}

struct Line {
    text: Range<usize>,
    /// Where its time is, unless it is one of those without.
    time: Option<usize>,
}

impl Lines {
    /// A log is no longer than this before its lines come again.
    const LEN: usize = 16 << 20;

    pub(super) fn new() -> Self {
        Self::of::<AccessLog>(Self::LEN)
    }

    fn of<L: Log>(len: usize) -> Self {
        let mut text = Vec::new();
        Generator::<L>::new(1).write_lines(&mut text, len);
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            let time = line.iter().position(|&byte| byte == b'[').map(|bracket| bracket + 1);
            let time = time.filter(|&time| line.get(time + TIME_LEN) == Some(&b']')).map(|time| start + time);
            lines.push(Line { text: start..start + line.len(), time });
            start += line.len();
        }
        Self { text, lines, next: 0 }
    }

    fn next(&mut self, now: &[u8]) -> &[u8] {
        let Line { text, time } = &self.lines[self.next];
        self.next = (self.next + 1) % self.lines.len();
        if let Some(time) = time {
            self.text[*time..time + TIME_LEN].copy_from_slice(now);
        }
        &self.text[text.clone()]
    }
}

/// The length of a [time](time_local).
const TIME_LEN: usize = "06/Nov/2025:10:30:15 +0000".len();

/// The current second as nginx writes it, in UTC.
pub(super) fn time_local() -> String {
    Timestamp::now().strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

/// What has been written.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Written {
    pub(super) lines: u64,
    pub(super) bytes: u64,
    pub(super) rotations: u64,
}

/// Writes a log.
pub(super) struct Writer {
    log: PathBuf,
    file: File,
    written: Written,
}

impl Writer {
    pub(super) fn new(log: PathBuf) -> io::Result<Self> {
        Ok(Self { file: open(&log)?, log, written: Written::default() })
    }

    /// Writes a whole line.
    pub(super) fn write(&mut self, line: &[u8]) -> io::Result<()> {
        self.file.write_all(line)?;
        self.written.lines += 1;
        self.written.bytes += line.len() as u64;
        Ok(())
    }

    /// Writes so many bytes a second for some time, and rotates the log now and then.
    pub(super) fn write_steadily(
        mut self,
        mut lines: Lines,
        rate: u64,
        time: Duration,
        rotate: Duration,
    ) -> io::Result<Written> {
        let start = Instant::now();
        let mut rotation = rotate;
        loop {
            let elapsed = start.elapsed();
            if elapsed >= time {
                return Ok(self.written);
            }
            if elapsed >= rotation {
                self.rotate()?;
                rotation += rotate;
            }
            let due = (elapsed.as_secs_f64() * rate as f64) as u64;
            let now = time_local();
            while self.written.bytes < due {
                self.write(lines.next(now.as_bytes()))?;
            }
            thread::sleep(NAP);
        }
    }

    /// Renames the log, over the one that was renamed before, and begins another one.
    fn rotate(&mut self) -> io::Result<()> {
        fs::rename(&self.log, self.log.with_extension("log.1"))?;
        self.file = open(&self.log)?;
        self.written.rotations += 1;
        Ok(())
    }
}

fn open(log: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(log)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_time_of_their_writing_and_come_again() {
        let mut lines = Lines::of::<AccessLog>(1 << 20);
        let (count, text) = (lines.lines.len(), lines.text.clone());
        let now = b"07/Dec/2026:23:59:59 +0000";
        let first = lines.next(now).to_vec();
        assert!(first.windows(TIME_LEN).any(|bytes| bytes == now), "{}", first.escape_ascii());
        let mut written: Vec<u8> = first.clone();
        for _ in 1..count {
            written.extend_from_slice(lines.next(now));
        }
        assert_eq!(written.len(), text.len());
        let with_time = written.windows(TIME_LEN).filter(|bytes| bytes == now).count();
        assert!(with_time * 1000 > count * 995, "{with_time} of {count} lines have a time");
        assert_eq!(lines.next(now), first);
        assert_eq!(time_local().len(), TIME_LEN);
    }

    #[test]
    fn what_was_written_is_counted_and_rotated() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("access.log");
        let writer = Writer::new(log.clone()).unwrap();
        let lines = Lines::of::<AccessLog>(1 << 16);
        let (time, rotate) = (Duration::from_millis(300), Duration::from_millis(200));
        let written = writer.write_steadily(lines, 1_000_000, time, rotate).unwrap();
        let both = [fs::read(log.with_extension("log.1")).unwrap(), fs::read(&log).unwrap()].concat();
        assert_eq!(written.rotations, 1);
        assert_eq!(written.bytes, both.len() as u64);
        assert_eq!(written.lines, both.iter().filter(|&&byte| byte == b'\n').count() as u64);
        assert!(written.bytes <= 310_000, "{written:?}");
    }
}
