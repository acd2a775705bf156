//! Scripts that people write for their logs, and the configurations in `examples` that replace them: over the log of a real
//! nginx, or of a real service in Python, both must write the same.

mod service;
pub(crate) mod web;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::lp::{check, run};
use super::nginx::compare::{difference, report};

#[test]
#[ignore = "needs nginx and Python: cargo test --test program -- --ignored"]
fn the_processor_writes_what_its_script_writes() {
    let server = web::served();
    let log = server.dir().join("access.log");
    let script = script("processor.py", [&log]);
    for config in [example("processor"), in_pieces("processor", server.dir())] {
        let lp = run(config).env("LOG", &log).run();
        assert_eq!(lp.code, Some(0), "{}", lp.stderr);

        let lines = assert_same_json(&script.stdout, lp.stdout(), "");
        assert_eq!(lines, fs::read_to_string(&log).unwrap().lines().count(), "the script understands every line");
        let alerts = assert_same_json(&script.stderr, &lp.stderr, "ALERT: ");
        assert!(lines >= 200 && (50..150).contains(&alerts), "{lines} lines, {alerts} alerts");
        for severity in ["INFO", "WARN", "ERROR"] {
            assert!(lp.stdout().contains(severity), "no {severity}");
        }
    }
}

#[test]
#[ignore = "needs Python: cargo test --test program -- --ignored"]
fn the_aggregator_writes_what_its_script_writes() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    // Both append, so what they make of the second service's log stands behind what they made of the first's.
    for (name, config) in [("first.log", example("aggregator")), ("second.log", in_pieces("aggregator", dir.path()))] {
        service::log(&path(name));
        script("aggregator.py", [path(name), path("script-summary"), path("script-errors")]);
        let lp = run(config)
            .env("LOG", path(name))
            .env("SUMMARY", path("lp-summary"))
            .env("ERRORS", path("lp-errors"))
            .run();
        lp.assert_quiet_success();
        assert_eq!(lp.stdout(), "");
    }

    let written = |name: &str| fs::read_to_string(path(name)).unwrap();
    let summary = written("script-summary");
    assert_eq!(written("lp-summary"), summary);
    assert_eq!(written("lp-errors"), written("script-errors"));

    assert!(summary.lines().count() >= 20, "{summary}");
    assert!(summary.contains("INFO:1, WARN:0, ERROR:0\n"), "{summary}");
    let errors = written("script-errors");
    for text in ["Traceback (most recent call last):\n", "\nThe above exception was", "Declined: ", " - CRITICAL - "] {
        assert!(errors.contains(text), "no {text:?} in\n{errors}");
    }
    assert!(!errors.contains(" - INFO - ") && !errors.contains(" - WARNING - "), "{errors}");
}

#[test]
#[ignore = "needs nginx and Python: cargo test --test program -- --ignored"]
fn the_forwarder_writes_what_its_script_writes() {
    let server = web::served();
    // nginx has answered within a moment; the other one is of a minute. The script knows one zone only.
    let minute = server.dir().join("minute.log");
    let lines = fs::read_to_string(examples().join("logs/access.log")).unwrap();
    fs::write(&minute, lines.split_inclusive('\n').filter(|line| line.contains(" +0000] ")).collect::<String>())
        .unwrap();
    for log in [server.dir().join("access.log"), minute] {
        let script = script_with_input("forwarder.py", &log);
        let log = fs::read(log).unwrap();
        let lp = run(example("forwarder")).stdin(&log).run();
        assert_eq!((lp.code, lp.stderr.as_str()), (Some(0), script.stderr.as_str()));
        assert!(lp.stdout == log && script.stdout.as_bytes() == log, "the entries are not forwarded as they are");

        let counts = lp.stderr.lines().map(|line| line.strip_suffix(" new entries").unwrap().parse::<usize>().unwrap());
        assert_eq!(counts.sum::<usize>(), log.split_inclusive(|&byte| byte == b'\n').count());
    }
}

/// The tests in them, which need no other program.
#[test]
fn the_examples_are_right() {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut names = Vec::new();
    for entry in fs::read_dir(examples()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let ended = check(&path).in_dir(&elsewhere).run();
            assert_eq!(ended.code, Some(0), "{}: {}", path.display(), ended.stderr);
            names.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    for name in ["aggregator", "forwarder", "processor"] {
        assert!(names.iter().any(|found| found == name), "no {name} among {names:?}");
    }
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn example(name: &str) -> PathBuf {
    examples().join(name).with_extension("toml")
}

/// The same with several threads, each of which reads but a few records at a time.
fn in_pieces(name: &str, dir: &Path) -> PathBuf {
    let path = dir.join(name).with_extension("toml");
    let text = fs::read_to_string(example(name)).unwrap();
    fs::write(&path, text + "\n[run]\nthreads = 7\nchunk_size = \"1kB\"\n").unwrap();
    path
}

/// What a script wrote.
pub(crate) struct Written {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs one of the scripts beside this file to its end.
pub(crate) fn script(name: &str, args: impl IntoIterator<Item = impl AsRef<Path>>) -> Written {
    let mut python = python(name);
    python.args(args.into_iter().map(|path| path.as_ref().to_owned()));
    written(name, &python.output().expect(NEEDS_PYTHON))
}

/// The script reads the file from its standard input.
fn script_with_input(name: &str, path: &Path) -> Written {
    let output = python(name).stdin(File::open(path).unwrap()).output();
    written(name, &output.expect(NEEDS_PYTHON))
}

fn written(name: &str, output: &std::process::Output) -> Written {
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    assert!(output.status.success(), "{name}: {}\n{stderr}", output.status);
    Written { stdout, stderr }
}

pub(crate) const NEEDS_PYTHON: &str = "this test needs Python: apt-get install python3";

/// Python with one of the scripts beside this file. Local time is UTC.
fn python(script: &str) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/scripts").join(script);
    let mut python = Command::new("python3");
    python.env("TZ", "UTC").args(["-I", "-X", "utf8"]).arg(script);
    python
}

/// Each line is the prefix and the same JSON, with its members in the same order. Returns how many lines there are.
#[track_caller]
pub(crate) fn assert_same_json(script: &str, lp: &str, prefix: &str) -> usize {
    let values = |text: &str| -> Vec<Value> {
        let json = |line: &str| serde_json::from_str(line.strip_prefix(prefix)?).ok();
        text.lines().map(|line| json(line).unwrap_or_else(|| panic!("{line}"))).collect()
    };
    let (script, lp) = (values(script), values(lp));
    let pairs = script.iter().zip(&lp);
    let differences: Vec<_> = pairs.filter_map(|(script, lp)| difference(script, lp)).collect();
    assert!(differences.is_empty(), "{}", report(differences));
    assert_eq!(script.len(), lp.len(), "lines of the script, and of lp");
    script.len()
}
