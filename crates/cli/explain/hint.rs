//! What would be right where a record is wrong.

use lp::format::detect::Settings;
use lp::{Batch, Reason};

use super::account::{Account, Wrong};
use super::told::{FormatName, Told};
use crate::shortened::shortened;

/// Columns of a text of the record within a sentence.
const QUOTED: usize = 30;

/// A sentence about what would be right, where more can be said than the reason does.
pub(super) fn hint(account: &Account<'_>, wrong: &Wrong, name: &FormatName, told: &Told) -> Option<String> {
    let at = wrong.error.at() as usize;
    let rest = account.raw.get(at..).unwrap_or_default();
    if account.truncated.is_some() && at + 1 >= account.raw.len() {
        return Some("The record was cut there: --max-record and --max-lines say how long one may be.".to_owned());
    }
    if told.is_none() && account.understood() == 0 && !account.raw.is_empty() {
        return Some("No format that lp knows begins like this; lp formats lists them.".to_owned());
    }
    let here = match rest.strip_prefix(b"\"").and_then(|inside| inside.split(|&byte| byte == b'"').next()) {
        // A string in JSON.
        Some(inside) => inside,
        None => rest.split(|&byte| byte <= b' ').next().unwrap_or_default(),
    };
    let here = shortened(here, QUOTED);
    match wrong.error.reason() {
        Reason::EmptyLine | Reason::TimeOutOfRange => None,
        Reason::Missing => Some(format!("The record ends where {} should follow: was it cut?", wrong.field)),
        Reason::UnexpectedByte if wrong.field == "level" && !here.is_empty() => Some(format!(
            "Here stands {here}, and that is no level that is known: --level {here}=INFO would make it one."
        )),
        Reason::UnexpectedByte => {
            let here = match rest.first() {
                Some(b' ') => "a space",
                Some(_) if here.is_empty() => "a control character",
                Some(_) => &here,
                None => "nothing",
            };
            Some(format!("Here stands {here}, where {} or what stands before it should.", wrong.field))
        }
        Reason::UnterminatedQuote => {
            Some("No quote follows that closes this one: was the line cut, or a quote not escaped?".to_owned())
        }
        Reason::InvalidTime => {
            let right = time_of_example(name)?;
            let found = rest.strip_prefix(b"\"").unwrap_or(rest);
            let found = &found[..found.len().min(right.len())];
            Some(if shape(found) == shape(right.as_bytes()) {
                "It has the shape of a time, but there is no such month, day, hour, minute or second.".to_owned()
            } else {
                format!("Here stands {here}, where {} has a time such as {right}.", name.name)
            })
        }
        Reason::InvalidNumber if wrong.field == "status_code" => {
            Some(format!("Here stands {here}, and a status has three digits, such as 200."))
        }
        Reason::InvalidNumber => Some(format!("Here stands {here}, and {} is a number.", wrong.field)),
        Reason::NumberTooLarge => Some("Numbers are kept in 64 bits.".to_owned()),
        Reason::InvalidJson if rest.is_empty() => Some("Something is still open at its end: was it cut?".to_owned()),
        Reason::InvalidJson => Some("In this format every line is a JSON object: {\"time\":…,\"level\":…}.".to_owned()),
        Reason::NotAnObject => Some("A record has members with names: {\"time\":…,\"level\":…}.".to_owned()),
        _ => None,
    }
}

/// What a time looks like in the format's example.
fn time_of_example(name: &FormatName) -> Option<String> {
    let known = name.known?;
    let example = known.example();
    let mut batch = Batch::new().with_time_places();
    known.format(&Settings::default()).parse(example.as_bytes(), &mut batch);
    let place = batch.record(example.as_bytes(), 0)?.time_place()?;
    Some(example.get(place)?.trim_matches('"').to_owned())
}

/// The text with all digits alike, and all letters.
fn shape(text: &[u8]) -> Vec<u8> {
    let class = |byte: &u8| match byte {
        b'0'..=b'9' => b'0',
        b'a'..=b'z' | b'A'..=b'Z' => b'a',
        other => *other,
    };
    text.iter().map(class).collect()
}
