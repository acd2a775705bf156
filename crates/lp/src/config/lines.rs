//! Where the lines of a text begin.

use std::ops::Range;

/// The lines of a text.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

/// A part of a line.
pub(super) struct Part<'t> {
    /// The number of the line, from 1.
    pub(super) number: usize,
    /// The line, without what ends it.
    pub(super) line: &'t str,
    /// Bytes of the line.
    pub(super) bytes: Range<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    pub(super) const fn text(&self) -> &'t str {
        self.text
    }

    /// The number of the line of a byte, from 1.
    pub(super) fn number(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    /// What of these bytes stands on the line on which they begin. They may be behind the end of the text, and begin or
    /// end within a character.
    pub(super) fn part(&self, bytes: Range<usize>) -> Part<'t> {
        let within = bytes.start.min(self.text.len());
        let start = (0..=within).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or_default();
        let number = self.number(start);
        let from = self.starts.get(number - 1).copied().unwrap_or_default();
        let to = self.starts.get(number).map_or(self.text.len(), |next| next - 1);
        let line = self.text[from..to].trim_end_matches('\r');
        let end = bytes.end.clamp(start, to.max(start));
        Part { number, line, bytes: (start - from).min(line.len())..end - from }
    }
}
