//! A real service in Python, `service.py`, that has answered requests and has logged what it did.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use super::{NEEDS_PYTHON, python};

/// 2025-11-06T10:30:10Z in milliseconds: when ten seconds begin.
const START: u64 = 1_762_425_010_000;

/// Runs a service that logs to this file.
pub(super) fn log(path: &Path) {
    let service = Service::start(path);
    for (number, time) in times().into_iter().enumerate() {
        service.request(&page(number), time);
    }
}

/// When requests come: often, then not for a while; right before, right after and on the edge of ten seconds, once in the
/// wrong order; and once more after a long time.
fn times() -> Vec<u64> {
    let often = (0..150).map(|number| number * 431);
    let later = (0..150).map(|number| 140_000 + number * 709);
    let edges = [299_999, 300_000, 299_998, 300_001, 309_999, 320_000, 3_600_000];
    often.chain(later).chain(edges).map(|time| START + time).collect()
}

fn page(number: usize) -> String {
    match number % 8 {
        1 => "/favicon.ico".to_owned(),
        3 => format!("/caf%C3%A9/{number}"),
        6 if number.is_multiple_of(3) => format!("/pay/{number}"),
        7 if number.is_multiple_of(5) => format!("/stock/{number}"),
        _ => format!("/orders/{number}"),
    }
}

struct Service {
    process: Child,
    port: u16,
}

impl Service {
    fn start(log: &Path) -> Self {
        let mut process =
            python("service.py").arg(log).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect(NEEDS_PYTHON);
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim_end().parse().expect("a port");
        Self { process, port }
    }

    /// Asks for a page at this time, and waits for the answer; everything is logged then.
    fn request(&self, path: &str, time: u64) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.0\r\nX-Time: {time}\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.0 "), "{path}: {answer:?}");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It would serve for ever.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
