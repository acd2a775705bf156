//! Runs a pipeline for months.
#![deny(missing_docs)]

mod figures;
mod health;
pub mod http;
mod journal;
mod metrics;
mod process;
mod severity;
mod signals;
mod totals;

pub use journal::Log;
pub use signals::Signal;
