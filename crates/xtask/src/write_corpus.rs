//! `cargo xtask corpus`: writes a log for benchmarks.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use anyhow::Context;
use bytesize::ByteSize;
use clap::{Args, ValueEnum};
use corpus::Summary;
use corpus::access::Generator;

/// Write a realistic log, the same for the same seed
#[derive(Args)]
pub(crate) struct Arguments {
    /// Log format
    #[arg(long, value_enum, default_value_t = Format::Access)]
    format: Format,

    /// Another seed gives another log
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Write whole lines until there is at least this much (100MB, 10GB, 64MiB…)
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
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Format::Access = arguments.format;
    let mut generator = Generator::new(arguments.seed);
    let size = arguments.size.as_u64();
    if arguments.output.as_os_str() == "-" {
        match write_log(&mut generator, size, &mut io::stdout().lock()) {
            // The reader has seen enough, as in `cargo xtask corpus | head`.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            result => result.context("cannot write to the standard output")?,
        }
    } else {
        let path = arguments.output.display();
        let mut file = File::create(&arguments.output).with_context(|| format!("cannot create {path}"))?;
        write_log(&mut generator, size, &mut file).with_context(|| format!("cannot write {path}"))?;
    }
    let Summary { lines, malformed } = generator.summary();
    writeln!(io::stderr(), "{lines} lines, {malformed} of them malformed")?;
    Ok(())
}

/// Writes piece by piece, so that a log larger than the memory is no problem.
fn write_log(generator: &mut Generator, size: u64, output: &mut impl Write) -> io::Result<()> {
    const PIECE: usize = 1 << 20;
    let mut piece = Vec::new();
    let mut written = 0;
    while written < size {
        let missing = usize::try_from(size - written).unwrap_or(PIECE);
        piece.clear();
        generator.write_lines(&mut piece, missing.min(PIECE));
        output.write_all(&piece)?;
        written += piece.len() as u64;
    }
    output.flush()
}

#[cfg(test)]
mod tests {
    use corpus::access::{Generator, generate};

    use super::write_log;

    #[test]
    fn the_pieces_make_the_log() -> std::io::Result<()> {
        const SIZE: usize = 3_500_000;
        let mut output = Vec::new();
        write_log(&mut Generator::new(1), SIZE as u64, &mut output)?;
        assert!(output == generate(1, SIZE));
        Ok(())
    }
}
