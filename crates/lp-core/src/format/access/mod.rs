//! The access logs of nginx and Apache: combined and common.
//!
//! # How a line is read
//!
//! There are two parsers. `careful` goes through a line from left to right, knows every oddity, and is the definition
//! of right. `ordinary` reads the lines that nearly every line is: it takes the positions of the quotes and the line
//! feed from an index that was made for many lines at once, finds everything else at a known distance from a quote,
//! and checks the bytes it relied on. If any is not as expected it has written nothing, and the careful parser takes
//! that line. So the fast parser never decides what a line means; it must equal the careful one on every line that it
//! accepts, and the tests and fuzzers hold it to that.

mod careful;
mod ordinary;

use std::ops::Range;

use crate::batch::Batch;
use crate::format::Format;
use crate::lines::{Lines, trim_carriage_return};
use crate::scan::{Kernel, Level, Vector, WINDOW};
use crate::schema::{Field, FieldDef, Kind, Schema};
use ordinary::{MinuteCache, Ordinary};

/// `client_ip`: the first word; an address, `unix:`, a host name, or a list of them separated by comma and space.
pub const CLIENT_IP: Field = Field::new(0);
/// `user`: who logged in, as the client said; may hold spaces and brackets.
pub const USER: Field = Field::new(1);
/// `method` of a request of the shape `METHOD target HTTP/x`.
pub const METHOD: Field = Field::new(2);
/// `path`: the request target as it was sent, query included.
pub const PATH: Field = Field::new(3);
/// `protocol`, such as `HTTP/1.1`.
pub const PROTOCOL: Field = Field::new(4);
/// `request`: the whole request text where it is not of the shape `METHOD target HTTP/x`.
pub const REQUEST: Field = Field::new(5);
/// `status_code`: the three digits, as a number.
pub const STATUS_CODE: Field = Field::new(6);
/// `response_size`: bytes of the response's body.
pub const RESPONSE_SIZE: Field = Field::new(7);
/// `referer` (combined only).
pub const REFERER: Field = Field::new(8);
/// `user_agent` (combined only).
pub const USER_AGENT: Field = Field::new(9);
/// `extra` of combined: what follows the user agent, without one leading space.
pub const EXTRA: Field = Field::new(10);
/// `extra` of common: what follows the size, without one leading space.
pub const COMMON_EXTRA: Field = Field::new(8);

static COMBINED_FIELDS: [FieldDef; 11] = [
    FieldDef::required("client_ip", Kind::Text),
    FieldDef::required("user", Kind::Text),
    FieldDef::required("method", Kind::Text),
    FieldDef::required("path", Kind::Text),
    FieldDef::required("protocol", Kind::Text),
    FieldDef::optional("request", Kind::Text),
    FieldDef::required("status_code", Kind::Integer),
    FieldDef::required("response_size", Kind::Integer),
    FieldDef::required("referer", Kind::Text),
    FieldDef::required("user_agent", Kind::Text),
    FieldDef::optional("extra", Kind::Verbatim),
];

static COMMON_FIELDS: [FieldDef; 9] = [
    FieldDef::required("client_ip", Kind::Text),
    FieldDef::required("user", Kind::Text),
    FieldDef::required("method", Kind::Text),
    FieldDef::required("path", Kind::Text),
    FieldDef::required("protocol", Kind::Text),
    FieldDef::optional("request", Kind::Text),
    FieldDef::required("status_code", Kind::Integer),
    FieldDef::required("response_size", Kind::Integer),
    FieldDef::optional("extra", Kind::Verbatim),
];

static COMBINED_SCHEMA: Schema = Schema::from_static(&COMBINED_FIELDS);
static COMMON_SCHEMA: Schema = Schema::from_static(&COMMON_FIELDS);

/// What follows the response size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Layout {
    /// Referer and user agent, quoted, then perhaps something extra.
    Combined,
    /// Perhaps something extra.
    Common,
}

/// An access log of nginx (`combined`, its default) or Apache (`combined`, `common`).
///
/// The grammar is that of nginx's [`log_format combined`] and Apache's [`LogFormat`], with the escaping of either.
///
/// [`log_format combined`]: https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format
/// [`LogFormat`]: https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#formats
#[derive(Clone, Copy, Debug)]
pub struct Access {
    layout: Layout,
    parser: Parser,
}

#[derive(Clone, Copy, Debug)]
enum Parser {
    /// The fast path, with the careful parser for what it does not accept.
    Fast(Level),
    /// The careful parser for every line.
    Careful,
}

impl Access {
    /// `client ident user [time] "request" status size "referer" "user agent"`, and perhaps something extra.
    #[must_use]
    pub fn combined() -> Self {
        Self { layout: Layout::Combined, parser: Parser::Fast(Level::best()) }
    }

    /// `client ident user [time] "request" status size`, and perhaps something extra.
    #[must_use]
    pub fn common() -> Self {
        Self { layout: Layout::Common, parser: Parser::Fast(Level::best()) }
    }

    /// With other instructions than the best that the machine has. The records are the same.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        Self { parser: Parser::Fast(level), ..self }
    }

    /// Without the fast path. The records are the same; tests hold the fast path against this.
    #[must_use]
    pub fn careful(self) -> Self {
        Self { parser: Parser::Careful, ..self }
    }
}

impl Format for Access {
    fn schema(&self) -> &Schema {
        match self.layout {
            Layout::Combined => &COMBINED_SCHEMA,
            Layout::Common => &COMMON_SCHEMA,
        }
    }

    fn parse(&self, input: &[u8], batch: &mut Batch) -> usize {
        batch.begin(self.schema());
        // Only the careful parser says where the times stand.
        let parser = if batch.keeps_time_places() { Parser::Careful } else { self.parser };
        match (parser, self.layout) {
            (Parser::Fast(level), Layout::Combined) => level.run(Walk::<true> { input, batch }),
            (Parser::Fast(level), Layout::Common) => level.run(Walk::<false> { input, batch }),
            (Parser::Careful, layout) => {
                let mut lines = Lines::new(input);
                while !batch.is_full()
                    && let Some(line) = lines.next()
                {
                    careful::parse(layout, input, line, batch);
                }
                lines.position()
            }
        }
    }

    /// Whether the line has all that stands before the request.
    fn starts_record(&self, line: &[u8]) -> bool {
        careful::begins(line)
    }
}

/// The walk over an input, window by window: index the structural bytes, then go through the lines of the index.
struct Walk<'a, 'b, const COMBINED: bool> {
    input: &'a [u8],
    batch: &'b mut Batch,
}

impl<const COMBINED: bool> Kernel for Walk<'_, '_, COMBINED> {
    /// The bytes of the lines that were parsed.
    type Output = usize;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> usize {
        let Self { input, batch } = self;
        let layout = if COMBINED { Layout::Combined } else { Layout::Common };
        // The index is taken out of the batch so that both can be written to.
        let mut index = std::mem::take(&mut batch.index);
        let mut minute = MinuteCache::new();
        let limit = batch.limit();
        let mut start = 0;
        while start < input.len() && !batch.is_full() {
            let window = &input[start..input.len().min(start + WINDOW)];
            let structure = index.fill(vector, window, b'"', b'\n');
            let positions = structure.positions;
            let mut ordinary =
                Ordinary { vector, input, window: start, structure, minute: &mut minute, unusual: 0, limit };
            let mut line = start;
            let mut next = 0;
            while next < positions.len() && !batch.is_full() {
                // The next window is fetched while this one is walked, about as many bytes a line as a line has.
                for ahead in [0, 64, 128] {
                    vector.prefetch(input, line + WINDOW + ahead);
                }
                if let Some(used) = ordinary.parse::<COMBINED>(line, next, batch) {
                    line = start + positions[next + used - 1] as usize + 1;
                    next += used;
                    continue;
                }
                // Not ordinary: the line ends at the next line feed of the index, if the window holds it.
                let is_line_feed = |&at: &u32| window.get(at as usize) == Some(&b'\n');
                let Some(length) = positions[next..].iter().position(is_line_feed) else { break };
                let line_feed = start + positions[next + length] as usize;
                careful::parse(layout, input, content(input, line, line_feed), batch);
                line = line_feed + 1;
                next += length + 1;
            }
            if line == start {
                // The line is longer than the window, or the last one and without a line feed.
                let mut rest = Lines::starting_at(input, start);
                if let Some(range) = rest.next() {
                    careful::parse(layout, input, range, batch);
                }
                line = rest.position();
            }
            start = line;
        }
        batch.index = index;
        start
    }
}

fn content(input: &[u8], start: usize, line_feed: usize) -> Range<usize> {
    start..trim_carriage_return(input, start, line_feed)
}
