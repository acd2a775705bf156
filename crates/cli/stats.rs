//! `lp stats`.

mod bars;
mod json;
mod numbers;
mod people;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::SystemTime;

use anstream::{AutoStream, ColorChoice};
use lp::format::detect::Detected;
use lp::stage::{Between, Where};
use lp::stats::{CountBy, Stats};
use lp::{Cause, Filter, Input, InputError, Observer, Pipeline, Report, Timestamp, Zone};

use crate::args::{Color, Stats as Args};
use crate::caret::Caret;
use crate::format::Choice;
use crate::terminal;
use people::{Glyphs, Heading};

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let pipeline = match pipeline(args) {
        Ok(pipeline) => pipeline,
        Err(wrong) => {
            terminal::complain(format_args!("{wrong}"));
            return Ok(ExitCode::from(2));
        }
    };
    let top = usize::from(args.top);
    let stats = Arc::new(Stats::new(top));
    let counts = Arc::new(CountBy::new(args.by.clone(), top));
    let pipeline = if args.by.is_empty() {
        pipeline.named_stage("stats", Arc::clone(&stats))
    } else {
        pipeline.named_stage("--by", Arc::clone(&counts))
    };
    let inputs: Vec<Input> = args.files.iter().map(|path| input(path)).collect();
    let mut names = Vec::new();
    let report = match pipeline.run_to(inputs, Vec::new(), &mut Watch { formats: &mut names }) {
        Ok(report) => report,
        Err(error) => {
            if let Cause::Refused(refused) = &error.cause {
                let caret = Caret { text: refused.error.text.as_bytes(), place: refused.error.at.clone() };
                terminal::complain(format_args!("{refused}\n{caret}"));
                return Ok(ExitCode::from(2));
            }
            return Err(error.into());
        }
    };
    let heading = Heading {
        inputs: report.inputs.iter().map(|(name, _)| name.as_str()).collect(),
        formats: &names,
        bytes: report.total().bytes_read,
    };
    let glyphs = if args.ascii || !is_unicode() { Glyphs::Ascii } else { Glyphs::Unicode };
    let text = match (stats.take(), counts.take()) {
        (Some(summary), _) if args.json => json::summary(&heading, &summary),
        (Some(summary), _) => people::summary(&heading, &summary, glyphs),
        (_, Some(breakdown)) if args.json => json::breakdown(&args.by, &breakdown),
        (_, Some(breakdown)) => people::breakdown(&args.by, &breakdown, glyphs),
        (None, None) => anyhow::bail!("nothing was gathered, which is a bug in lp"),
    };
    print(args, &text)?;
    anyhow::ensure!(
        report.total().is_balanced(),
        "the accounts do not add up, which is a bug in lp: {:?}",
        report.total()
    );
    Ok(exit_status(&report))
}

fn exit_status(report: &Report) -> ExitCode {
    if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The pipeline up to what gathers; or what is wrong with the command line.
fn pipeline(args: &Args) -> Result<Pipeline, String> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let pipeline = match args.format.choice().map_err(|wrong| wrong.to_string())? {
        Choice::Given(format) => Pipeline::shared(format),
        Choice::Detect(among, settings) => Pipeline::detecting(among, settings),
    };
    let mut pipeline = pipeline
        .max_record(args.limits.limits().record())
        .max_lines(args.limits.limits().lines())
        .threads(args.threads.map_or(cores, usize::from));
    if args.since.is_some() || args.until.is_some() {
        let mut between = Between::default();
        if let Some(since) = &args.since {
            between.since = moment("--since", since)?;
        }
        if let Some(until) = &args.until {
            between.until = moment("--until", until)?;
        }
        pipeline = pipeline.named_stage("--since/--until", Arc::new(between));
    }
    if let Some(text) = &args.condition {
        let filter = Filter::parse(text).map_err(|error| format!("--where: {error}"))?;
        pipeline = pipeline.named_stage("--where", Arc::new(Where::new(filter)));
    }
    Ok(pipeline)
}

/// A time, or how long ago it is.
fn moment(flag: &str, text: &str) -> Result<Timestamp, String> {
    if let Some((time, _, len)) = Timestamp::read(text.as_bytes(), &Zone::UTC)
        && len == text.len()
    {
        return Ok(time);
    }
    let wanted = || format!("{flag}: a time is wanted, such as 2025-11-06T10:30:00Z, or how long ago, such as 24h");
    let ago = lp::quantity::duration(text).map_err(|_| wanted())?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|_| wanted())?;
    let nanos = now.as_nanos() as i128 - ago.as_nanos() as i128;
    i64::try_from(nanos).map(Timestamp::from_nanos).map_err(|_| wanted())
}

fn input(path: &Path) -> Input {
    if path == Path::new("-") { Input::stdin() } else { Input::path(path) }
}

/// Tells of what could not be read, and remembers the formats.
struct Watch<'a> {
    formats: &'a mut Vec<&'static str>,
}

impl Observer for Watch<'_> {
    fn input_failed(&mut self, error: &InputError) {
        terminal::complain(format_args!("{error}"));
    }

    fn format_detected(&mut self, _input: &str, detected: &Detected) {
        for known in [Some(detected.first.unwrap_or(detected.fallback)), detected.second].into_iter().flatten() {
            if !self.formats.contains(&known.name()) {
                self.formats.push(known.name());
            }
        }
    }
}

/// Whether the terminal can show what is not ASCII, as far as the environment tells.
fn is_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    // Without a locale nothing is known, and nearly every terminal can.
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Prints it all. A closed pipe is no error.
fn print(args: &Args, text: &str) -> io::Result<()> {
    let stdout = io::stdout().lock();
    let choice = match args.color {
        _ if args.json => ColorChoice::Never,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
        Color::Auto => AutoStream::choice(&stdout),
    };
    let mut stdout = AutoStream::new(stdout, choice);
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
