//! nginx's access log in the `combined` format.
//!
//! A busy shop with an API, as seen by nginx: browsers, crawlers, scripts and health checks from a
//! few thousand addresses, of which some come back often. One line in a thousand each is
//!
//! - malformed: cut off, without a time, binary junk, or from the error log;
//! - a TLS handshake on the plain port, `"\x16\x03\x01…" 400`, which is a valid record;
//! - a connection without a request, `"-" 400`, which is one as well.
//!
//! All other lines are ordinary requests. There are exactly 40 user agents, besides the `-` of the
//! two kinds of failed connection. A line has about 185 bytes.

mod malformed;

use self::malformed::Remains;
use crate::Summary;
use crate::clock::{Clock, Time};
use crate::decimal::push_decimal;
use crate::deck::Deck;
use crate::nginx_escape::push_escaped;
use crate::random::Random;
use crate::shop::client::{self, Client};
use crate::shop::exchange::{self, Answers, Method};
use crate::shop::referer::Referers;
use crate::shop::site::{Part, Site};
use crate::shop::text::Log;
use crate::user_agents::{USER_AGENTS, UserAgent};

/// Names that visitors have logged in with (HTTP basic authentication), as nginx logs them. Spaces
/// are not escaped, which makes the field hard to parse.
const USERS: [&str; 10] = [
    "alice",
    "bob",
    "deploy",
    "admin",
    "j.smith",
    "ops@example.com",
    "build-07",
    "Jane Doe",
    "backup job 3",
    "J\\xC3\\xBCrgen",
];

/// Returns a log of at least `bytes` bytes: whole records, of which the last one crosses the limit.
///
/// The same as [`Generator::write_lines`] on a new generator, which also counts the records.
#[must_use]
pub fn generate(seed: u64, bytes: usize) -> Vec<u8> {
    crate::generator::generate::<AccessLog>(seed, bytes)
}

/// A generator of this log.
pub type Generator = crate::Generator<AccessLog>;

/// nginx's access log, as the [module](self) says.
pub struct AccessLog {
    random: Random,
    clock: Clock,
    agents: Deck<&'static UserAgent>,
    clients: Deck<Client>,
    site: Site,
    referers: Referers,
    answers: Answers,
}

impl crate::Log for AccessLog {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let agents = Deck::weighted(USER_AGENTS.iter().map(|agent| (agent, agent.weight)));
        let clients = client::clients(&agents, &mut random);
        let site = Site::new(&mut random);
        Self { random, clock: Clock::new(), agents, clients, site, referers: Referers::new(), answers: Answers::new() }
    }

    fn write_record(&mut self, out: &mut Vec<u8>) -> Summary {
        self.clock.advance(&mut self.random);
        let mut malformed = 0;
        match self.random.below(1000) {
            0 => {
                self.push_malformed(out);
                malformed = 1;
            }
            1 => self.push_tls_handshake(out),
            2 => self.push_connection_without_request(out),
            _ => self.push_request(out),
        }
        out.push(b'\n');
        Summary { lines: 1, records: 1, malformed, ..Summary::default() }
    }
}

impl AccessLog {
    fn push_request(&mut self, out: &mut Vec<u8>) {
        let time = self.time();
        let random = &mut self.random;
        let client = self.clients.draw(random);
        // Several people share an address, and one person has several programs.
        let agent = if random.one_in(8) { *self.agents.draw(random) } else { client.agent };
        let part = Site::choose_part(agent.behaviour, random);
        let method = Method::choose(part, random);
        let target = self.site.draw(part, random);
        let answer = self.answers.choose(method, part, target.size, random);
        let user = if random.one_in(100) { *random.pick(&USERS) } else { "-" };

        push_start(out, &client.address, user, time);
        out.extend_from_slice(method.as_str().as_bytes());
        out.push(b' ');
        target.push(out, Log::Access, random);
        out.push(b' ');
        out.extend_from_slice(exchange::choose_protocol(agent.behaviour, random).as_bytes());
        out.extend_from_slice(b"\" ");
        push_decimal(out, u64::from(answer.status));
        out.push(b' ');
        push_decimal(out, answer.size);
        out.extend_from_slice(b" \"");
        if !self.referers.push(out, Log::Access, agent.behaviour, part, &self.site, random) {
            out.push(b'-');
        }
        out.extend_from_slice(b"\" \"");
        out.extend_from_slice(agent.text.as_bytes());
        out.push(b'"');
    }

    fn push_tls_handshake(&mut self, out: &mut Vec<u8>) {
        // Handshake record, TLS 1.0 for compatibility, 512 bytes; ClientHello of 508 bytes, TLS 1.2.
        const CLIENT_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
        let time = self.time();
        let random = &mut self.random;
        push_start(out, &self.clients.draw(random).address, "-", time);
        push_escaped(out, CLIENT_HELLO);
        // nginx logs what it has read up to something like the end of a line, which is anywhere.
        for _ in 0..random.between(0, 64) {
            push_escaped(out, &[random.byte()]);
        }
        out.extend_from_slice(b"\" 400 150 \"-\" \"-\"");
    }

    fn push_connection_without_request(&mut self, out: &mut Vec<u8>) {
        let time = self.time();
        push_start(out, &self.clients.draw(&mut self.random).address, "-", time);
        out.extend_from_slice(b"-\" 400 0 \"-\" \"-\"");
    }

    fn push_malformed(&mut self, out: &mut Vec<u8>) {
        let time = self.time();
        let random = &mut self.random;
        let client = self.clients.draw(random);
        let mut target = Vec::new();
        self.site.draw(Part::Page, random).push(&mut target, Log::Access, random);
        let remains = Remains { client: &client.address, time, target: &target, agent: client.agent.text };
        malformed::push_malformed(out, &remains, random);
    }

    /// The time of a line. Workers write their buffers one after the other, so that now and then a
    /// line is a little older than the one before it.
    fn time(&mut self) -> Time {
        let now = self.clock.now();
        if self.random.one_in(100) { now.one_second_earlier() } else { now }
    }
}

/// Appends everything up to the request: `203.0.113.9 - alice [06/Nov/2025:10:30:15 +0000] "`.
fn push_start(out: &mut Vec<u8>, address: &str, user: &str, time: Time) {
    out.extend_from_slice(address.as_bytes());
    out.extend_from_slice(b" - ");
    out.extend_from_slice(user.as_bytes());
    out.extend_from_slice(b" [");
    time.push_access_log(out);
    out.extend_from_slice(b"] \"");
}
