//! What the command line may say. Help, completions and man pages come from here.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use bytesize::ByteSize;
use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand, ValueEnum};
use lp::{Batch, OnError};

use crate::format::FormatArgs;

/// A high-throughput log processor: nginx and Apache access logs to JSON lines
#[derive(Parser, Debug)]
#[command(name = "lp", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    Parse(Parse),
    Explain(Explain),
    Formats(Formats),
    /// Print a completion script for a shell
    ///
    /// For example, for bash: lp completions bash > ~/.local/share/bash-completion/completions/lp
    Completions {
        /// The shell to complete for
        shell: clap_complete::Shell,
    },
    /// Print a man page
    ///
    /// For example: lp man parse | man -l -
    Man {
        /// The subcommand to describe; the whole program without it
        #[arg(value_parser = ["parse", "explain", "formats", "completions", "man"])]
        command: Option<String>,
    },
}

/// Parse access logs and write one JSON object a line
///
/// Reads the files one after the other (the standard input without any), gzip and zstd ones as well, and writes every
/// record to the standard output, in the order of the input. A line that does not parse keeps its place: it is written
/// with the fields that did parse, its text in "message" and the reason in "parse_error".
#[derive(ClapArgs, Debug)]
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

    /// Cut lines that are longer than this: bytes, or with a unit such as 64KiB
    #[arg(long, value_name = "BYTES", default_value = "1MiB", value_parser = max_record)]
    pub(crate) max_record: u32,

    /// Cut records of more lines than this: a message with its traceback
    #[arg(long, value_name = "N", default_value_t = Batch::DEFAULT_LINE_LIMIT, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_lines: u32,

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

fn max_record(text: &str) -> Result<u32, String> {
    let ByteSize(bytes) = text.parse().map_err(|_| "a number of bytes is wanted, such as 65536 or 64KiB")?;
    u32::try_from(bytes)
        .ok()
        .filter(|bytes| (1..=Batch::MAX_LIMIT).contains(bytes))
        .ok_or_else(|| "a record may have 1 byte to 1 GiB".to_owned())
}

/// Show how a record is read: which of its bytes become which field, and where a bad one goes wrong
///
/// Shows the record, under it the places of the fields, then their values as `lp parse` writes them; for a record that
/// does not parse a caret under the byte at which reading stopped, and why. With --format auto it says which format was
/// taken, and which others would take the record too.
#[derive(ClapArgs, Debug)]
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

    /// Cut records that are longer than this, as lp parse does
    #[arg(long, value_name = "BYTES", default_value = "1MiB", value_parser = max_record)]
    pub(crate) max_record: u32,

    /// Cut records of more lines than this
    #[arg(long, value_name = "N", default_value_t = Batch::DEFAULT_LINE_LIMIT, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_lines: u32,
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

/// List the formats that lp knows, with an example of each
#[derive(ClapArgs, Debug)]
pub(crate) struct Formats {
    /// Write a JSON object for each format
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Color {
    /// Where the output is a terminal
    Auto,
    Always,
    Never,
}

/// Writes the man page of the program, or of one of its subcommands.
pub(crate) fn man_page(command: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let mut program = Args::command();
    // Gives the subcommands their full names.
    program.build();
    let page = match command.and_then(|name| program.find_subcommand(name)) {
        Some(subcommand) => subcommand.clone(),
        None => program,
    };
    clap_mangen::Man::new(page).render(out)
}
