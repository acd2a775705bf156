//! Any format string of Python's `logging`, and any log for it. The first line of an input is the format string, or empty
//! for the usual ones; the second is that of the time, or empty for the default.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use lp::format::python::{Python, Style};
use lp::{Format, Severity, TimeFormat};
use lp_fuzz::records::{Settings, check_records, check_run};
use lp_fuzz::{GZIP, first_line, is_zstd, mutate, split};

const SETTINGS: usize = 24;

fuzz_target!(|data: &[u8]| {
    let (mut settings, text) = split::<SETTINGS>(data);
    let is_run = settings.byte() >= 192;
    let style = settings.pick(&[None, Some(Style::Percent), Some(Style::Brace), Some(Style::Dollar)]);
    let settings = Settings::new(&mut settings);
    let Some((text, rest)) = first_line(text) else { return };
    let Some((date, log)) = first_line(rest) else { return };
    let date_format = match TimeFormat::compile(date) {
        Ok(format) => Some(format).filter(|_| !date.is_empty()),
        Err(error) => {
            assert!(date.get(error.at()..).is_some(), "{} of {date:?}", error.at());
            return assert!(!error.to_string().is_empty());
        }
    };
    let python = if text.is_empty() {
        Python::usual()
    } else {
        let style = style.or(Style::of(text)).unwrap_or(Style::Percent);
        match Python::compile(text, style, date_format.as_ref()) {
            Ok(python) => python,
            Err(error) => {
                assert!(text.get(error.at()).is_some(), "{:?} of {text:?}", error.at());
                return assert!(!error.to_string().is_empty());
            }
        }
    };
    let format: Arc<dyn Format> = Arc::new(python.with_level("AUDIT", Severity::INFO));
    check_records(&*format, log, &settings);
    if is_run && !log.starts_with(GZIP) && !is_zstd(log) {
        check_run(&format, log, &settings, 1);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, SETTINGS)
});
