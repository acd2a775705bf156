//! Requests, ordinary and hostile, and the way to send them.

use super::server::{Address, Server};
use super::{hostile, http2};

pub(crate) fn send_all(server: &Server) {
    let http1 = [
        ordinary(),
        statuses(),
        users(),
        request_lines(),
        headers(),
        long(),
        not_http(),
        cut_off(),
        pipelined(),
        hostile::http1_requests(600),
    ];
    let addresses = [Address::V4, Address::V6, Address::Unix];
    for (bytes, &address) in http1.concat().iter().zip(addresses.iter().cycle()) {
        server.send(address, bytes);
    }
    for bytes in [over_http2(), hostile::http2_requests(100)].concat() {
        server.send(Address::Http2, &bytes);
    }
    for bytes in never_finished() {
        server.send_and_wait(Address::Unix, &bytes);
    }
}

pub(crate) fn request(method: &str, uri: &[u8], version: &str, headers: &[u8]) -> Vec<u8> {
    let (method, version) = (method.as_bytes(), version.as_bytes());
    [method, b" ", uri, b" ", version, b"\r\nHost: localhost\r\n", headers, b"\r\n"].concat()
}

pub(crate) fn get(uri: impl AsRef<[u8]>, headers: impl AsRef<[u8]>) -> Vec<u8> {
    request("GET", uri.as_ref(), "HTTP/1.1", headers.as_ref())
}

/// The header for credentials `user:password`.
pub(crate) fn basic_auth(credentials: &[u8]) -> Vec<u8> {
    [b"Authorization: Basic ", base64(credentials).as_bytes(), b"\r\n"].concat()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let byte = |index: usize| usize::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let missing = digit > group.len();
            let digit = DIGITS[bits >> (18 - 6 * digit) & 63];
            text.push(if missing { '=' } else { char::from(digit) });
        }
    }
    text
}

fn ordinary() -> Vec<Vec<u8>> {
    let curl = "User-Agent: curl/7.88.1\r\nAccept: */*\r\n";
    let browser = "Referer: https://example.com/a?b=c\r\n\
        User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n";
    vec![
        get("/", curl),
        get("/index.html?q=1", browser),
        get("/", ""),
        get("/missing", browser),
        get("/dir", browser), // 301 to /dir/
        get("/dir/", browser),
        get("/", "Range: bytes=0-1\r\n"),
        get("/", "Range: bytes=99-\r\n"),
        get("http://example.com/x?y", curl),
        request("HEAD", b"/", "HTTP/1.1", curl.as_bytes()),
        request("OPTIONS", b"*", "HTTP/1.1", curl.as_bytes()),
        request("CONNECT", b"localhost:443", "HTTP/1.1", curl.as_bytes()),
        request("POST", b"/", "HTTP/1.1", b"Content-Length: 0\r\n"),
        [request("POST", b"/", "HTTP/1.1", b"Content-Length: 3\r\n"), b"abc".to_vec()].concat(),
        [request("POST", b"/", "HTTP/1.1", b"Content-Length: 3000\r\n"), vec![b'a'; 3000]].concat(),
        request("GET", b"/", "HTTP/1.0", b""),
        b"GET / HTTP/1.0\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(), // no host: 400
    ]
}

fn statuses() -> Vec<Vec<u8>> {
    // 444 closes the connection without an answer, 494 is nginx's own and logged as 400.
    let mut requests: Vec<_> = ["000", "204", "444", "494", "500", "502", "503", "599", "999"]
        .map(|status| get(format!("/status/{status}"), ""))
        .into();
    // Without a status line to send, the status that HTTP/0.9 has for "none" is 009.
    requests.push(b"GET /status/000\r\n".to_vec());
    // We say that no more will come, nginx takes it for a client that has gone: 499.
    requests.push(get("/slow", "User-Agent: impatient\r\n"));
    requests.push(get("/private", ""));
    requests
}

/// nginx logs the user that a client claims to be, on pages without passwords too. It ends at the
/// first colon, so a user cannot hold a whole time such as `[10/Oct/2000:00:00:00 +0000]`.
fn users() -> Vec<Vec<u8>> {
    let credentials: [&[u8]; 28] = [
        b"ann:secret",
        b"ann:wrong",
        b"a b:p",
        b"a [b] c:p",
        b"[:p",
        b"]:p",
        b" [] :p",
        b" ann :p",
        b" :p",
        b"   :p",
        b"-:p",
        b" - :p",
        b"quo\"te:p",
        b"back\\slash:p",
        b"back\\:p",
        b"\\x41:p",
        b":p", // no user
        b":",
        b"no colon",
        b"",
        "é:p".as_bytes(),
        b"\xe9:p",
        b"a\0b\nc\rd\te\x7f:p",
        b"x [10/Oct/2000:00:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\":p",
        b" [10/Oct/2000:p",
        b"x] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\":p",
        b"a - b [c:p",
        b"\xf0\x9f\x98\x80 [\xff]:p",
    ];
    let mut requests: Vec<_> = credentials.map(|credentials| get("/private", basic_auth(credentials))).into();
    requests.push(get("/", basic_auth(b"nobody [asked] me:p")));
    requests.push(get("/", basic_auth(&[&b"u".repeat(3000)[..], b":p"].concat())));
    requests.push(get("/", "Authorization: Basic not!base64\r\n"));
    requests.push(get("/", "Authorization: Bearer token\r\n"));
    requests
}

fn request_lines() -> Vec<Vec<u8>> {
    let targets: [&[u8]; 21] = [
        b"/a b c",
        b"/a  b ",
        b" / ",
        b"",
        b"/a HTTP/1.0",
        b"/quo\"te",
        b"/\"",
        b"/back\\slash",
        b"/back\\",
        b"/\\x41",
        b"/\\\"",
        b"/%41%22%e9",
        b"/%zz",
        b"/../..",
        b"/tab\ttab",
        b"/\x01\x1f",
        b"/nul\0nul",
        b"/\x7f",
        "/é/✓/😀".as_bytes(),
        b"/\xe9",
        b"/\xff\xfe?\xc3\xa9=\xed\xa0\x80",
    ];
    let lines: [&[u8]; 29] = [
        b"GET /\r\n", // HTTP/0.9
        b"GET /missing\r\n",
        b"GET /\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET / HTTP/x\r\n\r\n",
        b"GET / HTTP/\r\n\r\n",
        b"GET / http/1.1\r\n\r\n",
        b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",  // 200 in spite of the space
        b"GET  /  HTTP/1.1\r\nHost: a\r\n\r\n", // and of these
        b"GET / HTTP/1.1\rHost: a\r\r",
        b"GET\r\n",
        b"GET \r\n",
        b"GET  \r\n",
        b"GET HTTP/1.1\r\n\r\n",
        b"GET\t/\tHTTP/1.1\r\n\r\n",
        b" GET / HTTP/1.1\r\n\r\n",
        b" / HTTP/1.1\r\n\r\n",
        b" \r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"A-_B / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"G\"T / HTTP/1.1\r\n\r\n",
        b"\xc3\xa9 /\xe9 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\xe9\r\n\r\n",
        b"-\r\n",
        b"- - -\r\n\r\n",
        b"- - HTTP/1.1\r\n\r\n",
    ];
    let mut requests: Vec<_> = lines.map(<[u8]>::to_vec).into();
    requests.extend(targets.map(|target| get(target, "User-Agent: a\r\n")));
    requests
}

fn headers() -> Vec<Vec<u8>> {
    let values: [&[u8]; 35] = [
        b"",
        b"   ",
        b"-",
        b"--",
        b" lead and trail ",
        b"\"",
        b"\"\"",
        b"\"-\"",
        b"\\",
        b"\\\\",
        b"a\\",
        b"\\\"",
        b"\\x41",
        b"\\xE9",
        b"\\x",
        b"\\n",
        b"\" 200 5 \"-\" \"-",
        b"a\" b",
        b"tab\ttab",
        b"\t",
        b"\x01\x02\x1b[31m\x1f\x7f",
        b"\x0b\x0c\x08",
        b"nul\0nul",
        b"cr\rcr",
        b"\r",
        "é ✓ 😀".as_bytes(),
        b"\xe9",
        b"caf\xe9 \"\xc3\xa9\"",
        b"\xff\xfe",
        b"\xc3",
        b"\xc3\x28",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xc2\x80\xc2\x85\xc2\x9f",
        b"\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf",
    ];
    let mut requests = Vec::new();
    for value in values {
        requests.push(get("/", [b"User-Agent: ", value, b"\r\n"].concat()));
        requests.push(get("/", [b"Referer: ", value, b"\r\nUser-Agent: a\r\n"].concat()));
    }
    requests.push(get("/", "Referer:\r\nUser-Agent:\r\n"));
    requests.push(get("/", "Referer\r\nUser-Agent\r\n"));
    requests.push(get("/", "REFERER: r\r\nuser-agent: u\r\n"));
    requests.push(get("/", "User-Agent : a\r\n"));
    requests.push(get("/", "User-Agent: a\r\n folded\r\n"));
    requests.push(get("/", "User-Agent: a\r\nUser-Agent: b\r\nReferer: a\r\nReferer: b\r\n"));
    requests
}

/// nginx reads a line of at most 8 KiB by default: a longer request line is a 414, a longer header a
/// 400.
fn long() -> Vec<Vec<u8>> {
    let mut requests = Vec::new();
    for length in [1000, 8100, 8170, 8180, 8190, 8200, 20_000] {
        requests.push(get([b"/", &b"a".repeat(length)[..]].concat(), ""));
        requests.push(get([b"/", &b"\xe9".repeat(length)[..]].concat(), ""));
        requests.push(get("/", [b"User-Agent: ", &b"\"".repeat(length)[..], b"\r\n"].concat()));
    }
    let many = format!("X: {}\r\n", "x".repeat(7000)).repeat(8);
    requests.push(get("/", format!("User-Agent: a\r\n{many}")));
    requests
}

fn not_http() -> Vec<Vec<u8>> {
    let tls = b"\x16\x03\x01\x00\xc6\x01\x00\x00\xc2\x03\x03\"\\\x00\xff-& random bytes\x13\x02";
    let every_byte: Vec<u8> = (0..=255).collect();
    vec![
        Vec::new(), // nothing at all, and nothing logged
        b"\n".to_vec(),
        b"\r\n".to_vec(),
        b"\r\n\r\n".to_vec(),
        b"\r\n\r\n\r\n\r\n".to_vec(),
        tls.to_vec(),
        tls[..2].to_vec(),
        every_byte.clone(),
        [&b"GET "[..], &every_byte[14..], b"\r\n"].concat(),
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n".to_vec(),
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x01\x00\x02".into(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec(),
        b"{\"id\":1,\"method\":\"login\"}\n".to_vec(),
        b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00".to_vec(),
    ]
}

/// The connection ends before the request does.
fn cut_off() -> Vec<Vec<u8>> {
    vec![
        b"G".to_vec(),
        b"GET ".to_vec(),
        b"GET /cut".to_vec(),
        b"GET /cut\"\xe9".to_vec(),
        b"GET /cut HTTP/1.1".to_vec(),
        b"GET /cut HTTP/1.1\r\nUser-Agent: a\r\nReferer: b".to_vec(),
        request("POST", b"/slow", "HTTP/1.1", b"Content-Length: 100\r\n"),
    ]
}

/// Neither the request nor the connection ends, nginx gives up: 408.
fn never_finished() -> Vec<Vec<u8>> {
    vec![
        Vec::new(), // not logged
        b"\r\n".to_vec(),
        b"GET /unfinished".to_vec(),
        b"GET /unfinished HTTP/1.1\r\nUser-Agent: a\r\n".to_vec(),
        // nginx gives up on the upstream server instead: 504.
        get("/slow", "Connection: close\r\n"),
    ]
}

fn pipelined() -> Vec<Vec<u8>> {
    vec![
        [get("/", "User-Agent: 1\r\n"), get("/2", "User-Agent: 2\r\n"), get("/3", "")].concat(),
        [get("/", "User-Agent: 1\r\n"), b"\r\n\r\n".to_vec(), get("/2", "")].concat(),
        [get("/", "User-Agent: 1\r\n"), b"\x00junk\r\n".to_vec(), get("/3", "")].concat(),
    ]
}

fn over_http2() -> Vec<Vec<u8>> {
    let mut requests = Vec::new();
    for agent in [&b"agent"[..], b"", b"-", b" - ", b" ", b"\t\x01\x7f\"\\", "é".as_bytes(), b"\xe9"] {
        let auth = [b"Basic ", base64(b"h [2]:p").as_bytes()].concat();
        requests.push(http2::request(b"GET", b"/", &[(b"user-agent", agent)]));
        requests.push(http2::request(b"GET", b"/", &[(b"referer", agent)]));
        requests.push(http2::request(b"GET", b"/", &[(b"authorization", &auth)]));
    }
    for path in [&b"/a b"[..], b"/\"\\\xe9", "/é".as_bytes(), b"/\x01", b"", b"*", b"no-slash"] {
        requests.push(http2::request(b"GET", path, &[(b"user-agent", b"agent")]));
    }
    for method in [&b"get"[..], b"G ET", b"", b"CONNECT"] {
        requests.push(http2::request(method, b"/", &[(b"user-agent", b"agent")]));
    }
    // nginx closes the connection at once, and logs a request `-` with status 000.
    requests.push(http2::request(b"GET", b"/", &[(b"user-agent", b"agent"), (b"Capital", b"x")]));
    requests.push(b"not HTTP/2\r\n\r\n".to_vec());
    requests
}
