//! The log of a Python service, in the format `%(asctime)s - %(levelname)s - %(message)s`.
//!
//! The back end of a busy shop: web requests by Django and Flask, background tasks by Celery, and
//! the libraries below them. Of a thousand records
//!
//! - five end with a traceback: of application and library frames, from a Python that points at the
//!   place by `^^^^` or an older one, a quarter of them chained;
//! - three have a message of several lines, blank ones among them;
//! - all others are one line.
//!
//! No record is malformed. A line has about 103 bytes, a record about 119.

mod calls;
mod messages;
mod traceback;

use self::messages::{Level, Messages};
use self::traceback::Tracebacks;
use crate::clock::Clock;
use crate::random::Random;
use crate::{Log, Summary};

/// Returns a log of at least `bytes` bytes: whole records, of which the last one crosses the limit.
///
/// The same as [`Generator::write_lines`] on a new generator, which also counts the records.
#[must_use]
pub fn generate(seed: u64, bytes: usize) -> Vec<u8> {
    crate::generator::generate::<PythonLog>(seed, bytes)
}

/// A generator of this log.
pub type Generator = crate::Generator<PythonLog>;

/// The log of a Python service, as the [module](self) says.
pub struct PythonLog {
    random: Random,
    clock: Clock,
    messages: Messages,
    tracebacks: Tracebacks,
}

impl Log for PythonLog {
    fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            clock: Clock::new(),
            messages: Messages::new(),
            tracebacks: Tracebacks::new(),
        }
    }

    fn write_record(&mut self, out: &mut Vec<u8>) -> Summary {
        self.clock.advance(&mut self.random);
        let start = out.len();
        let mut tracebacks = 0;
        match self.random.below(1000) {
            0..5 => {
                self.push_failure(out);
                tracebacks = 1;
            }
            5..8 => {
                let level = Level::of_long_message(&mut self.random);
                self.push_start(out, level);
                self.messages.push_long(out, &mut self.random);
            }
            _ => {
                let level = Level::choose(&mut self.random);
                self.push_start(out, level);
                self.messages.push(out, level, &mut self.random);
            }
        }
        out.push(b'\n');
        Summary { tracebacks, ..Summary::of_record(&out[start..]) }
    }
}

impl PythonLog {
    /// Appends a record with a traceback.
    fn push_failure(&mut self, out: &mut Vec<u8>) {
        let level = Level::of_failure(&mut self.random);
        self.push_start(out, level);
        if self.random.one_in(20) {
            // `logger.error(traceback.format_exc())`: the traceback is the message, and ends with a
            // newline of its own.
            self.tracebacks.push(out, &mut self.random);
            out.push(b'\n');
        } else {
            self.messages.push_failure(out, &mut self.random);
            out.push(b'\n');
            self.tracebacks.push(out, &mut self.random);
        }
    }

    /// Appends everything up to the message: `2025-11-06 10:30:15,123 - INFO - `.
    fn push_start(&self, out: &mut Vec<u8>, level: Level) {
        self.clock.now().push_python(out);
        out.extend_from_slice(b" - ");
        out.extend_from_slice(level.as_str().as_bytes());
        out.extend_from_slice(b" - ");
    }
}
