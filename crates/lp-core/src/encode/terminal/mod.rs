//! Records for people at a terminal.
//!
//! ```text
//! 10:30:15.123 ERROR shop.db connection lost pid=12
//!                    Traceback (most recent call last):
//!                      …
//! 10:30:15 ERROR 502 GET /cart HTTP/1.1 157B 203.0.113.7 user_agent="Mozilla/5.0 (X11)"
//! ? not a line of this log (missing: timestamp at 15)
//! ```
//!
//! As [`text`](super::text), which says what stands in the record's own line, but: the time is the time of day, in
//! milliseconds at most, with the date before it if that is another than today's. In an access log the response, the request and
//! the client come first, and the rest has names; what has no value is left out. A record that did not parse has a `?` in the
//! place of its severity. Lines are as wide as the terminal, and what a terminal would obey is shown as an escape, in a colour of
//! its own.

mod emoji;
mod paragraph;
mod screen;
mod style;

use unicode_width::UnicodeWidthChar;

pub use screen::Screen;

use self::paragraph::Paragraph;
use self::style::Style;
use super::column::{Column, Source};
use super::columns::{Columns, Scratch, each};
use super::layout::Layout;
use super::members::{Members, unescape_json};
use super::text::{Role, roles};
use super::value::{Value, decoded};
use super::{Encoder, Output, logfmt};
use crate::batch::Batch;
use crate::record::Record;
use crate::severity::Severity;

/// How records are shown on a terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terminal {
    screen: Screen,
    color: bool,
    origin: Option<Origin>,
}

/// The column that tells where records come from.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Origin {
    column: String,
    folder: String,
    width: usize,
}

impl Terminal {
    /// Records on this screen, in colours.
    #[must_use]
    pub const fn new(screen: Screen) -> Self {
        Self { screen, color: true, origin: None }
    }

    /// Whether there are colours.
    #[must_use]
    pub const fn color(mut self, color: bool) -> Self {
        self.color = color;
        self
    }

    /// The constant of this name, which holds the path that a record comes from, stands before all else: without the `folder` that
    /// it begins with, and in so many columns.
    #[must_use]
    pub fn origin(mut self, column: impl Into<String>, folder: impl Into<String>, width: usize) -> Self {
        self.origin = Some(Origin { column: column.into(), folder: folder.into(), width });
        self
    }

    pub(super) fn encoder(&self, layout: &Layout) -> OnTerminal {
        let columns = Columns::new(layout);
        let (screen, color, chosen) = (self.screen.clone(), self.color, layout.chosen);
        let is_origin = |column: &Column| {
            matches!(column.source, Source::Constant(_))
                && self.origin.as_ref().is_some_and(|origin| *origin.column == *column.name)
        };
        let mut parts: Vec<Part> = Vec::new();
        for (number, (column, role)) in columns.list.iter().zip(roles(&columns.list, chosen)).enumerate() {
            let is = if is_origin(column) { Is::Origin } else { Is::of(column, role, chosen) };
            if role != Role::Hidden {
                parts.push(Part { number, is });
            }
        }
        // Columns that were chosen stay in their order.
        parts.sort_by_key(|part| if chosen { part.is.min(Is::Time) } else { part.is });
        OnTerminal { columns, parts, chosen, screen, color, origin: self.origin.clone() }
    }
}

/// Writes records for a terminal.
pub(super) struct OnTerminal {
    columns: Columns,
    /// What of a record is shown, in this order.
    parts: Vec<Part>,
    /// Whether columns were chosen, so that each has its place.
    chosen: bool,
    screen: Screen,
    color: bool,
    origin: Option<Origin>,
}

/// A column, by its number, and what it is to people.
struct Part {
    number: usize,
    is: Is,
}

/// What a column is to people, in the order in which they look for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Is {
    Origin,
    Time,
    Severity,
    Logger,
    Status,
    Method,
    /// What was asked for.
    Target,
    Protocol,
    Message,
    /// A value without its name.
    Bare,
    /// Bytes.
    Size,
    /// How long it took, in seconds.
    Seconds,
    Client,
    Named,
    Error,
    /// Lines below the record's own.
    Below,
}

impl Is {
    fn of(column: &Column, role: Role, chosen: bool) -> Self {
        match (role, &*column.known_as) {
            (Role::Severity, _) => Self::Severity,
            (Role::Message, _) => Self::Message,
            (Role::Below, _) => Self::Below,
            (Role::Named, _) => Self::Named,
            (Role::Error, _) => Self::Error,
            _ if column.source == Source::Timestamp => Self::Time,
            (_, "logger") => Self::Logger,
            (_, "status_code") => Self::Status,
            (_, "method") => Self::Method,
            (_, "path" | "request") => Self::Target,
            (_, "protocol") => Self::Protocol,
            (_, "response_size") => Self::Size,
            (_, "request_time") => Self::Seconds,
            (_, "client_ip") => Self::Client,
            _ if chosen => Self::Bare,
            _ => Self::Named,
        }
    }

    const fn is_before_text(self) -> bool {
        matches!(self, Self::Origin | Self::Time | Self::Severity)
    }
}

impl Encoder for OnTerminal {
    fn encode(&self, batch: &Batch, input: &[u8], records: &[u32], out: &mut Output) {
        let mut scratch = Scratch::default();
        let mut below = String::new();
        let mut shown = Shown { paragraph: Paragraph::new(out, self.screen.columns(), self.color), below: &mut below };
        each(batch, input, records, |record| {
            shown.below.clear();
            self.show(&record, &mut shown, &mut scratch);
            for line in shown.below.lines() {
                shown.paragraph.below(line, Style::Plain);
            }
            shown.paragraph.end();
        });
    }
}

impl OnTerminal {
    fn show(&self, record: &Record<'_>, shown: &mut Shown<'_, '_>, scratch: &mut Scratch) {
        let is_second = record.is_second_kind();
        let mut hangs = false;
        for part in &self.parts {
            let Some(column) = self.columns.list.get(part.number).filter(|column| column.kinds.have(is_second)) else {
                continue;
            };
            let value = self.columns.value(part.number, record, scratch);
            let is_nothing = matches!(value, Value::Absent | Value::Null);
            let is_marked = part.is == Is::Severity && record.error().is_some();
            if is_nothing && !self.chosen && !is_marked {
                continue;
            }
            if part.is != Is::Below {
                shown.paragraph.part();
            }
            if !part.is.is_before_text() && !hangs {
                shown.paragraph.hang();
                hangs = true;
            }
            if is_nothing {
                shown.nothing(part.is, is_marked);
                continue;
            }
            match part.is {
                Is::Time if self.columns.is_as_logged(part.number) => shown.time(value, record, &self.screen),
                Is::Origin => shown.origin(value, self.origin.as_ref()),
                Is::Named => shown.named(&column.name, value),
                is => shown.value(is, value),
            }
        }
    }
}

/// A record while it is shown.
struct Shown<'a, 'o> {
    paragraph: Paragraph<'o>,
    /// What comes to stand below it.
    below: &'a mut String,
}

/// Columns of a severity.
const SEVERITY: usize = 5;

impl Shown<'_, '_> {
    fn nothing(&mut self, is: Is, is_marked: bool) {
        let start = self.paragraph.column();
        let (text, style) = if is_marked { ("?", Style::Yellow) } else { ("-", Style::Dim) };
        self.paragraph.text(text, style);
        if is == Is::Severity && !is_marked {
            self.paragraph.pad(start + SEVERITY);
        }
    }

    fn value(&mut self, is: Is, value: Value<'_>) {
        match (is, value) {
            (Is::Severity, _) => self.severity(value),
            (Is::Message, _) => self.message(value),
            (Is::Status, Value::Integer(status)) => {
                self.paragraph.text(itoa::Buffer::new().format(status), Style::of_status(status));
            }
            (Is::Size, Value::Integer(bytes)) => self.paragraph.text(&size(bytes), Style::Dim),
            (Is::Seconds, Value::Decimal(seconds)) => {
                self.paragraph.text(seconds, Style::Dim);
                self.paragraph.text("s", Style::Dim);
            }
            (Is::Below, _) => {
                value.as_text(|text| self.push_below(text));
            }
            (Is::Error, _) => {
                value.as_text(|text| self.paragraph.text(&format!("({text})"), Style::Yellow));
            }
            (Is::Method, _) => self.bare(value, Style::Bold),
            (Is::Logger, _) => self.bare(value, Style::Cyan),
            (Is::Target | Is::Bare, _) => self.bare(value, Style::Plain),
            _ => self.bare(value, Style::Dim),
        }
    }

    /// The path's last columns, if it has more.
    fn origin(&mut self, value: Value<'_>, origin: Option<&Origin>) {
        let (folder, width) = origin.map_or(("", 0), |origin| (&*origin.folder, origin.width));
        let start = self.paragraph.column();
        value.as_text(|path| {
            let mut path = path.strip_prefix(folder).unwrap_or(path);
            let columns = |text: &str| text.chars().filter_map(UnicodeWidthChar::width).sum::<usize>();
            if columns(path) > width {
                self.paragraph.text("…", Style::Dim);
                while columns(path) + 1 > width
                    && let Some(char) = path.chars().next()
                {
                    path = &path[char.len_utf8()..];
                }
            }
            self.paragraph.text(path, Style::Dim);
        });
        self.paragraph.pad(start + width);
    }

    /// `2025-11-06T10:30:15.123456Z` as `2025-11-06 10:30:15.123`, or without the date.
    fn time(&mut self, value: Value<'_>, record: &Record<'_>, screen: &Screen) {
        value.as_text(|text| {
            let (date, time) = text.split_once('T').unwrap_or(("", text));
            let time = time.trim_end_matches('Z');
            if !record.timestamp().is_some_and(|time| screen.is_today(time)) {
                self.paragraph.text(date, Style::Dim);
                self.paragraph.space();
            }
            self.paragraph.text(time.get(..12).unwrap_or(time), Style::Dim);
        });
    }

    /// As wide as the usual names are.
    fn severity(&mut self, value: Value<'_>) {
        let start = self.paragraph.column();
        value.as_text(|text| match Severity::from_name(text.as_bytes()) {
            // The step within it is no word that people know.
            Some(severity) => {
                let name = severity.name().trim_end_matches(|char: char| char.is_ascii_digit());
                self.paragraph.text(name, Style::of_severity(severity));
            }
            None => self.paragraph.text(text, Style::Plain),
        });
        self.paragraph.pad(start + SEVERITY);
    }

    fn message(&mut self, value: Value<'_>) {
        value.as_text(|text| {
            let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
            self.paragraph.text(first.strip_suffix('\r').unwrap_or(first), Style::Plain);
            self.push_below(rest);
        });
    }

    fn push_below(&mut self, lines: &str) {
        if !lines.is_empty() {
            self.below.push_str(lines);
            self.below.push('\n');
        }
    }

    fn named(&mut self, name: &str, value: Value<'_>) {
        let Value::Members(members) = value else { return self.pair(name, value) };
        let mut text = String::new();
        let mut is_first = true;
        for member in Members::new(members) {
            let value = decoded(member.value, &mut text);
            if value == Value::Null {
                continue;
            }
            if !is_first {
                self.paragraph.space();
            }
            is_first = false;
            let mut name = String::new();
            unescape_json(member.key, &mut name);
            self.pair(&name, value);
        }
    }

    fn pair(&mut self, name: &str, value: Value<'_>) {
        self.paragraph.text(&logfmt::key(name), Style::Dim);
        self.paragraph.text("=", Style::Dim);
        self.bare(value, Style::Dim);
    }

    /// A value, in quotes where one could not see where it ends.
    fn bare(&mut self, value: Value<'_>, style: Style) {
        value.as_text(|text| {
            let is_json = matches!(value, Value::Json(_));
            if is_json || !text.is_empty() && !text.contains([' ', '"']) {
                return self.paragraph.text(text, style);
            }
            self.paragraph.text("\"", style);
            for (number, piece) in text.split('"').enumerate() {
                if number > 0 {
                    self.paragraph.text("\\\"", style);
                }
                self.paragraph.text(piece, style);
            }
            self.paragraph.text("\"", style);
        });
    }
}

/// `157B`, `1.5kB`, `24MB`: three digits at most, cut.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let (mut whole, mut tenths, mut unit) = (bytes, 0, 0);
    while whole >= 1000 {
        (whole, tenths) = (whole / 1000, whole % 1000 / 100);
        unit += 1;
    }
    let unit_name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 || whole >= 10 { format!("{whole}{unit_name}") } else { format!("{whole}.{tenths}{unit_name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (bytes, want) in [
            (0, "0B"),
            (999, "999B"),
            (1000, "1.0kB"),
            (1_599, "1.5kB"),
            (10_500, "10kB"),
            (999_999, "999kB"),
            (24_000_000, "24MB"),
            (u64::MAX, "18EB"),
        ] {
            assert_eq!(size(bytes), want);
        }
    }
}
