//! A real nginx that answers ordinary requests, some of them with a 5xx.

use std::ops::Range;

use super::super::nginx::config::site;
use super::super::nginx::requests::{basic_auth, get, request};
use super::super::nginx::server::{Address, Server};

/// How many requests it has answered.
const REQUESTS: usize = 240;

/// A server that has stopped. Its log is `access.log` in its directory.
pub(super) fn served() -> Server {
    let mut server = started();
    ask(&server, 0..REQUESTS);
    server.stop();
    server
}

/// A server that nobody has asked yet. Its logs are `access.log` and `error.log` in its directory.
pub(crate) fn started() -> Server {
    Server::start(|places, _| "access_log access.log combined;".to_owned() + &site(places, ""))
}

/// Sends requests of these numbers, each of which has been answered then.
pub(crate) fn ask(server: &Server, numbers: Range<usize>) {
    let addresses = [Address::V4, Address::V6, Address::Unix];
    for number in numbers {
        server.send(addresses[number % addresses.len()], &requested(number));
    }
}

fn requested(number: usize) -> Vec<u8> {
    let agent = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n";
    let referer = "Referer: https://example.com/?q=caf%C3%A9&page=2\r\n";
    match number % 10 {
        0 | 1 => get(format!("/?page={number}"), agent),
        2 => get("/dir/", [agent, referer].concat()), // 403: there is no index
        3 => get(format!("/missing/{number}"), referer),
        4 => request("HEAD", b"/index.html", "HTTP/1.1", agent.as_bytes()),
        5 => request("POST", b"/", "HTTP/1.1", b"Content-Length: 0\r\n"), // 405
        6 => get("/private", basic_auth(b"ann:secret")),                  // 404, for ann
        7 => get("/status/500", agent),
        8 => get("/status/503", ""),
        _ => get("/status/502", [agent, referer].concat()),
    }
}
