//! Requests beside those of the test of the combined format: for further variables, and to make nginx complain.

use super::super::nginx::requests::{basic_auth, get, request, send_all as send_those_of_combined};
use super::super::nginx::server::{Address, Server};

pub(super) fn send_all(server: &Server) {
    send_those_of_combined(server);
    // That host is on IPv4 only.
    for path in ["/", "/missing"] {
        let bytes = format!("GET {path} HTTP/1.1\r\nHost: Other.Example.\r\nConnection: close\r\n\r\n");
        server.send_and_wait(Address::V4, bytes.as_bytes());
    }
    let requests = [forwarded(), variables(), upstreams(), complaints()].concat();
    let addresses = [Address::V4, Address::Unix, Address::V6];
    for (bytes, &address) in requests.iter().zip(addresses.iter().cycle()) {
        server.send_and_wait(address, bytes);
    }
}

/// A request after which nginx closes the connection.
fn closing(uri: impl AsRef<[u8]>, headers: impl AsRef<[u8]>) -> Vec<u8> {
    get(uri, [b"Connection: close\r\n", headers.as_ref()].concat())
}

fn forwarded() -> Vec<Vec<u8>> {
    let clients: [&[u8]; 16] = [
        b"192.0.2.1",
        b"192.0.2.1, 198.51.100.2, 2001:db8::1",
        b"192.0.2.1,198.51.100.2",
        b"192.0.2.1 , 198.51.100.2 ,",
        b"\"192.0.2.1\"",
        b"\"[2001:db8::1]:4711\", unknown",
        b"for=192.0.2.60;proto=http",
        b"",
        b"-",
        b"-, -",
        b" : ",
        b"unknown \" 200",
        b"a\\, b\\",
        "é, ✓".as_bytes(),
        b"\xe9, \xff",
        b"\x01\t\x7f",
    ];
    let mut requests: Vec<_> = clients.map(|list| closing("/", [b"X-Forwarded-For: ", list, b"\r\n"].concat())).into();
    requests.push(closing("/", "X-Forwarded-For: a\r\nX-Forwarded-For: b\r\n"));
    requests
}

fn variables() -> Vec<Vec<u8>> {
    let mut requests: Vec<_> = [
        "/?x=1",
        "/?x=",
        "/?x",
        "/?y=2&x=%20\"&x=3",
        "/?x=\\x41",
        "/?x=é",
        "/?X=-",
        "/?",
        "/%0A%22%00%5c%e9",
        "/%C3%A9",
    ]
    .map(|uri| closing(uri, ""))
    .into();
    requests.push(closing(b"/?x=\xe9\xff", ""));
    let cookies: [&[u8]; 9] =
        [b"y=1", b"x=2; y=1; z=3", b"y=a b", b"y=\"quoted\"; x", b"y=", b"y", b"y=\xe9", b"y=\\x22", "y=é".as_bytes()];
    requests.extend(cookies.map(|cookie| closing("/", [b"Cookie: ", cookie, b"\r\n"].concat())));
    for host in ["EXAMPLE.com", "example.com:8080", "[::1]:80", "a\"b", "é", "a_b-c", "-", "a/b"] {
        let headers = format!("Host: {host}\r\nConnection: close\r\n\r\n");
        requests.push(["GET / HTTP/1.1\r\n", &headers].concat().into());
        requests.push(["GET /missing HTTP/1.1\r\n", &headers].concat().into());
    }
    requests.push(closing("/", "Accept-Encoding: gzip\r\n"));
    requests.push(closing("/missing", "Accept-Encoding: gzip\r\nX-Absent-Not: 1\r\n"));
    let body = b"Connection: close\r\nContent-Type: text/plain; charset=\"utf-8\"\r\nContent-Length: 5\r\n";
    requests.push([request("POST", b"/", "HTTP/1.1", body), b"a=\"b\"".to_vec()].concat());
    let chunked = b"Connection: close\r\nTransfer-Encoding: chunked\r\n";
    requests.push([request("PUT", b"/", "HTTP/1.1", chunked), b"3\r\nabc\r\n0\r\n\r\n".to_vec()].concat());
    requests.push([get("/1", ""), get("/2", ""), closing("/3", basic_auth(b"a [b] \"c\" d:p"))].concat());
    requests
}

/// Several of each, as nginx takes the servers in turn.
fn upstreams() -> Vec<Vec<u8>> {
    let paths =
        ["/retry", "/dead?x=1", "/dead-socket", "/all-dead", "/redirected", "/retry/é\"\\?x=%20", "/redirected?a"];
    let mut requests =
        paths.repeat(4).into_iter().map(|path| closing(path, "User-Agent: a b c\r\n")).collect::<Vec<_>>();
    requests.push(closing(b"/retry/\xe9", "Referer: http://example.com/\"\r\n"));
    requests.push(closing(b"/dead/\xe9", "Referer: http://example.com/\"\r\n"));
    requests
}

fn complaints() -> Vec<Vec<u8>> {
    let referer = "Referer: http://example.com/?a=\"b\", client: c\r\n";
    let mut requests: Vec<_> =
        ["/limited", "/forbidden", "/checked", "/missing", "/missing%0Aover%0D%0Alines", "/dir/"]
            .repeat(3)
            .into_iter()
            .flat_map(|path| [closing(path, ""), closing(path, referer)])
            .collect();
    requests.push(closing("/missing", [b"Referer: ", &b"r".repeat(1500)[..], b"\r\n"].concat()));
    requests.push(closing([b"/", &b"m".repeat(900)[..]].concat(), referer));
    for header in ["Bad Name: x", ": x", "No-Value", "X-\u{e9}: x"] {
        requests.push(closing("/", format!("{header}\r\n{referer}")));
    }
    // What it says of itself is no context.
    requests.push(closing("/missing\", host: \"evil\", referrer: \"http://evil/", ""));
    requests.push(request("POST", b"/", "HTTP/1.1", b"Content-Length: 4000\r\n"));
    requests
}
