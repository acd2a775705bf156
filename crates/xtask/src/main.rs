//! Chores of the project: `cargo xtask help`.

#[cfg(target_os = "linux")]
mod sidecar;
mod write_corpus;

use clap::{Parser, Subcommand};

/// Chores of the project.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    Corpus(write_corpus::Arguments),
    #[cfg(target_os = "linux")]
    #[command(subcommand)]
    Sidecar(sidecar::Sidecar),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().chore {
        Chore::Corpus(arguments) => write_corpus::run(&arguments),
        #[cfg(target_os = "linux")]
        Chore::Sidecar(sidecar) => sidecar::run(&sidecar),
    }
}
