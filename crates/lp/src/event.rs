//! What stages have to tell beside the records: alerts, counts.

use std::borrow::Cow;

use lp_core::Timestamp;

use crate::stage::Place;

/// Something that a stage tells.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// The place of the record that caused it; [`Place::END`] where none did.
    pub place: Place,
    /// What it is.
    pub kind: EventKind,
    /// What it says: names and values, in the order of the output.
    pub members: Vec<Member>,
}

/// The kinds of events.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EventKind {
    /// Something that somebody should look at, or that it is over.
    Alert,
    /// How many records of which kind there were.
    Count,
    /// Of another kind, which has this name.
    Other(&'static str),
}

/// A value of an event's member.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// No value.
    Null,
    /// A text.
    Text(String),
    /// A whole number.
    Integer(u64),
    /// A number that is not.
    Decimal(f64),
    /// A time, with so many digits after the second.
    Time(Timestamp, u8),
    /// JSON, which is written as it stands.
    Json(Vec<u8>),
    /// Values one after the other.
    List(Vec<Value>),
    /// Names and values, in the order of the output.
    Object(Vec<Member>),
}

/// A name and its value.
pub type Member = (Cow<'static, str>, Value);

impl Event {
    /// Whether it is an alert, and not the end of one.
    #[must_use]
    pub fn is_firing(&self) -> bool {
        let is_over = matches!(self.get("state"), Some(Value::Text(state)) if state == "resolved");
        self.kind == EventKind::Alert && !is_over
    }

    /// The value of a member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        find(&self.members, name)
    }

    /// The text of a member for a template; `None` where there is no such member.
    #[must_use]
    pub fn text_of(&self, name: &str) -> Option<String> {
        self.get(name).map(Value::to_text)
    }

    /// The event as a JSON object, without a line feed.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::new();
        self.write_json(&mut json);
        json
    }

    /// Appends the event as a JSON object, without a line feed. It holds nothing that could speak to a terminal.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        write_object(&self.members, out);
    }
}

impl Value {
    /// Appends the value as JSON. A number that JSON does not have is `null`.
    fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Text(text) => write_text(text, out),
            Self::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Decimal(number) if number.is_finite() => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Decimal(_) => out.extend_from_slice(b"null"),
            Self::Time(time, digits) => {
                let digits = usize::from(*digits);
                out.extend_from_slice(format!("\"{time:.digits$}\"").as_bytes());
            }
            Self::Json(json) => out.extend_from_slice(json),
            Self::List(values) => {
                out.push(b'[');
                for (number, value) in values.iter().enumerate() {
                    if number > 0 {
                        out.push(b',');
                    }
                    value.write_json(out);
                }
                out.push(b']');
            }
            Self::Object(members) => write_object(members, out),
        }
    }

    /// The value of a member, if it is an object and has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => find(members, name),
            _ => None,
        }
    }

    /// The value as a text, as a template shows it: nothing for [`Null`](Self::Null).
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Text(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Decimal(number) => number.to_string(),
            Self::Time(time, digits) => format!("{time:.*}", usize::from(*digits)),
            Self::Json(json) => String::from_utf8_lossy(json).into_owned(),
            Self::List(_) | Self::Object(_) => {
                let mut json = Vec::new();
                self.write_json(&mut json);
                String::from_utf8_lossy(&json).into_owned()
            }
        }
    }
}

fn find<'a>(members: &'a [Member], name: &str) -> Option<&'a Value> {
    members.iter().find_map(|(of, value)| (of == name).then_some(value))
}

fn write_object(members: &[Member], out: &mut Vec<u8>) {
    out.push(b'{');
    for (number, (name, value)) in members.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write_text(name, out);
        out.push(b':');
        value.write_json(out);
    }
    out.push(b'}');
}

/// Appends a text as a JSON string.
fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend_from_slice(&[b'\\', char as u8]),
            char if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(char)).as_bytes());
            }
            char => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

/// Takes the events that stages have to tell.
///
/// They are given on in the order of the records that caused them, those of one record in the order of the stages; so the
/// order does not depend on how the input was cut into chunks.
#[derive(Debug, Default)]
pub struct Events {
    pub(crate) list: Vec<(usize, Event)>,
    /// The number of the stage that tells.
    pub(crate) stage: usize,
}

impl Events {
    /// Tells an event.
    pub fn emit(&mut self, event: Event) {
        self.list.push((self.stage, event));
    }

    /// The events so far, in their order; there are none left then.
    pub(crate) fn take(&mut self) -> Vec<(usize, Event)> {
        let mut list = std::mem::take(&mut self.list);
        list.sort_by_key(|(stage, event)| (event.place, *stage));
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_what_was_told() {
        let members = vec![
            (Cow::Borrowed("alert"), Value::Text("a \"b\"\\\n\u{9B}\u{2028}é".to_owned())),
            (Cow::Borrowed("timestamp"), Value::Time(Timestamp::EPOCH, 3)),
            (Cow::Borrowed("n"), Value::Integer(u64::MAX)),
            (Cow::Borrowed("share"), Value::Decimal(0.25)),
            (Cow::Borrowed("none"), Value::Decimal(f64::NAN)),
            (Cow::Borrowed("details"), Value::Json(b"{\"a\":[1]}".to_vec())),
        ];
        let event = Event { place: Place::END, kind: EventKind::Alert, members };
        let mut json = Vec::new();
        event.write_json(&mut json);
        let want = "{\"alert\":\"a \\\"b\\\"\\\\\\u000a\\u009b\\u2028é\",\"timestamp\":\"1970-01-01T00:00:00.000Z\",\
                    \"n\":18446744073709551615,\"share\":0.25,\"none\":null,\"details\":{\"a\":[1]}}";
        assert_eq!(String::from_utf8(json).unwrap(), want);
    }

    #[test]
    fn events_come_in_the_order_of_records_and_stages() {
        let mut events = Events::default();
        let told = [(1, 5), (1, 3), (0, 5), (0, 9)];
        for (stage, offset) in told {
            events.stage = stage;
            events.emit(Event { place: Place { input: 0, offset }, kind: EventKind::Count, members: Vec::new() });
        }
        let order: Vec<_> = events.take().into_iter().map(|(stage, event)| (stage, event.place.offset)).collect();
        assert_eq!(order, [(1, 3), (0, 5), (1, 5), (0, 9)]);
        assert!(events.take().is_empty());
    }
}
