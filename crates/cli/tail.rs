//! `lp tail`.

mod ending;
mod origin;
mod refused;
mod view;
mod watch;

use std::io;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::ExitCode;

use lp::encode::Encoding;
use lp::follow::{Follow, FollowError, FollowedSource};
use lp::sink::Writer;
use lp::tail::{Group, Pattern, Start, glob};
use lp::{Cause, Input, Outlet, RunError};

use crate::args::{Form, Tail};
use crate::parse::{is_same_file, stdout_file};
use crate::reading;
use crate::terminal;
use crate::wrong_flag::{Refusal, WrongFlag};
use origin::Origin;
use view::View;
use watch::Watch;

pub(crate) fn run(args: &Tail) -> anyhow::Result<ExitCode> {
    let wrong = |wrong: WrongFlag| {
        terminal::complain(format_args!("{wrong}"));
        Ok(ExitCode::from(2))
    };
    if args.files.iter().any(|path| path == Path::new("-")) {
        return wrong(WrongFlag::new("-", "the standard input is no file to follow; `lp parse` reads it as it comes"));
    }
    let pipeline = match reading::pipeline(&args.format, &args.read.limits, &args.records) {
        Ok(pipeline) => pipeline.threads(1).decode(!args.output.columns.no_decode),
        Err(error) => return wrong(error),
    };
    let stdout = stdout_file()?;
    for path in &args.files {
        anyhow::ensure!(!is_same_file(path, &stdout), "{}: the input is the output too", Input::path(path).name());
    }

    let mut followed = Vec::new();
    for path in &args.files {
        match refused::why(path) {
            Some(why) => terminal::complain(format_args!("{}: {why}", Input::path(path).name())),
            None => followed.push(path),
        }
    }
    if followed.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    let patterns: Vec<Pattern> = followed.into_iter().map(|path| pattern(path)).collect();
    let origin = Origin::of(&patterns);
    let view = View::new(&io::stdout(), args.output.color);
    let mut shape = args.output.columns.shape();
    let encoding = match args.output.form {
        Form::Text => {
            if origin.is_some() {
                shape = shape.add_input(origin::COLUMN);
            }
            view.terminal(origin).map_or(Encoding::Text, Encoding::Terminal)
        }
        form => form.encoding(),
    };
    let name = if args.output.columns.has_fields() { "--fields" } else { "--output" };
    let outlet = Outlet::new(name, Writer::new("the standard output", stdout)).encoding(encoding).shape(shape);

    let mut watch = Watch::new(&patterns, view);
    let source = FollowedSource::new(Group { patterns, start: Start::End });
    let mut follow = Follow::new(vec![source]).quiet(args.read.quiet).writes(vec!["/dev/stdout".into()]);
    if let Some(count) = NonZeroU32::new(args.count) {
        follow = follow.last_records(count);
    }
    ending::stops(&follow.stop_handle())?;
    match pipeline.follow(follow, vec![outlet], &mut watch) {
        Ok(finished) => crate::watch::ensure_balanced(&finished.report)?,
        Err(FollowError::Run(RunError { cause, .. })) => return ended_early(cause),
        Err(error) => return Err(error.into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn ended_early(cause: Cause) -> anyhow::Result<ExitCode> {
    match cause {
        // Whoever reads the records has enough of them.
        Cause::Sink(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Cause::Refused(refused) => {
            terminal::complain(format_args!("{}", Refusal(&refused)));
            Ok(ExitCode::from(2))
        }
        cause => Err(cause.into()),
    }
}

/// A file whose name looks like a pattern is meant itself.
fn pattern(path: &Path) -> Pattern {
    match path.to_str() {
        Some(text) if glob::is_pattern(text.as_bytes()) && !path.exists() => Pattern::Glob(text.to_owned()),
        _ => Pattern::Path(path.to_owned()),
    }
}
