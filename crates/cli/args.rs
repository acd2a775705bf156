//! What the command line may say. Help, completions and man pages come from here.

mod color;
mod explain;
mod limits;
mod output;
mod parse;
mod read;
mod records;
mod run;
mod stats;
mod tail;

use std::io::{self, Write};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand};

pub(crate) use color::Color;
pub(crate) use explain::Explain;
pub(crate) use limits::LimitArgs;
pub(crate) use output::Form;
pub(crate) use parse::Parse;
pub(crate) use records::RecordArgs;
pub(crate) use run::{Check, Run};
pub(crate) use stats::Stats;
pub(crate) use tail::Tail;

/// A high-throughput log processor: logs of web servers and Python services to typed records
#[derive(Parser, Debug)]
#[command(name = "lp", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    Parse(Parse),
    Tail(Tail),
    Stats(Stats),
    Run(Run),
    Check(Check),
    Explain(Explain),
    Formats(Formats),
    /// Print a completion script for a shell
    ///
    /// For example, for bash: lp completions bash > ~/.local/share/bash-completion/completions/lp
    Completions {
        /// The shell to complete for
        shell: clap_complete::Shell,
    },
    /// Print a man page
    ///
    /// For example: lp man parse | man -l -
    Man {
        /// The subcommand to describe; the whole program without it
        #[arg(value_parser = ["parse", "tail", "stats", "run", "check", "explain", "formats", "completions", "man"])]
        command: Option<String>,
    },
}

/// List the formats that lp knows, with an example of each
#[derive(ClapArgs, Debug)]
pub(crate) struct Formats {
    /// Write a JSON object for each format
    #[arg(long)]
    pub(crate) json: bool,
}

impl Args {
    /// What the command line says. If that is nothing, the program ends.
    pub(crate) fn read() -> Self {
        let args = tail::with_lines(std::env::args_os().collect());
        let is_tail = args.get(1).is_some_and(|command| command == "tail");
        Self::try_parse_from(args).unwrap_or_else(|mut error| {
            let is_format = matches!(
                error.get(ContextKind::InvalidArg),
                Some(ContextValue::String(flag)) if flag.starts_with("--format")
            );
            if is_tail && is_format && error.kind() == ErrorKind::InvalidValue {
                let advice = ContextValue::StyledStrs(vec![tail::FOLLOWS.into()]);
                error.insert(ContextKind::Suggested, advice);
            }
            error.exit()
        })
    }
}

/// Writes the man page of the program, or of one of its subcommands.
pub(crate) fn man_page(command: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let mut program = Args::command();
    // Gives the subcommands their full names.
    program.build();
    let page = match command.and_then(|name| program.find_subcommand(name)) {
        Some(subcommand) => subcommand.clone(),
        None => program,
    };
    clap_mangen::Man::new(page).render(out)
}
