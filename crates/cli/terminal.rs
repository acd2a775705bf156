//! What the program says to people, and how it prints what it generates.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// Tells a problem on stderr. Where even that cannot be written, nobody is there to be told.
pub(crate) fn complain(message: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "lp: {message}");
}

/// Writes a line to stderr, as [`complain`] does, but without the program's name.
pub(crate) fn say(message: fmt::Arguments<'_>) {
    let _ = tell(message);
}

/// Writes a line to stderr that must not be lost without a sign.
pub(crate) fn tell(message: fmt::Arguments<'_>) -> io::Result<()> {
    writeln!(io::stderr().lock(), "{message}")
}

/// Prints what a generator makes. A closed pipe is no error.
pub(crate) fn print_generated(generate: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    generate(&mut text)?;
    match io::stdout().lock().write_all(&text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
