//! A tail and real files.

#![cfg(unix)]

mod harness;
mod random;
mod rotation;
