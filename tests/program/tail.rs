//! `lp tail`: files that are written to while it looks.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::lp::{PATIENCE, line, lines, lp, record};

/// A folder of logs.
struct Logs(TempDir);

impl Logs {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn append(&self, name: &str, text: impl AsRef<[u8]>) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_ref()).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// Begins to follow, in this folder.
    fn tail(&self, args: &[&str]) -> Tail {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lp"))
            .arg("tail")
            .args(args)
            .current_dir(self.0.path())
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = lines_of(child.stdout.take().unwrap());
        let told = lines_of(child.stderr.take().unwrap());
        Tail { child, out, told }
    }
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            // Nobody listens any more where a test has ended.
            let _ = sender.send(line.unwrap() + "\n");
        }
    });
    lines
}

/// The program, following.
struct Tail {
    child: Child,
    out: Receiver<String>,
    told: Receiver<String>,
}

impl Tail {
    /// The next line of its standard output.
    #[track_caller]
    fn line(&self) -> String {
        self.out
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("a line; {:?}", self.told.try_iter().collect::<Vec<_>>()))
    }

    /// The next lines are those.
    #[track_caller]
    fn shows(&self, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            assert_eq!(self.line(), line);
        }
    }

    /// The next thing that it tells of a file.
    #[track_caller]
    fn told(&self) -> String {
        self.told.recv_timeout(PATIENCE).expect("something is told")
    }

    fn kill(&self, signal: &str) {
        Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
    }

    /// Interrupts it. It has nothing more to show.
    #[track_caller]
    fn interrupt(mut self) {
        self.kill("-INT");
        assert_eq!(self.wait(), Some(0));
        assert_eq!(self.out.recv_timeout(PATIENCE).ok(), None);
    }

    #[track_caller]
    fn wait(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "the program does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        // It has ended already, unless a test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn records(numbers: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    numbers.map(record)
}

#[test]
fn begins_with_the_last_records() {
    for (args, first) in [(&[][..], 10), (&["-n", "3"], 17), (&["-n", "100"], 0), (&["--lines=0"], 20)] {
        let logs = Logs::new();
        logs.append("log", lines(0..20));
        let tail = logs.tail(&[&["-o", "json", "log"], args].concat());
        tail.shows(records(first..20));
        if first == 20 {
            // What is written before it looks for the first time was there.
            thread::sleep(Duration::from_secs(1));
        }
        logs.append("log", lines(20..22));
        tail.shows(records(20..22));
        tail.interrupt();
    }
}

#[test]
fn begins_with_the_last_records_that_are_meant() {
    let logs = Logs::new();
    // Some megabytes, so that they are far apart.
    logs.append("log", lines(0..40_000));
    let last = [9, 19_999, 39_900].map(|number| format!("path == '/{number}'")).join(" || ");
    for (count, numbers) in [("1", &[39_900][..]), ("2", &[19_999, 39_900]), ("5", &[9, 19_999, 39_900]), ("0", &[])] {
        let tail = logs.tail(&["-o", "json", "-n", count, "--where", &format!("{last} || path == '/x'"), "log"]);
        tail.shows(numbers.iter().copied().map(record));
        if count == "0" {
            thread::sleep(Duration::from_secs(1));
        }
        logs.append("log", line(40_000));
        logs.append("log", line(0).replace("/0", "/x"));
        let shown = tail.line();
        assert!(shown.contains("\"path\":\"/x\""), "{shown}");
        tail.interrupt();
        fs::write(logs.path("log"), lines(0..40_000)).unwrap();
    }
}

#[test]
fn a_line_is_shown_when_it_is_whole() {
    let logs = Logs::new();
    logs.append("log", line(0));
    let tail = logs.tail(&["-o", "json", "log"]);
    tail.shows(records(0..1));
    for part in line(1).as_bytes().chunks(40) {
        logs.append("log", part);
        thread::sleep(Duration::from_millis(20));
    }
    tail.shows(records(1..2));
    tail.interrupt();
}

#[test]
fn rotated_files_are_followed_on() {
    let logs = Logs::new();
    logs.append("log", lines(0..2));
    let tail = logs.tail(&["-o", "json", "log"]);
    tail.shows(records(0..2));
    logs.rename("log", "log.1");
    logs.append("log.1", line(2));
    logs.append("log", line(3));
    tail.shows(records(2..4));
    assert_eq!(tail.told(), "lp: log: it has begun anew\n");
    // Truncated.
    fs::write(logs.path("log"), "").unwrap();
    assert_eq!(tail.told(), "lp: log: it has begun anew\n");
    logs.append("log", line(4));
    tail.shows(records(4..5));
    tail.interrupt();
}

#[test]
fn files_that_are_not_there_yet_are_waited_for() {
    let logs = Logs::new();
    let tail = logs.tail(&["-o", "json", "new/log"]);
    assert_eq!(tail.told(), "lp: new/log: it is not there yet, and waited for\n");
    fs::create_dir(logs.path("new")).unwrap();
    logs.append("new/log", line(0));
    tail.shows(records(0..1));
    assert_eq!(tail.told(), "lp: new/log: it is there now\n");
    tail.interrupt();
}

#[test]
fn a_pattern_that_nothing_matches_is_told() {
    let logs = Logs::new();
    let tail = logs.tail(&["-o", "json", "new/*.log"]);
    assert_eq!(tail.told(), "lp: new/*.log: no file matches it yet, and one is waited for\n");
    fs::create_dir(logs.path("new")).unwrap();
    logs.append("new/a.log", line(0));
    tail.shows(records(0..1));
    tail.interrupt();
}

#[test]
fn only_the_records_that_are_meant() {
    let logs = Logs::new();
    logs.append("log", lines(0..2));
    let tail = logs.tail(&["-o", "logfmt", "--fields", "path", "--where", "path == '/1' || path == '/3'", "log"]);
    tail.shows(["path=/1\n".to_owned()]);
    logs.append("log", lines(2..4));
    tail.shows(["path=/3\n".to_owned()]);
    tail.interrupt();
}

#[test]
fn a_traceback_is_one_record() {
    let logs = Logs::new();
    let tail = logs.tail(&["log", "-f", "python", "--quiet-time", "4s"]);
    tail.told();
    logs.append("log", "2025-11-06 10:30:15,123 - app - ERROR - lost\nTraceback (most recent call last):\n");
    thread::sleep(Duration::from_millis(1500));
    logs.append("log", "KeyError: 17\n");
    let want =
        ["2025-11-06T10:30:15.123Z ERROR app lost\n", "    Traceback (most recent call last):\n", "    KeyError: 17\n"];
    tail.shows(want.map(str::to_owned));
    tail.interrupt();
}

#[test]
fn several_files_are_told_apart() {
    let logs = Logs::new();
    fs::create_dir(logs.path("nginx")).unwrap();
    let tail = logs.tail(&["--fields", "path", "nginx/*.log", "nginx/a"]);
    tail.told();
    logs.append("nginx/a", line(0));
    tail.shows(["/0 nginx/a\n".to_owned()]);
    logs.append("nginx/b.log", line(1));
    tail.shows(["/1 nginx/b.log\n".to_owned()]);
    tail.interrupt();
    let tail = logs.tail(&["--color", "always", "--fields", "path", "nginx/*.log", "nginx/a"]);
    // Files that are there when it begins come in any order.
    let mut shown = [tail.line(), tail.line()];
    shown.sort();
    let want = [("a", "/0"), ("b.log", "/1")].map(|(name, path)| format!("\x1b[2m{name:16} \x1b[0m{path}\n"));
    assert_eq!(shown, want);
    tail.interrupt();
}

/// A line of nginx's error log.
const FAILED: &str = "2025/11/06 10:30:16 [error] 7#7: *1 open() \"/x\" failed (2: No such file or directory), client: \
                      192.0.2.1, server: example.com, request: \"GET /x HTTP/1.1\", host: \"example.com\"\n";

#[test]
fn a_file_in_another_format_lacks_what_is_asked_for() {
    for (args, first, shown) in [
        (&["--where", "status_code >= 0 || severity >= ERROR", "--fields", "severity"][..], "INFO", &["ERROR"][..]),
        (&["--fields", "severity,path"], "INFO  /0", &["ERROR - "]),
        (&["--fields", "severity,status_code", "-o", "csv"], "severity,status_code\nINFO,200", &["ERROR,"]),
        (&["-o", "tsv", "--fields", "path,severity"], "path\tseverity\n/0\tINFO", &["\\N\tERROR"]),
    ] {
        let logs = Logs::new();
        logs.append("a.log", line(0));
        let tail = logs.tail(&[args, &["*.log"]].concat());
        for line in first.lines() {
            assert!(tail.line().starts_with(line), "{args:?}");
        }
        logs.append("error.log", FAILED);
        for line in shown {
            assert!(tail.line().starts_with(line), "{args:?}");
        }
        let told = tail.told();
        assert!(told.starts_with("lp: error.log: --") && told.contains("there is no field"), "{told}");
        // Not again.
        logs.append("error.log", FAILED);
        tail.line();
        logs.append("a.log", line(1));
        tail.line();
        assert!(tail.told.try_recv().is_err(), "{args:?}");
        tail.interrupt();
    }
}

#[test]
fn a_table_keeps_its_columns() {
    let logs = Logs::new();
    logs.append("a.log", line(0));
    let tail = logs.tail(&["-o", "csv", "*.log"]);
    let header = tail.line();
    let columns = header.matches(',').count();
    assert!(header.starts_with("timestamp,severity,client_ip,") && tail.line().starts_with("2025-"), "{header}");
    logs.append("error.log", FAILED);
    let failed = tail.line();
    assert!(failed.starts_with("2025-11-06T10:30:16Z,ERROR,,,,"), "{failed}");
    assert!(tail.told().contains("columns"));
    logs.append("json.log", "{\"status_code\":404,\"other\":1}\n");
    let json = tail.line();
    assert!(json.contains(",404,") && json.matches(',').count() == columns, "{json}");
    tail.interrupt();
}

#[test]
fn text_is_for_people() {
    let logs = Logs::new();
    logs.append("log", "203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET /\x1b[2J HTTP/1.1\" 502 157 \"-\" \"-\"\n");
    let tail = logs.tail(&["log"]);
    tail.shows(["2025-11-06T10:30:15Z ERROR 203.0.113.7 - GET /\\x1b[2J HTTP/1.1 502 157 - -\n".to_owned()]);
    tail.interrupt();
    let tail = logs.tail(&["log", "--color=always"]);
    let want = "\x1b[2m2025-11-06 10:30:15 \x1b[0m\x1b[31mERROR 502 \x1b[0m\x1b[1mGET \x1b[0m/\x1b[35m\\x1b\x1b[0m[2J \
                \x1b[2mHTTP/1.1 157B 203.0.113.7\x1b[0m\n";
    tail.shows([want.to_owned()]);
    tail.interrupt();
}

#[test]
fn a_signal_ends_it() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let logs = Logs::new();
        logs.append("log", line(0));
        let mut tail = logs.tail(&["log"]);
        tail.line();
        tail.kill(signal);
        assert_eq!(tail.wait(), Some(0), "{signal}");
    }
}

/// Though nothing is written that it could find out with.
#[test]
fn a_reader_that_has_enough_ends_it() {
    let logs = Logs::new();
    logs.append("log", lines(0..5));
    let script = "{ \"$0\" tail -o json \"$1\"; echo \"status $?\" >&2; } | head -n 1";
    let log = logs.path("log");
    let output = Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_lp")]).arg(log).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), record(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "status 0\n");
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let ended = lp(["tail", "-"]).stdin(line(0)).run();
    assert_eq!((ended.code, ended.stdout()), (Some(2), ""));
    assert!(ended.stderr.contains("`lp parse`"), "{}", ended.stderr);

    let logs = Logs::new();
    logs.append("log", line(0));
    let ended = lp(["tail", "--fields", "pth", "log"]).in_dir(logs.path("")).run();
    assert_eq!((ended.code, ended.stdout()), (Some(2), ""));
    assert!(ended.stderr.contains("--fields") && ended.stderr.contains("path"), "{}", ended.stderr);

    let ended = lp(["tail", "-f", "log"]).in_dir(logs.path("")).run();
    assert_eq!((ended.code, ended.stdout()), (Some(2), ""));
    assert!(ended.stderr.contains("follows without a flag"), "{}", ended.stderr);

    fs::create_dir(logs.path("folder")).unwrap();
    fs::write(logs.path("log.gz"), "").unwrap();
    let pipe = logs.path("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    for (names, why) in [
        (&["log.gz"][..], "lp: log.gz: a compressed file does not grow"),
        (&["missing.log.zst"], "`lp parse`"),
        (&["pipe"], "lp: pipe: it is no regular file"),
        (&["folder", "log.gz"], "lp: folder: it is a folder"),
    ] {
        let ended = lp(["tail"]).args(names).in_dir(logs.path("")).run();
        assert_eq!((ended.code, ended.stdout()), (Some(1), ""), "{names:?}");
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    }
    let tail = logs.tail(&["-F", "-1", "-o", "json", "log.gz", "log"]);
    assert!(tail.told().starts_with("lp: log.gz: "));
    tail.shows(records(0..1));
    tail.interrupt();

    let ended = lp(["tail", "--where", "a ==", "log"]).in_dir(logs.path("")).run();
    assert_eq!((ended.code, ended.stdout()), (Some(2), ""));
}
