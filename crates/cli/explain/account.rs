//! What became of a record's bytes: the fields with their places and values.

use std::collections::BTreeMap;
use std::ops::Range;

use lp::encode::{JsonEncoder, Output};
use lp::{Batch, Field, Format, Kind, ParseError, Reason, Record, Slot};
use serde_json::value::RawValue;

use super::members::members;

/// A record, taken apart.
pub(super) struct Account<'a> {
    /// The record as it was logged.
    pub(super) raw: &'a [u8],
    /// In the order of the output.
    pub(super) parts: Vec<Part>,
    pub(super) timestamp: Known,
    pub(super) severity: Known,
    /// The part that gave the severity.
    pub(super) severity_from: Option<String>,
    pub(super) error: Option<Wrong>,
    /// The length before it was cut.
    pub(super) truncated: Option<u64>,
    pub(super) is_second_kind: bool,
}

/// A field, or a member of an object that the format has no field for.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) known: Known,
    /// Whether it was logged as `-`.
    pub(super) is_dash: bool,
}

/// Where something stands, and what `lp parse` shows of it.
#[derive(Default)]
pub(super) struct Known {
    /// Bytes of the record.
    pub(super) place: Option<Range<usize>>,
    /// JSON; `None` is null.
    pub(super) value: Option<String>,
}

/// Why a record was rejected.
pub(super) struct Wrong {
    pub(super) error: ParseError,
    /// The field that was being read.
    pub(super) field: String,
}

/// The names under which a JSON object has its level.
const LEVELS: [&str; 4] = ["level", "severity", "levelname", "log.level"];
/// The names under which it has its time.
const TIMES: [&str; 5] = ["timestamp", "time", "ts", "@timestamp", "asctime"];
/// What gives a severity, the first that there is.
const SEVERITIES: [&str; 7] = ["level", "severity", "levelname", "log.level", "levelno", "status_code", "status"];

/// Takes the records of a batch apart. Their values are those that `lp parse` shows.
pub(super) fn accounts<'a>(format: &dyn Format, batch: &'a Batch, input: &'a [u8]) -> Vec<Account<'a>> {
    let mut json = Output::new();
    JsonEncoder::new(format.schema()).encode(batch, input, &mut json);
    let lines = json.as_bytes().split(|&byte| byte == b'\n');
    batch.records(input).zip(lines).map(|(record, line)| account(format, record, line)).collect()
}

fn account<'a>(format: &dyn Format, record: Record<'a>, json: &[u8]) -> Account<'a> {
    let schema = format.schema();
    let raw = record.raw();
    let values: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(json).unwrap_or_default();
    let value = |name: &str| values.get(name).map(|value| value.get().to_owned()).filter(|value| value != "null");
    let error = record.error().map(|error| Wrong {
        error,
        field: match error.slot() {
            Slot::Timestamp => "timestamp".to_owned(),
            Slot::Field(field) => schema.get(field).map_or_else(String::new, |field| field.name().to_owned()),
        },
    });

    let first_kind = schema.first_kind();
    let fields = if record.is_second_kind() { first_kind..schema.fields().len() } else { 0..first_kind };
    let mut parts = Vec::new();
    let mut is_object = false;
    for number in fields {
        let field = Field::new(number as u16);
        let Some(definition) = schema.get(field) else { continue };
        let (span, name) = (record.span(field), definition.name());
        let place = span.range();
        if definition.kind() == Kind::Members {
            is_object = true;
            parts.extend(place.into_iter().flat_map(|place| members(raw, place)).map(|member| Part {
                known: Known { value: Some(json_value(raw, &member.value)), place: Some(member.value) },
                name: member.name,
                is_dash: false,
            }));
            continue;
        }
        let is_dash = span == lp::Span::DASH;
        if place.is_none() && !is_dash && definition.is_optional() {
            continue;
        }
        let known = match &place {
            // There the output has the whole record's text.
            Some(place) if name == "message" && error.is_some() => {
                let value = match definition.kind() {
                    Kind::Json => json_value(raw, place),
                    _ => json_string(&raw[place.clone()]),
                };
                Known { value: Some(value), place: Some(place.clone()) }
            }
            Some(_) => Known { value: value(name), place },
            None => Known::default(),
        };
        parts.push(Part { name: name.to_owned(), known, is_dash });
    }

    let mut timestamp = Known { place: record.time_place(), value: value("timestamp") };
    let mut severity = Known { place: None, value: value("severity") };
    let has = |parts: &[Part], name: &str| parts.iter().any(|part| part.name == name && part.known.place.is_some());
    let mut severity_from = None;
    let is_json = error.as_ref().is_none_or(|wrong| wrong.error.reason() != Reason::InvalidJson);
    if is_object && is_json {
        // What the time and the severity were made of is shown as nothing else.
        let taken = |place: &Range<usize>| {
            let places = parts.iter().filter_map(|part| part.known.place.as_ref());
            places.chain(&timestamp.place).any(|other| other.start < place.end && place.start < other.end)
        };
        let mut free = members(raw, 0..raw.len());
        free.retain(|member| !taken(&member.value));
        let find = |names: &[&str]| free.iter().find(|member| names.contains(&member.name.as_str()));
        if let Some(level) = find(&LEVELS).filter(|_| severity.value.is_some()) {
            severity_from = Some(level.name.clone());
            severity.place = Some(level.value.clone());
        }
        if timestamp.place.is_none() && timestamp.value.is_some() {
            timestamp.place = find(&TIMES).map(|time| time.value.clone());
        }
    }
    if severity.value.is_some() && severity_from.is_none() {
        severity_from = SEVERITIES.into_iter().find(|name| has(&parts, name)).map(str::to_owned);
    }
    Account {
        raw,
        parts,
        timestamp,
        severity,
        severity_from,
        error,
        truncated: record.truncated(),
        is_second_kind: record.is_second_kind(),
    }
}

/// JSON as it stands in the record.
fn json_value(raw: &[u8], place: &Range<usize>) -> String {
    let text = String::from_utf8_lossy(&raw[place.clone()]);
    let is_json = serde_json::from_str::<&RawValue>(&text).is_ok();
    if is_json { text.into_owned() } else { json_string(&raw[place.clone()]) }
}

/// A JSON string; bytes that are not UTF-8 become U+FFFD.
pub(super) fn json_string(bytes: &[u8]) -> String {
    serde_json::Value::from(String::from_utf8_lossy(bytes)).to_string()
}

impl Account<'_> {
    /// The places of all that has one, with a name each, from left to right; of two that begin together the longer first.
    pub(super) fn places(&self) -> Vec<(&str, &Known)> {
        let parts = self.parts.iter().map(|part| (part.name.as_str(), &part.known));
        let mut places: Vec<_> = [("timestamp", &self.timestamp), ("severity", &self.severity)]
            .into_iter()
            .chain(parts)
            .filter(|(_, known)| known.place.is_some())
            .collect();
        places.sort_by_key(|(_, known)| known.place.as_ref().map(|place| (place.start, usize::MAX - place.end)));
        places
    }

    /// How far the record was understood: where the last thing ends that was read before the error.
    pub(super) fn understood(&self) -> usize {
        let Some(wrong) = &self.error else { return self.raw.len() };
        let at = wrong.error.at() as usize;
        // What is no JSON is told at its beginning or its end, but it may well have been meant to be.
        if wrong.error.reason() == Reason::InvalidJson {
            return usize::from(self.raw.trim_ascii_start().starts_with(b"{"));
        }
        if at < self.raw.len() {
            return at;
        }
        // What is missing is missed at the end of the line, however little of it was understood.
        self.places().iter().filter_map(|(_, known)| known.place.as_ref()).map(|place| place.end).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lp::{FieldDef, Schema, Severity, Timestamp};

    /// Objects of a level, a time, two members that are shown as they stand, and a message.
    struct Objects(Schema);

    const LINE: &str = r#"{"level":"warn","a":1.50,"time":5,"msg":"m\u0041","b":{"c":[2]}}"#;

    impl Format for Objects {
        fn schema(&self) -> &Schema {
            &self.0
        }

        fn parse(&self, input: &[u8], batch: &mut Batch) -> usize {
            batch.begin(&self.0);
            let mut draft = batch.push(0..input.len());
            let place = |text: &str| LINE.find(text).map(|start| start..start + text.len()).unwrap();
            draft.set_severity(Severity::WARN);
            draft.set(Field::new(0), place("m\\u0041"));
            draft.set(Field::new(1), place("\"a\":1.50"));
            draft.set(Field::new(2), place("\"b\":{\"c\":[2]}"));
            if input.ends_with(b"x") {
                draft.reject(Reason::InvalidTime, Slot::Timestamp, place("5").start);
            } else {
                draft.set_timestamp(Timestamp::EPOCH, 0);
            }
            input.len()
        }
    }

    fn objects() -> Objects {
        let names = [("message", Kind::JsonText), ("members", Kind::Members), ("more", Kind::Members)];
        Objects(Schema::new(names.map(|(name, kind)| FieldDef::named(name, kind)).into()).unwrap())
    }

    #[test]
    fn members_are_parts_and_the_rest_is_the_time_and_the_level() {
        let (format, mut batch) = (objects(), Batch::new().with_time_places());
        format.parse(LINE.as_bytes(), &mut batch);
        let account = accounts(&format, &batch, LINE.as_bytes()).remove(0);
        let shown = account.places().into_iter().map(|(name, known)| {
            (name, &LINE[known.place.clone().unwrap()], known.value.as_deref().unwrap_or_default())
        });
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [
                ("severity", "\"warn\"", "\"WARN\""),
                ("a", "1.50", "1.50"),
                ("timestamp", "5", "\"1970-01-01T00:00:00Z\""),
                ("message", "m\\u0041", "\"m\\u0041\""),
                ("b", "{\"c\":[2]}", "{\"c\":[2]}"),
            ]
        );
        assert_eq!(account.severity_from.as_deref(), Some("level"));
        assert_eq!(account.understood(), LINE.len());
    }

    #[test]
    fn a_rejected_record_shows_its_message_and_not_its_text() {
        let (format, mut batch) = (objects(), Batch::new().with_time_places());
        let text = format!("{LINE}x");
        format.parse(text.as_bytes(), &mut batch);
        let account = accounts(&format, &batch, text.as_bytes()).remove(0);
        let message = account.parts.iter().find(|part| part.name == "message").unwrap();
        assert_eq!(message.known.value.as_deref(), Some(r#""m\\u0041""#));
        assert_eq!(account.error.as_ref().map(|wrong| wrong.field.as_str()), Some("timestamp"));
        assert_eq!(account.understood(), LINE.find('5').unwrap());
    }
}
