//! What is to be said of the formats that are recognised: a line about each, and an example of it.
//!
//! `lp formats` prints this, and `lp explain` shows with it what a right line looks like. The tests below hold every
//! example against its parser and against [`detect`](crate::format::detect::detect), so that the list cannot go stale.

use std::borrow::Cow;

use crate::format::detect::Known;
use crate::format::python::Python;

const COMBINED: &str = r#"203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] "GET /cart HTTP/1.1" 200 512 "-" "curl/8.4.0""#;

const COMMON: &str = r#"203.0.113.7 - jane [06/Nov/2025:10:30:15 +0000] "GET /cart HTTP/1.1" 200 512"#;

const NGINX_ERROR: &str = r#"2025/11/06 10:30:15 [error] 71#71: *45 open() "/srv/a.png" failed (2: No such file or directory), client: 203.0.113.7, server: shop.example, request: "GET /a.png HTTP/1.1", host: "shop.example""#;

const APP: &str = "[2025-11-06 10:30:15] Processing request 17";

const JSON: &str = r#"{"time":"2025-11-06T10:30:15.123Z","level":"info","msg":"order shipped","order":17}"#;

const TRACEBACK: &str = "Traceback (most recent call last):
  File \"/srv/shop/orders.py\", line 42, in ship
    parcel = parcels[order]
             ~~~~~~~^^^^^^^
KeyError: 17";

impl Known {
    /// What logs are in the format: a line for people, without a full stop.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Combined => "nginx's default access log, which is also Apache's combined format",
            Self::Common => "the common log format: an access log without referer and user agent",
            Self::NginxError => "nginx's error log, lines that go on included",
            Self::Python(_) => "Python's logging in one of the usual formats, tracebacks included",
            Self::App => "a time and a message, lines that go on included",
            Self::Json => "a JSON object a line, as structured loggers write it",
        }
    }

    /// A whole record, without its last line terminator; that of a format with tracebacks has one.
    ///
    /// [`Known::Python`] has one for each number, made from the [format string](Python::usual_text).
    #[must_use]
    pub fn example(self) -> Cow<'static, str> {
        match self {
            Self::Combined => COMBINED.into(),
            Self::Common => COMMON.into(),
            Self::NginxError => NGINX_ERROR.into(),
            Self::Python(number) => {
                format!("{}\n{TRACEBACK}", logged(Python::usual_text(number).unwrap_or("%(message)s"))).into()
            }
            Self::App => APP.into(),
            Self::Json => JSON.into(),
        }
    }
}

/// What Python's logging makes of a format string in the percent style.
fn logged(format: &str) -> String {
    let mut line = String::new();
    let mut rest = format;
    while let Some((before, behind)) = rest.split_once("%(") {
        line.push_str(before);
        let Some((name, spec)) = behind.split_once(')') else { break };
        // `s` or `d`, and before it the width.
        let (width, behind) = spec.split_at(spec.find(|char: char| char.is_ascii_alphabetic()).unwrap_or(0));
        let value = value(name);
        match (width.strip_prefix('-'), width.parse::<usize>()) {
            (Some(width), _) => {
                line.push_str(&format!("{value:<0$}", width.parse::<usize>().unwrap_or(0)));
            }
            (None, Ok(width)) => line.push_str(&format!("{value:>width$}")),
            (None, Err(_)) => line.push_str(value),
        }
        rest = behind.get(1..).unwrap_or_default();
    }
    line + rest
}

/// The value of an attribute of a `LogRecord`.
fn value(name: &str) -> &'static str {
    match name {
        "asctime" => "2025-11-06 10:30:15,123",
        "name" => "shop.orders",
        "levelname" => "ERROR",
        // The level and a colon, filled up to nine characters.
        "levelprefix" => "ERROR:   ",
        "message" => "Order 17 has no parcel",
        "process" => "71",
        "thread" => "140213",
        "processName" => "MainProcess",
        "threadName" => "MainThread",
        "module" => "orders",
        "filename" => "orders.py",
        "funcName" => "ship",
        "lineno" => "42",
        _ => "word",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Batch;
    use crate::format::Format;
    use crate::format::detect::{Settings, detect};

    /// The text is one record without an error.
    fn is_one_record(format: &dyn Format, text: &[u8]) -> bool {
        let mut batch = Batch::new();
        format.parse(text, &mut batch);
        batch.len() == 1 && batch.errors().len() == 0
    }

    #[test]
    fn every_example_is_a_record_of_its_format() {
        let settings = Settings::default();
        for known in Known::all() {
            let example = known.example();
            assert!(is_one_record(&*known.format(&settings), example.as_bytes()), "{known:?}: {example}");
            assert!(!example.ends_with('\n') && !example.contains('\r'));
        }
    }

    #[test]
    fn every_example_is_recognised() {
        let settings = Settings::default();
        for known in Known::all() {
            let example = known.example();
            for text in [example.to_string(), format!("{example}\n"), format!("{example}\n{example}\n")] {
                let detected = detect(text.as_bytes(), Known::all(), &settings);
                assert_eq!((detected.first, detected.second), (Some(known), None), "{text}");
            }
        }
    }

    #[test]
    fn examples_show_what_their_formats_have() {
        let settings = Settings::default();
        for known in Known::all() {
            let example = known.example();
            let format = known.format(&settings);
            let mut batch = Batch::new();
            format.parse(example.as_bytes(), &mut batch);
            let record = batch.record(example.as_bytes(), 0).unwrap();
            let has = |name| format.schema().field(name).is_some_and(|field| record.get(field).is_some());
            assert!(record.timestamp().is_some() || matches!(known, Known::Python(_)), "{known:?}");
            if let Known::Python(_) = known {
                assert!(has("message") && has("traceback") && has("level"), "{known:?}");
            }
        }
    }

    #[test]
    fn widths_are_filled_up() {
        assert_eq!(logged("%(levelname)-8s|%(levelname)8s|%(lineno)d %%"), "ERROR   |   ERROR|42 %%");
        assert_eq!(logged("no names"), "no names");
    }

    #[test]
    fn descriptions_fit_beside_a_name() {
        assert!(Known::all().all(|known| known.description().len() <= 70));
    }
}
