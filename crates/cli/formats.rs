//! `lp formats`.

use std::fmt::Write as _;
use std::process::ExitCode;

use lp::excerpt::COLUMNS;
use lp::format::detect::{Known, Settings};
use lp::format::python::Python;
use lp::visible::columns;
use lp::{FieldDef, Kind};
use serde_json::{Value, json};

use crate::args::Formats;
use crate::terminal;
use crate::wrap::titled;

/// Columns before an example and before a list of fields.
const INDENT: usize = 12;

/// The formats that are not one, but as many as people make: the flag, and what it takes.
const CUSTOM: [(&str, &str); 3] = [
    ("--log-format TEXT", "an access log in any log_format of nginx: the directive's text"),
    ("--nginx-conf PATH[:NAME]", "the same, taken from an nginx configuration"),
    ("--python-format TEXT", "any format string of Python's logging, in its %, { or $ style"),
];

pub(crate) fn run(args: &Formats) -> anyhow::Result<ExitCode> {
    let text = if args.json { for_programs() } else { for_people() };
    terminal::print_generated(|out| out.write_all(text.as_bytes()))
}

/// One of each family: of Python's the one that most people write.
fn families() -> impl Iterator<Item = Known> {
    let python = Known::all()
        .find(|known| usual(*known) == Some("%(asctime)s - %(levelname)s - %(message)s"))
        .unwrap_or(Known::Python(0));
    Known::all().filter(|known| !matches!(known, Known::Python(_))).chain([python])
}

fn usual(known: Known) -> Option<&'static str> {
    match known {
        Known::Python(number) => Python::usual_text(number),
        _ => None,
    }
}

fn usual_texts() -> impl Iterator<Item = (Known, &'static str)> {
    Known::all().filter_map(|known| Some((known, usual(known)?)))
}

fn for_people() -> String {
    let mut out = String::new();
    for known in families() {
        out += &titled(known.name(), INDENT + 4, known.description());
        for (number, line) in known.example().lines().enumerate() {
            out += &example(if number == 0 { "  example" } else { "" }, line);
        }
        let format = known.format(&Settings::default());
        let names = |optional: bool| {
            let fields = format.schema().fields().iter().filter(|field| field.is_optional() == optional);
            let mut names: Vec<&str> = fields.map(shown).collect();
            // Members may stand in several places.
            names.dedup();
            names.join(", ")
        };
        out += &titled("  fields", INDENT, &format!("timestamp, severity, {}", names(false)));
        if !names(true).is_empty() {
            out += &titled("  if there", INDENT, &names(true));
        }
        out.push('\n');
    }
    out += "Python's usual formats, which are told from each other:\n";
    for (_, text) in usual_texts() {
        out += &titled("", 2, text);
    }
    out += "\nAny other format:\n";
    for (flag, what) in CUSTOM {
        out += &titled(&format!("  {flag}"), 28, what);
    }
    out += "\nlp explain shows how a line is read.\n";
    out
}

/// A line of an example: with all its spaces, if it fits.
fn example(title: &str, line: &str) -> String {
    if columns(line) <= COLUMNS - INDENT { format!("{title:INDENT$}{line}\n") } else { titled(title, INDENT, line) }
}

/// A field's name, as the output has it.
fn shown(field: &FieldDef) -> &str {
    match field.kind() {
        Kind::Members => "all other members",
        _ => field.name(),
    }
}

fn for_programs() -> String {
    let mut out = String::new();
    for known in families() {
        let format = known.format(&Settings::default());
        let fields: Vec<Value> = format
            .schema()
            .fields()
            .iter()
            .map(|field| json!({ "name": field.name(), "kind": kind(field.kind()), "optional": field.is_optional() }))
            .collect();
        let mut object = json!({
            "name": known.name(),
            "description": known.description(),
            "example": known.example(),
            "fields": fields,
        });
        if usual(known).is_some() {
            let usual: Vec<Value> =
                usual_texts().map(|(known, text)| json!({ "pattern": text, "example": known.example() })).collect();
            object["patterns"] = usual.into();
        }
        let _ = writeln!(out, "{object}");
    }
    out
}

/// What programs find as the field's value.
const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "integer",
        Kind::Decimal => "number",
        Kind::Json => "json",
        Kind::Members => "members",
        _ => "text",
    }
}
