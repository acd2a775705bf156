//! The server against clients that do not do as they should.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::{Limits, Request, Response, Server, Status};

/// Nothing takes as long.
const PATIENCE: Duration = Duration::from_secs(20);

/// More than a socket's buffers hold.
const LARGE: usize = 16 << 20;

fn answer(request: &Request) -> Response {
    match request.path() {
        "/" => Response::text(Status::Ok, "here"),
        "/large" => Response::new(Status::Ok, "text/plain", vec![b'x'; LARGE]),
        _ => Response::text(Status::NotFound, "not here"),
    }
}

fn serve(limits: Limits) -> Server {
    Server::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), limits, answer).unwrap()
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// All that is sent until the server closes.
#[track_caller]
fn all(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[track_caller]
fn ask(server: &Server, request: &[u8]) -> String {
    let mut stream = connect(server);
    stream.write_all(request).unwrap();
    all(stream)
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\
                  Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nhere\n";

#[test]
fn requests_are_answered() {
    let server = serve(Limits::default());
    assert_eq!(ask(&server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), OK);
    assert_eq!(ask(&server, b"GET / HTTP/1.0\n\n"), OK);
    assert_eq!(ask(&server, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"), OK.strip_suffix("here\n").unwrap());
    for (request, line) in [
        (&b"GET /x HTTP/1.1\r\n\r\n"[..], "HTTP/1.1 404 Not Found\r\n"),
        (b"PUT / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 405 Method Not Allowed\r\n"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", "HTTP/1.1 400 Bad Request\r\n"),
        (b"hello\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"),
    ] {
        let got = ask(&server, request);
        assert!(got.starts_with(line), "{got}");
        assert_eq!(got.contains("Allow: GET, HEAD\r\n"), line.contains("405"));
    }
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let server = serve(Limits::default());
    let mut stream = connect(&server);
    stream.set_nodelay(true).unwrap();
    for byte in b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" {
        stream.write_all(&[*byte]).unwrap();
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(all(stream), OK);
}

#[test]
fn the_first_of_several_requests_is_answered() {
    let server = serve(Limits::default());
    assert_eq!(ask(&server, &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100)), OK);
}

#[test]
fn a_large_head_is_refused() {
    let server = serve(Limits::default());
    let mut stream = connect(&server);
    let fields = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(60_000));
    stream.write_all(fields.as_bytes()).unwrap();
    assert!(all(stream).starts_with("HTTP/1.1 431 "));
    // One that is just small enough.
    let limit = Limits::default().head;
    for (len, line) in [(limit, "HTTP/1.1 200 "), (limit + 1, "HTTP/1.1 431 ")] {
        let frame = "GET / HTTP/1.1\r\nX: \r\n\r\n".len();
        let got = ask(&server, format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(len - frame)).as_bytes());
        assert!(got.starts_with(line), "{len}: {got}");
    }
}

/// One byte now and then does not prolong the time that a request has.
#[test]
fn a_slow_request_is_given_up() {
    let server = serve(Limits { request: Duration::from_millis(300), ..Limits::default() });
    let mut stream = connect(&server);
    let start = Instant::now();
    stream.write_all(b"GET / HTTP/1.1\r\nX: ").unwrap();
    let mut reader = stream.try_clone().unwrap();
    let sender = thread::spawn(move || {
        while start.elapsed() < PATIENCE && stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
        start.elapsed()
    });
    let mut got = Vec::new();
    // The answer may be overtaken by the refusal of what was sent after it.
    let _ = reader.read_to_end(&mut got);
    let got = String::from_utf8(got).unwrap();
    assert!(got.is_empty() || got.starts_with("HTTP/1.1 408 "), "{got}");
    assert!(sender.join().unwrap() < PATIENCE / 2);
    // A client that never says anything is told nothing.
    assert_eq!(all(connect(&server)), "");
    assert_eq!(ask(&server, b"GET / HTTP/1.1\r\n\r\n"), OK);
}

#[test]
fn half_a_request_has_no_answer() {
    let server = serve(Limits::default());
    let mut stream = connect(&server);
    stream.write_all(b"GET / HTTP/1.1\r\nHost").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(all(stream), "");
}

#[test]
fn a_client_that_does_not_read_is_given_up() {
    let server = serve(Limits { response: Duration::from_millis(300), pending: LARGE, ..Limits::default() });
    let mut slow = connect(&server);
    slow.write_all(b"GET /large HTTP/1.1\r\n\r\n").unwrap();
    // Others are served meanwhile, and then it has not got all.
    assert_eq!(ask(&server, b"GET / HTTP/1.1\r\n\r\n"), OK);
    thread::sleep(Duration::from_secs(1));
    let mut got = Vec::new();
    let _ = slow.read_to_end(&mut got);
    assert!(got.len() < LARGE, "{}", got.len());
}

#[test]
fn answers_that_nobody_takes_are_bounded() {
    let server = serve(Limits { pending: 1 << 20, ..Limits::default() });
    let mut slow = connect(&server);
    slow.write_all(b"GET /large HTTP/1.1\r\n\r\n").unwrap();
    let mut begun = [0; 5];
    slow.read_exact(&mut begun).unwrap();
    assert!(ask(&server, b"GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 503 "));
    let rest = all(slow);
    assert!(rest.len() > LARGE);
    assert_eq!(ask(&server, b"GET / HTTP/1.1\r\n\r\n"), OK);
}

/// Clients that hold connections and say nothing, or not all, do not keep others out for long.
#[test]
fn many_connections_do_not_keep_others_out() {
    for (begun, most) in [(&b""[..], Duration::from_millis(900)), (b"GET /", PATIENCE)] {
        let limits = Limits::default();
        let server = serve(limits);
        let connect_one = |_| {
            let mut stream = connect(&server);
            stream.write_all(begun).unwrap();
            stream
        };
        let held: Vec<TcpStream> = (0..limits.connections * 3).map(connect_one).collect();
        let start = Instant::now();
        assert_eq!(ask(&server, b"GET / HTTP/1.1\r\n\r\n"), OK);
        assert!(start.elapsed() < most, "{:?}", start.elapsed());
        // Those that had to go know it.
        let mut first = &held[0];
        match first.read(&mut [0; 16]) {
            Ok(0) => {}
            Ok(_) if !begun.is_empty() => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn good_clients_are_all_served_at_once() {
    let server = serve(Limits::default());
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| assert_eq!(ask(&server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), OK));
        }
    });
}

#[test]
fn a_server_that_is_dropped_listens_no_more() {
    let server = serve(Limits::default());
    let (address, waiting) = (server.address(), connect(&server));
    drop(server);
    // Nobody has taken it from the system's queue, maybe.
    let mut got = Vec::new();
    let _ = (&waiting).read_to_end(&mut got);
    assert!(got.is_empty() && TcpStream::connect(address).is_err());
}
