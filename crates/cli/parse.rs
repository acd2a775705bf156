//! `lp parse`.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use lp::sink::Writer;
use lp::stage::{Alert, AlertKind, AlertSettings};
use lp::{Filter, Input, Outlet, Pipeline};

use crate::args::Parse;
use crate::progress::Progress;
use crate::reading::{self, input};
use crate::terminal;
use crate::watch::Watch;
use crate::wrong_flag::WrongFlag;

pub(crate) fn run(args: &Parse) -> anyhow::Result<ExitCode> {
    let inputs: Vec<Input> = args.files.iter().map(|path| input(path)).collect();
    let stdout = stdout_file()?;
    for path in &args.files {
        anyhow::ensure!(!is_same_file(path, &stdout), "{}: the input is the output too", Input::path(path).name());
    }
    let pipeline = match pipeline(args) {
        Ok(pipeline) => pipeline,
        Err(wrong) => {
            terminal::complain(format_args!("{wrong}"));
            return Ok(ExitCode::from(2));
        }
    };
    let mut watch = Watch {
        progress: Progress::new(&inputs, &stdout),
        summary: args.run.summary,
        alert_prefix: if args.alerts.alert_prefix { ALERT_PREFIX } else { "" },
        writes_files: false,
        start: Instant::now(),
        lost_events: 0,
    };
    // What does not fit the records is told by the flag that asks for it.
    let name = if args.output.columns.has_fields() { "--fields" } else { "--output" };
    let outlet = Outlet::new(name, Writer::new("the standard output", stdout))
        .encoding(args.output.form.encoding())
        .shape(args.output.columns.shape());
    let report = pipeline.run_to(inputs, vec![outlet], &mut watch)?;
    watch.finish(&report)?;
    Ok(if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What `--alert-prefix` puts before an alert.
pub(crate) const ALERT_PREFIX: &str = "ALERT: ";

/// What the flags mean.
fn pipeline(args: &Parse) -> Result<Pipeline, WrongFlag> {
    let mut pipeline = reading::pipeline(&args.format, &args.read.limits, &args.records)?.threads(args.read.threads());
    if args.alerts.alert_5xx {
        let failed = |error| WrongFlag::new("--alert-5xx", error);
        let condition = Filter::parse("status_code >= 500").map_err(|error| failed(error.to_string()))?;
        let settings = AlertSettings::new("HTTP_5XX_ERROR", Some(condition), AlertKind::Each);
        let alert = Alert::new(settings).map_err(|error| failed(error.to_string()))?;
        pipeline = pipeline.named_stage("--alert-5xx", Arc::new(alert));
    }
    Ok(pipeline.decode(!args.output.columns.no_decode).on_error(args.run.on_error.into()))
}

/// The standard output without a buffer: a chunk's records are written at once.
#[cfg(unix)]
pub(crate) fn stdout_file() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
pub(crate) fn stdout_file() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}

/// Whether the program would read what it writes, and so never come to an end.
#[cfg(unix)]
pub(crate) fn is_same_file(path: &Path, output: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let input = if path == Path::new("-") { Path::new("/dev/stdin") } else { path };
    match (std::fs::metadata(input), output.metadata()) {
        (Ok(input), Ok(output)) => output.is_file() && (input.dev(), input.ino()) == (output.dev(), output.ino()),
        _ => false,
    }
}

#[cfg(windows)]
pub(crate) fn is_same_file(_path: &Path, _output: &File) -> bool {
    false
}
