//! nginx's error log.
//!
//! That of the shop whose access log is in [`access`](crate::access), at the level `info`: files
//! that are not there, upstreams that are slow or down, clients that are too fast, failed
//! handshakes. Of a hundred records
//!
//! - six are about no request and no client: nginx itself, and idle connections;
//! - seven are about a connection that never came to a request;
//! - one is text from PHP, of several lines.
//!
//! What clients send is logged as it came, so there are quotes inside of quotes, and bytes that are
//! no UTF-8. No record is malformed. A record has about 280 bytes, never more than 2048, where nginx
//! cuts it.

mod context;
mod events;
mod missing;
mod php;

use self::context::Visits;
use self::events::{About, EVENTS, Event};
use crate::clock::Clock;
use crate::decimal::push_decimal;
use crate::deck::Deck;
use crate::random::Random;
use crate::template::Template;
use crate::{Log, Summary};

/// The process that reads the configuration and starts the others.
const MASTER: u64 = 1187;
const WORKERS: u64 = 8;

/// Returns a log of at least `bytes` bytes: whole records, of which the last one crosses the limit.
///
/// The same as [`Generator::write_lines`] on a new generator, which also counts the records.
#[must_use]
pub fn generate(seed: u64, bytes: usize) -> Vec<u8> {
    crate::generator::generate::<NginxErrorLog>(seed, bytes)
}

/// A generator of this log.
pub type Generator = crate::Generator<NginxErrorLog>;

/// nginx's error log, as the [module](self) says.
pub struct NginxErrorLog {
    random: Random,
    clock: Clock,
    events: Deck<(&'static Event, Template)>,
    visits: Visits,
    /// The newest connection's number.
    connection: u64,
}

impl Log for NginxErrorLog {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let events = EVENTS.iter().chain(&php::EVENTS);
        let events = events.map(|event| ((event, Template::new(event.message)), event.weight));
        Self {
            events: Deck::weighted(events),
            visits: Visits::new(&mut random),
            connection: random.below(1_000_000),
            random,
            clock: Clock::new(),
        }
    }

    fn write_record(&mut self, out: &mut Vec<u8>) -> Summary {
        let start = out.len();
        let random = &mut self.random;
        self.clock.advance(random);
        let (event, message) = self.events.draw(random);
        let process = if event.about == About::Master { MASTER } else { MASTER + random.between(1, WORKERS) };

        self.clock.now().push_error_log(out);
        out.extend_from_slice(b" [");
        out.extend_from_slice(event.level.as_bytes());
        out.extend_from_slice(b"] ");
        push_decimal(out, process);
        out.push(b'#');
        // The thread's number is that of its process, which has only this one.
        push_decimal(out, process);
        out.extend_from_slice(b": ");
        if !matches!(event.about, About::Master | About::Worker) {
            self.connection += random.below(6);
            // Connections are kept open, and requests take their time.
            let connection = self.connection.saturating_sub(random.below(200));
            out.push(b'*');
            push_decimal(out, connection);
            out.push(b' ');
        }
        match event.about {
            About::Master | About::Worker => message.push(out, random),
            About::Idle => self.visits.push_idle(out, message, random),
            About::Handshake => self.visits.push_handshake(out, message, random),
            About::Garbage => self.visits.push_garbage(out, message, random),
            About::Request(asked, via) => self.visits.push_request(out, message, asked, via, random),
        }
        out.push(b'\n');
        Summary::of_record(&out[start..])
    }
}
