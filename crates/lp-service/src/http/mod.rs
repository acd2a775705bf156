//! A small HTTP server for a scraper and for probes: `GET` and `HEAD` of a few short texts, one request a connection.
//!
//! It is one thread that waits for all its connections at once, so that no client can hold up another one, however slowly it
//! sends or reads. Every bound is on the whole: the bytes of a request's head, the time from its first byte to its last and that
//! of the answer, the number of connections, and the bytes of answers that nobody takes.

mod connection;
mod request;
mod response;
mod server;
#[cfg(test)]
mod tests;

pub use request::Request;
pub use response::{Response, Status};
pub use server::{Limits, Server};
