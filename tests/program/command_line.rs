//! The command line: options, inputs of every kind, messages and exit statuses.

mod bad_lines;
mod compressed;
mod explain;
mod formats;
mod inputs;
mod long_line;
mod pipes;
mod stats;
mod usage;
