//! `lp explain`: its flags.

use std::ffi::OsString;

use clap::Args;

use super::color::Color;
use super::limits::LimitArgs;
use crate::format::FormatArgs;

/// Show how a record is read: which of its bytes become which field, and where a bad one goes wrong
///
/// Shows the record, under it the places of the fields, then their values as `lp parse` writes them; for a record that
/// does not parse a caret under the byte at which reading stopped, and why. With --format auto it says which format was
/// taken, and which others would take the record too.
#[derive(Args, Debug)]
#[command(after_long_help = EXPLAIN_EXAMPLES)]
pub(crate) struct Explain {
    /// Records, which may have several lines; without any, or for "-", the first of the standard input
    #[arg(value_name = "LINE")]
    pub(crate) lines: Vec<OsString>,

    #[command(flatten)]
    pub(crate) format: FormatArgs,

    /// How many records of the standard input to explain
    #[arg(short = 'n', long = "lines", id = "count", value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,

    /// Write a JSON object for each record; places are bytes of the record
    #[arg(long)]
    pub(crate) json: bool,

    /// When to use colours; NO_COLOR is respected
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  lp explain '203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 200 5'
      Explain a line.
  tail -n 100 app.log | lp explain -n 3
      Explain the first three records of a stream.
  lp explain --python-format '%(asctime)s %(levelname)s %(message)s' < app.log
      Try a format.

Exit status:
  0  Every record that was explained parsed.
  1  One did not, or nothing could be read.
  2  The command line is wrong.";
