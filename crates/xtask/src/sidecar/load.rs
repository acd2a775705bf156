//! `cargo xtask sidecar load`: what lp takes of the machine while a log is written and rotated.
//!
//! The folder must have room for two logs, for what lp holds open of those that were rotated away (five minutes of writing), and for
//! a gigabyte of outputs: at 20 MB/s and a rotation each minute, 10 GB.

use std::io::{self, Write};
use std::num::NonZeroU64;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytesize::ByteSize;
use clap::Args;

use super::Setting;
use super::figures::{Figures, amount, memory};
use super::lp::{Folder, Lp};
use super::usage::Usage;
use super::writer::{Lines, Writer, Written};

/// What a sidecar takes of the machine under load; with `--seconds 3600 --rate 20MB` a soak
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    setting: Setting,

    /// How long the log is written
    #[arg(long, default_value = "60")]
    seconds: NonZeroU64,

    /// How much of it a second
    #[arg(long, default_value = "10MB")]
    rate: ByteSize,

    /// After how long it is renamed and begun anew: `60s`
    #[arg(long, default_value = "60s", value_parser = seconds)]
    rotate: Duration,
}

/// Resident memory, in bytes.
const MOST_MEMORY: u64 = 16 << 20;

/// The processors' time at [`CPU_RATE`], in hundredths of one core.
const MOST_CPU: f64 = 3.0;
const CPU_RATE: u64 = 10_000_000;

/// How long a line may wait before it is written.
const MOST_WAITING: f64 = 1.0;

/// By how much the memory of the last minute may exceed that of the first one, in bytes.
const MOST_GROWTH: u64 = 1 << 20;

/// A rotated log is held open for so long, in case that somebody still writes to it.
const HELD: Duration = Duration::from_secs(300);

/// Descriptors that are open for a moment: a checkpoint that is saved, a sink that is rotated, a question for metrics.
const PASSING: usize = 4;

const MINUTE: Duration = Duration::from_secs(60);

/// How lp stood at one moment.
struct Sample {
    /// Since the writing began.
    at: Duration,
    usage: Usage,
    /// Bytes that are not written yet.
    lag: f64,
    /// Since when, in seconds.
    waiting: f64,
}

impl Sample {
    fn take(lp: &Lp, start: Instant) -> anyhow::Result<Self> {
        // The metrics are asked for afterwards: the connection is not to be counted among the descriptors.
        let (at, usage) = (start.elapsed(), lp.usage()?);
        let metrics = lp.metrics()?;
        Ok(Self { at, usage, lag: metrics.sum("lp_file_lag_bytes"), waiting: metrics.max("lp_file_lag_seconds") })
    }
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = Folder::new(&arguments.setting)?;
    let writer = Writer::new(folder.log()).context("cannot write the log")?;
    let lp = Lp::start(&arguments.setting, &folder, include_str!("load.toml"))?;
    let (rate, rotate) = (arguments.rate.as_u64(), arguments.rotate);
    let time = Duration::from_secs(arguments.seconds.get());
    let lines = Lines::new();
    let start = Instant::now();
    let writing = thread::spawn(move || writer.write_steadily(lines, rate, time, rotate));
    let mut samples = vec![Sample::take(&lp, start)?];
    while !writing.is_finished() {
        thread::sleep(Duration::from_secs(1));
        let sample = Sample::take(&lp, start)?;
        if sample.at.as_secs() / 60 > samples.last().map_or(0, |last| last.at.as_secs() / 60) {
            tell(&sample)?;
        }
        samples.push(sample);
    }
    let Ok(written) = writing.join() else { anyhow::bail!("the writer has panicked") };
    let written = written.context("cannot write the log")?;
    let metrics = lp.wait_for_records(written.lines)?;
    let records = metrics.sum("lp_input_records_total") as u64;
    anyhow::ensure!(records == written.lines, "{} lines were written, and lp counts {records} records", written.lines);
    let lost = metrics.sum("lp_input_lost_bytes_total");
    anyhow::ensure!(lost == 0.0, "{lost} bytes are lost");
    let alerts = metrics.sum("lp_alerts_total") as u64;
    let peak = lp.usage()?.peak;
    lp.stop()?;
    figures(arguments, written, alerts, peak, &samples).print()
}

fn figures(arguments: &Arguments, written: Written, alerts: u64, peak: u64, samples: &[Sample]) -> Figures {
    let mut figures = Figures::default();
    let Written { lines, bytes, rotations } = written;
    let seconds = arguments.seconds.get();
    figures.add("written", format!("{} in {seconds} s, {rotations} rotations", amount(bytes)));
    let rate = bytes / seconds;
    let asked = arguments.rate.as_u64();
    let limit = format!("as was asked: {}/s", amount(asked));
    figures.add_limited("rate", format!("{}/s", amount(rate)), limit, rate >= asked * 98 / 100);
    figures.add("records", format!("{lines} written, read and given out; {alerts} alerts"));

    let [first, .., last] = samples else { return figures };
    let cpu = (last.usage.cpu - first.usage.cpu).as_secs_f64() / (last.at - first.at).as_secs_f64() * 100.0;
    let (name, value) = ("processors' time", format!("{cpu:.2} % of a core"));
    if asked == CPU_RATE {
        figures.add_limited(name, value, format!("at most {MOST_CPU} %"), cpu <= MOST_CPU);
    } else {
        figures.add(name, value);
    }

    let limit = format!("at most {}", memory(MOST_MEMORY));
    figures.add_limited("resident memory, most", memory(peak), limit, peak <= MOST_MEMORY);
    if last.at >= 2 * MINUTE {
        let most = |samples: &mut dyn Iterator<Item = &Sample>| {
            samples.map(|sample| sample.usage.resident).max().unwrap_or_default()
        };
        let before = most(&mut samples.iter().filter(|sample| sample.at < MINUTE));
        let after = most(&mut samples.iter().filter(|sample| sample.at + MINUTE > last.at));
        let value = format!("{}, {}", memory(before), memory(after));
        let limit = format!("at most {} more", memory(MOST_GROWTH));
        figures.add_limited("of the first minute, of the last", value, limit, after <= before + MOST_GROWTH);
    }

    let most = samples.iter().map(|sample| sample.usage.descriptors).max().unwrap_or_default();
    let held = HELD.as_secs().div_ceil(arguments.rotate.as_secs().max(1)).min(rotations) as usize;
    let value = format!("{} at first, {} at last, {most} at most", first.usage.descriptors, last.usage.descriptors);
    let limit = format!("at most {PASSING} more for a moment, and {held} rotated logs");
    figures.add_limited("descriptors", value, limit, most <= first.usage.descriptors + PASSING + held);

    let lag = samples.iter().map(|sample| sample.lag).fold(0.0, f64::max);
    figures.add("lag, most", amount(lag as u64));
    let waiting = samples.iter().map(|sample| sample.waiting).fold(0.0, f64::max);
    let limit = format!("at most {MOST_WAITING} s");
    figures.add_limited("for the longest time", format!("{waiting:.3} s"), limit, waiting <= MOST_WAITING);
    figures
}

/// How it stands, each minute.
fn tell(Sample { at, usage, lag, .. }: &Sample) -> io::Result<()> {
    let Usage { cpu, resident, descriptors, .. } = usage;
    let (minutes, resident, lag) = (at.as_secs() / 60, memory(*resident), amount(*lag as u64));
    let cpu = cpu.as_secs_f64();
    writeln!(
        io::stderr(),
        "{minutes} min: {resident} resident, {descriptors} descriptors, {cpu:.1} s of CPU, lag {lag}"
    )
}

/// `60s`, or `60`.
fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix('s').unwrap_or(text).parse::<NonZeroU64>();
    number
        .map(|seconds| Duration::from_secs(seconds.get()))
        .map_err(|_| "not a number of seconds, such as 60s".to_owned())
}
