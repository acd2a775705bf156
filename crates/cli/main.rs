//! The `lp` program: its flags become a pipeline, and nothing else happens here.

mod args;
mod explain;
mod format;
mod formats;
mod parse;
mod progress;
mod reading;
mod run;
#[cfg(unix)]
mod service;
mod shortened;
mod stats;
mod summary;
mod tail;
mod terminal;
mod watch;
mod wrap;
mod wrong_flag;

use std::process::ExitCode;
#[cfg(unix)]
use std::sync::Arc;

use clap::CommandFactory;

use args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::read();
    let result = survive_size_limits().and_then(|()| run(args.command));
    result.unwrap_or_else(|error| {
        terminal::complain(format_args!("{error:#}"));
        ExitCode::FAILURE
    })
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Parse(args) => parse::run(&args),
        Command::Tail(args) => tail::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Check(args) => run::check(&args),
        Command::Stats(args) => stats::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Formats(args) => formats::run(&args),
        Command::Completions { shell } => terminal::print_generated(|out| {
            clap_complete::generate(shell, &mut Args::command(), "lp", out);
            Ok(())
        }),
        Command::Man { command } => terminal::print_generated(|out| args::man_page(command.as_deref(), out)),
    }
}

/// A file that may not become any larger (`ulimit -f`) is an error of whoever writes it, and nothing to die of.
#[cfg(unix)]
fn survive_size_limits() -> anyhow::Result<()> {
    use signal_hook::consts::SIGXFSZ;

    // What the write then returns says all. Nobody looks at the flag; without a handler the signal kills.
    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    Ok(())
}

#[cfg(not(unix))]
fn survive_size_limits() -> anyhow::Result<()> {
    Ok(())
}
