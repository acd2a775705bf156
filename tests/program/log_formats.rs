//! A real nginx that logs each request in six formats at once, and its own error log, against a twin in which it says as
//! JSON what it logged.

mod config;
mod error_log;
mod requests;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::lp::parse;
use super::nginx::compare::compare;
use super::nginx::format::{Escape, LogFormat};
use super::nginx::server::Server;
use super::nginx::truth::Truth;

#[test]
#[ignore = "needs nginx: cargo test --test program -- --ignored"]
fn lp_reads_six_log_formats_of_a_real_nginx() {
    let server = run();
    let configuration = server.dir().join("nginx.conf");
    let mut disagreements = Vec::new();
    for format in config::formats() {
        let by_text = match format.escape {
            Escape::Default => format.text.clone(),
            Escape::Json | Escape::None => format.directive(),
        };
        let by_configuration = format!("{}:{}", configuration.display(), format.name);
        for options in [["--log-format", &by_text], ["--nginx-conf", &by_configuration]] {
            match compare_log(server.dir(), &format, options) {
                Ok(truths) => assert_variety(&truths),
                Err(differences) => disagreements.push(format!("{options:?}: {differences}")),
            }
        }
    }
    assert!(disagreements.is_empty(), "lp and nginx disagree:\n{}", disagreements.join("\n"));
}

/// Runs `lp` with these options over the log of that format, and compares its records with the twin.
fn compare_log(dir: &Path, format: &LogFormat, options: [&str; 2]) -> Result<Vec<Truth>, String> {
    let path = dir.join(format.name).with_extension("log");
    let lp = |threads| parse(options).args(["--threads", threads]).file(&path).run();
    let ended = lp("1");
    ended.assert_quiet_success();
    assert!(ended.stdout == lp("3").stdout, "{options:?}: the number of threads changes the output");

    let twin = fs::read(dir.join("twin.log")).unwrap();
    compare(format, &twin, &fs::read(path).unwrap(), &ended.stdout)
}

#[test]
#[ignore = "needs nginx: cargo test --test program -- --ignored"]
fn lp_reads_the_error_log_of_a_real_nginx() {
    let server = run();
    let log = fs::read(server.dir().join("error.log")).unwrap();
    let twin = fs::read(server.dir().join("twin.log")).unwrap();
    let ended = parse(["--format", "nginx-error", "--timezone=-03:30"]).stdin(&log).run();
    ended.assert_quiet_success();
    assert!(ended.stdout == parse(["--timezone=-03:30"]).stdin(&log).run().stdout, "it is not found out to be one");
    error_log::compare(server.places(), &twin, &log, &ended.stdout)
        .unwrap_or_else(|differences| panic!("lp and nginx disagree:\n{differences}"));
}

/// Starts an nginx, sends it all requests, and stops it.
fn run() -> Server {
    let mut server = Server::start(config::http);
    requests::send_all(&server);
    server.stop();
    server
}

/// A comparison of too few or too tame lines would prove nothing.
fn assert_variety(truths: &[Truth]) {
    assert!(truths.len() >= 800, "only {} lines", truths.len());
    let values = |name: &str| -> BTreeSet<_> { truths.iter().map(|truth| truth.text(name)).collect() };
    let upstream_statuses = values("upstream_status");
    for status in ["200", "502", "502, 200", "502 : 200", "502 : 502, 200", "502, 502, 502", "504"] {
        assert!(upstream_statuses.contains(status), "no upstream status {status}, only {upstream_statuses:?}");
    }
    let clients = values("http_x_forwarded_for");
    for client in ["192.0.2.1, 198.51.100.2, 2001:db8::1", "\"192.0.2.1\"", "-, -", "a, b", "", "-"] {
        assert!(clients.contains(client), "not forwarded for {client}, only {clients:?}");
    }
    let some = |name: &str, is_wanted: &dyn Fn(&str) -> bool| {
        let values = values(name);
        assert!(values.iter().any(|value| is_wanted(value)), "no such {name}, only {values:?}");
    };
    some("upstream_connect_time", &|times| times.starts_with("-, 0."));
    some("upstream_response_time", &|times| times.contains(" : "));
    some("arg_x", &|value| value == "1");
    some("arg_x", &|value| value == "%20\"");
    some("arg_x", &|value| value == "\\x41");
    some("cookie_y", &|value| value == "a b");
    some("gzip_ratio", &|value| value.contains('.'));
    some("remote_port", &str::is_empty);
    some("content_length", &|value| value == "3000");
    some("connection_requests", &|value| value == "3");
}
