//! `lp tail`: its flags.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use lp::quantity;

use super::color::Color;
use super::limits::LimitArgs;
use super::output::{ColumnArgs, Form};
use super::records::RecordArgs;
use crate::format::FormatArgs;

/// Follow logs as they grow, a record at a time
///
/// As `tail -F` does it: files may be rotated, truncated, or not be there yet, and are followed until it is interrupted. On a
/// terminal records are shown in colours and in lines that fit, with the time of day in UTC. A traceback is shown once
/// it is complete: when the next record begins, or after --quiet-time.
#[derive(Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Tail {
    /// Files to follow, and patterns such as '/var/log/nginx/*.log', which are also looked for later
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// How many records to begin with, of each file; with --where and so on, of those that it means, if they are near enough
    #[arg(short = 'n', long = "lines", id = "count", value_name = "N", default_value_t = 10, value_parser = count)]
    pub(crate) count: u32,

    /// As for `tail`, and as it always is
    #[arg(short = 'F', hide = true)]
    by_name: bool,

    #[command(flatten)]
    pub(crate) records: RecordArgs,

    #[command(flatten)]
    pub(crate) output: TailOutputArgs,

    #[command(flatten)]
    pub(crate) read: TailReadArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// How records are shown.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct TailOutputArgs {
    /// The form of the output; on a terminal, text has colours and is shorter
    #[arg(short = 'o', long = "output", value_enum, default_value_t = Form::Text, value_name = "FORM")]
    pub(crate) form: Form,

    #[command(flatten)]
    pub(crate) columns: ColumnArgs,

    /// When to use colours; NO_COLOR is respected
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

/// How records are read.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reading")]
pub(crate) struct TailReadArgs {
    /// How long the last record waits for more lines, in formats whose records may have several, such as 500ms
    #[arg(long = "quiet-time", value_name = "TIME", default_value = "1s", value_parser = quiet)]
    pub(crate) quiet: Duration,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// A number without a sign: for `tail`, `+1` is the first line and not one line.
fn count(text: &str) -> Result<u32, &'static str> {
    let wanted = "a number of records is wanted, such as 10; `lp parse` reads a file from its beginning";
    text.parse().ok().filter(|_| !text.starts_with('+')).ok_or(wanted)
}

fn quiet(text: &str) -> Result<Duration, &'static str> {
    let range = Duration::from_millis(10)..=Duration::from_secs(3600);
    let wanted = "a time of 10ms to 1h is wanted, such as 500ms";
    quantity::duration(text).ok().filter(|quiet| range.contains(quiet)).ok_or(wanted)
}

/// A command line in which a number of records is given as `tail -5` has it is one with `--lines`.
pub(super) fn with_lines(mut args: Vec<OsString>) -> Vec<OsString> {
    let is_tail = args.get(1).is_some_and(|command| command == "tail");
    let first = args.iter_mut().skip(2).find(|arg| *arg != "-F");
    if let Some(arg) = first.filter(|_| is_tail)
        && let Some(number) = arg.to_str().and_then(|arg| arg.strip_prefix('-'))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        *arg = format!("--lines={number}").into();
    }
    args
}

/// What somebody should know whose `-f` was taken for `--format`, which it is.
pub(super) const FOLLOWS: &str = "lp tail follows without a flag; -f is the format of the lines";

const EXAMPLES: &str = "\
Examples:
  lp tail /var/log/nginx/access.log
      Watch a web server.
  lp tail --where 'status_code >= 500 || severity >= ERROR' '/var/log/nginx/*.log'
      Watch for what fails, in every log that there is or will be.
  lp tail -n 0 -o json app.log | jq .message
      Hand on what comes from now on.
  lp tail --color always access.log | less -R
      Keep the colours.

Exit status:
  0  It was interrupted, or the reader of a pipe had enough.
  1  The files cannot be followed, or the output cannot be written.
  2  The command line is wrong.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_tail_has_them() {
        for (args, want) in [
            ("lp tail -5 log", "lp tail --lines=5 log"),
            ("lp tail -F -50 log", "lp tail -F --lines=50 log"),
            ("lp tail log -5", "lp tail log -5"),
            ("lp tail -n 5 log", "lp tail -n 5 log"),
            ("lp tail - -5", "lp tail - -5"),
            ("lp parse -5", "lp parse -5"),
            ("lp", "lp"),
        ] {
            let split = |args: &str| args.split(' ').map(OsString::from).collect::<Vec<_>>();
            assert_eq!(with_lines(split(args)), split(want));
        }
    }

    #[test]
    fn a_record_waits_as_long_as_in_a_service() {
        assert_eq!(quiet("1s"), Ok(lp::follow::Follow::QUIET));
        assert!(quiet("1ms").is_err() && quiet("2h").is_err() && quiet("x").is_err());
    }
}
