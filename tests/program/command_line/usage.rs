//! What the program says of itself, and of a command line that is wrong.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use super::super::lp::{line, lp, parse, record};

const OPTIONS: [&str; 13] = [
    "format",
    "on-error",
    "no-decode",
    "max-record",
    "threads",
    "summary",
    "where",
    "since",
    "until",
    "fields",
    "output",
    "alert-5xx",
    "alert-prefix",
];

#[test]
fn help_has_examples_and_every_option() {
    let help = lp(["parse", "--help"]).run();
    help.assert_quiet_success();
    let text = help.stdout();
    for example in ["Examples:", "lp parse < access.log", "lp parse --summary", "lp parse --where", "--on-error fail"] {
        assert!(text.contains(example), "{example}");
    }
    for option in OPTIONS {
        assert!(text.contains(&format!("--{option}")), "{option}");
    }
    assert!(text.contains("Exit status:"));

    let help = lp(["--help"]).run();
    help.assert_quiet_success();
    for command in ["parse", "tail", "stats", "run", "check", "explain", "formats", "completions", "man"] {
        assert!(help.stdout().contains(&format!("\n  {command} ")), "{command}");
    }
    lp(["parse", "-h"]).run().assert_quiet_success();
}

#[test]
fn the_version_is_the_packages() {
    let version = lp(["--version"]).run();
    version.assert_quiet_success();
    assert_eq!(version.stdout(), format!("lp {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_are_scripts_of_their_shells() {
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let script = lp(["completions", shell]).run();
        script.assert_quiet_success();
        for word in OPTIONS.into_iter().chain(["parse", "nginx-combined", "keep"]) {
            assert!(script.stdout().contains(word), "{shell}: {word}");
        }
        check_syntax(shell, check, &script.stdout);
    }
}

/// Lets the shell read the script, if it is installed.
fn check_syntax(shell: &str, option: &str, script: &[u8]) {
    let child = Command::new(shell).arg(option).stdin(Stdio::piped()).spawn();
    let mut child = match child {
        Err(error) if error.kind() == ErrorKind::NotFound => return,
        child => child.unwrap(),
    };
    child.stdin.take().unwrap().write_all(script).unwrap();
    assert!(child.wait().unwrap().success(), "{shell} does not read its completions");
}

#[test]
fn man_pages_describe_the_program_and_its_commands() {
    for (args, title, words) in [
        (&["man"][..], ".TH lp 1", &["parse", "completions"][..]),
        (&["man", "parse"], ".TH lp-parse 1", &OPTIONS),
        (&["man", "explain"], ".TH lp-explain 1", &["LINE", "--json", "--color", "--lines", "Exit status:"]),
        (&["man", "formats"], ".TH lp-formats 1", &["--json"]),
        (&["man", "completions"], ".TH lp-completions 1", &["bash"]),
    ] {
        let page = lp(args).run();
        page.assert_quiet_success();
        assert!(page.stdout().contains(title), "{args:?}");
        for word in words {
            // roff writes a hyphen as `\-`.
            assert!(page.stdout().replace("\\-", "-").contains(word), "{args:?}: {word}");
        }
    }
    let page = lp(["man", "parse"]).run();
    assert!(page.stdout().contains("Exit status:"), "the page has what help has behind the options");
}

#[test]
fn a_wrong_command_line_is_exit_status_2() {
    for args in [
        &[][..],
        &["unknown"],
        &["parse", "--unknown"],
        &["parse", "--format", "apache"],
        &["parse", "--format"],
        &["parse", "--on-error", "ignore"],
        &["parse", "--threads", "0"],
        &["parse", "--threads", "1025"],
        &["parse", "--threads=-1"],
        &["parse", "--threads", "two"],
        &["parse", "--max-record", "0"],
        &["parse", "--max-record", "2GiB"],
        &["parse", "--max-record", "1073741825"],
        &["parse", "--max-record", "18446744073709551617"],
        &["parse", "--max-record=-1"],
        &["parse", "--max-record", "abc"],
        &["parse", "--max-record", ""],
        &["tail"],
        &["tail", "--lines=-1", "log"],
        &["tail", "--lines=+1", "log"],
        &["completions", "tcsh"],
        &["completions"],
        &["man", "unknown"],
    ] {
        let ended = lp(args).stdin(line(1)).run();
        assert_eq!((ended.code, ended.stdout()), (Some(2), ""), "{args:?}");
        assert!(!ended.stderr.is_empty(), "{args:?}");
        // What is wrong is named.
        let wrong = args.get(1).and_then(|arg| arg.split('=').next()).unwrap_or("lp");
        assert!(ended.stderr.contains(wrong), "{args:?}: {}", ended.stderr);
    }
}

#[test]
fn the_limit_of_a_record_may_have_a_unit() {
    for limit in ["1048576", "64KiB", "1MiB", "1GiB", "100kB"] {
        let ended = parse(["--max-record", limit]).stdin(line(1)).run();
        ended.assert_quiet_success();
        assert_eq!(ended.stdout(), record(1), "{limit}");
    }
}
