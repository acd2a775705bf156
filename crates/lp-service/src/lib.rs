//! Runs a configuration for months: metrics and health over HTTP, signals, reloads.
//!
//! [`run`](run()) is the whole of it for a configuration that follows files; a [`Monitor`] is for one whose sources end. They say
//! what happens to a [`Log`], and print nothing themselves.
//!
//! - `/metrics` is for Prometheus; `/livez`, `/readyz` and `/healthz` are for probes and for people. Whoever asks never keeps the
//!   run waiting.
//! - `SIGTERM` and `SIGINT` stop the service once what has been read is written; a second one ends it at once. `SIGHUP` has the
//!   configuration read again: all of it is put in place, or nothing.

#![deny(missing_docs)]

mod call;
mod configuration;
mod endpoints;
mod error;
mod figures;
mod health;
pub mod http;
mod journal;
mod metrics;
mod monitor;
mod outputs;
mod place;
mod process;
mod service;
mod severity;
mod signals;
mod totals;
mod watch;

pub use configuration::{Configuration, ConfigurationError};
pub use error::ServiceError;
pub use journal::Log;
pub use monitor::Monitor;
pub use service::{Ended, run};
pub use signals::{HeldHangUps, Signal};
