//! Where the last records of a file begin, of all or of those that the stages let through.

use std::io;

use lp_core::format::START_BYTES;
use lp_core::{Batch, Format};
use memchr::memrchr;

use crate::reading::Reading;
use crate::source::BYTE_ORDER_MARK;
use crate::stage::{AnyStage, Place, Selected};

/// How much is read at a time.
const BLOCK: usize = 64 << 10;

/// How far back is looked at most: more would take long to show.
const MOST: u64 = 64 << 20;

/// How far back is looked at most where stages leave records out, so that all must be parsed.
const MOST_PARSED: u64 = 16 << 20;

/// How much is parsed at a time, unless a record is longer.
const PARSED: u64 = 1 << 20;

/// The position at which the last `count` records before `end` begin that come through the stages, or those that there are
/// within reach. `read_at` reads at a position, as much as the buffer holds.
pub(super) fn last_records(
    count: u32,
    end: u64,
    reading: &Reading,
    mut read_at: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
) -> io::Result<u64> {
    if reading.stages.is_empty() {
        return last_of_all(count, end, MOST, &*reading.format, read_at);
    }
    let (mut at, mut begins, mut left) = (end, end, count as usize);
    let mut size = PARSED;
    while at > end.saturating_sub(MOST_PARSED) {
        let from = last_of_all(u32::MAX, at, size, &*reading.format, &mut read_at)?;
        if from == at {
            if size >= MOST_PARSED || size >= at {
                break;
            }
            size *= 2;
            continue;
        }
        let mut bytes = vec![0; (at - from) as usize];
        if read_at(&mut bytes, from)? < bytes.len() {
            // Somebody has truncated it.
            return Ok(end);
        }
        let marked = if from == 0 && bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let found = come_through(&bytes[marked..], reading);
        if let Some(first) = found.len().checked_sub(left).or((!found.is_empty()).then_some(0)) {
            begins = from + (marked + found[first]) as u64;
        }
        left = left.saturating_sub(found.len());
        if left == 0 {
            break;
        }
        (at, size) = (from, PARSED);
    }
    Ok(begins)
}

/// Where the records of this text begin that come through the stages, as far as these do not depend on what came before.
fn come_through(text: &[u8], reading: &Reading) -> Vec<usize> {
    let mut batch = Batch::with_limit(reading.limits.record()).with_line_limit(reading.limits.lines());
    reading.format.parse(text, &mut batch);
    let mut numbers = (0..u32::try_from(batch.len()).unwrap_or(u32::MAX)).collect();
    let origin = Place { input: 0, offset: 0 };
    let mut records = Selected::new(&batch, text, reading.format.schema(), origin, &mut numbers);
    for stage in &reading.stages {
        let AnyStage::Parallel(parallel) = &stage.stage else { break };
        // What it contributes is nobody's: the records come again.
        let _ = parallel.map(&stage.bound, &mut records);
    }
    records.iter().map(|record| record.offset()).collect()
}

/// The position at which the last `count` of all records before `end` begin, or those in the last `most` bytes.
fn last_of_all(
    count: u32,
    end: u64,
    most: u64,
    format: &dyn Format,
    mut read_at: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
) -> io::Result<u64> {
    let first = end.saturating_sub(most);
    let mut found = 0;
    let mut begins = end;
    // What is known of the line that begins in the block at hand or before it.
    let mut line: Vec<u8> = Vec::new();
    let mut at = end;
    let mut buffer = vec![0; BLOCK];
    let is_start =
        |line: &[u8]| !format.is_multiline() || format.starts_record(line.strip_suffix(b"\r").unwrap_or(line));
    while at > first && found < count {
        let from = at.saturating_sub(BLOCK as u64).max(first);
        let block = &mut buffer[..(at - from) as usize];
        if read_at(block, from)? < block.len() {
            // Somebody has truncated it: there is nothing to look back at.
            return Ok(end);
        }
        let mut rest = &*block;
        while found < count {
            // A line feed at the very end of the file ends the last line, it begins none.
            let ends_there = at == end && rest.len() == block.len();
            let searched = if ends_there { rest.strip_suffix(b"\n").unwrap_or(rest) } else { rest };
            let Some(line_feed) = memrchr(b'\n', searched) else { break };
            prepend(&mut line, &searched[line_feed + 1..]);
            if is_start(&line) {
                found += 1;
                begins = from + line_feed as u64 + 1;
            }
            line.clear();
            rest = &rest[..line_feed];
        }
        prepend(&mut line, rest);
        at = from;
    }
    if found < count && first == 0 && end > 0 {
        begins = 0;
    }
    Ok(begins)
}

/// Puts these bytes before a line, of which only as much is kept as decides whether it starts a record.
fn prepend(line: &mut Vec<u8>, bytes: &[u8]) {
    line.splice(..0, bytes[..bytes.len().min(START_BYTES)].iter().copied());
    line.truncate(START_BYTES);
}

#[cfg(test)]
mod tests {
    use lp_core::format::python::{Python, Style};

    use super::*;
    use crate::Access;

    fn begins(text: &str, count: u32, format: &dyn Format) -> usize {
        let read_at = |buffer: &mut [u8], position: u64| {
            let from = position as usize;
            let len = buffer.len().min(text.len() - from);
            buffer[..len].copy_from_slice(&text.as_bytes()[from..from + len]);
            Ok(len)
        };
        last_of_all(count, text.len() as u64, MOST, format, read_at).unwrap() as usize
    }

    #[test]
    fn lines() {
        let format = Access::combined();
        for (text, count, begin) in [
            ("", 3, 0),
            ("a\n", 1, 0),
            ("a\nb\nc\n", 1, 4),
            ("a\nb\nc\n", 2, 2),
            ("a\nb\nc\n", 3, 0),
            ("a\nb\nc\n", 9, 0),
            ("a\nb\n\n", 1, 4),
        ] {
            assert_eq!(begins(text, count, &format), begin, "{text:?} {count}");
        }
        let long = format!("first\n{}\nlast\n", "x".repeat(3 * BLOCK));
        assert_eq!(begins(&long, 1, &format), long.len() - 5);
        assert_eq!(begins(&long, 2, &format), 6);
        assert_eq!(begins(&long, 3, &format), 0);
    }

    #[test]
    fn records_of_several_lines() {
        let format = Python::compile("%(levelname)s:%(name)s:%(message)s", Style::Percent, None).unwrap();
        let text = "INFO:a:one\nERROR:a:two\nTraceback\n  File\nINFO:a:three\n";
        for (count, from) in [(1, "INFO:a:three"), (2, "ERROR:a:two"), (3, "INFO:a:one")] {
            assert_eq!(begins(text, count, &format), text.find(from).unwrap(), "{count}");
        }
    }
}
