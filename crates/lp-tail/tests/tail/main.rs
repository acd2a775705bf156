//! A tail and real files.

#![cfg(unix)]
// A failure is how a test tells.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adversity;
mod copies;
mod displaced;
mod files;
mod handover;
mod harness;
mod life;
mod nuls;
mod random;
mod rotation;
mod unread;
