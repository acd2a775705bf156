//! What goes out in which form: cases as data, and every form read back by a reader of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "encode/cases.rs"]
mod cases;
#[path = "encode/logs.rs"]
mod logs;
#[path = "encode/readers.rs"]
mod readers;
#[path = "encode/terminal.rs"]
mod terminal;

use std::sync::Arc;

use lp_core::encode::{Encoding, JsonEncoder, Layout, Output, Place, Preset, Redact, Screen, Terminal};
use lp_core::{Batch, Format, Kind};
use proptest::prelude::*;
use serde_json::Value;

/// What is written for a log.
fn written(format: &dyn Format, log: &[u8], layout: &Layout, encoding: &Encoding) -> String {
    String::from_utf8(bytes(format, log, layout, encoding)).unwrap()
}

fn bytes(format: &dyn Format, log: &[u8], layout: &Layout, encoding: &Encoding) -> Vec<u8> {
    let mut batch = Batch::with_limit(300);
    format.parse(log, &mut batch);
    batch.set_origin(5_000_000_000);
    let encoder = encoding.encoder(layout).unwrap();
    let mut out = Output::new();
    out.extend(encoder.header());
    let records: Vec<u32> = (0..batch.len() as u32).collect();
    encoder.encode(&batch, log, &records, &mut out);
    out.as_bytes().to_vec()
}

/// What the encoder of all columns writes.
fn all(format: &dyn Format, log: &[u8]) -> String {
    let mut batch = Batch::with_limit(300);
    format.parse(log, &mut batch);
    let mut out = Output::new();
    JsonEncoder::new(format.schema()).encode(&batch, log, &mut out);
    String::from_utf8(out.as_bytes().to_vec()).unwrap()
}

/// All columns but the open ones, chosen by name.
fn chosen(format: &dyn Format) -> Layout {
    let layout = Layout::of(format.schema());
    let is_json = format.schema().fields().iter().any(|field| field.kind() == Kind::Members);
    let mut names: Vec<String> = layout.names().filter(|name| *name != "raw").map(str::to_owned).collect();
    if is_json {
        names.extend(["a", "b", "b.c", "x y"].map(str::to_owned));
    }
    let names: Vec<(&str, &str)> = names.iter().map(|name| (&**name, &**name)).collect();
    layout.select(&names).unwrap()
}

/// The text that forms for text show for a JSON value.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Objects with every value as text, but for `parse_error`, which texts show in another way, and what may have been
/// written in many ways.
fn texts(json: &str) -> Vec<Vec<(String, Option<String>)>> {
    let of = |line: &str| -> Vec<(String, Option<String>)> {
        let Value::Object(members) = serde_json::from_str(line).unwrap() else { panic!("{line}") };
        let is_simple = |name: &str, value: &Value| {
            name != "parse_error" && !value.is_object() && !value.is_array() && !value.is_f64()
        };
        members
            .iter()
            .filter(|(name, value)| is_simple(name, value))
            .map(|(name, value)| (name.clone(), text_of(value)))
            .collect()
    };
    json.lines().map(of).collect()
}

struct Nothing;

impl Redact for Nothing {
    fn redact(&self, _value: &[u8], _out: &mut Vec<u8>) -> bool {
        false
    }
}

/// Hides every `secret`.
struct Secret;

impl Redact for Secret {
    fn redact(&self, value: &[u8], out: &mut Vec<u8>) -> bool {
        let text = String::from_utf8_lossy(value);
        out.extend_from_slice(text.replace("secret", "***").as_bytes());
        text.contains("secret")
    }
}

struct Mark;

impl Redact for Mark {
    fn redact(&self, _value: &[u8], out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(b"***");
        true
    }
}

const FORMS: [Encoding; 6] =
    [Encoding::Json, Encoding::Text, Encoding::Logfmt, Encoding::Csv, Encoding::Tsv, Encoding::Raw];

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// The way that is taken for other layouts writes what the fast encoder writes.
    #[test]
    fn json_of_a_layout_is_that_of_all((format, log) in logs::any()) {
        let want = all(&*format, &log);
        let full = Layout::of(format.schema());
        prop_assert_eq!(&written(&*format, &log, &full, &Encoding::Json), &want);
        let added = full.clone().add("zz", "1", Place::Last).unwrap();
        let added = written(&*format, &log, &added, &Encoding::Json).replace(",\"zz\":\"1\"}\n", "}\n");
        let redacted = written(&*format, &log, &full.clone().redact_all(Arc::new(Nothing)), &Encoding::Json);
        let kinds = || format.schema().fields().iter().map(|field| field.kind());
        let values = |json: &str| json.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>();
        // Spaces between members are not kept.
        if kinds().any(|kind| kind == Kind::Members) {
            prop_assert_eq!(values(&added), values(&want));
        } else {
            prop_assert_eq!(&added, &want);
        }
        // A JSON string that redaction has looked at may come out with other escapes for the same characters.
        if kinds().any(|kind| matches!(kind, Kind::Members | Kind::JsonText)) {
            prop_assert_eq!(values(&redacted), values(&want));
        } else {
            prop_assert_eq!(&redacted, &want);
        }
    }

    #[test]
    fn csv_is_read_back((format, log) in logs::any()) {
        let layout = chosen(&*format);
        let want = texts(&written(&*format, &log, &layout, &Encoding::Json));
        let csv = written(&*format, &log, &layout, &Encoding::Csv);
        let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
        let names = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(rows.len(), want.len());
        for (row, want) in rows.iter().zip(want) {
            for (name, value) in want {
                let place = names.iter().position(|known| known == name).unwrap();
                prop_assert_eq!(readers::csv_value(&row[place]), value.unwrap_or_default(), "{}", name);
            }
        }
    }

    #[test]
    fn tsv_is_read_back((format, log) in logs::any()) {
        let layout = chosen(&*format);
        let want = texts(&written(&*format, &log, &layout, &Encoding::Json));
        let tsv = written(&*format, &log, &layout, &Encoding::Tsv);
        let mut rows = tsv.lines().map(|line| line.split('\t').map(readers::tsv_value).collect::<Vec<_>>());
        let names = rows.next().unwrap();
        prop_assert_eq!(rows.clone().count(), want.len());
        for (row, want) in rows.zip(want) {
            prop_assert_eq!(row.len(), names.len());
            for (name, value) in want {
                let place = names.iter().position(|known| known.as_deref() == Some(&*name)).unwrap();
                prop_assert_eq!(&row[place], &value, "{}", name);
            }
        }
    }

    #[test]
    fn logfmt_is_read_back((format, log) in logs::any()) {
        let layout = Layout::of(format.schema());
        let want = texts(&written(&*format, &log, &layout, &Encoding::Json));
        let logfmt = written(&*format, &log, &layout, &Encoding::Logfmt);
        prop_assert_eq!(logfmt.lines().count(), want.len());
        for (line, want) in logfmt.lines().zip(want) {
            let pairs = readers::logfmt_pairs(line);
            for (name, value) in want {
                let name = name.replace(|char: char| char.is_control() || char.is_whitespace() || "=\"".contains(char), "_");
                let found = pairs.iter().find(|(key, _)| *key == name || name.is_empty() && key == "_").map(|(_, value)| value);
                prop_assert_eq!(found, value.as_ref(), "{} {}", name, line);
            }
        }
    }

    /// Nothing but line feeds, and tabs where they are separators or stand in quotes.
    #[test]
    fn nothing_speaks_to_a_terminal((format, log) in logs::any()) {
        let template = Encoding::Template("{timestamp:%H:%M} {raw} {message}".parse_template());
        for layout in [Layout::of(format.schema()), chosen(&*format)] {
            for form in FORMS.into_iter().chain([template.clone()]) {
                if form == Encoding::Raw || form.encoder(&layout).is_err() {
                    continue;
                }
                let text = written(&*format, &log, &layout, &form);
                let is_bad = |char: char| match char {
                    '\n' => false,
                    '\t' => !matches!(form, Encoding::Csv | Encoding::Tsv),
                    char => char.is_control() || matches!(char, '\u{2028}' | '\u{2029}'),
                };
                prop_assert!(!text.contains(is_bad), "{:?} {:?}", form, text);
                if matches!(form, Encoding::Template(_) | Encoding::Logfmt) {
                    let mut batch = Batch::with_limit(300);
                    format.parse(&log, &mut batch);
                    prop_assert_eq!(text.lines().count(), batch.len());
                }
            }
        }
    }

    /// Wherever the value of a hidden field could be, it is not.
    #[test]
    fn what_is_hidden_is_nowhere((format, log, names) in logs::with_secret()) {
        let mut field_layout = Layout::of(format.schema());
        for name in &names {
            field_layout = field_layout.redact(name, Arc::new(Mark)).unwrap();
        }
        let everywhere = Layout::of(format.schema()).redact_all(Arc::new(Secret));
        let names = ["timestamp", "severity", "message", "raw", "request", "method", "path", "protocol", "user", "msg", "token", "a", "a.token", "msg.token", "event.token"];
        for full in [field_layout, everywhere] {
            let known: Vec<_> = names.iter().filter(|name| full.clone().select(&[(name, name)]).is_ok()).map(|name| (*name, *name)).collect();
            let chosen = full.clone().select(&known).unwrap();
            for layout in [full.clone(), chosen, full.clone().with_preset(Preset::Ecs), full.with_preset(Preset::OpenTelemetry)] {
                let template = Encoding::Template("{timestamp} {raw} {message}".parse_template());
                let terminal = Encoding::Terminal(Terminal::new(Screen::new()));
                for form in FORMS.into_iter().chain([template, terminal]) {
                    if form.encoder(&layout).is_err() {
                        continue;
                    }
                    let out = String::from_utf8_lossy(&bytes(&*format, &log, &layout, &form)).into_owned();
                    prop_assert!(!out.contains("secret") && !out.contains("\\x73ecret") && !out.contains("u0073ecret"), "{:?} {}", form, out);
                }
            }
        }
    }

    #[test]
    fn presets_are_json_without_repeated_names((format, log) in logs::any()) {
        for preset in [Preset::Ecs, Preset::OpenTelemetry] {
            let layout = Layout::of(format.schema()).with_preset(preset);
            for line in written(&*format, &log, &layout, &Encoding::Json).lines() {
                let names = readers::names_of_json(line);
                let mut once = names.clone();
                once.sort();
                once.dedup();
                // Members of a JSON log may have been repeated there.
                if format.schema().fields().iter().all(|field| field.kind() != Kind::Members) {
                    prop_assert_eq!(once.len(), names.len(), "{}", line);
                }
            }
        }
    }
}

trait ParseTemplate {
    fn parse_template(&self) -> lp_core::encode::Template;
}

impl ParseTemplate for str {
    fn parse_template(&self) -> lp_core::encode::Template {
        lp_core::encode::Template::parse(self).unwrap()
    }
}

#[test]
fn presets_leave_constants_alone() {
    let schema = lp_core::format::access::Access::combined();
    let schema = lp_core::Format::schema(&schema);
    for preset in [Preset::Ecs, Preset::OpenTelemetry] {
        let layout = Layout::of(schema).add("host", "a", Place::Last).unwrap().with_preset(preset);
        let line = b"192.0.2.1 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n";
        let format = lp_core::format::access::Access::combined();
        let text = written(&format, line, &layout, &Encoding::Json);
        assert!(text.ends_with(",\"host\":\"a\"}\n"), "{text}");
    }
}

#[test]
fn every_control_in_every_form() {
    let format = lp_core::format::python::Python::usual();
    for code in (0..0x20).chain(0x7F..0xA0).chain([0x2028, 0x202E]) {
        let char = char::from_u32(code).unwrap();
        let log = format!("2025-11-06 10:30:15,123 INFO a: x{char}y\n");
        for form in FORMS {
            let text = written(&format, log.as_bytes(), &Layout::of(lp_core::Format::schema(&format)), &form);
            let stays = form == Encoding::Raw
                || form == Encoding::Csv && matches!(char, '\t' | '\n')
                || char == '\n'
                || char == '\t' && form == Encoding::Tsv;
            assert!(
                stays || form == Encoding::Json && code == 0x202E || !text.contains(char),
                "{form:?} {code:x} {text:?}"
            );
        }
    }
}

#[test]
fn a_record_costs_no_memory() {
    let log = corpus::access::generate(1, 1 << 18);
    let format = lp_core::format::access::Access::combined();
    let full = Layout::of(format.schema());
    let few = full.clone().select(&[("timestamp", "t"), ("path", "path"), ("status_class", "class")]).unwrap();
    let placed = few.clone().add_position("id", "log:", Place::Last).unwrap();
    let mut batch = Batch::new();
    format.parse(&log, &mut batch);
    let records: Vec<u32> = (0..batch.len() as u32).collect();
    for layout in [full, few, placed] {
        for form in FORMS {
            let encoder = form.encoder(&layout).unwrap();
            let mut out = Output::new();
            encoder.encode(&batch, &log, &records, &mut out);
            out.clear();
            let measured = allocation_counter::measure(|| encoder.encode(&batch, &log, &records, &mut out));
            assert!(measured.count_total < 50, "{form:?}: {}", measured.count_total);
        }
    }
}
