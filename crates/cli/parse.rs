//! `lp parse`.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use lp::{Input, Pipeline};

use crate::args::Parse;
use crate::progress::Progress;
use crate::summary::Summary;
use crate::terminal;

pub(crate) fn run(args: &Parse) -> anyhow::Result<ExitCode> {
    let inputs: Vec<Input> = args.files.iter().map(|path| input(path)).collect();
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let pipeline = Pipeline::new(args.format.format())
        .on_error(args.on_error.into())
        .decode(!args.no_decode)
        .max_record(args.max_record)
        .threads(args.threads.map_or(cores, usize::from));

    let mut sink = Stdout(stdout_file()?);
    let mut progress = Progress::new(&inputs);
    let start = Instant::now();
    let result = pipeline.run(inputs, &mut sink, &mut progress);
    progress.finish();

    let (report, cause) = match result {
        Ok(report) => (report, None),
        Err(error) => (*error.report, Some(error.cause)),
    };
    let mut code = if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    match cause {
        None => {}
        Some(cause) => {
            terminal::complain(format_args!("{cause}"));
            code = ExitCode::FAILURE;
        }
    }
    if args.summary || io::stderr().is_terminal() {
        terminal::say(format_args!("{}", Summary { report: &report, time: start.elapsed() }));
    }
    Ok(code)
}

fn input(path: &Path) -> Input {
    if path == Path::new("-") { Input::stdin() } else { Input::path(path) }
}

/// The standard output. Where whoever reads it has enough, the program ends at once, even while another thread waits
/// for input that may never come.
struct Stdout(File);

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            #[allow(clippy::exit, reason = "the quiet end of a pipe")]
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            result => result,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The standard output without a buffer: a chunk's records are written at once.
#[cfg(unix)]
fn stdout_file() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn stdout_file() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}
