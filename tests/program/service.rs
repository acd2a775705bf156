//! `lp run` as a service: metrics, health, signals.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::time::Duration;

use super::following::Following;

pub(crate) const CONFIG: &str = r#"
[http]
listen = "127.0.0.1:0"

[checkpoint]
path = "DIR/checkpoint"
every = "100ms"

[[source]]
type = "file"
paths = ["DIR/access.log"]
format = "nginx-combined"

[[stage]]
type = "filter"
where = 'status_code != 404'

[[stage]]
type = "alert"
name = "HTTP_5XX"
where = 'status_code >= 500'

[[sink]]
type = "file"
name = "out"
path = "DIR/out.ndjson"
"#;

pub(crate) fn start() -> Following {
    let mut lp = Following::prepare(CONFIG);
    append(&lp, &[]);
    lp.start_until_ready();
    lp
}

pub(crate) fn append(lp: &Following, statuses: &[u16]) {
    let mut log = OpenOptions::new().create(true).append(true).open(lp.path("access.log")).unwrap();
    let lines: String = statuses.iter().map(|&status| line(status) + "\n").collect();
    log.write_all(lines.as_bytes()).unwrap();
}

pub(crate) fn line(status: u16) -> String {
    format!("192.0.2.1 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" {status} 5 \"-\" \"curl\"")
}

pub(crate) fn records(lp: &Following) -> usize {
    lp.text("out.ndjson").lines().count()
}

#[test]
fn what_is_done_is_counted() {
    let mut lp = start();
    append(&lp, &[200, 404, 500, 200, 503]);
    lp.wait_until("all is counted", |lp| lp.value("lp_output_records_total{sink=\"out\"}") == 4.0);
    assert_eq!(records(&lp), 4);
    let size = fs::metadata(lp.path("access.log")).unwrap().len() as f64;
    let out = fs::metadata(lp.path("out.ndjson")).unwrap().len() as f64;
    lp.assert_metrics(&[
        ("lp_input_read_bytes_total{path=\"DIR/access.log\"}", size),
        ("lp_input_records_total{path=\"DIR/access.log\"}", 5.0),
        ("lp_input_lost_bytes_total{path=\"DIR/access.log\"}", 0.0),
        ("lp_file_size_bytes{path=\"DIR/access.log\"}", size),
        ("lp_file_lag_bytes{path=\"DIR/access.log\"}", 0.0),
        ("lp_file_lag_seconds{path=\"DIR/access.log\"}", 0.0),
        ("lp_records_total{severity=\"INFO\"}", 2.0),
        ("lp_records_total{severity=\"WARN\"}", 1.0),
        ("lp_records_total{severity=\"ERROR\"}", 2.0),
        ("lp_stage_filtered_records_total{stage=\"filter-1\"}", 1.0),
        ("lp_alerts_total{rule=\"HTTP_5XX\"}", 2.0),
        ("lp_read_records_total", 5.0),
        ("lp_source_files{source=\"file-1\"}", 1.0),
        ("lp_unreadable_paths", 0.0),
        ("lp_output_bytes_total{sink=\"out\"}", out),
        ("lp_output_failing{sink=\"out\"}", 0.0),
        ("lp_checkpoint_failures_total", 0.0),
        ("lp_config_last_reload_successful", 1.0),
    ]);
    let series: Vec<String> = lp.metrics().into_keys().filter(|series| series.contains("(severities)")).collect();
    assert_eq!(series, [""; 0]);
    assert!(lp.value("process_resident_memory_bytes") > 1e6 && lp.value("process_open_fds") > 5.0);
    assert_eq!(lp.get("/livez"), (200, "alive\n".to_owned()));
    assert_eq!(lp.get("/healthz"), (200, "healthy\nrun: ok\ncheckpoint: ok\nsinks: ok\nsources: ok\n".to_owned()));
    assert_eq!(lp.get("/what").0, 404);
    lp.stop();
    let stderr = lp.text("stderr");
    assert!(stderr.contains("lp: SIGTERM: stopping, within 10s\nlp: stopped\n"), "{stderr}");
    assert_eq!(stderr.matches("\"alert\":\"HTTP_5XX\"").count(), 2, "{stderr}");
}

#[test]
fn an_address_that_is_taken_is_told() {
    let lp = start();
    let taken = lp.address().unwrap();
    let config =
        lp.text("lp.toml").replace("127.0.0.1:0", &taken.to_string()).replace("checkpoint\"", "other-checkpoint\"");
    fs::write(lp.path("other.toml"), config.replace("out.ndjson", "other.ndjson")).unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_lp")).args(["run", "-c"]).arg(lp.path("other.toml")).output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with(&format!("lp: cannot listen at {taken}: ")), "{stderr}");
}

/// What has been read cannot be written, since nobody reads what is; so the first signal has to wait.
#[test]
fn a_stop_that_takes_too_long() {
    let config = CONFIG.replace("type = \"file\"\nname = \"out\"\npath = \"DIR/out.ndjson\"", "type = \"stdout\"");
    assert_ne!(config, CONFIG);
    for (second, code) in [(None, 1), (Some("INT"), 130), (Some("TERM"), 143)] {
        let grace = if second.is_none() { "500ms" } else { "1h" };
        let mut lp = Following::prepare(&format!("{config}\n[run]\ngrace = \"{grace}\"\n"));
        append(&lp, &[200; 5000]);
        let _stdout = lp.start_with_stdout();
        lp.wait_until("it is stuck", |lp| lp.text("stderr").contains("followed") && lp.address().is_some());
        std::thread::sleep(Duration::from_millis(500));
        lp.signal("TERM");
        if let Some(second) = second {
            lp.wait_until("it is stopping", |lp| lp.text("stderr").contains("stopping"));
            let (status, why) = lp.get("/readyz");
            assert_eq!((status, why.as_str()), (503, "stopping: what has been read is being written\n"));
            lp.signal(second);
        }
        let status = lp.wait();
        let stderr = lp.text("stderr");
        assert_eq!(status.code(), Some(code), "{stderr}");
        if second.is_none() {
            assert!(stderr.contains("lp: not stopped within 500ms: "), "{stderr}");
            assert!(stderr.contains("they will be read again at the next start"), "{stderr}");
        }
    }
}

/// Nobody reads the standard output: not a line of what is told may be older than that.
#[test]
fn a_reader_that_does_not_read_is_an_outage() {
    let config = CONFIG
        .replace("type = \"file\"\nname = \"out\"\npath = \"DIR/out.ndjson\"", "type = \"stdout\"\nname = \"stdout\"");
    let mut lp = Following::prepare(&format!("{config}\n[run]\ngrace = \"500ms\"\n"));
    append(&lp, &[200; 5000]);
    let stdout = lp.start_with_stdout();
    lp.wait_until("it is not ready", |lp| {
        lp.address().is_some() && lp.get("/readyz").1.starts_with("sink stdout is failing since ")
    });
    assert!(lp.get("/healthz").1.contains("run: ok\ncheckpoint: ok\nsinks: sink stdout is failing since "));
    lp.wait_until("lp says so", |lp| lp.text("stderr").contains("lp: sink stdout waits: nobody takes"));
    // What comes then is seen all the same.
    append(&lp, &[200; 1000]);
    let size = fs::metadata(lp.path("access.log")).unwrap().len() as f64;
    let series = |name: &str| format!("{name}{{path=\"{}/access.log\"}}", lp.dir().display());
    let (size_of, lag, seconds) =
        (series("lp_file_size_bytes"), series("lp_file_lag_bytes"), series("lp_file_lag_seconds"));
    lp.wait_until("the size is told", |lp| lp.value(&size_of) == size);
    lp.assert_metrics(&[("lp_output_failing{sink=\"stdout\"}", 1.0)]);
    assert!(lp.value(&lag) > 100_000.0 && lp.value(&seconds) > 1.0 && lp.value("lp_queue_chunks") > 0.0);
    lp.signal("TERM");
    assert_eq!(lp.wait().code(), Some(1));
    let stderr = lp.text("stderr");
    assert!(stderr.contains("not stopped within 500ms: sink stdout is failing, and "), "{stderr}");
    assert!(!stderr.contains("0 bytes in 0 files"), "{stderr}");
    drop(stdout);
}

/// A file comes whose format was not known before: what is compared has other types in it.
#[test]
fn a_file_that_does_not_fit_a_condition_is_told() {
    let config = CONFIG.replace("DIR/access.log", "DIR/*.log").replace("format = \"nginx-combined\"\n", "");
    let config = config.replace("status_code != 404", "message >= 500 || severity == FATAL");
    let mut lp = Following::prepare(&config);
    fs::write(lp.path("json.log"), "{\"message\":502}\n{\"message\":404}\n").unwrap();
    lp.start_again();
    lp.wait_until("the first one is there", |lp| records(lp) == 1);
    fs::write(lp.path("app.log"), "[2025-11-06 10:30:15] 502\n[2025-11-06 10:30:16] FATAL: gone\n").unwrap();
    let what = "app.log: filter-1: message is text and 500 is an integer: there is no `>=` for these; ";
    lp.wait_until("it is told", |lp| lp.text("stderr").contains("app.log: "));
    append(&lp, &[200]);
    lp.wait_until("the others go on", |lp| lp.value("lp_read_records_total") == 5.0);
    lp.stop();
    let stderr = lp.text("stderr");
    assert_eq!(stderr.matches(what).count(), 1, "{stderr}");
    let out = lp.text("out.ndjson");
    assert!(out.contains("502") && out.contains("FATAL") && out.lines().count() == 2, "{out}");
    // Of a format that is named it is known before anything is read.
    let config = lp.text("lp.toml").replace("type = \"file\"\npaths", "type = \"file\"\nformat = \"app\"\npaths");
    fs::write(lp.path("lp.toml"), config).unwrap();
    lp.start_again();
    assert_eq!(lp.wait().code(), Some(2), "{}", lp.text("stderr"));
    assert!(lp.text("stderr").contains("message is text and 500 is an integer"));
}

/// Names that are no text, or that look like what such a name is shown as.
#[test]
fn each_path_has_a_label_of_its_own() {
    let mut lp = Following::prepare(&CONFIG.replace("access.log", "*.log"));
    let names: [&[u8]; 6] =
        [b"\xFF.log", b"\xFE.log", "\u{FFFD}.log".as_bytes(), b"\\xFF.log", b"a\nb.log", b"a\\nb.log"];
    for name in names {
        let line = b"192.0.2.1 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl\"\n";
        fs::write(lp.dir().join(OsStr::from_bytes(name)), line).unwrap();
    }
    lp.start_until_ready();
    lp.wait_until("all are read", |lp| lp.value("lp_read_records_total") == names.len() as f64);
    let labels = |lp: &Following, of: &str| -> Vec<String> {
        lp.metrics().into_keys().filter_map(|series| series.strip_prefix(of).map(str::to_owned)).collect()
    };
    let inputs = labels(&lp, "lp_input_records_total");
    assert_eq!(inputs.len(), names.len(), "{inputs:?}");
    assert_eq!(inputs, labels(&lp, "lp_file_size_bytes"));
    lp.stop();
}

#[test]
fn what_is_not_there_is_told() {
    let config = CONFIG.replace("[\"DIR/access.log\"]", "[\"DIR/access.log\", \"DIR/acess*.log\", \"DIR/folder.log\"]");
    let mut lp = Following::prepare(&config);
    lp.start_until_ready();
    let stderr = lp.text("stderr");
    for path in ["access.log", "acess*.log", "folder.log"] {
        let line = format!("lp: {}/{path}: no such file yet; it is waited for\n", lp.dir().display());
        assert_eq!(stderr.matches(&line).count(), 1, "{stderr}");
    }
    lp.assert_metrics(&[("lp_source_files{source=\"file-1\"}", 0.0)]);
    assert!(lp.get("/healthz").1.ends_with("\nsources: no file of file-1 is there\n"));
    append(&lp, &[200]);
    lp.wait_until("it is followed", |lp| lp.value("lp_source_files{source=\"file-1\"}") == 1.0);
    assert!(lp.get("/healthz").1.ends_with("\nsources: ok\n"));
    fs::create_dir(lp.path("folder.log")).unwrap();
    lp.wait_until("it is told", |lp| lp.value("lp_unreadable_paths") == 1.0);
    assert_eq!(lp.get("/healthz").0, 200);
    assert!(lp.get("/healthz").1.ends_with("\nsources: 1 path cannot be read\n"));
    fs::remove_dir(lp.path("folder.log")).unwrap();
    lp.wait_until("it is over", |lp| lp.value("lp_unreadable_paths") == 0.0);
    lp.stop();
}
