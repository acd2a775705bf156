//! Logs of a real nginx, hostile requests included, against what nginx itself says it logged.
//!
//! nginx logs every request twice: in the combined format, which `lp` reads, and as a JSON object
//! with one string for each variable (the "truth"), which needs no knowledge of the combined format.
//! Line by line, `lp` must say what the truth says.
//!
//! `tests/testdata/nginx` holds some lines of such a run, so that they are checked without nginx too.

pub(crate) mod compare;
pub(crate) mod config;
pub(crate) mod expected;
pub(crate) mod format;
mod hostile;
mod http2;
pub(crate) mod requests;
pub(crate) mod server;
pub(crate) mod truth;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use format::LogFormat;
use server::Server;
use truth::Truth;

/// The variables of the truth.
const VARIABLES: [&str; 10] = [
    "remote_addr",
    "remote_user",
    "time_iso8601",
    "msec",
    "request",
    "status",
    "body_bytes_sent",
    "http_referer",
    "http_user_agent",
    "request_id",
];

#[test]
#[ignore = "needs nginx: cargo test --test program -- --ignored"]
fn lp_reads_what_a_real_nginx_logs() {
    let mut server = Server::start(|places, _| {
        let logs = format!(
            "log_format truth escape=json '{}';
            access_log combined.log combined;
            access_log truth.log truth;",
            truth::format(&VARIABLES)
        );
        logs + &config::site(places, "")
    });
    requests::send_all(&server);
    server.stop();

    let truths = lp_agrees_with_nginx(server.dir());
    assert_variety(&truths, 700, 200);
    // The lines of this status are long, and not among those that were kept.
    assert!(truths.iter().any(|truth| truth.text("status") == "414"), "no URI was too long");
    for client in ["127.0.0.1", "unix:"].into_iter().chain(server.places().ipv6.then_some("::1")) {
        assert!(truths.iter().any(|truth| truth.text("remote_addr") == client), "none from {client}");
    }
}

#[test]
fn lp_reads_what_a_real_nginx_once_logged() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata/nginx");
    let truths = lp_agrees_with_nginx(&dir);
    assert_variety(&truths, 100, 20);
}

/// Runs `lp` over the combined log in `dir` and compares its records with the truth there.
fn lp_agrees_with_nginx(dir: &Path) -> Vec<Truth> {
    let combined_path = dir.join("combined.log");
    let records = lp_parse(&combined_path, "1");
    assert!(records == lp_parse(&combined_path, "3"), "the number of threads changes the output");

    let combined = fs::read(&combined_path).unwrap();
    let truth = fs::read(dir.join("truth.log")).unwrap();
    compare::compare(&LogFormat::combined(), &truth, &combined, &records).unwrap_or_else(|differences| {
        panic!("lp and nginx disagree:\n{differences}");
    })
}

fn lp_parse(log: &Path, threads: &str) -> Vec<u8> {
    let output =
        Command::new(env!("CARGO_BIN_EXE_lp")).args(["parse", "--threads", threads]).arg(log).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "lp parse: {}\n{complaint}", output.status);
    output.stdout
}

/// A comparison of too few or too tame lines would prove nothing.
fn assert_variety(truths: &[Truth], least_lines: usize, least_not_utf8: usize) {
    assert!(truths.len() >= least_lines, "only {} lines", truths.len());

    let not_utf8 = truths.iter().filter(|truth| !truth.is_utf8()).count();
    assert!(not_utf8 >= least_not_utf8, "only {not_utf8} lines with bytes that are not UTF-8");

    let statuses: BTreeSet<_> = truths.iter().map(|truth| truth.text("status")).collect();
    for status in
        ["000", "009", "200", "301", "400", "401", "404", "405", "408", "413", "499", "500", "502", "503", "999"]
    {
        assert!(statuses.contains(status), "no status {status}, only {statuses:?}");
    }

    let some = |name: &str, wanted: &str| truths.iter().any(|truth| truth.text(name) == wanted);
    for user in ["a [b] c", r#"quo"te"#, " ", "é", "x [10/Oct/2000"] {
        assert!(some("remote_user", user), "no user {user:?}");
    }
    for request in ["GET / HTTP/1.1", "GET / HTTP/2.0", "GET /", "", "-", "GET /a b c HTTP/1.1"] {
        assert!(some("request", request), "no request {request:?}");
    }
    for agent in ["", "-", " - ", r"\x41", r#"" 200 5 "-" "-"#] {
        assert!(some("http_user_agent", agent), "no user agent {agent:?}");
    }
}
