//! `lp run` where something cannot be written, read or understood: it says what, and its accounts add up.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::super::lp::{Ended, lines, lp, records, run};
use super::super::summary::{assert_adds_up, told};

/// A folder with a log of so many lines, `access.log`.
fn folder(numbers: std::ops::Range<usize>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("access.log"), lines(numbers)).unwrap();
    folder
}

/// Writes a configuration with a source for the folder's log, and with what stands here behind it. The first of ten
/// records is left out.
fn config(folder: &TempDir, behind: &str) -> PathBuf {
    let path = folder.path().join("lp.toml");
    fs::write(&path, format!("{SOURCE}{FILTER}{behind}")).unwrap();
    path
}

const SOURCE: &str = "[[source]]\ntype = \"file\"\npaths = [\"access.log\"]\nformat = \"nginx-combined\"\n";

const FILTER: &str = "[[stage]]\ntype = \"filter\"\nwhere = '!path.endsWith(\"0\")'\n";

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

/// A run whose reader has enough of one record. Behind what it says on stderr stands the exit status, that of lp and not of the
/// reader.
fn first_record(folder: &TempDir, config: &Path, args: &[&str]) -> Output {
    let script = "{ \"$0\" run -c \"$@\"; echo \"status $?\" >&2; } | head -n 1";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_lp")]).arg(config).args(args).current_dir(folder);
    command.output().unwrap()
}

#[test]
fn a_reader_of_the_output_that_has_enough_is_no_error() {
    let folder = folder(0..50_000);
    let config = config(&folder, STDOUT);
    let output = first_record(&folder, &config, &[]);
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "status 0\n");
}

/// What is not read any more may be in a file all the same, and there it is missing then.
#[test]
fn a_reader_that_has_enough_ends_a_run_that_writes_files_with_an_error() {
    let folder = folder(0..50_000);
    let config = config(&folder, &(STDOUT.to_owned() + &file("out.log")));
    let output = first_record(&folder, &config, &["--summary"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("lp: cannot write the standard output (nobody reads it any more)"), "{stderr}");
    assert!(stderr.ends_with("status 1\n"), "{stderr}");
    assert_adds_up(&stderr);
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
    let folder = folder(1..4);
    let path = config(&folder, STDOUT);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("[\"access.log\"]", "[\"missing.log\", \"access.log\"]")).unwrap();
    let ended = run(path).args(["--summary"]).in_dir(&folder).run();
    assert_failure(&ended, &["missing.log", "No such file"]);
    assert_eq!(ended.stdout(), records(1..4));
}

/// The file system is there for one process alone. What does not fit into it is in no other file either.
#[cfg(target_os = "linux")]
#[test]
fn a_file_system_that_is_full_ends_a_run_behind_a_whole_record() {
    let folder = folder(0..5000);
    fs::create_dir(folder.path().join("small")).unwrap();
    for threads in ["1", "3"] {
        let run = format!("[run]\nchunk_size = \"10kB\"\nthreads = {threads}\n");
        let config = config(&folder, &(file("small/all.ndjson") + &file("all.ndjson") + &run));
        let Some(ended) = run_with_mount(&folder, &config, "size=64k") else { return };
        assert_failure(&ended, &["small/all.ndjson", "cannot write", "No space left on device", "free some space"]);

        let written = told(&ended.stderr, "written");
        let log: String = records(0..5000).split_inclusive('\n').filter(|line| !line.contains("0\",\"proto")).collect();
        assert!(ended.stdout().len() > 40_000 && ended.stdout().ends_with('\n'), "{}", ended.stdout().len());
        assert!(log.starts_with(ended.stdout()));
        assert_eq!(ended.stdout().lines().count(), written, "{}", ended.stderr);
        let other = folder.path().join("all.ndjson");
        assert_eq!(fs::read_to_string(&other).unwrap(), ended.stdout());
        fs::remove_file(other).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_system_that_cannot_be_written_is_told_at_once() {
    let folder = folder(0..10);
    fs::create_dir(folder.path().join("small")).unwrap();
    let config = config(&folder, &file("small/all.ndjson"));
    let Some(ended) = run_with_mount(&folder, &config, "ro") else { return };
    ended.assert_failure(&["small/all.ndjson", "Read-only file system", "a place that can be written"]);
}

/// Runs the configuration where `small` is a file system with these options. Its standard output is what is in there then.
#[cfg(target_os = "linux")]
fn run_with_mount(folder: &TempDir, config: &Path, options: &str) -> Option<Ended> {
    let script = "mount -t tmpfs -o \"$2\" none small || exit 77
                  \"$0\" run --summary -c \"$1\"; status=$?; cat small/* 2>&-; exit $status";
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
    eprintln!(
        "a file system cannot be mounted here: the runs on a full one and on one that cannot be written are left out"
    );
}

#[test]
fn a_configuration_that_is_wrong_is_exit_status_2_and_nothing_is_written() {
    let folder = folder(0..3);
    let out = || file("out.log");
    for (behind, place, texts) in [
        (out() + "encodign = \"raw\"\n", "11:1: ", ["unknown key `encodign`", "did you mean `encoding`?"]),
        (out() + "prefix = \"${LP_UNSET}\"\n", "11:11: ", ["`LP_UNSET` is not set", "${NAME:-default}"]),
        (out() + "where = 'status_cod >= 500'\n", "11:10: ", ["status_cod", "status_code"]),
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
            let ended = lp([command, "-c", name]).in_dir(&folder).run();
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
        let ended = run(config(&folder, &file(name))).in_dir(&folder).run();
        assert_ne!(ended.code, Some(0), "{name}");
        assert!(ended.stderr.contains(name) && ended.stderr.contains("source"), "{}", ended.stderr);
        assert_eq!(fs::read_to_string(folder.path().join("access.log")).unwrap(), lines(0..3));
    }
}

#[test]
fn a_file_has_one_writer() {
    let folder = folder(0..3);
    std::os::unix::fs::symlink("out.log", folder.path().join("link.log")).unwrap();
    let config = config(&folder, &(file("out.log") + &file("link.log")));
    let ended = run(config).in_dir(&folder).run();
    ended.assert_failure(&["link.log", "is being written already"]);
}

/// A name may hold what a terminal obeys, and a line feed that makes one message look like two.
#[test]
fn a_name_with_control_characters_is_never_printed_raw() {
    let folder = folder(0..3);
    let path = folder.path().join("a\u{1b}[31m\nlp: b.toml");
    for text in ["", "[[source]]", SOURCE, "\u{e9}\0", &format!("{SOURCE}{}", file("none/a\\u001b"))] {
        fs::write(&path, text).unwrap();
        for command in ["run", "check"] {
            let ended = lp([command, "-c"]).args([&path]).in_dir(&folder).run();
            let said = ended.stdout().to_owned() + &ended.stderr;
            assert!(!said.contains(|char: char| char != '\n' && char.is_control()), "{said:?}");
            assert!(!said.contains("\nlp: b.toml"), "{said:?}");
        }
    }
    fs::remove_file(&path).unwrap();
    let ended = run(&path).run();
    ended.assert_failure(&["No such file"]);
    assert!(!ended.stderr.trim_end().contains(char::is_control), "{:?}", ended.stderr);
}
