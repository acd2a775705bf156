//! Runs a pipeline for months.
#![deny(missing_docs)]

pub mod http;
