//! The program from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cases;
mod command_line;
mod library;
mod lp;
mod nginx;
mod table;
