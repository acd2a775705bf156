use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::*;

/// What a server does with one connection, once it has read the request.
#[derive(Clone)]
enum Then {
    /// Sends this and closes.
    Answer(String),
    /// Sends the first text, and the second byte for byte until nobody reads it any more.
    Drip(&'static str, &'static str),
    /// Never answers.
    Hang,
    /// Closes without an answer.
    Close,
}

/// A request as the server has read it.
struct Request {
    head: String,
    body: String,
}

/// Serves connections on a port of its own, one after the other, and the last way for all that follow.
fn serve(ways: Vec<Then>) -> (SocketAddr, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = channel();
    thread::spawn(move || {
        let mut held = Vec::new();
        for number in 0.. {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let Some(request) = read(&stream) else { continue };
            // The test may have ended.
            if sender.send(request).is_err() {
                return;
            }
            match &ways[number.min(ways.len() - 1)] {
                Then::Answer(answer) => drop(stream.write_all(answer.as_bytes())),
                Then::Drip(head, text) => {
                    let _ = stream.write_all(head.as_bytes());
                    let mut bytes = text.bytes().cycle();
                    while bytes.next().is_some_and(|byte| stream.write_all(&[byte]).is_ok()) {
                        thread::sleep(Duration::from_millis(20));
                    }
                }
                Then::Hang => held.push(stream),
                Then::Close => {}
            }
        }
    });
    (address, requests)
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { head, body: String::from_utf8(body).unwrap() })
}

fn status(status: &str) -> Then {
    body(status, "")
}

fn body(status: &str, body: &str) -> Then {
    Then::Answer(format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()))
}

fn options(address: SocketAddr) -> WebhookOptions {
    let url = format!("http://user:s3cret@{address}/hook-s3cret?key=s3cret");
    WebhookOptions::new(&url).unwrap().timeout(Duration::from_millis(300))
}

const ALERT: &[u8] = b"{\"alert\":\"A\"}\n";

/// Posts one alert to a server with these ways. What was posted, and what came of it.
fn post(ways: Vec<Then>) -> (Vec<Request>, Result<(), SinkError>) {
    let (address, requests) = serve(ways);
    let mut block = Block::lines(ALERT);
    let result = options(address).open().write(&mut block);
    assert_eq!(block.is_empty(), result.is_ok());
    let requests: Vec<Request> = requests.try_iter().collect();
    assert!(requests.iter().all(|request| request.body == "{\"alert\":\"A\"}"));
    (requests, result.map_err(|error| hides_secrets(error, address)))
}

/// With the port left out of the message.
fn hides_secrets(error: SinkError, address: SocketAddr) -> SinkError {
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    match error {
        SinkError::Undelivered { name, attempts, kind, passing, reason } => {
            assert_eq!(name, format!("http://{address}"));
            SinkError::Undelivered { name: "the server".to_owned(), attempts, kind, passing, reason }
        }
        other => panic!("{other}"),
    }
}

#[test]
fn what_may_be_taken_later() {
    let busy = || status("503 Service Unavailable\r\nRetry-After: 0");
    for (ways, may_pass) in [(vec![busy(), busy(), busy()], true), (vec![status("404 Not Found")], false)] {
        assert_eq!(post(ways).1.unwrap_err().may_pass(), may_pass);
    }
}

#[test]
fn what_an_answer_means() {
    let long = "x".repeat(100_000);
    for (ways, attempts, message) in [
        (vec![status("200 OK")], 1, ""),
        (vec![status("204 No Content")], 1, ""),
        (vec![body("200 OK", &long)], 1, ""),
        (vec![Then::Drip("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "x")], 1, ""),
        (vec![status("500 Internal Server Error"), status("200 OK")], 2, ""),
        (vec![status("408 Request Timeout"), status("425 Too Early"), status("202 Accepted")], 3, ""),
        (vec![status("429 Too Many Requests\r\nRetry-After: 0"), status("200 OK")], 2, ""),
        (vec![status("503 Service Unavailable\r\nRetry-After: 99999999999"), status("200 OK")], 2, ""),
        (
            vec![status("503 Service Unavailable\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT"), status("200 OK")],
            2,
            "",
        ),
        (vec![Then::Close, status("200 OK")], 2, ""),
        (vec![Then::Hang, status("200 OK")], 2, ""),
        (
            vec![body("400 Bad Request", " no\u{1b}[0m \"text\"\n")],
            1,
            "cannot post to the server: the server answers 400 Bad Request: \"no\\u{1b}[0m \\\"text\\\"\"",
        ),
        (
            vec![body("404 Not Found", "no /hook-s3cret?key=s3cret, nor /hook-s3cret here (key=s3cret)")],
            1,
            "cannot post to the server: the server answers 404 Not Found: \"no ***, nor *** here (***)\"",
        ),
        (vec![status("499 Whatever")], 1, "cannot post to the server: the server answers 499"),
        (
            vec![status("307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/")],
            1,
            "cannot post to the server: the server answers 307 Temporary Redirect, and redirects are not followed",
        ),
        (
            vec![status("500 Internal Server Error"), body("502 Bad Gateway", "down")],
            3,
            "cannot post to the server in 3 attempts: the server answers 502 Bad Gateway: \"down\"",
        ),
        (vec![Then::Hang], 3, "cannot post to the server in 3 attempts: no answer within 300ms"),
        (
            vec![Then::Drip("HTTP/1.1 200 OK\r\n", "a")],
            3,
            "cannot post to the server in 3 attempts: no answer within 300ms",
        ),
        (
            vec![Then::Answer("SSH-2.0-OpenSSH_9.9\r\n".to_owned())],
            3,
            "cannot post to the server in 3 attempts: the server does not answer as HTTP demands: *",
        ),
        (vec![Then::Close], 3, "cannot post to the server in 3 attempts: *"),
    ] {
        let (requests, result) = post(ways);
        let said = result.map_or_else(|error| error.to_string(), |()| String::new());
        match message.strip_suffix('*') {
            Some(start) => assert!(said.starts_with(start) && said.len() > start.len(), "{said}"),
            None => assert_eq!(said, message),
        }
        assert_eq!(requests.len(), attempts, "{said}");
    }
}

#[test]
fn what_is_told_of_a_body_is_bounded() {
    for way in [
        body("400 Bad Request", &"é".repeat(100_000)),
        Then::Answer(format!("HTTP/1.1 400 Bad Request\r\n\r\n{}", "é".repeat(1000))),
        Then::Answer(format!("HTTP/1.1 400 Bad Request\r\nContent-Length: 9999\r\n\r\n{}", "é".repeat(1000))),
        Then::Drip("HTTP/1.1 400 Bad Request\r\nContent-Length: 9999\r\n\r\n", "x"),
    ] {
        let error = post(vec![way]).1.unwrap_err().to_string();
        let told = error.split('"').nth(1).unwrap().chars().count();
        assert!((1..=answer::MOST_TOLD).contains(&told), "{error}");
    }
}

#[test]
fn kinds_of_failures() {
    for (way, kind) in [
        (Then::Hang, ErrorKind::TimedOut),
        // Never a broken pipe, which would mean that whoever reads the output has enough.
        (Then::Close, ErrorKind::Other),
        (status("500 Internal Server Error"), ErrorKind::Other),
    ] {
        assert_eq!(post(vec![way]).1.unwrap_err().kind(), kind);
    }
}

#[test]
fn nobody_listens() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut block = Block::lines(ALERT);
    let error = options(address).attempts(NonZeroU32::MIN).open().write(&mut block).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let error = hides_secrets(error, address).to_string();
    assert!(error.starts_with("cannot post to the server: "), "{error}");
    assert_eq!(block.bytes(), ALERT);
}

#[test]
fn requests_are_as_asked_for() {
    for (batch, given, wanted) in [
        (false, None, "content-type: application/json\r\n"),
        (true, None, "content-type: application/x-ndjson\r\n"),
        (true, Some("text/plain"), "content-type: text/plain\r\n"),
    ] {
        let (address, requests) = serve(vec![status("200 OK")]);
        let mut options = options(address).batch(batch).header("Authorization", b"Bearer s3cret").unwrap();
        if let Some(given) = given {
            options = options.header("content-type", b"x").unwrap().header("Content-Type", given.as_bytes()).unwrap();
        }
        let mut webhook = options.open();
        assert!(!format!("{webhook:?}").contains("s3cret"));
        webhook.write(&mut Block::lines(ALERT)).unwrap();
        let head = requests.recv().unwrap().head;
        assert!(head.starts_with("post /hook-s3cret?key=s3cret http/1.1\r\n"), "{head}");
        for header in
            [wanted, "authorization: bearer s3cret\r\n", concat!("user-agent: lp/", env!("CARGO_PKG_VERSION"))]
        {
            assert_eq!(head.matches(header).count(), 1, "{header} is not in {head}");
        }
        assert_eq!(head.matches("content-type").count(), 1, "{head}");
    }
}

/// The bodies of the requests for a block.
fn bodies(block: &mut Block<'_>, batch: bool) -> Vec<String> {
    let (address, requests) = serve(vec![status("200 OK")]);
    options(address).batch(batch).open().write(block).unwrap();
    assert!(block.is_empty());
    requests.try_iter().map(|request| request.body).collect()
}

#[test]
fn a_line_or_many_in_a_request() {
    assert_eq!(bodies(&mut Block::lines(b"a\nb\nc"), false), ["a", "b", "c"]);
    assert_eq!(bodies(&mut Block::lines(b"a\nb\nc\n"), true), ["a\nb\nc\n"]);
    assert_eq!(bodies(&mut Block::whole(b"a\n  b\n"), false), ["a\n  b"]);
    assert_eq!(bodies(&mut Block::lines(b"a\nb\n").with_header(b"h\n"), false), ["h\na", "h\nb"]);
    assert_eq!(bodies(&mut Block::lines(b"a\nb\n").with_header(b"h\n"), true), ["h\na\nb\n"]);
    assert!(bodies(&mut Block::lines(b"").with_header(b"h\n"), true).is_empty());
}

#[test]
fn a_request_is_bounded() {
    let most = usize::try_from(MOST_BYTES).unwrap();
    let line = "x".repeat(most / 2 - 1) + "\n";
    let long = "y".repeat(most) + "\n";
    let text = [line.as_str(), &line, &line, &long, &line].concat();
    let lengths: Vec<usize> = bodies(&mut Block::lines(text.as_bytes()), true).iter().map(String::len).collect();
    assert_eq!(lengths, [most, most / 2, most + 1, most / 2]);
}

/// The server says that the connection stays open, and closes it.
#[test]
fn a_connection_that_has_ended_is_not_the_end() {
    let kept = Then::Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_owned());
    let (address, requests) = serve(vec![kept]);
    let mut block = Block::lines(b"a\nb\nc\n");
    options(address).open().write(&mut block).unwrap();
    let bodies: Vec<String> = requests.try_iter().map(|request| request.body).collect();
    assert_eq!(bodies, ["a", "b", "c"]);
}

#[test]
fn nothing_is_posted_twice_behind_a_failure() {
    let ways = vec![status("200 OK"), status("400 Bad Request"), status("200 OK")];
    let (address, requests) = serve(ways);
    let mut webhook = options(address).open();
    let mut block = Block::lines(b"a\nb\nc\n");
    webhook.write(&mut block).unwrap_err();
    assert_eq!(block.bytes(), b"b\nc\n");
    webhook.write(&mut block).unwrap();
    let bodies: Vec<String> = requests.try_iter().map(|request| request.body).collect();
    assert_eq!(bodies, ["a", "b", "b", "c"]);
}

#[test]
fn urls() {
    for (url, shown) in [
        ("https://hooks.example.com/services/T0/B0/s3cret", "https://hooks.example.com"),
        ("HTTP://user:s3cret@localhost:9093", "http://localhost:9093"),
        ("http://[::1]:80/?s3cret#s3cret", "http://[::1]:80"),
        ("https://example.com?s3cret", "https://example.com"),
        ("", "begins with neither https:// nor http://"),
        ("s3cret.example.com/s3cret", "begins with neither https:// nor http://"),
        ("ftp://s3cret.example.com/", "begins with neither https:// nor http://"),
        ("/s3cret", "begins with neither https:// nor http://"),
        ("https://", "*"),
        ("https:///s3cret", "*"),
        ("https://:80/s3cret", "*"),
        ("https://s3cret@/s3cret", "*"),
        ("https://example.com:s3cret/", "*"),
        ("https://example.com:/", "*"),
        ("https://example.com:0/", "*"),
        ("https://example.com:65536/", "*"),
        ("https://exam ple.com/s3cret", "*"),
        ("https://example.com/s3cret\r\nHost: x", "*"),
        (" https://example.com/", "*"),
    ] {
        let said = match WebhookOptions::new(url) {
            Ok(options) => options.url.shown(),
            Err(error) => error.to_string().replace("the URL of the webhook ", ""),
        };
        assert!(!said.contains("s3cret"), "{said}");
        match shown {
            "*" => assert!(!said.starts_with("http"), "{url}: {said}"),
            shown => assert_eq!(said, shown, "{url}"),
        }
    }
}

#[test]
fn headers() {
    let options = || WebhookOptions::new("http://localhost").unwrap();
    for (name, value, is_right) in [
        ("X-Key", &b"a b\xff"[..], true),
        ("X-Key", b"", true),
        ("X-Key", b"s3cret\r\nHost: x", false),
        ("X-Key", b"s3cret\0", false),
        ("X Key", b"", false),
        ("", b"", false),
        ("Content-Length", b"3", false),
        ("transfer-encoding", b"chunked", false),
        ("HOST", b"example.com", false),
    ] {
        let result = options().header(name, value);
        assert_eq!(result.is_ok(), is_right, "{name}");
        assert!(!format!("{result:?}").contains("s3cret"));
    }
}
