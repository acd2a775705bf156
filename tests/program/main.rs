//! The program from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cases;
mod clock;
mod command_line;
mod faults;
mod following;
mod http;
mod library;
mod log_formats;
mod lp;
mod nginx;
mod python_logging;
mod reload;
mod rotators;
mod scripts;
mod service;
mod sidecars;
mod stopping;
mod summary;
mod table;
mod tail;
#[cfg(unix)]
mod torture;
