//! What a line means, obviously: by serde_json, and by looking everything up.

use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::lines::{LEVEL, LEVELS, MESSAGE, STATUS, STATUSES, TIME, TIMES};

/// A member as it was logged.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Member<'a> {
    /// Without escapes; where that is no text, as it was logged.
    pub(crate) key: String,
    pub(crate) raw_key: &'a str,
    pub(crate) value: &'a str,
}

/// Why a line is no object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum No {
    Json,
    Object,
}

/// The first value of a text, and what is behind it.
fn split_value(text: &str) -> (&str, &str) {
    let mut values = Deserializer::from_str(text).into_iter::<&RawValue>();
    let value = values.next().unwrap().unwrap();
    (value.get(), text[values.byte_offset()..].trim_start())
}

/// The members of an object.
pub(crate) fn members(line: &[u8]) -> Result<Vec<Member<'_>>, No> {
    let json = line.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(line);
    let json = serde_json::from_slice::<&RawValue>(json).map_err(|_| No::Json)?.get();
    let mut rest = json.strip_prefix('{').ok_or(No::Object)?.trim_start();
    let mut members = Vec::new();
    while rest != "}" {
        let (raw_key, behind) = split_value(rest);
        let (value, behind) = split_value(behind.strip_prefix(':').unwrap());
        let key = serde_json::from_str(raw_key).unwrap_or(raw_key.to_owned());
        members.push(Member { key, raw_key, value });
        rest = behind.strip_prefix(',').unwrap_or(behind).trim_start();
    }
    Ok(members)
}

/// How the output writes what was JSON before.
pub(crate) fn shown(json: &str) -> String {
    let mut shown = String::new();
    for char in json.chars() {
        match char {
            '\t' | '\r' => shown.push(' '),
            '\u{7F}'..='\u{9F}' | '\u{2028}' | '\u{2029}' => shown.push_str(&format!("\\u{:04x}", u32::from(char))),
            _ => shown.push(char),
        }
    }
    shown
}

/// The output for a line.
#[derive(PartialEq, Debug)]
pub(crate) struct Output {
    /// Keys as they were logged, and values.
    pub(crate) members: Vec<(String, String)>,
    pub(crate) rejected: Option<&'static str>,
}

/// The keys that lp itself writes.
const OWN: [&str; 6] = ["timestamp", "severity", "message", "severity_text", "parse_error", "truncated"];

/// What must be printed for a line whose times, levels and statuses are those of the tables.
pub(crate) fn expected(line: &[u8]) -> Output {
    let raw = serde_json::to_string(&String::from_utf8_lossy(line)).unwrap();
    // Controls that JSON allows and lp does not show.
    let raw: String = raw
        .chars()
        .map(|char| {
            if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') {
                format!("\\u{:04x}", u32::from(char))
            } else {
                char.to_string()
            }
        })
        .collect();
    let start = |timestamp: &str, severity: &str, message: &str| {
        let member = |key: &str, value: &str| (format!("\"{key}\""), value.to_owned());
        vec![member("timestamp", timestamp), member("severity", severity), member("message", message)]
    };
    let members = match members(line) {
        _ if line.is_empty() => return Output { members: start("null", "null", &raw), rejected: Some("empty_line") },
        Err(No::Json) => return Output { members: start("null", "null", &raw), rejected: Some("invalid_json") },
        Err(No::Object) => return Output { members: start("null", "null", &raw), rejected: Some("not_an_object") },
        Ok(members) => members,
    };
    let count = |name: &str| members.iter().filter(|member| member.key == name).count();
    let pick = |names: &[&str]| names.iter().find_map(|name| members.iter().position(|member| member.key == *name));
    fn look_up<T: Copy>(table: &[(&str, T)], value: &str) -> T {
        table.iter().find(|(known, _)| *known == value).unwrap_or_else(|| panic!("{value} is in no table")).1
    }
    let (time, level, message) = (pick(TIME), pick(LEVEL), pick(MESSAGE));
    let mut used = vec![message];
    let mut rejected =
        ["timestamp", "severity", "message"].iter().any(|name| count(name) > 1).then_some("duplicate_key");
    let timestamp = match time.map(|place| look_up(TIMES, members[place].value)) {
        None => "null",
        Some(Ok(timestamp)) => {
            used.push(time);
            timestamp
        }
        Some(Err(reason)) => {
            rejected = Some(reason);
            "null"
        }
    };
    let mut severity_text = None;
    let severity = match level {
        Some(place) => match look_up(LEVELS, members[place].value) {
            Some(severity) => {
                used.push(level);
                severity
            }
            None if members[place].key == "severity" => {
                used.push(level);
                severity_text = Some(members[place].value);
                if count("severity_text") > 0 {
                    rejected = rejected.or(Some("duplicate_key"));
                }
                "null"
            }
            None => "null",
        },
        None => STATUS
            .iter()
            .filter_map(|name| members.iter().find(|member| member.key == *name))
            .find_map(|status| look_up(STATUSES, status.value))
            .unwrap_or("null"),
    };
    let message = message.map_or("null", |place| members[place].value);
    let mut output = start(timestamp, severity, if rejected.is_some() { &raw } else { message });
    output.extend(severity_text.map(|text| ("\"severity_text\"".to_owned(), text.to_owned())));
    let mut runs = 0;
    let mut before = None;
    for (place, member) in members.iter().enumerate() {
        if used.contains(&Some(place)) || (rejected.is_some() && OWN.contains(&member.key.as_str())) {
            continue;
        }
        runs += usize::from(before.is_none_or(|before| before + 1 != place));
        before = Some(place);
        if runs <= 4 {
            output.push((member.raw_key.to_owned(), member.value.to_owned()));
        }
    }
    let is_raw = |key: &str| rejected.is_some() && key == "\"message\"";
    let output = output.into_iter().map(|(key, value)| {
        let value = if is_raw(&key) { value } else { shown(&value) };
        (shown(&key), value)
    });
    Output { members: output.collect(), rejected }
}

/// What was printed.
pub(crate) fn printed(line: &[u8]) -> Output {
    let members = members(line).unwrap();
    let error = members.iter().find(|member| member.key == "parse_error" && member.value.starts_with("{\"reason\":"));
    let reasons = ["empty_line", "invalid_json", "not_an_object", "invalid_time", "time_out_of_range", "duplicate_key"];
    let rejected = error.map(|error| {
        *reasons.iter().find(|reason| error.value.contains(&format!("{{\"reason\":\"{reason}\","))).unwrap()
    });
    let members = members.iter().filter(|member| rejected.is_none() || member.key != "parse_error");
    Output { members: members.map(|member| (member.raw_key.to_owned(), member.value.to_owned())).collect(), rejected }
}
