//! `lp parse`: its flags.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lp::OnError;

use super::limits::LimitArgs;
use crate::format::FormatArgs;

/// Parse access logs and write one JSON object a line
///
/// Reads the files one after the other (the standard input without any), gzip and zstd ones as well, and writes every
/// record to the standard output, in the order of the input. A line that does not parse keeps its place: it is written
/// with the fields that did parse, its text in "message" and the reason in "parse_error".
#[derive(Args, Debug)]
#[command(after_long_help = PARSE_EXAMPLES)]
pub(crate) struct Parse {
    /// Files to read, in this order; "-" is the standard input
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) format: FormatArgs,

    /// What to do with a line that does not parse
    #[arg(long, value_enum, default_value_t = OnErrorName::Keep, value_name = "WHAT")]
    pub(crate) on_error: OnErrorName,

    /// Leave escapes in the text (\xHH, \", \\) as they were logged
    #[arg(long)]
    pub(crate) no_decode: bool,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    /// Threads that parse; the number of cores by default
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,

    /// Say at the end on stderr what was read; this is also done where stderr is a terminal
    #[arg(long)]
    pub(crate) summary: bool,
}

const PARSE_EXAMPLES: &str = "\
Examples:
  lp parse < access.log
      Parse the standard input.
  lp parse --summary access.log.2.gz access.log.1 access.log > access.ndjson
      Parse rotated logs, oldest first, into one file, and say how it went.
  lp parse access.log | jq -r 'select(.status_code >= 500) | .path' | sort | uniq -c
      Count the paths that fail.
  lp parse --on-error fail access.log > /dev/null
      Check a log: the exit status is 1 if any line does not parse.

Exit status:
  0  All was read and written (also where the reader of a pipe had enough).
  1  A file could not be read (the others were), nothing could be written, or --on-error fail met a bad line.
  2  The command line is wrong.";

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnErrorName {
    /// Write it in its place, with its text and the reason
    Keep,
    /// Count it and leave it out
    Drop,
    /// Stop there, with exit status 1
    Fail,
}

impl From<OnErrorName> for OnError {
    fn from(name: OnErrorName) -> Self {
        match name {
            OnErrorName::Keep => Self::Keep,
            OnErrorName::Drop => Self::Drop,
            OnErrorName::Fail => Self::Fail,
        }
    }
}
