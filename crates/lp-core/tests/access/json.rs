//! What is read from the JSON text is what a naive decoder makes of the records.

use lp_core::encode::{JsonEncoder, Output};
use lp_core::format::access::Access;
use lp_core::{Batch, Field, Format, Kind, Level, Record, Schema, Slot, Span};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{limit, lines};

/// Takes the escapes of nginx and Apache out of a text.
fn decoded(text: &[u8]) -> Vec<u8> {
    let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
    match text {
        [b'\\', b'x', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            [vec![hex(&[*high, *low])], decoded(rest)].concat()
        }
        [b'\\', b'"', rest @ ..] => [b"\"".to_vec(), decoded(rest)].concat(),
        [b'\\', b'\\', rest @ ..] => [b"\\".to_vec(), decoded(rest)].concat(),
        [b'\\', b'b', rest @ ..] => [b"\x08".to_vec(), decoded(rest)].concat(),
        [b'\\', b't', rest @ ..] => [b"\t".to_vec(), decoded(rest)].concat(),
        [b'\\', b'n', rest @ ..] => [b"\n".to_vec(), decoded(rest)].concat(),
        [b'\\', b'v', rest @ ..] => [b"\x0B".to_vec(), decoded(rest)].concat(),
        [b'\\', b'r', rest @ ..] => [b"\r".to_vec(), decoded(rest)].concat(),
        [byte, rest @ ..] => [vec![*byte], decoded(rest)].concat(),
        [] => Vec::new(),
    }
}

fn text(logged: &[u8], decode: bool) -> Value {
    match String::from_utf8(decoded(logged)) {
        Ok(text) if decode => json!(text),
        _ => json!(String::from_utf8_lossy(logged)),
    }
}

fn expected(record: &Record<'_>, schema: &Schema, decode: bool) -> Map<String, Value> {
    let time = record.timestamp().map(|time| jiff::Timestamp::from_second(time.as_seconds().0).unwrap().to_string());
    let mut object = Map::new();
    object.insert("timestamp".to_owned(), json!(time));
    object.insert("severity".to_owned(), json!(record.severity().map(|severity| severity.name())));
    for (position, field) in schema.fields().iter().enumerate() {
        let place = Field::new(position as u16);
        if field.is_optional() && record.span(place) == Span::ABSENT {
            continue;
        }
        let value = match field.kind() {
            Kind::Integer => json!(record.integer(place)),
            kind => record.get(place).map_or(Value::Null, |logged| text(logged, decode && kind == Kind::Text)),
        };
        object.insert(field.name().to_owned(), value);
    }
    if let Some(error) = record.error() {
        let field = match error.slot() {
            Slot::Timestamp => "timestamp",
            Slot::Field(field) => schema.get(field).unwrap().name(),
        };
        object.insert("message".to_owned(), json!(String::from_utf8_lossy(record.raw())));
        let error = json!({ "reason": error.reason().name(), "field": field, "at": error.at() });
        object.insert("parse_error".to_owned(), error);
    }
    if let Some(length) = record.truncated() {
        object.insert("truncated".to_owned(), json!(length));
    }
    object
}

fn encode(encoder: &JsonEncoder, batch: &Batch, log: &[u8]) -> String {
    let mut output = Output::new();
    encoder.encode(batch, log, &mut output);
    String::from_utf8(output.as_bytes().to_vec()).expect("the output is UTF-8")
}

proptest! {
    #[test]
    fn json_gives_back_what_was_logged(
        log in lines::log(0..20), limit in limit(), decode: bool, dropped in proptest::collection::vec(0_usize..30, 0..3),
    ) {
        for format in [Access::combined(), Access::common()] {
            let mut batch = Batch::with_limit(limit);
            format.parse(&log, &mut batch);
            for &record in &dropped {
                batch.drop_record(record);
            }
            let schema = format.schema();
            let encoder = JsonEncoder::new(schema).with_decode(decode);
            let output = encode(&encoder, &batch, &log);
            for level in Level::available() {
                prop_assert_eq!(&encode(&encoder.clone().with_level(level), &batch, &log), &output, "{}", level.name());
            }

            prop_assert!(output.is_empty() || output.ends_with('\n'));
            let speaks = |char: char| char.is_control() || ['\u{2028}', '\u{2029}'].contains(&char);
            prop_assert!(!output.replace('\n', "").contains(speaks), "not escaped: {output:?}");
            let lines: Vec<&str> = output.split_terminator('\n').collect();
            let kept: Vec<_> = batch.records(&log).filter(|record| !record.is_dropped()).collect();
            prop_assert_eq!(lines.len(), kept.len());
            for (line, record) in lines.into_iter().zip(kept) {
                let object: Map<String, Value> = serde_json::from_str(line).expect("every line is a JSON object");
                let expected = expected(&record, schema, decode);
                // The order of the keys is a part of the contract.
                prop_assert!(object.keys().eq(expected.keys()), "{line}");
                prop_assert_eq!(object, expected);
            }
        }
    }
}
