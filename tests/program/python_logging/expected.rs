//! What `lp` must say about a record, worked out from what Python says that it is.

use serde_json::{Map, Value, json};

use super::formats::{Attribute, Format};

/// The levels that everybody knows.
const LEVELS: [(&str, &str); 11] = [
    ("TRACE", "TRACE"),
    ("debug", "DEBUG"),
    ("DEBUG", "DEBUG"),
    ("INFO", "INFO"),
    ("SUCCESS", "INFO"),
    ("NOTICE", "INFO2"),
    ("WARN", "WARN"),
    ("WARNING", "WARN"),
    ("ERROR", "ERROR"),
    ("CRITICAL", "FATAL"),
    ("FATAL", "FATAL"),
];

/// The levels that `lp` is told of.
const TOLD: [(&str, &str); 4] =
    [("AUDIT-LOG", "INFO"), ("Mild Warning", "WARN"), ("TINY-STEP", "TRACE"), ("PECULIAR", "DEBUG")];

/// The levels that `lp` is told of. In the usual formats and where no time does, only a level that is known tells a
/// record from a message's further lines; otherwise one is left that nobody knows.
pub(super) fn told_levels(format: &Format) -> &'static [(&'static str, &'static str)] {
    let others_tell = !format.usual && (format.has("asctime") || format.has("created"));
    if others_tell { &TOLD[..3] } else { &TOLD }
}

/// The first lines of what `logging` writes behind a message.
const TRACEBACKS: [&str; 3] = [
    "Traceback (most recent call last):",
    "Stack (most recent call last):",
    "  + Exception Group Traceback (most recent call last):",
];

/// A record: its attributes, as Python wrote them down.
pub(super) struct LogRecord(pub(super) Value);

impl LogRecord {
    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }

    fn float(&self, name: &str) -> f64 {
        self.0[name].as_f64().unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }

    /// The record that `lp` must write for it.
    pub(super) fn expected(&self, format: &Format, name: &str) -> Value {
        let mut record = Map::new();
        let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
        let (message, traceback) = self.message_and_traceback(format);
        put("timestamp", self.timestamp(format));
        put("severity", if format.has_level() || format.has("levelno") { self.severity(format) } else { Value::Null });
        put("level", if format.has_level() { json!(self.level(format)) } else { Value::Null });
        put("logger", if format.has("name") { json!(self.text("name")) } else { Value::Null });
        put("message", json!(message));
        put("traceback", json!(traceback));
        for Attribute { name: attribute, spec } in format.attributes() {
            let value = match attribute {
                "created" | "levelname" | "levelprefix" | "name" | "message" => continue,
                "asctime" if format.has_date() => continue,
                "msecs" if format.has_date() && format.datefmt.is_some() => continue,
                "asctime" => self.0["asctime"][name].clone(),
                "relativeCreated" | "msecs" if spec.ends_with('d') => json!(self.float(attribute).trunc() as u64),
                attribute => self.0[attribute].clone(),
            };
            put(attribute, value);
        }
        Value::Object(record)
    }

    fn timestamp(&self, format: &Format) -> Value {
        let created = self.float("created");
        let milliseconds = format!(".{:03.0}", self.float("msecs"));
        let fraction = if let Some(spec) = format.spec("created") {
            let logged = match spec {
                "" => created.to_string(),
                ":.3f" => format!("{created:.3}"),
                _ => format!("{created:.6}"),
            };
            // None of the times is rounded up to the next second.
            logged.find('.').map_or(".0".to_owned(), |point| logged[point..].to_owned())
        } else if !format.has("asctime") || !format.has_date() {
            return Value::Null;
        } else if format.datefmt.is_none() {
            milliseconds
        } else {
            match (format.has("msecs"), format.style) {
                (false, _) => String::new(),
                // Python writes a float.
                (true, '$') => milliseconds + "0",
                (true, _) => milliseconds,
            }
        };
        json!(format!("{}{fraction}Z", self.text("utc")))
    }

    /// The level as it was logged.
    fn level(&self, format: &Format) -> &str {
        let level = self.text("levelname");
        if format.cuts_level() { &level[..4] } else { level }
    }

    fn severity(&self, format: &Format) -> Value {
        let name = self.text("levelname");
        let by_number = match self.0["levelno"].as_u64() {
            Some(1..10) => json!("TRACE"),
            Some(10..20) => json!("DEBUG"),
            Some(20..30) => json!("INFO"),
            Some(30..40) => json!("WARN"),
            Some(40..50) => json!("ERROR"),
            Some(50..) => json!("FATAL"),
            _ => Value::Null,
        };
        if !format.has_level() || (name.starts_with("Level ") && !format.cuts_level()) {
            return by_number;
        }
        let mut severities = LEVELS.iter().chain(told_levels(format));
        severities.find(|(known, _)| *known == name).map_or(Value::Null, |(_, severity)| json!(severity))
    }

    /// Whether its text tells what is what.
    ///
    /// Where something stands behind the message, it is not to be found if the message itself looks like a traceback, or
    /// if what follows does not begin like one.
    pub(super) fn can_be_read_back(&self, format: &Format) -> bool {
        let looks_like_one = |text: &str| text.split('\n').any(|line| TRACEBACKS.contains(&line));
        let begins_like_one = |text: &str| text.split('\n').next().is_some_and(|line| TRACEBACKS.contains(&line));
        format.ends_with_message()
            || !looks_like_one(self.text("message")) && self.tail().first().is_none_or(|text| begins_like_one(text))
    }

    /// What `logging` puts behind the message.
    fn tail(&self) -> Vec<&str> {
        ["exc_text", "stack_info"].into_iter().filter_map(|name| self.0[name].as_str()).collect()
    }

    fn message_and_traceback(&self, format: &Format) -> (String, Option<String>) {
        if !format.ends_with_message() {
            let tail = self.tail();
            return (self.text("message").to_owned(), (!tail.is_empty()).then(|| tail.join("\n")));
        }
        // As CPython's `Formatter.format`.
        let mut text = self.text("message").to_owned();
        for part in self.tail() {
            if !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(part);
        }
        // One carriage return before the line feed that ends a record belongs to the line's end.
        let text = text.strip_suffix('\r').unwrap_or(&text);
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            if TRACEBACKS.contains(&line.trim_end_matches(['\r', '\n'])) {
                let message = &text[..start];
                let message = message.strip_suffix('\n').unwrap_or(message);
                let message = message.strip_suffix('\r').unwrap_or(message);
                return (message.to_owned(), Some(text[start..].to_owned()));
            }
            start += line.len();
        }
        (text.to_owned(), None)
    }
}
