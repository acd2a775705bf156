//! What nginx has to say.

/// A message with its share of the records, in hundredths of a percent.
pub(super) struct Event {
    pub(super) weight: u32,
    pub(super) level: &'static str,
    /// A template, in which the file of a request, or the client of an idle connection, is given.
    pub(super) message: &'static str,
    pub(super) about: About,
}

/// What an event is about, which decides the context behind the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The master process.
    Master,
    /// A worker process, but no connection.
    Worker,
    /// A connection between two requests, which has no context.
    Idle,
    /// A connection before its first request.
    Handshake,
    /// Bytes that are no request.
    Garbage,
    Request(Asked, Via),
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    MissingFile,
    Directory,
    Page,
    Api,
    Attack,
}

/// Who was to answer a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    /// nginx.
    Itself,
    /// A server behind it.
    Http,
    /// A group of servers, of which none is left.
    Group,
    /// A server that is asked first, in a subrequest, whether the client may.
    Auth,
    /// PHP.
    FastCgi,
}

pub(super) const fn event(weight: u32, level: &'static str, about: About, message: &'static str) -> Event {
    Event { weight, level, message, about }
}

use About::{Garbage, Handshake, Idle, Master, Request, Worker};
use Asked::{Api, Attack, Directory, MissingFile, Page};
use Via::{Auth, Group, Http, Itself};

/// All but those of PHP.
#[rustfmt::skip] // A table reads better with one entry a line.
pub(super) const EVENTS: [Event; 62] = [
    event(2810, "error", Request(MissingFile, Itself), r#"open() "{given}" failed (2: No such file or directory)"#),
    event(120, "error", Request(MissingFile, Itself), r#"open() "{given}" failed (13: Permission denied)"#),
    event(40, "error", Request(MissingFile, Itself), r#"open() "{given}/" failed (20: Not a directory)"#),
    event(20, "crit", Request(MissingFile, Itself), r#"stat() "{given}" failed (13: Permission denied)"#),
    event(350, "error", Request(Directory, Itself), r#""{given}index.html" is not found (2: No such file or directory)"#),
    event(200, "error", Request(Directory, Itself), r#"directory index of "{given}" is forbidden"#),
    event(400, "error", Request(Attack, Itself), "access forbidden by rule"),
    event(350, "error", Request(Page, Itself), r#"limiting requests, excess: {20..40}.{100..999} by zone "perip""#),
    event(200, "error", Request(Api, Itself), r#"limiting requests, excess: {5..10}.{100..999} by zone "api""#),
    event(300, "warn", Request(Api, Itself), r#"delaying request, excess: {0..4}.{100..999}, by zone "api""#),
    event(100, "error", Request(Page, Itself), r#"limiting connections by zone "addr""#),
    event(120, "error", Request(Api, Itself), "client intended to send too large body: {10485761..90000000} bytes"),
    event(150, "warn", Request(Api, Itself), "a client request body is buffered to a temporary file /var/lib/nginx/body/00000{10000..99999}"),
    event(90, "error", Request(Page, Itself), r#"user "{name}": password mismatch"#),
    event(50, "error", Request(Page, Itself), r#"user "{name}" was not found in "/etc/nginx/.htpasswd""#),
    event(20, "error", Request(Page, Itself), r#"rewrite or internal redirection cycle while internally redirecting to "/index.html""#),

    event(600, "error", Request(Api, Http), "upstream timed out (110: Connection timed out) while reading response header from upstream"),
    event(300, "error", Request(Page, Http), "upstream timed out (110: Connection timed out) while reading response header from upstream"),
    event(150, "error", Request(Api, Http), "upstream timed out (110: Connection timed out) while connecting to upstream"),
    event(40, "error", Request(Page, Http), "upstream timed out (110: Connection timed out) while reading upstream"),
    event(400, "error", Request(Api, Http), "connect() failed (111: Connection refused) while connecting to upstream"),
    event(250, "error", Request(Page, Http), "connect() failed (111: Connection refused) while connecting to upstream"),
    event(60, "error", Request(Api, Http), "connect() failed (113: No route to host) while connecting to upstream"),
    event(100, "error", Request(Api, Auth), "connect() failed (111: Connection refused) while connecting to upstream"),
    event(40, "error", Request(Api, Itself), "auth request unexpected status: {500|502|504} while sending to client"),
    event(300, "error", Request(Api, Http), "upstream prematurely closed connection while reading response header from upstream"),
    event(40, "error", Request(Page, Http), "upstream prematurely closed connection while reading upstream"),
    event(200, "error", Request(Api, Http), "recv() failed (104: Connection reset by peer) while reading response header from upstream"),
    event(40, "error", Request(Page, Http), "upstream sent too big header while reading response header from upstream"),
    event(120, "warn", Request(Page, Http), "an upstream response is buffered to a temporary file /var/lib/nginx/proxy/{0..9}/{10..99}/00000{10000..99999} while reading upstream"),
    event(80, "warn", Request(Api, Http), "upstream server temporarily disabled while connecting to upstream"),
    event(100, "info", Request(Api, Http), "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too while sending request to upstream"),
    event(160, "error", Request(Api, Group), "no live upstreams while connecting to upstream"),

    event(220, "crit", Handshake, "SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking"),
    event(120, "info", Handshake, "SSL_do_handshake() failed (SSL: error:0A000102:SSL routines::unsupported protocol) while SSL handshaking"),
    event(50, "info", Handshake, "SSL_do_handshake() failed (SSL: error:0A0000C1:SSL routines::no shared cipher) while SSL handshaking"),
    event(30, "crit", Handshake, "SSL_do_handshake() failed (SSL: error:0A000076:SSL routines::no suitable signature algorithm) while SSL handshaking"),
    event(120, "info", Handshake, "peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking"),
    event(120, "info", Handshake, "client timed out (110: Connection timed out) while waiting for request"),
    event(40, "info", Garbage, "client sent invalid method while reading client request line"),

    event(120, "info", Idle, "client {given} closed keepalive connection"),
    event(40, "info", Idle, "client {given} closed keepalive connection (104: Connection reset by peer)"),

    event(30, "notice", Master, "signal 1 (SIGHUP) received from {800..32000}, reconfiguring"),
    event(30, "notice", Master, "reconfiguring"),
    event(10, "notice", Master, r#"using the "epoll" event method"#),
    event(10, "notice", Master, "start worker processes"),
    event(80, "notice", Master, "start worker process {1188..32000}"),
    event(50, "notice", Master, "signal 17 (SIGCHLD) received from {1188..32000}"),
    event(50, "notice", Master, "worker process {1188..32000} exited with code 0"),
    event(20, "notice", Master, "signal 29 (SIGIO) received"),
    event(10, "notice", Master, "signal 10 (SIGUSR1) received from {800..32000}, reopening logs"),
    event(5, "notice", Master, "nginx/1.26.{0..3}"),
    event(5, "notice", Master, "getrlimit(RLIMIT_NOFILE): 1024:524288"),
    event(5, "alert", Master, "worker process {1188..32000} exited on signal {6|9|11}"),
    event(10, "warn", Master, r#"conflicting server name "{shop|www|api}.example.com" on 0.0.0.0:80, ignored"#),
    event(3, "emerg", Master, "bind() to 0.0.0.0:{80|443} failed (98: Address already in use)"),
    event(2, "emerg", Master, r#"host not found in upstream "{word}.internal:8080" in /etc/nginx/conf.d/shop.conf:{3..90}"#),
    event(40, "notice", Worker, "gracefully shutting down"),
    event(30, "notice", Worker, "exiting"),
    event(30, "notice", Worker, "exit"),
    event(15, "alert", Worker, "{512|768|1024} worker_connections are not enough"),
    event(5, "error", Worker, r#"OCSP responder timed out (110: Connection timed out) while requesting certificate status, responder: r{10|11}.o.lencr.org, peer: {address}:80, certificate: "/etc/letsencrypt/live/example.com/fullchain.pem""#),
];

#[cfg(test)]
mod tests {
    use super::EVENTS;
    use crate::nginx_error::php;

    #[test]
    fn weights_are_hundredths_of_a_percent() {
        let weights = EVENTS.iter().chain(&php::EVENTS).map(|event| event.weight);
        assert_eq!(weights.sum::<u32>(), 10_000);
    }

    #[test]
    fn levels_are_those_of_nginx() {
        const LEVELS: [&str; 8] = ["debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"];
        assert!(EVENTS.iter().chain(&php::EVENTS).all(|event| LEVELS.contains(&event.level)));
    }
}
