//! `lp run` that is told to read its configuration again.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::following::Following;
use super::service::{CONFIG, append, line, records, start};

#[test]
fn a_new_configuration_takes_the_place_of_the_old_one() {
    let mut lp = start();
    append(&lp, &[200, 404]);
    let read = format!("lp_input_records_total{{path=\"{}/access.log\"}}", lp.dir().display());
    lp.wait_until("both are read", |lp| lp.value(&read) == 2.0);
    let config = lp.text("lp.toml");
    fs::write(lp.path("lp.toml"), config.replace("status_code != 404", "status_code != 200")).unwrap();
    lp.signal("HUP");
    lp.wait_until("it is reloaded", |lp| lp.text("stderr").contains("lp.toml: reloaded\n"));
    append(&lp, &[200, 404, 500]);
    lp.wait_until("all is counted", |lp| lp.value("lp_output_records_total{sink=\"out\"}") == 3.0);
    let statuses: Vec<String> = lp
        .text("out.ndjson")
        .lines()
        .map(|line| line.split("\"status_code\":").nth(1).unwrap()[..3].to_owned())
        .collect();
    assert_eq!(statuses, ["200", "404", "500"]);
    // No count has begun anew.
    lp.assert_metrics(&[
        ("lp_input_records_total{path=\"DIR/access.log\"}", 5.0),
        ("lp_records_total{severity=\"WARN\"}", 2.0),
        ("lp_stage_filtered_records_total{stage=\"filter-1\"}", 2.0),
        ("lp_config_reloads_total{result=\"ok\"}", 1.0),
        ("lp_config_reloads_total{result=\"refused\"}", 0.0),
        ("lp_config_last_reload_successful", 1.0),
    ]);
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
        lp.wait_until(why, |lp| lp.value(refused) == (number + 1) as f64);
        let stderr = lp.text("stderr");
        let told = stderr.rsplit("lp.toml: not reloaded, the old configuration runs on:\n").next().unwrap();
        assert!(told.contains(why), "{why:?} is not in {told:?}");
        let shows_excerpt = number < 2;
        assert_eq!(told.starts_with(&format!("{}/lp.toml:", lp.dir().display())), shows_excerpt, "{told:?}");
        // It does run on.
        append(&lp, &[200]);
        lp.wait_until("a record", |lp| records(lp) == number + 1);
        lp.assert_metrics(&[("lp_config_last_reload_successful", 0.0)]);
    }
    fs::write(lp.path("lp.toml"), config).unwrap();
    lp.signal("HUP");
    lp.wait_until("it is reloaded", |lp| lp.value("lp_config_last_reload_successful") == 1.0);
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
    lp.wait_until("it is refused", |lp| lp.value("lp_config_last_reload_successful") == 0.0);
    lp.stop();
}

/// A service that sends its records into the pipe `pipe`, and the reader of that.
fn start_into_pipe() -> (Following, BufReader<File>) {
    let mut lp = Following::prepare(&CONFIG.replace("DIR/out.ndjson", "DIR/pipe"));
    assert!(Command::new("mkfifo").arg(lp.path("pipe")).status().unwrap().success());
    append(&lp, &[]);
    let reader = read_pipe(&lp);
    lp.start_until_ready();
    (lp, reader)
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
    lp.wait_until("all is in the checkpoint", |lp| lp.value("lp_checkpoint_age_seconds") < 0.5);
    drop(reader);
    let config = lp.text("lp.toml");
    fs::write(lp.path("lp.toml"), config.replace("/pipe", "/no-such-folder/out")).unwrap();
    lp.signal("HUP");
    lp.wait_until("it waits", |lp| lp.get("/readyz").1.starts_with("no output can be opened since "));
    fs::write(lp.path("lp.toml"), config).unwrap();
}

#[test]
fn a_service_that_ran_waits_for_its_outputs() {
    let (mut lp, mut reader) = start_into_pipe();
    append(&lp, &[200, 301]);
    assert_piped(&mut reader, &[200, 301]);
    lose_reader(&mut lp, reader);
    let (status, why) = lp.get("/readyz");
    assert_eq!(status, 503, "{why}");
    assert!(why.contains("/pipe\"") && why.ends_with(": nobody reads this pipe\n"), "{why}");
    assert!(lp.get("/healthz").1.contains("\nsinks: no output can be opened since "));
    lp.assert_metrics(&[("lp_output_failing{sink=\"out\"}", 1.0), ("lp_config_last_reload_successful", 0.0)]);
    append(&lp, &[302, 500]);
    // Another configuration that cannot be changes nothing.
    let config = lp.text("lp.toml");
    fs::write(lp.path("lp.toml"), config.replace("status_code", "status_kode")).unwrap();
    lp.signal("HUP");
    let refused = "lp_config_reloads_total{result=\"refused\"}";
    lp.wait_until("it is refused, too", |lp| lp.value(refused) == 2.0);
    let mut reader = read_pipe(&lp);
    assert_piped(&mut reader, &[302, 500]);
    lp.wait_until("it is ready", Following::is_ready);
    lp.wait_until("all is counted", |lp| lp.value("lp_read_records_total") == 4.0);
    lp.assert_metrics(&[("lp_output_failing{sink=\"out\"}", 0.0)]);
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
    lp.wait_until("it waits", |lp| lp.get("/readyz").1.starts_with("no output can be opened since "));
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
    assert!(lp.is_ready());
    lp.wait_until("both are counted", |lp| lp.value("lp_read_records_total") == 2.0);
    lp.assert_metrics(&[("lp_config_last_reload_successful", 1.0)]);
    lp.stop();
}

/// What `postrotate` does after a backlog has been compressed or deleted.
#[test]
fn a_backlog_in_a_deleted_file_is_read_by_the_next_configuration() {
    const LINES: usize = 60_000;
    let (mut lp, mut reader) = start_into_pipe();
    let statuses: Vec<u16> = (0..LINES).map(|number| 200 + (number % 100) as u16).collect();
    append(&lp, &statuses);
    // No more comes through than there is room for in the pipe.
    assert_piped(&mut reader, &statuses[..1]);
    fs::remove_file(lp.path("access.log")).unwrap();
    append(&lp, &[404, 500]);
    let config = lp.text("lp.toml");
    fs::write(lp.path("lp.toml"), config.replace("status_code != 404", "status_code != 500")).unwrap();
    lp.signal("HUP");
    assert_piped(&mut reader, &statuses[1..]);
    // That was the new one.
    assert_piped(&mut reader, &[404]);
    lp.stop();
    let stderr = lp.text("stderr");
    assert!(stderr.contains("lp.toml: reloaded\n") && !stderr.contains("lost"), "{stderr}");
}

/// A file that was moved to another folder, and that its writer has not let go of.
#[test]
fn a_file_that_was_moved_away_is_followed_on_whatever_becomes_of_a_reload() {
    let (mut lp, mut reader) = start_into_pipe();
    append(&lp, &[200]);
    assert_piped(&mut reader, &[200]);
    let mut writer = OpenOptions::new().append(true).open(lp.path("access.log")).unwrap();
    let mut write = |status| writeln!(writer, "{}", line(status)).unwrap();
    fs::create_dir(lp.path("old")).unwrap();
    fs::rename(lp.path("access.log"), lp.path("old/access.log")).unwrap();
    append(&lp, &[]);
    write(201);
    assert_piped(&mut reader, &[201]);
    // One that is refused, after which the old configuration cannot go on for a while.
    lose_reader(&mut lp, reader);
    write(202);
    let mut reader = read_pipe(&lp);
    assert_piped(&mut reader, &[202]);
    write(203);
    assert_piped(&mut reader, &[203]);
    for status in [301, 302] {
        let reloads = lp.value("lp_config_reloads_total{result=\"ok\"}");
        lp.signal("HUP");
        lp.wait_until("it is reloaded", |lp| lp.value("lp_config_reloads_total{result=\"ok\"}") > reloads);
        write(status);
        assert_piped(&mut reader, &[status]);
    }
    append(&lp, &[303]);
    assert_piped(&mut reader, &[303]);
    lp.stop();
    assert!(!lp.text("stderr").contains("lost"), "{}", lp.text("stderr"));
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

/// Sends SIGHUP while `lp run` reads its configuration, which it is given then. Whether the signal is ignored is not left to whoever runs
/// the tests.
fn hang_up_while_it_reads(lp: &mut Following, signal: &str, config: &str) {
    fs::remove_file(lp.path("lp.toml")).unwrap();
    assert!(Command::new("mkfifo").arg(lp.path("lp.toml")).status().unwrap().success());
    lp.start_by(Command::new("env").args([signal, env!("CARGO_BIN_EXE_lp")]).stdin(Stdio::null()));
    // This waits until it is opened for reading.
    let mut pipe = OpenOptions::new().write(true).open(lp.path("lp.toml")).unwrap();
    lp.signal("HUP");
    // What is read again is no pipe.
    fs::write(lp.path("new.toml"), config).unwrap();
    fs::rename(lp.path("new.toml"), lp.path("lp.toml")).unwrap();
    pipe.write_all(config.as_bytes()).unwrap();
}

#[test]
fn a_signal_while_the_configuration_is_read_has_it_read_again() {
    let mut lp = Following::prepare(CONFIG);
    append(&lp, &[200]);
    let config = lp.text("lp.toml");
    hang_up_while_it_reads(&mut lp, "--default-signal=HUP", &config);
    lp.wait_until("it is reloaded", |lp| lp.text("stderr").contains("lp.toml: reloaded\n"));
    lp.wait_until("it runs", |lp| records(lp) == 1);
    lp.stop();
}

/// A run that ends is no service: a terminal that hangs up ends it, unless somebody has said that it shall not.
#[test]
fn a_signal_ends_a_run_that_follows_nothing() {
    let config = "[[source]]\ntype = \"file\"\npaths = [\"DIR/access.log\"]\n[[sink]]\ntype = \"file\"\npath = \"DIR/out.ndjson\"\n";
    for (is_ignored, ends) in [(false, (None, Some(1))), (true, (Some(0), None))] {
        let mut lp = Following::prepare(config);
        append(&lp, &[200]);
        let config = lp.text("lp.toml");
        let signal = if is_ignored { "--ignore-signal=HUP" } else { "--default-signal=HUP" };
        hang_up_while_it_reads(&mut lp, signal, &config);
        let status = lp.wait();
        assert_eq!((status.code(), status.signal()), ends, "{}", lp.text("stderr"));
        assert_eq!(records(&lp), usize::from(is_ignored));
    }
}
