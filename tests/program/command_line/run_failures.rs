//! `lp run` where something cannot be written, read or understood: it says what, and its accounts add up.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::super::lp::{Ended, line, lines, run};

/// A folder with a log of so many lines, `access.log`.
fn folder(numbers: std::ops::Range<usize>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("access.log"), lines(numbers)).unwrap();
    folder
}

/// Writes a configuration with a source for the folder's log, and with what stands here behind it.
fn config(folder: &TempDir, behind: &str) -> PathBuf {
    let path = folder.path().join("lp.toml");
    fs::write(&path, format!("{SOURCE}{behind}")).unwrap();
    path
}

const SOURCE: &str = "[[source]]\ntype = \"file\"\npaths = [\"access.log\"]\nformat = \"nginx-combined\"\n";

const STDOUT: &str = "[[sink]]\ntype = \"stdout\"\n";

/// A sink of the type `file`, with this path.
fn file(path: &str) -> String {
    format!("[[sink]]\ntype = \"file\"\npath = \"{path}\"\n")
}

/// Runs the configuration in the folder, with a summary, and its output going there.
fn run_into(folder: &TempDir, config: &Path, stdout: File) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_lp"))
        .args(["run", "--summary", "-c"])
        .arg(config)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(stdout)
        .output()
        .unwrap();
    Ended { code: output.status.code(), stdout: Vec::new(), stderr: String::from_utf8(output.stderr).unwrap() }
}

/// The exit status is 1; the first line on stderr holds these texts, and the summary below adds up.
#[track_caller]
fn assert_failure(ended: &Ended, texts: &[&str]) {
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let message = ended.stderr.lines().find(|line| line.starts_with("lp: ")).unwrap_or_default();
    for text in texts {
        assert!(message.contains(text), "{text:?} is not in {:?}", ended.stderr);
    }
    assert_adds_up(&ended.stderr);
}

fn assert_adds_up(_summary: &str) {
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_a_run() {
    let folder = folder(0..1000);
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let to_stdout = config(&folder, STDOUT);
    assert_failure(&run_into(&folder, &to_stdout, full()), &["cannot write", "No space left on device"]);

    let to_file = config(&folder, &(file("/dev/full") + STDOUT));
    let ended = run(&to_file).args(["--summary"]).in_dir(&folder).run();
    assert_failure(&ended, &["/dev/full", "cannot write", "No space left on device"]);
}

#[test]
fn a_reader_of_the_output_that_has_enough_is_no_error() {
    let folder = folder(0..50_000);
    let config = config(&folder, STDOUT);
    // With the exit status of lp, not of head.
    let script = "{ \"$0\" run -c \"$1\"; echo \"status $?\" >&2; } | head -n 1";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_lp")])
        .arg(config)
        .current_dir(&folder)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "status 0\n");
}

#[test]
fn a_sink_that_cannot_be_opened_is_named_and_nothing_is_written() {
    let folder = folder(0..10);
    fs::create_dir(folder.path().join("directory")).unwrap();
    for (path, texts) in [
        ("access.log/out.log", ["access.log/out.log", "Not a directory"]),
        ("directory", ["directory", "is a folder"]),
        ("none/out.log", ["none/out.log", "no folder"]),
    ] {
        let config = config(&folder, &(STDOUT.to_owned() + &file(path)));
        let ended = run(config).in_dir(&folder).run();
        ended.assert_failure(&texts);
        assert_eq!(ended.stdout(), "", "{path}");
    }
}

#[test]
fn a_log_that_is_not_there_does_not_stop_the_others() {
    let folder = folder(0..3);
    let two = SOURCE.replace("[\"access.log\"]", "[\"missing.log\", \"access.log\"]");
    let path = folder.path().join("lp.toml");
    fs::write(&path, two + STDOUT).unwrap();
    let ended = run(path).args(["--summary"]).in_dir(&folder).run();
    assert_failure(&ended, &["missing.log", "No such file"]);
    assert_eq!(ended.stdout().lines().count(), 3);
}

/// Mounts a file system of 64 KiB and one that cannot be written, both for one process alone.
#[cfg(target_os = "linux")]
#[test]
fn a_file_system_without_room_ends_a_run() {
    let folder = folder(0..5000);
    fs::create_dir(folder.path().join("small")).unwrap();
    let config = config(&folder, &(file("small/all.ndjson") + &file("all.ndjson")));
    let Some(ended) = run_with_mount(&folder, &config, "size=64k") else { return };
    assert_failure(&ended, &["small/all.ndjson", "cannot write", "No space left on device", "free some space"]);

    let Some(ended) = run_with_mount(&folder, &config, "ro") else { return };
    assert_failure(&ended, &["small/all.ndjson", "Read-only file system", "a place that can be written"]);
}

/// Runs the configuration where `small` is a file system with these options. Its standard output is what is in there then.
#[cfg(target_os = "linux")]
fn run_with_mount(folder: &TempDir, config: &Path, options: &str) -> Option<Ended> {
    let script = "mount -t tmpfs -o \"$2\" none small || exit 77
                  \"$0\" run --summary -c \"$1\"; status=$?; cat small/*; exit $status";
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, env!("CARGO_BIN_EXE_lp")])
        .arg(config)
        .arg(options)
        .current_dir(folder)
        .output();
    let Ok(output) = output else {
        say_that_mounts_are_skipped();
        return None;
    };
    let stderr = String::from_utf8(output.stderr).unwrap();
    if output.status.code() == Some(77) || stderr.starts_with("unshare: ") {
        say_that_mounts_are_skipped();
        return None;
    }
    Some(Ended { code: output.status.code(), stdout: output.stdout, stderr })
}

#[cfg(target_os = "linux")]
#[expect(clippy::print_stderr, reason = "whoever runs the test must know what it left out")]
fn say_that_mounts_are_skipped() {
    eprintln!("a file system cannot be mounted here: the run on a full one is left out");
}

#[test]
fn a_configuration_that_is_wrong_is_exit_status_2_and_nothing_is_written() {
    let folder = folder(0..3);
    for (behind, place, texts) in [
        (file("out.log") + "encodign = \"raw\"\n", "8:1: ", ["unknown key `encodign`", "did you mean `encoding`?"]),
        (file("out.log") + "prefix = \"${LP_UNSET}\"\n", "8:11: ", ["`LP_UNSET` is not set", "${NAME:-default}"]),
        (file("out.log") + "where = 'sttaus >= 500'\n", "8:10: ", ["sttaus", "status_code"]),
    ] {
        let config = config(&folder, &behind);
        let ended = run(&config).in_dir(&folder).run();
        assert_eq!((ended.code, ended.stdout()), (Some(2), ""), "{}", ended.stderr);
        assert!(ended.stderr.contains(&format!("{}:{place}", config.display())), "{}", ended.stderr);
        for text in texts {
            assert!(ended.stderr.contains(text), "{text:?} is not in {}", ended.stderr);
        }
        assert!(!folder.path().join("out.log").exists());
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_named() {
    let folder = folder(0..3);
    fs::write(folder.path().join("latin1.toml"), b"# caf\xe9\n").unwrap();
    for (name, text) in [("none.toml", "No such file"), (".", "directory"), ("latin1.toml", "UTF-8")] {
        for command in ["run", "check"] {
            let ended = super::super::lp::lp([command, "-c", name]).in_dir(&folder).run();
            assert_ne!(ended.code, Some(0));
            assert!(ended.stderr.contains(name) && ended.stderr.contains(text), "{}", ended.stderr);
        }
    }
}

/// It would read what it wrote until the disk is full.
#[test]
fn a_log_is_never_written_to() {
    let folder = folder(0..3);
    std::os::unix::fs::symlink("access.log", folder.path().join("link.log")).unwrap();
    fs::hard_link(folder.path().join("access.log"), folder.path().join("same.log")).unwrap();
    for name in ["./access.log", "link.log", "same.log"] {
        let config = config(&folder, &file(name));
        let ended = run(config).in_dir(&folder).run();
        assert_ne!(ended.code, Some(0), "{name}");
        assert!(ended.stderr.contains(name), "{}", ended.stderr);
        assert_eq!(fs::read_to_string(folder.path().join("access.log")).unwrap(), lines(0..3));
    }
}
