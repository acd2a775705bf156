//! A line of a configuration with marks under a part of it, for people.

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::webhook::CREDENTIALS;

/// The most columns that are used.
const COLUMNS: usize = 80;

/// Before both lines.
const MARGIN: &str = "  ";

/// Where something is left out.
const DOTS: &str = "...";

/// The value of this key is a secret.
const SECRET: &str = "hash_key";

/// The values of these keys may be secrets, and of headers with credentials. Fields may have the same names.
const MAY_BE_SECRET: [&str; 2] = ["url", "headers"];

/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// Two lines: the line, as far as there is room around a place, and `^^^` under the place.
pub(super) struct Excerpt<'a> {
    pub(super) line: &'a str,
    /// Bytes of the line; may be empty, and right behind its end.
    pub(super) place: Range<usize>,
}

/// A character as it is shown.
struct Cell {
    /// The place of its first byte in the line.
    at: usize,
    text: String,
    columns: usize,
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = cells(self.line);
        let column = |byte: usize| width(&cells[..cells.partition_point(|cell| cell.at < byte)]);
        let (start, end) = (column(self.place.start), column(self.place.end));
        let room = COLUMNS - MARGIN.len() - 2 * DOTS.len();
        let all = width(&cells);
        let from = if all <= room { 0 } else { start.saturating_sub(room / 2).min(all - room) };
        // A character of two columns may stand at either end, half of it within.
        let mut left = cells.as_slice();
        let mut skipped = 0;
        while let [cell, rest @ ..] = left
            && skipped < from
        {
            skipped += cell.columns;
            left = rest;
        }
        let mut text = String::new();
        let mut to = skipped;
        while let [cell, rest @ ..] = left
            && to + cell.columns <= from + room
        {
            text += &cell.text;
            to += cell.columns;
            left = rest;
        }
        let before = if skipped > 0 { DOTS } else { "" };
        let behind = if left.is_empty() { "" } else { DOTS };
        writeln!(f, "{MARGIN}{before}{text}{behind}")?;
        let marks = end.clamp(start + 1, to.max(start + 1)) - start;
        write!(f, "{MARGIN}{:1$}{2}", "", before.len() + start - skipped, "^".repeat(marks))
    }
}

/// The characters of a line, without its indentation and without secrets.
fn cells(line: &str) -> Vec<Cell> {
    let indent = line.len() - line.trim_start().len();
    let shown = secret(line).unwrap_or(line.len());
    let chars = line[..shown].char_indices().skip_while(|(at, _)| *at < indent);
    let hidden = if shown < line.len() { HIDDEN } else { "" };
    chars
        .chain(hidden.chars().map(|char| (shown, char)))
        .map(|(at, char)| {
            let text = visible(char);
            let columns = text.chars().filter_map(UnicodeWidthChar::width).sum();
            Cell { at, text, columns }
        })
        .collect()
}

/// Where a secret begins. The rest of the line is taken for it: nobody knows where it ends if the line is not TOML.
fn secret(line: &str) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    let sure = lower.find(SECRET);
    let others = MAY_BE_SECRET.iter().chain(&CREDENTIALS);
    let keys = others.flat_map(|key| lower.match_indices(key)).filter(|(at, key)| is_key(&lower, *at, key));
    let key = sure.into_iter().chain(keys.map(|(at, _)| at)).min()?;
    let value = key + line[key..].find('=')? + 1;
    Some(line.len() - line[value..].trim_start().len())
}

/// Whether this is a key with a value, or the beginning of one as in `headers.Cookie`, and no name in a condition.
fn is_key(line: &str, at: usize, key: &str) -> bool {
    let before = line[..at].trim_end_matches(['"', '\'']).trim_end();
    let behind = line[at + key.len()..].trim_start_matches(['"', '\'']).trim_start();
    let is_compared = behind.starts_with("==");
    (before.is_empty() || before.ends_with(['{', ',', '.'])) && behind.starts_with(['=', '.']) && !is_compared
}

/// The character, or an escape where it would not be seen, or would do something to a terminal.
fn visible(char: char) -> String {
    match char {
        '\t' => " ".to_owned(),
        '"' | '\'' | '\\' => char.to_string(),
        _ => char.escape_debug().collect(),
    }
}

/// A text on one line, with nothing in it that a terminal obeys.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// A text of the configuration within a message: plain, and not long.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 40;
    let mut chars = text.chars();
    let mut quoted: String = chars.by_ref().take(MOST).map(visible).collect();
    if chars.next().is_some() {
        quoted += DOTS;
    }
    format!("`{quoted}`")
}

fn width(cells: &[Cell]) -> usize {
    cells.iter().map(|cell| cell.columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(line: &str, place: Range<usize>) -> String {
        Excerpt { line, place }.to_string()
    }

    #[test]
    fn marks_stand_under_their_place() {
        assert_eq!(excerpt("abc def", 4..7), "  abc def\n      ^^^");
        assert_eq!(excerpt("    abc", 4..7), "  abc\n  ^^^");
        assert_eq!(excerpt("abc", 3..3), "  abc\n     ^");
        assert_eq!(excerpt("", 0..0), "  \n  ^");
        assert_eq!(excerpt("  ", 2..2), "  \n  ^");
        assert_eq!(excerpt("日本 x", 7..8), "  日本 x\n       ^");
        assert_eq!(excerpt("a\u{1b}b\u{202e}", 2..3), "  a\\u{1b}b\\u{202e}\n         ^");
    }

    #[test]
    fn long_lines_are_cut() {
        for long in ["x".repeat(500), "日".repeat(250)] {
            for place in [0..1, 250..260, 499..500, 500..500] {
                let shown = excerpt(&long, place);
                assert!(shown.contains('^'));
                for line in shown.lines() {
                    assert!(line.chars().filter_map(UnicodeWidthChar::width).sum::<usize>() <= COLUMNS, "{shown}");
                }
            }
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(excerpt("hash_key = \"s3cret\"", 11..19), "  hash_key = ***\n             ^^^");
        assert_eq!(excerpt("x = { hash_key=s3cret, y = 1 }", 23..24), "  x = { hash_key=***\n                    ^");
        assert_eq!(excerpt("hash_key", 0..8), "  hash_key\n  ^^^^^^^^");
        for (line, shown) in [
            ("url = \"https://s3cret\"", "url = ***"),
            ("x = { type = 'webhook', url='https://s3cret' }", "x = { type = 'webhook', url=***"),
            ("headers = { X = 's3cret' }", "headers = ***"),
            ("headers.X = 's3cret'", "headers.X = ***"),
            ("headers . \"X\" = 's3cret'", "headers . \"X\" = ***"),
            ("Authorization = 's3cret'", "Authorization = ***"),
            ("\"X-API-Key\" = 's3cret'", "\"X-API-Key\" = ***"),
            ("where = 'url == \"/\"'", "where = 'url == \"/\"'"),
            ("where = 'a in [b, url == \"/\"]'", "where = 'a in [b, url == \"/\"]'"),
            ("curl = 1", "curl = 1"),
        ] {
            assert!(excerpt(line, 0..1).starts_with(&format!("  {shown}\n")), "{}", excerpt(line, 0..1));
        }
    }

    #[test]
    fn quotes_are_short_and_plain() {
        assert_eq!(quoted("a\n\u{1b}[0m"), "`a\\n\\u{1b}[0m`");
        assert_eq!(quoted(&"é".repeat(41)), format!("`{}...`", "é".repeat(40)));
    }
}
