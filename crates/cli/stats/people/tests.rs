use std::sync::Arc;

use lp::stats::{CountBy, Stats};
use lp::{Access, Input, Pipeline};

use super::*;

const LOG: &str = "\
192.0.2.1 - - [06/Nov/2025:10:30:00 +0000] \"GET /a?x=1 HTTP/1.1\" 200 500 \"-\" \"curl/8.4.0\"
192.0.2.1 - - [06/Nov/2025:10:30:01 +0000] \"GET /a?x=2 HTTP/1.1\" 200 1000 \"-\" \"curl/8.4.0\"
192.0.2.2 - - [06/Nov/2025:10:30:02 +0000] \"POST /b HTTP/1.1\" 502 157 \"-\" \"\\x1B[2J\"
no record
";

fn gathered(log: &str) -> Summary {
    let stats = Arc::new(Stats::new(10));
    let pipeline = Pipeline::new(Access::combined()).named_stage("stats", Arc::clone(&stats));
    pipeline.run_to([Input::reader("log", std::io::Cursor::new(log.to_owned()))], Vec::new(), &mut ()).unwrap();
    stats.take().unwrap()
}

fn shown(log: &str, glyphs: Glyphs) -> String {
    let heading = Heading { inputs: vec!["log"], formats: &["nginx-combined"], bytes: log.len() as u64 };
    let text = summary(&heading, &gathered(log), glyphs);
    anstream::adapter::strip_str(&text).to_string()
}

#[test]
fn a_small_log_is_shown_so() {
    let want = "\
input       log
format      nginx-combined
bytes       275 (275 B)
records     4
rejected    1 (25.0%): 1 missing
from        2025-11-06T10:30:00Z
to          2025-11-06T10:30:02Z, 2 s, 2.00/s
";
    let text = shown(LOG, Glyphs::Ascii);
    assert!(text.starts_with(want), "{text}");
    for line in [
        "  5xx                   1  33.3%  #############",
        "  methods   GET 2, POST 1",
        "requests per 1 s",
        "paths, without their queries: 2 different",
        "              2  66.7%  /a",
        "paths that failed (5xx): 1 different",
        "              1  33.3%  \\u{1b}[2J",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
    }
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn only_what_is_500_to_599_is_5xx() {
    let log = LOG.replace("?x=2 HTTP/1.1\" 200", "?x=2 HTTP/1.1\" 999");
    let text = shown(&log, Glyphs::Ascii);
    let mut lines = text.lines().skip_while(|line| *line != "requests per 1 s");
    // The last of three seconds, each of them six columns wide.
    let row = lines.find(|line| line.contains("5xx"));
    assert_eq!(row, Some("     5xx 1 |            ######"), "{text}");
    assert!(text.contains("\npaths that failed (5xx): 1 different\n"), "{text}");
}

#[test]
fn whatever_is_logged_fits_the_terminal() {
    let long = "日本語".repeat(300);
    let mut log = String::new();
    for number in 0..500 {
        let day = 1 + number % 28;
        let status = [200, 404, 500, 999, 70_000][number % 5];
        log += &format!(
            "192.0.2.{} - - [{day:02}/Feb/{}:10:30:00 +0000] \"GET /{long}{number} HTTP/1.1\" {status} {} \"-\" \"{long}\"\n",
            number % 256,
            1970 + number % 290,
            u64::MAX - 1,
        );
    }
    for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
        let text = shown(&log, glyphs);
        for line in text.lines() {
            assert!(columns(line) <= COLUMNS && !line.ends_with(' '), "{line:?}");
        }
    }
}

#[test]
fn nothing_is_said_of_nothing() {
    assert_eq!(shown("", Glyphs::Unicode), "records     none: there is nothing to read\n");
}

#[test]
fn counts_by_fields_are_a_table() {
    let counts = Arc::new(CountBy::new(["status_class".to_owned(), "method".to_owned()], 10));
    let pipeline = Pipeline::new(Access::combined()).named_stage("--by", Arc::clone(&counts));
    pipeline.run_to([Input::reader("log", LOG.as_bytes())], Vec::new(), &mut ()).unwrap();
    let by = ["status_class".to_owned(), "method".to_owned()];
    let text = breakdown(&by, &counts.take().unwrap(), Glyphs::Ascii);
    let want = "\
by          status_class, method
records     4
              2  50.0%  2xx  GET
              1  25.0%  none  none
              1  25.0%  5xx  POST
";
    assert_eq!(anstream::adapter::strip_str(&text).to_string(), want);
}

#[test]
fn large_numbers_are_short() {
    let short = [0, 999, 1000, 9949, 12_345, 999_499, 999_500, u64::MAX].map(compact);
    assert_eq!(short, ["0", "999", "1.0k", "9.9k", "12k", "999k", "1.0M", "18E"]);
}
