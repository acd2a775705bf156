//! `lp parse`.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use lp::format::detect::Detected;
use lp::{Cause, Input, InputError, Observer, Pipeline, Report};

use crate::args::Parse;
use crate::format::Choice;
use crate::progress::Progress;
use crate::summary::{DetectedFormat, Summary};
use crate::terminal;

pub(crate) fn run(args: &Parse) -> anyhow::Result<ExitCode> {
    let inputs: Vec<Input> = args.files.iter().map(|path| input(path)).collect();
    let mut stdout = stdout_file()?;
    for path in &args.files {
        anyhow::ensure!(!is_same_file(path, &stdout), "{}: the input is the output too", Input::path(path).name());
    }
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let pipeline = match args.format.choice() {
        Ok(Choice::Given(format)) => Pipeline::shared(format),
        Ok(Choice::Detect(among, settings)) => Pipeline::detecting(among, settings),
        Err(wrong) => {
            terminal::complain(format_args!("{wrong}"));
            return Ok(ExitCode::from(2));
        }
    };
    let pipeline = pipeline
        .on_error(args.on_error.into())
        .decode(!args.no_decode)
        .max_record(args.limits.limits().record())
        .max_lines(args.limits.limits().lines())
        .threads(args.threads.map_or(cores, usize::from));

    let mut watch = Watch { progress: Progress::new(&inputs, &stdout), summary: args.summary, start: Instant::now() };
    let report = pipeline.run(inputs, &mut stdout, &mut watch)?;
    watch.progress.finish();
    watch.summarize(&report);
    anyhow::ensure!(
        report.total().is_balanced(),
        "the accounts do not add up, which is a bug in lp: {:?}",
        report.total()
    );
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

    fn format_detected(&mut self, input: &str, detected: &Detected) {
        if self.summary || io::stderr().is_terminal() {
            self.progress.say(format_args!("{}", DetectedFormat { input, detected }));
        }
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
            Cause::Sink(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                std::process::exit(i32::from(!report.failures.is_empty()));
            }
            Cause::Sink(error) => terminal::complain(format_args!("{cause}: {error}")),
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

/// Whether the program would read what it writes, and so never come to an end.
#[cfg(unix)]
fn is_same_file(path: &Path, output: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let input = if path == Path::new("-") { Path::new("/dev/stdin") } else { path };
    match (std::fs::metadata(input), output.metadata()) {
        (Ok(input), Ok(output)) => output.is_file() && (input.dev(), input.ino()) == (output.dev(), output.ino()),
        _ => false,
    }
}

#[cfg(windows)]
fn is_same_file(_path: &Path, _output: &File) -> bool {
    false
}
