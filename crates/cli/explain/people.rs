//! An explanation for people: the record with its marks, then a table of its fields.

use std::fmt::Write as _;

use lp::excerpt::COLUMNS;
use lp::visible::{columns, visible};

use super::account::{Account, Known};
use super::told::{FormatName, Told};
use super::{hint, rows, style};
use crate::shortened::{fits, shortened};
use crate::wrap::titled;

/// Columns of the titles that stand before words.
const TITLES: usize = 12;
/// The widest name of a field that is shown whole.
const NAMES: usize = 24;

/// Appends what is to be said of a record.
pub(super) fn explain(account: &Account<'_>, told: &Told, out: &mut String) {
    let name = told.name(account);
    let others = told.others(account, &name);
    heading(account, told, &name, &others, out);
    out.push('\n');
    *out += &rows::draw(account);
    let mut sections = [table(account), String::new()];
    rest(account, told, &name, &mut sections[1]);
    for section in sections.iter().filter(|section| !section.is_empty()) {
        out.push('\n');
        *out += section;
    }
}

/// What has no place in the record, and what is wrong with it.
fn rest(account: &Account<'_>, told: &Told, name: &FormatName, out: &mut String) {
    nulls(account, out);
    if let Some(original) = account.truncated {
        *out += &titled("truncated", TITLES, &format!("to {} bytes; it has {original}", account.raw.len()));
    }
    if let Some(wrong) = &account.error {
        let at = wrong.error.at();
        let what = format!("{} at byte {at}, reading {}", wrong.error.reason().name(), wrong.field);
        let red = style::WRONG;
        let _ = writeln!(out, "{red}{}{red:#}", titled("rejected", TITLES, &what).trim_end());
        if let Some(hint) = hint::hint(account, wrong, name, told) {
            *out += &titled("", TITLES, &hint);
        }
        if let Some(known) = name.known.filter(|_| told.is_none() && !account.raw.is_empty()) {
            *out += &titled("a right one", TITLES, known.example().lines().next().unwrap_or_default());
        }
    }
}

fn heading(account: &Account<'_>, told: &Told, name: &FormatName, others: &[FormatName], out: &mut String) {
    let bold = style::BOLD;
    let none = if told.is_among_python() { "none of Python's usual ones" } else { "none" };
    let what = if told.is_none() && account.understood() == 0 {
        format!("{none} takes it, nor comes near it; read as {name}")
    } else if told.is_none() {
        format!("{none} takes it; nearest is {name}")
    } else if told.is_recognised() && account.error.is_some() {
        format!("{name}, told from the other records")
    } else {
        name.to_string()
    };
    let _ = writeln!(out, "{bold}{}{bold:#}", titled("format", TITLES, &what).trim_end());
    // Of a family each has a line.
    let title = if account.error.is_some() { "but fits" } else { "also fits" };
    for (number, other) in others.iter().enumerate() {
        *out += &titled(if number == 0 { title } else { "" }, TITLES, &other.to_string());
    }
}

/// What has a place in the record, from left to right, then a severity or a time that has none of its own.
fn table(account: &Account<'_>) -> String {
    let mut out = String::new();
    let places = account.places();
    let widest = places.iter().map(|(name, _)| columns(name)).max().unwrap_or(0).clamp(9, NAMES);
    let room = COLUMNS - 2 - 3 - widest - 2;
    for (number, (name, known)) in places.iter().enumerate() {
        let colour = style::of(number);
        // Names of members come from the log.
        let shown = shortened(name.as_bytes(), widest);
        let pad = widest - columns(&shown);
        let value = if std::ptr::eq(*known, &account.severity) {
            severity(account, &places)
        } else {
            value(account, known, room)
        };
        let _ = writeln!(out, "  {colour}{}  {shown}{colour:#}{:pad$}  {value}", rows::label(number), "");
    }
    if account.severity.place.is_none() && account.severity.value.is_some() {
        let _ = writeln!(out, "     {:widest$}  {}", "severity", severity(account, &places));
    }
    if account.timestamp.place.is_none() && account.timestamp.value.is_some() {
        let _ = writeln!(out, "     {:widest$}  {}", "timestamp", value(account, &account.timestamp, room));
    }
    out
}

/// The severity, and what it comes from.
fn severity(account: &Account<'_>, places: &[(&str, &Known)]) -> String {
    let severity = account.severity.value.as_deref().unwrap_or("null").trim_matches('"');
    let Some(from) = &account.severity_from else { return severity.to_owned() };
    match places.iter().position(|(name, _)| name == from) {
        Some(number) => format!("{severity}, from {from} ({})", rows::label(number)),
        None => format!("{severity}, from {from}"),
    }
}

/// A value in so many columns, and how long it is where that is not all of it.
fn value(account: &Account<'_>, known: &Known, room: usize) -> String {
    let Some(json) = &known.value else { return "null".to_owned() };
    let text = match serde_json::from_str(json) {
        Ok(serde_json::Value::String(text)) if text.is_empty() => return "\"\"".to_owned(),
        Ok(serde_json::Value::String(text)) => text,
        _ => json.clone(),
    };
    if fits(text.as_bytes(), room) {
        return visible(text.as_bytes());
    }
    let bytes = known.place.as_ref().map_or(0, std::ops::Range::len);
    let logged = known.place.clone().and_then(|place| account.raw.get(place)).unwrap_or_default();
    let size = match logged.iter().filter(|&&byte| byte == b'\n').count() {
        0 => format!("  ({bytes} bytes)"),
        feeds => format!("  ({bytes} bytes, {} lines)", feeds + 1),
    };
    shortened(text.as_bytes(), room.saturating_sub(size.len())) + &size
}

/// What has none.
fn nulls(account: &Account<'_>, out: &mut String) {
    let fields = |is_dash: bool| {
        let parts = account.parts.iter().filter(|part| part.known.place.is_none() && part.is_dash == is_dash);
        parts.map(|part| part.name.as_str()).collect::<Vec<_>>()
    };
    let dashes = fields(true);
    if !dashes.is_empty() {
        *out += &titled("logged as -", TITLES, &dashes.join(", "));
    }
    let mut missing = Vec::new();
    if account.timestamp.value.is_none() {
        missing.push("timestamp");
    }
    if account.severity.value.is_none() {
        missing.push("severity");
    }
    missing.extend(fields(false));
    if !missing.is_empty() {
        *out += &titled("null", TITLES, &missing.join(", "));
    }
}
