//! The program from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod nginx;
