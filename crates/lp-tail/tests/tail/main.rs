//! A tail and real files.

#![cfg(unix)]

mod harness;
mod rotation;
mod random;
