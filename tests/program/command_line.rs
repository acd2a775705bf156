//! The command line: options, inputs of every kind, messages and exit statuses.

mod bad_lines;
mod check;
mod compressed;
mod explain;
mod formats;
mod inputs;
mod long_line;
mod pipes;
mod run_failures;
mod stats;
mod usage;
mod webhook;
