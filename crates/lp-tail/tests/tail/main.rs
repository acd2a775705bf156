//! A tail and real files.

#![cfg(unix)]

mod files;
mod harness;
mod random;
mod rotation;
