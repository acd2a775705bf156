//! Records for people: a line a record, and below it, indented, what has lines of its own.
//!
//! ```text
//! 2025-11-06T10:30:15Z ERROR shop.db connection lost pid=12
//!     Traceback (most recent call last):
//!       …
//! 2025-11-06T10:30:15Z ERROR 203.0.113.7 - GET /x HTTP/1.1 502 157 - "Mozilla/5.0 (X11)"
//! ```
//!
//! First the time, the severity, the logger and the message; then the other fields that have a value, with their names, as
//! in logfmt. A level in the log's own words is not shown beside the severity. Where there is no message to have, and where
//! columns were chosen, the values stand without names in their order, `-` for none, in quotes where they have spaces; what
//! only some records have is left out of the others, unless it was chosen. What would speak to a terminal is shown as an escape. For programs there are other forms: this one cannot be read back.

use super::column::{Column, Source};
use super::columns::{Columns, Scratch, each};
use super::layout::Layout;
use super::members::{Members, unescape_json};
use super::value::{Value, decoded};
use super::{Encoder, Output, logfmt, visible};
use crate::batch::Batch;
use crate::record::Record;

pub(super) struct Text {
    columns: Columns,
    roles: Box<[Role]>,
    /// Whether columns were chosen, so that each has its place.
    chosen: bool,
}

/// How a column is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Severity,
    /// A value without its name.
    Bare,
    /// What the record says; its first line stands in the record's.
    Message,
    /// Lines below the record's own.
    Below,
    /// Behind the message, with its name.
    Named,
    Error,
    Hidden,
}

impl Text {
    pub(super) fn new(layout: &Layout) -> Self {
        let columns = Columns::new(layout);
        let roles = roles(&columns.list, layout.chosen).collect();
        Self { columns, roles, chosen: layout.chosen }
    }

    /// Appends what stands in the record's own line and is shown so, and what has lines of its own below it to `below`.
    fn pass(&self, record: &Record<'_>, named: bool, line: &mut Line<'_>, scratch: &mut Scratch) {
        for (number, column) in self.columns.of(record) {
            let role = self.roles.get(number).copied().unwrap_or(Role::Hidden);
            if named != matches!(role, Role::Named | Role::Error) || role == Role::Hidden {
                continue;
            }
            let value = self.columns.value(number, record, scratch);
            // All there is: what a record does not have says nothing, nor do the fields that a rejected one lacks.
            let is_nothing = matches!(value, Value::Absent) || value == Value::Null && record.error().is_some();
            if is_nothing && !self.chosen && !matches!(column.source, Source::Timestamp | Source::Severity) {
                continue;
            }
            match role {
                Role::Severity => line.severity(value),
                Role::Bare => line.bare(value),
                Role::Message => line.message(value),
                Role::Below => line.below(value),
                Role::Named => line.named(&column.name, value),
                Role::Error => line.error(value),
                Role::Hidden => {}
            }
        }
    }
}

/// How each of the columns is shown; `chosen` where they were chosen.
pub(super) fn roles(list: &[Column], chosen: bool) -> impl Iterator<Item = Role> {
    list.iter().map(move |column| {
        let mut beside = list.iter().filter(|other| other.is_beside(column));
        let has_message = !chosen && beside.clone().any(|other| matches!(other.source, Source::Message(..)));
        let has_severity = beside.any(|other| matches!(other.source, Source::Severity));
        role(column, has_message, has_severity, chosen)
    })
}

fn role(column: &Column, has_message: bool, has_severity: bool, chosen: bool) -> Role {
    match (&column.source, &*column.known_as) {
        (Source::Severity | Source::LevelOrSeverity(..), _) => Role::Severity,
        (Source::Message(..) | Source::RawOfRejected, _) => Role::Message,
        (Source::ParseError, _) => Role::Error,
        (Source::Field(..), "traceback" | "exc_text") => Role::Below,
        (Source::Field(..), "level" | "severity_text") if has_severity && !chosen => Role::Hidden,
        (Source::Timestamp, _) | (_, "logger") => Role::Bare,
        (Source::Members(_) | Source::Truncated, _) if !chosen => Role::Named,
        (source, _) if source.is_added() && !chosen => Role::Named,
        _ if has_message => Role::Named,
        _ => Role::Bare,
    }
}

impl Encoder for Text {
    fn encode(&self, batch: &Batch, input: &[u8], records: &[u32], out: &mut Output) {
        let mut scratch = Scratch::default();
        let (mut below, mut text) = (String::new(), String::new());
        each(batch, input, records, |record| {
            below.clear();
            let mut line = Line { out, below: &mut below, text: &mut text, is_first: true };
            self.pass(&record, false, &mut line, &mut scratch);
            self.pass(&record, true, &mut line, &mut scratch);
            out.extend(b"\n");
            for line in below.lines() {
                out.extend(b"    ");
                visible::line(line, out);
                out.extend(b"\n");
            }
        });
    }
}

/// The record's own line as it is written.
struct Line<'a> {
    out: &'a mut Output,
    below: &'a mut String,
    text: &'a mut String,
    is_first: bool,
}

impl Line<'_> {
    fn space(&mut self) {
        if !self.is_first {
            self.out.extend(b" ");
        }
        self.is_first = false;
    }

    fn bare(&mut self, value: Value<'_>) {
        self.space();
        let written = value.as_text(|text| {
            if text.is_empty() || text.contains([' ', '"']) {
                logfmt::write(text, self.out);
            } else {
                visible::line(text, self.out);
            }
        });
        if written.is_none() {
            self.out.extend(b"-");
        }
    }

    /// As wide as the usual names are.
    fn severity(&mut self, value: Value<'_>) {
        self.space();
        let written = value.as_text(|text| {
            visible::line(text, self.out);
            text.chars().count()
        });
        if written.is_none() {
            self.out.extend(b"-");
        }
        (written.unwrap_or(1)..5).for_each(|_| self.out.extend(b" "));
    }

    fn message(&mut self, value: Value<'_>) {
        value.as_text(|text| {
            self.space();
            let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
            visible::line(first.strip_suffix('\r').unwrap_or(first), self.out);
            self.push_below(rest);
        });
    }

    fn below(&mut self, value: Value<'_>) {
        value.as_text(|text| self.push_below(text));
    }

    fn push_below(&mut self, lines: &str) {
        if !lines.is_empty() {
            self.below.push_str(lines);
            self.below.push('\n');
        }
    }

    fn named(&mut self, name: &str, value: Value<'_>) {
        if let Value::Members(members) = value {
            for member in Members::new(members) {
                let mut name = String::new();
                unescape_json(member.key, &mut name);
                let mut text = std::mem::take(self.text);
                self.pair(&name, decoded(member.value, &mut text));
                *self.text = text;
            }
        } else {
            self.pair(name, value);
        }
    }

    fn pair(&mut self, name: &str, value: Value<'_>) {
        value.as_text(|text| {
            self.space();
            self.out.extend(logfmt::key(name).as_bytes());
            self.out.extend(b"=");
            logfmt::write(text, self.out);
        });
    }

    fn error(&mut self, value: Value<'_>) {
        value.as_text(|text| {
            self.space();
            self.out.extend(b"(");
            visible::line(text, self.out);
            self.out.extend(b")");
        });
    }
}
