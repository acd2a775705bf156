//! Runs that follow files: what comes out, and that another run goes on where one was stopped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod checkpoints;
mod harness;
mod records;
mod stops;
