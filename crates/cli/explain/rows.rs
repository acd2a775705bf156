//! A record in rows that fit a terminal, each with the marks of the fields under it.
//!
//! ```text
//!   203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] "GET /api HTTP/1.1" 5x2 157 "-"
//!   └────1────┘      └───────────2────────────┘   └3┘ └4─┘ └──5───┘      └6┘
//!                                                 not a valid number ^
//! ↪  "curl/8.4.0"
//!     └───7────┘
//! ```

use std::fmt::Write as _;
use std::ops::Range;

use lp::visible::{Cell, cells, columns};

use super::account::Account;
use super::style;

/// Columns of a record in a row. Before it is a margin of two, behind it a caret has room.
const ROOM: usize = 77;
/// Of a long run of rows with nothing but one field so many are shown at its beginning, and so many at its end.
const SHOWN: usize = 3;
/// No fewer are left out.
const HIDDEN: usize = 4;

/// The signs by which fields are marked; of more fields than these the last ones share the last.
const LABELS: &[u8] = b"123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ*";

/// The sign of the field of that number.
pub(super) fn label(number: usize) -> char {
    char::from(LABELS[number.min(LABELS.len() - 1)])
}

/// Part of a record that fits a row.
struct Row {
    /// Numbers of cells.
    cells: Range<usize>,
    /// Whether the record was broken here for want of room.
    goes_on: bool,
}

/// A place that is marked, and the sign of its field.
struct Mark {
    place: Range<usize>,
    number: usize,
}

struct Drawing<'a> {
    raw: &'a [u8],
    cells: Vec<Cell>,
    marks: Vec<Mark>,
    /// For each byte the number of its mark.
    owners: Vec<Option<usize>>,
    /// Where the error is, and what it says.
    error: Option<(usize, String)>,
    out: String,
}

/// The record in rows; each line ends with a line feed.
pub(super) fn draw(account: &Account<'_>) -> String {
    let places = account.places();
    let marks: Vec<Mark> = places
        .iter()
        .enumerate()
        .filter_map(|(number, (_, known))| Some(Mark { place: known.place.clone()?, number }))
        .collect();
    let mut owners = vec![None; account.raw.len()];
    // What stands within another was sorted behind it.
    for (number, mark) in marks.iter().enumerate() {
        owners[mark.place.clone()].fill(Some(number));
    }
    let error = account.error.as_ref().map(|wrong| (wrong.error.at() as usize, wrong.error.reason().to_string()));
    let cells = cells(account.raw);
    let mut drawing = Drawing { raw: account.raw, cells, marks, owners, error, out: String::new() };
    drawing.rows();
    drawing.out
}

impl Drawing<'_> {
    fn rows(&mut self) {
        let rows = self.broken();
        let is_last = |number: usize| number + 1 == rows.len();
        let mut next = 0;
        while next < rows.len() {
            let owner = self.only_owner(&rows[next], is_last(next));
            let alike = |&number: &usize| owner.is_some() && self.only_owner(&rows[number], is_last(number)) == owner;
            let run = (next..rows.len()).take_while(alike).count().max(1);
            let hidden = if run < 2 * SHOWN + HIDDEN { 0..0 } else { next + SHOWN..next + run - SHOWN };
            for (number, row) in rows.iter().enumerate().skip(next).take(run) {
                if !hidden.contains(&number) {
                    self.row(row, is_last(number));
                } else if number == hidden.start {
                    self.hidden(&rows[hidden.clone()]);
                }
            }
            next += run;
        }
    }

    /// Breaks the record at line feeds, and where a row is full.
    fn broken(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut row = Row { cells: 0..0, goes_on: false };
        let mut used = 0;
        for (number, cell) in self.cells.iter().enumerate() {
            if self.is_line_feed(cell) {
                let next = Row { cells: number + 1..number + 1, goes_on: false };
                row.cells.end = number + 1;
                rows.push(std::mem::replace(&mut row, next));
                used = 0;
                continue;
            }
            if used + cell.columns > ROOM {
                rows.push(std::mem::replace(&mut row, Row { cells: number..number, goes_on: true }));
                used = 0;
            }
            row.cells.end = number + 1;
            used += cell.columns;
        }
        rows.push(row);
        rows
    }

    fn is_line_feed(&self, cell: &Cell) -> bool {
        self.raw[cell.at] == b'\n'
    }

    fn owner(&self, cell: &Cell) -> Option<usize> {
        self.owners[cell.at]
    }

    /// The bytes of some rows.
    fn bytes(&self, cells: &Range<usize>) -> Range<usize> {
        let at = |number: usize| self.cells.get(number).map_or(self.raw.len(), |cell| cell.at);
        at(cells.start)..at(cells.end)
    }

    /// Whether the error is to be shown in a row.
    fn has_error(&self, row: &Row, is_last: bool) -> bool {
        let bytes = self.bytes(&row.cells);
        self.error.as_ref().is_some_and(|&(at, _)| bytes.contains(&at) || (is_last && at >= bytes.end))
    }

    /// What all of a row belongs to; nothing if that is not one thing, or if there is something else to be seen.
    fn only_owner(&self, row: &Row, is_last: bool) -> Option<Option<usize>> {
        let mut owners = self.cells[row.cells.clone()].iter().map(|cell| self.owner(cell));
        let first = owners.next()?;
        (owners.all(|owner| owner == first) && !self.has_error(row, is_last)).then_some(first)
    }

    fn hidden(&mut self, rows: &[Row]) {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
        let bytes = self.bytes(&(first.cells.start..last.cells.end)).len();
        let _ = writeln!(self.out, "  {0}⋮ {1} rows more, {bytes} bytes{0:#}", style::FAINT, rows.len());
    }

    fn row(&mut self, row: &Row, is_last: bool) {
        let has_error = self.has_error(row, is_last);
        let mut text = String::new();
        let mut marks = String::new();
        let mut column = 0;
        let mut caret = None;
        let mut number = row.cells.start;
        while number < row.cells.end {
            let start = number;
            let owner = self.owner(&self.cells[start]);
            let mut shown = String::new();
            let mut wide = 0;
            while number < row.cells.end && self.owner(&self.cells[number]) == owner {
                let cell = &self.cells[number];
                if has_error
                    && let Some((at, _)) = self.error
                    && (cell.at..cell.at + cell.len).contains(&at)
                {
                    caret = Some(column + wide);
                }
                if !self.is_line_feed(cell) {
                    shown += &cell.text;
                    wide += cell.columns;
                }
                number += 1;
            }
            column += wide;
            let Some(mark) = owner.map(|owner| &self.marks[owner]) else {
                text += &shown;
                marks.extend(std::iter::repeat_n(' ', wide));
                continue;
            };
            let style = style::of(mark.number);
            let bytes = self.bytes(&(start..number));
            let ends = (bytes.start == mark.place.start, bytes.end == mark.place.end);
            let _ = write!(text, "{style}{shown}{style:#}");
            let _ = write!(marks, "{style}{}{style:#}", bracket(label(mark.number), wide, ends));
        }
        let margin = if row.goes_on { format!("{0}↪{0:#} ", style::FAINT) } else { "  ".to_owned() };
        // An empty line has a line feed that belongs to a field, and nothing that could be marked.
        self.line(&margin, if column > 0 { &text } else { "" });
        if column > 0 && self.cells[row.cells.clone()].iter().any(|cell| self.owner(cell).is_some()) {
            self.line("  ", &marks);
        }
        if has_error {
            let caret = self.caret(caret.unwrap_or(column));
            self.line("  ", &caret);
        }
    }

    fn line(&mut self, margin: &str, text: &str) {
        if !text.is_empty() {
            self.out += margin;
            self.out += text.trim_end_matches(' ');
        }
        self.out.push('\n');
    }

    /// A caret in a column, with what it says on the side that has room.
    fn caret(&self, column: usize) -> String {
        let said = self.error.as_ref().map_or("", |(_, said)| said);
        let wide = columns(said) + 1;
        let style = style::WRONG;
        if column + 1 + wide <= ROOM + 1 {
            format!("{:column$}{style}^ {said}{style:#}", "")
        } else if wide <= column {
            format!("{:1$}{style}{said} ^{style:#}", "", column - wide)
        } else {
            format!("{:column$}{style}^{style:#}", "")
        }
    }
}

/// A mark of so many columns; `ends`: whether the field begins and ends here.
fn bracket(label: char, wide: usize, ends: (bool, bool)) -> String {
    let middle = match wide {
        0 => return String::new(),
        1 => 0,
        2 => usize::from(ends.0),
        _ => (wide - 1) / 2,
    };
    let sign = |column| match column {
        column if column == middle => label,
        0 if ends.0 => '└',
        column if column + 1 == wide && ends.1 => '┘',
        _ => '─',
    };
    (0..wide).map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_as_wide_as_their_field() {
        for (wide, ends, want) in [
            (0, (true, true), ""),
            (1, (true, true), "1"),
            (2, (true, true), "└1"),
            (2, (false, true), "1┘"),
            (3, (true, true), "└1┘"),
            (6, (true, true), "└─1──┘"),
            (6, (true, false), "└─1───"),
            (6, (false, false), "──1───"),
            (5, (false, true), "──1─┘"),
        ] {
            assert_eq!(bracket('1', wide, ends), want);
        }
    }

    #[test]
    fn every_field_has_a_sign() {
        assert_eq!([0, 8, 9, 34, 35, 60, 61, 1000].map(label), ['1', '9', 'a', 'z', 'A', 'Z', '*', '*']);
    }
}
