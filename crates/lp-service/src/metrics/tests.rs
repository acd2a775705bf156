//! What a scraper is given.

use super::*;
use crate::figures::counts;
use crate::totals::{OutputCounts, StageCounts, Totals};
use lp::visible::visible_path;
use lp::{Ledger, Report};
use std::path::Path;
use std::time::Instant;

fn metrics() -> Metrics {
    let mut rejected = [0; Reason::ALL.len()];
    rejected[Reason::InvalidTime as usize] = 3;
    let ledger = |records| Ledger { records, bytes_read: 100 * records, rejected, ..Ledger::default() };
    let mut totals = Totals::default();
    totals.begin_run(100, None);
    let strange = visible_path(Path::new("b\"\\\n\u{1B}[0m\u{202E}é")).into_owned();
    let inputs = vec![("/var/log/a.log".to_owned(), ledger(5)), (strange, ledger(7))];
    totals.advance(&Report { inputs, ..Report::default() });
    let file = FileFigures { size: 10, lag: 4, waiting: Duration::from_secs(2) };
    let figures = Figures {
        at: Instant::now(),
        stages: vec![StageCounts { name: "HTTP_5XX".into(), filtered: 0, events: 9, alerts: 5 }],
        outputs: vec![OutputCounts { name: "out".into(), records: 12, bytes: 340 }],
        checkpoint_age: Some(Duration::from_secs(1)),
        ..counts(&totals)
    };
    Metrics {
        figures: Arc::new(figures),
        files: vec![("/var/log/a.log".into(), file)],
        sources: vec![("file-1".to_owned(), 1)],
        unreadable: 3,
        is_polling: Some(false),
        queue: 2,
        paths: 100,
        counters: Arc::default(),
        severities: vec![("none", 1), ("INFO", 11)],
        rules: vec!["HTTP_5XX".to_owned(), "OTHER_RULE".to_owned()],
        sinks: vec![("out".to_owned(), true), ("other".to_owned(), false)],
        last_reload_successful: true,
        usage: Some(Usage {
            resident_bytes: 1 << 20,
            cpu_seconds: 0.25,
            open_fds: 7,
            max_fds: Some(1024),
            start_seconds: 1_700_000_000.5,
        }),
    }
}

fn text(accept: &str) -> String {
    text_of(accept, metrics())
}

fn text_of(accept: &str, metrics: Metrics) -> String {
    let request = Request::read(format!("GET /metrics HTTP/1.1\r\nAccept: {accept}\r\n\r\n").as_bytes());
    let answer = answer(&request.unwrap().unwrap(), metrics);
    assert_eq!(answer.status(), Status::Ok);
    String::from_utf8(answer.body().to_vec()).unwrap()
}

#[test]
fn every_figure_is_there() {
    let text = text("");
    for line in [
        "# TYPE lp_input_records_total counter",
        "lp_input_records_total{path=\"/var/log/a.log\"} 5",
        // Nothing in it can speak to a terminal, and the scraper reads the escapes back.
        "lp_input_read_bytes_total{path=\"b\\\"\\\\\\\\\\\\n\\\\u{1b}[0m\\\\u{202e}é\"} 700",
        "lp_input_rejected_records_total{path=\"/var/log/a.log\",reason=\"invalid_time\"} 3",
        "lp_file_size_bytes{path=\"/var/log/a.log\"} 10.0",
        "lp_file_lag_bytes{path=\"/var/log/a.log\"} 4.0",
        "lp_records_total{severity=\"INFO\"} 11",
        "lp_stage_events_total{stage=\"HTTP_5XX\"} 9",
        "lp_alerts_total{rule=\"HTTP_5XX\"} 5",
        "lp_source_files{source=\"file-1\"} 1",
        "lp_unreadable_paths 3",
        "lp_watching_by_polling 0",
        "lp_read_bytes_total 1200",
        "lp_rejected_records_total{reason=\"invalid_time\"} 6",
        "process_max_fds 1024",
        "lp_alerts_total{rule=\"OTHER_RULE\"} 0",
        "lp_output_records_total{sink=\"out\"} 12",
        "lp_output_bytes_total{sink=\"out\"} 340",
        "# TYPE lp_output_failing gauge",
        "lp_output_failing{sink=\"out\"} 1",
        "lp_output_failing{sink=\"other\"} 0",
        "lp_queue_chunks 2",
        "lp_checkpoint_failures_total 0",
        "lp_checkpoint_journal_failures_total 0",
        "lp_config_reloads_total{result=\"refused\"} 0",
        "lp_config_last_reload_successful 1",
        concat!("lp_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        "process_resident_memory_bytes 1048576",
        "process_cpu_seconds_total 0.25",
        "process_open_fds 7",
        "process_start_time_seconds 1700000000.5",
    ] {
        assert!(text.lines().any(|known| known == line), "{line:?} is not in\n{text}");
    }
    let value = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!((1.0..10.0).contains(&value("lp_checkpoint_age_seconds")));
    assert!(value("lp_file_lag_seconds") == 2.0);
}

/// If no path is to have a label, nothing has one.
#[test]
fn metrics_without_paths() {
    let text = text_of("", Metrics { paths: 0, ..metrics() });
    assert!(!text.contains("path=") && !text.contains("lp_input_"), "{text}");
    for line in ["lp_read_records_total 12", "lp_file_lag_bytes 4.0", "lp_file_lag_seconds 2.0"] {
        assert!(text.lines().any(|known| known == line), "{line:?} is not in\n{text}");
    }
}

/// Each family is described once, before its samples, and has none twice: else a scrape fails as a whole.
#[test]
fn both_forms_are_sound() {
    for (accept, is_open) in [("text/plain", false), ("*/*", false), ("application/openmetrics-text", true)] {
        let text = text(accept);
        let mut lines: Vec<&str> = text.lines().collect();
        assert!(text.ends_with('\n'));
        assert_eq!(lines.last() == Some(&"# EOF"), is_open);
        lines.retain(|line| *line != "# EOF");
        let (mut families, mut samples, mut family) = (Vec::new(), Vec::new(), ("", ""));
        let mut help = "";
        for line in lines {
            if let Some(described) = line.strip_prefix("# HELP ") {
                help = described.split_once(' ').unwrap().0;
            } else if let Some(described) = line.strip_prefix("# TYPE ") {
                family = described.split_once(' ').unwrap();
                assert_eq!(help, family.0);
                assert!(!families.contains(&family.0), "{line}");
                families.push(family.0);
            } else {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let name = series.split('{').next().unwrap();
                let suffix = if is_open && family.1 == "counter" { "_total" } else { "" };
                assert_eq!(name, format!("{}{suffix}", family.0));
                assert_eq!(name.ends_with("_total"), family.1 == "counter");
                assert!(value.parse::<f64>().unwrap() >= 0.0);
                assert!(!samples.contains(&series), "{line}");
                samples.push(series);
            }
        }
        assert!(samples.len() > 30);
    }
}
