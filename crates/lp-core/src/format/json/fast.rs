//! The scanner that lets simd-json take lines apart, a few of them at a time.
//!
//! simd-json makes a tape: a node for each key and each value, and for an object or array how many nodes are in it. So
//! the outermost members are found without a look at the others. simd-json decodes strings in place, in a copy of the
//! line, and a key in a node is the text in the copy: where it begins there it begins in the line. That is not written
//! anywhere, so it is checked: what is taken for a key must be one, letter for letter, between quotes. A value ends
//! before the comma before the next key.
//!
//! # Several lines at once
//!
//! A seventh of the time that simd-json takes for a short line goes into beginning and ending. So it is given several
//! lines as one array:
//!
//! ```text
//! [{"a":1,"b":2},{"a":3},{"b":4}]
//! ```
//!
//! Where that is JSON, each line is an object of its own if the array has as many values as there are lines, all of them
//! objects, and the first key of each is the first thing in its line behind a brace. For then that brace and the comma
//! before it are no part of a string, since no quote is between them and the key; so each value begins where its line
//! does, and up to the comma goes the value before it. Otherwise the lines are tried one by one.

use std::fmt;
use std::ops::Range;

use simd_json::{Buffers, INPUT_PADDING, Node, Tape};

use super::found::{Found, Member};
use super::names::Name;
use super::spaces;

/// A longer line is left to the careful scanner: simd-json takes some thirty times a line's length in memory if it is
/// all brackets.
const LONGEST: usize = 64 << 10;
/// The most lines that simd-json gets at once.
const LINES: usize = 8;
/// With so many bytes there is no need for more lines.
const ENOUGH: usize = 4 << 10;

/// The memory that simd-json works in, and the lines that it will be given.
pub(crate) struct Scratch {
    lines: [Line; LINES],
    count: usize,
    /// The text for simd-json, and `len` bytes of it that are written.
    copy: Vec<u8>,
    len: usize,
    buffers: Buffers,
    tape: Tape<'static>,
}

/// A line that waits.
#[derive(Clone, Copy)]
struct Line {
    /// Its place in the input.
    start: usize,
    len: usize,
    /// Where its copy begins.
    copy: usize,
}

impl Default for Scratch {
    fn default() -> Self {
        let lines = [Line { start: 0, len: 0, copy: 0 }; LINES];
        Self { lines, count: 0, copy: Vec::new(), len: 0, buffers: Buffers::default(), tape: Tape(Vec::new()) }
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("copy", &self.copy.len()).finish_non_exhaustive()
    }
}

impl Scratch {
    /// Whether it is time to [`flush`](Self::flush).
    #[inline(always)]
    pub(super) const fn is_full(&self) -> bool {
        self.count == LINES || self.len >= ENOUGH
    }

    /// Lets a line wait, if there is room and it is not plainly none for simd-json.
    #[inline(always)]
    pub(super) fn push(&mut self, input: &[u8], line: Range<usize>) -> bool {
        let rest = input.get(line.start..).unwrap_or_default();
        let text = rest.get(..line.len()).unwrap_or_default();
        if text.len() > LONGEST || self.count == LINES || !begins_as_object(text) {
            return false;
        }
        if self.copy.len() < ENOUGH + text.len() + SLACK {
            self.copy.resize((ENOUGH + text.len() + SLACK).next_power_of_two(), 0);
        }
        if self.count == 0 {
            self.len = 0;
        }
        self.write(if self.count == 0 { b'[' } else { b',' });
        let Some(waiting) = self.lines.get_mut(self.count) else { return false };
        *waiting = Line { start: line.start, len: text.len(), copy: self.len };
        copy_blocks(rest, text, self.copy.get_mut(self.len..).unwrap_or_default());
        self.len += text.len();
        self.count += 1;
        true
    }

    #[inline(always)]
    fn write(&mut self, byte: u8) {
        if let Some(place) = self.copy.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    /// Calls `with` for each line that waits, in their order, with what the careful scanner would find in it; or with
    /// nothing where that is for the careful scanner to say.
    #[inline(never)]
    pub(super) fn flush<F: FnMut(Range<usize>, &[u8], Option<&Found>)>(
        &mut self,
        input: &[u8],
        found: &mut Found,
        with: &mut F,
    ) {
        let (lines, count) = (self.lines, std::mem::take(&mut self.count));
        let lines = lines.get(..count).unwrap_or_default();
        if lines.is_empty() {
            return;
        }
        self.write(b']');
        let copy = self.copy.get_mut(..self.len + INPUT_PADDING).unwrap_or_default();
        let address = copy.as_ptr() as usize;
        let mut tape = std::mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        let is_json = fill(copy, self.len, &mut self.buffers, &mut tape);
        let is_each = is_json && stand_alone(input, lines, address, &tape.0);
        if is_each {
            let mut nodes = tape.0.get(1..).unwrap_or_default();
            for line in lines {
                let text = line.text(input);
                let is_found = match object(nodes) {
                    Some((members, behind)) => {
                        nodes = behind;
                        walk(text, address + line.copy, members, found).is_some()
                    }
                    None => false,
                };
                with(line.range(), text, is_found.then_some(&*found));
            }
        }
        self.tape = tape.reset();
        if is_each {
            return;
        }
        for line in lines {
            if count > 1 && self.push(input, line.range()) {
                self.flush(input, found, with);
            } else {
                with(line.range(), line.text(input), None);
            }
        }
    }
}

/// The nodes of an object's members, which go on with what is behind the object; and what is behind it.
#[inline(always)]
fn object<'a, 'b>(nodes: &'a [Node<'b>]) -> Option<(&'a [Node<'b>], &'a [Node<'b>])> {
    match nodes.split_first()? {
        (Node::Object { count, .. }, members) => Some((members, members.get(*count..)?)),
        _ => None,
    }
}

impl Line {
    #[inline(always)]
    const fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }

    #[inline(always)]
    fn text<'a>(&self, input: &'a [u8]) -> &'a [u8] {
        input.get(self.range()).unwrap_or_default()
    }
}

/// Whether each line is an object of its own, given the tape of them all.
#[inline(always)]
fn stand_alone(input: &[u8], lines: &[Line], address: usize, tape: &[Node<'_>]) -> bool {
    if !matches!(tape.first(), Some(Node::Array { len, .. }) if *len == lines.len()) {
        return false;
    }
    let mut nodes = tape.get(1..).unwrap_or_default();
    for (number, line) in lines.iter().enumerate() {
        let Some((members, behind)) = object(nodes) else { return false };
        nodes = behind;
        if number == 0 {
            continue;
        }
        let is_first = match members.first() {
            Some(Node::String(key)) => is_first(line.text(input), offset(key, address + line.copy)),
            _ => false,
        };
        if !is_first {
            return false;
        }
    }
    true
}

/// Whether the key that stands at a place of a line is the first thing in it, behind a brace.
#[inline(always)]
fn is_first(text: &[u8], place: usize) -> bool {
    match text {
        [b'{', b'"', ..] => place == 2,
        _ => {
            let brace = spaces::behind(text, 0);
            text.get(brace) == Some(&b'{') && spaces::behind(text, brace + 1).checked_add(1) == Some(place)
        }
    }
}

/// Room behind a line's copy: the brackets, what is copied with it, and what simd-json wants.
const SLACK: usize = 3 * INPUT_PADDING;

#[inline(always)]
fn begins_as_object(text: &[u8]) -> bool {
    match text.first() {
        Some(b'{') => true,
        Some(b' ' | b'\t' | b'\r') => text.get(spaces::behind(text, 0)) == Some(&b'{'),
        _ => false,
    }
}

/// Copies a text, and some of what is behind it: whole blocks, as that takes no call of a function.
#[inline(always)]
fn copy_blocks(rest: &[u8], text: &[u8], copy: &mut [u8]) {
    let (from, _) = rest.as_chunks::<INPUT_PADDING>();
    let (to, _) = copy.as_chunks_mut::<INPUT_PADDING>();
    let count = text.len().div_ceil(INPUT_PADDING);
    if let (Some(from), Some(to)) = (from.get(..count), to.get_mut(..count)) {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
    } else if let Some(copy) = copy.get_mut(..text.len()) {
        copy.copy_from_slice(text);
    }
}

/// Lets simd-json make its tape of the first `len` bytes of a copy. A function of its own, as it is large and its loops
/// want all registers.
#[inline(never)]
fn fill<'a>(copy: &'a mut [u8], len: usize, buffers: &mut Buffers, tape: &mut Tape<'a>) -> bool {
    simd_json::fill_tape_padded(copy, len, buffers, tape).is_ok()
}

/// Goes over the members of a line's object, given the nodes from the first member on. `copy` is the address of the
/// line's copy. `None` where something is not as expected; that is for the careful scanner.
#[inline(always)]
fn walk(text: &[u8], copy: usize, mut nodes: &[Node<'_>], found: &mut Found) -> Option<()> {
    found.clear();
    while let [Node::String(key), value, rest @ ..] = nodes {
        nodes = match value {
            Node::Object { count, .. } | Node::Array { count, .. } => rest.get(*count..)?,
            Node::String(_) | Node::Static(_) => rest,
        };
        if let Some(name) = Name::of(key.as_bytes()) {
            let start = offset(key, copy).checked_sub(1)?;
            let quote = start.checked_add(1 + key.len())?;
            if text.get(start) != Some(&b'"') || text.get(quote) != Some(&b'"') {
                return None;
            }
            let next = match nodes {
                [Node::String(next), ..] => offset(next, copy).checked_sub(1)?,
                _ => text.len(),
            };
            let [start, quote, next] = [start, quote, next].map(|place| place as u32);
            found.see(name, Member { start, quote, next });
        }
    }
    Some(())
}

/// Where a key stands in the line: as far behind its beginning as in the copy.
#[inline(always)]
fn offset(key: &str, copy: usize) -> usize {
    (key.as_ptr() as usize).wrapping_sub(copy)
}
