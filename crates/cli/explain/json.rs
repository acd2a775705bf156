//! An explanation for programs: a JSON object a line.

use std::fmt::Write as _;

use super::account::{Account, Known, json_string};
use super::hint;
use super::told::Told;

/// Appends the object that tells of a record. Every key is always there; `null` stands for what is not.
pub(super) fn explain(account: &Account<'_>, told: &Told, out: &mut String) {
    let name = told.name(account);
    let mut json = format!("{{\"line\":{},\"format\":", json_string(account.raw));
    json += &text(name.name);
    let _ = write!(json, ",\"pattern\":{}", name.pattern.as_deref().map_or("null".to_owned(), text));
    let _ = write!(json, ",\"recognised\":{}", !told.is_none());
    let others = told.others(account, &name);
    let others: Vec<String> = others
        .iter()
        .map(|other| {
            let pattern = other.pattern.as_deref().map_or("null".to_owned(), text);
            format!("{{\"format\":{},\"pattern\":{pattern}}}", text(other.name))
        })
        .collect();
    let _ = write!(json, ",\"also\":[{}],\"fields\":[", others.join(","));
    for (number, part) in account.parts.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        let _ = write!(json, "{comma}{{\"name\":{},{}}}", text(&part.name), place(&part.known));
    }
    let _ = write!(json, "],\"timestamp\":{{{}}}", place(&account.timestamp));
    let from = account.severity_from.as_deref().map_or("null".to_owned(), text);
    let _ = write!(json, ",\"severity\":{{{},\"from\":{from}}},\"parse_error\":", place(&account.severity));
    match &account.error {
        None => json += "null",
        Some(wrong) => {
            let reason = wrong.error.reason();
            let hint = hint::hint(account, wrong, &name, told);
            let _ = write!(
                json,
                "{{\"reason\":{},\"field\":{},\"at\":{},\"message\":{},\"hint\":{}}}",
                text(reason.name()),
                text(&wrong.field),
                wrong.error.at(),
                text(&reason.to_string()),
                hint.as_deref().map_or("null".to_owned(), text)
            );
        }
    }
    let _ = write!(json, ",\"truncated\":{}}}", account.truncated.map_or("null".to_owned(), |len| len.to_string()));
    push_safe(&json, out);
    out.push('\n');
}

fn text(text: &str) -> String {
    json_string(text.as_bytes())
}

fn place(known: &Known) -> String {
    let (start, end) = match &known.place {
        Some(place) => (place.start.to_string(), place.end.to_string()),
        None => ("null".to_owned(), "null".to_owned()),
    };
    format!("\"start\":{start},\"end\":{end},\"value\":{}", known.value.as_deref().unwrap_or("null"))
}

/// Appends JSON, with escapes for what may not reach a terminal. It stands within strings, where an escape means the same;
/// white space, which may stand elsewhere too, means nothing there, and within strings it is escaped already.
fn push_safe(json: &str, out: &mut String) {
    for char in json.chars() {
        match char {
            '\t' | '\n' | '\r' => out.push(' '),
            char if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            char => out.push(char),
        }
    }
}
