//! `/metrics`: the figures as text for Prometheus.
//!
//! The names are a contract. Counters end in `_total`, units are the base ones and stand in the names. A label's values are those of
//! the configuration, but for paths, of which there are at most so many as the configuration says.

use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use lp::Reason;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::figures::{Counters, Figures, FileFigures};
use crate::http::{Request, Response, Status};
use crate::process::Usage;
use crate::totals::{InputCounts, OTHER};

/// The type of media of [OpenMetrics](https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md), which
/// Prometheus asks for first.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// That of the form that everybody reads.
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All that is told.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    pub(crate) figures: Arc<Figures>,
    /// How the followed files stand, by the labels of their paths.
    pub(crate) files: Vec<(Arc<str>, FileFigures)>,
    /// The followed sources, and how many files each has.
    pub(crate) sources: Vec<(String, u64)>,
    /// At how many paths something is that cannot be read.
    pub(crate) unreadable: usize,
    /// Whether changes are found by looking only, if files are followed.
    pub(crate) is_polling: Option<bool>,
    /// Chunks that have been read and are not written yet.
    pub(crate) queue: usize,
    /// The most paths with a label; if there are none, no metric has one.
    pub(crate) paths: usize,
    pub(crate) counters: Arc<Counters>,
    pub(crate) severities: Vec<(&'static str, u64)>,
    /// The stages that are rules for alerts.
    pub(crate) rules: Vec<String>,
    /// The sinks of the configuration, and whether they fail.
    pub(crate) sinks: Vec<(String, bool)>,
    pub(crate) last_reload_successful: bool,
    pub(crate) usage: Option<Usage>,
}

/// The answer to a request for metrics.
pub(crate) fn answer(request: &Request, metrics: Metrics) -> Response {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(metrics));
    let mut text = String::new();
    if encode(&mut text, &registry).is_err() {
        // A text takes whatever is written to it.
        return Response::text(Status::Unavailable, "the metrics cannot be written");
    }
    if request.likes("application/openmetrics-text") > request.likes("text/plain") {
        Response::new(Status::Ok, OPEN_METRICS, text.into_bytes())
    } else {
        Response::new(Status::Ok, PLAIN, plain(&text).into_bytes())
    }
}

/// OpenMetrics names a counter without the `_total` that its samples have; for the older form it is part of the name.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut help = None;
    for line in text.lines() {
        let described = |line: &str| line.strip_prefix("# HELP ")?.split_once(' ').map(|(_, help)| help.to_owned());
        if let Some(text) = described(line) {
            help = Some(text);
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' ')) {
            let total = if kind == "counter" { "_total" } else { "" };
            if let Some(help) = help.take() {
                // Writing to a text does not fail.
                let _ = writeln!(plain, "# HELP {name}{total} {help}");
            }
            let _ = writeln!(plain, "# TYPE {name}{total} {kind}");
        } else if line != "# EOF" {
            let _ = writeln!(plain, "{line}");
        }
    }
    plain
}

/// The counters of inputs: name by path and of all, what it is, and where it stands.
type InputCounter = (&'static str, &'static str, &'static str, fn(&InputCounts) -> u64);

const INPUTS: [InputCounter; 6] = [
    ("lp_input_read_bytes", "lp_read_bytes", "Bytes that were read and whose records have been written.", |counts| {
        counts.read_bytes
    }),
    ("lp_input_records", "lp_read_records", "Records that were found, those that do not parse included.", |counts| {
        counts.records
    }),
    (
        "lp_input_truncated_records",
        "lp_truncated_records",
        "Records that were longer than the limit and were cut.",
        |counts| counts.truncated,
    ),
    ("lp_input_cut_bytes", "lp_cut_bytes", "Bytes of records behind the limit.", |counts| counts.cut_bytes),
    (
        "lp_input_skipped_bytes",
        "lp_skipped_bytes",
        "Bytes of no record that were skipped: holes of NULs, byte order marks.",
        |counts| counts.skipped_bytes,
    ),
    ("lp_input_lost_bytes", "lp_lost_bytes", "Bytes truncated or deleted before they could be read.", |counts| {
        counts.lost_bytes
    }),
];

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let to = &mut encoder;
        let Figures { stages, outputs, .. } = &*self.figures;
        self.inputs(to)?;
        self.files(to)?;

        let severities = self.severities.iter().map(|(name, count)| ([("severity", *name)], *count));
        counters(to, "lp_records", "Records by severity, before any stage.", severities)?;
        let filtered = stages.iter().map(|stage| ([("stage", &*stage.name)], stage.filtered));
        counters(to, "lp_stage_filtered_records", "Records that a stage left out.", filtered)?;
        let events = stages.iter().map(|stage| ([("stage", &*stage.name)], stage.events));
        counters(to, "lp_stage_events", "Events that a stage told: alerts, counts.", events)?;
        let alerts = self.rules.iter().map(|rule| {
            let alerts = stages.iter().find(|stage| *stage.name == **rule).map_or(0, |stage| stage.alerts);
            ([("rule", &**rule)], alerts)
        });
        counters(to, "lp_alerts", "Alerts that began.", alerts)?;

        let records = outputs.iter().map(|output| ([("sink", &*output.name)], output.records));
        counters(to, "lp_output_records", "Records and events given to a sink.", records)?;
        let bytes = outputs.iter().map(|output| ([("sink", &*output.name)], output.bytes));
        counters(to, "lp_output_bytes", "Bytes that a sink has written.", bytes)?;
        let failing = self.sinks.iter().map(|(sink, fails)| ([("sink", &**sink)], u64::from(*fails)));
        gauges(to, "lp_output_failing", "1 while a sink fails and is tried again.", failing)?;

        gauge(to, "lp_queue_chunks", "Chunks that have been read and are not written yet.", self.queue as u64)?;
        if let Some(age) = self.figures.checkpoint_age {
            let help = "Time since all that has been written is in a checkpoint.";
            gauge(to, "lp_checkpoint_age_seconds", help, self.until_now(age).as_secs_f64())?;
            let failures = self.counters.checkpoint_failures.get();
            counter(to, "lp_checkpoint_failures", "Checkpoints that could not be saved.", failures)?;
            let help = "Failures to note what has been written since the checkpoint, for the case of a kill.";
            counter(to, "lp_checkpoint_journal_failures", help, self.counters.journal_failures.get())?;
        }
        let reloads = [
            ([("result", "ok")], self.counters.reloads.get()),
            ([("result", "refused")], self.counters.refused_reloads.get()),
        ];
        counters(to, "lp_config_reloads", "Readings of the configuration after the start.", reloads)?;
        let help = "1 if the configuration that was read last runs, 0 if it was refused.";
        gauge(to, "lp_config_last_reload_successful", help, u64::from(self.last_reload_successful))?;
        let version = [([("version", env!("CARGO_PKG_VERSION"))], 1_u64)];
        gauges(to, "lp_build_info", "The version of lp.", version)?;
        self.process(to)
    }
}

impl Metrics {
    fn files(&self, to: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        if let Some(is_polling) = self.is_polling {
            let sources = self.sources.iter().map(|(source, files)| ([("source", &**source)], *files));
            gauges(to, "lp_source_files", "Files of a source that are followed.", sources)?;
            let help = "Paths at which something is that cannot be read.";
            gauge(to, "lp_unreadable_paths", help, self.unreadable as u64)?;
            let help = "1 if the system does not tell of changes, so that they are found by looking.";
            gauge(to, "lp_watching_by_polling", help, u64::from(is_polling))?;
        }
        let waiting = |file: &FileFigures| if file.lag == 0 { 0.0 } else { file.waiting.as_secs_f64() };
        let size = "Size of a followed file.";
        let lag = "Bytes of a followed file whose records are not written yet.";
        let seconds = "How long the oldest byte has been waiting that is not written yet.";
        self.by_path(to, "lp_file_size_bytes", size, |file| file.size as f64)?;
        self.by_path(to, "lp_file_lag_bytes", lag, |file| file.lag as f64)?;
        self.by_path(to, "lp_file_lag_seconds", seconds, waiting)
    }

    /// A gauge of files. Without labels there is one for all of them.
    fn by_path(
        &self,
        to: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
        of: impl Fn(&FileFigures) -> f64,
    ) -> Result<(), fmt::Error> {
        match &*self.files {
            [(_, all)] if self.paths == 0 => gauge(to, name, help, of(all)),
            files => gauges(to, name, help, files.iter().map(|(path, file)| ([("path", &**path)], of(file)))),
        }
    }

    fn inputs(&self, to: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Figures { inputs, other, sums, .. } = &*self.figures;
        let other = other.iter().map(|counts| (OTHER, counts));
        let labelled: Vec<_> = inputs.iter().map(|(path, counts)| (&**path, counts)).chain(other).collect();
        for (name, of_all, help, of) in INPUTS {
            if self.paths > 0 {
                counters(to, name, help, labelled.iter().map(|(path, counts)| ([("path", *path)], of(counts))))?;
            }
            counter(to, of_all, help, of(sums))?;
        }
        let help = "Records that do not parse, by the reason; series begin with the first such record.";
        if self.paths > 0 {
            let rejected = labelled.iter().flat_map(|(path, counts)| {
                reasons(counts).map(move |(reason, count)| ([("path", *path), ("reason", reason)], count))
            });
            counters(to, "lp_input_rejected_records", help, rejected)?;
        }
        let rejected = reasons(sums).map(|(reason, count)| ([("reason", reason)], count));
        counters(to, "lp_rejected_records", help, rejected)
    }

    fn process(&self, to: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(usage) = self.usage else { return Ok(()) };
        let resident = usage.resident_bytes;
        gauge(to, "process_resident_memory_bytes", "Resident memory size in bytes.", resident)?;
        let help = "Total user and system CPU time spent in seconds.";
        counter(to, "process_cpu_seconds", help, usage.cpu_seconds)?;
        gauge(to, "process_open_fds", "Number of open file descriptors.", usage.open_fds)?;
        if let Some(max_fds) = usage.max_fds {
            gauge(to, "process_max_fds", "Maximum number of open file descriptors.", max_fds)?;
        }
        let help = "Start time of the process since unix epoch in seconds.";
        gauge(to, "process_start_time_seconds", help, usage.start_seconds)
    }

    /// A time that has gone on since the figures were told: a run that waits for a sink tells nothing.
    fn until_now(&self, then: Duration) -> Duration {
        then + self.figures.at.elapsed()
    }
}

/// The reasons for which records were rejected.
fn reasons(counts: &InputCounts) -> impl Iterator<Item = (&'static str, u64)> {
    let counts = Reason::ALL.iter().zip(counts.rejected).filter(|(_, count)| *count > 0);
    counts.map(|(reason, count)| (reason.name(), count))
}

type Labels<'l, const N: usize> = [(&'static str, &'l str); N];

fn counters<'l, const N: usize, V: EncodeCounterValue>(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = (Labels<'l, N>, V)>,
) -> Result<(), fmt::Error> {
    let samples = samples.into_iter().map(|(labels, value)| (labels, ConstCounter::new(value)));
    family(to, name, help, MetricType::Counter, samples)
}

fn gauges<'l, const N: usize, V: EncodeGaugeValue>(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = (Labels<'l, N>, V)>,
) -> Result<(), fmt::Error> {
    let samples = samples.into_iter().map(|(labels, value)| (labels, ConstGauge::new(value)));
    family(to, name, help, MetricType::Gauge, samples)
}

fn family<'l, const N: usize>(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    kind: MetricType,
    samples: impl Iterator<Item = (Labels<'l, N>, impl EncodeMetric)>,
) -> Result<(), fmt::Error> {
    let mut metric = to.encode_descriptor(name, help, None, kind)?;
    for (labels, value) in samples {
        value.encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}

fn counter(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: impl EncodeCounterValue,
) -> Result<(), fmt::Error> {
    ConstCounter::new(value).encode(to.encode_descriptor(name, help, None, MetricType::Counter)?)
}

fn gauge(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: impl EncodeGaugeValue,
) -> Result<(), fmt::Error> {
    ConstGauge::new(value).encode(to.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

#[cfg(test)]
mod tests;
