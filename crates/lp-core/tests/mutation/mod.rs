//! Lines with something done to them, and logs of lines, for property tests.

// Each test program uses a part.
#![allow(dead_code)]

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::Union;

/// A log of such lines with their terminators, the last one perhaps without.
pub(crate) fn log(
    line: impl Strategy<Value = Vec<u8>>,
    lines: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<u8>> {
    let terminator = Union::new_weighted(vec![(8, Just("\n")), (2, Just("\r\n")), (1, Just("\r\r\n"))]);
    let last = select(vec!["\n", "", "\r", "\r\n"]);
    (vec((line, terminator), lines), last).prop_map(|(lines, last)| {
        let mut log = Vec::new();
        let mut lines = lines.into_iter().peekable();
        while let Some((line, terminator)) = lines.next() {
            log.extend_from_slice(&line);
            let terminator = if lines.peek().is_some() { terminator } else { last };
            log.extend_from_slice(terminator.as_bytes());
        }
        log
    })
}

/// Such a line with one to three things done to it; some of the texts may be put into it.
pub(crate) fn mutated<T: AsRef<[u8]> + Clone + Debug + 'static>(
    line: impl Strategy<Value = Vec<u8>>,
    inserts: &'static [T],
) -> impl Strategy<Value = Vec<u8>> {
    (line, vec(mutation(inserts), 1..4)).prop_map(|(mut line, mutations)| {
        for mutation in mutations {
            mutation.apply(&mut line);
        }
        line
    })
}

/// Something that is done to a line.
#[derive(Clone, Debug)]
enum Mutation {
    /// Another byte in a place.
    Flip(Index, u8),
    /// The line ends there.
    Cut(Index),
    Insert(Index, Vec<u8>),
    /// The bytes between two places are repeated at a third.
    Duplicate(Index, Index, Index),
    Remove(Index, usize),
}

fn mutation<T: AsRef<[u8]> + Clone + Debug + 'static>(inserts: &'static [T]) -> impl Strategy<Value = Mutation> {
    prop_oneof![
        3 => (any::<Index>(), any::<u8>()).prop_map(|(at, mask)| Mutation::Flip(at, mask)),
        2 => any::<Index>().prop_map(Mutation::Cut),
        4 => (any::<Index>(), select(inserts)).prop_map(|(at, text)| Mutation::Insert(at, text.as_ref().to_vec())),
        1 => any::<[Index; 3]>().prop_map(|[start, end, at]| Mutation::Duplicate(start, end, at)),
        2 => (any::<Index>(), 1_usize..6).prop_map(|(at, count)| Mutation::Remove(at, count)),
    ]
}

impl Mutation {
    fn apply(&self, line: &mut Vec<u8>) {
        // Every place of the line, its end included.
        let place = |index: &Index, line: &[u8]| index.index(line.len() + 1);
        match self {
            Self::Flip(at, mask) => {
                let at = place(at, line);
                if let Some(byte) = line.get_mut(at) {
                    *byte ^= mask;
                }
            }
            Self::Cut(at) => line.truncate(place(at, line)),
            Self::Insert(at, text) => {
                let at = place(at, line);
                line.splice(at..at, text.iter().copied());
            }
            Self::Duplicate(start, end, at) => {
                let (start, end) = (place(start, line), place(end, line));
                let piece = line[start.min(end)..start.max(end)].to_vec();
                let at = place(at, line);
                line.splice(at..at, piece);
            }
            Self::Remove(at, count) => {
                let at = place(at, line);
                line.drain(at..line.len().min(at + count));
            }
        }
    }
}

/// Text that a regular expression matches.
pub(crate) fn words(pattern: &'static str) -> impl Strategy<Value = Vec<u8>> {
    proptest::string::bytes_regex(pattern).expect("a regular expression")
}

/// One of the texts.
pub(crate) fn chosen(texts: &[&'static str]) -> impl Strategy<Value = Vec<u8>> + use<> {
    select(texts.to_vec()).prop_map(|text| text.as_bytes().to_vec())
}
