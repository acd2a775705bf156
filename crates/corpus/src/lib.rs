//! Deterministic, realistic logs for benchmarks and tests.
//!
//! The same seed gives the same bytes on every machine and in every build, so a corpus need not be
//! stored: a benchmark or a test names its seed and size and gets the log. To keep that promise the
//! crate has its own random numbers, uses no floating point and looks at no clock.
//!
//! Each log format is a module of its own, whose [`Log`] a [`Generator`] writes:
//!
//! - [`access`]: nginx's access log in the `combined` format;
//! - [`nginx_error`]: nginx's error log;
//! - [`python`]: the log of a Python service, with tracebacks;
//! - [`json_lines`]: JSON objects, one a line.

#![deny(missing_docs)]

pub mod access;
pub mod json_lines;
pub mod nginx_error;
pub mod python;

mod clock;
mod decimal;
mod deck;
mod generator;
mod nginx_escape;
mod random;
mod shop;
mod summary;
mod template;
mod user_agents;
mod values;
mod words;

pub use generator::{Generator, Log};
pub use random::Random;
pub use summary::Summary;
