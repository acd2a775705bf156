//! `lp run` and `lp check`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use lp::assembly::{Assembly, Languages, TestsError};
use lp::config::{Config, Environment, System, Unknown};
use lp::visible::visible;
use lp::{Input, Outlet, Pipeline, Report};
#[cfg(unix)]
use lp_service::{Configuration, HeldHangUps};

use crate::args::{Check, Run};
use crate::parse::ALERT_PREFIX;
use crate::progress::Progress;
#[cfg(unix)]
use crate::service;
use crate::terminal;
use crate::watch::Watch;

/// Nothing but the configuration is wrong.
const WRONG_CONFIGURATION: u8 = 2;

pub(crate) fn run(args: &Run) -> anyhow::Result<ExitCode> {
    #[cfg(unix)]
    let hang_ups = HeldHangUps::hold()?;
    let Some(assembly) = read(&args.config, &System)? else { return Ok(ExitCode::from(WRONG_CONFIGURATION)) };
    #[cfg(unix)]
    if assembly.is_followed() {
        return service::run(Configuration::new(&args.config, assembly), hang_ups, args);
    }
    #[cfg(unix)]
    hang_ups.release()?;
    #[cfg(not(unix))]
    anyhow::ensure!(
        !assembly.is_followed(),
        "lp does not follow files on this system; leave out `start` and `[checkpoint]`"
    );
    let inputs = assembly.inputs();
    let outlets = assembly.outlets(inputs.as_deref().unwrap_or_default());
    let (inputs, outlets) = match (inputs, outlets) {
        (Ok(inputs), Ok(outlets)) => (inputs, outlets),
        (inputs, outlets) => {
            let wrong = [inputs.err().map(anyhow::Error::from), outlets.err().map(anyhow::Error::from)];
            for error in wrong.into_iter().flatten() {
                terminal::complain(format_args!("{}: {error:#}", name(&args.config)));
            }
            return Ok(ExitCode::FAILURE);
        }
    };
    let live = inputs.iter().any(Input::is_stream);
    let mut watch = Watch {
        progress: Progress::none(),
        summary: args.summary,
        alert_prefix: if args.alert_prefix { ALERT_PREFIX } else { "" },
        writes_files: assembly.writes_files(),
        start: Instant::now(),
        lost_events: 0,
    };
    let pipeline = assembly.pipeline().clone().live(live);
    let report = run_to_end(args, &assembly, &pipeline, inputs, outlets, &mut watch)?;
    watch.finish(&report)?;
    Ok(if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs over inputs that end. Where the configuration says so, metrics and health are served meanwhile.
#[cfg(unix)]
fn run_to_end(
    args: &Run,
    assembly: &Assembly,
    pipeline: &Pipeline,
    inputs: Vec<Input>,
    outlets: Vec<Outlet<'_>>,
    watch: &mut Watch,
) -> anyhow::Result<Report> {
    if let Some(monitor) = service::monitor(assembly, args)? {
        let report = monitor.pipeline(pipeline).run_to(inputs, outlets, &mut monitor.watch(watch))?;
        return Ok(monitor.end(report));
    }
    Ok(pipeline.run_to(inputs, outlets, watch)?)
}

#[cfg(not(unix))]
fn run_to_end(
    _args: &Run,
    assembly: &Assembly,
    pipeline: &Pipeline,
    inputs: Vec<Input>,
    outlets: Vec<Outlet<'_>>,
    watch: &mut Watch,
) -> anyhow::Result<Report> {
    anyhow::ensure!(assembly.http().is_none(), "lp does not serve metrics on this system; leave out `[http]`");
    Ok(pipeline.run_to(inputs, outlets, watch)?)
}

pub(crate) fn check(args: &Check) -> anyhow::Result<ExitCode> {
    let Some(assembly) = read(&args.config, &Unknown)? else { return Ok(ExitCode::from(WRONG_CONFIGURATION)) };
    let outcomes = match assembly.run_tests() {
        Ok(outcomes) => outcomes,
        // Nothing is wrong with it, as far as one can see from here.
        Err(error @ TestsError::Unknown { .. }) => {
            terminal::complain(format_args!(
                "{}: right, but {}",
                name(&args.config),
                visible(error.to_string().as_bytes())
            ));
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => return Err(error).with_context(|| name(&args.config)),
    };
    let mut failed = 0;
    for outcome in outcomes.iter().filter(|outcome| !outcome.differences.is_empty()) {
        failed += 1;
        for difference in &outcome.differences {
            terminal::complain(format_args!("test {}: {} is not as expected", outcome.name, difference.what));
            for (title, text) in [("expected", &difference.expected), ("actual", &difference.actual)] {
                terminal::say(format_args!("  {title}:"));
                for line in text.lines() {
                    terminal::say(format_args!("    {}", visible(line.as_bytes())));
                }
            }
        }
    }
    let path = name(&args.config);
    if failed > 0 {
        terminal::complain(format_args!("{path}: {failed} of {} tests do not pass", outcomes.len()));
        return Ok(ExitCode::FAILURE);
    }
    let tests = match outcomes.len() {
        0 => "no tests".to_owned(),
        1 => "1 test passes".to_owned(),
        tests => format!("{tests} tests pass"),
    };
    terminal::print_generated(|out| writeln!(out, "{path}: right; {tests}"))
}

/// Reads the configuration. `None` if it is wrong, which has been told then.
fn read(path: &Path, environment: &dyn Environment) -> anyhow::Result<Option<Assembly>> {
    let text = std::fs::read_to_string(path).with_context(|| name(path))?;
    let assembly = Config::read(&text, environment, &Languages).and_then(|config| Assembly::new(&config, &text));
    match assembly {
        Ok(assembly) => Ok(Some(assembly)),
        Err(mistakes) => {
            terminal::say(format_args!("{}", mistakes.in_file(name(path))));
            Ok(None)
        }
    }
}

/// The path for messages.
fn name(path: &Path) -> String {
    Input::path(path).name()
}
