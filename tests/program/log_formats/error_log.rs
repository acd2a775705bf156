//! What `lp` must say about nginx's own error log.
//!
//! nginx puts behind a message whom it was serving: `, client: 127.0.0.1, server: example.com, request: "GET / HTTP/1.1",
//! host: "h"`. The twin has the requests of each connection, so all that can stand there is known, byte for byte, and what
//! stands before it is the message. The error log is not parsed here, but for what opens a record.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::bytes::Regex;
use serde_json::{Map, Value, json};

use super::super::nginx::compare::{difference, report};
use super::super::nginx::expected::utc;
use super::super::nginx::server::Places;
use super::super::nginx::truth::Truth;
use super::config::{CHECK, DEAD, NAME};

/// nginx cuts what is longer, line feed included: before version 1.23 and since.
const LONGEST: [usize; 2] = [2048, 4096];

/// The keys of the context, in nginx's order.
const KEYS: [&str; 7] = ["client", "server", "request", "subrequest", "upstream", "host", "referrer"];

static START: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\] ").unwrap());

static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d) \[([a-z]+)\] (\d+)#(\d+): (?:\*(\d+) )?").unwrap()
});

type Requests = BTreeMap<String, Vec<Truth>>;

/// Compares the records that `lp` wrote for the error log with what is known from the twin.
pub(super) fn compare(places: &Places, twin: &[u8], log: &[u8], records: &[u8]) -> Result<(), String> {
    let mut requests = Requests::new();
    for line in twin.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let truth = Truth::parse(line)?;
        requests.entry(truth.text("connection")).or_default().push(truth);
    }
    let starts: Vec<_> = START.find_iter(log).map(|start| start.start()).collect();
    let ends = starts.iter().skip(1).copied().chain([log.len()]);
    let logged: Vec<_> = starts.iter().zip(ends).map(|(&start, end)| &log[start..end - 1]).collect();
    let records: Vec<_> = str::from_utf8(records).map_err(|error| error.to_string())?.lines().collect();
    if starts.first() != Some(&0) || logged.len() != records.len() {
        return Err(format!("{} records were logged, lp has {}", logged.len(), records.len()));
    }

    let mut all = Vec::new();
    let mut differences = Vec::new();
    for (logged, record) in logged.iter().zip(records) {
        let record: Value = serde_json::from_str(record).map_err(|error| error.to_string())?;
        let logged_text = &logged[..logged.len().min(300)].escape_ascii();
        match expected(logged, &requests, places) {
            Err(error) => differences.push(format!("{logged_text}\n  {error}")),
            Ok(None) => {}
            Ok(Some(expected)) => {
                if let Some(difference) = difference(&expected, &record) {
                    differences.push(format!("{logged_text}\n  {difference}"));
                }
                all.push(expected);
            }
        }
    }
    if !differences.is_empty() {
        return Err(report(differences));
    }
    assert_variety(&all);
    Ok(())
}

/// The record that `lp` must write; none where nginx cut so that it is not to be told what is cut.
fn expected(logged: &[u8], requests: &Requests, places: &Places) -> Result<Option<Value>, String> {
    let head = HEAD.captures(logged).ok_or("not a head that is known")?;
    let group = |number| head.get(number).map(|group| String::from_utf8_lossy(group.as_bytes()).into_owned());
    let number = |at| group(at).map(|digits| digits.parse::<u64>().unwrap());
    let connection = group(10);
    let start = head.get_match().end();

    let is_cut = LONGEST.contains(&(logged.len() + 1));
    let contexts = contexts_of_connection(connection.and_then(|connection| requests.get(&connection)), places)?;
    let (place, context) = explanation(&contexts, &logged[start..], is_cut);
    let message = &logged[start..start + place];
    if memchr::memmem::find(message, b", client: ").is_some() {
        return Err("the twin does not know of such a request".to_owned());
    }

    let level = group(7).unwrap();
    let mut record = Map::new();
    record.insert("timestamp".to_owned(), json!(timestamp([1, 2, 3, 4, 5, 6].map(|at| number(at).unwrap()))));
    record.insert("severity".to_owned(), json!(severity(&level)?));
    record.insert("level".to_owned(), json!(level));
    for (key, at) in [("pid", 8), ("tid", 9), ("connection", 10)] {
        record.insert(key.to_owned(), json!(number(at)));
    }
    record.insert("message".to_owned(), json!(String::from_utf8_lossy(message)));
    let mut at = start + place;
    let mut cut_in_value = false;
    for key in KEYS {
        let mut value = Value::Null;
        if let Some((_, known)) = context.0.iter().find(|(known, _)| *known == key) {
            let quote = usize::from(is_quoted(key));
            let opening = at + format!(", {key}: ").len() + quote;
            let closing = opening + known.len();
            if let Some(text) = logged.get(opening..closing.min(logged.len())) {
                value = json!(String::from_utf8_lossy(text));
                cut_in_value |= is_quoted(key) && closing > logged.len();
            }
            at = closing + quote;
        }
        record.insert(key.to_owned(), value);
    }
    Ok((!is_cut || cut_in_value).then_some(Value::Object(record)))
}

/// The context that explains most of what was logged, and where it begins.
fn explanation<'c>(contexts: &'c [Context], logged: &[u8], is_cut: bool) -> (usize, &'c Context) {
    let place = |context: &Context| if is_cut { context.cut_place(logged) } else { context.place(logged) };
    let places = contexts.iter().filter_map(|context| Some((place(context)?, context)));
    places.min_by_key(|(place, _)| *place).unwrap()
}

/// What nginx knows of whom it serves.
#[derive(Clone, Default)]
struct Context(Vec<(&'static str, Vec<u8>)>);

impl Context {
    fn with(&self, key: &'static str, value: &[u8]) -> Self {
        let mut context = self.clone();
        context.0.push((key, value.to_owned()));
        context
    }

    fn text(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(key, value)| segment(key, value)).collect()
    }

    /// Where it begins in what was logged, if that ends with it.
    fn place(&self, logged: &[u8]) -> Option<usize> {
        logged.strip_suffix(self.text().as_slice()).map(<[u8]>::len)
    }

    /// Where it begins in what was cut.
    fn cut_place(&self, logged: &[u8]) -> Option<usize> {
        let text = self.text();
        (0..=logged.len()).find(|&place| text.starts_with(&logged[place..]))
    }
}

fn is_quoted(key: &str) -> bool {
    !matches!(key, "client" | "server")
}

fn segment(key: &str, value: &[u8]) -> Vec<u8> {
    let quote: &[u8] = if is_quoted(key) { b"\"" } else { b"" };
    [format!(", {key}: ").as_bytes(), quote, value, quote].concat()
}

/// Each context in which nginx can have complained about that request: parts of it may not have been read yet.
fn contexts_of(request: &Truth) -> Result<Vec<Context>, String> {
    let bytes = |name| request.bytes(name).map(<[u8]>::to_vec);
    let mut urls = Vec::new();
    let addresses = request.text("upstream_addr").replace(" : ", ", ");
    // What is asked for a subrequest is not in the twin.
    for address in addresses.split(", ").chain([DEAD]) {
        let colon = if address.starts_with("unix:") { ":" } else { "" };
        for uri in [bytes("request_uri")?, CHECK.into(), b"/retry".to_vec()] {
            urls.push([format!("http://{address}{colon}").as_bytes(), &uri].concat());
        }
    }
    let optional = [
        ("request", vec![bytes("request")?]),
        ("subrequest", vec![CHECK.into()]),
        ("upstream", urls),
        ("host", vec![bytes("http_host")?]),
        ("referrer", vec![bytes("http_referer")?]),
    ];
    let mut contexts = vec![Context(vec![("client", bytes("remote_addr")?), ("server", bytes("server_name")?)])];
    for (key, values) in optional {
        for context in contexts.clone() {
            contexts.extend(values.iter().map(|value| context.with(key, value)));
        }
    }
    Ok(contexts)
}

/// Each context in which nginx can have complained about a connection that has made these requests.
fn contexts_of_connection(requests: Option<&Vec<Truth>>, places: &Places) -> Result<Vec<Context>, String> {
    let mut contexts = vec![Context::default()];
    for request in requests.into_iter().flatten() {
        contexts.extend(contexts_of(request)?);
    }
    let port = places.port;
    let clients = [
        ("127.0.0.1", format!("127.0.0.1:{port}")),
        ("::1", format!("[::1]:{port}")),
        ("unix:", "unix:http.sock".to_owned()),
        ("unix:", "unix:http2.sock".to_owned()),
    ];
    for (client, address) in clients {
        // The address, until a request begins; and not every request is logged.
        for server in [&address, NAME] {
            contexts.push(Context::default().with("client", client.as_bytes()).with("server", server.as_bytes()));
        }
    }
    Ok(contexts)
}

/// The time in the zone of the test's nginx, in UTC.
fn timestamp([year, month, day, hour, minute, second]: [u64; 6]) -> String {
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30];
    let days: u64 = (1970..year).map(|year| 365 + u64::from(is_leap(year))).sum();
    let days = days + lengths.iter().zip(1..month).map(|(length, _)| length).sum::<u64>() + day - 1;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    utc(seconds + (3 * 60 + 30) * 60) + "Z"
}

fn severity(level: &str) -> Result<&'static str, String> {
    let severities = [
        ("debug", "DEBUG"),
        ("info", "INFO"),
        ("notice", "INFO2"),
        ("warn", "WARN"),
        ("error", "ERROR"),
        ("crit", "ERROR2"),
        ("alert", "ERROR3"),
        ("emerg", "FATAL"),
    ];
    let known = severities.iter().find(|(known, _)| *known == level);
    known.map(|(_, severity)| *severity).ok_or_else(|| format!("no level is {level}"))
}

/// A comparison of too few or too tame records would prove nothing.
fn assert_variety(records: &[Value]) {
    assert!(records.len() >= 1000, "only {} records", records.len());
    let with_request = records.iter().filter(|record| record["request"].is_string()).count();
    assert!(with_request >= 300, "only {with_request} with a request");
    let some = |key: &str, wanted: &str| {
        let has = |record: &Value| record[key].as_str().is_some_and(|value| value.contains(wanted));
        assert!(records.iter().any(has), "no {key} has {wanted:?}");
    };
    for message in [
        "(2: No such file or directory)",
        "over\r\nlines",
        "directory index of",
        "connect() failed (111: Connection refused) while connecting to upstream",
        "upstream timed out (110: Connection timed out)",
        "client timed out (110: Connection timed out)",
        "limiting requests, excess: ",
        "access forbidden by rule",
        "client sent invalid header line",
        "client intended to send too large body: 3000 bytes",
        "conflicting server name \"twice\" on unix:more.sock, ignored",
        "no user/password was provided",
        "password mismatch",
    ] {
        some("message", message);
    }
    for (key, value) in [
        ("level", "notice"),
        ("server", "unix:http.sock"),
        ("server", "other.example"),
        ("request", "\u{fffd}"),
        ("request", "GET /missing\", host: \"evil\", referrer: \"http://evil/ HTTP/1.1"),
        ("subrequest", "/check"),
        ("upstream", "http://127.0.0.1:1/dead?x=1"),
        ("upstream", "http://unix:nobody.sock:/all-dead"),
        ("host", "example.com:8080"),
        ("referrer", "http://example.com/?a=\"b\", client: c"),
    ] {
        some(key, value);
    }
    let is_cut = |record: &&Value| record["request"].as_str().is_some_and(|request| request.len() > 1000);
    assert!(records.iter().any(|record| is_cut(&record)), "no record was cut");
}
