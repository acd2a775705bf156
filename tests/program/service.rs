//! `lp run` as a service: metrics, health, signals, reloads.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::following::Following;

const CONFIG: &str = r#"
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

fn start() -> Following {
    let lp = Following::prepare(CONFIG);
    append(&lp, &[]);
    begin(lp)
}

fn begin(mut lp: Following) -> Following {
    lp.start_again();
    lp.wait_until("it is ready", is_ready);
    lp
}

fn append(lp: &Following, statuses: &[u16]) {
    let mut log = OpenOptions::new().create(true).append(true).open(lp.path("access.log")).unwrap();
    for status in statuses {
        let line = format!("192.0.2.1 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" {status} 5 \"-\" \"curl\"\n");
        log.write_all(line.as_bytes()).unwrap();
    }
}

/// The last address that it has told, without the last `/`.
fn address(lp: &Following) -> Option<String> {
    let stderr = lp.text("stderr");
    let line =
        stderr.lines().rev().find_map(|line| line.strip_prefix("lp: metrics and health are served at http://"))?;
    line.strip_suffix('/').map(str::to_owned)
}

/// The status and the body.
#[track_caller]
fn get(lp: &Following, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address(lp).unwrap()).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: lp\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head["HTTP/1.1 ".len()..][..3].parse().unwrap(), body.to_owned())
}

pub(crate) fn is_ready(lp: &Following) -> bool {
    address(lp).is_some() && get(lp, "/readyz") == (200, "ready\n".to_owned())
}

/// Each series with its value.
fn metrics(lp: &Following) -> BTreeMap<String, f64> {
    let (status, text) = get(lp, "/metrics");
    assert_eq!(status, 200);
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(series, value)| (series.to_owned(), value.parse().unwrap()))
        .collect()
}

#[track_caller]
fn assert_metrics(lp: &Following, expected: &[(&str, f64)]) {
    let metrics = metrics(lp);
    for (series, value) in expected {
        let series = series.replace("DIR", lp.dir().to_str().unwrap());
        assert_eq!(metrics.get(&series), Some(value), "{series} in {metrics:#?}");
    }
}

fn records(lp: &Following) -> usize {
    lp.text("out.ndjson").lines().count()
}

pub(crate) fn value(lp: &Following, series: &str) -> f64 {
    metrics(lp).get(series).copied().unwrap_or(f64::NAN)
}

#[test]
fn what_is_done_is_counted() {
    let mut lp = start();
    append(&lp, &[200, 404, 500, 200, 503]);
    lp.wait_until("all is counted", |lp| value(lp, "lp_output_records_total{sink=\"out\"}") == 4.0);
    assert_eq!(records(&lp), 4);
    let size = fs::metadata(lp.path("access.log")).unwrap().len() as f64;
    let out = fs::metadata(lp.path("out.ndjson")).unwrap().len() as f64;
    assert_metrics(
        &lp,
        &[
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
        ],
    );
    let series: Vec<String> = metrics(&lp).into_keys().filter(|series| series.contains("(severities)")).collect();
    assert_eq!(series, [""; 0]);
    assert!(value(&lp, "process_resident_memory_bytes") > 1e6 && value(&lp, "process_open_fds") > 5.0);
    assert_eq!(get(&lp, "/livez"), (200, "alive\n".to_owned()));
    assert_eq!(get(&lp, "/healthz"), (200, "healthy\nrun: ok\ncheckpoint: ok\nsinks: ok\nsources: ok\n".to_owned()));
    assert_eq!(get(&lp, "/what").0, 404);
    lp.stop();
    let stderr = lp.text("stderr");
    assert!(stderr.contains("lp: SIGTERM: stopping, within 10s\nlp: stopped\n"), "{stderr}");
    assert_eq!(stderr.matches("\"alert\":\"HTTP_5XX\"").count(), 2, "{stderr}");
}

#[test]
fn a_new_configuration_takes_the_place_of_the_old_one() {
    let mut lp = start();
    append(&lp, &[200, 404]);
    let read = format!("lp_input_records_total{{path=\"{}/access.log\"}}", lp.dir().display());
    lp.wait_until("both are read", |lp| value(lp, &read) == 2.0);
    let config = lp.text("lp.toml");
    fs::write(lp.path("lp.toml"), config.replace("status_code != 404", "status_code != 200")).unwrap();
    lp.signal("HUP");
    lp.wait_until("it is reloaded", |lp| lp.text("stderr").contains("lp.toml: reloaded\n"));
    append(&lp, &[200, 404, 500]);
    lp.wait_until("all is counted", |lp| value(lp, "lp_output_records_total{sink=\"out\"}") == 3.0);
    let statuses: Vec<String> = lp
        .text("out.ndjson")
        .lines()
        .map(|line| line.split("\"status_code\":").nth(1).unwrap()[..3].to_owned())
        .collect();
    assert_eq!(statuses, ["200", "404", "500"]);
    // No count has begun anew.
    assert_metrics(
        &lp,
        &[
            ("lp_input_records_total{path=\"DIR/access.log\"}", 5.0),
            ("lp_records_total{severity=\"WARN\"}", 2.0),
            ("lp_stage_filtered_records_total{stage=\"filter-1\"}", 2.0),
            ("lp_config_reloads_total{result=\"ok\"}", 1.0),
            ("lp_config_reloads_total{result=\"refused\"}", 0.0),
            ("lp_config_last_reload_successful", 1.0),
        ],
    );
    lp.stop();
}

#[test]
fn a_configuration_that_cannot_be_is_refused() {
    let mut lp = start();
    let config = lp.text("lp.toml");
    let checkpoint = format!("path = {:?}", lp.path("checkpoint"));
    let changes = [
        ("status_code != 404", "status_kode != 404", "status_kode"),
        ("[[sink]]", "[[sunk]]", "unknown key"),
        ("127.0.0.1:0", "127.0.0.1:1", "`[http] listen` cannot change"),
        (&checkpoint, "path = \"elsewhere\"", "`[checkpoint] path` cannot change"),
        ("out.ndjson", "no-such-folder/out.ndjson", "no-such-folder"),
    ];
    for (number, (old, new, why)) in changes.into_iter().enumerate() {
        let changed = config.replace(old, new);
        assert_ne!(changed, config);
        fs::write(lp.path("lp.toml"), changed).unwrap();
        lp.signal("HUP");
        let refused = "lp_config_reloads_total{result=\"refused\"}";
        lp.wait_until(why, |lp| value(lp, refused) == (number + 1) as f64);
        let stderr = lp.text("stderr");
        let told = stderr.rsplit("lp.toml: not reloaded, the old configuration runs on:\n").next().unwrap();
        assert!(told.contains(why), "{why:?} is not in {told:?}");
        let shows_excerpt = number < 2;
        assert_eq!(told.starts_with(&format!("{}/lp.toml:", lp.dir().display())), shows_excerpt, "{told:?}");
        // It does run on.
        append(&lp, &[200]);
        lp.wait_until("a record", |lp| records(lp) == number + 1);
        assert_metrics(&lp, &[("lp_config_last_reload_successful", 0.0)]);
    }
    fs::write(lp.path("lp.toml"), config).unwrap();
    lp.signal("HUP");
    lp.wait_until("it is reloaded", |lp| value(lp, "lp_config_last_reload_successful") == 1.0);
    lp.stop();
}

#[test]
fn an_address_that_is_taken_is_told() {
    let lp = start();
    let taken = address(&lp).unwrap();
    let config = lp.text("lp.toml").replace("127.0.0.1:0", &taken).replace("checkpoint\"", "other-checkpoint\"");
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
        lp.wait_until("it is stuck", |lp| lp.text("stderr").contains("followed") && address(lp).is_some());
        std::thread::sleep(Duration::from_millis(500));
        lp.signal("TERM");
        if let Some(second) = second {
            lp.wait_until("it is stopping", |lp| lp.text("stderr").contains("stopping"));
            let (status, why) = get(&lp, "/readyz");
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
        address(lp).is_some() && get(lp, "/readyz").1.starts_with("sink stdout is failing since ")
    });
    assert!(get(&lp, "/healthz").1.contains("run: ok\ncheckpoint: ok\nsinks: sink stdout is failing since "));
    lp.wait_until("lp says so", |lp| lp.text("stderr").contains("lp: sink stdout waits: nobody takes"));
    // What comes then is seen all the same.
    append(&lp, &[200; 1000]);
    let size = fs::metadata(lp.path("access.log")).unwrap().len() as f64;
    let series = |name: &str| format!("{name}{{path=\"{}/access.log\"}}", lp.dir().display());
    let (size_of, lag, seconds) =
        (series("lp_file_size_bytes"), series("lp_file_lag_bytes"), series("lp_file_lag_seconds"));
    lp.wait_until("the size is told", |lp| value(lp, &size_of) == size);
    assert_metrics(&lp, &[("lp_output_failing{sink=\"stdout\"}", 1.0)]);
    assert!(value(&lp, &lag) > 100_000.0 && value(&lp, &seconds) > 1.0 && value(&lp, "lp_queue_chunks") > 0.0);
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
    lp.wait_until("the others go on", |lp| value(lp, "lp_read_records_total") == 5.0);
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

#[test]
fn what_is_not_there_is_told() {
    let config = CONFIG.replace("[\"DIR/access.log\"]", "[\"DIR/access.log\", \"DIR/acess*.log\", \"DIR/folder.log\"]");
    let mut lp = Following::prepare(&config);
    lp.start_again();
    lp.wait_until("it is ready", is_ready);
    let stderr = lp.text("stderr");
    for path in ["access.log", "acess*.log", "folder.log"] {
        let line = format!("lp: {}/{path}: no such file yet; it is waited for\n", lp.dir().display());
        assert_eq!(stderr.matches(&line).count(), 1, "{stderr}");
    }
    assert_metrics(&lp, &[("lp_source_files{source=\"file-1\"}", 0.0)]);
    assert!(get(&lp, "/healthz").1.ends_with("\nsources: no file of file-1 is there\n"));
    append(&lp, &[200]);
    lp.wait_until("it is followed", |lp| value(lp, "lp_source_files{source=\"file-1\"}") == 1.0);
    assert!(get(&lp, "/healthz").1.ends_with("\nsources: ok\n"));
    fs::create_dir(lp.path("folder.log")).unwrap();
    lp.wait_until("it is told", |lp| value(lp, "lp_unreadable_paths") == 1.0);
    assert_eq!(get(&lp, "/healthz").0, 200);
    assert!(get(&lp, "/healthz").1.ends_with("\nsources: 1 path cannot be read\n"));
    fs::remove_dir(lp.path("folder.log")).unwrap();
    lp.wait_until("it is over", |lp| value(lp, "lp_unreadable_paths") == 0.0);
    lp.stop();
}

/// The configuration is read as it was when the last signal came.
#[test]
fn no_reload_is_lost() {
    let mut lp = start();
    let config = lp.text("lp.toml");
    for number in 0..20 {
        let changed = config.replace("!= 404", &format!("!= {}", 400 + number));
        fs::write(lp.path("lp.toml"), changed).unwrap();
        lp.signal("HUP");
    }
    // What is refused shows which one was read last. (While it is written, an empty one may be read, and refused.)
    fs::write(lp.path("lp.toml"), config.replace("status_code", "status_kode")).unwrap();
    lp.signal("HUP");
    lp.wait_until("the last one was read", |lp| lp.text("stderr").contains("status_kode"));
    lp.wait_until("it is refused", |lp| value(lp, "lp_config_last_reload_successful") == 0.0);
    lp.stop();
}

/// A service that sends its records into the pipe `pipe`, and the reader of that.
fn start_into_pipe() -> (Following, BufReader<File>) {
    let lp = Following::prepare(&CONFIG.replace("DIR/out.ndjson", "DIR/pipe"));
    assert!(Command::new("mkfifo").arg(lp.path("pipe")).status().unwrap().success());
    append(&lp, &[]);
    let reader = read_pipe(&lp);
    (begin(lp), reader)
}

/// As reader and writer at once, nobody has to be waited for.
fn read_pipe(lp: &Following) -> BufReader<File> {
    BufReader::new(OpenOptions::new().read(true).write(true).open(lp.path("pipe")).unwrap())
}

#[track_caller]
fn assert_piped(reader: &mut BufReader<File>, statuses: &[u16]) {
    for status in statuses {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert!(line.contains(&format!("\"status_code\":{status},")), "{status} in {line}");
    }
}

/// Lets a reload be refused while nobody reads the pipe, so that the old configuration cannot go on.
fn lose_reader(lp: &mut Following, reader: BufReader<File>) {
    lp.wait_until("all is in the checkpoint", |lp| value(lp, "lp_checkpoint_age_seconds") < 0.5);
    drop(reader);
    let config = lp.text("lp.toml");
    fs::write(lp.path("lp.toml"), config.replace("/pipe", "/no-such-folder/out")).unwrap();
    lp.signal("HUP");
    lp.wait_until("it waits", |lp| get(lp, "/readyz").1.starts_with("no output can be opened since "));
    fs::write(lp.path("lp.toml"), config).unwrap();
}

#[test]
fn a_service_that_ran_waits_for_its_outputs() {
    let (mut lp, mut reader) = start_into_pipe();
    append(&lp, &[200, 301]);
    assert_piped(&mut reader, &[200, 301]);
    lose_reader(&mut lp, reader);
    let (status, why) = get(&lp, "/readyz");
    assert_eq!(status, 503, "{why}");
    assert!(why.contains("/pipe\"") && why.ends_with(": nobody reads this pipe\n"), "{why}");
    assert!(get(&lp, "/healthz").1.contains("\nsinks: no output can be opened since "));
    assert_metrics(&lp, &[("lp_output_failing{sink=\"out\"}", 1.0), ("lp_config_last_reload_successful", 0.0)]);
    append(&lp, &[302, 500]);
    // Another configuration that cannot be changes nothing.
    let config = lp.text("lp.toml");
    fs::write(lp.path("lp.toml"), config.replace("status_code", "status_kode")).unwrap();
    lp.signal("HUP");
    let refused = "lp_config_reloads_total{result=\"refused\"}";
    lp.wait_until("it is refused, too", |lp| value(lp, refused) == 2.0);
    let mut reader = read_pipe(&lp);
    assert_piped(&mut reader, &[302, 500]);
    lp.wait_until("it is ready", is_ready);
    lp.wait_until("all is counted", |lp| value(lp, "lp_read_records_total") == 4.0);
    assert_metrics(&lp, &[("lp_output_failing{sink=\"out\"}", 0.0)]);
    lp.stop();
    let stderr = lp.text("stderr");
    for (line, times) in [
        ("lp: the outputs cannot be opened again: ", 1),
        (": nobody reads this pipe; nothing is read until they can\n", 1),
        ("lp: the outputs are open again, after ", 1),
    ] {
        assert_eq!(stderr.matches(line).count(), times, "{line}: {stderr}");
    }
}

#[test]
fn a_service_that_waits_for_its_outputs_stops_at_once() {
    let (mut lp, mut reader) = start_into_pipe();
    append(&lp, &[200]);
    assert_piped(&mut reader, &[200]);
    lose_reader(&mut lp, reader);
    append(&lp, &[301]);
    let begun = Instant::now();
    lp.stop();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(lp.text("stderr").ends_with("lp: SIGTERM: stopping, within 10s\nlp: stopped\n"), "{}", lp.text("stderr"));
    // What has come meanwhile is read then, and nothing twice.
    let mut reader = read_pipe(&lp);
    lp.start_again();
    append(&lp, &[302]);
    assert_piped(&mut reader, &[301, 302]);
    lp.stop();
}

/// Without a checkpoint nobody would read later what has come meanwhile, so it does not end as if all were well.
#[test]
fn what_is_not_read_at_a_stop_is_told() {
    let config = CONFIG.replace("[checkpoint]\npath = \"DIR/checkpoint\"\nevery = \"100ms\"\n", "");
    let config = config.replace("format =", "start = \"beginning\"\nformat =").replace("DIR/out.ndjson", "DIR/pipe");
    let mut lp = Following::prepare(&config);
    assert!(Command::new("mkfifo").arg(lp.path("pipe")).status().unwrap().success());
    append(&lp, &[200]);
    let mut reader = read_pipe(&lp);
    lp.start_again();
    assert_piped(&mut reader, &[200]);
    drop(reader);
    fs::write(lp.path("lp.toml"), lp.text("lp.toml").replace("/pipe", "/no-such-folder/out")).unwrap();
    lp.signal("HUP");
    lp.wait_until("it waits", |lp| get(lp, "/readyz").1.starts_with("no output can be opened since "));
    lp.signal("TERM");
    assert_eq!(lp.wait().code(), Some(1));
    let stderr = lp.text("stderr");
    assert!(stderr.contains("lp: stopped before the outputs could be opened again; "), "{stderr}");
}

#[test]
fn a_service_that_waits_for_its_outputs_can_be_given_others() {
    let (mut lp, reader) = start_into_pipe();
    lose_reader(&mut lp, reader);
    append(&lp, &[200, 500]);
    let config = lp.text("lp.toml");
    fs::write(lp.path("lp.toml"), config.replace("/pipe", "/out.ndjson")).unwrap();
    lp.signal("HUP");
    lp.wait_until("both are written", |lp| records(lp) == 2);
    assert!(is_ready(&lp));
    lp.wait_until("both are counted", |lp| value(lp, "lp_read_records_total") == 2.0);
    assert_metrics(&lp, &[("lp_config_last_reload_successful", 1.0)]);
    lp.stop();
}

/// Whoever asks for a reload while another process still has the checkpoint does not mean to end this one.
#[test]
fn a_signal_at_the_start_does_not_kill() {
    let mut lp = start();
    let mut second = Command::new(env!("CARGO_BIN_EXE_lp"));
    let mut second = second.args(["run", "-c"]).arg(lp.path("lp.toml")).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let told = Command::new("kill").args(["-s", "HUP", &second.id().to_string()]).status().unwrap();
    assert!(told.success());
    // It gives up since the checkpoint is used.
    assert_eq!(second.wait().unwrap().code(), Some(1));
    lp.stop();
}
