//! `cargo xtask sidecar latency`: how long it takes from the write of a line to its record on the standard output.

use std::io::{BufRead, BufReader, Read};
use std::num::NonZeroU64;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;

use super::Setting;
use super::figures::Figures;
use super::lp::{Folder, Lp};
use super::writer::{Writer, time_local};

/// The time from the write of a line to its record on the standard output; of an idle machine
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    setting: Setting,

    /// How long lines are written
    #[arg(long, default_value = "20")]
    seconds: NonZeroU64,
}

/// The limit of the 99th percentile.
const MOST: Duration = Duration::from_millis(5);

/// What stands before the size in a record. It is in truth the time at which the line was written, in nanoseconds.
const SIZE: &str = "\"response_size\":";

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = Folder::new(&arguments.setting)?;
    let mut writer = Writer::new(folder.log()).context("cannot write the log")?;
    let (lp, stdout) = Lp::start_piped(&arguments.setting, &folder, include_str!("latency.toml"))?;
    // Until it is at rest.
    thread::sleep(Duration::from_secs(1));
    let start = Instant::now();
    let reading = thread::spawn(move || read(stdout, start));
    let mut lines = 0;
    while start.elapsed().as_secs() < arguments.seconds.get() {
        // From 10 to 30 ms, in steps that have nothing to do with those of lp.
        thread::sleep(Duration::from_millis(10 + lines * 8 % 21));
        let time = time_local();
        let nanos = start.elapsed().as_nanos();
        let line = format!("192.0.2.1 - - [{time}] \"GET / HTTP/1.1\" 200 {nanos} \"-\" \"curl/8.4.0\"\n");
        writer.write(line.as_bytes()).context("cannot write the log")?;
        lines += 1;
    }
    lp.wait_for_records(lines)?;
    lp.stop()?;
    let Ok(latencies) = reading.join() else { anyhow::bail!("the reader has panicked") };
    let mut latencies = latencies?;
    anyhow::ensure!(latencies.len() as u64 == lines, "{lines} lines were written, and {} read", latencies.len());
    latencies.sort_unstable();
    figures(&latencies).print()
}

/// How long each record took, to the end of lp's output.
fn read(stdout: impl Read, start: Instant) -> anyhow::Result<Vec<Duration>> {
    let mut stdout = BufReader::new(stdout);
    let (mut latencies, mut record) = (Vec::new(), String::new());
    while stdout.read_line(&mut record)? > 0 {
        let now = start.elapsed();
        let written = written(&record).with_context(|| format!("no size in {record:?}"))?;
        latencies.push(now.saturating_sub(written));
        record.clear();
    }
    Ok(latencies)
}

/// When the line of a record was written.
fn written(record: &str) -> Option<Duration> {
    let (_, rest) = record.split_once(SIZE)?;
    let number = rest.split(|character: char| !character.is_ascii_digit()).next()?;
    number.parse().ok().map(Duration::from_nanos)
}

fn figures(sorted: &[Duration]) -> Figures {
    let mut figures = Figures::default();
    figures.add("records", sorted.len().to_string());
    let shown = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    for (name, percent) in [("50th percentile", 50), ("90th percentile", 90)] {
        figures.add(name, shown(percentile(sorted, percent)));
    }
    let time = percentile(sorted, 99);
    figures.add_limited("99th percentile", shown(time), format!("at most {}", shown(MOST)), time <= MOST);
    figures.add("most", shown(percentile(sorted, 100)));
    figures
}

/// The smallest of the values that so many hundredths of them do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let sorted: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        let of = |percent| percentile(&sorted, percent).as_millis();
        assert_eq!((of(50), of(90), of(99), of(100)), (100, 180, 198, 200));
        assert_eq!(percentile(&sorted[..1], 99), sorted[0]);
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }

    #[test]
    fn the_time_of_a_line_is_in_its_record() {
        let record = r#"{"timestamp":"2025-11-06T10:30:15Z","status_code":200,"response_size":12345,"referer":null}"#;
        assert_eq!(written(record), Some(Duration::from_nanos(12_345)));
        assert_eq!(written("{}"), None);
    }
}
