//! Any `log_format`, and any lines for it. The first line of an input is the format's text.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use lp::Format;
use lp::format::log_format::{Escape, LogFormat};
use lp_fuzz::records::{Settings, check_records, check_run};
use lp_fuzz::{GZIP, first_line, is_zstd, mutate, split};

const SETTINGS: usize = 24;

fuzz_target!(|data: &[u8]| {
    let (mut settings, text) = split::<SETTINGS>(data);
    let is_run = settings.byte() >= 192;
    let escape = settings.pick(&[Escape::Default, Escape::Json, Escape::None]);
    let settings = Settings::new(&mut settings);
    let Some((text, log)) = first_line(text) else { return };
    let format: Arc<dyn Format> = match (LogFormat::compile(text, escape), LogFormat::compile_generic(text, escape)) {
        (Ok(format), Ok(generic)) => {
            assert_eq!(format.schema(), generic.schema());
            Arc::new(if settings.cut % 2 == 0 { format } else { generic })
        }
        (Err(error), Err(same)) => {
            assert_eq!(error, same);
            assert!(text.get(error.at()).is_some(), "{:?} of {text:?}", error.at());
            return assert!(!error.to_string().is_empty());
        }
        (one, other) => panic!("{one:?}, {other:?}"),
    };
    check_records(&*format, log, &settings);
    if is_run && !log.starts_with(GZIP) && !is_zstd(log) {
        check_run(&format, log, &settings, 1);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, SETTINGS)
});
