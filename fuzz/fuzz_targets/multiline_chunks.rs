//! Records of several lines and logs of two formats: a run's output and accounts do not depend on reads, chunks and threads.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use lp::format::Mixed;
use lp::format::log_format::{Escape, LogFormat};
use lp::format::python::{Python, Style};
use lp::{Access, Format};
use lp_fuzz::records::{Settings, check_records, check_run};
use lp_fuzz::{GZIP, is_marked, is_zstd, mutate, split};

const SETTINGS: usize = 24;

fn python(text: &str) -> Python {
    Python::compile(text, Style::Percent, None).expect("a format string")
}

fn mixed(first: impl Format + 'static, second: impl Format + 'static) -> Arc<dyn Format> {
    Arc::new(Mixed::new(Arc::new(first), Arc::new(second)).expect("not too many fields"))
}

fn format(number: usize) -> Arc<dyn Format> {
    const DASHED: &str = "%(asctime)s - %(levelname)s - %(message)s";
    let hosts = || LogFormat::compile("$host $remote_addr [$time_local] $request_time", Escape::None);
    match number {
        0 => Arc::new(Python::usual()),
        1 => Arc::new(python(DASHED)),
        2 => Arc::new(python("%(levelname)s:%(name)s:%(message)s (%(filename)s:%(lineno)d)")),
        3 => Arc::new(python("%(name)s %(levelname)s")),
        4 => Arc::new(python("%(asctime)s %(message)s")),
        5 => mixed(Access::combined(), Python::usual()),
        6 => mixed(Python::usual(), Access::combined()),
        7 => mixed(python(DASHED), Python::usual()),
        8 => mixed(python(DASHED), hosts().expect("a format")),
        _ => mixed(Access::combined(), Access::common()),
    }
}

fuzz_target!(|data: &[u8]| {
    let (mut settings, log) = split::<SETTINGS>(data);
    let slow = settings.byte();
    let format = format(settings.up_to(9));
    let settings = Settings::new(&mut settings);
    check_records(&*format, log, &settings);
    // Compressed inputs are another target's, and what is made of marks a test's.
    if !log.starts_with(GZIP) && !is_zstd(log) && !is_marked(log) {
        // Threads take far longer to start than to do what there is to do.
        check_run(&format, log, &settings, if slow < 240 { 1 } else { 2 + usize::from(slow % 2) });
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, SETTINGS)
});
