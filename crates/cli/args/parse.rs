//! `lp parse`: its flags.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lp::OnError;

use super::output::OutputArgs;
use super::read::ReadArgs;
use super::records::RecordArgs;
use crate::format::FormatArgs;

/// Parse logs and write one JSON object a record
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
    pub(crate) records: RecordArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) alerts: AlertArgs,

    #[command(flatten)]
    pub(crate) run: RunArgs,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// What is told on stderr beside the records.
#[derive(Args, Debug)]
#[command(next_help_heading = "Alerts")]
pub(crate) struct AlertArgs {
    /// Tell on stderr of every record with a status of 500 or more: a JSON object a line
    #[arg(long)]
    pub(crate) alert_5xx: bool,

    /// Write "ALERT: " before each alert
    #[arg(long, requires = "alert_5xx")]
    pub(crate) alert_prefix: bool,
}

/// How a run goes on and ends.
#[derive(Args, Debug)]
#[command(next_help_heading = "Run")]
pub(crate) struct RunArgs {
    /// What to do with a record that does not parse
    #[arg(long, value_enum, default_value_t = OnErrorName::Keep, value_name = "WHAT")]
    pub(crate) on_error: OnErrorName,

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
  lp parse --where 'status_code >= 500' --fields timestamp,path,status_code access.log
      Show what failed.
  tail -F access.log | lp parse --alert-5xx --alert-prefix > access.ndjson
      Write JSON as it comes, and alerts for every 5xx to stderr.
  lp parse --since 1h --output text app.log
      Read the last hour's records.
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
