//! Tracebacks, as the interpreter prints them.

use super::calls::{Call, ENTRIES, FAILURES, GROUP, Place, WAYS};
use crate::decimal::push_decimal;
use crate::deck::Deck;
use crate::random::Random;
use crate::template::Template;

const HEAD: &[u8] = b"Traceback (most recent call last):\n";
const WHILE_HANDLING: &[u8] = b"\n\nDuring handling of the above exception, another exception occurred:\n\n";
const CAUSED: &[u8] = b"\n\nThe above exception was the direct cause of the following exception:\n\n";

/// A version of Python. The service is being moved from one to the other.
#[derive(Clone, Copy)]
enum Version {
    /// Knows only the line of a call.
    Python3_10,
    /// Knows where in the line, and points there.
    Python3_12,
}

impl Version {
    fn lib_folder(self) -> &'static str {
        match self {
            Self::Python3_10 => "/usr/local/lib/python3.10/",
            Self::Python3_12 => "/usr/local/lib/python3.12/",
        }
    }
}

/// The frames of some calls, by either version.
struct Frames([Vec<u8>; 2]);

impl Frames {
    fn new(calls: &[Call]) -> Self {
        Self([Version::Python3_10, Version::Python3_12].map(|version| {
            let mut text = Vec::new();
            for call in calls {
                push_frame(&mut text, call, version);
            }
            text
        }))
    }

    fn by(&self, version: Version) -> &[u8] {
        &self.0[version as usize]
    }
}

/// The last calls and the exception.
struct End {
    frames: Frames,
    exception: Template,
}

pub(super) struct Tracebacks {
    entries: Deck<Frames>,
    ways: Deck<Frames>,
    ends: Deck<End>,
    group: Template,
}

impl Tracebacks {
    pub(super) fn new() -> Self {
        let frames = |(weight, calls): (u32, &[Call])| (Frames::new(calls), weight);
        let ends = FAILURES.iter().map(|failure| {
            let end = End { frames: Frames::new(failure.calls), exception: Template::new(failure.exception) };
            (end, failure.weight)
        });
        Self {
            entries: Deck::weighted(ENTRIES.map(frames)),
            ways: Deck::weighted(WAYS.map(frames)),
            ends: Deck::weighted(ends),
            group: Template::new(GROUP),
        }
    }

    /// Appends a traceback, without the newline behind it.
    pub(super) fn push(&self, out: &mut Vec<u8>, random: &mut Random) {
        let version = if random.percent(60) { Version::Python3_12 } else { Version::Python3_10 };
        match (random.below(100), version) {
            (0..3, Version::Python3_12) => return self.group.push(out, random),
            (3..20, _) => {
                self.push_cause(out, version, random);
                out.extend_from_slice(WHILE_HANDLING);
            }
            (20..27, _) => {
                self.push_cause(out, version, random);
                out.extend_from_slice(CAUSED);
            }
            (27..29, _) => {
                self.push_cause(out, version, random);
                out.extend_from_slice(CAUSED);
                self.push_cause(out, version, random);
                out.extend_from_slice(WHILE_HANDLING);
            }
            _ => {}
        }
        out.extend_from_slice(HEAD);
        out.extend_from_slice(self.entries.draw(random).by(version));
        out.extend_from_slice(self.ways.draw(random).by(version));
        self.push_end(out, version, random);
    }

    /// Appends what was caught. Its frames begin where it was caught, not where the request came in.
    fn push_cause(&self, out: &mut Vec<u8>, version: Version, random: &mut Random) {
        out.extend_from_slice(HEAD);
        self.push_end(out, version, random);
    }

    fn push_end(&self, out: &mut Vec<u8>, version: Version, random: &mut Random) {
        let end = self.ends.draw(random);
        out.extend_from_slice(end.frames.by(version));
        end.exception.push(out, random);
    }
}

fn push_frame(out: &mut Vec<u8>, call: &Call, version: Version) {
    let (before, after) = match call.place {
        Place::Application => (["/srv/app/", ""], ""),
        Place::Package => ([version.lib_folder(), "site-packages/"], ""),
        Place::StandardLibrary => ([version.lib_folder(), ""], ""),
        Place::Frozen => (["<frozen ", ""], ">"),
    };
    for text in ["  File \"", before[0], before[1], call.file, after, "\", line "] {
        out.extend_from_slice(text.as_bytes());
    }
    push_decimal(out, call.line);
    for text in [", in ", call.function, "\n"] {
        out.extend_from_slice(text.as_bytes());
    }
    if call.source.is_empty() {
        return;
    }
    let (source, underline) = marked(call.source);
    for text in ["    ", &source, "\n"] {
        out.extend_from_slice(text.as_bytes());
    }
    if let (Version::Python3_12, Some(underline)) = (version, underline) {
        out.extend_from_slice(b"    ");
        out.extend_from_slice(underline.as_bytes());
        out.push(b'\n');
    }
}

/// A source without its marks, and what they say stands below it: `       ~~~~~~~~~~~^^^^^`.
fn marked(source: &str) -> (String, Option<String>) {
    let underline = || {
        let (before, rest) = source.split_once('«')?;
        let (blamed, _) = rest.split_once('»')?;
        let (left, at, right) = match blamed.split_once('‹') {
            Some((left, rest)) => rest.split_once('›').map(|(at, right)| (left, at, right))?,
            None => ("", blamed, ""),
        };
        let marks = [(" ", before), ("~", left), ("^", at), ("~", right)];
        Some(marks.map(|(mark, below)| mark.repeat(below.len())).concat())
    };
    (source.replace(['«', '»', '‹', '›'], ""), underline())
}

#[cfg(test)]
mod tests {
    use super::{Call, ENTRIES, FAILURES, Frames, Version, WAYS, marked};

    #[test]
    fn sources_are_marked_as_python_underlines_them() {
        let ways = ENTRIES.iter().chain(&WAYS).flat_map(|(_, calls)| *calls);
        for Call { source: text, .. } in ways.chain(FAILURES.iter().flat_map(|failure| failure.calls)) {
            let (source, underline) = marked(text);
            assert_eq!(underline.is_some(), text.contains(['«', '»', '‹', '›']), "{text}");
            assert!(source.is_ascii(), "{text}");
            if let Some(underline) = underline {
                assert!(underline.len() <= source.len() && underline.contains('^'), "{text}");
                // Python does not underline a whole line.
                assert!(underline.len() < source.len() || underline.starts_with(' '), "{text}");
            }
        }
    }

    #[test]
    fn frames_are_those_of_the_interpreter() {
        let frames = Frames::new(FAILURES[0].calls);
        let source = "  File \"/srv/app/shop/services/prices.py\", line 118, in net_price\n    rate = self.rates[country][\"net\"]\n";
        let carets = "           ~~~~~~~~~~~~~~~~~~~^^^^^^^\n";
        assert_eq!(frames.by(Version::Python3_10), source.as_bytes());
        assert_eq!(frames.by(Version::Python3_12), [source, carets].concat().as_bytes());
    }
}
