//! `lp parse`.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use lp::{Cause, Input, InputError, Observer, Pipeline, Report};

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

    let mut watch = Watch { progress: Progress::new(&inputs), summary: args.summary, start: Instant::now() };
    let report = pipeline.run(inputs, &mut stdout_file()?, &mut watch)?;
    watch.progress.finish();
    watch.summarize(&report);
    Ok(if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a person sees of a run while it goes on, and how it ends.
struct Watch {
    progress: Progress,
    summary: bool,
    start: Instant,
}

impl Watch {
    fn summarize(&self, report: &Report) {
        if self.summary || io::stderr().is_terminal() {
            terminal::say(format_args!("{}", Summary { report, time: self.start.elapsed() }));
        }
    }
}

impl Observer for Watch {
    fn input_failed(&mut self, error: &InputError) {
        self.progress.input_failed(error);
    }

    fn progress(&mut self, bytes: u64) {
        self.progress.set(bytes);
    }

    /// Ends the program at once: another thread may be waiting for input that never comes.
    #[allow(clippy::exit, reason = "nothing can wake a thread that waits for input")]
    fn ends_early(&mut self, cause: &Cause, report: &Report) {
        self.progress.finish();
        match cause {
            // Whoever reads the records has enough of them.
            Cause::Sink(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            cause => terminal::complain(format_args!("{cause}")),
        }
        self.summarize(report);
        std::process::exit(1);
    }
}

fn input(path: &Path) -> Input {
    if path == Path::new("-") { Input::stdin() } else { Input::path(path) }
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
