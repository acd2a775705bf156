//! `lp stats`.

mod bars;
mod json;
mod numbers;
mod people;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anstream::{AutoStream, ColorChoice};
use lp::format::detect::Detected;
use lp::stats::{CountBy, Stats};
use lp::{Cause, Input, InputError, Observer, Report};

use crate::args::Stats as Args;
use crate::reading::{self, input};
use crate::terminal;
use crate::wrong_flag::Refusal;
use people::{Glyphs, Heading};

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let pipeline = match reading::pipeline(&args.format, &args.run.limits, &args.records) {
        Ok(pipeline) => pipeline.threads(args.run.threads()),
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
                terminal::complain(format_args!("{}", Refusal(refused)));
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
    let choice = if args.json { ColorChoice::Never } else { args.color.on(&stdout) };
    let mut stdout = AutoStream::new(stdout, choice);
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
