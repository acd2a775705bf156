//! The names and conditions that logs of some kinds know.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::logs::Kind;

type Words = Vec<&'static str>;

/// What belongs to all kinds, and what to those that there are. (A mixed log has the names of both its formats.)
fn of(kinds: &[Kind], all: &[&'static str], each: [&[&'static str]; 3]) -> Words {
    let has = |wanted: [Kind; 2]| kinds.iter().any(|kind| wanted.contains(kind));
    let there = [has([Kind::Access, Kind::Mixed]), has([Kind::Python, Kind::Mixed]), has([Kind::Json, Kind::Json])];
    let mut words = all.to_vec();
    for (of_kind, _) in each.iter().zip(there).filter(|(_, there)| *there) {
        words.extend_from_slice(of_kind);
    }
    words.sort_unstable();
    words.dedup();
    words
}

/// The names of columns.
pub(crate) fn columns(kinds: &[Kind]) -> Words {
    of(
        kinds,
        &["timestamp", "severity", "severity_number", "message", "raw", "parse_error", "truncated"],
        [
            &["client_ip", "path", "status_code", "status_class", "user_agent"],
            &["level", "logger", "traceback"],
            &["n", "path", "who", "who.id"],
        ],
    )
}

/// The names that records can be told apart by.
fn keys(kinds: &[Kind]) -> Words {
    of(
        kinds,
        &["severity", "timestamp"],
        [
            &["status_class", "status_code", "path", "client_ip"],
            &["logger", "level", "message"],
            &["n", "who.id", "message"],
        ],
    )
}

pub(crate) fn some_keys(kinds: &[Kind]) -> impl Strategy<Value = Words> + use<> {
    subsequence(keys(kinds), 0..3)
}

pub(crate) fn condition(kinds: &[Kind]) -> impl Strategy<Value = String> + use<> {
    let simple = of(
        kinds,
        &[
            "severity >= WARN",
            "severity == ERROR || severity == DEBUG",
            "has(parse_error)",
            "has(truncated)",
            "timestamp > timestamp(\"2025-11-06T10:30:20Z\")",
            "timestamp.getSeconds() % 2 == 0",
            "size(raw) > 60",
            "raw.contains(\"7\")",
        ],
        [
            &[
                "status_code >= 500",
                "status_class == \"5xx\"",
                "path.startsWith(\"/a\")",
                "client_ip in cidr(\"10.0.0.0/8\")",
                "user_agent.matches(\"(?i)bot\")",
            ],
            &["message.contains(\"order\")", "logger == \"shop\"", "has(traceback)"],
            &["n > 5", "has(who.id)", "message.contains(\"order\")", "size(who.tags) == 2"],
        ],
    );
    let simple = select(simple).prop_map(str::to_owned);
    prop_oneof![
        3 => simple.clone(),
        1 => simple.clone().prop_map(|of| format!("!({of})")),
        1 => (simple.clone(), select(vec!["&&", "||"]), simple).prop_map(|(a, both, b)| format!("({a}) {both} ({b})")),
    ]
}
