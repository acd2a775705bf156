//! Text of a log in lines of a terminal.
//!
//! A line that is full is gone on with below, indented. Lines are broken at spaces, and a word only where it does not fit a line
//! of its own. What the terminal would not show as itself is shown as an escape, which is never broken. Each line ends in the
//! plain style, so that lines can be cut out of the whole.

use unicode_width::UnicodeWidthChar;

use super::emoji;
use super::style::{RESET, Style};
use crate::encode::Output;
use crate::encode::visible::{escape, is_printable, push};

/// Writes a record.
pub(super) struct Paragraph<'o> {
    out: &'o mut Output,
    /// Whether styles are written.
    color: bool,
    /// Columns of a line, not fewer than [`Screen::LEAST_COLUMNS`](super::Screen::LEAST_COLUMNS).
    columns: usize,
    /// Columns of this line that are written.
    column: usize,
    /// Columns before what goes on below.
    indent: usize,
    /// Spaces before the next word, if it comes to stand in this line: nobody sees those at the end of one.
    spaces: usize,
    word: Word,
    /// Whether the word is broken, so that what comes of it is written at once.
    breaking: bool,
    /// What the terminal is set to.
    style: Style,
}

/// The beginning of a word that is not written yet.
#[derive(Default)]
struct Word {
    text: Output,
    cells: Vec<Cell>,
    columns: usize,
}

/// A character, or what stands in its place.
#[derive(Clone, Copy)]
struct Cell {
    /// Where its text ends in that of the word.
    end: usize,
    columns: usize,
    style: Style,
}

/// How far lines below are indented where nothing else is said.
const INDENT: usize = 4;

impl<'o> Paragraph<'o> {
    pub(super) fn new(out: &'o mut Output, columns: usize, color: bool) -> Self {
        Self {
            out,
            color,
            columns,
            column: 0,
            indent: INDENT,
            spaces: 0,
            word: Word::default(),
            breaking: false,
            style: Style::Plain,
        }
    }

    /// Appends text. A space in it ends a word.
    pub(super) fn text(&mut self, text: &str, style: Style) {
        let mut rest = text;
        while let Some(char) = rest.chars().next() {
            let composed = emoji::composed(rest);
            let (shown, behind) = rest.split_at(composed.unwrap_or(char.len_utf8()));
            rest = behind;
            match char {
                ' ' => self.space(),
                // As wide as on a terminal that shows them one by one.
                _ if composed.is_some() => {
                    self.word.text.extend(shown.as_bytes());
                    let columns: usize = shown.chars().filter_map(UnicodeWidthChar::width).sum();
                    self.cell(columns.min(self.columns - self.indent), style);
                }
                char if is_printable(char) => {
                    push(char, &mut self.word.text);
                    self.cell(char.width().unwrap_or(0), style);
                }
                char => {
                    let start = self.word.text.len();
                    escape(char, &mut self.word.text);
                    // An escape is ASCII.
                    self.cell(self.word.text.len() - start, Style::Escape);
                }
            }
        }
    }

    /// A space.
    pub(super) fn space(&mut self) {
        self.end_word();
        self.spaces += 1;
    }

    /// A space, unless nothing stands before it.
    pub(super) fn part(&mut self) {
        if self.column > 0 || self.word.columns > 0 {
            self.space();
        }
    }

    /// Spaces until so many columns of the line are taken.
    pub(super) fn pad(&mut self, columns: usize) {
        self.end_word();
        self.spaces += columns.saturating_sub(self.column + self.spaces);
    }

    /// The columns that are taken.
    pub(super) fn column(&self) -> usize {
        self.column + self.spaces + self.word.columns
    }

    /// Lets lines below begin under what comes next, if that leaves half of the line to them.
    pub(super) fn hang(&mut self) {
        self.end_word();
        let here = self.column + self.spaces;
        self.indent = if here <= self.columns / 2 { here } else { INDENT };
    }

    /// A line below, such as one of a traceback, which keeps what it is indented by.
    pub(super) fn below(&mut self, line: &str, style: Style) {
        self.end_word();
        let text = line.trim_start_matches([' ', '\t']);
        let spaces = line[..line.len() - text.len()].bytes().map(|byte| if byte == b'\t' { INDENT } else { 1 });
        let indent = self.indent;
        self.indent = (indent + spaces.sum::<usize>()).min(self.columns / 2).max(indent);
        self.break_line();
        self.text(text, style);
        self.end_word();
        self.indent = indent;
    }

    /// Ends the record.
    pub(super) fn end(&mut self) {
        self.end_word();
        self.set(Style::Plain);
        self.out.extend(b"\n");
        (self.column, self.indent, self.spaces) = (0, INDENT, 0);
    }

    /// The word has one character more, of which the text is there already.
    fn cell(&mut self, columns: usize, style: Style) {
        self.word.columns += columns;
        self.word.cells.push(Cell { end: self.word.text.len(), columns, style });
        let room = self.columns - self.indent;
        if !self.breaking && self.word.columns > room {
            self.breaking = true;
            // Not for the last few columns.
            self.make_room(room / 2);
        }
        if self.breaking {
            self.write_word();
        }
    }

    fn end_word(&mut self) {
        if !self.word.cells.is_empty() {
            self.make_room(self.word.columns);
            self.write_word();
        }
        self.breaking = false;
    }

    /// Begins a line where this one does not have so many columns left.
    fn make_room(&mut self, columns: usize) {
        if columns > self.columns.saturating_sub(self.column + self.spaces) {
            self.break_line();
        }
    }

    fn write_spaces(&mut self) {
        (0..self.spaces).for_each(|_| self.out.extend(b" "));
        self.column += self.spaces;
        self.spaces = 0;
    }

    fn write_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        let mut start = 0;
        for cell in &word.cells {
            if cell.columns > self.columns - self.column {
                self.break_line();
            }
            self.write_spaces();
            self.set(cell.style);
            self.out.extend(&word.text.as_bytes()[start..cell.end]);
            self.column += cell.columns;
            start = cell.end;
        }
        self.word = word.cleared();
    }

    fn break_line(&mut self) {
        self.set(Style::Plain);
        self.out.extend(b"\n");
        (self.column, self.spaces) = (0, self.indent);
    }

    fn set(&mut self, style: Style) {
        if self.color && self.style != style {
            if self.style != Style::Plain {
                self.out.extend(RESET);
            }
            self.out.extend(style.start());
            self.style = style;
        }
    }
}

impl Word {
    /// No word, with the memory of this one.
    fn cleared(mut self) -> Self {
        self.text.clear();
        self.cells.clear();
        self.columns = 0;
        self
    }
}
