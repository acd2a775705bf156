//! Statistics for programs: a JSON object. Every key is always there.

use lp::stats::{Breakdown, Distribution, Ranking, Summary, Topic, Unit};
use lp::{Reason, Severity, Timestamp};
use serde_json::{Map, Value, json};

use super::people::Heading;

/// What a log says at a glance.
pub(super) fn summary(heading: &Heading<'_>, summary: &Summary) -> String {
    let time = |time: Option<Timestamp>| time.map(|time| format!("{time:.9}"));
    let rejected: Map<String, Value> = Reason::ALL
        .iter()
        .zip(summary.rejected)
        .filter(|(_, count)| *count > 0)
        .map(|(reason, count)| (reason.name().to_owned(), count.into()))
        .collect();
    let severities: Map<String, Value> = summary
        .severities
        .iter()
        .map(|(severity, count)| (severity.map_or("none", Severity::name).to_owned(), (*count).into()))
        .collect();
    let mut statuses: Map<String, Value> =
        summary.statuses.iter().map(|(status, count)| (format!("{status:03}"), (*count).into())).collect();
    other(&mut statuses, summary.other_statuses);
    let mut methods: Map<String, Value> =
        summary.methods.iter().map(|(method, count)| ((*method).to_owned(), (*count).into())).collect();
    other(&mut methods, summary.other_methods);
    let buckets: Vec<Value> =
        summary.chart.buckets().iter().map(|bucket| json!([bucket.records, bucket.errors])).collect();
    let durations: Map<String, Value> =
        summary.durations.iter().map(|(name, times)| ((*name).to_owned(), distribution(times))).collect();
    let object = json!({
        "inputs": heading.inputs,
        "formats": heading.formats,
        "bytes_read": heading.bytes,
        "records": summary.records,
        "record_bytes": summary.bytes,
        "rejected": rejected,
        "truncated": summary.truncated,
        "first_timestamp": time(summary.times.map(|(first, _)| first)),
        "last_timestamp": time(summary.times.map(|(_, last)| last)),
        "severities": severities,
        "statuses": statuses,
        "methods": methods,
        "over_time": {
            "start": Timestamp::from_seconds(summary.chart.start()).map(|start| start.to_string()),
            "seconds_per_bucket": summary.chart.width(),
            "columns": ["records", "errors"],
            "buckets": buckets,
        },
        "percentile_error": Distribution::ERROR,
        "response_size": summary.sizes.as_ref().map(distribution),
        "durations": durations,
        "tops": summary.tops.iter().map(ranking).collect::<Vec<_>>(),
    });
    safe(&object)
}

/// Counts by fields.
pub(super) fn breakdown(by: &[String], breakdown: &Breakdown) -> String {
    let groups: Vec<Value> = breakdown
        .groups
        .iter()
        .map(|group| {
            let values: Vec<Option<_>> =
                group.values.iter().map(|value| value.as_deref().map(String::from_utf8_lossy)).collect();
            json!({ "values": values, "count": group.count, "missed_at_most": group.missed })
        })
        .collect();
    safe(&json!({
        "by": by,
        "records": breakdown.records,
        "different": breakdown.different,
        "missed_at_most": breakdown.missed,
        "groups": groups,
    }))
}

fn other(counts: &mut Map<String, Value>, count: u64) {
    if count > 0 {
        counts.insert("other".to_owned(), count.into());
    }
}

fn distribution(of: &Distribution) -> Value {
    let unit = match of.unit {
        Unit::Seconds => Some("s"),
        Unit::Milliseconds => Some("ms"),
        Unit::Unknown => None,
    };
    json!({
        "count": of.count,
        "unit": unit,
        "sum": of.sum,
        "min": of.min,
        "p50": of.p50,
        "p90": of.p90,
        "p99": of.p99,
        "max": of.max,
    })
}

fn ranking(ranking: &Ranking) -> Value {
    let topic = match ranking.topic {
        Topic::Paths => "paths",
        Topic::FailedPaths => "failed_paths",
        Topic::Clients => "clients",
        Topic::UserAgents => "user_agents",
        Topic::Loggers => "loggers",
        Topic::Messages => "messages",
        Topic::ErrorMessages => "error_messages",
        _ => "texts",
    };
    let texts: Vec<Value> = ranking
        .texts
        .iter()
        .map(|found| {
            json!({
                "text": String::from_utf8_lossy(&found.text),
                "is_cut": found.is_cut,
                "count": found.count,
                "missed_at_most": found.missed,
            })
        })
        .collect();
    json!({
        "topic": topic,
        "records": ranking.records,
        "different": ranking.different,
        "missed_at_most": ranking.missed,
        "texts": texts,
    })
}

/// The object on a line, with escapes for what may not reach a terminal.
fn safe(object: &Value) -> String {
    let mut out = String::new();
    for char in object.to_string().chars() {
        if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') {
            out += &format!("\\u{:04x}", u32::from(char));
        } else {
            out.push(char);
        }
    }
    out.push('\n');
    out
}
