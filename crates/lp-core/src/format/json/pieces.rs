//! The members that are not used, as few pieces of the line as hold them all.
//!
//! All of this reads lines that are known to be an object.

use super::found::Member;
use super::text::Short;
use super::{PIECES, careful, names, spaces};
use crate::span::Span;

/// What stands before, between and behind the used members, without the commas and spaces at its ends.
#[inline(always)]
pub(super) fn around(text: &[u8], used: [Option<Member>; 3]) -> [Span; PIECES] {
    // Two places in one number, so that they are sorted together. A member that is not there stands behind the line,
    // where nothing follows.
    let places = |start: u32, next: u32| u64::from(start) << 32 | u64::from(next);
    let nowhere = places(text.len() as u32, text.len() as u32);
    let [a, b, c] = used.map(|member| member.map_or(nowhere, |member| places(member.start, member.next)));
    let (a, b) = (a.min(b), a.max(b));
    let (b, c) = (b.min(c), b.max(c));
    let (a, b) = (a.min(b), a.max(b));
    let next = |places: u64| places as u32 as usize;
    [piece(text, first(text), a), piece(text, next(a), b), piece(text, next(b), c), piece(text, next(c), nowhere)]
}

/// The members from one that begins at `from` to the one before a place.
#[inline(always)]
fn piece(text: &[u8], from: usize, places: u64) -> Span {
    let start = (places >> 32) as usize;
    if from >= start {
        return Span::ABSENT;
    }
    let end = spaces::end_before(text, start);
    if from < end { Span::new(from as u32, end as u32) } else { Span::ABSENT }
}

/// Where the first member begins.
#[inline(always)]
fn first(text: &[u8]) -> usize {
    match text {
        [b'{', b'"', ..] => 1,
        _ => {
            let brace = text.iter().position(|&byte| byte == b'{').unwrap_or(text.len());
            spaces::behind(text, brace + 1)
        }
    }
}

/// The members of a record that is rejected: without those that are used, and without those whose keys lp writes itself.
/// What is in no more pieces than there is room for; its raw text has them all.
pub(super) fn of_rejected(text: &[u8], used: [Option<Member>; 3]) -> [Span; PIECES] {
    let mut pieces = [Span::ABSENT; PIECES];
    let mut count = 0;
    let mut extends = false;
    let _ = careful::members(text, |key, member| {
        if used.contains(&Some(member)) || is_named(key, names::is_of_the_output) {
            extends = false;
        } else {
            let end = spaces::end_before(text, member.next as usize) as u32;
            if let Some(piece) = pieces.get_mut(count).filter(|_| !extends) {
                *piece = Span::new(member.start, end);
                (count, extends) = (count + 1, true);
            } else if extends && let Some(piece) = pieces.get_mut(count - 1) {
                *piece = Span::new(piece.start() as u32, end);
            }
        }
    });
    pieces
}

/// Where the first member of that name begins.
pub(super) fn key(text: &[u8], name: &[u8]) -> Option<usize> {
    let mut place = None;
    let _ = careful::members(text, |key, member| {
        if place.is_none() && is_named(key, |key| key == name) {
            place = Some(member.start as usize);
        }
    });
    place
}

fn is_named(key: &[u8], names: impl Fn(&[u8]) -> bool) -> bool {
    Short::new(key).is_some_and(|key| names(key.as_bytes()))
}
