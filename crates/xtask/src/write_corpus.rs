//! `cargo xtask corpus`: writes a log for benchmarks.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use anyhow::Context;
use bytesize::ByteSize;
use clap::{Args, ValueEnum};
use corpus::access::AccessLog;
use corpus::json_lines::JsonLines;
use corpus::nginx_error::NginxErrorLog;
use corpus::python::PythonLog;
use corpus::{Generator, Log, Summary};

/// Write a realistic log, the same for the same seed
#[derive(Args)]
pub(crate) struct Arguments {
    /// Log format
    #[arg(long, value_enum, default_value_t = Format::Access)]
    format: Format,

    /// Another seed gives another log
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Write whole records until there is at least this much (100MB, 10GB, 64MiB…)
    #[arg(long, default_value = "100MB")]
    size: ByteSize,

    /// Where to write; `-` is the standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// nginx's access log in the combined format
    Access,
    /// A Python service's log, with tracebacks
    Python,
    /// nginx's error log
    NginxError,
    /// One JSON object a line
    Json,
}

impl Format {
    fn write(self, seed: u64, size: u64, output: &mut dyn Write) -> io::Result<Summary> {
        match self {
            Self::Access => write_log::<AccessLog>(seed, size, output),
            Self::Python => write_log::<PythonLog>(seed, size, output),
            Self::NginxError => write_log::<NginxErrorLog>(seed, size, output),
            Self::Json => write_log::<JsonLines>(seed, size, output),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let write = |output: &mut dyn Write| arguments.format.write(arguments.seed, arguments.size.as_u64(), output);
    let summary = if arguments.output.as_os_str() == "-" {
        match write(&mut io::stdout().lock()) {
            // The reader has seen enough, as in `cargo xtask corpus | head`.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            result => result.context("cannot write to the standard output")?,
        }
    } else {
        let path = arguments.output.display();
        let mut file = File::create(&arguments.output).with_context(|| format!("cannot create {path}"))?;
        write(&mut file).with_context(|| format!("cannot write {path}"))?
    };
    writeln!(io::stderr(), "{}", in_words(arguments.format, summary))?;
    Ok(())
}

/// What was written, as far as the format has it.
fn in_words(format: Format, summary: Summary) -> String {
    let Summary { lines, records, malformed, tracebacks } = summary;
    match format {
        Format::Access => format!("{lines} lines, {malformed} of them malformed"),
        Format::Python => format!("{records} records in {lines} lines, {tracebacks} with a traceback"),
        Format::NginxError => format!("{records} records in {lines} lines"),
        Format::Json => format!("{lines} lines"),
    }
}

/// Writes piece by piece, so that a log larger than the memory is no problem.
pub(crate) fn write_log<L: Log>(seed: u64, size: u64, output: &mut dyn Write) -> io::Result<Summary> {
    const PIECE: usize = 1 << 20;
    let mut generator = Generator::<L>::new(seed);
    let mut piece = Vec::new();
    let mut written = 0;
    while written < size {
        let missing = usize::try_from(size - written).unwrap_or(PIECE);
        piece.clear();
        generator.write_lines(&mut piece, missing.min(PIECE));
        output.write_all(&piece)?;
        written += piece.len() as u64;
    }
    output.flush()?;
    Ok(generator.summary())
}

#[cfg(test)]
mod tests {
    use corpus::{access, json_lines, nginx_error, python};

    use super::Format;

    #[test]
    fn the_pieces_make_the_log() -> std::io::Result<()> {
        const SIZE: usize = 3_500_000;
        let logs = [
            (Format::Access, access::generate(1, SIZE)),
            (Format::Python, python::generate(1, SIZE)),
            (Format::NginxError, nginx_error::generate(1, SIZE)),
            (Format::Json, json_lines::generate(1, SIZE)),
        ];
        for (format, log) in logs {
            let mut output = Vec::new();
            let summary = format.write(1, SIZE as u64, &mut output)?;
            assert!(output == log);
            assert_eq!(summary.lines, log.iter().filter(|&&byte| byte == b'\n').count() as u64);
        }
        Ok(())
    }
}
