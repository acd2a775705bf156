//! `lp stats`: held to what `lp parse` writes.

use std::collections::BTreeMap;

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::super::lp::{lp, parse};

/// Lines of several clients, paths and statuses, one of which is no record.
fn log() -> String {
    let mut log = String::new();
    for number in 0..3000_usize {
        let status = [200, 304, 999, 404, 500, 503][number % 6];
        let path = number * 7 % 90;
        log += &format!(
            "192.0.2.{} - - [06/Nov/2025:{:02}:30:15 +0000] \"GET /{path}?n={number} HTTP/1.1\" {status} {} \"-\" \"agent \\x22{}\\x22\"\n",
            number % 11,
            number / 200,
            number * 13,
            number % 3,
        );
    }
    log + "no record\n"
}

/// How often each text stands there.
fn counts(records: &[Value], of: impl Fn(&Value) -> Option<String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    records.iter().filter_map(of).for_each(|text| *counts.entry(text).or_default() += 1);
    counts
}

fn text(record: &Value, name: &str) -> Option<String> {
    match &record[name] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn top(stats: &Value, topic: &str) -> BTreeMap<String, u64> {
    let top = stats["tops"].as_array().unwrap().iter().find(|top| top["topic"] == topic).unwrap();
    let texts = top["texts"].as_array().unwrap().iter();
    texts.map(|found| (found["text"].as_str().unwrap().to_owned(), found["count"].as_u64().unwrap())).collect()
}

fn object(counts: &Value) -> BTreeMap<String, u64> {
    counts.as_object().unwrap().iter().map(|(name, count)| (name.clone(), count.as_u64().unwrap())).collect()
}

#[test]
fn counts_are_those_of_the_parsed_records() {
    let log = log();
    let parsed = parse(["--format", "nginx-combined"]).stdin(log.as_str()).run();
    let records: Vec<Value> = parsed.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ended = lp(["stats", "--json", "--top", "1000", "--format", "nginx-combined"]).stdin(log.as_str()).run();
    ended.assert_quiet_success();
    let stats: Value = serde_json::from_str(ended.stdout()).unwrap();

    assert_eq!(stats["records"], 3001);
    assert_eq!(stats["bytes_read"], log.len());
    assert_eq!(stats["rejected"], serde_json::json!({ "missing": 1 }));
    let path = |record: &Value| text(record, "path").map(|path| path.split('?').next().unwrap().to_owned());
    assert_eq!(top(&stats, "paths"), counts(&records, path));
    let failed = |record: &Value| {
        path(record).filter(|_| record["status_code"].as_u64().is_some_and(|status| status / 100 == 5))
    };
    assert_eq!(top(&stats, "failed_paths"), counts(&records, failed));
    assert_eq!(top(&stats, "user_agents"), counts(&records, |record| text(record, "user_agent")));
    assert_eq!(object(&stats["statuses"]), counts(&records, |record| text(record, "status_code")));
    let severity = |record: &Value| Some(text(record, "severity").unwrap_or_else(|| "none".to_owned()));
    assert_eq!(object(&stats["severities"]), counts(&records, severity));
    let sizes = records.iter().filter_map(|record| record["response_size"].as_u64()).sum::<u64>();
    assert_eq!(stats["response_size"]["sum"].as_f64(), Some(sizes as f64));
    let buckets = stats["over_time"]["buckets"].as_array().unwrap();
    assert_eq!(buckets.iter().map(|bucket| bucket[0].as_u64().unwrap()).sum::<u64>(), 3000);
}

#[test]
fn the_threads_and_the_condition_are_those_of_the_run() {
    let log = log();
    let run = |more: &[&str]| {
        let args = [
            "stats",
            "--json",
            "--where",
            "status_code >= 500 && status_code < 600",
            "--since",
            "2025-11-06T05:00:00Z",
        ];
        let ended = lp(args).args(more).stdin(log.as_str()).run();
        ended.assert_quiet_success();
        ended.stdout().to_owned()
    };
    let one = run(&["--threads", "1"]);
    assert_eq!(one, run(&["--threads", "3"]));
    let stats: Value = serde_json::from_str(&one).unwrap();
    assert!(stats["statuses"].as_object().unwrap().keys().all(|status| status.starts_with('5')));
    assert_eq!(stats["first_timestamp"], "2025-11-06T05:30:15.000000000Z");
}

#[test]
fn people_see_it_in_80_columns() {
    for more in [&["--ascii"][..], &[], &["--by", "path,severity"]] {
        let ended = lp(["stats"]).args(more).stdin(log().as_str()).run();
        ended.assert_quiet_success();
        assert!(ended.stdout().lines().count() > 5);
        for line in ended.stdout().lines() {
            assert!(line.width() <= 80 && !line.ends_with(' '), "{line:?}");
        }
    }
}

#[test]
fn records_without_a_status_are_no_requests() {
    let shown = |log: &str| {
        let ended = lp(["stats", "--ascii", "--format", "json"]).stdin(log).run();
        ended.assert_quiet_success();
        ended.stdout().to_owned()
    };
    let requests =
        "{\"time\":\"2025-11-06T10:30:15Z\",\"status\":503}\n{\"time\":\"2025-11-06T10:30:20Z\",\"status\":999}\n";
    let text = shown(requests);
    assert!(text.contains("requests per 1 s\n") && text.contains("\n     5xx 1 |###"), "{text}");
    let other = "{\"time\":\"2025-11-06T10:30:16Z\",\"level\":\"error\"}\n";
    let text = shown(&format!("{requests}{other}"));
    assert!(text.contains("records per 1 s\n") && text.contains("\n  errors 1 |"), "{text}");
}

#[test]
fn counts_by_a_field_are_exact() {
    let ended = lp(["stats", "--json", "--by", "severity"]).stdin(log().as_str()).run();
    ended.assert_quiet_success();
    let stats: Value = serde_json::from_str(ended.stdout()).unwrap();
    let groups = stats["groups"].as_array().unwrap();
    assert_eq!(groups.iter().map(|group| group["count"].as_u64().unwrap()).sum::<u64>(), 3001);
    assert_eq!(groups.last().unwrap()["values"], serde_json::json!([null]));
}

#[test]
fn numbers_are_counted_as_they_are_written_and_the_help_says_so() {
    let log = "{\"n\":1}\n{\"n\":1.0}\n{\"n\":1}\n";
    let ended = lp(["stats", "--json", "--by", "n", "--where", "n == 1", "--format", "json"]).stdin(log).run();
    ended.assert_quiet_success();
    let stats: Value = serde_json::from_str(ended.stdout()).unwrap();
    let groups = stats["groups"].as_array().unwrap();
    let counts: Vec<_> = groups.iter().map(|group| (&group["values"][0], &group["count"])).collect();
    assert_eq!(counts, [(&"1".into(), &2.into()), (&"1.0".into(), &1.into())]);
    let help = lp(["stats", "--help"]).run();
    let words: Vec<&str> = help.stdout().split_whitespace().collect();
    assert!(words.join(" ").contains("Numbers are counted as they are written: 1 and 1.0 are two"), "{words:?}");
}
