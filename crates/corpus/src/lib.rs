//! Deterministic, realistic logs for benchmarks and tests.
//!
//! The same seed gives the same bytes on every machine and in every build, so a corpus need not be
//! stored: a benchmark or a test names its seed and size and gets the log. To keep that promise the
//! crate has its own random numbers, uses no floating point and looks at no clock.
//!
//! Each log format is a module of its own; [`access`] is nginx's `combined` format.

#![deny(missing_docs)]

pub mod access;

mod clock;
mod decimal;
mod deck;
mod nginx_escape;
mod random;
mod summary;
mod user_agents;

pub use summary::Summary;
