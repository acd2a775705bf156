//! JSON lines, as pino and structlog write them.
//!
//! The API of a busy shop. Every line is one object with the same eight members in the same order:
//!
//! ```json
//! {"time":"2025-11-06T10:30:15.123Z","level":"info","logger":"shop.orders","msg":"order placed",
//!  "request_id":"0b8f…","duration":0.012345,"status":201,"http":{"method":"POST","path":"/api/v1/orders", …}}
//! ```
//!
//! One line in twenty-five has escapes: `\"`, `\\`, `\n`, `\u00fc`, a pair of surrogates; one in
//! thirty has UTF-8 outside ASCII as it is. No line is malformed. A line has about 310 bytes.

mod events;
mod routes;

use self::events::{EVENTS, Event};
use self::routes::{ROUTES, Route};
use crate::clock::Clock;
use crate::decimal::{push_decimal, push_seconds};
use crate::deck::Deck;
use crate::random::Random;
use crate::template::Template;
use crate::values::{push_address, push_uuid};
use crate::{Log, Summary};

/// Returns a log of at least `bytes` bytes: whole records, of which the last one crosses the limit.
///
/// The same as [`Generator::write_lines`] on a new generator, which also counts the records.
#[must_use]
pub fn generate(seed: u64, bytes: usize) -> Vec<u8> {
    crate::generator::generate::<JsonLines>(seed, bytes)
}

/// A generator of this log.
pub type Generator = crate::Generator<JsonLines>;

/// JSON lines, as the [module](self) says.
pub struct JsonLines {
    random: Random,
    clock: Clock,
    events: Deck<(&'static Event, Template)>,
    routes: Deck<(&'static Route, Template)>,
}

impl Log for JsonLines {
    fn new(seed: u64) -> Self {
        let events = EVENTS.iter().map(|event| ((event, Template::new(event.message)), event.weight));
        let routes = ROUTES.iter().map(|route| ((route, Template::new(route.path)), route.weight));
        Self {
            random: Random::new(seed),
            clock: Clock::new(),
            events: Deck::weighted(events),
            routes: Deck::weighted(routes),
        }
    }

    fn write_record(&mut self, out: &mut Vec<u8>) -> Summary {
        let start = out.len();
        let random = &mut self.random;
        self.clock.advance(random);
        let (event, message) = self.events.draw(random);
        let (route, path) = self.routes.draw(random);
        let status = *random.pick(event.statuses);
        let bytes = if matches!(status, 204 | 304) { 0 } else { random.magnitude(5, 16) };

        out.extend_from_slice(b"{\"time\":\"");
        self.clock.now().push_iso_8601(out);
        push_texts(out, ["\",\"level\":\"", event.level, "\",\"logger\":\"", event.logger, "\",\"msg\":\""]);
        message.push(out, random);
        push_texts(out, ["\",\"request_id\":\""]);
        push_uuid(out, random);
        push_texts(out, ["\",\"duration\":"]);
        push_seconds(out, random.magnitude(7, 22));
        push_texts(out, [",\"status\":"]);
        push_decimal(out, status);
        push_texts(out, [",\"http\":{\"method\":\"", route.method, "\",\"path\":\""]);
        path.push(out, random);
        push_texts(out, ["\",\"client\":\""]);
        push_address(out, random);
        push_texts(out, ["\",\"bytes\":"]);
        push_decimal(out, bytes);
        push_texts(out, ["}}\n"]);
        Summary::of_record(&out[start..])
    }
}

fn push_texts<const COUNT: usize>(out: &mut Vec<u8>, texts: [&str; COUNT]) {
    for text in texts {
        out.extend_from_slice(text.as_bytes());
    }
}
