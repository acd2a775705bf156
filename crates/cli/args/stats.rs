//! `lp stats`: its flags.

use std::path::PathBuf;

use clap::Args;

use super::color::Color;
use super::read::ReadArgs;
use super::records::RecordArgs;
use crate::format::FormatArgs;

/// Show what a log says at a glance: how much of what, when, and what occurs most often
///
/// Reads the files one after the other (the standard input without any), gzip and zstd ones as well. Counts are exact. The
/// most frequent paths, clients and so on are too, as long as there are no more than 32,768 different ones of a kind; beyond
/// that the memory stays the same, and each count that is not certain says by how much it may be too low. Percentiles are
/// true to within 1%.
#[derive(Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Stats {
    /// Files to read, in this order; "-" is the standard input
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    pub(crate) files: Vec<PathBuf>,

    /// Only count records by these fields, such as severity, status_class or path
    ///
    /// Numbers are counted as they are written: 1 and 1.0 are two, although a condition takes them for equal.
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    pub(crate) by: Vec<String>,

    /// How many of the most frequent to show
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) top: u16,

    /// Write a JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Draw with ASCII characters only
    #[arg(long)]
    pub(crate) ascii: bool,

    /// When to use colours; NO_COLOR is respected
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,

    #[command(flatten)]
    pub(crate) records: RecordArgs,

    #[command(flatten)]
    pub(crate) run: ReadArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

const EXAMPLES: &str = "\
Examples:
  lp stats access.log
      What is in a log.
  lp stats --where 'status_code >= 500' --since 24h access.log.1 access.log
      What failed since yesterday.
  lp stats --by status_class,method access.log
      A table of counts.
  lp stats --json access.log | jq '.tops[] | select(.topic == \"paths\")'
      The most frequent paths, for programs.

Exit status:
  0  All was read.
  1  A file could not be read (the others were), or the output could not be written.
  2  The command line is wrong.";
