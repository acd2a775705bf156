//! Where the last records of a file begin.

use std::io;

use lp_core::Format;
use lp_core::format::START_BYTES;
use memchr::memrchr;

/// How much is read at a time.
const BLOCK: usize = 64 << 10;

/// How far back is looked at most: more would take long to show.
const MOST: u64 = 64 << 20;

/// The position at which the last `count` records before `end` begin. `read_at` reads at a position, as much as the buffer holds.
pub(super) fn last_records(
    count: u32,
    end: u64,
    format: &dyn Format,
    mut read_at: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
) -> io::Result<u64> {
    let first = end.saturating_sub(MOST);
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
        last_records(count, text.len() as u64, format, read_at).unwrap() as usize
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
