//! `cargo xtask sidecar backlog`: how fast lp catches up on a log that it has not read.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytesize::ByteSize;
use clap::Args;
use corpus::access::AccessLog;

use super::Setting;
use super::figures::{Figures, amount, memory};
use super::lp::{Folder, Lp, size};
use crate::write_corpus::write_log;

/// How fast a sidecar catches up on a log that was there before it
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    setting: Setting,

    /// How much there is to read
    #[arg(long, default_value = "1GB")]
    size: ByteSize,
}

/// The least that is to be read in a second, in bytes.
const LEAST: f64 = 600e6;

/// How often the output is looked at.
const STEP: Duration = Duration::from_millis(2);

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = Folder::new(&arguments.setting)?;
    let log = folder.log();
    let mut file = File::create(&log).context("cannot write the log")?;
    let lines = write_log::<AccessLog>(1, arguments.size.as_u64(), &mut file).context("cannot write the log")?.lines;
    // What is being written to the disk later would be measured too.
    file.sync_all().context("cannot write the log")?;
    let input = size(&log);

    let output = folder.path("access.ndjson");
    let is_over = Arc::new(AtomicBool::new(false));
    let start = Instant::now();
    let lp = Lp::start(&arguments.setting, &folder, include_str!("backlog.toml"))?;
    let (written, all) = (output.clone(), Arc::clone(&is_over));
    let watching = thread::spawn(move || last_growth(&written, start, &all));
    let waited = lp.wait_for_records(lines);
    is_over.store(true, Ordering::Relaxed);
    waited?;
    let Ok(time) = watching.join() else { anyhow::bail!("what watches the output has panicked") };
    let usage = lp.usage()?;
    lp.stop()?;

    let mut figures = Figures::default();
    figures.add("read and written", format!("{lines} records: {}, {}", amount(input), amount(size(&output))));
    let (seconds, cpu) = (time.as_secs_f64(), usage.cpu.as_secs_f64());
    figures.add("time", format!("{seconds:.2} s from the start of the program, {cpu:.2} s of CPU"));
    let rate = input as f64 / seconds;
    let limit = format!("at least {}/s", amount(LEAST as u64));
    figures.add_limited("rate", format!("{}/s", amount(rate as u64)), limit, rate >= LEAST);
    figures.add("resident memory, most", memory(usage.peak));
    figures.print()
}

/// When a file has grown last, until all is over.
fn last_growth(path: &Path, start: Instant, is_over: &AtomicBool) -> Duration {
    let (mut last, mut grown) = (0, Duration::ZERO);
    loop {
        // Asked first, so that the last look is behind the end.
        let is_last = is_over.load(Ordering::Relaxed);
        let size = size(path);
        if size != last {
            (last, grown) = (size, start.elapsed());
        }
        if is_last {
            return grown;
        }
        thread::sleep(STEP);
    }
}
